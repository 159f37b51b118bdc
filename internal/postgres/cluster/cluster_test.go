package cluster

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// childWord as the first argument makes the test binary a program that uses the
// cluster. It is not an environment variable because one test empties that.
const childWord = "signalbox-cluster-child"

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == childWord {
		os.Exit(childMain(os.Args[2:]))
	}
	status := m.Run()
	if template.dir != "" {
		os.RemoveAll(template.dir)
	}
	os.Exit(status)
}

// template is a cluster made once and copied by the tests that are not about
// making one, which takes a second each.
var template struct {
	once sync.Once
	dir  string
}

// made is a folder with a cluster in it, stopped in order.
func made(t testing.TB) string {
	t.Helper()
	needPostgres(t)
	template.once.Do(func() {
		dir, err := os.MkdirTemp("", "sbx-template")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(dir, 0o711); err != nil {
			t.Fatal(err)
		}
		stop(t, start(t, options(dir)))
		template.dir = dir
	})
	if template.dir == "" {
		t.Fatal("the template could not be made")
	}
	dir := openDir(t)
	inner := filepath.Join(dir, "postgres")
	if err := errors.Join(os.Mkdir(inner, 0o711), os.Chmod(inner, 0o711)); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("cp", "-a", filepath.Join(template.dir, "postgres", "data"), inner).CombinedOutput(); err != nil {
		t.Fatalf("copy the template: %v: %s", err, out)
	}
	return dir
}

// childMain starts the cluster, says so, and stops it when told "stop". It ends
// without a word when its input does.
func childMain(args []string) int {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	c, err := Start(ctx, Options{Dir: args[0], Path: args[1], Log: slog.New(slog.NewTextHandler(os.Stderr, nil))})
	if err != nil {
		fmt.Printf("refused %s\n", strings.ReplaceAll(err.Error(), "\n", " "))
		return 1
	}
	fmt.Printf("up %v %d\n", c.Adopted(), c.PID())
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		if in.Text() == "stop" {
			if err := c.Stop(ctx); err != nil {
				fmt.Printf("stop: %v\n", err)
				return 1
			}
			fmt.Println("stopped")
			return 0
		}
	}
	return 0
}

// child is another program that uses the cluster.
type child struct {
	cmd     *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Scanner
	adopted bool
	pid     int // of the postmaster
}

// begin starts another program and gives its first line.
func begin(t *testing.T, dir string, change func(*exec.Cmd)) (*child, string) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe, childWord, dir, os.Getenv("PATH"))
	cmd.Stderr = os.Stderr
	if change != nil {
		change(cmd)
	}
	in, errIn := cmd.StdinPipe()
	out, errOut := cmd.StdoutPipe()
	if err := errors.Join(errIn, errOut, cmd.Start()); err != nil {
		t.Fatal(err)
	}
	c := &child{cmd: cmd, in: in, out: bufio.NewScanner(out)}
	t.Cleanup(func() { in.Close(); cmd.Process.Kill(); cmd.Wait() })
	c.out.Scan()
	return c, c.out.Text()
}

func startChild(t *testing.T, dir string, change func(*exec.Cmd)) *child {
	t.Helper()
	c, line := begin(t, dir, change)
	if _, err := fmt.Sscanf(line, "up %t %d", &c.adopted, &c.pid); err != nil {
		t.Fatalf("the other program said %q", line)
	}
	return c
}

func (c *child) stop(t *testing.T) {
	t.Helper()
	fmt.Fprintln(c.in, "stop")
	if c.out.Scan(); c.out.Text() != "stopped" {
		t.Fatalf("the other program said %q", c.out.Text())
	}
	c.cmd.Wait()
}

func (c *child) kill() {
	c.cmd.Process.Kill()
	c.cmd.Wait()
}

// needPostgres skips, or in continuous integration fails, without PostgreSQL.
func needPostgres(t testing.TB) {
	t.Helper()
	if found := Find(os.Getenv("PATH")); len(found) == 0 || found[0].Major < OldestMajor {
		if os.Getenv("CI") == "true" {
			t.Fatal(ErrNotInstalled)
		}
		t.Skip(ErrNotInstalled)
	}
}

