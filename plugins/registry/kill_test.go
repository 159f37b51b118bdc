package registry

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// pushWord makes this program publish what is in a bundle, and nothing else: it is
// the process that is killed.
const pushWord = "publish-and-die"

func TestMain(m *testing.M) {
	if len(os.Args) == 4 && os.Args[1] == pushWord {
		if err := pushBundle(os.Args[2], os.Args[3]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

func pushBundle(file, to string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := io.ReadAll(os.Stdin); err != nil { // until whoever may kill it knows it
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	releases, err := ReadBundle(ctx, f)
	if err != nil {
		return err
	}
	_, err = Remote{Name: to, Plain: true}.Push(ctx, releases[0])
	return err
}

// reaper kills whoever publishes at their nth request, before the registry has heard
// of it or after.
type reaper struct {
	next    http.Handler
	process atomic.Pointer[os.Process]
	left    atomic.Int64
	after   bool
}

func (r *reaper) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	victim := r.process.Load()
	due := victim != nil && r.left.Add(-1) == 0
	if due && !r.after {
		_ = victim.Kill()
		return
	}
	r.next.ServeHTTP(w, q)
	if due {
		_ = victim.Kill()
	}
}

// publish runs a process that publishes, and reports whether it got to its end.
func (r *reaper) publish(t *testing.T, file, to string, at int64, after bool) bool {
	t.Helper()
	var said bytes.Buffer
	child := exec.Command(os.Args[0], pushWord, file, to)
	child.Stderr = &said
	r.process.Store(nil)
	r.left.Store(at)
	r.after = after
	hold, release, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	child.Stdin = hold
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	r.process.Store(child.Process)
	_ = release.Close()
	_ = hold.Close()
	err = child.Wait()
	r.process.Store(nil)
	if exit := (*exec.ExitError)(nil); err != nil && (!errors.As(err, &exit) || exit.Exited()) {
		t.Fatalf("publishing went wrong by itself: %v: %s", err, said.String())
	}
	return err == nil
}

// TestPublisherIsKilledAtEveryStep: wherever publishing is broken off, a version is
// either not there or whole and signed, and publishing again brings it.
func TestPublisherIsKilledAtEveryStep(t *testing.T) {
	killed := 0
	for name, second := range map[string]bool{"in memory": false, "docker-registry": true} {
		t.Run(name, func(t *testing.T) {
			c := newCountry(t)
			file := filepath.Join(t.TempDir(), "release.tar")
			if err := os.WriteFile(file, bundleOf(t, c.release(t)), 0o600); err != nil {
				t.Fatal(err)
			}
			r := &reaper{}
			at := registryAt(t, func(next http.Handler) http.Handler {
				if r.next = next; second {
					r.next = before(t, secondRegistry(t))
				}
				return r
			})
			host, _, _ := strings.Cut(at.Name, "/")
			for step, done := int64(1), false; !done; step++ {
				for _, after := range []bool{false, true} {
					if second && after != (step%2 == 0) {
						continue // it writes to a disk, and takes its time
					}
					// A corner of the registry for each, so that nothing is there from before.
					corner := Remote{Name: fmt.Sprintf("%s/step-%d-%t", host, step, after), Plain: true}
					if done = r.publish(t, file, corner.Name, step, after); done {
						break
					}
					killed++
					c.wholeOrAbsent(t, corner, step)
					if !r.publish(t, file, corner.Name, 1<<40, false) {
						t.Fatalf("killed at request %d, it cannot be published again", step)
					}
					read, err := corner.Pull(t.Context(), "bellmere-falls", "1.2.0")
					if err != nil {
						t.Fatal(err)
					}
					c.believes(t, read)
				}
			}
		})
	}
	if killed < 50 {
		t.Errorf("only %d were killed", killed)
	}
	t.Logf("%d publishers were killed", killed)
}

func (c *country) wholeOrAbsent(t *testing.T, at Remote, step int64) {
	t.Helper()
	read, err := at.Pull(t.Context(), "bellmere-falls", "1.2.0")
	if errors.Is(err, ErrNoRelease) {
		return
	}
	if err == nil {
		_, err = c.list.Check(read, today)
	}
	if err != nil || len(read.SBOM) == 0 {
		t.Errorf("killed at request %d: half a release is there: %v", step, err)
	}
}
