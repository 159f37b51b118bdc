package wire

import (
	"errors"
	"math"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/signalbox-health/signalbox/measures"
)

// wantRule checks that an error is a refusal by the rule.
func wantRule(t *testing.T, err error, rule Rule) {
	t.Helper()
	var refusal *Refusal
	if !errors.As(err, &refusal) || refusal.Rule != rule {
		t.Errorf("error %v; a refusal by %q is wanted", err, rule)
	}
}

// forge is a payload open to changes.
type forge struct{ b []byte }

// section gives the place of a section's directory entry.
func (f forge) section(tag uint32) []byte {
	for i := range int(le.Uint32(f.b[12:])) {
		if entry := f.b[16+16*i:]; le.Uint32(entry) == tag {
			return entry[:16]
		}
	}
	panic("no section " + tagName(tag))
}

// body gives the bytes of a section.
func (f forge) body(tag uint32) []byte {
	entry := f.section(tag)
	from := le.Uint32(entry[8:])
	return f.b[from : from+le.Uint32(entry[12:])]
}

// column gives the entry of a column.
func (f forge) column(name string) []byte {
	texts := f.body(tagStrings)
	for list := f.body(tagColumns); len(list) > 0; list = list[columnSize:] {
		at, length := le.Uint32(list), le.Uint32(list[4:])
		if string(texts[at:at+length]) == name {
			return list[:columnSize]
		}
	}
	panic("no column " + name)
}

func (f forge) data(name string) []byte { return f.b[le.Uint32(f.column(name)[12:]):] }

