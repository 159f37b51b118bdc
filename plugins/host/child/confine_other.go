//go:build !linux

package child

import (
	"runtime"

	"github.com/signalbox-health/signalbox/plugins/host"
)

// confine can do little here: the process of its own and the kill remain.
func confine(host.Start) host.Hello {
	return host.Hello{Missing: []string{"Landlock, no_new_privs and resource limits: not on " + runtime.GOOS}}
}

// cpuSeconds is unknown here, so no child is retired for it.
func cpuSeconds() uint64 { return 0 }
