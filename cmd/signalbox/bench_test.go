package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/signalbox-health/signalbox/internal/analysis"
	"github.com/signalbox-health/signalbox/internal/intake"
	"github.com/signalbox-health/signalbox/measures"
)

// benchHouse is the whole house with the published figures, or with those of
// the demonstration where the reference data is not beside the checkout.
type benchHouse struct {
	*house
	handler http.Handler
	cookie  *http.Cookie
	trusts  []measures.ODSCode // that have figures for ae-4h
}

var benchFiles = []string{"ods_trusts.csv", "ods_icbs.csv", "ods_successions.csv", "annotations.csv",
	"ae_4h_trust_monthly_2016_2026.csv", "nhs_ae_provider_monthly.csv", "cancer_62d_provider_monthly.csv",
	"diagnostics_6wk_trust_monthly.csv", "rtt_incomplete_trust_monthly.csv"}

func openBench(b *testing.B) *benchHouse {
	b.Helper()
	cfg := &config{dataDir: dataFolder(b), path: os.Getenv("PATH"), tempDir: os.TempDir()}
	built, err := build(b.Context(), cfg, true, quiet())
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(built.close)
	h := &benchHouse{house: built, handler: built.site.Handler()}
	dir := sharedFolder()
	if _, err := os.Stat(dir); err == nil {
		var paths []string
		for _, name := range benchFiles {
			paths = append(paths, filepath.Join(dir, name))
		}
		if _, err := intake.Load(b.Context(), built.db, intake.Options{Gate: operatorGate(built.db), Files: paths, By: "benchmark", RefusedDir: b.TempDir()}); err != nil {
			b.Fatal(err)
		}
		for _, row := range sharedTable(b, "golden_ae4h_limits.csv") {
			h.trusts = append(h.trusts, measures.ODSCode(row["org_code"]))
		}
	} else {
		h.trusts = []measures.ODSCode{"ZZA", "ZZB", "ZZC", "ZZD", "ZZE", "ZZF", "ZZG"}
	}
	if err := built.look(b.Context()); err != nil {
		b.Fatal(err)
	}
	h.signIn(b, string(h.trusts[0]))
	return h
}

func (h *benchHouse) signIn(b testing.TB, at string) {
	b.Helper()
	r := httptest.NewRequest(http.MethodPost, "/sign-in", strings.NewReader(url.Values{"person": {"demo-clinician"}, "at": {at}}.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	h.handler.ServeHTTP(w, r)
	for _, cookie := range w.Result().Cookies() {
		h.cookie = cookie
	}
	if w.Code != http.StatusSeeOther || h.cookie == nil {
		b.Fatalf("sign in: %d", w.Code)
	}
}

// get asks for a page as a browser does and gives what would travel.
func (h *benchHouse) get(b *testing.B, path string) *bytes.Buffer {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.AddCookie(h.cookie)
	r.Header.Set("Accept-Encoding", "gzip")
	w := httptest.NewRecorder()
	h.handler.ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		b.Fatalf("%s: %d %s", path, w.Code, w.Body)
	}
	return w.Body
}

// measured runs requests one after the other, with a pause between them that is
// not counted in the percentiles, and reports how long half of them
// and all but one in a hundred take, and the bytes of the last.
func (h *benchHouse) measured(b *testing.B, pause time.Duration, path func(i int) string) {
	b.Helper()
	for i := range 5 {
		h.get(b, path(-1-i)) // warm: connections, statements, the plugin
	}
	var times []time.Duration
	var body *bytes.Buffer
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		time.Sleep(pause)
		began := time.Now()
		body = h.get(b, path(i))
		times = append(times, time.Since(began))
	}
	slices.Sort(times)
	b.ReportMetric(milliseconds(times[len(times)/2]), "p50-ms")
	b.ReportMetric(milliseconds(times[len(times)*99/100]), "p99-ms")
	b.ReportMetric(float64(body.Len())/1000, "kB-gz")
	plain, err := gzip.NewReader(body)
	if err != nil {
		b.Fatal(err)
	}
	n, err := io.Copy(io.Discard, plain)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(n)/1000, "kB")
}

func milliseconds(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1e6 }