func TestForgedAnswersAreRefusedByName(t *testing.T) {
	put := le.PutUint32
	for _, test := range []struct {
		name  string
		rule  Rule
		forge func(f forge)
	}{
		{"another magic", RuleEnvelope, func(f forge) { f.b[0] = 'X' }},
		{"a request for an answer", RuleEnvelope, func(f forge) { f.b[4] = 1 }},
		{"an unknown status", RuleEnvelope, func(f forge) { f.b[6] = 9 }},
		{"a total that is too large", RuleEnvelope, func(f forge) { put(f.b[8:], uint32(len(f.b)+1)) }},
		{"too many sections", RuleDirectory, func(f forge) { put(f.b[12:], MaxSections+1) }},
		{"a directory beyond the end", RuleBounds, func(f forge) { put(f.b[12:], 64); put(f.b[8:], uint32(len(f.b))) }},
		{"a section twice", RuleRepeated, func(f forge) { put(f.section(tagNotes), tagSignals) }},
		{"an unknown section that must be understood", RuleDirectory, func(f forge) { e := f.section(tagNotes); put(e, 0x58585858); put(e[4:], 1) }},
		{"a section beyond the end", RuleBounds, func(f forge) { put(f.section(tagNotes)[8:], uint32(len(f.b))) }},
		{"a section of 4 GiB", RuleBounds, func(f forge) { put(f.section(tagNotes)[12:], math.MaxUint32) }},
		{"a section out of line", RuleAlignment, func(f forge) { e := f.section(tagNotes); put(e[8:], le.Uint32(e[8:])+4) }},
		{"a section over another", RuleOverlap, func(f forge) { e := f.section(tagNotes); put(e[8:], le.Uint32(f.section(tagCharts)[8:])) }},
		{"a section over the directory", RuleOverlap, func(f forge) { e := f.section(tagNotes); put(e[8:], 16) }},
		{"a section over the envelope", RuleOverlap, func(f forge) { e := f.section(tagNotes); put(e[8:], 8) }},
		{"half an entry", RuleBounds, func(f forge) { e := f.section(tagCharts); put(e[12:], le.Uint32(e[12:])-8) }},
		{"a column over another", RuleOverlap, func(f forge) { put(f.column("centre")[12:], le.Uint32(f.column("y")[12:])) }},
		{"a column of another type", RuleColumn, func(f forge) { put(f.column("y")[8:], columnU8) }},
		{"a column of a type to come", RuleColumn, func(f forge) { put(f.column("y")[8:], 99) }},
		{"a column that is too short", RuleColumn, func(f forge) { e := f.column("y"); put(e[16:], le.Uint32(e[16:])-8) }},
		{"a column with another row count", RuleRowCount, func(f forge) { e := f.column("y"); put(e[24:], 3); put(e[16:], 24) }},
		{"a column with four milliard rows", RuleRowCount, func(f forge) { put(f.column("y")[24:], math.MaxUint32) }},
		{"a column twice", RuleRepeated, func(f forge) { copy(f.column("centre")[:8], f.column("y")[:8]) }},
		{"missing rows in a column of bits", RuleColumn, func(f forge) { e := f.column("signals"); put(e[20:], le.Uint32(f.column("y")[20:])) }},
		{"a null bitmap over a column", RuleOverlap, func(f forge) { put(f.column("y")[20:], le.Uint32(f.column("x")[12:])) }},
		{"a null bitmap beyond the end", RuleBounds, func(f forge) { put(f.column("y")[20:], 1<<30) }},
		{"NaN", RuleNotFinite, func(f forge) { le.PutUint64(f.data("y"), math.Float64bits(math.NaN())) }},
		{"NaN under a null bit", RuleNotFinite, func(f forge) { le.PutUint64(f.data("y")[8:], math.Float64bits(math.NaN())) }},
		{"infinity", RuleNotFinite, func(f forge) { le.PutUint64(f.data("centre"), math.Float64bits(math.Inf(-1))) }},
		{"an infinite target", RuleNotFinite, func(f forge) { le.PutUint64(f.body(tagCharts)[32:], math.Float64bits(math.Inf(1))) }},
		{"an undeclared signal", RuleSignal, func(f forge) { put(f.data("signals")[4:], uint32(measures.Nelson1)) }},
		{"a signal nobody knows", RuleSignal, func(f forge) { put(f.body(tagSignals), 31) }},
		{"a signal with another's meaning", RuleSignal, func(f forge) { put(f.body(tagSignals), 0) }},
		{"a signal beyond the bits", RuleSignal, func(f forge) { put(f.body(tagSignals), 32) }},
		{"text that is not UTF-8", RuleText, func(f forge) { f.body(tagStrings)[le.Uint32(f.body(tagNotes)[16:])] = 0xff }},
		{"text that moves the cursor", RuleText, func(f forge) { f.body(tagStrings)[le.Uint32(f.body(tagNotes)[16:])] = 0x1b }},
		{"text cut inside a character", RuleText, func(f forge) {
			copy(f.body(tagStrings)[le.Uint32(f.body(tagNotes)[16:])-1:], "é")
		}},
		{"a string beyond STRS", RuleBounds, func(f forge) { put(f.body(tagNotes)[20:], 1<<31) }},
		{"a note to no chart", RuleNote, func(f forge) { put(f.body(tagNotes), 2) }},
		{"an unknown kind", RuleValue, func(f forge) { f.body(tagCharts)[4] = 200 }},
		{"an unknown assurance", RuleValue, func(f forge) { f.body(tagCharts)[8] = 200 }},
		{"an unknown cause", RuleValue, func(f forge) { f.data("cause")[0] = 77 }},
		{"a statistic below nothing", RuleValue, func(f forge) { put(f.body(tagStatistics), uint32(0xfffffff0)) }},
		{"rows shared by two charts", RuleRowCount, func(f forge) { put(f.body(tagCharts)[chartSize+12:], 0) }},
		{"rows beyond the columns", RuleRowCount, func(f forge) { put(f.body(tagCharts)[chartSize+16:], 1000) }},
		{"rows of no chart", RuleRowCount, func(f forge) { put(f.body(tagCharts)[chartSize+16:], 0) }},
		{"phases beyond STAT", RuleRowCount, func(f forge) { put(f.body(tagCharts)[chartSize+24:], 5) }},
	} {
		t.Run(test.name, func(t *testing.T) {
			payload := goldens(t)["answer"]
			test.forge(forge{payload})
			_, err := DecodeAnswer(payload)
			wantRule(t, err, test.rule)
		})
	}
}

func TestForgedRequestsAreRefusedByName(t *testing.T) {
	put := le.PutUint32
	for _, test := range []struct {
		name  string
		rule  Rule
		forge func(f forge)
	}{
		{"no measure", RuleDirectory, func(f forge) { put(f.section(tagMeasure)[12:], 0) }},
		{"a parameter twice", RuleRepeated, func(f forge) { copy(f.body(tagParameters)[32:40], f.body(tagParameters)[:8]) }},
		{"a parameter of a type to come", RuleValue, func(f forge) { put(f.body(tagParameters)[8:], 9) }},
		{"an infinite parameter", RuleNotFinite, func(f forge) { le.PutUint64(f.body(tagParameters)[32+16:], math.Float64bits(math.Inf(1))) }},
		{"neither true nor false", RuleValue, func(f forge) { put(f.body(tagParameters)[64+16:], 2) }},
		{"an unknown state", RuleValue, func(f forge) { f.data("state")[0] = 9 }},
		{"periods out of order", RuleOrder, func(f forge) { put(f.data("period"), 30000) }},
		{"a baseline below zero", RuleValue, func(f forge) { put(f.body(tagPhases)[4:], math.MaxUint32) }},
		{"an infinite target", RuleNotFinite, func(f forge) { le.PutUint64(f.body(tagTargets)[8:], math.Float64bits(math.NaN())) }},
		{"rows shared by two series", RuleRowCount, func(f forge) { put(f.body(tagSeries)[seriesSize+16:], 0) }},
	} {
		t.Run(test.name, func(t *testing.T) {
			payload := goldens(t)["request"]
			test.forge(forge{payload})
			_, err := DecodeRequest(payload)
			wantRule(t, err, test.rule)
		})
	}
}

