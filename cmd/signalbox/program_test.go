package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/internal/postgres/cluster"
	"github.com/signalbox-health/signalbox/plugins/library"
	"github.com/signalbox-health/signalbox/policy/ledger"
	"github.com/signalbox-health/signalbox/web/assets"
)

// dataFolder is a folder for a private cluster, which PostgreSQL's own user can
// get into. It is removed once the cluster has stopped, with its last user.
func dataFolder(t testing.TB) string {
	t.Helper()
	if len(cluster.Find(os.Getenv("PATH"))) == 0 {
		if os.Getenv("SIGNALBOX_DATABASE") == "required" {
			t.Fatal(cluster.ErrNotInstalled)
		}
		t.Skip("this test needs PostgreSQL: ", cluster.ErrNotInstalled)
	}
	if _, err := library.Open(); errors.Is(err, library.ErrNotBuilt) {
		t.Skip("this test needs the library: ", err)
	}
	if _, err := assets.Load(); errors.Is(err, assets.ErrNotBuilt) {
		t.Skip("this test needs the front-end files: ", err)
	}
	dir, err := os.MkdirTemp("", "signalbox-program-")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o711); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for range 200 {
			if postmaster(dir) == 0 {
				break
			}
			time.Sleep(50 * time.Millisecond)
		}
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// postmaster is the process of the PostgreSQL that works in a data folder, or 0.
func postmaster(dir string) int {
	found, _ := filepath.Glob(filepath.Join(dir, "*", "postmaster.pid"))
	deeper, _ := filepath.Glob(filepath.Join(dir, "*", "*", "postmaster.pid"))
	for _, path := range append(found, deeper...) {
		text, _ := os.ReadFile(path)
		line, _, _ := strings.Cut(string(text), "\n")
		if pid, err := strconv.Atoi(line); err == nil && syscall.Kill(pid, 0) == nil {
			return pid
		}
	}
	return 0
}

// program is one process of the program.
type program struct {
	cmd    *exec.Cmd
	out    lockedBuffer
	errors lockedBuffer
	done   chan struct{} // closed once it has ended
}

// lockedBuffer may be read while it is written to.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// launch starts the program with arguments, ended with the test.
func launch(t testing.TB, args ...string) *program {
	t.Helper()
	p := &program{cmd: exec.Command(os.Args[0], append([]string{programWord}, args...)...), done: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr = &p.out, &p.errors
	p.cmd.Env = append(os.Environ(), "DATABASE_URL=", "DATABASE_OWNER_URL=")
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = p.cmd.Wait()
		close(p.done)
	}()
	t.Cleanup(func() {
		p.signal(syscall.SIGTERM)
		select {
		case <-p.done:
		case <-time.After(20 * time.Second):
			t.Errorf("%v did not end when told to:\n%s", args, p.errors.String())
			p.kill()
		}
	})
	return p
}

func (p *program) signal(s syscall.Signal) { _ = p.cmd.Process.Signal(s) }

// kill ends the program as a crash would, and waits until it is gone.
func (p *program) kill() {
	p.signal(syscall.SIGKILL)
	<-p.done
}

// status waits for the program to end and gives its exit status.
func (p *program) status(t testing.TB) int {
	t.Helper()
	select {
	case <-p.done:
	case <-time.After(time.Minute):
		t.Fatalf("the program did not end:\n%s%s", p.out.String(), p.errors.String())
	}
	return p.cmd.ProcessState.ExitCode()
}

var isAt = regexp.MustCompile(`Signalbox is at (http://\S+)`)

// serveProgram starts the site as a process of its own and waits until it says
// where it is.
func serveProgram(t testing.TB, args ...string) (*program, string) {
	t.Helper()
	p := launch(t, append([]string{"serve", "--addr", "127.0.0.1:0"}, args...)...)
	for began := time.Now(); time.Since(began) < time.Minute; time.Sleep(5 * time.Millisecond) {
		if at := isAt.FindStringSubmatch(p.out.String()); at != nil {
			return p, at[1]
		}
		select {
		case <-p.done:
			t.Fatalf("the site did not start:\n%s", p.errors.String())
		default:
		}
	}
	t.Fatalf("the site is not ready after a minute:\n%s", p.errors.String())
	return nil, ""
}

