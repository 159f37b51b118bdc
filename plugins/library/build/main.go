// Command build makes the library's plugins: every folder beside it that has
// code is built for WebAssembly, given its manifest, checked, and put into the
// folder built, from where it is embedded in the program. What is written in a
// language whose compiler this machine lacks is left out, and named; with
// -strict that is an error. The same source and compiler give the same bytes.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/plugins/toolchain"
)

const libraryPackage = "github.com/signalbox-health/signalbox/plugins/library"

// index has the shape of library.Index. That package cannot be imported here:
// it embeds what this command is about to make.
type index struct {
	Plugins []entry           `json:"plugins"`
	LeftOut map[string]string `json:"left_out,omitempty"`
}

type entry struct {
	ID     string         `json:"id"`
	File   string         `json:"file"`
	Digest plugins.Digest `json:"digest"`
}

func main() {
	strict := flag.Bool("strict", false, "fail where a compiler is missing")
	flag.Parse()
	if err := build(*strict); err != nil {
		fmt.Fprintln(os.Stderr, "build the library's plugins:", err)
		os.Exit(1)
	}
}

func build(strict bool) error {
	out, err := exec.Command("go", "list", "-f", "{{.Dir}}", libraryPackage).Output()
	if err != nil {
		return fmt.Errorf("find %s: %w; run this inside the repository", libraryPackage, err)
	}
	dir := strings.TrimSpace(string(out))
	files, err := filepath.Glob(filepath.Join(dir, "*", "manifest.json"))
	if err != nil {
		return err
	}
	list := index{Plugins: []entry{}, LeftOut: map[string]string{}}
	for _, file := range files {
		made, err := buildOne(dir, file)
		if errors.Is(err, toolchain.ErrNoCompiler) && !strict {
			name := filepath.Base(filepath.Dir(file))
			fmt.Printf("%s is left out: %v\n", name, err)
			list.LeftOut[name] = err.Error()
			continue
		}
		if err != nil {
			return fmt.Errorf("%s: %w", filepath.Base(filepath.Dir(file)), err)
		}
		if made != nil {
			list.Plugins = append(list.Plugins, *made)
		}
	}
	text, err := json.MarshalIndent(list, "", "  ")
	if err != nil {
		return err
	}
	// Last, so that the index never names what is not there.
	return replace(filepath.Join(dir, "built", "index.json"), append(text, '\n'))
}

// buildOne builds the pack of one manifest, or nothing where it has no code.
func buildOne(dir, file string) (*entry, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	manifest, err := plugins.ParseManifest(text)
	if err != nil {
		return nil, err
	}
	if err := manifest.Check(); err != nil || manifest.ABI == 0 {
		return nil, err
	}
	folder := filepath.Dir(file)
	language, err := toolchain.Of(folder)
	if err != nil {
		return nil, err
	}
	module, err := toolchain.Compile(context.Background(), folder, filepath.Join(dir, "..", "..", "sdk", language.Name))
	if err != nil {
		return nil, err
	}
	if module, err = plugins.WithManifest(module, manifest); err != nil {
		return nil, err
	}
	if err := plugins.Preflight(module, plugins.DefaultLimits()); err != nil {
		return nil, fmt.Errorf("what was built would be refused: %w", err)
	}
	made := &entry{ID: manifest.ID, File: manifest.ID + ".wasm", Digest: plugins.DigestOf(module)}
	fmt.Printf("%s %s: %d bytes, %s\n", manifest.ID, manifest.Version, len(module), made.Digest)
	return made, replace(filepath.Join(dir, "built", made.File), module)
}

// replace writes a file whole or not at all.
func replace(name string, content []byte) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	temp := name + ".new"
	if err := os.WriteFile(temp, content, 0o644); err != nil {
		return err
	}
	return os.Rename(temp, name)
}