// openDir is a temporary folder that other users may pass through, which
// testing's own is not.
func openDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "sbx")
	if err != nil {
		t.Fatal(err)
	}
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o711); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		// PostgreSQL may still be putting its things away.
		for range 100 {
			if os.RemoveAll(dir) == nil {
				return
			}
			time.Sleep(20 * time.Millisecond)
		}
		t.Errorf("cannot remove %s", dir)
	})
	return dir
}

func options(dir string) Options {
	return Options{Dir: dir, Path: os.Getenv("PATH"), Throwaway: true}
}

func start(t testing.TB, o Options) *Cluster {
	t.Helper()
	needPostgres(t)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	c, err := Start(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, c) })
	return c
}

func stop(t testing.TB, c *Cluster) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := c.Stop(ctx); err != nil {
		t.Error(err)
	}
}

func connect(t testing.TB, url string) *pgconn.PgConn {
	t.Helper()
	conn, err := pgconn.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(context.Background()) })
	return conn
}

// query runs statements and gives the first value of the last.
func query(t testing.TB, conn *pgconn.PgConn, sql string) string {
	t.Helper()
	results, err := conn.Exec(t.Context(), sql).ReadAll()
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	last := results[len(results)-1]
	if len(last.Rows) == 0 {
		return ""
	}
	return string(last.Rows[0][0])
}

func eventually(t testing.TB, what string, is func() bool) {
	t.Helper()
	for began := time.Now(); !is(); time.Sleep(10 * time.Millisecond) {
		if time.Since(began) > 20*time.Second {
			t.Fatalf("after 20 s still not: %s", what)
		}
	}
}

