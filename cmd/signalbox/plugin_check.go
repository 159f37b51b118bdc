package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/signalbox-health/signalbox/plugins/check"
	"github.com/signalbox-health/signalbox/plugins/library"
)

// checkTime bounds a check, starting and ending included: whoever waits was
// promised 30 seconds.
const checkTime = 28 * time.Second

// checking is the command being carried out.
type checking struct {
	*author
	verbose bool
	format  string
}

func newPluginCheckCommand(a *author) *cobra.Command {
	c := checking{author: a}
	cmd := &cobra.Command{
		Use:   "check [FILE.wasm|manifest.json|FOLDER]",
		Short: "Find what a trust would find wrong with a plugin",
		Long: `Check tries a plugin as hard as a trust would: its form, its manifest, whether it
answers every question that plugins are asked, three times the same, within memory
and time, and the cases beside it in the folder cases. Nothing in it can harm this
machine: it runs in the sandbox.

What is wrong is told one line a finding, with how to mend it. The exit status is 0
if the plugin is sound, 1 if it is not, 2 if there is no such file; advice alone
leaves it at 0. A check ends within 30 seconds, whatever the plugin does.`,
		Example: `  signalbox plugin check waits-median
  signalbox plugin check --verbose waits-median.wasm
  signalbox plugin check --format json waits-median.wasm
  signalbox plugin check manifest.json`,
		Args: onePath,
		RunE: func(cmd *cobra.Command, args []string) error { return c.run(cmd, pathOf(args)) },
	}
	cmd.Flags().BoolVarP(&c.verbose, "verbose", "v", false, "tell every step, as on a terminal")
	cmd.Flags().StringVar(&c.format, "format", "text", "text or json")
	return cmd
}

func (c *checking) run(cmd *cobra.Command, path string) error {
	if c.format != "text" && c.format != "json" {
		return badInput(fmt.Errorf("--format is %q, want text or json", c.format))
	}
	ends := time.Now().Add(checkTime)
	ctx, cancel := context.WithDeadline(cmd.Context(), ends)
	defer cancel()
	steps, err := c.steps(ctx, path, ends)
	if err != nil {
		return err
	}
	out := cmd.OutOrStdout()
	wrong := 0
	var done []check.Step
	for step := range steps {
		for _, f := range step.Findings {
			if !f.Advice {
				wrong++
			}
		}
		done = append(done, step)
		if c.format == "text" {
			writeStep(out, &step, c.verbose || isTerminal(out))
		}
	}
	if cmd.Context().Err() != nil {
		return cmd.Context().Err()
	}
	if c.format == "json" {
		if err := writeSteps(out, done, wrong == 0); err != nil {
			return err
		}
	}
	switch wrong {
	case 0:
		if c.format == "text" && (c.verbose || isTerminal(out)) {
			fmt.Fprintln(out, "It is sound.")
		}
		return nil
	case 1:
		return fmt.Errorf("%s is not sound: one finding", path)
	}
	return fmt.Errorf("%s is not sound: %d findings", path, wrong)
}

// steps begins the check. What is wrong inside a file that cannot even be read is
// a finding as any other.
func (c *checking) steps(ctx context.Context, path string, ends time.Time) (iter.Seq[check.Step], error) {
	w, err := readBuilt(ctx, path)
	var content *contentError
	if errors.As(err, &content) {
		return one(check.Step{Name: "It can be read", Findings: []check.Finding{{Rule: content.rule, Problem: firstLines(content.text, 3) + ".", Mend: contentMends[content.rule]}}}), nil
	}
	if err != nil {
		return nil, err
	}
	o, err := checkOptions()
	if err != nil {
		return nil, err
	}
	var cases []readCase
	if w.manifest != nil {
		if cases, err = readCases(w); err != nil {
			return one(check.Step{Name: "Its cases can be read", Findings: []check.Finding{{Rule: "cases", Problem: oneLine(err.Error()) + ".", Mend: "correct the file, or take it out of the folder cases."}}}), nil
		}
	}
	box, err := c.start()
	if err != nil {
		return nil, err
	}
	o.Within = time.Until(ends)
	return func(yield func(check.Step) bool) {
		defer box.Close()
		if w.module != nil {
			o.Cases = casesOf(cases, w.module)
			check.Module(ctx, box, w.module, o)(yield)
			return
		}
		for step := range check.Manifest(*w.manifest, o) {
			if !yield(step) {
				return
			}
		}
		if len(cases) > 0 {
			yield(casesOfOthers(ctx, box, cases))
		}
	}, nil
}

