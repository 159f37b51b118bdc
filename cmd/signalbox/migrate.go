package main

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/signalbox-health/signalbox/internal/jobs"
	"github.com/signalbox-health/signalbox/internal/postgres"
)

// ownerURL gives the address that migrations run with; the second value
// closes what had to be started for it.
type ownerURL func(context.Context) (string, func(), error)

func newMigrateCommand(owner ownerURL) *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use:   "migrate",
		Short: "Bring the tables of the database up to date",
		Long: `Migrate applies what is new, as the owner of the tables. serve and load do so by
themselves; this command is for sites where the owner's password is not given to
the program. Several may run at once: one works, the others wait.`,
		Example: `  signalbox migrate
  DATABASE_OWNER_URL=postgres://owner@db/signalbox signalbox migrate --format json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if format != "text" && format != "json" {
				return badInput(fmt.Errorf("--format is %q, want text or json", format))
			}
			url, done, err := owner(cmd.Context())
			if err != nil {
				return err
			}
			defer done()
			applied, err := postgres.MigrateWithReport(cmd.Context(), url, jobs.Tables())
			if err != nil {
				return err
			}
			return printMigrations(cmd, applied, format)
		},
	}
	cmd.Flags().StringVar(&format, "format", "text", "text or json")
	return cmd
}

func printMigrations(cmd *cobra.Command, applied []postgres.Migrated, format string) error {
	w := cmd.OutOrStdout()
	if format == "json" {
		if applied == nil {
			applied = []postgres.Migrated{}
		}
		return json.NewEncoder(w).Encode(applied)
	}
	if len(applied) == 0 {
		fmt.Fprintln(w, "the tables are up to date")
	}
	for _, m := range applied {
		fmt.Fprintf(w, "applied %s\n", m.File)
	}
	return nil
}
