package export

import (
	"io"
	"strings"
	"unicode/utf8"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/measures/words"
)

// TextOptions say how wide the terminal is and whether it shows colours.
type TextOptions struct {
	Columns int // 80 where 0; at least 40
	Colour  bool
}

// Text draws charts for a terminal: the sentence, the chart, the icons in words,
// the rules and the notes. Shapes carry every meaning; colour only repeats it.
func Text(w io.Writer, o TextOptions, items ...Item) error {
	if o.Columns == 0 {
		o.Columns = 80
	}
	p := page{columns: max(40, o.Columns), colour: o.Colour}
	for i := range items {
		if i > 0 {
			p.line("")
		}
		p.chart(&items[i])
	}
	_, err := io.WriteString(w, p.b.String())
	return err
}

// page is a text being written, at most so many columns wide.
type page struct {
	b       strings.Builder
	columns int
	colour  bool
}

func (p *page) line(text string) { p.b.WriteString(strings.TrimRight(text, " ") + "\n") }

func (p *page) chart(item *Item) {
	c := item.Chart
	p.heading(item)
	p.sentence(words.Sentence(item.Words, c))
	if c.Last() >= 0 {
		p.line("")
		p.draw(item)
	}
	if c.Kind == measures.Funnel {
		p.outliers(item)
	} else {
		p.line("")
		p.icon("Variation", words.Variation(item.Words, c))
		p.icon("Assurance", words.Assurance(item.Words, c))
	}
	p.phases(item)
	if rules := words.Explain(item.Words, c); len(rules) > 0 {
		p.line("")
		for _, rule := range rules {
			glyph := "–"
			if rule.Fired {
				glyph = p.paint(rule.Cause, string(glyphOf(rule.Cause, c.Direction != measures.Increase)))
			}
			p.wrapped(glyph+" ", 2, rule.Title+" "+rule.Text)
		}
	}
	if len(c.Notes) > 0 {
		p.line("")
		for _, note := range c.Notes {
			p.wrapped("Note  ", 6, note.Text)
		}
	}
}

// heading is the title, and below it what kind of chart this is and by which
// rules it was read.
func (p *page) heading(item *Item) {
	var parts []string
	for _, part := range []string{item.Title, item.Organisation} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	for _, line := range wrap(strings.Join(parts, ", "), p.columns) {
		if line != "" {
			p.line(p.bold(line))
		}
	}
	kind := words.KindName(item.Chart.Kind)
	if patterned(item.Chart.Kind) && item.Chart.Rules != measures.NoRules {
		kind += ", rules: " + words.RuleSetExplained(item.Chart.Rules).Name
	}
	for _, line := range wrap(kind, p.columns) {
		p.line(p.dim(line))
	}
	p.line("")
}

// patterned reports whether a rule set says anything of a kind beyond whether a
// point lies outside.
func patterned(kind measures.Kind) bool {
	switch kind {
	case measures.MR, measures.EWMA, measures.CUSUM, measures.Funnel, measures.Bernoulli, measures.VLAD:
		return false
	}
	return true
}

// sentence wraps the reading with its judgement in bold.
func (p *page) sentence(r words.Reading) {
	lines := wrap(r.String(), p.columns)
	if !p.colour || r.Judgement == "" {
		for _, line := range lines {
			p.line(line)
		}
		return
	}
	// The judgement may be broken over two lines; each part is bold by itself.
	from := utf8.RuneCountInString(r.Fact) + 1
	to := from + utf8.RuneCountInString(r.Judgement)
	at := 0
	for _, line := range lines {
		letters := []rune(line)
		a, z := min(max(from-at, 0), len(letters)), min(max(to-at, 0), len(letters))
		p.line(string(letters[:a]) + p.bold(string(letters[a:z])) + string(letters[z:]))
		at += len(letters) + 1
	}
}

func (p *page) icon(name string, icon words.Icon) {
	const indent = 11
	p.wrapped(name+strings.Repeat(" ", indent-len(name)), indent, icon.Heading+". "+icon.Text)
}

// wrapped writes a text behind a label, its further lines indented below it.
func (p *page) wrapped(label string, indent int, text string) {
	for i, line := range wrap(text, p.columns-indent) {
		if i > 0 {
			label = strings.Repeat(" ", indent)
		}
		p.line(label + line)
	}
}

// wrap breaks a text at spaces into lines of at most so many letters. A longer
// word has a line of its own.
func wrap(text string, columns int) []string {
	var lines []string
	line, length := "", 0
	for _, word := range strings.Fields(text) {
		letters := utf8.RuneCountInString(word)
		if length > 0 && length+1+letters > columns {
			lines, line, length = append(lines, line), "", 0
		}
		if length > 0 {
			line, length = line+" ", length+1
		}
		line, length = line+word, length+letters
	}
	return append(lines, line)
}

// glyphOf is the shape of a point. Shapes differ, so that they can be told apart
// without colour; a concern points the way that it went.
func glyphOf(c measures.Cause, up bool) rune {
	switch c {
	case measures.Improvement:
		return '◆'
	case measures.Concern:
		if up {
			return '▲'
		}
		return '▼'
	case measures.NeutralHigh, measures.NeutralLow:
		return '■'
	}
	return '●'
}

// paint colours a shape by its meaning.
func (p *page) paint(c measures.Cause, text string) string {
	code := ""
	switch c {
	case measures.Improvement:
		code = "38;5;32" // blue
	case measures.Concern:
		code = "38;5;208" // orange
	case measures.NeutralHigh, measures.NeutralLow:
		code = "38;5;134" // purple
	}
	return p.sgr(code, text)
}

func (p *page) bold(text string) string { return p.sgr("1", text) }
func (p *page) dim(text string) string  { return p.sgr("2", text) }

func (p *page) sgr(code, text string) string {
	if !p.colour || code == "" || text == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}
