package words

import (
	"strings"

	"github.com/signalbox-health/signalbox/measures"
)

// Paragraph tells a chart for the record, in full sentences and in this order:
// what was charted, over which points, which of them are missing or left out,
// how the lines were made, the phases, what the rules found with dates and
// values, where the target lies, and what to bear in mind.
func Paragraph(s Subject, c *measures.Chart) string {
	v := look(s, c)
	if v.last < 0 {
		return v.titled(v.nothing())
	}
	sentences := []string{v.titled(v.charted())}
	for _, sentence := range [...]string{Sentence(s, c).String()} {
		if sentence != "" {
			sentences = append(sentences, sentence)
		}
	}
	for _, note := range c.Notes {
		sentences = append(sentences, note.Text)
	}
	return strings.Join(sentences, " ")
}

// titled puts what was charted before the first sentence.
func (v *view) titled(text string) string {
	if v.s.Title == "" {
		return text
	}
	return v.s.Title + ". " + text
}

// charted is "36 months from June 2023 to May 2026."
func (v *view) charted() string {
	n := v.c.Len()
	if n == 1 {
		return capital(v.count(1)) + ", " + v.period(0) + "."
	}
	return capital(v.count(n)) + " from " + v.period(0) + " to " + v.period(n-1) + "."
}