func TestFirstStartMakesACluster(t *testing.T) {
	t.Parallel()
	dir := openDir(t)
	c := start(t, options(filepath.Join(dir, "new", "folder")))
	if c.Adopted() {
		t.Error("adopted a cluster that did not exist")
	}
	conn := connect(t, c.URL())
	for setting, want := range map[string]string{
		"server_encoding": "UTF8", "lc_collate": "C", "listen_addresses": "", "max_connections": "60",
		"shared_buffers": "128MB", "jit": "off", "unix_socket_permissions": "0700", "TimeZone": "UTC",
	} {
		if setting == "lc_collate" {
			if got := query(t, conn, "SELECT datcollate FROM pg_database WHERE datname = current_database()"); got != want {
				t.Errorf("collation = %q, want %q", got, want)
			}
			continue
		}
		if got := query(t, conn, "SHOW "+setting); got != want {
			t.Errorf("%s = %q, want %q", setting, got, want)
		}
	}
	if got := query(t, conn, "SELECT current_database()"); got != Database {
		t.Errorf("database %q, want %q", got, Database)
	}
	for _, folder := range []string{c.files.data, c.files.run} {
		info, err := os.Stat(folder)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o700 {
			t.Errorf("%s is open to others: %v", folder, info.Mode())
		}
	}
	rules, err := os.ReadFile(filepath.Join(c.files.data, "pg_hba.conf"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(rules)) {
		if f := strings.Fields(line); len(f) > 0 && f[0] == "host" && f[len(f)-1] != "reject" {
			t.Errorf("a network connection would be let in: %s", line)
		}
	}
}

func TestWarmStartFindsTheDataAgain(t *testing.T) {
	t.Parallel()
	o := options(made(t))
	c := start(t, o)
	query(t, connect(t, c.URL()), "CREATE TABLE kept (n int); INSERT INTO kept VALUES (42)")
	pid := c.PID()
	stop(t, c)
	if running(pid) {
		t.Fatal("PostgreSQL runs on after the last user stopped it")
	}
	c = start(t, o)
	if got := query(t, connect(t, c.URL()), "SELECT n FROM kept"); got != "42" {
		t.Errorf("n = %q after a warm start, want 42", got)
	}
}

func TestStopTwiceIsHarmless(t *testing.T) {
	t.Parallel()
	c := start(t, options(made(t)))
	stop(t, c)
	stop(t, c)
}

func TestKilledPostmasterIsStartedAgainWithEveryCommittedRow(t *testing.T) {
	t.Parallel()
	o := options(made(t))
	o.Throwaway = false
	c := start(t, o)
	query(t, connect(t, c.URL()), "CREATE TABLE kept (n int)")
	writer, acknowledged := connect(t, c.URL()), 0
	first := c.PID()
	time.AfterFunc(300*time.Millisecond, func() { syscall.Kill(first, syscall.SIGKILL) })
	for {
		if _, err := writer.Exec(t.Context(), "INSERT INTO kept VALUES (1)").ReadAll(); err != nil {
			break
		}
		acknowledged++
	}
	eventually(t, "the watch started PostgreSQL again", func() bool { return c.PID() != first && running(c.PID()) })
	n, err := strconv.Atoi(query(t, connect(t, c.URL()), "SELECT count(*) FROM kept"))
	if err != nil || acknowledged == 0 || n < acknowledged || n > acknowledged+1 {
		t.Errorf("%d rows after the crash, %d were acknowledged (%v)", n, acknowledged, err)
	}
}

func TestKilledProgramLeavesNoClusterBehindAndTheNextStarts(t *testing.T) {
	t.Parallel()
	dir := made(t)
	first := startChild(t, dir, nil)
	first.kill()
	eventually(t, "PostgreSQL stopped after its only user was killed", func() bool { return !running(first.pid) })
	second := startChild(t, dir, nil)
	if second.adopted {
		t.Error("adopted a cluster that had stopped")
	}
	second.stop(t)
}

func TestProgramKilledAndStartedAtOnce(t *testing.T) {
	t.Parallel()
	dir := made(t)
	for range 5 {
		startChild(t, dir, nil).kill()
	}
	c := start(t, options(dir))
	query(t, connect(t, c.URL()), "SELECT 1")
}

func TestProgramAndPostmasterKilledAndStartedAtOnce(t *testing.T) {
	t.Parallel()
	dir := made(t)
	for range 3 {
		first := startChild(t, dir, nil)
		c := connect(t, (&Cluster{socket: filepath.Join(dir, "postgres", "run")}).URL())
		query(t, c, "CREATE TABLE IF NOT EXISTS kept (n int); INSERT INTO kept VALUES (1)")
		syscall.Kill(first.pid, syscall.SIGKILL)
		first.kill()
	}
	c := start(t, options(dir))
	if got := query(t, connect(t, c.URL()), "SELECT count(*) FROM kept"); got != "3" {
		t.Errorf("%s rows, want the 3 that were committed", got)
	}
}

func TestHalfMadeClusterIsMadeAnew(t *testing.T) {
	t.Parallel()
	dir := made(t)
	c := start(t, options(dir))
	stop(t, c)
	// As initdb leaves it when killed before it has finished.
	if err := os.Rename(c.files.data, c.files.init+"-1"); err != nil {
		t.Fatal(err)
	}
	for _, gone := range []string{"PG_VERSION", "postgresql.conf", "global/pg_control"} {
		if err := os.Remove(filepath.Join(c.files.init+"-1", gone)); err != nil {
			t.Fatal(err)
		}
	}
	c = start(t, options(dir))
	query(t, connect(t, c.URL()), "SELECT 1")
	if left, _ := filepath.Glob(c.files.init + "*"); len(left) > 0 {
		t.Errorf("half-made clusters are still there: %q", left)
	}
}

func TestKilledInitdbLeavesNoClusterThatIsTakenForWhole(t *testing.T) {
	t.Parallel()
	needPostgres(t)
	dir := openDir(t)
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe, childWord, dir, os.Getenv("PATH"))
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	half := filepath.Join(dir, "postgres", "data.init-*", "base")
	eventually(t, "initdb is at work", func() bool { hits, _ := filepath.Glob(half); return len(hits) == 1 })
	cmd.Process.Kill()
	cmd.Wait()
	c := start(t, options(dir))
	query(t, connect(t, c.URL()), "SELECT 1")
}

