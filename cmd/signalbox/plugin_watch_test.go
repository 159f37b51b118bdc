package main

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/signalbox-health/signalbox/web/assets"
)

// watched is "plugin watch" under way.
type watched struct {
	t    testing.TB
	out  lockedBuffer
	read int // bytes of out that were looked at
	end  context.CancelFunc
	done chan error
}

func (d *desk) watch(args ...string) *watched {
	ctx, cancel := context.WithCancel(d.t.Context())
	w := &watched{t: d.t, end: cancel, done: make(chan error, 1)}
	go func() { w.done <- d.doTo(ctx, &w.out, append([]string{"watch"}, args...)...) }()
	return w
}

// next waits for the next drawing.
func (w *watched) next() string {
	w.t.Helper()
	for began := time.Now(); time.Since(began) < time.Minute; time.Sleep(10 * time.Millisecond) {
		text := w.out.String()[w.read:]
		if at := strings.Index(text, "waiting for the next save"); at >= 0 {
			w.read += at + len("waiting for the next save")
			return text[:at]
		}
		select {
		case err := <-w.done:
			w.t.Fatalf("watch ended: %v\n%s", err, text)
		default:
		}
	}
	w.t.Fatalf("nothing was drawn in a minute:\n%s", w.out.String())
	return ""
}

// save writes a file as an editor does, later than before.
func save(t testing.TB, path, text string) {
	t.Helper()
	write(t, path, text)
	now := time.Now().Add(time.Second)
	if err := os.Chtimes(path, now, now); err != nil {
		t.Fatal(err)
	}
}

func TestWatchDrawsAgainAtEverySaveAndKeepsMistakesInSight(t *testing.T) {
	d, folder := newDesk(t), filepath.Join(study(t), "tea-rounds")
	needs(t, "c", folder)
	d.must("new", "--language", "c", folder)
	w := d.watch(folder)
	if text := w.next(); !strings.Contains(text, "74.0% in May 2026") {
		t.Errorf("first drawn:\n%s", text)
	}
	source := filepath.Join(folder, "main.c")
	right := readText(t, source)
	save(t, source, strings.Replace(right, "double multiply", "double double multiply", 1))
	if text := w.next(); !strings.Contains(text, "main.c:") || !strings.Contains(text, "error") {
		t.Errorf("a mistake is told as\n%s", text)
	}
	save(t, source, strings.ReplaceAll(right, "1.5 *", "0.1 *"))
	if text := w.next(); !strings.Contains(text, "Outside the limits") && !strings.Contains(text, "▼") && !strings.Contains(text, "◆") {
		t.Errorf("with narrow fences it draws\n%s", text)
	}
	save(t, filepath.Join(folder, "data.csv"), "x,y\n2026-01-01,green\n")
	if text := w.next(); !strings.Contains(text, "green") {
		t.Errorf("figures that cannot be read are told as\n%s", text)
	}
	w.end()
	if err := <-w.done; err != nil {
		t.Errorf("it ends with %v", err)
	}
}

func TestTheAuthorsPageShowsTheChartAndLoadsItselfAgain(t *testing.T) {
	if _, err := assets.Load(); err != nil {
		t.Skip(err)
	}
	d, folder := newDesk(t), filepath.Join(t.TempDir(), "tea-rounds")
	d.must("new", "--measure-only", folder)
	w := d.watch("--open", folder)
	address := <-d.opened
	w.next()
	if !strings.HasPrefix(address, "http://127.0.0.1:") {
		t.Fatalf("the page is at %s", address)
	}
	events, err := http.Get(address + "version")
	if err != nil {
		t.Fatal(err)
	}
	defer events.Body.Close()
	versions := bufio.NewScanner(events.Body)
	first := nextVersion(t, versions)

	text, header := fetch(t, address)
	for _, want := range []string{"<h1>Tea rounds</h1>", `<figure class="plot"`, "<table", "<td", "/reload.js", "data.csv"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	if policy := header.Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") {
		t.Errorf("its policy is %q", policy)
	}
	if strings.Contains(text, "<style") || strings.Contains(text, "onclick") {
		t.Error("the page has style or script inside")
	}

	save(t, filepath.Join(folder, "data.csv"), "x,y,n\n2026-01-01,<b>,4\n")
	w.next()
	if second := nextVersion(t, versions); second == first {
		t.Errorf("the version stays %s", second)
	}
	text, _ = fetch(t, address)
	if !strings.Contains(text, "It does not work just now.") || !strings.Contains(text, "&lt;b&gt;") || !strings.Contains(text, `<figure class="plot"`) {
		t.Error("a mistake does not stand above the last chart")
	}
	w.end()
	<-w.done
}

func TestTheAuthorsPageAnswersToItsOwnNameOnly(t *testing.T) {
	if _, err := assets.Load(); err != nil {
		t.Skip(err)
	}
	p, err := newPreview(false)
	if err != nil {
		t.Fatal(err)
	}
	address, _, err := p.listen(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequest(http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Host = "somewhere.example"
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusMisdirectedRequest {
		t.Errorf("under another name it answers %s", response.Status)
	}
}

func nextVersion(t testing.TB, from *bufio.Scanner) string {
	t.Helper()
	for from.Scan() {
		if version, ok := strings.CutPrefix(from.Text(), "data: "); ok {
			return version
		}
	}
	t.Fatal(from.Err())
	return ""
}

func fetch(t testing.TB, address string) (string, http.Header) {
	t.Helper()
	response, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%s: %v\n%s", response.Status, err, text)
	}
	return string(text), response.Header
}
