package main

import (
	"os"

	"github.com/spf13/cobra"

	"github.com/signalbox-health/signalbox/plugins/host/child"
)

// newSandboxCommand is what the program starts itself as to run plugins. It is
// of no use to people, so it is not listed.
func newSandboxCommand() *cobra.Command {
	return &cobra.Command{
		Use:    "sandbox",
		Short:  "Compile and run plugins for the program that started this",
		Hidden: true,
		Args:   cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			return child.Serve(os.Stdin, os.Stdout)
		},
	}
}
