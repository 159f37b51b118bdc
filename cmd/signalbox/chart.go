package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/signalbox-health/signalbox/internal/chartfile"
	"github.com/signalbox-health/signalbox/internal/export"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/measures/words"
	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/plugins/library"
	"github.com/signalbox-health/signalbox/sdk/wire"
	"github.com/signalbox-health/signalbox/web/plot"
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

func newChartCommand(start startSandbox, ask openAnalysis) *cobra.Command {
	var flags chartFlags
	var stored storedChart
	cmd := &cobra.Command{
		Use:   "chart [flags] FILE|-",
		Short: "Draw one chart, from a CSV file or from what is loaded",
		Long: `Chart reads a CSV file with the header x,y or x,y,n and draws its chart. The
arithmetic is done by a plugin in the sandbox, as everywhere in Signalbox.

x is a date such as 2026-05-01 or a whole number; points are put in its order. An
empty cell is missing, and so is a point whose n is missing or 0. Where n is
given, y/n is plotted. --baseline, --rebase and --exclude count points in the
order of x, from 1; --baseline holds in every phase.

With --measure and --at instead of a file it draws a measure of an organisation
from the database, by the same way as the pages: the policy decides, the decision
is recorded, the plugin computes, small numbers are hidden. It may read what
anybody who is signed in may read.

Signals are told in words and shapes. A chart can say that something changed; it
cannot say why.`,
		Example: `  signalbox chart waits.csv
  signalbox chart --direction increase --target 78 --multiply 100 seen.csv
  signalbox chart --kind run --rebase 2025-04-01 --format json falls.csv
  cut -d, -f1,3 export.csv | signalbox chart --baseline 24 --format svg - > chart.svg
  signalbox chart --measure ae-4h --at RQW`,
		Args: func(_ *cobra.Command, args []string) error {
			if stored.asked() {
				return stored.check(args)
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
			flags.screenGiven = cmd.Flags().Changed("screen")
			return flags.run(cmd, args[0], start)
		},
	}
	flags.register(cmd.Flags())
	stored.register(cmd.Flags())
	return cmd
}

func (f *chartFlags) run(cmd *cobra.Command, file string, start startSandbox) error {
	settings, err := f.settings()
	if err != nil {
		return badInput(err)
	}
	name := file
	if file == "-" {
		name = "standard input"
	}
	data, err := readChartFile(cmd.InOrStdin(), file, name)
	if err != nil {
		return badInput(err)
	}
	question, err := settings.question(&data)
	if err != nil {
		return badInput(fmt.Errorf("%s: %w", name, err))
	}
	charts, err := settings.compute(cmd.Context(), start, question)
	if err != nil {
		return chartError(name, err)
	}
	return settings.write(cmd.OutOrStdout(), file, question, charts)
}

func readChartFile(stdin io.Reader, file, name string) (chartfile.Data, error) {
	if file == "-" {
		return chartfile.Read(stdin, name)
	}
	f, err := os.Open(file)
	if err != nil {
		return chartfile.Data{}, err
	}
	defer f.Close()
	return chartfile.Read(f, name)
}

// compute runs the plugin, and holds what it answers against our own arithmetic.
func (s *chartSettings) compute(ctx context.Context, start startSandbox, q wire.Request) ([]measures.Chart, error) {
	module, err := s.module()
	if err != nil {
		return nil, err
	}
	box, err := start()
	if err != nil {
		return nil, err
	}
	defer box.Close()
	release, err := box.Install(ctx, module)
	if err != nil {
		return nil, err
	}
	charts, err := box.Run(ctx, release.Digest, q)
	if err != nil {
		return nil, err
	}
	return charts, plugins.Verify(release, &q, charts)
}

// module is the plugin's code: of the library by name, or from a file.
func (s *chartSettings) module() ([]byte, error) {
	if strings.HasSuffix(s.plugin, ".wasm") {
		module, err := os.ReadFile(s.plugin)
		if err != nil {
			return nil, badInput(fmt.Errorf("--plugin: %w", err))
		}
		return module, nil
	}
	l, err := library.Open()
	if err != nil {
		return nil, err
	}
	release, ok := l.Release(s.plugin)
	if !ok || release.Manifest.ABI == 0 {
		return nil, badInput(fmt.Errorf("--plugin %s: the library has no plugin of this name; a file is named with .wasm at its end", s.plugin))
	}
	if entry := s.parameters.Kind.String(); !slices.Contains(release.Manifest.Entries, entry) {
		return nil, badInput(fmt.Errorf("--kind %s: plugin %s has no such chart; it has %s", entry, s.plugin, strings.Join(release.Manifest.Entries, ", ")))
	}
	return l.Module(release.Digest)
}

// chartError tells what is the caller's to mend, in one line, from what broke.
func chartError(name string, err error) error {
	var fault *plugins.Fault
	if errors.As(err, &fault) {
		switch {
		case errors.Is(err, plugins.ErrUnsuited):
			return badInput(fmt.Errorf("%s: %s", name, oneLine(fault.Cause)))
		case errors.Is(err, plugins.ErrRefused):
			return badInput(errors.New(oneLine(err.Error())))
		}
	}
	return err
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

func (s *chartSettings) write(w io.Writer, file string, q wire.Request, charts []measures.Chart) error {
	items := make([]export.Item, len(charts))
	for i := range charts {
		items[i] = export.Item{Chart: &charts[i], Words: words.Subject{
			Unit:   measures.Unit{Multiply: s.parameters.Multiply, Decimals: words.Decimals(&charts[i])},
			Phases: q.Series[0].Phases, Trend: s.parameters.Trend, Centre: s.centreWord(),
		}}
	}
	title := ""
	if file != "-" {
		title = strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))
	}
	switch s.format {
	case "json":
		return export.JSON(w, items...)
	case "csv":
		return export.CSV(w, items...)
	case "svg":
		_, err := w.Write(plot.Standalone(s.picture(title, &items[0], q)))
		return err
	}
	for i := range items {
		items[i].Title = title
	}
	return export.Text(w, export.TextOptions{Colour: isTerminal(w)}, items...)
}

func (s *chartSettings) picture(title string, item *export.Item, q wire.Request) plot.Picture {
	return plot.Picture{Chart: item.Chart, Title: title, Description: words.Sentence(item.Words, item.Chart).String(),
		Unit: item.Words.Unit, Phases: q.Series[0].Phases, Constant: s.parameters.Constant}
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
