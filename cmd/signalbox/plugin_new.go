package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/plugins/check"
	"github.com/signalbox-health/signalbox/plugins/toolchain"
)

func newPluginNewCommand(a *author) *cobra.Command {
	var language string
	var measureOnly bool
	cmd := &cobra.Command{
		Use:   "new NAME",
		Short: "Begin a plugin in a folder of its own",
		Long: `New makes a folder with a plugin that works: source to change, the SDK beside it, a
manifest with a measure whose texts are to be written, a case with a known answer,
and figures to draw. It asks nothing. The language is the first that this machine
has a compiler for, the publisher is who you are to git or to this machine.

A measure often needs no code: with --measure-only it is a manifest that uses the
arithmetic that is there. A folder that holds anything is left alone.`,
		Example: `  signalbox plugin new waits-median
  signalbox plugin new waits-median --language rust
  signalbox plugin new falls-on-ward-4 --measure-only`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return badInput(errors.New("give the plugin one name, such as waits-median"))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			n, err := a.begin(cmd.Context(), args[0], language, measureOnly)
			if err != nil {
				return err
			}
			if err := n.write(); err != nil {
				return err
			}
			_, err = fmt.Fprint(cmd.OutOrStdout(), n.told())
			return err
		},
	}
	cmd.Flags().StringVar(&language, "language", "", "go, rust, assemblyscript or c (by default the first with a compiler here)")
	cmd.Flags().BoolVar(&measureOnly, "measure-only", false, "a manifest without code, which uses the library's arithmetic")
	return cmd
}

// beginning is a plugin about to be made.
type beginning struct {
	folder, id string
	language   *toolchain.Language // nil for a measure without code
	why        string              // why this language
	missing    error               // that it has no compiler here
	files      map[string]string
}

// begin decides what nobody is asked about.
func (a *author) begin(ctx context.Context, name, language string, measureOnly bool) (*beginning, error) {
	n := &beginning{folder: filepath.Clean(name), files: map[string]string{}}
	var err error
	if n.id, err = idOf(filepath.Base(n.folder)); err != nil {
		return nil, err
	}
	if !measureOnly {
		if err := n.choose(language); err != nil {
			return nil, err
		}
	} else if language != "" {
		return nil, badInput(errors.New("--measure-only has no code, so it has no --language"))
	}
	publisher := a.name(ctx)
	if n.files["manifest.json"], err = jsonFile(n.manifest(publisher, a.now())); err != nil {
		return nil, err
	}
	n.files[".gitignore"] = "*.wasm\nnode_modules/\n"
	n.files["data.csv"] = exampleFigures()
	n.cases()
	if err := n.source(); err != nil {
		return nil, err
	}
	n.files["README.md"] = n.readme()
	return n, nil
}

var notInID = regexp.MustCompile(`[^a-z0-9]+`)

// idOf makes the id of a plugin from a name.
func idOf(name string) (string, error) {
	id := strings.Trim(notInID.ReplaceAllString(strings.ToLower(name), "-"), "-")
	if len(id) < 2 || len(id) > 63 || id[0] < 'a' || id[0] > 'z' {
		return "", badInput(fmt.Errorf("%q makes no id: it begins with a letter and has 2 to 63 letters, digits and hyphens, such as waits-median", name))
	}
	return id, nil
}

// choose finds the language: the one that was named, or the first with a compiler.
func (n *beginning) choose(name string) error {
	if name != "" {
		l, err := toolchain.Named(name)
		if err != nil {
			return badInput(err)
		}
		n.language, n.missing, n.why = &l, l.Find(n.folder), "as you said"
		return nil
	}
	var install []string
	for _, l := range toolchain.Languages() {
		if l.Find(n.folder) == nil {
			n.language, n.why = &l, "the first language that this machine has a compiler for; --language chooses another"
			return nil
		}
		install = append(install, l.Title+": "+l.Install)
	}
	return badInput(fmt.Errorf("this machine has no compiler for plugins. Install one of these, or make a measure without code with --measure-only:\n  %s", strings.Join(install, "\n  ")))
}

