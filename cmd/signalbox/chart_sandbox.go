package main

import (
	"errors"
	"path/filepath"

	"github.com/signalbox-health/signalbox/plugins/host"
)

// startSandbox starts a sandbox for one command: one child, which is this very
// program, and the folder of compiled plugins that the server uses too.
func (c config) startSandbox() (sandbox, error) {
	self, err := executable()
	if err != nil {
		return nil, err
	}
	dir := c.cacheDir
	if dir == "" {
		if c.dataDir == "" {
			return nil, errors.New("there is no folder for compiled plugins: HOME is not set")
		}
		dir = filepath.Join(c.dataDir, "plugins")
	}
	box, err := host.New(host.Options{Executable: []string{self, "sandbox"}, Children: 1, CacheDir: dir})
	if err != nil {
		return nil, err
	}
	return box, nil
}