// visitor reads the site as one person of the demonstration. The session
// outlives the site: it is in the database.
type visitor struct{ client *http.Client }

func newVisitor(t testing.TB) *visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &visitor{&http.Client{Jar: jar, Timeout: 20 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

func (v *visitor) signIn(t testing.TB, address, person string) {
	t.Helper()
	response, err := v.client.PostForm(address+"/sign-in", url.Values{"person": {person}, "to": {"/"}})
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusSeeOther {
		t.Fatalf("sign in: %s", response.Status)
	}
}

// read gives the status of a page and all of it; an error if not all of it came.
func (v *visitor) read(ctx context.Context, address string) (int, string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return 0, "", err
	}
	response, err := v.client.Do(request)
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return response.StatusCode, string(body), err
}

// get reads a page that must be there.
func (v *visitor) get(t testing.TB, address string) string {
	t.Helper()
	status, body, err := v.read(t.Context(), address)
	if err != nil || status != http.StatusOK {
		t.Fatalf("%s: %d %v", address, status, err)
	}
	return body
}

// answers waits until a page is there again.
func (v *visitor) answers(t testing.TB, address string) {
	t.Helper()
	var status int
	var err error
	for began := time.Now(); time.Since(began) < 30*time.Second; time.Sleep(20 * time.Millisecond) {
		if status, _, err = v.read(t.Context(), address); err == nil && status == http.StatusOK {
			return
		}
	}
	t.Fatalf("%s does not answer: %d %v", address, status, err)
}

// database opens the private cluster of a data folder beside its programs.
func database(t testing.TB, dir string) *postgres.DB {
	t.Helper()
	cfg := &config{dataDir: dir, path: os.Getenv("PATH"), tempDir: os.TempDir()}
	db, done, err := cfg.openDatabase(context.Background(), quiet())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(done)
	return db
}

// verifiedBook reads the whole ledger and proves it: every entry as it was
// written, numbers without a gap, no result without a decision that allows. It
// gives the entries.
func verifiedBook(t testing.TB, db *postgres.DB) []ledger.Entry {
	t.Helper()
	lines, err := db.LedgerEntries(t.Context(), 0, 10_000_000)
	if err != nil {
		t.Fatal(err)
	}
	entries := make([]ledger.Entry, len(lines))
	head, err := ledger.Verify(func(yield func(ledger.Record, error) bool) {
		for i, line := range lines {
			var err error
			entries[i], err = ledger.Decode(line)
			if !yield(ledger.Record{Sequence: int64(i) + 1, Canonical: line}, err) {
				return
			}
		}
	}, db.LedgerHashes(t.Context()))
	if err != nil {
		t.Fatal("the ledger does not verify: ", err)
	}
	stored, err := db.LedgerHead(t.Context())
	if err != nil || stored.Size != head.Size || int(head.Size) != len(lines) {
		t.Fatalf("%d entries, a verified tree of %d, a stored one of %d (%v)", len(lines), head.Size, stored.Size, err)
	}
	return entries
}

// manyRows writes a table of monthly figures by type, of organisations that are
// not in the register.
func manyRows(t testing.TB, rows int) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("period,org_code,type,attendances,breaches,admissions\n")
	for n := range rows {
		org, month, kind := n/2400, n/20%120, n%20
		fmt.Fprintf(&b, "%d-%02d-01,X%04d,t%02d,%d,%d,%d\n", 2010+month/12, month%12+1, org, kind, 1000+n%7919, n%997, n%331)
	}
	path := filepath.Join(t.TempDir(), "made.csv")
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
