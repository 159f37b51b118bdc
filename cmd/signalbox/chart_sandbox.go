package main

import (
	"fmt"

	"github.com/signalbox-health/signalbox/plugins/host"
)

// startSandbox starts a sandbox for one command: one child, which is this very
// program, and the folder of compiled plugins that the server uses too.
func (c *config) startSandbox() (sandbox, error) {
	self, err := executable()
	if err != nil {
		return nil, fmt.Errorf("find this program, to start it as a sandbox: %w", err)
	}
	box, err := host.New(host.Options{Executable: []string{self, "sandbox"}, Children: 1, OnTrial: true, CacheDir: c.cache(), Log: quiet()})
	if err != nil {
		return nil, err
	}
	return box, nil
}
