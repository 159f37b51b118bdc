package plot

import (
	"math"
	"strconv"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/measures/words"
)

// appendValue writes a value with the decimals of its unit and a comma between
// thousands: 80.7, 11,490. The sign is a real minus.
func appendValue(b []byte, v float64, decimals int) []byte {
	if v < 0 {
		if math.Round(-v*math.Pow10(decimals)) > 0 {
			b = append(b, "−"...)
		}
		v = -v
	}
	start := len(b)
	b = strconv.AppendFloat(b, v, 'f', decimals, 64)
	whole := len(b) - start
	if decimals > 0 {
		whole -= decimals + 1
	}
	for at := start + whole - 3; at > start; at -= 3 {
		b = append(b, 0)
		copy(b[at+1:], b[at:])
		b[at] = ','
	}
	return b
}

// appendTrimmed writes a value without needless zeros: 78, 2.5.
func appendTrimmed(b []byte, v float64, decimals int) []byte {
	for decimals > 0 && math.Abs(v-roundTo(v, decimals-1)) < 1e-9*math.Max(1, math.Abs(v)) {
		decimals--
	}
	return appendValue(b, v, decimals)
}

func roundTo(v float64, decimals int) float64 {
	scale := math.Pow10(decimals)
	return math.Round(v*scale) / scale
}

// appendLarge writes numbers of a million and more in words' short forms, so
// that a label keeps its room: 1.25m, 12.3bn. Smaller ones are written out.
func appendLarge(b []byte, v float64, decimals int, from float64) []byte {
	size := math.Abs(v)
	if size < from {
		return appendValue(b, v, decimals)
	}
	for _, unit := range [...]struct {
		size float64
		name string
	}{{1e12, "tn"}, {1e9, "bn"}, {1e6, "m"}, {1e3, "k"}} {
		if size >= unit.size {
			short := v / unit.size
			places := 2
			if math.Abs(short) >= 100 {
				places = 0
			} else if math.Abs(short) >= 10 {
				places = 1
			}
			return append(appendTrimmed(b, roundTo(short, places), places), unit.name...)
		}
	}
	return appendValue(b, v, decimals)
}

// value is a number as it stands beside a line: 80.7%, or 80.7 without symbol.
func (d *drawing) value(v float64, symbol bool) string {
	from := 1e7
	if d.size == Narrow {
		from = 1e5
	}
	var b []byte
	if d.p.made.signed && math.Round(v*math.Pow10(d.p.Unit.Decimals)) > 0 {
		b = append(b, '+')
	}
	b = appendLarge(b, v, d.p.Unit.Decimals, from)
	if symbol {
		b = append(b, d.p.Unit.Symbol...)
	}
	return string(b)
}

// lineValue is a centre line or a limit.
func (d *drawing) lineValue(v float64, symbol bool) string {
	if d.p.made.signed && v == 0 {
		return "0"
	}
	if decimals := words.LineDecimals(v, d.p.Unit); decimals != d.p.Unit.Decimals {
		text := words.Number(v, decimals)
		if symbol {
			text += d.p.Unit.Symbol
		}
		return text
	}
	return d.value(v, symbol)
}

// targetValue is a target as people say it: 78%, not 78.0%.
func (d *drawing) targetValue(v float64, symbol bool) string {
	unit := d.p.Unit
	if !symbol {
		unit.Symbol = ""
	}
	if math.Abs(v) >= 1e5 {
		return d.value(v, symbol)
	}
	return words.Target(v, unit)
}

// written is a value with its symbol, for sentences and titles.
func (p *Picture) written(v float64) string {
	return string(append(appendValue(nil, v, p.Unit.Decimals), p.Unit.Symbol...))
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

func at(column []float64, i int) float64 {
	if i < len(column) {
		return column[i]
	}
	return measures.Missing
}