func TestOtherMajorVersionIsRefusedAndUntouched(t *testing.T) {
	t.Parallel()
	dir := made(t)
	c := start(t, options(dir))
	stop(t, c)
	if err := os.WriteFile(filepath.Join(c.files.data, "PG_VERSION"), []byte("14\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if c.Major() == 14 {
		t.Skip("this machine runs PostgreSQL 14, so 14 is no other version")
	}
	before := listing(t, c.files.data)
	_, err := Start(t.Context(), options(dir))
	if !errors.Is(err, ErrOtherMajor) {
		t.Fatalf("error = %v, want ErrOtherMajor", err)
	}
	for _, word := range []string{"made by PostgreSQL 14", "Nothing was changed", "pg_dumpall", "psql", c.files.data} {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("the message does not say %q: %v", word, err)
		}
	}
	if after := listing(t, c.files.data); after != before {
		t.Errorf("the data folder changed:\n%s\nwas\n%s", after, before)
	}
}

// listing writes down every file of a folder with size and time.
func listing(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	err := filepath.Walk(dir, func(path string, info fs.FileInfo, err error) error {
		if err == nil {
			fmt.Fprintln(&b, path, info.Size(), info.ModTime().UnixNano(), info.Mode())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestFolderThatIsNoClusterIsRefused(t *testing.T) {
	t.Parallel()
	needPostgres(t)
	dir := openDir(t)
	data := filepath.Join(dir, "postgres", "data")
	if err := os.MkdirAll(data, 0o711); err != nil {
		t.Fatal(err)
	}
	os.Chmod(filepath.Dir(data), 0o711)
	if err := os.WriteFile(filepath.Join(data, "thesis.txt"), []byte("years of work"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Start(t.Context(), options(dir))
	if err == nil || !strings.Contains(err.Error(), "no PostgreSQL data folder") {
		t.Errorf("error = %v", err)
	}
	if _, err := os.Stat(filepath.Join(data, "thesis.txt")); err != nil {
		t.Error(err)
	}
}

func TestAwkwardPaths(t *testing.T) {
	t.Parallel()
	for name, folder := range map[string]string{
		"too long for a socket": strings.Repeat("a long name/", 12),
		"comma":                 "one, two",
		"patterns":              `[a-z]*?\\`,
		"quotes and spaces":     `Dr "Who" it's 100% & more`,
	} {
		t.Run(name, func(t *testing.T) {
			o := options(filepath.Join(openDir(t), folder))
			o.TempDir = openDir(t)
			c := start(t, o)
			query(t, connect(t, c.URL()), "SELECT 1")
			if name == "too long for a socket" && !strings.HasPrefix(c.socket, filepath.Join(o.TempDir, "sbx-")) {
				t.Errorf("socket in %s", c.socket)
			}
		})
	}
}

func TestSocketFolderOfAStrangerIsRefused(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root can make a stranger's folder")
	}
	o := options(filepath.Join(openDir(t), strings.Repeat("a long name/", 12)))
	o.TempDir = openDir(t)
	c := start(t, o)
	stop(t, c)
	if err := os.Chown(c.socket, 12345, 12345); err != nil {
		t.Fatal(err)
	}
	if _, err := Start(t.Context(), o); err == nil || !strings.Contains(err.Error(), "user id 12345") {
		t.Errorf("error = %v", err)
	}
}

func TestFolderThatPostgresCannotReachIsRefused(t *testing.T) {
	t.Parallel()
	needPostgres(t)
	if os.Geteuid() != 0 {
		t.Skip("only root hands PostgreSQL to another user")
	}
	closed := filepath.Join(openDir(t), "closed")
	if err := os.Mkdir(closed, 0o700); err != nil {
		t.Fatal(err)
	}
	for dir, words := range map[string][]string{
		filepath.Join(closed, "data"): {"chmod o+x " + closed, "--data /var/lib/signalbox"},
		"/root/signalbox-test":        {"below /root", "--data /var/lib/signalbox"},
	} {
		_, err := Start(t.Context(), options(dir))
		if err == nil {
			t.Fatalf("%s was accepted", dir)
		}
		for _, word := range words {
			if !strings.Contains(err.Error(), word) {
				t.Errorf("the message does not say %q: %v", word, err)
			}
		}
		if _, err := os.Lstat(dir); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("a refused folder was made: %v", err)
		}
	}
}

func TestLinkIntoAClosedFolderIsSeenThrough(t *testing.T) {
	t.Parallel()
	needPostgres(t)
	if os.Geteuid() != 0 {
		t.Skip("only root hands PostgreSQL to another user")
	}
	dir := openDir(t)
	closed := filepath.Join(dir, "closed")
	if err := os.Mkdir(closed, 0o700); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(dir, "link")
	if err := os.Symlink(closed, link); err != nil {
		t.Fatal(err)
	}
	if _, err := Start(t.Context(), options(filepath.Join(link, "data"))); err == nil || !strings.Contains(err.Error(), closed) {
		t.Errorf("error = %v, want one about %s", err, closed)
	}
}

func TestNoPostgreSQLSaysWhatToInstall(t *testing.T) {
	t.Parallel()
	o := Options{Dir: openDir(t), Path: "/nonexistent", places: []string{"/nonexistent/*/bin"}}
	_, err := Start(t.Context(), o)
	if !errors.Is(err, ErrNotInstalled) {
		t.Fatalf("error = %v, want ErrNotInstalled", err)
	}
	for _, word := range []string{"apt-get install -y postgresql\n", "brew install postgresql@17", "DATABASE_URL"} {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("the message does not say %q: %v", word, err)
		}
	}
}

func TestNoFolderIsAnError(t *testing.T) {
	if _, err := Start(t.Context(), Options{}); !errors.Is(err, ErrNoFolder) {
		t.Errorf("error = %v, want ErrNoFolder", err)
	}
}

func TestPostgreSQLIsFoundThroughLinksOnThePath(t *testing.T) {
	t.Parallel()
	needPostgres(t)
	true_ := Find(os.Getenv("PATH"))[0]
	links := t.TempDir()
	// initdb is not linked: it must be found beside the true server.
	if err := os.Symlink(true_.program("postgres"), filepath.Join(links, "postgres")); err != nil {
		t.Fatal(err)
	}
	found := find("/nonexistent:"+links+":"+links, []string{"/nonexistent/*"})
	if len(found) != 1 || found[0] != true_ {
		t.Errorf("found %v, want %v", found, true_)
	}
}

func TestInstallationThatMadeTheDataIsChosenElseTheNewest(t *testing.T) {
	t.Parallel()
	root := openDir(t)
	for _, version := range []string{"13.9", "14.1", "16.4 (Debian 16.4-1)", "17beta2"} {
		bin := filepath.Join(root, version, "bin")
		if err := os.MkdirAll(bin, 0o755); err != nil {
			t.Fatal(err)
		}
		script := "#!/bin/sh\necho 'postgres (PostgreSQL) " + version + "'\n"
		for _, program := range []string{"postgres", "initdb"} {
			if err := os.WriteFile(filepath.Join(bin, program), []byte(script), 0o755); err != nil {
				t.Fatal(err)
			}
		}
		os.Chmod(filepath.Dir(bin), 0o755)
	}
	for _, test := range []struct {
		made string
		want int
	}{{"", 17}, {"16\n", 16}, {"14\n", 14}, {"13\n", 0}, {"15\n", 0}} {
		c := &Cluster{options: Options{places: []string{root + "/*/bin"}}, files: filesIn(t.TempDir())}
		if test.made != "" {
			if err := errors.Join(os.Mkdir(c.files.data, 0o700),
				os.WriteFile(filepath.Join(c.files.data, "PG_VERSION"), []byte(test.made), 0o600)); err != nil {
				t.Fatal(err)
			}
		}
		got, err := c.chooseInstallation()
		if got.Major != test.want || test.want == 0 && !errors.Is(err, ErrOtherMajor) {
			t.Errorf("data made by %q: chose %d (%v), want %d", test.made, got.Major, err, test.want)
		}
	}
}

func TestEmptyEnvironment(t *testing.T) {
	t.Parallel()
	needPostgres(t)
	dir := openDir(t)
	other := startChild(t, dir, func(cmd *exec.Cmd) {
		cmd.Env = []string{}
		cmd.Args[3] = "" // no PATH either
	})
	conn := connect(t, (&Cluster{socket: filepath.Join(dir, "postgres", "run")}).URL())
	if got := query(t, conn, "SHOW server_encoding"); got != "UTF8" {
		t.Errorf("encoding %s", got)
	}
	other.stop(t)
}

func TestHostileEnvironment(t *testing.T) {
	t.Parallel()
	needPostgres(t)
	other := startChild(t, made(t), func(cmd *exec.Cmd) {
		cmd.Env = []string{"PGPORT=1", "PGHOST=/nonexistent", "PGSSLMODE=require", "PGDATA=/nonexistent",
			"PGUSER=nobody", "PGDATABASE=nothing", "LC_ALL=xx_YY.UTF-8", "LANG=tlh", "TZ=Mars/Olympus"}
	})
	other.stop(t)
}

// asUser makes a copy of the test binary that others may run, and runs it as
// somebody else.
func asUser(t *testing.T, uid, gid uint32) func(*exec.Cmd) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root can become somebody else")
	}
	binary, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		t.Skip("no /proc/self/exe on " + runtime.GOOS)
	}
	exe := filepath.Join(made(t), "child")
	if err := os.WriteFile(exe, binary, 0o755); err != nil {
		t.Fatal(err)
	}
	return func(cmd *exec.Cmd) {
		cmd.Path, cmd.Dir = exe, "/"
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uid, Gid: gid}}
	}
}