func TestUnknownSectionsAndColumnsAreSkipped(t *testing.T) {
	payload := goldens(t)["answer"]
	put := le.PutUint32
	f := forge{payload}
	put(f.section(tagNotes), 0x58585858) // notes of 2036
	put(f.column("n")[8:], 99)           // would be needed, so give it an unknown name too
	copy(f.body(tagStrings)[le.Uint32(f.column("n")):], "?")
	a, err := DecodeAnswer(payload)
	if err != nil {
		t.Fatal(err)
	}
	if len(a.Charts[0].Notes) != 0 || !measures.IsMissing(a.Charts[0].N[0]) || a.Charts[0].Y[0] != 5 {
		t.Errorf("%+v", a.Charts[0])
	}
}

func TestEveryPrefixOfAPayloadIsRefused(t *testing.T) {
	payload := goldens(t)["answer"]
	for n := range payload {
		if _, err := DecodeAnswer(payload[:n]); err == nil {
			t.Fatalf("%d of %d bytes were taken for an answer", n, len(payload))
		}
	}
}

func TestAnswersThatDoNotAnswerAreRefusedByName(t *testing.T) {
	for _, test := range []struct {
		name   string
		rule   Rule
		change func(a *Answer)
	}{
		{"no charts", RuleSeries, func(a *Answer) { a.Charts = nil }},
		{"a series without a chart", RuleSeries, func(a *Answer) { a.Charts = a.Charts[:1] }},
		{"a series passed over", RuleSeries, func(a *Answer) { a.Charts = a.Charts[1:] }},
		{"a series that was not asked about", RuleSeries, func(a *Answer) { a.Charts[1].Series = 2 }},
		{"charts out of order", RuleOrder, func(a *Answer) {
			a.Charts[0], a.Charts[1] = a.Charts[1], a.Charts[0]
			a.Charts = append(a.Charts[1:], a.Charts...)
		}},
		{"too many charts", RuleSeries, func(a *Answer) {
			for range MaxCharts {
				a.Charts = append(a.Charts, a.Charts[1])
			}
		}},
		{"a point too few", RuleRowCount, func(a *Answer) { drop(&a.Charts[0]) }},
		{"a point too many", RuleRowCount, func(a *Answer) { a.Charts[1].X = append(a.Charts[1].X, 20520) }},
		{"another x", RuleX, func(a *Answer) { a.Charts[0].X[1]++ }},
		{"dates for whole numbers", RuleX, func(a *Answer) { a.Charts[0].XIsDate = false }},
		{"a value where nothing was measured", RuleInvented, func(a *Answer) { a.Charts[0].Y[1] = 4 }},
		{"a cause without a value", RuleInvented, func(a *Answer) { a.Charts[0].Causes[1] = measures.Common }},
		{"a signal without a value", RuleInvented, func(a *Answer) { a.Charts[0].Signals[1] = measures.ShiftAbove }},
		{"phases from 0", RulePhase, func(a *Answer) { a.Charts[0].Phase[0] = 0 }},
		{"phases from 2", RulePhase, func(a *Answer) { a.Charts[1].Phase[0] = 2 }},
		{"phases that go back", RulePhase, func(a *Answer) { a.Charts[0].Phase = []int32{1, 2, 1} }},
		{"a phase without statistics", RulePhase, func(a *Answer) { a.Charts[0].Phase[2] = 2 }},
		{"a refusal without a word", RuleMessage, func(a *Answer) { *a = Answer{Status: Unsuited} }},
		{"a refusal with charts", RuleMessage, func(a *Answer) { a.Status, a.Message = Unsuited, "no" }},
	} {
		t.Run(test.name, func(t *testing.T) {
			q, a := sampleRequest(), sampleAnswer()
			test.change(&a)
			wantRule(t, a.Accept(&q), test.rule)
		})
	}
}

