package main

import (
	"fmt"

	"github.com/spf13/cobra"
)

func newHubForgetCommand(open openDB) *cobra.Command {
	return &cobra.Command{
		Use:   "forget",
		Short: "Forget what the hub has said, to go to another hub",
		Long: `Forget lets this installation go to another hub. An older list or index than the one
that is known is refused, and another hub has other numbers: without this, its news
would never be believed. What was withdrawn at the hub before is not known to be
withdrawn any more, so do this only where you have put the new hub's root.json and
hub.json into the folder "trust", and run "signalbox sync" at once.

Releases that were taken in, and what runs at which organisation, stay as they are.`,
		Example: `  signalbox hub forget && signalbox sync`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			db, done, err := open(cmd.Context())
			if err != nil {
				return err
			}
			defer done()
			if err := db.ForgetHub(cmd.Context()); err != nil {
				return err
			}
			fmt.Fprintln(cmd.OutOrStdout(), `The hub is forgotten. Ask the next one with "signalbox sync".`)
			return nil
		},
	}
}
