package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os/user"
	"time"

	"github.com/spf13/cobra"

	"github.com/signalbox-health/signalbox/internal/analysis"
	"github.com/signalbox-health/signalbox/internal/governing"
	"github.com/signalbox-health/signalbox/internal/intake"
	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
)

// openDB opens the database with its tables up to date; the second value
// closes what was opened.
type openDB func(context.Context) (*postgres.DB, func(), error)

func newLoadCommand(open openDB) *cobra.Command {
	var dataset, as, by, refused, format string
	cmd := &cobra.Command{
		Use:   "load [--dataset ID] [--as ODS] FILE...",
		Short: "Take files of figures, organisations or events in",
		Long: `Load reads CSV files and keeps their good rows, each file as one vintage. What a
file holds is recognised by its header: the tidy table
measure,org_code,period,numerator,denominator,value,stratifier,stratum,status,note
or one of the published tables that Signalbox has a mapping for.

Rows that cannot be true are refused and written, with line and reason, to a
file that can be mended and loaded. The same file loaded twice changes nothing;
a revised file makes new versions of the rows that changed, and the old ones can
still be read. "-" and an empty cell mean "not measured", never zero.

A file that seems to hold anything about a person is refused as a whole.

Whether you may load is asked of the policies in force, as the operator of this
machine, and the answer is recorded before a row is written. A denial writes nothing.`,
		Example: `  signalbox load ods_trusts.csv ods_icbs.csv ods_successions.csv
  signalbox load nhs_ae_provider_monthly.csv
  signalbox load --as RQW falls.csv`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, files []string) error {
			if format != "text" && format != "json" {
				return badInput(fmt.Errorf("--format is %q, want text or json", format))
			}
			db, done, err := open(cmd.Context())
			if err != nil {
				return err
			}
			defer done()
			gate, err := newGate(cmd.Context(), db, "operator-"+currentUser(), quiet())
			if err != nil {
				return err
			}
			report, err := intake.Load(cmd.Context(), db, intake.Options{
				Gate: gate, Files: files, Dataset: measures.DatasetID(dataset), As: measures.ODSCode(as), By: by, RefusedDir: refused})
			if printErr := printLoad(cmd.OutOrStdout(), report, format); printErr != nil {
				return printErr
			}
			return err
		},
	}
	cmd.Flags().StringVar(&dataset, "dataset", "", "the dataset the figures belong to (by default, the header tells)")
	cmd.Flags().StringVar(&as, "as", "", "the organisation whose figures these are; rows of others are refused")
	cmd.Flags().StringVar(&by, "by", currentUser(), "who loads, for the record")
	cmd.Flags().StringVar(&refused, "refused", ".", "folder for the file of refused rows")
	cmd.Flags().StringVar(&format, "format", "text", "text or json")
	return cmd
}

// newGate asks the policies that are in force whether somebody may load.
func newGate(ctx context.Context, db *postgres.DB, account string, log *slog.Logger) (*analysis.Loading, error) {
	policies := governing.Policies{Desk: &governing.Desk{Now: time.Now}, Store: db, Log: log}
	trusts, err := policies.Live(ctx)
	if err != nil {
		return nil, err
	}
	return analysis.NewLoading(db, policy.Policy{Trusts: trusts}, analysis.Operator(account), time.Now), nil
}

func currentUser() string {
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return "unknown"
}

func printLoad(w io.Writer, report intake.Report, format string) error {
	if format == "json" {
		encoder := json.NewEncoder(w)
		encoder.SetIndent("", "  ")
		return encoder.Encode(report)
	}
	for _, f := range report.Files {
		fmt.Fprintf(w, "%s: %d rows in, %d refused, %d new, %d revised, %d unchanged\n", f.File, f.RowsIn, f.Refused, f.Added, f.Revised, f.Unchanged)
		switch {
		case f.Committed && f.Load == 0:
			fmt.Fprintln(w, "  nothing changed: every row is there already")
		case f.Committed:
			fmt.Fprintf(w, "  committed as load %d (%s)\n", f.Load, f.Mapping)
		default:
			fmt.Fprintln(w, "  nothing was committed")
		}
		for _, r := range f.Refusals {
			fmt.Fprintf(w, "  line %d: %s\n", r.Line, r.Text())
		}
		if f.RefusedFile != "" {
			fmt.Fprintf(w, "  all refused rows, to be mended and loaded: %s\n", f.RefusedFile)
		}
		for _, warning := range f.Warnings {
			fmt.Fprintf(w, "  note: %s\n", warning)
		}
	}
	return nil
}
