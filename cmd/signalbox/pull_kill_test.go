package main

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/signalbox-health/signalbox/plugins/registry"
)

// turnstile kills whoever pulls at their nth request, before it is answered or after.
type turnstile struct {
	next   http.Handler
	victim atomic.Pointer[os.Process]
	left   atomic.Int64
	after  bool
}

func (s *turnstile) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	// Who comes first may be quicker than whoever started them.
	for s.left.Load() > 0 && s.victim.Load() == nil {
		time.Sleep(time.Millisecond)
	}
	victim := s.victim.Load()
	due := victim != nil && s.left.Add(-1) == 0
	if due && !s.after {
		_ = victim.Kill()
		return
	}
	s.next.ServeHTTP(w, q)
	if due {
		_ = victim.Kill()
	}
}

// TestPullerIsKilledAtEveryStep: wherever pulling is broken off, there is no file or a
// whole one that is believed, and pulling again brings it.
func TestPullerIsKilledAtEveryStep(t *testing.T) {
	p, _, _ := newHub(t)
	gate := &turnstile{next: registry.Server(p.db.Registry(), registry.TrustsNobody)}
	server := httptest.NewServer(gate)
	defer server.Close()
	at := registry.Remote{Name: strings.TrimPrefix(server.URL, "http://") + "/signalbox", Plain: true}
	both := p.sign("checker", p.sign("author", p.folder, "alone.tar"), "both.tar")
	releases, err := readBundle(t.Context(), both)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := at.Push(t.Context(), releases[0]); err != nil {
		t.Fatal(err)
	}
	pull := func(to string, step int64, after bool, delay time.Duration) (killed bool) {
		t.Helper()
		command := exec.Command(os.Args[0], append([]string{programWord, "plugin", "pull", "late-tea", "--version", "0.1.0", "--from", at.Name, "-o", to,
			"--data", t.TempDir()}, p.trust...)...)
		gate.left.Store(step)
		gate.after = after
		if err := command.Start(); err != nil {
			t.Fatal(err)
		}
		gate.victim.Store(command.Process)
		if delay > 0 {
			time.AfterFunc(delay, func() { _ = command.Process.Kill() })
		}
		err := command.Wait()
		gate.left.Store(0)
		gate.victim.Store(nil)
		if exit := (*exec.ExitError)(nil); err != nil && (!errors.As(err, &exit) || exit.Exited()) {
			t.Fatalf("pulling went wrong by itself: %v", err)
		}
		return err != nil
	}
	kills, whole := 0, 0
	try := func(name string, step int64, after bool, delay time.Duration) (killed bool) {
		t.Helper()
		to := filepath.Join(p.dir, "pulled", name+".tar")
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			t.Fatal(err)
		}
		if killed = pull(to, step, after, delay); killed {
			kills++
		}
		if _, err := os.Stat(to); err == nil {
			if out, err := p.verify(to); err != nil {
				t.Errorf("%s: half a file is there: %v\n%s", name, err, out)
			}
			whole++
		} else if !killed {
			t.Errorf("%s: it ended, and there is no file", name)
		}
		if killed {
			if pull(to, 1<<40, false, 0) {
				t.Fatalf("%s: killed by somebody else", name)
			}
			if out, err := p.verify(to); err != nil {
				t.Errorf("%s: pulled again: %v\n%s", name, err, out)
			}
		}
		return killed
	}
	for step := int64(1); ; step++ {
		before, after := try(fmt.Sprint("before-", step), step, false, 0), try(fmt.Sprint("after-", step), step, true, 0)
		if !before && !after {
			break
		}
	}
	asked := kills
	for i := range 14 { // somewhere while it starts, asks, checks and writes
		try(fmt.Sprint("late-", i), 1<<40, false, time.Duration(20+3*i)*time.Millisecond)
	}
	if asked < 10 {
		t.Errorf("only %d were killed while they asked", asked)
	}
	t.Logf("%d were killed, %d of them while they asked; %d files were whole", kills, asked, whole)
}
