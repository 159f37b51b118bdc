package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/signalbox-health/signalbox/internal/export"
	"github.com/signalbox-health/signalbox/internal/postgres/cluster"
	"github.com/signalbox-health/signalbox/plugins/host"
	"github.com/signalbox-health/signalbox/plugins/library"
	"github.com/signalbox-health/signalbox/plugins/toolchain"
	"github.com/signalbox-health/signalbox/policy/ledger"
)

// desk is an author at work: the commands, carried out in this process with real
// sandboxes, and what was opened in the browser.
type desk struct {
	t      testing.TB
	cfg    config
	author author
	opened chan string
}

func newDesk(t testing.TB) *desk {
	t.Helper()
	if _, err := library.Open(); errors.Is(err, library.ErrNotBuilt) {
		t.Skip(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{t: t, cfg: config{dataDir: t.TempDir()}, opened: make(chan string, 1)}
	code := filepath.Join(t.TempDir(), "code")
	d.author = author{
		start: func() (bench, error) {
			return host.New(host.Options{Executable: []string{self, childWord}, Children: 2, CacheDir: code})
		},
		terminal: func(io.Writer) export.TextOptions { return export.TextOptions{} },
		name:     func(context.Context) string { return "Wexbourne analysts" },
		browse:   func(address string) error { d.opened <- address; return nil },
		now:      func() time.Time { return time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC) },
	}
	return d
}

// do carries out one command and gives what it wrote, and its error.
func (d *desk) do(args ...string) (string, error) {
	var out bytes.Buffer
	err := d.doTo(d.t.Context(), &out, args...)
	return out.String(), err
}

func (d *desk) doTo(ctx context.Context, out io.Writer, args ...string) error {
	cmd := newPluginCommand(&d.cfg, &d.author)
	cmd.SilenceUsage, cmd.SilenceErrors = true, true
	cmd.SetFlagErrorFunc(newRootCommand(&config{}).FlagErrorFunc())
	cmd.SetOut(out)
	cmd.SetErr(d.t.Output())
	cmd.SetArgs(args)
	return cmd.ExecuteContext(ctx)
}

// must carries out a command that has to succeed.
func (d *desk) must(args ...string) string {
	d.t.Helper()
	out, err := d.do(args...)
	if err != nil {
		d.t.Fatalf("plugin %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

// statusOf is the exit status that an error of a command leads to.
func statusOf(err error) int {
	var exit *exitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit):
		return exit.status
	}
	return 1
}

// needs skips a test where the machine lacks a compiler, unless
// SIGNALBOX_TOOLCHAINS says that it has to be there.
func needs(t testing.TB, language, folder string) {
	t.Helper()
	l, err := toolchain.Named(language)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Find(folder); err != nil {
		if os.Getenv("SIGNALBOX_TOOLCHAINS") == "required" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
}

// study is a folder for an author, in which AssemblyScript's compiler is as npm
// would put it.
func study(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	compiler, err := filepath.Abs(filepath.Join("..", "..", "sdk", "assemblyscript", "node_modules"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(compiler); err == nil {
		if err := os.Symlink(compiler, filepath.Join(dir, "node_modules")); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func write(t testing.TB, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func readText(t testing.TB, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// finish replaces the texts that an author has to write.
func finish(t testing.TB, folder string) {
	t.Helper()
	path := filepath.Join(folder, "manifest.json")
	write(t, path, regexp.MustCompile(`"TODO: [^"]*"`).ReplaceAllString(readText(t, path), `"Words about tea rounds"`))
}

func TestANewPluginBuildsIsSoundAndDrawsInEveryLanguage(t *testing.T) {
	// What is beside the plugin has to be enough: nothing is fetched.
	t.Setenv("GOPROXY", "off")
	t.Setenv("GOFLAGS", "-mod=mod")
	for _, l := range toolchain.Languages() {
		t.Run(l.Name, func(t *testing.T) {
			d, folder := newDesk(t), filepath.Join(study(t), "tea-rounds")
			needs(t, l.Name, folder)
			if out := d.must("new", "--language", l.Name, folder); !strings.Contains(out, "a plugin in "+l.Title+" (as you said)") {
				t.Errorf("new said %s", out)
			}
			if text := readText(t, filepath.Join(folder, l.Source)); strings.Contains(text, `"fences"`) || strings.Contains(text, "same bytes") || !strings.Contains(text, `"tea-rounds"`) {
				t.Errorf("the source is still the example's:\n%s", text)
			}
			before := listed(t, folder)
			built := d.must("build", folder)
			if after := listed(t, folder); len(after) != len(before)+1 || !slices.Contains(after, "tea-rounds.wasm") {
				t.Errorf("build left %q where there was %q", after, before)
			}
			if !strings.Contains(built, "tea-rounds 0.1.0") || !strings.Contains(built, "sha256:") || !strings.Contains(built, "Next: signalbox plugin check") {
				t.Errorf("build said %s", built)
			}
			out, err := d.do("check", filepath.Join(folder, "tea-rounds.wasm"))
			if statusOf(err) != 1 || strings.Count(out, "\n") != strings.Count(out, "is still to be written") || !strings.Contains(out, "measures[0].problem") {
				t.Errorf("before the texts are written, check says, with %v:\n%s", err, out)
			}
			finish(t, folder)
			d.must("build", folder)
			if out := d.must("check", "--verbose", folder); !strings.Contains(out, "It is sound.") || !strings.Contains(out, "It meets the cases beside it (1 of them)") {
				t.Errorf("check says\n%s", out)
			}
			module := filepath.Join(folder, "tea-rounds.wasm") // compiling it again takes some of the languages seconds
			if out := d.must("run", module); !strings.Contains(out, "Tea rounds") || !strings.Contains(out, "74.0% in May 2026") || !strings.Contains(out, "data.csv") {
				t.Errorf("run draws\n%s", out)
			}
			if out := d.must("run", "--demo", "ZZB", "--format", "json", module); !strings.Contains(out, `"kind":"custom"`) {
				t.Errorf("run on the demonstration writes %.300s", out)
			}
		})
	}
}

// listed are the names in a folder.
func listed(t testing.TB, folder string) []string {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestAMeasureWithoutCodePassesThroughTheSameCommands(t *testing.T) {
	d, folder := newDesk(t), filepath.Join(t.TempDir(), "Late Tea")
	d.must("new", "--measure-only", folder)
	if out := d.must("build", folder); !strings.Contains(out, "late-tea 0.1.0 has no code") {
		t.Errorf("build says %s", out)
	}
	finish(t, folder)
	if out := d.must("check", "--verbose", filepath.Join(folder, "manifest.json")); !strings.Contains(out, "It meets the cases beside it (1 of them)") {
		t.Errorf("check says\n%s", out)
	}
	if out := d.must("run", "--demo", "ZZA", folder); !strings.Contains(out, "Demonstration trust (ZZA)") || !strings.Contains(out, "XmR chart") {
		t.Errorf("run draws\n%s", out)
	}
}

func TestRunDrawsWhatTheSiteDraws(t *testing.T) {
	d := newDesk(t)
	out := d.must("run", "--measure", "ae-4h", "--demo", "ZZA", "--format", "csv", filepath.Join("..", "..", "plugins", "library", "urgent-care"))
	page := site(t).as(t, "demo-improvement-lead").get(t, "/trusts/ZZA/measures/ae-4h.csv").body
	if got, want := figuresOnly(t, out), figuresOnly(t, page); got != want {
		t.Errorf("drawn by the command:\n%.700s\nand by the site:\n%.700s", got, want)
	}
}

// figuresOnly leaves the words out of a CSV file of a chart: the site knows the
// trust's name and its events, and says more.
func figuresOnly(t testing.TB, text string) string {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil || len(rows) < 10 {
		t.Fatalf("%d rows, %v in %.300s", len(rows), err, text)
	}
	from, to := slices.Index(rows[0], "x"), slices.Index(rows[0], "cause")
	var b strings.Builder
	for _, row := range rows {
		b.WriteString(strings.Join(row[from:to+1], ",") + "\n")
	}
	return b.String()
}

func TestNewOverwritesNothingAndAsksNothing(t *testing.T) {
	d, dir := newDesk(t), t.TempDir()
	taken := filepath.Join(dir, "taken")
	write(t, filepath.Join(taken, "thesis.txt"), "mine")
	for name, args := range map[string][]string{
		"holds something already":  {"new", taken},
		"makes no id":              {"new", filepath.Join(dir, "42")},
		"give the plugin one name": {"new"},
		"is no language":           {"new", filepath.Join(dir, "ok"), "--language", "cobol"},
		"so it has no --language":  {"new", filepath.Join(dir, "ok"), "--language", "c", "--measure-only"},
	} {
		if out, err := d.do(args...); statusOf(err) != 2 || !strings.Contains(err.Error(), name) || out != "" {
			t.Errorf("%q: %v, %s", args, err, out)
		}
	}
	if got := listed(t, dir); !slices.Equal(got, []string{"taken"}) || readText(t, filepath.Join(taken, "thesis.txt")) != "mine" {
		t.Errorf("left are %q", got)
	}
	manifest := filepath.Join(dir, "ward-4", "manifest.json")
	d.must("new", "--measure-only", filepath.Dir(manifest))
	for _, want := range []string{`"publisher": "Wexbourne analysts"`, `"authored_by": "Wexbourne analysts"`, `"review_date": "2027-11-01"`, `"id": "ward-4"`, `A&E`} {
		if !strings.Contains(readText(t, manifest), want) {
			t.Errorf("the manifest lacks %s:\n%s", want, readText(t, manifest))
		}
	}
}

func TestMistakesInTheSourceAreToldWithFileAndLine(t *testing.T) {
	for language, mistake := range map[string]struct{ text, told string }{
		"go":             {"package main\n\nfunc main() {}\n\nfunc tea() int { return \"green\" }\n", "main.go:5:"},
		"rust":           {"fn tea() -> i32 {\n    \"green\"\n}\n", "main.rs:2:"},
		"assemblyscript": {"export function tea(): i32 {\n  return colour;\n}\n", "index.ts(2,"},
		"c":              {"int tea(void) {\n\treturn colour;\n}\n", "main.c:2:"},
	} {
		t.Run(language, func(t *testing.T) {
			d, folder := newDesk(t), filepath.Join(study(t), "tea")
			needs(t, language, folder)
			d.must("new", "--language", language, folder)
			l, _ := toolchain.Named(language)
			write(t, filepath.Join(folder, l.Source), mistake.text)
			if _, err := d.do("build", folder); statusOf(err) != 1 || !strings.Contains(err.Error(), mistake.told) {
				t.Errorf("build says %v", err)
			}
			if out, err := d.do("check", folder); statusOf(err) != 1 || strings.Count(out, "\n") != 1 || !strings.HasPrefix(out, "source: ") || !strings.Contains(out, "To mend it") {
				t.Errorf("check says %v:\n%s", err, out)
			}
		})
	}
}

func TestCheckTellsWhatItIsGiven(t *testing.T) {
	d, dir := newDesk(t), t.TempDir()
	write(t, filepath.Join(dir, "empty.wasm"), "")
	write(t, filepath.Join(dir, "half.json"), `{"id": "half"`)
	write(t, filepath.Join(dir, "strange.json"), `{"id": "strange", "abi": 0, "colour": "green"}`)
	write(t, filepath.Join(dir, "huge.wasm"), strings.Repeat("tea!", mostBytes/4+9))
	write(t, filepath.Join(dir, "bare", "manifest.json"), `{"id": "bare", "version": "1.0.0", "abi": 1, "title": "T", "publisher": "P", "licence": "L", "entries": ["e"]}`)
	pipe := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	go func() { // somebody who opens a pipe and never closes it
		if f, err := os.OpenFile(pipe, os.O_WRONLY, 0); err == nil {
			<-t.Context().Done()
			f.Close()
		}
	}()
	for path, want := range map[string]struct {
		status int
		told   string
	}{
		"none.wasm": {2, "no such file"}, ".": {2, "holds no manifest.json"}, "pipe": {2, "is it a file?"},
		"empty.wasm": {1, "form: not a core WebAssembly module"}, "huge.wasm": {1, "form: the module has"},
		"half.json": {1, "manifest: "}, "strange.json": {1, `unknown field "colour"`}, "bare": {1, "no source in"},
	} {
		began := time.Now()
		out, err := d.do("check", filepath.Join(dir, path))
		said := out
		if want.status == 2 {
			said = err.Error()
		}
		if statusOf(err) != want.status || !strings.Contains(said, want.told) || strings.Count(out, "\n") > 1 {
			t.Errorf("%s: status %d, %v\n%s", path, statusOf(err), err, out)
		}
		if took := time.Since(began); took > 30*time.Second {
			t.Errorf("%s took %v", path, took)
		}
	}
	if runtime.GOOS == "linux" {
		if out, err := d.do("check", "/dev/zero"); statusOf(err) != 1 || !strings.HasPrefix(out, "form: ") {
			t.Errorf("/dev/zero: %v\n%s", err, out)
		}
	}
}

func TestCheckCanBeReadByAProgram(t *testing.T) {
	d, dir := newDesk(t), t.TempDir()
	write(t, filepath.Join(dir, "empty.wasm"), "")
	out, err := d.do("check", "--format", "json", filepath.Join(dir, "empty.wasm"))
	var read struct {
		Sound *bool
		Steps []struct {
			Name     string
			Sound    bool
			Findings []struct {
				Rule, Problem, Mend string
				Advice              bool
			}
		}
	}
	if err2 := json.Unmarshal([]byte(out), &read); statusOf(err) != 1 || err2 != nil || read.Sound == nil || *read.Sound {
		t.Fatalf("%v, %v in %s", err, err2, out)
	}
	if s := read.Steps; len(s) != 1 || s[0].Sound || len(s[0].Findings) != 1 || s[0].Findings[0].Rule != "form" || s[0].Findings[0].Mend == "" {
		t.Errorf("%+v", read.Steps)
	}
	if _, err := d.do("check", "--format", "xml", dir); statusOf(err) != 2 {
		t.Errorf("an unknown format: %v", err)
	}
}

func TestNoSandboxOutlivesACheck(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("processes are looked for in /proc")
	}
	if _, err := library.Open(); errors.Is(err, library.ErrNotBuilt) {
		t.Skip(err)
	}
	module := filepath.Join(filepath.Dir(sharedFolder()), "hostile", "loop_run.wasm")
	if _, err := os.Stat(module); err != nil {
		t.Skipf("the reference material is not here (%v); set SIGNALBOX_SHARED to its folder", err)
	}
	dir := t.TempDir()
	program := filepath.Join(dir, "signalbox-of-this-test") // its sandboxes are told by this name
	self, err := os.Executable()
	if err == nil {
		err = copyProgram(self, program)
	}
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, programWord, "--data", dir, "plugin", "check", module)
	out, err := cmd.Output()
	if cmd.ProcessState.ExitCode() != 1 || !strings.Contains(string(out), "fault: xmr, 36 months: deadline") {
		t.Errorf("%v\n%s", err, out)
	}
	for began := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		left := runningAs(t, program)
		if len(left) == 0 {
			return
		}
		if time.Since(began) > 3*time.Second {
			t.Fatalf("processes %v are left", left)
		}
	}
}

func copyProgram(from, to string) error {
	if os.Link(from, to) == nil {
		return nil
	}
	text, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, text, 0o700)
}

// runningAs finds the processes that were started under a name.
func runningAs(t testing.TB, program string) []string {
	t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(files, func(file string) bool {
		text, err := os.ReadFile(file)
		return err != nil || !strings.HasPrefix(string(text), program+"\x00") // it has ended, or is another
	})
}

func TestCasesHoldAPluginToWhatItsAuthorKnows(t *testing.T) {
	d, folder := newDesk(t), filepath.Join(t.TempDir(), "tea-rounds")
	d.must("new", "--measure-only", folder)
	finish(t, folder)
	small := filepath.Join(folder, "small.csv")
	write(t, small, readText(t, filepath.Join(folder, "cases", "worked.csv")))
	d.must("run", "--file", small, "--record", "mine", folder)
	recorded := filepath.Join(folder, "cases", "mine.json")
	if out := d.must("check", "--verbose", folder); !strings.Contains(out, "(2 of them)") {
		t.Errorf("check says\n%s", out)
	}
	if _, err := d.do("run", "--file", small, "--record", "mine", folder); statusOf(err) != 2 || !strings.Contains(err.Error(), "is there already") {
		t.Errorf("a case was overwritten: %v", err)
	}
	expected := readText(t, recorded)
	for name, c := range map[string]struct{ json, told string }{
		"another number":       {strings.Replace(expected, `"x": "2025-03-01", "y": 10, "centre": 11`, `"x": "2025-03-01", "y": 10, "centre": 12`, 1), "cases: case mine: x 2025-03-01, centre is 11, expected 12."},
		"a number not there":   {strings.Replace(expected, `"centre": 11`, `"centre": null`, 1), "expected null"},
		"another signal":       {strings.Replace(expected, `"signals": []`, `"signals": ["outside_upper"]`, 1), "signals: 0 of them, expected 1"},
		"an unknown column":    {strings.Replace(expected, `"centre"`, `"mean"`, 1), "has no mean"},
		"expected to decline":  {`{"declined": ""}`, "should have been declined"},
		"nothing expected":     {`{}`, `want either "charts" or "declined"`},
		"an unknown measure":   {`{"measure": "coffee", "declined": ""}`, `brings no measure "coffee"`},
		"what is no such JSON": {`{"chart": 1}`, `unknown field "chart"`},
	} {
		if c.json == expected {
			t.Fatalf("%s changes nothing in\n%s", name, expected)
		}
		write(t, recorded, c.json)
		if out, err := d.do("check", folder); statusOf(err) != 1 || !strings.Contains(out, c.told) || strings.Count(out, "\n") != 1 {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
	write(t, recorded, expected)
	write(t, filepath.Join(folder, "cases", "orphan.csv"), "x,y,n\n1,2,3\n")
	if out, err := d.do("check", folder); statusOf(err) != 1 || !strings.Contains(out, "nobody says what is expected of") {
		t.Errorf("figures without an expectation: %v\n%s", err, out)
	}
}

func TestRunSaysWhatItCannotDraw(t *testing.T) {
	d, folder := newDesk(t), filepath.Join(t.TempDir(), "tea-rounds")
	d.must("new", "--measure-only", folder)
	bad := filepath.Join(folder, "bad.csv")
	write(t, bad, "x,y\n2026-01-01,green\n")
	few := filepath.Join(folder, "few.csv")
	write(t, few, "x,y\n2026-01-01,1\n")
	for told, args := range map[string][]string{
		"give one of them":                {"--file", few, "--demo", "ZZA"},
		`"green"`:                         {"--file", bad},
		"has to have the columns x,y,n":   {"--file", few},
		`brings no measure "coffee"`:      {"--measure", "coffee"},
		`computes no "coffee"`:            {"--entry", "coffee"},
		"name coffee or xmr and not both": {"--measure", "coffee", "--entry", "xmr"},
		"has no figures of dataset":       {"--demo", "ZZZ"},
		"want text, json, csv or svg":     {"--format", "pdf"},
		"want an ODS code such as RQW":    {"--at", "Wexbourne!"},
	} {
		if _, err := d.do(append([]string{"run", folder}, args...)...); statusOf(err) != 2 || !strings.Contains(err.Error(), told) {
			t.Errorf("%q: status %d, %v", args, statusOf(err), err)
		}
	}
}

func TestEveryCommandForAuthorsHasHelpWithAnExample(t *testing.T) {
	d := newDesk(t)
	for _, name := range []string{"", "new", "build", "check", "run", "watch", "key", "sign", "verify", "publish", "pull", "bundle"} {
		args := strings.Fields(name + " --help")
		if out := d.must(args...); !strings.Contains(out, "Examples:\n  signalbox plugin ") {
			t.Errorf("plugin %s says\n%s", name, out)
		}
	}
}

func TestATrialOnLoadedFiguresIsOfPublishedOnesAndRecorded(t *testing.T) {
	if testing.Short() {
		t.Skip("the whole house is not short")
	}
	d, folder := newDesk(t), filepath.Join(t.TempDir(), "tea-rounds")
	dir := t.TempDir()
	// PostgreSQL does not run as root: the user that it runs as must get in.
	for at := dir; at != os.TempDir() && at != "/"; at = filepath.Dir(at) {
		if err := os.Chmod(at, 0o711); err != nil {
			t.Fatal(err)
		}
	}
	cfg := &config{dataDir: dir, path: os.Getenv("PATH"), tempDir: os.TempDir()}
	records := []int64{}
	d.author.ask = func(ctx context.Context) (*house, error) {
		h, err := open(ctx, cfg, true, quiet())
		if err == nil {
			var head ledger.Head
			head, err = h.db.LedgerHead(ctx)
			records = append(records, head.Size)
		}
		return h, err
	}
	d.must("new", "--measure-only", folder)
	at, err := d.do("run", "--at", "ZZA", "--format", "json", folder)
	if errors.Is(err, cluster.ErrNotInstalled) && os.Getenv("SIGNALBOX_DATABASE") != "required" {
		t.Skip("this test needs PostgreSQL: ", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	invented := parse(t, d.must("run", "--demo", "ZZA", "--format", "json", folder)).Charts[0]
	loaded := parse(t, at).Charts[0]
	if len(loaded.Points) != len(invented.Points) || len(loaded.Points) == 0 {
		t.Fatalf("%d points are loaded and %d were made", len(loaded.Points), len(invented.Points))
	}
	for i, p := range loaded.Points {
		if *p.Y != *invented.Points[i].Y || *p.Upper != *invented.Points[i].Upper {
			t.Fatalf("at %v: %v below %v, and %v below %v", p.X, *p.Y, *p.Upper, *invented.Points[i].Y, *invented.Points[i].Upper)
		}
	}
	manifest := filepath.Join(folder, "manifest.json")
	write(t, manifest, strings.Replace(readText(t, manifest), `"ae_4h"`, `"demo_falls"`, 1))
	if _, err := d.do("run", "--at", "ZZA", folder); err == nil || !strings.Contains(err.Error(), "is not published") {
		t.Errorf("figures that are a trust's own: %v", err)
	}
	if len(records) != 2 || records[1] <= records[0] {
		t.Errorf("the ledger's last records were %v before each trial", records)
	}
}