// manifest describes a measure of A&E waits, which everybody has figures of, with
// the texts that only its author can write marked.
func (n *beginning) manifest(publisher string, now time.Time) plugins.Manifest {
	todo := func(what string) string { return check.Todo + ": " + what }
	year, month, _ := now.Date()
	title := capital(strings.ReplaceAll(n.id, "-", " "))
	m := plugins.Manifest{ID: n.id, Version: "0.1.0", Title: title, Publisher: publisher, Licence: "Apache-2.0",
		Measures: []measures.Measure{{
			ID: measures.MeasureID(n.id), Title: title,
			Problem:     todo("the problem that it answers, and for whom"),
			Why:         todo("why that matters"),
			Numerator:   todo("what is counted, in words"),
			Denominator: todo("out of what, in words"),
			Inclusions:  todo("what is in and what is left out"),
			Scope:       todo("a few words for headings, such as A&E, all types"),
			Dataset:     "ae_4h",
			Inputs: []measures.Input{{Name: "numerator", Title: "Within 4 hours", Plus: []string{"numerator"}},
				{Name: "denominator", Title: "Attendances", Plus: []string{"denominator"}}},
			Grain: measures.Month, Unit: measures.Unit{Multiply: 100, Symbol: "%", Words: "of attendances", Decimals: 1},
			Direction: measures.Increase, Type: "outcome", Family: measures.MeasureID(n.id),
			Uses: measures.Uses{Plugin: "spc", Entry: "xmr"}, Rules: measures.MDC,
			AuthoredBy: publisher, CheckedBy: todo("who else has read it and worked out a case by hand"),
			ReviewDate: measures.DateOf(year+1, int(month), 1),
		}}}
	if n.language != nil {
		m.ABI, m.Entries, m.Measures[0].Uses, m.Measures[0].Rules = 1, []string{n.id}, measures.Uses{Plugin: n.id, Entry: n.id}, measures.NoRules
	}
	return m
}

// write makes the folder, and nothing where anything is already.
func (n *beginning) write() error {
	if entries, err := os.ReadDir(n.folder); err == nil && len(entries) > 0 {
		return badInput(fmt.Errorf("%s holds something already, and is left alone; choose another name", n.folder))
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return badInput(err)
	}
	for _, name := range n.names() {
		to := filepath.Join(n.folder, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return err
		}
		if err := writeNew(to, []byte(n.files[name])); err != nil {
			return err
		}
	}
	return nil
}

func (n *beginning) names() []string {
	var names []string
	for name := range n.files {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// told says what was made and decided, and what to do next.
func (n *beginning) told() string {
	var b strings.Builder
	if n.language == nil {
		fmt.Fprintf(&b, "%s: a measure without code, which uses an xmr chart of the library's plugin spc\n", n.folder)
	} else {
		fmt.Fprintf(&b, "%s: a plugin in %s (%s)\n", n.folder, n.language.Title, n.why)
	}
	for _, name := range n.names() {
		if !strings.HasPrefix(name, "sdk-go/") {
			fmt.Fprintf(&b, "  %-18s %s\n", name, n.about(name))
		}
	}
	if n.language != nil && n.language.Name == "go" {
		fmt.Fprintf(&b, "  %-18s %s\n", "sdk-go/", n.about("sdk-go/"))
	}
	folder := quoted(n.folder)
	b.WriteString("\nNext:\n")
	switch {
	case n.missing != nil && n.language.Name == "assemblyscript":
		fmt.Fprintf(&b, "  (cd %s && npm install)\n", folder)
	case n.missing != nil:
		fmt.Fprintf(&b, "  install its compiler: %s\n", n.language.Install)
	}
	fmt.Fprintf(&b, "  signalbox plugin watch %s     draws its chart, again at every save\n", folder)
	fmt.Fprintf(&b, "  signalbox plugin check %s     says what is still to be written, and what is wrong\n", folder)
	return b.String()
}

func (n *beginning) about(name string) string {
	switch name {
	case "manifest.json":
		return "what the measure is; replace what begins with " + check.Todo
	case "data.csv":
		return "figures to draw: x,y,n"
	case "cases/worked.csv", "cases/worked.json":
		return "a case that was worked out by hand"
	case ".gitignore", "README.md", "go.mod", "package.json":
		return ""
	case "sdk-go/":
		return "the SDK; leave it as it is"
	}
	if n.language != nil && name == n.language.SDK {
		return "the SDK; leave it as it is"
	}
	return "the computation; change it"
}

// authorName is who git says you are, or else this machine.
func authorName(ctx context.Context) string {
	if out, err := exec.CommandContext(ctx, "git", "config", "user.name").Output(); err == nil {
		if name := oneLine(string(out)); name != "" {
			return name
		}
	}
	if u, err := user.Current(); err == nil && u.Name != "" {
		return u.Name
	}
	return currentUser()
}
