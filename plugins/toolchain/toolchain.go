// Package toolchain compiles a plugin's source to WebAssembly with the compilers
// that the machine has: Go's own, clang, rustc, and AssemblyScript's. Nothing is
// compiled in the author's folder, so nothing is left there.
package toolchain

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/signalbox-health/signalbox/plugins"
)

var (
	// ErrNoCompiler says that this machine lacks a compiler. Its text says which
	// packages bring it.
	ErrNoCompiler = errors.New("no compiler")
	// ErrNoSource says that a folder holds no plugin that could be compiled.
	ErrNoSource = errors.New("no source")
	// ErrSource says that the compiler refused the source; its text is the
	// compiler's.
	ErrSource = errors.New("the source does not compile")
)

// Language is one in which plugins are written.
type Language struct {
	Name   string // as commands take it: go, c, rust, assemblyscript
	Title  string
	Source string // the file that makes a folder a plugin in this language
	SDK    string // the file beside it that authors write against; empty for Go
	// Install says what brings the compiler.
	Install string
	compile func(ctx context.Context, dir string, from string, out string) error
	// Find tells whether this machine has the compiler: nil, or ErrNoCompiler.
	// AssemblyScript's is looked for in the plugin's folder and above it.
	Find func(folder string) error
}

// Languages are all there are, the easiest for most authors first.
func Languages() []Language {
	return []Language{
		{Name: "go", Title: "Go", Source: "main.go", Install: "Go 1.26 or newer, from go.dev", compile: compileGo, Find: findGo},
		{Name: "rust", Title: "Rust", Source: "main.rs", SDK: "signalbox.rs", compile: compileRust, Find: findRust,
			Install: "the Debian packages rustc and libstd-rust-dev-wasm32, or rustup target add wasm32-unknown-unknown"},
		{Name: "assemblyscript", Title: "AssemblyScript", Source: "index.ts", SDK: "signalbox.ts", compile: compileAssemblyScript,
			Find: findAssemblyScript, Install: "Node.js, and npm install assemblyscript in the folder of the plugin"},
		{Name: "c", Title: "C", Source: "main.c", SDK: "signalbox.h", compile: compileC, Find: findC,
			Install: "the Debian packages clang, lld, wasi-libc and libclang-rt-dev-wasm32"},
	}
}

// Named finds a language by the name that commands take.
func Named(name string) (Language, error) {
	var names []string
	for _, l := range Languages() {
		if l.Name == name {
			return l, nil
		}
		names = append(names, l.Name)
	}
	return Language{}, fmt.Errorf("%q is no language of plugins; there are %s", name, strings.Join(names, ", "))
}

// Of tells in which language the plugin in a folder is written.
func Of(folder string) (Language, error) {
	var files []string
	for _, l := range Languages() {
		if _, err := os.Stat(filepath.Join(folder, l.Source)); err == nil {
			return l, nil
		}
		files = append(files, l.Source)
	}
	return Language{}, fmt.Errorf("%w in %s: one of %s is wanted", ErrNoSource, folder, strings.Join(files, ", "))
}

// Compile makes a module of the plugin in a folder, without a manifest. The SDK's
// file is taken from the folder where it lies there, and otherwise from sdk, a
// folder that may be empty. The same source and compiler give the same bytes.
func Compile(ctx context.Context, folder, sdk string) ([]byte, error) {
	l, err := Of(folder)
	if err != nil {
		return nil, err
	}
	if err := l.Find(folder); err != nil {
		return nil, err
	}
	temp, err := os.MkdirTemp("", "signalbox-plugin")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(temp)
	out := filepath.Join(temp, "plugin.wasm")
	dir := folder
	if l.SDK != "" {
		dir = filepath.Join(temp, "source")
		if err := gather(l, folder, sdk, dir); err != nil {
			return nil, err
		}
	}
	if err := l.compile(ctx, dir, folder, out); err != nil {
		return nil, fmt.Errorf("compile %s as %s: %w", folder, l.Title, err)
	}
	module, err := os.ReadFile(out)
	if err != nil {
		return nil, err
	}
	if l.Name == "go" {
		// Go's linker leaves tens of thousands of stretches of data.
		return plugins.MergeData(module)
	}
	return module, nil
}

// gather copies the plugin's source and the SDK's file to one place, so that one
// includes the other by its name wherever both came from.
func gather(l Language, folder, sdk, to string) error {
	files, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(to, 0o700); err != nil {
		return err
	}
	found := false
	for _, file := range files {
		if ending := filepath.Ext(file.Name()); file.Type().IsRegular() && (ending == filepath.Ext(l.Source) || ending == filepath.Ext(l.SDK)) {
			found = found || file.Name() == l.SDK
			if err := copyFile(filepath.Join(folder, file.Name()), filepath.Join(to, file.Name())); err != nil {
				return err
			}
		}
	}
	if found {
		return nil
	}
	if err := copyFile(filepath.Join(sdk, l.SDK), filepath.Join(to, l.SDK)); err != nil {
		return fmt.Errorf("%s is not in %s, and was not found elsewhere: %w", l.SDK, folder, err)
	}
	return nil
}

func copyFile(from, to string) error {
	text, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, text, 0o600)
}

func missing(l string, install string) error {
	return fmt.Errorf("%w for %s on this machine; install %s", ErrNoCompiler, l, install)
}

// run starts a compiler. What it says is the author's to read.
func run(ctx context.Context, dir string, environment []string, name string, arguments ...string) error {
	c := exec.CommandContext(ctx, name, arguments...)
	c.Dir = dir
	c.Env = append(os.Environ(), environment...)
	var says bytes.Buffer
	c.Stdout, c.Stderr = &says, &says
	err := c.Run()
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		return fmt.Errorf("%w:\n%s", ErrSource, strings.TrimSpace(says.String()))
	case err != nil:
		return fmt.Errorf("start %s: %w", name, err)
	}
	return nil
}
