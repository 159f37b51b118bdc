package words

import (
	"strings"

	"github.com/signalbox-health/signalbox/measures"
)

// counted reports whether a kind counts what lies between events: cases or time.
func counted(kind measures.Kind) bool { return kind == measures.G || kind == measures.T }

// event is what is counted, or counted between: "infection".
func (v *view) event() string {
	if v.s.Event != "" {
		return v.s.Event
	}
	return "event"
}

func (v *view) events() string { return plural(v.event(), 2) }

func (v *view) oneCase() string {
	if v.s.Case != "" {
		return v.s.Case
	}
	return "case"
}

// plural writes a word of English for so many.
func plural(word string, n int) string {
	if n == 1 || word == "" {
		return word
	}
	before, last := word[:len(word)-1], word[len(word)-1]
	switch {
	case strings.HasSuffix(word, "s"), strings.HasSuffix(word, "x"), strings.HasSuffix(word, "ch"), strings.HasSuffix(word, "sh"):
		return word + "es"
	case last == 'y' && !strings.ContainsAny(before[max(0, len(before)-1):], "aeiou"):
		return before + "ies"
	}
	return word + "s"
}

// spent is the value of a g or t chart: "38 cases", "21 days".
func (v *view) spent() string {
	switch {
	case v.s.Unit.Words != "" || v.s.Unit.Symbol != "":
		return v.named(v.c.Y[v.last])
	case v.c.Kind == measures.G:
		return v.value(v.c.Y[v.last]) + " " + plural("case", map[bool]int{true: 1}[v.c.Y[v.last] == 1])
	}
	return "A time of " + v.value(v.c.Y[v.last])
}

// since is the opening of a g or t chart: "38 cases before the infection on 3
// June 2025".
func (v *view) since() string { return v.spent() + " before the " + v.event() + " " + v.at(v.last) }

// betweenChance says what chance gives between events. The line of a g chart is
// the median, so half lie below it.
func (v *view) betweenChance() string {
	lower, upper, centre := v.c.Lower[v.last], v.c.Upper[v.last], v.c.Centre[v.last]
	text := "It moves only by chance, up to " + v.value(upper)
	if lower > 0 {
		text = "It moves only by chance, between " + v.value(lower) + " and " + v.value(upper)
	}
	if v.c.Kind == measures.G {
		return text + "; about half lie below " + v.value(centre) + "."
	}
	return text + ", around " + v.value(centre) + "."
}

// rarer ends the judgement on a g or t chart: high is long between events.
func (v *view) rarer(lasting bool) string {
	if !counted(v.c.Kind) || v.brief {
		return ""
	}
	switch up := v.reason()&above != 0; {
	case up && lasting:
		return ": " + v.events() + " have become rarer"
	case up:
		return ": an unusually long time without one"
	case lasting:
		return ": " + v.events() + " have become more frequent"
	}
	return ": an unusually short time without one"
}
