package host_test

import (
	"io"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/signalbox-health/signalbox/plugins"
)

func init() {
	others["child-that-broke"] = func(in io.Reader, out io.Writer) error { return serveAs(in, out, breakOut) }
}

// breakOut ends as a process does that tries what its filter of calls answers
// with the end: here that is any call.
func breakOut() {
	end := unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_KILL_PROCESS}
	whole := unix.SockFprog{Len: 1, Filter: &end}
	unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
	unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_TSYNC, uintptr(unsafe.Pointer(&whole)))
	unix.Getpid()
}

func TestASandboxThatTheKernelEndedForACallIsNotTriedAgain(t *testing.T) {
	h := otherHost(t, "child-that-broke", nil)
	_, err := h.Install(within(t, time.Minute), built(t, spcFolder))
	wantCause(t, err, plugins.ErrFault, "the sandbox was broken out of (the kernel ended it, for a call that no sandbox may make)")
	wantManner(t, err, plugins.BrokeOut)
}