func drop(c *measures.Chart) {
	n := len(c.X) - 1
	c.X, c.Y, c.Phase, c.Causes, c.Signals = c.X[:n], c.Y[:n], c.Phase[:n], c.Causes[:n], c.Signals[:n]
}

func TestTooLongTextIsRefused(t *testing.T) {
	for _, test := range []struct {
		rule   Rule
		change func(a *Answer)
	}{
		{RuleMessage, func(a *Answer) { *a = Answer{Status: Unsuited, Message: strings.Repeat("a", MaxMessage+1)} }},
		{RuleText, func(a *Answer) { a.Charts[0].Notes[0].Text = strings.Repeat("a", MaxNote+1) }},
		{RuleText, func(a *Answer) { a.Charts[0].Notes[0].Code = strings.Repeat("a", MaxCode+1) }},
		{RuleNote, func(a *Answer) { a.Charts[0].Notes = make([]measures.Note, MaxNotes+1) }},
	} {
		a := sampleAnswer()
		test.change(&a)
		payload, err := AppendAnswer(nil, &a)
		if err != nil {
			t.Fatal(err)
		}
		_, err = DecodeAnswer(payload)
		wantRule(t, err, test.rule)
	}
}

func TestHTMLInTextIsRefusedAndLessThanIsNot(t *testing.T) {
	for text, refused := range map[string]bool{
		"<b>bold</b>": true, "<script>": true, "a</p>": true, "<!-- hidden -->": true, "<?xml?>": true, "<IMG SRC=x>": true, "x<y": true,
		"p < 0.05": false, "<5 were left out": false, "<- look left": false, "a <> b": false, "<": false, "2 <": false, "<\u00e9t\u00e9": false, "A&E": false,
		"turned \u202eround": true, "a line\u2028another": true, "\u009b2J": true, "right\u200fto left": false,
	} {
		note, decline := sampleAnswer(), Answer{Status: Unsuited, Message: text}
		note.Charts[0].Notes[0].Text = text
		for name, a := range map[string]*Answer{"note": &note, "message": &decline} {
			payload, err := AppendAnswer(nil, a)
			if err != nil {
				t.Fatal(err)
			}
			switch _, err = DecodeAnswer(payload); {
			case refused:
				wantRule(t, err, RuleText)
			case err != nil:
				t.Errorf("%s %q: %v", name, text, err)
			}
		}
		a := Answer{Status: Unsuited, Message: Shown(text, MaxMessage)}
		payload, err := AppendAnswer(nil, &a)
		if err == nil {
			_, err = DecodeAnswer(payload)
		}
		if err != nil || !refused && a.Message != text {
			t.Errorf("%q made fit is %q: %v", text, a.Message, err)
		}
	}
	note := sampleAnswer()
	note.Charts[0].Notes[0].Code = "<i>"
	payload, err := AppendAnswer(nil, &note)
	if err != nil {
		t.Fatal(err)
	}
	_, err = DecodeAnswer(payload)
	wantRule(t, err, RuleText)
}

func TestTextIsMadeFitWithinItsLength(t *testing.T) {
	for _, limit := range []int{0, 1, 2, 7, 100} {
		if got := Shown("\xff<\u00e9\n<b<b", limit); len(got) > limit || !utf8.ValidString(got) {
			t.Errorf("%q has %d bytes, at most %d were wanted", got, len(got), limit)
		}
	}
	if got := Shown("\xff<\u00e9\n<b<b", 100); got != "?<\u00e9 < b< b" {
		t.Errorf("%q", got)
	}
}

func TestSubgroupChartsHaveOnePointForEqualX(t *testing.T) {
	q := Request{Entry: "xbar", Inputs: []string{"value"}, Whole: true, Series: []measures.Series{{
		Periods: []measures.Date{1, 1, 1, 2, 2}, States: make([]measures.State, 5), Columns: [][]float64{{1, 2, 3, 4, 5}}}}}
	a := Answer{Charts: []measures.Chart{{Kind: measures.XBar, X: []int32{1, 2}, Y: []float64{2, 4.5}, Phase: []int32{1, 1},
		Signals: make([]measures.Signals, 2), Causes: []measures.Cause{1, 1}, Phases: make([]measures.PhaseStatistics, 1)}}}
	if err := a.Accept(&q); err != nil {
		t.Error(err)
	}
	a.Charts[0].Kind = measures.XmR
	wantRule(t, a.Accept(&q), RuleX)
}
