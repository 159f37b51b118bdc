package plot_test

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/web/plot"
)

// The tests below each hold one trap of ECharts or of go-echarts shut.

// options gives the options of a picture as a browser would read them.
func options(t *testing.T, p plot.Picture) map[string]any {
	t.Helper()
	text, err := json.Marshal(plot.Options(p))
	if err != nil {
		t.Fatal(err)
	}
	var live struct{ Options map[string]any }
	if err := json.Unmarshal(text, &live); err != nil {
		t.Fatal(err)
	}
	return live.Options
}

// walk visits every value of decoded JSON with the keys that lead to it.
func walk(node any, path []string, visit func(path []string, node any)) {
	visit(path, node)
	switch node := node.(type) {
	case map[string]any:
		for key, child := range node {
			walk(child, append(slices.Clone(path), key), visit)
		}
	case []any:
		for _, child := range node {
			walk(child, append(slices.Clone(path), "[]"), visit)
		}
	}
}

func seriesOf(t *testing.T, p plot.Picture) []map[string]any {
	t.Helper()
	var list []map[string]any
	for _, s := range options(t, p)["series"].([]any) {
		list = append(list, s.(map[string]any))
	}
	return list
}

func TestMarkAreasArePairs(t *testing.T) {
	// A single corner makes ECharts throw, and the page's other charts die with it.
	areas := 0
	for _, h := range gallery() {
		for _, s := range seriesOf(t, h.Picture) {
			area, ok := s["markArea"].(map[string]any)
			if !ok {
				continue
			}
			for _, pair := range area["data"].([]any) {
				areas++
				if corners, ok := pair.([]any); !ok || len(corners) != 2 {
					t.Errorf("%s: a mark area is %v, want two corners", h.name, pair)
				}
			}
		}
	}
	if areas == 0 {
		t.Error("no picture of the gallery has a mark area: this test sees nothing")
	}
}

func TestNoKeyHasTheWrongCase(t *testing.T) {
	// go-echarts writes "YAxis" in mark areas and "XAxisIndex" in line data,
	// which ECharts ignores without a word.
	for _, h := range gallery() {
		walk(options(t, h.Picture), nil, func(path []string, _ any) {
			if len(path) == 0 {
				return
			}
			if key := path[len(path)-1]; key != "[]" && strings.ToLower(key[:1]) != key[:1] {
				t.Errorf("%s: the key %s begins with a capital", h.name, strings.Join(path, "."))
			}
		})
	}
}

func TestEveryPointHasItsOwnShapeAndColour(t *testing.T) {
	p := threePhases()
	p.Chart.Causes[3], p.Chart.Causes[20], p.Chart.Causes[49] = measures.Concern, measures.Improvement, measures.NeutralLow
	points := 0
	for _, s := range seriesOf(t, p) {
		if s["showSymbol"] != true {
			continue
		}
		if s["showAllSymbol"] != true {
			t.Errorf("series %v leaves it to ECharts which points to draw", s["name"])
		}
		for i, datum := range s["data"].([]any) {
			point, ok := datum.(map[string]any)
			if !ok {
				continue
			}
			points++
			style, _ := point["itemStyle"].(map[string]any)
			want := map[int][2]string{3: {"triangle", "var(--concern)"}, 20: {"diamond", "var(--improve)"}, 49: {"rect", "var(--neutral)"}}[i]
			if want == [2]string{} {
				want = [2]string{"circle", "var(--common)"}
			}
			if point["symbol"] != want[0] || style["color"] != want[1] {
				t.Errorf("point %d is a %v in %v, want %v", i, point["symbol"], style["color"], want)
			}
		}
	}
	if points != p.Chart.Len() {
		t.Errorf("%d points in the options, %d in the chart", points, p.Chart.Len())
	}
}

func TestPhasesAreSeriesOfTheirOwnWithNullsOutside(t *testing.T) {
	p := threePhases()
	filled := make([]int, p.Chart.Len())
	phases := 0
	for _, s := range seriesOf(t, p) {
		if s["showSymbol"] != true {
			continue
		}
		phases++
		data := s["data"].([]any)
		if len(data) != p.Chart.Len() || s["connectNulls"] != false {
			t.Errorf("series %v has %d values and connectNulls %v", s["name"], len(data), s["connectNulls"])
		}
		for i, datum := range data {
			if datum != nil {
				filled[i]++
			}
		}
	}
	if phases != 3 || slices.Min(filled) != 1 || slices.Max(filled) != 1 {
		t.Errorf("%d phases cover the points %v times", phases, filled)
	}
}

func TestMissingValuesAreNullAndNotZero(t *testing.T) {
	p := gaps()
	for _, s := range seriesOf(t, p) {
		if s["showSymbol"] != true {
			continue
		}
		for i, datum := range s["data"].([]any) {
			if measures.IsMissing(p.Chart.Y[i]) && datum != nil {
				t.Errorf("point %d was not measured and is %v", i, datum)
			}
		}
	}
}

func TestTooltipsAreDrawnAsTextAndChartsDescribed(t *testing.T) {
	o := options(t, ordinary())
	if mode := o["tooltip"].(map[string]any)["renderMode"]; mode != "richText" {
		t.Errorf("tooltips are rendered as %v: HTML would break the policy", mode)
	}
	aria := o["aria"].(map[string]any)
	if aria["enabled"] != true || aria["decal"].(map[string]any)["show"] != true || aria["label"].(map[string]any)["description"] == "" {
		t.Errorf("aria is %v", aria)
	}
	kinds := []string{}
	for _, z := range o["dataZoom"].([]any) {
		kinds = append(kinds, z.(map[string]any)["type"].(string))
	}
	if !slices.Equal(kinds, []string{"inside", "slider"}) {
		t.Errorf("zoom is by %v", kinds)
	}
}

func TestNoCodeTravelsInTheOptions(t *testing.T) {
	for _, h := range gallery() {
		walk(options(t, h.Picture), nil, func(path []string, node any) {
			text, ok := node.(string)
			if !ok {
				return
			}
			if strings.Contains(text, "function") || strings.Contains(text, "=>") || strings.Contains(text, "__f__") {
				t.Errorf("%s: %s holds code: %s", h.name, strings.Join(path, "."), text)
			}
			if strings.HasPrefix(text, "@") && text != "@axis" {
				t.Errorf("%s: %s names the function %s, which the page's script does not have", h.name, strings.Join(path, "."), text)
			}
		})
	}
}

func TestTheEscapingOfTheOptionsIsNeverSwitchedOff(t *testing.T) {
	// go-echarts' JSONNotEscaped lets a title close the script element.
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("no source beside this test: %v", err)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, text, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if id, ok := n.(*ast.Ident); ok && (id.Name == "JSONNotEscaped" || id.Name == "SetEscapeHTML") {
				t.Errorf("%s uses %s", name, id.Name)
			}
			return true
		})
	}
}