func TestOrdinaryUser(t *testing.T) {
	t.Parallel()
	needPostgres(t)
	dir := openDir(t)
	become := asUser(t, 65534, 65534)
	if err := os.Chown(dir, 65534, 65534); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	first := startChild(t, dir, become)
	info, err := os.Stat("/proc/" + strconv.Itoa(first.pid))
	if err != nil {
		t.Fatal(err)
	}
	if uid, _ := ownerOf(info); uid != 65534 {
		t.Errorf("PostgreSQL runs as user id %d", uid)
	}
	second := startChild(t, dir, become)
	if !second.adopted || second.pid != first.pid {
		t.Errorf("the second program did not adopt: %+v", second)
	}
	first.stop(t)
	second.kill()
	eventually(t, "PostgreSQL stopped after its last user was killed", func() bool { return !running(first.pid) })
}

func TestUserWithoutANameIsToldToGiveADatabase(t *testing.T) {
	t.Parallel()
	needPostgres(t)
	dir := openDir(t)
	become := asUser(t, 54321, 54321)
	if err := os.Chown(dir, 54321, 54321); err != nil {
		t.Fatal(err)
	}
	_, line := begin(t, dir, become)
	if !strings.HasPrefix(line, "refused") || !strings.Contains(line, "user id 54321 has no entry") || !strings.Contains(line, "DATABASE_URL") {
		t.Errorf("the program said %q", line)
	}
}

