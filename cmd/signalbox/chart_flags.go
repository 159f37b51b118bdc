package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// chartFlags are the settings of the command as they were typed. An empty one
// has the default of its kind and rule set.
type chartFlags struct {
	kind, plugin, entry, rules, constant, direction, target, centre, multiply, floor, ceiling, format string
	ratio, transform, od, lambda, shift, decision, headStart, oddsRatio                               string
	rebase, exclude                                                                                   []string
	baseline, trend                                                                                   string
	screen, ranges, exact                                                                             bool

	// given reports whether a flag was typed at all.
	given func(flag string) bool
}

// flagGroup is a part of the help: flags that are about the same thing.
type flagGroup struct {
	title string
	set   *pflag.FlagSet
}

func newFlagGroup(title string) flagGroup {
	set := pflag.NewFlagSet(title, pflag.ContinueOnError)
	set.SortFlags = false
	return flagGroup{title, set}
}

const kindList = "xmr, mr, run, p, pp, u, up, c, np, g, t, xbar, s, ip, ewma, cusum, funnel, bernoulli or vlad"

func (f *chartFlags) groups() []flagGroup {
	chart := newFlagGroup("The chart")
	chart.set.StringVar(&f.kind, "kind", "xmr", "kind of chart: "+kindList)
	chart.set.StringVar(&f.rules, "rules", "", "rule set: mdc, mdc-r022, anhoej, ihi, western-electric, nelson, powerbi or none\n(by default mdc; anhoej for a run chart)")
	chart.set.StringVar(&f.direction, "direction", "neutral", "the way that is wanted: increase, decrease or neutral")
	chart.set.StringVar(&f.target, "target", "", "the target `N`, in plotted units; one that changes is a column of the file")
	chart.set.StringVar(&f.multiply, "multiply", "1", "factor `N` of what is plotted: 100 for percent")
	chart.set.StringVar(&f.format, "format", "text", "text, json, svg or csv")

	lines := newFlagGroup("Its lines")
	lines.set.StringVar(&f.centre, "centre", "", "the centre line `N`, in plotted units, or median")
	lines.set.StringVar(&f.constant, "constant", "", "2.66 for limits at 2.66 mean moving ranges, or 1.128 for 3/1.128\n(by default 2.66 under mdc and mdc-r022, else 1.128)")
	lines.set.BoolVar(&f.screen, "screen", false, "leave large moving ranges out of the limits\n(by default off; on under mdc-r022 and powerbi)")
	lines.set.StringVar(&f.trend, "trend", "", "points `N` that make a trend (by default 7; ihi and powerbi 5, nelson 6)")
	lines.set.StringVar(&f.floor, "floor", "", "the least `N` that can be: no line is drawn below it")
	lines.set.StringVar(&f.ceiling, "ceiling", "", "the most `N` that can be: no line is drawn above it")
	lines.set.BoolVar(&f.ranges, "ranges", false, "xmr: the chart of moving ranges as well")

	phases := newFlagGroup("Its phases")
	phases.set.StringVar(&f.baseline, "baseline", "", "the first `N` points of every phase make its limits (by default all;\nat least 12 under mdc and mdc-r022)")
	phases.set.StringSliceVar(&f.rebase, "rebase", nil, "new phases begin at the first point at or after each of `X,...`")
	phases.set.StringSliceVar(&f.exclude, "exclude", nil, "the points `I,...` to leave out of statistics and runs, counted from 1")

	funnel := newFlagGroup("Funnels")
	funnel.set.StringVar(&f.ratio, "ratio", "proportion", "what is compared: proportion, standardised (observed over expected) or rate")
	funnel.set.StringVar(&f.transform, "transform", "sqrt", "standardised: the scale of comparison, sqrt, or log as SHMI has it")
	funnel.set.StringVar(&f.od, "od", "none", "overdispersion: none, or additive to allow for differences beyond chance")
	funnel.set.BoolVar(&f.exact, "exact", false, "proportion: exact binomial limits, interpolated")

	small := newFlagGroup("Charts for small changes, and for single cases")
	small.set.StringVar(&f.lambda, "lambda", "0.2", "ewma: the weight `N` of the newest point, above 0 up to 1")
	small.set.StringVar(&f.shift, "shift", "1", "cusum: the shift `N` to find, in standard deviations")
	small.set.StringVar(&f.headStart, "head-start", "0", "cusum: where both sums begin, in standard deviations")
	small.set.StringVar(&f.decision, "decision", "", "cusum, bernoulli, vlad: where a sum gives a signal\n(by default 5, 3.5 and 4.5)")
	small.set.StringVar(&f.oddsRatio, "odds-ratio", "2", "bernoulli, vlad: the change of odds `N` to find")

	plugin := newFlagGroup("The arithmetic")
	plugin.set.StringVar(&f.plugin, "plugin", "spc", "the plugin that does it: a name of the library, or a file FILE.wasm")
	plugin.set.StringVar(&f.entry, "entry", "", "what to ask a plugin from a file for (by default its kind, or all there is)")
	return []flagGroup{chart, lines, phases, funnel, small, plugin}
}

