package main

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// lookEvery is how often the folder is looked at. Asking each file for its time is
// quick, and works on every file system.
const lookEvery = 300 * time.Millisecond

func newPluginWatchCommand(a *author) *cobra.Command {
	r := running{author: a}
	cmd := &cobra.Command{
		Use:   "watch [FOLDER]",
		Short: "Build and draw again whenever a file is saved",
		Long: `Watch does what "plugin run" does, and does it again whenever a file in the folder
is saved. A mistake stays on the screen until it is mended. With --open the page in
the browser loads itself again.`,
		Example: `  signalbox plugin watch waits-median
  signalbox plugin watch --open --demo ZZB waits-median`,
		Args: onePath,
		RunE: func(cmd *cobra.Command, args []string) error { return r.watch(cmd, pathOf(args)) },
	}
	r.flags(cmd.Flags())
	return cmd
}

func (r *running) watch(cmd *cobra.Command, path string) error {
	if err := r.check(); err != nil {
		return err
	}
	ctx := cmd.Context()
	folder := path
	if filepath.Ext(path) == ".json" {
		folder = filepath.Dir(path)
	}
	if _, err := stateOf(folder, r.file); err != nil {
		return badInput(err)
	}
	box, err := r.start()
	if err != nil {
		return err
	}
	defer box.Close()
	var page *preview
	if r.open {
		if page, err = newPreview(true); err != nil {
			return err
		}
		address, _, err := page.listen(ctx)
		if err != nil {
			return err
		}
		r.announce(cmd, address)
	}
	return r.again(cmd, box, page, path, folder)
}

// again draws at once, and after every change, until the command is ended.
func (r *running) again(cmd *cobra.Command, box bench, page *preview, path, folder string) error {
	ctx := cmd.Context()
	var last *trial
	for {
		// Before it is read: what is saved while it compiles is drawn next.
		seen, err := stateOf(folder, r.file)
		if err != nil {
			return err
		}
		t, problem := r.once(ctx, box, path)
		if ctx.Err() != nil {
			return nil
		}
		if t != nil {
			last = t
		}
		if page != nil {
			page.set(last, problem)
		}
		r.redraw(cmd, t, problem)
		if !changed(ctx, folder, r.file, seen) {
			return nil
		}
	}
}

// once compiles and draws, or says what is wrong.
func (r *running) once(ctx context.Context, box bench, path string) (*trial, string) {
	w, err := readPlugin(ctx, path)
	if err != nil {
		return nil, err.Error()
	}
	t, err := r.try(ctx, box, w)
	if err != nil {
		return nil, err.Error()
	}
	return t, ""
}

// redraw writes what there is now, on a clear screen if it is one.
func (r *running) redraw(cmd *cobra.Command, t *trial, problem string) {
	w := cmd.OutOrStdout()
	if isTerminal(w) {
		fmt.Fprint(w, "\x1b[H\x1b[2J\x1b[3J")
	}
	if t != nil {
		if err := t.write(w, "text", r.terminal); err != nil {
			problem = err.Error()
		}
	}
	if problem != "" {
		fmt.Fprintln(w, problem)
	}
	fmt.Fprintf(w, "\n%s; waiting for the next save, Ctrl-C ends.\n", r.now().Format("15:04:05"))
}

// changed waits until something in the folder is saved; false where the command
// ends first. It waits until nothing changes any more, because an editor may write
// a file in several goes.
func changed(ctx context.Context, folder, file string, seen uint64) bool {
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	last := seen
	for {
		select {
		case <-ctx.Done():
			return false
		case <-ticker.C:
		}
		state, err := stateOf(folder, file)
		if err != nil {
			continue // between two states: an editor replaces the folder's files
		}
		if state != seen && state == last {
			return true
		}
		last = state
	}
}

// stateOf stands for the names, sizes and times of all that a plugin is made of.
func stateOf(folder, file string) (uint64, error) {
	h := fnv.New64a()
	add := func(path string, info fs.FileInfo) error {
		_, err := fmt.Fprintln(h, path, info.Size(), info.ModTime().UnixNano())
		return err
	}
	if err := eachSource(folder, add); err != nil || file == "" {
		return h.Sum64(), err
	}
	info, err := os.Stat(file)
	if err != nil {
		return h.Sum64(), nil // that it is not there is told when it is read
	}
	return h.Sum64(), add(file, info)
}

// eachSource visits all files of a plugin but what is built, hidden or installed
// there. A path may be that of one file.
func eachSource(folder string, visit func(path string, info fs.FileInfo) error) error {
	return filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := filepath.Base(path)
		switch hidden := strings.HasPrefix(name, "."); {
		case path == folder && entry.IsDir():
			return nil
		case entry.IsDir() && (hidden || name == "node_modules"):
			return fs.SkipDir
		case entry.IsDir(), path != folder && (hidden || filepath.Ext(name) == ".wasm" || filepath.Ext(name) == ".tar"):
			return nil
		}
		info, err := entry.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil // gone since it was listed
		} else if err != nil {
			return err
		}
		return visit(path, info)
	})
}
