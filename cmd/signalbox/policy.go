package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/signalbox-health/signalbox/policy"
)

func newPolicyCommand(cfg *config) *cobra.Command {
	command := &cobra.Command{
		Use:   "policy",
		Short: "Write, test and propose the policies that decide who may see what",
		Long: `Policy is for teams that keep their organisation's policy in files of their own.
A policy is a folder of .rego files in package signalbox.trusts.<ODS code>. It can
only narrow what the national baseline allows. Nothing goes live from here: what
is published waits at the desk for two people who have not written it.`,
		Example: `  signalbox policy new RQW policies/RQW                   begin with the template
  signalbox policy lint policies/RQW                      look for faults
  signalbox policy test policies/RQW                      run its tests
  signalbox policy impact policies/RQW --as RQW --author 7f3a  see what it would change
  signalbox policy publish policies/RQW --as RQW --author 7f3a`,
	}
	command.AddCommand(newPolicyNewCommand(time.Now), newPolicyLintCommand(), newPolicyFormatCommand(), newPolicyTestCommand(),
		newPolicySchemaCommand(), newPolicyImpactCommand(cfg), newPolicyPublishCommand(cfg), newPolicyRollbackCommand(cfg))
	return command
}

func newPolicyTestCommand() *cobra.Command {
	var format string
	command := &cobra.Command{
		Use:   "test [DIR]",
		Short: "Run the tests of a policy",
		Long: `Runs every rule named test_ in the files of DIR named _test.rego, beside the
national baseline. Without DIR it tests the baseline that is built in. Prints a
line for each failure, then how many passed, how many failed, and how much of
the rules the tests reached. The exit status is 1 if a test fails, if there are
none, or if the policy does not compile.`,
		Example: `  signalbox policy test               test the national baseline
  signalbox policy test policies/RQW  test a trust's own policy`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if format != "text" && format != "json" {
				return badInput(fmt.Errorf("--format is %q; it may be text or json", format))
			}
			modules, err := policyModules(args)
			if err != nil {
				return err
			}
			report, err := policy.Test(cmd.Context(), modules)
			if err != nil {
				return err
			}
			if err := printTestReport(cmd.OutOrStdout(), format, report); err != nil {
				return err
			}
			switch {
			case len(report.Failures) > 0:
				return fmt.Errorf("%d policy tests failed", len(report.Failures))
			case report.Passed == 0:
				return fmt.Errorf("there are no policy tests; write rules named test_ in files named _test.rego")
			}
			return nil
		},
	}
	command.Flags().StringVar(&format, "format", "text", "text or json")
	return command
}

// policyModules reads the policy in a folder, or gives the one built in.
func policyModules(args []string) ([]policy.Module, error) {
	if len(args) == 0 {
		return policy.Baseline()
	}
	info, err := os.Stat(args[0])
	if err != nil {
		return nil, badInput(err)
	}
	if !info.IsDir() {
		return nil, badInput(fmt.Errorf("%s is not a folder; name the folder that holds the .rego files", args[0]))
	}
	return policy.ReadModules(os.DirFS(args[0]))
}

func printTestReport(w io.Writer, format string, report policy.TestReport) error {
	if format == "json" {
		failures := []string{}
		for _, f := range report.Failures {
			failures = append(failures, f.String())
		}
		return json.NewEncoder(w).Encode(map[string]any{"passed": report.Passed, "failed": len(failures),
			"failures": failures, "coverage": report.Coverage, "uncovered": append([]string{}, report.Uncovered...)})
	}
	for _, f := range report.Failures {
		fmt.Fprintln(w, f)
	}
	_, err := fmt.Fprintf(w, "%d passed, %d failed, %.1f %% of the rules covered\n", report.Passed, len(report.Failures), report.Coverage)
	return err
}