// casesOfOthers asks the library's plugins about the cases of measures without code.
func casesOfOthers(ctx context.Context, box bench, cases []readCase) check.Step {
	var all check.Step
	for left := cases; len(left) > 0; {
		module := left[0].subject.module
		release, err := box.Install(ctx, module)
		if err != nil {
			all.Findings = append(all.Findings, check.Finding{Rule: "start", Problem: oneLine(err.Error()) + ".", Mend: "build this program again; its library does not start."})
			return all
		}
		step := check.Cases(ctx, box, release, check.Options{Cases: casesOf(left, module)})
		all.Name, all.Detail, all.Took = step.Name, fmt.Sprintf("%d of them", len(cases)), all.Took+step.Took
		all.Findings = append(all.Findings, step.Findings...)
		left = slices.DeleteFunc(slices.Clone(left), func(c readCase) bool { return bytes.Equal(c.subject.module, module) })
	}
	return all
}

// contentMends say what to do where a file cannot be read as what it should be.
var contentMends = map[string]string{
	"manifest": "manifest.json is JSON with the fields that docs/manifest.schema.json describes, and no others.",
	"source":   "\"signalbox plugin build\" shows all that the compiler says.",
	"time":     "build first, then check the file that was built.",
}

func one(step check.Step) iter.Seq[check.Step] {
	return func(yield func(check.Step) bool) { yield(step) }
}

// checkOptions are what this program ships: its plugins, measures and datasets.
func checkOptions() (check.Options, error) {
	var o check.Options
	l, err := library.Open()
	if err != nil {
		return o, err
	}
	o.Libraries, o.Known = l.Releases(), l.Measures()
	o.Datasets, err = datasets()
	return o, err
}

// writeStep tells one step: all of it to somebody who looks on, and otherwise its
// findings alone.
func writeStep(w io.Writer, step *check.Step, everything bool) {
	if everything {
		mark := "ok    "
		if !step.Sound() {
			mark = "wrong "
		}
		line := mark + step.Name
		if step.Detail != "" {
			line += " (" + step.Detail + ")"
		}
		fmt.Fprintln(w, line)
	}
	for _, f := range step.Findings {
		if everything {
			fmt.Fprint(w, "      ")
		}
		fmt.Fprintln(w, f.String())
	}
}

// writeSteps tells a whole check to a program.
func writeSteps(w io.Writer, steps []check.Step, sound bool) error {
	type finding struct {
		Rule    string `json:"rule"`
		Problem string `json:"problem"`
		Mend    string `json:"mend"`
		Advice  bool   `json:"advice"`
	}
	type step struct {
		Name     string    `json:"name"`
		Detail   string    `json:"detail"`
		Sound    bool      `json:"sound"`
		Seconds  float64   `json:"seconds"`
		Findings []finding `json:"findings"`
	}
	all := struct {
		Sound bool   `json:"sound"`
		Steps []step `json:"steps"`
	}{Sound: sound}
	for i := range steps {
		s := step{steps[i].Name, steps[i].Detail, steps[i].Sound(), steps[i].Took.Seconds(), []finding{}}
		for _, f := range steps[i].Findings {
			s.Findings = append(s.Findings, finding(f))
		}
		all.Steps = append(all.Steps, s)
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(all)
}
