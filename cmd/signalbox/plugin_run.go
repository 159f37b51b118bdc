package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/signalbox-health/signalbox/internal/analysis"
	"github.com/signalbox-health/signalbox/internal/export"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/web/charts"
	"github.com/signalbox-health/signalbox/web/plot"
)

// running is what "plugin run" and "plugin watch" were asked for.
type running struct {
	*author
	measure, entry string
	file, demo, at string
	format, record string
	open           bool
}

func newPluginRunCommand(a *author) *cobra.Command {
	r := running{author: a}
	cmd := &cobra.Command{
		Use:   "run [FOLDER|FILE.wasm|manifest.json]",
		Short: "Draw the chart of a plugin's measure",
		Long: `Run compiles a plugin, asks it in the sandbox as a page would, holds its answer
against the question, and draws the chart: in the terminal, and with --open in the
browser too, as the site draws it.

The figures are those of --file, a CSV file with the columns x,y or x,y,n as for
"signalbox chart"; or with --demo those of an invented trust; or with --at published
figures that are loaded here, if the policy allows it. Without any of them it takes
data.csv beside the plugin, or else the demonstration's. No figures leave this
machine.

--record writes down what was drawn as a case, which "signalbox plugin check" holds
the plugin to from then on. Look at the chart first: a case is only worth what
somebody has checked.`,
		Example: `  signalbox plugin run waits-median
  signalbox plugin run --open --demo ZZB waits-median
  signalbox plugin run --file waits.csv --format json waits-median
  signalbox plugin run --file small.csv --record small waits-median
  signalbox plugin run --at RQW --measure waits-median waits-median.wasm`,
		Args: onePath,
		RunE: func(cmd *cobra.Command, args []string) error { return r.run(cmd, pathOf(args)) },
	}
	r.flags(cmd.Flags())
	cmd.Flags().StringVar(&r.format, "format", "text", "text, json, csv or svg")
	cmd.Flags().StringVar(&r.record, "record", "", "keep what was drawn as the case `NAME`")
	return cmd
}

func (r *running) flags(flags *pflag.FlagSet) {
	flags.SortFlags = false
	flags.StringVar(&r.measure, "measure", "", "which measure of the manifest (by default the first)")
	flags.StringVar(&r.entry, "entry", "", "an entry by itself, without a measure")
	flags.StringVar(&r.file, "file", "", "draw the figures of this CSV `FILE`")
	flags.StringVar(&r.demo, "demo", "", "draw the figures of an invented trust, ZZA to ZZM")
	flags.StringVar(&r.at, "at", "", "draw published figures of an organisation, by its ODS code")
	flags.BoolVar(&r.open, "open", false, "show the chart in the browser too")
}

func (r *running) check() error {
	given := 0
	for _, from := range []string{r.file, r.demo, r.at} {
		if from != "" {
			given++
		}
	}
	if given > 1 {
		return badInput(errors.New("--file, --demo and --at each name the figures; give one of them"))
	}
	return nil
}

func (r *running) run(cmd *cobra.Command, path string) error {
	if err := r.check(); err != nil {
		return err
	}
	if !slices.Contains([]string{"text", "json", "csv", "svg"}, r.format) {
		return badInput(fmt.Errorf("--format is %q, want text, json, csv or svg", r.format))
	}
	w, err := readPlugin(cmd.Context(), path)
	if err != nil {
		return err
	}
	box, err := r.start()
	if err != nil {
		return err
	}
	defer box.Close()
	t, err := r.try(cmd.Context(), box, w)
	if err != nil {
		return err
	}
	if err := t.write(cmd.OutOrStdout(), r.format, r.terminal); err != nil {
		return err
	}
	if r.record != "" {
		if err := t.recordCase(w, r); err != nil {
			return err
		}
		fmt.Fprintf(cmd.ErrOrStderr(), "Kept as the case %s: \"signalbox plugin check\" holds the plugin to it.\n", r.record)
	}
	if r.open {
		return r.show(cmd, box, t)
	}
	return nil
}

// trial is a chart of a plugin that somebody is writing.
type trial struct {
	subject *subject
	release plugins.Release
	figures *figures
	charts  []analysis.Chart
}

// try draws the chart, as the site would.
func (r *running) try(ctx context.Context, box bench, w *written) (*trial, error) {
	s, err := w.subject(r.measure, r.entry)
	if err != nil {
		return nil, err
	}
	f, err := r.figuresFor(ctx, w, s)
	if err != nil {
		return nil, err
	}
	release, err := box.Install(ctx, s.module)
	if err != nil {
		return nil, pluginError(w, err)
	}
	drawn, err := analysis.Sketch(ctx, box, release, s.measure, []measures.Series{f.series}, f.whole)
	if err != nil {
		return nil, pluginError(w, err)
	}
	return &trial{s, release, f, drawn}, nil
}

// pluginError tells an author what the plugin did.
func pluginError(w *written, err error) error {
	var fault *plugins.Fault
	if !errors.As(err, &fault) {
		return err
	}
	switch {
	case errors.Is(err, plugins.ErrUnsuited):
		return fmt.Errorf("it declined: %s", oneLine(fault.Cause))
	case errors.Is(err, plugins.ErrRefused):
		return fmt.Errorf("it is refused: %s", oneLine(fault.Cause))
	}
	return fmt.Errorf("it went wrong: %s; \"signalbox plugin check %s\" says how to mend it", oneLine(fault.Cause), quoted(w.path))
}

func (t *trial) items() []export.Item {
	items := make([]export.Item, len(t.charts))
	for i := range t.charts {
		items[i] = charts.ItemOf(t.subject.measure, &t.charts[i], t.figures.name, policy.Disclosure{})
		if t.figures.name == "" {
			items[i].Organisation = ""
		}
	}
	return items
}

func (t *trial) picture() plot.Picture {
	return charts.PictureOf(t.subject.measure, &t.charts[0], t.figures.name, policy.Disclosure{}, []string{capital(t.figures.from) + "."})
}

func (t *trial) write(w io.Writer, format string, terminal terminalOf) error {
	switch format {
	case "json":
		return export.JSON(w, t.items()...)
	case "csv":
		return export.CSV(w, t.items()...)
	case "svg":
		_, err := w.Write(plot.Standalone(t.picture()))
		return err
	}
	if err := export.Text(w, terminal(w), t.items()...); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "\n%s %s, %s, on %s.%s\n", t.release.Manifest.ID, t.release.Manifest.Version, t.release.Digest.Short(), t.figures.from, t.unverified())
	return err
}

// unverified says of a chart of the plugin's own kind what its page will say.
func (t *trial) unverified() string {
	if len(t.charts) > 0 && t.charts[0].Chart.Kind == measures.Custom {
		return " Its lines are its own: nobody else computes them."
	}
	return ""
}
