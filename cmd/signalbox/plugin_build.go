package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/signalbox-health/signalbox/plugins"
)

func newPluginBuildCommand() *cobra.Command {
	var out string
	cmd := &cobra.Command{
		Use:   "build [FOLDER]",
		Short: "Compile a plugin into the one file that is passed on",
		Long: `Build compiles the source in a folder with the compiler that this machine has for
its language, puts manifest.json inside, and looks whether a Signalbox would take
what came out. The same source and compiler give the same bytes, and so the same
digest. Nothing else is written to the folder.`,
		Example: `  signalbox plugin build waits-median
  signalbox plugin build -o /tmp/waits-median.wasm waits-median`,
		Args: onePath,
		RunE: func(cmd *cobra.Command, args []string) error { return buildPlugin(cmd, pathOf(args), out) },
	}
	cmd.Flags().StringVarP(&out, "output", "o", "", "the file to write (by default the plugin's id.wasm in its folder)")
	return cmd
}

func buildPlugin(cmd *cobra.Command, path, out string) error {
	w, err := readPlugin(cmd.Context(), path)
	if err != nil {
		return err
	}
	to := cmd.OutOrStdout()
	if w.module == nil {
		if err := w.manifest.Check(); err != nil {
			return err
		}
		fmt.Fprintf(to, "%s %s has no code, so there is nothing to build: its manifest is what is passed on.\n", w.manifest.ID, w.manifest.Version)
		return nil
	}
	if w.took == 0 {
		return badInput(fmt.Errorf("%s is built already; give the folder of its source", path))
	}
	if err := plugins.Preflight(w.module, plugins.DefaultLimits()); err != nil {
		return fmt.Errorf("what came out of %s would be refused: %w", path, err)
	}
	if out == "" {
		out = filepath.Join(w.folder, builtName(w.manifest.ID))
	}
	if err := replaceFile(out, w.module); err != nil {
		return err
	}
	fmt.Fprintf(to, "%s: %s %s, %s, compiled in %.1f s\n%s\n\n", out, w.manifest.ID, w.manifest.Version, sizeText(len(w.module)),
		w.took.Seconds(), plugins.DigestOf(w.module))
	fmt.Fprintf(to, "Next: signalbox plugin check %s\n", quoted(out))
	return nil
}

// builtName is the file of a plugin. An id that is no id yet may hold anything.
func builtName(id string) string {
	id = strings.Map(func(c rune) rune {
		if c == '/' || c == '\\' || c == 0 {
			return '-'
		}
		return c
	}, id)
	if id == "" || id == "." || id == ".." {
		id = "plugin"
	}
	return id + ".wasm"
}

func sizeText(bytes int) string {
	if bytes < 10<<10 {
		return fmt.Sprintf("%d bytes", bytes)
	}
	if bytes < 10<<20 {
		return fmt.Sprintf("%d KiB", bytes>>10)
	}
	return fmt.Sprintf("%d MiB", bytes>>20)
}

// quoted writes a path as a shell takes it.
func quoted(path string) string {
	if strings.ContainsAny(path, " '\"\\$`&;()<>|*?!") {
		return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
	}
	return path
}

// replaceFile writes a file whole or not at all.
func replaceFile(name string, content []byte) error {
	temp, err := os.CreateTemp(filepath.Dir(name), ".signalbox-*")
	if err != nil {
		return err
	}
	_, err = temp.Write(content)
	err = errors.Join(err, temp.Chmod(0o644), temp.Close())
	if err == nil {
		err = os.Rename(temp.Name(), name)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("write %s: %w", name, err), os.Remove(temp.Name()))
	}
	return nil
}
