package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/signalbox-health/signalbox"
	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/plugins/toolchain"
)

// written is a plugin as its author has it: a folder with its source, a module
// that was built, or a manifest without code.
type written struct {
	path   string // as it was given
	folder string // where its cases and its data lie
	// manifest is nil where a file was given that has none inside.
	manifest *plugins.Manifest
	// module is nil where there is no code.
	module []byte
	took   time.Duration // to compile; 0 where that was not needed
}

// errContent says that what is wrong is inside the file that was given, and not
// with giving it.
var errContent = errors.New("content")

// contentError is the first of its texts that matters to an author.
type contentError struct{ rule, text string }

func (e *contentError) Error() string        { return e.text }
func (e *contentError) Is(target error) bool { return target == errContent }

// mostBytes is how much of a file is read: beyond the largest module that any
// installation allows there is nothing to learn.
const mostBytes = 16<<20 + 1

// readTime is how long a file may take to be read: some, such as a pipe that
// nobody writes to, have no end.
const readTime = 10 * time.Second

// readPlugin reads what a path names and compiles it where it is source. Every
// error about what was read is an errContent.
func readPlugin(ctx context.Context, path string) (*written, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, badInput(err)
	}
	if info.IsDir() {
		return readFolder(ctx, path, path)
	}
	text, err := readBounded(ctx, path)
	if err != nil {
		return nil, badInput(err)
	}
	w := &written{path: path, folder: filepath.Dir(path)}
	if filepath.Ext(path) != ".json" {
		w.module = text
		if m, err := plugins.ManifestOf(text); err == nil {
			w.manifest = &m
		}
		return w, nil
	}
	if err := w.parse(text); err != nil {
		return nil, err
	}
	if w.manifest.ABI != 0 {
		return readFolder(ctx, path, w.folder)
	}
	return w, nil
}

// readFolder reads a folder with a manifest, and with source or not.
func readFolder(ctx context.Context, path, folder string) (*written, error) {
	w := &written{path: path, folder: folder}
	text, err := readBounded(ctx, filepath.Join(folder, "manifest.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, badInput(fmt.Errorf("%s holds no manifest.json, so it is no plugin; \"signalbox plugin new NAME\" makes one", folder))
	} else if err != nil {
		return nil, badInput(err)
	}
	if err := w.parse(text); err != nil {
		return nil, err
	}
	if w.manifest.ABI == 0 {
		return w, nil
	}
	return w, w.compile(ctx)
}

// compile makes the module, with the SDK's file beside the source or else the one
// in this program.
func (w *written) compile(ctx context.Context) error {
	sdk, err := sdkFolder(w.folder)
	if err != nil {
		return err
	}
	defer os.RemoveAll(sdk)
	began := time.Now()
	module, err := toolchain.Compile(ctx, w.folder, sdk)
	w.took = time.Since(began)
	if err != nil {
		return sourceError(ctx, err)
	}
	if w.module, err = plugins.WithManifest(module, *w.manifest); err != nil {
		return &contentError{"source", err.Error()}
	}
	return nil
}

// sdkFolder makes a folder with the SDK's file of the language of a plugin; an
// empty one where the language has none, or is none.
func sdkFolder(folder string) (string, error) {
	dir, err := os.MkdirTemp("", "signalbox-sdk")
	if err != nil {
		return "", err
	}
	l, err := toolchain.Of(folder)
	if err != nil || l.SDK == "" {
		return dir, nil // what is wrong with the folder the compiler says
	}
	text, err := fs.ReadFile(signalbox.Authors, "sdk/"+l.Name+"/"+l.SDK)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, l.SDK), text, 0o600)
	}
	return dir, err
}

// readBuilt reads as readPlugin does, but takes what was built in a folder for its
// source where that has not changed since.
func readBuilt(ctx context.Context, path string) (*written, error) {
	w := &written{path: path, folder: path}
	if filepath.Ext(path) == ".json" {
		w.folder = filepath.Dir(path)
	}
	text, err := readBounded(ctx, filepath.Join(w.folder, "manifest.json"))
	if info, err2 := os.Stat(w.folder); err != nil || err2 != nil || !info.IsDir() || w.parse(text) != nil || w.manifest.ABI == 0 {
		return readPlugin(ctx, path)
	}
	built := filepath.Join(w.folder, builtName(w.manifest.ID))
	if newest(w.folder, built) {
		if w.module, err = readBounded(ctx, built); err == nil {
			return w, nil
		}
	}
	return readPlugin(ctx, path)
}

// newest reports whether a file that was built is newer than all that it was built
// from.
func newest(folder, built string) bool {
	made, err := os.Stat(built)
	if err != nil {
		return false
	}
	err = eachSource(folder, func(path string, info fs.FileInfo) error {
		if !info.ModTime().Before(made.ModTime()) {
			return errors.New("it has changed")
		}
		return nil
	})
	return err == nil
}

func (w *written) parse(text []byte) error {
	m, err := plugins.ParseManifest(text)
	if err != nil {
		return &contentError{"manifest", fmt.Sprintf("%s cannot be read: %v", w.path, err)}
	}
	w.manifest = &m
	return nil
}

// sourceError tells a mistake in the source from a machine without a compiler.
func sourceError(ctx context.Context, err error) error {
	switch {
	case ctx.Err() != nil:
		return &contentError{"time", "compiling it took longer than a check may take, which on a busy machine says nothing about the source"}
	case errors.Is(err, toolchain.ErrSource), errors.Is(err, toolchain.ErrNoSource):
		return &contentError{"source", err.Error()}
	case errors.Is(err, toolchain.ErrNoCompiler):
		return badInput(err)
	}
	return err
}

// readBounded reads a file of which nothing is known: it may be a device without
// end, or a pipe that nobody writes to.
func readBounded(ctx context.Context, path string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, readTime)
	defer cancel()
	type outcome struct {
		text []byte
		err  error
	}
	done := make(chan outcome, 1)
	go func() {
		f, err := os.Open(path)
		if err != nil {
			done <- outcome{nil, err}
			return
		}
		defer f.Close()
		var text bytes.Buffer
		_, err = io.Copy(&text, io.LimitReader(f, mostBytes))
		done <- outcome{text.Bytes(), err}
	}()
	select {
	case o := <-done:
		return o.text, o.err
	case <-ctx.Done():
		return nil, fmt.Errorf("read %s: it gave nothing for %v; is it a file?", path, readTime)
	}
}

// firstLines keeps a text that goes on one line short.
func firstLines(text string, n int) string {
	lines := strings.SplitN(text, "\n", n+1)
	return strings.Join(lines[:min(n, len(lines))], "; ")
}
