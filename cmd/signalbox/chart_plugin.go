package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/plugins/library"
	"github.com/signalbox-health/signalbox/sdk/wire"
)

// compute runs the plugin, and holds what it answers against our own arithmetic.
func (s *chartSettings) compute(ctx context.Context, start startSandbox, q wire.Request) ([]measures.Chart, error) {
	module, entry, err := s.module()
	if err != nil {
		return nil, err
	}
	q.Entry = entry
	box, err := start()
	if err != nil {
		return nil, err
	}
	defer box.Close()
	release, err := box.Install(ctx, module)
	if err != nil {
		return nil, err
	}
	charts, err := box.Run(ctx, release.Digest, q)
	if err != nil {
		return nil, err
	}
	return charts, plugins.Verify(release, &q, charts)
}

// module is the plugin's code, and which of its entries to ask.
func (s *chartSettings) module() (module []byte, entry string, err error) {
	if s.fromFile() {
		return s.moduleOfFile()
	}
	entry = s.parameters.Kind.String()
	l, err := library.Open()
	if err != nil {
		return nil, "", err
	}
	release, ok := l.Release(s.plugin)
	if !ok || release.Manifest.ABI == 0 {
		return nil, "", badInput(fmt.Errorf("--plugin %s: the library has no plugin of this name; it has %s. A file is named with .wasm at its end",
			s.plugin, strings.Join(pluginNames(l), ", ")))
	}
	if !slices.Contains(release.Manifest.Entries, entry) {
		return nil, "", badInput(fmt.Errorf("--kind %s: plugin %s has no such chart; it has %s", entry, s.plugin, strings.Join(release.Manifest.Entries, ", ")))
	}
	module, err = l.Module(release.Digest)
	return module, entry, err
}

func pluginNames(l *library.Library) []string {
	var names []string
	for _, r := range l.Releases() {
		if r.Manifest.ABI > 0 {
			names = append(names, r.Manifest.ID)
		}
	}
	return names
}

// moduleOfFile reads a module. What is asked of it is the entry that was named,
// or one that is called like the kind, or the only one it has.
func (s *chartSettings) moduleOfFile() ([]byte, string, error) {
	module, err := os.ReadFile(s.plugin)
	if err != nil {
		return nil, "", badInput(fmt.Errorf("--plugin: %w", err))
	}
	manifest, err := plugins.ManifestOf(module)
	if err != nil {
		return nil, "", badInput(fmt.Errorf("--plugin %s: %s", s.plugin, oneLine(err.Error())))
	}
	kind, has := s.parameters.Kind.String(), strings.Join(manifest.Entries, ", ")
	switch {
	case s.entry != "" && !slices.Contains(manifest.Entries, s.entry):
		return nil, "", badInput(fmt.Errorf("--entry %s: plugin %s has no such entry; it has %s", s.entry, s.plugin, has))
	case s.entry != "":
		return module, s.entry, nil
	case slices.Contains(manifest.Entries, kind):
		return module, kind, nil
	case len(manifest.Entries) == 1:
		return module, manifest.Entries[0], nil
	}
	return nil, "", badInput(fmt.Errorf("--plugin %s: it has no entry %s; choose one with --entry: %s", s.plugin, kind, has))
}

// chartError tells what is the caller's to mend, in one line, from what broke.
func chartError(name string, err error) error {
	var fault *plugins.Fault
	if errors.As(err, &fault) {
		switch {
		case errors.Is(err, plugins.ErrUnsuited):
			return badInput(fmt.Errorf("%s: %s", name, oneLine(fault.Cause)))
		case errors.Is(err, plugins.ErrRefused):
			return badInput(errors.New(oneLine(err.Error())))
		}
	}
	return err
}

// oneLine keeps a message on one line, whatever stands in it.
func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
