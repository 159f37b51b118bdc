package spc

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/signalbox-health/signalbox/measures"
)

// sumCase is one chart of cumulative sums or weighted means, computed by qcc,
// qicharts2 or a reference calculation.
type sumCase struct {
	Chart string
	Input struct {
		Y        []*float64
		Decision float64  `json:"decision_interval"`
		Shift    float64  `json:"se_shift"`
		Head     float64  `json:"head_start"`
		Lambda   float64  `json:"lambda"`
		Centre   *float64 `json:"center"`
	}
	Expect struct {
		Centre     float64    `json:"center"`
		Deviation  float64    `json:"std_dev"`
		Up         []*float64 `json:"cusum_pos"`
		Down       []*float64 `json:"cusum_neg"`
		Above      []int      `json:"violations_upper"`
		Below      []int      `json:"violations_lower"`
		EWMA       []*float64
		Lower      []*float64
		Upper      []*float64
		Violations []int
	}
}

func TestGoldenSumsOfRealSeries(t *testing.T) {
	folder, ran := sharedFolder(t, "golden", "real"), 0
	files, err := filepath.Glob(filepath.Join(folder, "qcc_*.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var g sumCase
		if json.Unmarshal(text, &g) != nil || g.Chart != "cusum" && g.Chart != "ewma" {
			continue // another family's test reads it
		}
		ran++
		t.Run(strings.TrimSuffix(filepath.Base(file), ".json"), g.check)
	}
	if ran < 3 {
		t.Errorf("%d cases ran, want at least 3", ran)
	}
}

func (g *sumCase) check(t *testing.T) {
	kind := measures.EWMA
	if g.Chart == "cusum" {
		kind = measures.CUSUM
	}
	p := Defaults(kind, measures.Anhoej)
	if g.Input.Centre != nil {
		p.Centre = *g.Input.Centre
	}
	in := Input{Y: numbers(g.Input.Y)}
	for i := range in.Y {
		in.X = append(in.X, int32(i+1))
	}
	e := &g.Expect
	if kind == measures.EWMA {
		p.Lambda = g.Input.Lambda
		c := compute(t, in, p)
		column(t, "ewma", c.EWMA, e.EWMA, 1e-9)
		column(t, "lower", c.Lower, e.Lower, 1e-9)
		column(t, "upper", c.Upper, e.Upper, 1e-9)
		if off(c.Centre[0], e.Centre) > 1e-9 {
			t.Errorf("centre %.15g, want %.15g", c.Centre[0], e.Centre)
		}
		return
	}
	p.Decision, p.Shift, p.HeadStart = g.Input.Decision, g.Input.Shift, g.Input.Head
	c := compute(t, in, p)
	column(t, "upper sum", c.CusumHigh, e.Up, 1e-9)
	column(t, "lower sum", c.CusumLow, e.Down, 1e-9)
	if off(c.Centre[0], e.Centre) > 1e-9 {
		t.Errorf("centre %.15g, want %.15g", c.Centre[0], e.Centre)
	}
	if e.Above == nil && e.Below == nil {
		return // the case does not say which points are beyond
	}
	var above, below []int
	for i, s := range c.Signals {
		if s&measures.OutsideUpper != 0 {
			above = append(above, i+1)
		}
		if s&measures.OutsideLower != 0 {
			below = append(below, i+1)
		}
	}
	if !slices.Equal(above, e.Above) || !slices.Equal(below, e.Below) {
		t.Errorf("beyond the limits are %v and %v, want %v and %v", above, below, e.Above, e.Below)
	}
}
