package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/signalbox-health/signalbox/internal/analysis"
	"github.com/signalbox-health/signalbox/internal/export"
	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/web/charts"
	"github.com/signalbox-health/signalbox/web/plot"
)

// openAnalysis opens the database, the policy and the sandboxes: all that the
// main job needs.
type openAnalysis func(context.Context) (*house, error)

// storedChart asks for a chart of what is loaded.
type storedChart struct {
	measure, at, by, purpose string
	everything               bool
	terminal                 terminalOf
}

func (s *storedChart) group() flagGroup {
	g := newFlagGroup("What is loaded, instead of a file")
	flags := g.set
	flags.StringVar(&s.measure, "measure", "", "draw this measure")
	flags.StringVar(&s.at, "at", "", "the organisation, by its ODS code")
	flags.StringVar(&s.by, "by", "", "one chart a stratum, for example test")
	flags.StringVar(&s.purpose, "purpose", "improvement", "what the chart is for, which the policy asks")
	flags.BoolVar(&s.everything, "all", false, "all periods there are, not from the measure's own start")
	return g
}

func (s *storedChart) asked() bool { return s.measure != "" || s.at != "" }

// check refuses settings of a chart: those of a measure are the measure's own.
func (s *storedChart) check(args []string, given func(string) bool) error {
	for _, g := range new(chartFlags).groups() {
		var typed string
		g.set.VisitAll(func(f *pflag.Flag) {
			if f.Name != "format" && given(f.Name) {
				typed = f.Name
			}
		})
		if typed != "" {
			return badInput(fmt.Errorf("--%s is for charts of a file; what is loaded is drawn as its measure says", typed))
		}
	}
	switch {
	case len(args) > 0:
		return badInput(fmt.Errorf("--measure draws what is loaded, so it takes no file; %q was given", args[0]))
	case s.measure == "":
		return badInput(errors.New("--at names an organisation and there is no --measure"))
	case !measures.ODSCode(s.at).Valid():
		return badInput(fmt.Errorf("--at is %q, want an ODS code such as RQW", s.at))
	}
	return nil
}

// draw asks as the operator of this machine, who may read what anybody who is
// signed in may read; the decision is recorded with the account's name.
func (s *storedChart) draw(cmd *cobra.Command, format string, ask openAnalysis) error {
	ctx := cmd.Context()
	h, err := ask(ctx)
	if err != nil {
		return err
	}
	defer h.close()
	code := measures.ODSCode(s.at)
	name, err := h.db.OrganisationName(ctx, code)
	if errors.Is(err, postgres.ErrNotFound) {
		return badInput(fmt.Errorf("--at %s: no organisation here has this code", code))
	}
	if err != nil {
		return err
	}
	answers, err := h.main.Ask(ctx, analysis.Question{
		Actor:  s.actor(),
		Action: policy.DataExport, Measure: measures.MeasureID(s.measure), Organisation: code,
		Stratifier: s.by, Everything: s.everything,
	})
	if err != nil {
		return err
	}
	answer := &answers[0]
	switch {
	case errors.Is(answer.Err, analysis.ErrNoMeasure):
		return badInput(answer.Err)
	case answer.Err != nil:
		return fmt.Errorf("%s at %s: %w", s.measure, code, answer.Err)
	case len(answer.Charts) == 0:
		return fmt.Errorf("%s at %s: there are no figures for these periods; --all asks for all there are", s.measure, code)
	}
	return s.write(cmd.OutOrStdout(), format, answer, name)
}

func (s *storedChart) actor() policy.Actor {
	operator := analysis.Operator("operator-" + currentUser())
	operator.Purpose = policy.Purpose(s.purpose)
	return operator
}

func (s *storedChart) write(w io.Writer, format string, answer *analysis.Answer, organisation string) error {
	items := make([]export.Item, len(answer.Charts))
	for i := range answer.Charts {
		items[i] = charts.ItemOf(answer.Measure, &answer.Charts[i], organisation, answer.Receipt.Disclosure)
	}
	switch format {
	case "json":
		return export.JSON(w, items...)
	case "csv":
		return export.CSV(w, items...)
	case "svg":
		if len(items) > 1 {
			return badInput(fmt.Errorf("--format svg holds one chart, and there are %d strata", len(items)))
		}
		_, err := w.Write(plot.Standalone(charts.PictureOf(answer.Measure, &answer.Charts[0], organisation, answer.Receipt.Disclosure, nil)))
		return err
	}
	return export.Text(w, s.terminal(w), items...)
}
