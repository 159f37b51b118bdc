package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/policy/candidate"
)

// firstReview is when a policy from the template is looked at again.
const firstReview = 12 // months

func newPolicyNewCommand(now func() time.Time) *cobra.Command {
	return &cobra.Command{
		Use:   "new ODS DIR",
		Short: "Write a policy to start from",
		Long: `New writes the template of a policy for one organisation: the national baseline as
it is, rules that make it narrower and are switched off, and tests of both. DIR is
made if need be, and must hold no .rego files yet.`,
		Example: `  signalbox policy new RQW policies/RQW`,
		Args:    cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			today := measures.Date(now().Unix() / (24 * 60 * 60))
			modules, err := policy.Template(measures.ODSCode(args[0]), today.AddMonths(firstReview))
			if err != nil {
				return badInput(err)
			}
			there, err := filepath.Glob(filepath.Join(args[1], "*.rego"))
			if err != nil || len(there) > 0 {
				return badInput(errors.Join(err, fmt.Errorf("%s holds %d .rego files already; name another folder", args[1], len(there))))
			}
			if err := writeModules(args[1], modules); err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%d files written to %s. Begin with settings.rego.\n", len(modules), args[1])
			return err
		},
	}
}

func writeModules(dir string, modules []policy.Module) error {
	for _, m := range modules {
		path := filepath.Join(dir, filepath.FromSlash(m.Name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte(m.Source), 0o644); err != nil {
			return err
		}
	}
	return nil
}

func newPolicySchemaCommand() *cobra.Command {
	return &cobra.Command{
		Use:       "schema input|decision|reference",
		Short:     "Print what a policy is asked, must answer, or may look up",
		Example:   `  signalbox policy schema input > input.json`,
		Args:      cobra.MatchAll(cobra.ExactArgs(1), cobra.OnlyValidArgs),
		ValidArgs: []string{"input", "decision", "reference"},
		RunE: func(cmd *cobra.Command, args []string) error {
			text, err := policy.Schema(args[0])
			if err != nil {
				return badInput(err)
			}
			_, err = cmd.OutOrStdout().Write(text)
			return err
		},
	}
}

func newPolicyFormatCommand() *cobra.Command {
	var list bool
	command := &cobra.Command{
		Use:   "fmt DIR",
		Short: "Lay the files of a policy out as usual",
		Long: `Fmt writes each .rego file in DIR as opa fmt would, and prints the names of those
that changed. With --list it writes nothing, and the exit status is 1 if a file
would change.`,
		Example: `  signalbox policy fmt policies/RQW
  signalbox policy fmt --list policies/RQW`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			modules, err := policyModules(args)
			if err != nil {
				return err
			}
			var changed []policy.Module
			for _, m := range modules {
				formatted, err := candidate.Format(m)
				if err != nil {
					return err
				}
				if formatted != m {
					changed = append(changed, formatted)
					fmt.Fprintln(cmd.OutOrStdout(), m.Name)
				}
			}
			if !list {
				return writeModules(args[0], changed)
			}
			if len(changed) > 0 {
				return fmt.Errorf("%d of %d files are not laid out as usual", len(changed), len(modules))
			}
			return nil
		},
	}
	command.Flags().BoolVar(&list, "list", false, "only list files that would change")
	return command
}

func newPolicyLintCommand() *cobra.Command {
	var as, format string
	command := &cobra.Command{
		Use:   "lint DIR",
		Short: "Examine a policy as the desk does before it can be proposed",
		Long: `Lint does all that the desk does before a policy can be proposed: it compiles it,
reads it, runs its tests, and asks it a few thousand questions to find rows that
it shows and should not. It prints a line for each finding, as
file:line: rule: problem. What to do about it. The exit status is 1 if there is a
fault; advice alone does not change it. Organisations and data are invented.`,
		Example: `  signalbox policy lint policies/RQW
  signalbox policy lint policies/RQW --format json`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := textOrJSON(format); err != nil {
				return err
			}
			modules, err := policyModules(args)
			if err != nil {
				return err
			}
			owner := measures.ODSCode(as)
			if owner == "" {
				owner = candidate.Owner(modules)
			}
			reference, err := policy.NationalReference()
			if err != nil {
				return err
			}
			bench, err := newBench(func() policy.ReferenceData { return reference })
			if err != nil {
				return err
			}
			report, err := bench.Check(cmd.Context(), owner, modules)
			if err != nil {
				return err
			}
			if format == "json" {
				encoder := json.NewEncoder(cmd.OutOrStdout())
				encoder.SetEscapeHTML(false)
				if err := encoder.Encode(report); err != nil {
					return err
				}
			} else {
				printReport(cmd, report)
			}
			return unsound(report)
		},
	}
	command.Flags().StringVar(&as, "as", "", "the organisation whose policy it is (by default, the package tells)")
	command.Flags().StringVar(&format, "format", "text", "text or json")
	return command
}

func textOrJSON(format string) error {
	if format != "text" && format != "json" {
		return badInput(fmt.Errorf("--format is %q; it may be text or json", format))
	}
	return nil
}

// newBench examines policies in children that are this very program.
func newBench(reference func() policy.ReferenceData) (*candidate.Bench, error) {
	self, err := executable()
	if err != nil {
		return nil, fmt.Errorf("find this program, to start it as a bench for policies: %w", err)
	}
	return candidate.New(candidate.Options{Executable: []string{self, policyBench}, Reference: reference})
}

func printReport(cmd *cobra.Command, report candidate.Report) {
	w := cmd.OutOrStdout()
	for _, f := range report.Findings {
		fmt.Fprintln(w, strings.ReplaceAll(f.String(), "\n", " "))
	}
	for _, wider := range report.Wider {
		fmt.Fprintf(w, "wider: asked for %s, a %s is shown %s, and asked for it alone is not.\n", wider.Asked, wider.Persona, wider.Row)
	}
	fmt.Fprintf(w, "%d tests passed, %d failed; %d rows compared; %s\n", report.Tests.Passed, len(report.Tests.Failures), report.Compared, report.Digest)
}

// unsound is the error about a policy that cannot be proposed.
func unsound(report candidate.Report) error {
	if report.Sound() {
		return nil
	}
	faults := 0
	for _, f := range report.Findings {
		if f.Severity == candidate.Fault {
			faults++
		}
	}
	return fmt.Errorf("the policy cannot be proposed: %d faults, %d rows wider than they should be", faults, len(report.Wider))
}