// grouped gives a command its flags, and a help that has them by group.
func grouped(cmd *cobra.Command, groups []flagGroup) {
	for _, g := range groups {
		cmd.Flags().AddFlagSet(g.set)
	}
	cmd.Flags().SortFlags = false
	cmd.SetUsageFunc(func(cmd *cobra.Command) error {
		return writeUsage(cmd.OutOrStderr(), cmd, groups)
	})
}

// helpColumns is how wide the help is: what is read in any terminal, on paper too.
const helpColumns = 100

func writeUsage(w io.Writer, cmd *cobra.Command, groups []flagGroup) error {
	var b strings.Builder
	fmt.Fprintf(&b, "Usage:\n  %s\n\nExamples:\n%s\n", cmd.UseLine(), cmd.Example)
	for _, g := range groups {
		fmt.Fprintf(&b, "\n%s:\n%s", g.title, g.set.FlagUsagesWrapped(helpColumns))
	}
	if rest := cmd.InheritedFlags(); rest.HasAvailableFlags() {
		fmt.Fprintf(&b, "\nEverywhere:\n%s", rest.FlagUsagesWrapped(helpColumns))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// belongs says of flags that only some kinds have which those are.
var belongs = map[string][]string{
	"ranges": {"xmr"},
	"ratio":  {"funnel"}, "transform": {"funnel"}, "od": {"funnel"}, "exact": {"funnel"},
	"lambda": {"ewma"}, "shift": {"cusum"}, "head-start": {"cusum"},
	"decision": {"cusum", "bernoulli", "vlad"}, "odds-ratio": {"bernoulli", "vlad"},
}

// outOfPlace says of kinds which common flags mean nothing to them, and why.
var outOfPlace = []struct {
	kinds, flags []string
	why          string
}{
	{[]string{"funnel"}, []string{"rebase", "baseline", "trend", "target"}, "a funnel compares groups at one time"},
}

// check refuses a flag that would change nothing: somebody who gives it expects
// another chart than the one that would be drawn. The settings of moving ranges
// pass where they say what is done anyway.
func (f *chartFlags) check() error {
	if f.entry == "" { // a plugin's own entry may have any kind's settings
		for _, flag := range slices.Sorted(maps.Keys(belongs)) {
			if kinds := belongs[flag]; f.given(flag) && !slices.Contains(kinds, f.kind) {
				return fmt.Errorf("--%s belongs to --kind %s; the kind is %s", flag, strings.Join(kinds, ", "), f.kind)
			}
		}
	}
	for _, rule := range outOfPlace {
		for _, flag := range rule.flags {
			if f.given(flag) && slices.Contains(rule.kinds, f.kind) {
				return fmt.Errorf("--%s does not belong to --kind %s: %s", flag, f.kind, rule.why)
			}
		}
	}
	if f.kind == "ewma" || f.kind == "cusum" {
		if f.screen {
			return fmt.Errorf("--screen: charts of kind %s are not screened, since they look for small and lasting changes", f.kind)
		}
		if f.constant == "2.66" {
			return fmt.Errorf("--constant 2.66: charts of kind %s have the constant 1.128", f.kind)
		}
	}
	if f.transform == "log" && f.ratio != "standardised" {
		return fmt.Errorf("--transform log belongs to --ratio standardised; the ratio is %s", f.ratio)
	}
	if f.exact && f.ratio != "proportion" {
		return fmt.Errorf("--exact belongs to --ratio proportion; the ratio is %s", f.ratio)
	}
	return nil
}
