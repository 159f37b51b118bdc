package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/signalbox-health/signalbox/internal/chartfile"
	"github.com/signalbox-health/signalbox/internal/export"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/sdk/wire"
)

// sandbox runs plugins: the command's own, or one from a file.
type sandbox interface {
	Install(context.Context, []byte) (plugins.Release, error)
	Run(context.Context, plugins.Digest, wire.Request) ([]measures.Chart, error)
	Close() error
}

// startSandbox starts one. It is asked only when a file has been read and the
// settings make sense, so that a mistake is told at once.
type startSandbox func() (sandbox, error)

// terminalOf says how wide an output is and whether it shows colours.
type terminalOf func(io.Writer) export.TextOptions

func newChartCommand(start startSandbox, ask openAnalysis, terminal terminalOf) *cobra.Command {
	var flags chartFlags
	stored := storedChart{terminal: terminal}
	cmd := &cobra.Command{
		Use:     "chart [flags] FILE|-",
		Short:   "Draw one chart, from a CSV file or from what is loaded",
		Long:    chartHelp,
		Example: chartExamples,
		Args: func(_ *cobra.Command, args []string) error {
			if stored.asked() {
				return stored.check(args, flags.given)
			}
			if len(args) != 1 {
				return badInput(fmt.Errorf("%d files given, want one; - stands for standard input", len(args)))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if stored.asked() {
				return stored.draw(cmd, flags.format, ask)
			}
			return flags.run(cmd, args[0], start, terminal)
		},
	}
	flags.given = func(name string) bool { return cmd.Flags().Changed(name) }
	grouped(cmd, append(flags.groups(), stored.group()))
	return cmd
}

const chartHelp = `Chart reads a CSV file and draws its chart. The arithmetic is done by a plugin in
the sandbox, as everywhere in Signalbox.

The file has a header, x,y or x,y,n. x is a date such as 2026-05-01 or a whole
number; points are put in its order. An empty cell is missing, and so is a point
whose n is missing or 0. p, pp, u, up, np and ip need n, the denominator; xmr, mr
and run plot y/n where it is given. For xbar and s rows of the same x are one
subgroup. g counts cases between events, t times between events. bernoulli has an
outcome of 1 or 0 in y; vlad has the expected risk beside it in n, or in a column
called expected. A funnel reads group,numerator,denominator instead.

A column target holds a target that changes: where it is empty, the target before
goes on. A column trajectory holds the way that was planned.

--baseline, --rebase and --exclude count points in the order of x, from 1 (xbar
and s: subgroups); --baseline holds in every phase.

With --measure and --at instead of a file it draws a measure of an organisation
from the database, by the same way as the pages: the policy decides, the decision
is recorded, the plugin computes, small numbers are hidden. It may read what
anybody who is signed in may read.

Signals are told in words and shapes. A chart can say that something changed; it
cannot say why. Bad input ends with status 2 and one line that says where it is.`

const chartExamples = `  A value or a count over time, with Making Data Count rules:
    signalbox chart waits.csv
    signalbox chart --direction increase --target 78 --multiply 100 seen.csv
    signalbox chart --rebase 2025-04-01 --baseline 24 --ranges waits.csv
  A run chart of a first year:
    signalbox chart --kind run --rules anhoej falls.csv
  Shares and rates, with limits that follow the size of each month:
    signalbox chart --kind pp --multiply 100 seen.csv
    signalbox chart --kind u --multiply 1000 falls-per-bed-day.csv
  Rare events: cases between them, days between them:
    signalbox chart --kind g cases-between.csv
    signalbox chart --kind t days-between.csv
  Samples of a few each, their means and their spread:
    signalbox chart --kind xbar --rules nelson theatre.csv
    signalbox chart --kind s theatre.csv
  Small and lasting changes:
    signalbox chart --kind ewma --lambda 0.2 waits.csv
    signalbox chart --kind cusum --shift 1 --decision 5 waits.csv
  Single cases:
    signalbox chart --kind bernoulli --centre 0.02 deaths.csv
    signalbox chart --kind vlad operations.csv
  Many organisations at one time:
    signalbox chart --kind funnel --ratio standardised --od additive mortality.csv
  Somebody else's arithmetic, in the same sandbox:
    signalbox chart --plugin median.wasm --entry median waits.csv
  For a program, a slide, a pipe:
    signalbox chart --kind run --format json falls.csv
    cut -d, -f1,3 export.csv | signalbox chart --format svg - > chart.svg
  What is loaded:
    signalbox chart --measure ae-4h --at RQW`

func (f *chartFlags) run(cmd *cobra.Command, file string, start startSandbox, terminal terminalOf) error {
	settings, err := f.settings()
	if err != nil {
		return badLine(err)
	}
	name := file
	if file == "-" {
		name = "standard input"
	}
	data, err := readChartFile(cmd.InOrStdin(), file, name, settings.shape())
	if err != nil {
		return badLine(err)
	}
	question, err := settings.question(&data)
	if err != nil {
		return badLine(fmt.Errorf("%s: %w", name, err))
	}
	charts, err := settings.compute(cmd.Context(), start, question)
	if err != nil {
		return chartError(name, err)
	}
	drawn := drawn{settings: settings, file: file, data: &data, series: &question.Series[0], charts: charts}
	return drawn.write(cmd.OutOrStdout(), terminal)
}

// badLine is bad input, told in one line whatever the file's name and cells hold.
func badLine(err error) error { return badInput(errors.New(oneLine(err.Error()))) }

func readChartFile(stdin io.Reader, file, name string, shape chartfile.Shape) (chartfile.Data, error) {
	if file == "-" {
		return chartfile.Read(stdin, name, shape)
	}
	f, err := os.Open(file)
	if err != nil {
		return chartfile.Data{}, err
	}
	defer f.Close()
	return chartfile.Read(f, name, shape)
}