// BenchmarkPage is the whole request of a reader who is signed in: session,
// decision, record, data, plugin, verification, disclosure, page, compression.
// A "new" page needs the plugin to run; one read "again" does not, and is
// decided, recorded and read from the database all the same. "new-at-once" gives
// the sandboxes no time to get ready between pages, as they have otherwise.
func BenchmarkPage(b *testing.B) {
	h := openBench(b)
	// window is three years that nobody has looked at yet, of some trust.
	window := func(i int) string {
		i += 5
		from := measures.DateOf(2019, 4+i/len(h.trusts)%48, 1)
		year, month, _ := from.Civil()
		return fmt.Sprintf("/trusts/%s/measures/ae-4h?from=%s&to=%s", h.trusts[i%len(h.trusts)], from, measures.DateOf(year+3, month, 1)-1)
	}
	chart := "/trusts/" + string(h.trusts[0]) + "/measures/ae-4h"
	fixed := func(path string) func(int) string { return func(int) string { return path } }
	const think = 20 * time.Millisecond
	for _, page := range []struct {
		name  string
		pause time.Duration
		path  func(int) string
	}{
		{"chart/new", think, window},
		{"chart/new-at-once", 0, window},
		{"chart/again", 0, fixed(chart)},
		{"chart/json", 0, fixed(chart + ".json")},
		{"board/again", 0, fixed("/trusts/" + string(h.trusts[0]))},
		{"home/again", 0, fixed("/")},
		{"everyone/again", 0, fixed("/measures/ae-4h")},
		{"funnel/again", 0, fixed("/measures/ae-4h/funnel")},
	} {
		b.Run(page.name, func(b *testing.B) {
			h.forget()
			h.measured(b, page.pause, page.path)
		})
	}
	b.Run("everyone/new", func(b *testing.B) {
		h.measured(b, think, func(int) string {
			h.forget() // all charts are computed again
			return "/measures/ae-4h"
		})
	})
	b.Run("funnel/new", func(b *testing.B) {
		h.measured(b, think, func(int) string {
			h.forget()
			return "/measures/ae-4h/funnel"
		})
	})
}

// forget drops all charts that were computed, as after a restart.
func (h *benchHouse) forget() {
	m := h.main
	h.main = &analysis.Analysis{Catalogue: m.Catalogue, Policy: m.Policy, Ledger: m.Ledger, Data: m.Data, Plugins: m.Plugins, Now: m.Now}
	h.site.Charts.Analysis = h.main
}

// BenchmarkStart is from the start of the process to its first answer: "first"
// makes the cluster, the tables and the demonstration, "warm" finds them.
func BenchmarkStart(b *testing.B) {
	begin := func(b *testing.B, dir string) (*program, time.Duration) {
		began := time.Now()
		p, address := serveProgram(b, "--demo", "--data", dir)
		newVisitor(b).get(b, address+"/readyz")
		return p, time.Since(began)
	}
	end := func(b *testing.B, dir string, p *program) {
		p.signal(syscall.SIGTERM)
		if p.status(b) != 0 {
			b.Fatal(p.errors.String())
		}
		for postmaster(dir) != 0 {
			time.Sleep(5 * time.Millisecond)
		}
	}
	b.Run("first", func(b *testing.B) {
		for b.Loop() {
			dir := dataFolder(b)
			p, _ := begin(b, dir)
			b.StopTimer()
			end(b, dir, p)
			b.StartTimer()
		}
	})
	b.Run("warm", func(b *testing.B) {
		dir := dataFolder(b)
		p, _ := begin(b, dir)
		end(b, dir, p)
		var times []time.Duration
		for b.Loop() {
			p, took := begin(b, dir)
			times = append(times, took)
			b.StopTimer()
			end(b, dir, p)
			b.StartTimer()
		}
		slices.Sort(times)
		b.ReportMetric(milliseconds(times[len(times)/2]), "p50-ms")
	})
}

// BenchmarkMemory is what the processes of a site hold at rest, after a reader
// has looked at every page of the site map. Shared pages are counted by shares.
func BenchmarkMemory(b *testing.B) {
	if _, err := os.Stat("/proc/self/smaps_rollup"); err != nil {
		b.Skip("the share of memory is read from /proc")
	}
	for b.Loop() {
		dir := dataFolder(b)
		p, address := serveProgram(b, "--demo", "--data", dir)
		reader := newVisitor(b)
		reader.signIn(b, address, "demo-clinician")
		for _, page := range sitePages {
			if page.status == 0 && page.person == "demo-clinician" {
				reader.get(b, address+page.path)
			}
		}
		time.Sleep(2 * time.Second) // the plugins' instances are put away, and the site rests
		boxes := sandboxesOf(b, p)
		b.ReportMetric(memoryOf(b, p.cmd.Process.Pid), "serve-MB")
		total := 0.0
		for _, pid := range boxes {
			total += memoryOf(b, pid)
		}
		b.ReportMetric(total, "sandboxes-MB")
		b.ReportMetric(float64(len(boxes)), "sandboxes")
	}
}

// memoryOf is the proportional set size of a process, in MB.
func memoryOf(b *testing.B, pid int) float64 {
	b.Helper()
	f, err := os.Open(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if text, found := strings.CutPrefix(lines.Text(), "Pss:"); found {
			kB, err := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(text), " kB"), 64)
			if err != nil {
				b.Fatal(err)
			}
			return kB / 1000
		}
	}
	b.Fatalf("process %d does not tell its memory", pid)
	return 0
}
