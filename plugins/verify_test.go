package plugins

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/measures/spc"
	"github.com/signalbox-health/signalbox/sdk"
	"github.com/signalbox-health/signalbox/sdk/wire"
)

func question() wire.Request {
	s := measures.Series{Organisation: "ZZ1", Columns: [][]float64{nil}, Targets: []measures.Target{{Value: 10}}}
	for i := range 24 {
		s.Periods = append(s.Periods, measures.DateOf(2024, 1+i, 1))
		s.States = append(s.States, measures.Final)
		s.Columns[0] = append(s.Columns[0], float64(10+(i*7)%5))
	}
	return wire.Request{Entry: "xmr", Inputs: []string{"value"}, Series: []measures.Series{s},
		Parameters: sdk.ChartParameters(spc.Defaults(measures.XmR, measures.MDC))}
}

func TestAChartThatDiffersInAnythingIsAFault(t *testing.T) {
	release := Release{Digest: DigestOf(nil)}
	q := question()
	for _, test := range []struct {
		name   string
		change func(c *measures.Chart)
		want   string
	}{
		{"nothing", func(c *measures.Chart) {}, ""},
		{"another pattern of missing", func(c *measures.Chart) {
			c.N[0] = math.Float64frombits(math.Float64bits(math.NaN()) ^ 1)
		}, ""},
		{"a kind of its own", func(c *measures.Chart) { c.Kind, c.Upper[0] = measures.Custom, 99 }, ""},
		{"the last bit of a limit", func(c *measures.Chart) { c.Lower[7] = math.Nextafter(c.Lower[7], 0) }, "point 7: the lower limit is"},
		{"the sign of zero", func(c *measures.Chart) { c.Y[0] = math.Copysign(0, -1) }, "point 0: the y is -0"},
		{"a value lost", func(c *measures.Chart) { c.Y[3] = measures.Missing }, "point 3: the y is NaN"},
		{"a signal", func(c *measures.Chart) { c.Signals[5] |= measures.ShiftAbove }, "point 5: phase 1, signals"},
		{"a cause", func(c *measures.Chart) { c.Causes[5] = measures.Improvement }, "point 5: phase 1, signals"},
		{"a statistic", func(c *measures.Chart) { c.Phases[0].Crossings++ }, "phase 1: statistics"},
		{"an icon", func(c *measures.Chart) { c.Assurance = measures.Pass }, "judged"},
		{"a target", func(c *measures.Chart) { c.Target = 11 }, "its target is 11, asked for was 10"},
		{"rules", func(c *measures.Chart) { c.Rules = measures.Anhoej }, "made under rules anhoej"},
		{"a kind that nobody can verify", func(c *measures.Chart) { c.Kind = measures.Funnel }, "where this host finds none"},
		{"a series that is not there", func(c *measures.Chart) { c.Series = 3 }, "a chart of series 3"},
	} {
		t.Run(test.name, func(t *testing.T) {
			charts, err := sdk.ComputeCharts(measures.XmR, &q)
			if err != nil {
				t.Fatal(err)
			}
			test.change(&charts[0])
			err = Verify(release, &q, charts)
			if test.want == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			var fault *Fault
			if !errors.As(err, &fault) || !errors.Is(err, ErrFault) || fault.Digest != release.Digest || !strings.Contains(fault.Cause, test.want) {
				t.Errorf("error %v; a fault with %q is wanted", err, test.want)
			}
		})
	}
}
