package main

import (
	"os"

	"github.com/spf13/cobra"

	"github.com/signalbox-health/signalbox/policy/candidate"
)

// policyBench is the word that starts this program as a child that examines
// policies.
const policyBench = "policy-bench"

// newPolicyBenchCommand is what the program starts itself as to examine policies
// before they go live. It is of no use to people, so it is not listed.
func newPolicyBenchCommand() *cobra.Command {
	return &cobra.Command{
		Use:    policyBench,
		Short:  "Examine a policy for the program that started this",
		Hidden: true,
		Args:   cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			return candidate.Serve(os.Stdin, os.Stdout)
		},
	}
}