func TestRootHandsPostgreSQLToAnotherUser(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 || !hasProc() {
		t.Skip("needs root, and /proc to look at")
	}
	c := start(t, options(made(t)))
	info, err := os.Stat("/proc/" + strconv.Itoa(c.PID()))
	if err != nil {
		t.Fatal(err)
	}
	if uid, _ := ownerOf(info); uid == 0 || uid != c.account.uid {
		t.Errorf("PostgreSQL runs as user id %d", uid)
	}
	if pgid, err := syscall.Getpgid(c.PID()); err != nil || pgid == syscall.Getpgrp() {
		t.Errorf("PostgreSQL is in our process group %d (%v): Ctrl-C would reach it before us", pgid, err)
	}
}

func TestDefaultDir(t *testing.T) {
	for _, test := range []struct {
		uid       int
		xdg, home string
		want      string
	}{
		{0, "/root/.local/share", "/root", "/var/lib/signalbox"},
		{1000, "", "/home/sam", "/home/sam/.local/share/signalbox"},
		{1000, "/data", "/home/sam", "/data/signalbox"},
		{1000, "relative", "/home/sam", "/home/sam/.local/share/signalbox"},
		{1000, "", "", ""},
	} {
		if got := DefaultDir(test.uid, test.xdg, test.home); got != test.want {
			t.Errorf("DefaultDir(%d, %q, %q) = %q, want %q", test.uid, test.xdg, test.home, got, test.want)
		}
	}
}
