package host_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/plugins/host"
)

// codeOf gives the folders of compiled code that a cache has of a plugin.
func codeOf(t *testing.T, dir string, digest plugins.Digest) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, "wazero-*", strings.TrimPrefix(string(digest), "sha256:")))
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestAForgottenPluginHasLeftTheHostItsChildrenAndTheCache(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "code")
	h := newHost(t, func(o *host.Options) { o.CacheDir, o.Limits = dir, patient() })
	module := answering("an answer").bytes()
	digest, other := install(t, h, module).Digest, install(t, h, small().bytes()).Digest
	ask := func() error {
		_, err := h.RunPayload(within(t, time.Minute), digest, []byte("a question"), 1, 10*time.Second)
		return err
	}
	if err := ask(); err != nil {
		t.Fatal(err)
	}
	before := waitForChildren(t, sandboxes)
	if err := h.Forget(digest); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Release(digest); !errors.Is(err, host.ErrUnknown) {
		t.Errorf("it is still known: %v", err)
	}
	if err := ask(); !errors.Is(err, host.ErrUnknown) {
		t.Errorf("it is still asked: %v", err)
	}
	if left := codeOf(t, dir, digest); len(left) > 0 || len(codeOf(t, dir, other)) != 1 {
		t.Errorf("left of its code: %q; the other's: %q", left, codeOf(t, dir, other))
	}
	for _, u := range h.Usage() {
		if u.Digest == digest {
			t.Errorf("its usage is still counted: %+v", u)
		}
	}
	gone := 0
	for _, pid := range before {
		if !slices.Contains(waitForOthers(t, before), pid) {
			gone++
		}
	}
	if gone != 1 {
		t.Errorf("%d sandboxes were replaced; one had it loaded", gone)
	}
	install(t, h, module)
	if err := ask(); err != nil {
		t.Errorf("installed again: %v", err)
	}
	if err := h.Forget("sha256:nobody"); err != nil {
		t.Errorf("one that was never there: %v", err)
	}
}

// waitForOthers waits until some of the children are others than before.
func waitForOthers(t *testing.T, before []int) []int {
	t.Helper()
	for until := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		now := waitForChildren(t, sandboxes)
		slices.Sort(now)
		if !slices.Equal(now, before) || time.Now().After(until) {
			return now
		}
	}
}

// TestAPluginThatIsForgottenWhileItIsAskedAnswersAndIsGone: those that wait for
// a child then are told that it is not there any more, and leave no code behind.
func TestAPluginThatIsForgottenWhileItIsAskedAnswersAndIsGone(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "code")
	h := newHost(t, func(o *host.Options) { o.CacheDir, o.Limits = dir, patient() })
	digest := install(t, h, slow(20_000_000)).Digest
	var all sync.WaitGroup
	told := make(chan error, 3)
	for range cap(told) {
		all.Go(func() {
			_, err := h.RunPayload(context.Background(), digest, []byte("a question"), 1, 10*time.Second)
			told <- err
		})
	}
	waitFor(t, h, cap(told)-1)
	if err := h.Forget(digest); err != nil {
		t.Fatal(err)
	}
	all.Wait()
	close(told)
	unknown := 0
	for err := range told {
		if errors.Is(err, host.ErrUnknown) {
			unknown++
		} else if err != nil {
			t.Error(err)
		}
	}
	if unknown != cap(told)-1 {
		t.Errorf("%d of %d that waited were told that it is not there", unknown, cap(told)-1)
	}
	if left := codeOf(t, dir, digest); len(left) > 0 {
		t.Errorf("left of its code: %q", left)
	}
	if err := os.Remove(dir); err == nil {
		t.Error("the folder was empty from the start: this test looks at the wrong one")
	}
}
