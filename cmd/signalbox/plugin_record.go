package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/signalbox-health/signalbox/measures"
)

// recordCase keeps figures and chart in the folder cases, and overwrites nothing.
func (t *trial) recordCase(w *written, r *running) error {
	name := strings.TrimSuffix(filepath.Base(r.record), ".json")
	path := filepath.Join(w.folder, "cases", name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	expected, err := t.expectation(r)
	if err != nil {
		return err
	}
	if err := writeNew(path+".json", expected); err != nil {
		return err
	}
	if sameFile(r.file, path+".csv") {
		return nil
	}
	if err := writeNew(path+".csv", t.figures.csv()); err != nil {
		return errors.Join(err, os.Remove(path+".json"))
	}
	return nil
}

// sameFile reports whether two paths are one file.
func sameFile(a, b string) bool {
	one, err := os.Stat(a)
	other, err2 := os.Stat(b)
	return err == nil && err2 == nil && os.SameFile(one, other)
}

// writeNew writes a file that is not there yet.
func writeNew(path string, content []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return badInput(fmt.Errorf("%s is there already, and is not overwritten; remove it first, or choose another name", path))
	} else if err != nil {
		return err
	}
	_, err = f.Write(content)
	return errors.Join(err, f.Close())
}

// expectedKeys are what a case keeps of a point: what the author can see.
var expectedKeys = []string{"x", "y", "centre", "lower", "upper", "signals", "cause"}

// expectation is the chart as a case expects it, one line a point.
func (t *trial) expectation(r *running) ([]byte, error) {
	list := make([]measures.Chart, len(t.charts))
	for i := range t.charts {
		list[i] = t.charts[i].Chart
	}
	all, err := chartsAsJSON(list)
	if err != nil {
		return nil, err
	}
	var b strings.Builder
	b.WriteString("{\n")
	for _, name := range [][2]string{{"measure", r.measure}, {"entry", r.entry}} {
		if name[1] != "" {
			fmt.Fprintf(&b, "\t%q: %s,\n", name[0], jsonText(name[1]))
		}
	}
	b.WriteString("\t\"charts\": [")
	for i, v := range all {
		chart := v.(map[string]any)
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "{\n\t\t\"kind\": %s,\n\t\t\"points\": [", jsonText(chart["kind"]))
		for k, p := range chart["points"].([]any) {
			if k > 0 {
				b.WriteByte(',')
			}
			b.WriteString("\n\t\t\t" + pointLine(p.(map[string]any)))
		}
		b.WriteString("\n\t\t]\n\t}")
	}
	b.WriteString("]\n}\n")
	return []byte(b.String()), nil
}

func pointLine(p map[string]any) string {
	var parts []string
	for _, key := range expectedKeys {
		if v, there := p[key]; there {
			parts = append(parts, fmt.Sprintf("%q: %s", key, jsonText(v)))
		}
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

// csv is the figures as a chart file has them.
func (f *figures) csv() []byte {
	var b strings.Builder
	b.WriteString([]string{"x,y", "x,y,n"}[len(f.series.Columns)-1] + "\n")
	for i, period := range f.series.Periods {
		x := period.String()
		if f.whole {
			x = fmt.Sprint(int32(period))
		}
		b.WriteString(x)
		for _, column := range f.series.Columns {
			b.WriteByte(',')
			if v := column[i]; !measures.IsMissing(v) {
				text, _ := json.Marshal(v) // a finite number
				b.Write(text)
			}
		}
		b.WriteByte('\n')
	}
	return []byte(b.String())
}
