package host_test

import (
	"slices"
	"testing"
	"time"

	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/plugins/host"
)

// TestAPluginThatExitsDoesNotTakeItsSandboxAlong: the memory of an instance is
// gone once it has exited, and nothing may touch it any more. A sandbox that does
// ends, or writes into whatever has come to lie there.
func TestAPluginThatExitsDoesNotTakeItsSandboxAlong(t *testing.T) {
	h := newHost(t, func(o *host.Options) { o.Limits = patient() })
	exits := install(t, h, guest{imports: []string{"proc_exit"}, run: i32(255) + call(0) + i64(0)}.bytes()).Digest
	traps := install(t, h, guest{run: opUnreachable}.bytes()).Digest
	before := waitForChildren(t, sandboxes)
	for range 3 {
		_, err := h.Run(within(t, time.Minute), exits, corpusQuestion())
		wantCause(t, err, plugins.ErrFault, "exited with status 255")
		_, err = h.Run(within(t, time.Minute), traps, corpusQuestion())
		wantCause(t, err, plugins.ErrFault, "trap: unreachable")
	}
	time.Sleep(100 * time.Millisecond) // for a sandbox to be done with what followed
	after := waitForChildren(t, sandboxes)
	slices.Sort(before)
	slices.Sort(after)
	if !slices.Equal(before, after) {
		t.Errorf("sandboxes %v ended", slices.DeleteFunc(before, func(pid int) bool { return slices.Contains(after, pid) }))
	}
}
