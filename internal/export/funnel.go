package export

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/measures/words"
)

// funnelDrawing is the groups of a funnel by their size.
type funnelDrawing struct {
	canvas
	c      *measures.Chart
	bySize []int // groups with limits, the smallest first
	top    float64
	places []float64 // the size that each column stands for
}

func (p *page) funnel(item *Item) {
	d := funnelDrawing{canvas: canvas{p: p}, c: item.Chart}
	for i, n := range d.c.N {
		if !measures.IsMissing(n) && n > 0 && !measures.IsMissing(d.c.Y[i]) {
			d.bySize = append(d.bySize, i)
		}
	}
	if len(d.bySize) == 0 {
		return
	}
	slices.SortStableFunc(d.bySize, func(a, b int) int {
		if d.c.N[a] < d.c.N[b] {
			return -1
		}
		return 1
	})
	d.top = d.c.N[d.bySize[len(d.bySize)-1]]
	labels := d.measure(item)
	d.plot()
	d.write(labels)
	d.axis()
	d.key()
}

// measure finds scale and width. The limits of the smallest groups may reach so
// far that the groups would be squeezed into a line; they are cut off.
func (d *funnelDrawing) measure(item *Item) []label {
	low, high := math.Inf(1), math.Inf(-1)
	centre := d.c.Centre[d.bySize[0]]
	for _, i := range d.bySize {
		low, high = min(low, d.c.Y[i]), max(high, d.c.Y[i])
	}
	if !measures.IsMissing(centre) {
		low, high = min(low, centre), max(high, centre)
	}
	room := (high - low) / 3
	reach := []float64{low, high}
	for _, i := range d.bySize {
		for _, v := range []float64{d.c.Lower[i], d.c.Upper[i]} {
			if !measures.IsMissing(v) {
				reach = append(reach, min(max(v, low-room), high+room))
			}
		}
	}
	d.scale(tall, reach)
	unit := item.Words.Unit
	biggest := d.bySize[len(d.bySize)-1]
	var labels []label
	for _, line := range []struct {
		v    float64
		name string
	}{{d.c.Upper[biggest], "99.8%"}, {d.c.NearUpper[biggest], "95%"}, {centre, "all groups"}, {d.c.NearLower[biggest], "95%"}, {d.c.Lower[biggest], "99.8%"}} {
		if r := d.row(line.v); r >= 0 {
			if line.name == "all groups" {
				line.name = words.Line(centre, unit) + " " + line.name
			}
			labels = append(labels, label{r, line.name})
		}
	}
	labels = apart(labels, d.rows)
	right := 0
	for _, l := range labels {
		right = max(right, utf8.RuneCountInString(l.text)+1)
	}
	if d.p.columns < 60 {
		labels, right = nil, 0
	}
	d.open(max(20, d.p.columns-d.left-right))
	for column := range d.width {
		d.places = append(d.places, d.top*(float64(column)+.5)/float64(d.width))
	}
	return labels
}

func (d *funnelDrawing) column(n float64) int {
	return min(d.width-1, int(n/d.top*float64(d.width)))
}

func (d *funnelDrawing) plot() {
	for _, line := range []struct {
		values []float64
		letter rune
	}{{d.c.NearLower, '·'}, {d.c.NearUpper, '·'}, {d.c.Lower, '╌'}, {d.c.Upper, '╌'}, {d.c.Centre, '─'}} {
		for column, n := range d.places {
			d.put(column, d.between(line.values, n), mark{letter: line.letter, line: true})
		}
	}
	for _, i := range d.bySize {
		d.put(d.column(d.c.N[i]), d.c.Y[i], mark{letter: d.glyph(i), cause: d.c.Causes[i]})
	}
}

func (d *funnelDrawing) glyph(i int) rune {
	if stateOf(d.c, i) == measures.Excluded {
		return '○'
	}
	return glyphOf(d.c.Causes[i], d.c.Signals[i]&measures.OutsideUpper != 0)
}

// between finds a limit at a size, on the way from one group to the next. Below
// the smallest group there is none.
func (d *funnelDrawing) between(values []float64, n float64) float64 {
	for k, i := range d.bySize {
		if d.c.N[i] < n {
			continue
		}
		if k == 0 {
			return measures.Missing
		}
		before := d.bySize[k-1]
		part := (n - d.c.N[before]) / (d.c.N[i] - d.c.N[before])
		return values[before] + part*(values[i]-values[before])
	}
	return values[d.bySize[len(d.bySize)-1]]
}

// axis labels round sizes.
func (d *funnelDrawing) axis() {
	rule, below := []rune(strings.Repeat("─", d.width)), []rune(strings.Repeat(" ", d.left+d.width+12))
	step, decimals := roundStep(d.top / max(1, float64(d.width/14)))
	for n := 0.0; n <= d.top; n += step {
		text, at := words.Number(n, decimals), d.column(n)
		if d.left+at+len(text) > d.p.columns {
			break
		}
		rule[at] = '┬'
		copy(below[d.left+at:], []rune(text))
	}
	d.p.line(strings.Repeat(" ", d.left-1) + "└" + string(rule))
	d.p.line(string(below))
}

func (d *funnelDrawing) key() {
	k := key{p: d.p, left: d.left}
	seen := map[rune]measures.Cause{}
	for _, i := range d.bySize {
		seen[d.glyph(i)] = d.c.Causes[i]
	}
	for _, letter := range "◆▲▼■●○" {
		if cause, drawn := seen[letter]; drawn {
			word := map[rune]string{'●': "within the limits", '○': "left out", '■': "beyond 99.8%"}[letter]
			if word == "" {
				word = causeWord(cause) + ", beyond 99.8%"
			}
			k.add(letter, cause, word)
		}
	}
	k.end()
}

// mostOutliers is how many groups are told one by one.
const mostOutliers = 20

// outliers lists the groups beyond their outer limits.
func (p *page) outliers(item *Item) {
	list := words.Outliers(item.Words, item.Chart)
	if len(list) == 0 {
		return
	}
	p.line("")
	for i, text := range list {
		if i == mostOutliers {
			p.line(strconv.Itoa(len(list)-i) + " more: --format csv lists every group.")
			break
		}
		p.wrapped("■ ", 2, text)
	}
}
