package host_test

import (
	"encoding/binary"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/sdk/wire"
)

// payloadCases are answers that are wrong in what they say or in how it is laid
// out, given by a guest that knows nothing else.
func payloadCases(t testing.TB) []hostileCase {
	cases := []hostileCase{allowed("the true answer", answering(encoded(t, truth(t)))),
		allowed("limits of one's own, said to be so", answering(encoded(t, custody(truth(t)))))}
	for _, lie := range lies {
		a := truth(t)
		lie.tell(&a)
		cases = append(cases, faulty(lie.name, answering(encoded(t, a)), lie.cause))
	}
	for _, f := range forgeries {
		b := forged(encoded(t, truth(t)))
		f.forge(b)
		cases = append(cases, faulty(f.name, answering(string(b)), f.cause))
	}
	declined := encoded(t, wire.Answer{Status: wire.Unsuited, Message: "no"})
	for name, status := range map[string]uint16{"status 3": 3, "status 65535": math.MaxUint16} {
		b := []byte(declined)
		binary.LittleEndian.PutUint16(b[6:], status)
		cases = append(cases, faulty(name, answering(string(b)), "malformed answer: envelope: status"))
	}
	q := corpusQuestion()
	question, err := wire.AppendRequest(nil, &q)
	if err != nil {
		t.Fatal(err)
	}
	return append(cases,
		faulty("the question for an answer", answering(string(question)), "malformed answer: envelope: kind 1"),
		faulty("nothing", answering(""), "malformed answer: envelope: 0 bytes"),
		faulty("zeros up to the limit", answering(strings.Repeat("\x00", wire.AnswerLimit(q.Rows()))), "malformed answer: envelope"),
		faulty("a byte more than the limit", answering(strings.Repeat("\x00", wire.AnswerLimit(q.Rows())+1)), "its answer has"),
		faulty("two answers in a row", answering(declined+declined), "malformed answer: envelope: the envelope says"),
		faulty("text for an answer", answering("<html><body>500</body></html>"), "malformed answer: envelope"))
}

// custody takes an answer for one whose limits nobody else knows.
func custody(a wire.Answer) wire.Answer {
	for i := range a.Charts {
		a.Charts[i].Kind = measures.Custom
		a.Charts[i].Upper[0]++
	}
	return a
}

func note(a *wire.Answer, code, text string) {
	a.Charts[0].Notes = append(a.Charts[0].Notes, measures.Note{Code: code, Text: text})
}

// lies are answers that are written soundly.
var lies = []struct {
	name, cause string
	tell        func(a *wire.Answer)
}{
	{"no charts", "malformed answer: series-index: series 0 has no chart", func(a *wire.Answer) { a.Charts = nil }},
	{"no charts and a message", "malformed answer: series-index", func(a *wire.Answer) { *a = wire.Answer{Message: "all is well"} }},
	{"a series without a chart", "malformed answer: series-index: series 1 has no chart", func(a *wire.Answer) { a.Charts = a.Charts[:1] }},
	{"five charts of a series", "malformed answer: series-index: series 1 has more than 4", func(a *wire.Answer) {
		for range 4 {
			a.Charts = append(a.Charts, a.Charts[1])
		}
	}},
	{"a chart of nobody", "malformed answer: series-index: chart 1 is of series 7", func(a *wire.Answer) { a.Charts[1].Series = 7 }},
	{"charts the wrong way round", "malformed answer: series-index", func(a *wire.Answer) { slices.Reverse(a.Charts) }},
	{"two series swapped", "untrue answer: xmr chart of series 0 (R00)", func(a *wire.Answer) {
		slices.Reverse(a.Charts)
		a.Charts[0].Series, a.Charts[1].Series = 0, 1
		a.Charts[0].Y[4], a.Charts[0].N[4] = measures.Missing, measures.Missing
		a.Charts[0].Signals[4], a.Charts[0].Causes[4] = 0, measures.NoCause
	}},
	{"a point too few", "malformed answer: row-count: chart 0 has 23 points", func(a *wire.Answer) { shorten(&a.Charts[0], 23) }},
	{"no points", "malformed answer: row-count: chart 1 has 0 points", func(a *wire.Answer) { shorten(&a.Charts[1], 0); a.Charts[1].Phases = nil }},
	{"a point too many", "malformed answer: row-count: chart 0 has 25 points, its series has 24", func(a *wire.Answer) {
		a.Charts[0] = lengthen(a.Charts[0])
	}},
	{"another x", "malformed answer: x: chart 1, point 3", func(a *wire.Answer) { a.Charts[1].X[3]++ }},
	{"numbers for dates", "malformed answer: x: chart 0", func(a *wire.Answer) { a.Charts[0].XIsDate, a.Charts[1].XIsDate = false, false }},
	{"phases from 2", "malformed answer: phase: chart 0, point 0", func(a *wire.Answer) { fill(a.Charts[0].Phase, 2) }},
	{"phases from 0", "malformed answer: phase: chart 0, point 0", func(a *wire.Answer) { fill(a.Charts[0].Phase, 0) }},
	{"a phase below nothing", "malformed answer: phase: chart 0, point 0", func(a *wire.Answer) { fill(a.Charts[0].Phase, math.MinInt32) }},
	{"phases that go back", "malformed answer: phase: chart 0, point 2", func(a *wire.Answer) { a.Charts[0].Phase[1] = 2; a.Charts[0].Phase[2] = 1 }},
	{"a phase left out", "malformed answer: phase: chart 0, point 9", func(a *wire.Answer) { fill(a.Charts[0].Phase[9:], 3) }},
	{"a phase without statistics", "malformed answer: phase: chart 0 has points in 2", func(a *wire.Answer) { fill(a.Charts[0].Phase[9:], 2) }},
	{"statistics without a phase", "malformed answer: phase: chart 0 has points in 1", func(a *wire.Answer) {
		a.Charts[0].Phases = append(a.Charts[0].Phases, a.Charts[0].Phases[0])
	}},
	{"a phase of one's own", "untrue answer", func(a *wire.Answer) {
		fill(a.Charts[0].Phase[9:], 2)
		a.Charts[0].Phases = append(a.Charts[0].Phases, a.Charts[0].Phases[0])
	}},
	{"a value invented", "malformed answer: invented: chart 0, point 4 has a value", func(a *wire.Answer) { a.Charts[0].Y[4] = 0.5 }},
	{"a cause without a value", "malformed answer: invented: chart 0, point 4", func(a *wire.Answer) { a.Charts[0].Causes[4] = measures.Concern }},
	{"a signal without a value", "malformed answer: invented: chart 0, point 4", func(a *wire.Answer) { a.Charts[0].Signals[4] = measures.OutsideUpper }},
	{"a limit wrong by a bit", "untrue answer: xmr chart of series 1 (R01): point 23: the upper limit", func(a *wire.Answer) {
		a.Charts[1].Upper[23] = math.Nextafter(a.Charts[1].Upper[23], 0)
	}},
	{"minus nought for nought", "untrue answer: xmr chart of series 0 (R00): point 0: the n is -0", func(a *wire.Answer) { a.Charts[0].N[0] = math.Copysign(0, -1) }},
	{"no limits", "untrue answer: xmr chart of series 0 (R00): point 0: the lower limit is NaN", func(a *wire.Answer) { a.Charts[0].Lower, a.Charts[0].Upper = nil, nil }},
	{"another centre", "untrue answer: xmr chart of series 0 (R00): point 0: the centre", func(a *wire.Answer) { a.Charts[0].Centre[0]++ }},
	{"a point moved", "untrue answer: xmr chart of series 0 (R00): point 7: the y", func(a *wire.Answer) { a.Charts[0].Y[7] /= 2 }},
	{"a point hidden", "untrue answer: xmr chart of series 0 (R00)", func(a *wire.Answer) {
		c := &a.Charts[0]
		c.Y[7], c.Causes[7], c.Signals[7] = measures.Missing, measures.NoCause, 0
	}},
	{"a signal invented", "untrue answer: xmr chart of series 0 (R00): point 0", func(a *wire.Answer) { a.Charts[0].Signals[0] |= measures.ShiftAbove }},
	{"a cause glossed over", "untrue answer: xmr chart of series 0 (R00): point 0", func(a *wire.Answer) { a.Charts[0].Causes[0] = measures.Improvement }},
	{"a verdict glossed over", "untrue answer: xmr chart of series 0 (R00): judged improvement_high", func(a *wire.Answer) { a.Charts[0].Variation = measures.ImprovementHigh }},
	{"an assurance given", "untrue answer: xmr chart of series 1 (R01): judged", func(a *wire.Answer) { a.Charts[1].Assurance++ }},
	{"another target", "untrue answer: xmr chart of series 0 (R00): its target", func(a *wire.Answer) { a.Charts[0].Target = 0.01 }},
	{"other rules", "untrue answer: xmr chart of series 0 (R00): made under rules nelson", func(a *wire.Answer) { a.Charts[0].Rules = measures.Nelson }},
	{"another direction", "untrue answer: xmr chart of series 0 (R00): made under", func(a *wire.Answer) { a.Charts[0].Direction = measures.Decrease }},
	{"other statistics", "untrue answer: xmr chart of series 0 (R00): phase 1", func(a *wire.Answer) { a.Charts[0].Phases[0].N++ }},
	{"an xmr chart said to be of moving ranges", "untrue answer: mr chart of series 0", func(a *wire.Answer) { a.Charts[0].Kind = measures.MR }},
	{"an xmr chart said to be a p chart", "untrue answer: ", func(a *wire.Answer) { a.Charts[0].Kind = measures.P }},
	{"an xmr chart said to be a run chart", "untrue answer: run chart of series 0", func(a *wire.Answer) { a.Charts[0].Kind = measures.Run }},
	{"an xmr chart said to be a funnel", "untrue answer: ", func(a *wire.Answer) { a.Charts[0].Kind = measures.Funnel }},
	{"a custom chart said to be an xmr chart", "untrue answer: xmr chart of series 0 (R00): point 0: the upper limit", func(a *wire.Answer) {
		custody(*a)
		a.Charts[0].Kind = measures.XmR
	}},
	{"false ranges beside a true chart", "untrue answer: mr chart of series 0", func(a *wire.Answer) {
		a.Charts = slices.Insert(a.Charts, 1, a.Charts[0])
		a.Charts[1].Kind = measures.MR
	}},
	{"a column of another kind", "untrue answer: xmr chart of series 0 (R00): point 0: the weighted mean", func(a *wire.Answer) { a.Charts[0].EWMA = slices.Clone(a.Charts[0].N) }},
	{"an oversized note", "malformed answer: text: text of a note: 1025 bytes", func(a *wire.Answer) { note(a, "long", strings.Repeat("x", wire.MaxNote+1)) }},
	{"an oversized code", "malformed answer: text: code of a note: 65 bytes", func(a *wire.Answer) { note(a, strings.Repeat("x", wire.MaxCode+1), "x") }},
	{"too many notes", "malformed answer: note: more than 16 notes", func(a *wire.Answer) {
		a.Charts[0].Notes = make([]measures.Note, wire.MaxNotes+1)
	}},
	{"a tag in a note", "malformed answer: text: text of a note: HTML", func(a *wire.Answer) { note(a, "tag", "see <a href=//example.org>here</a>") }},
	{"a script in a code", "malformed answer: text: code of a note: HTML", func(a *wire.Answer) { note(a, "<script>", "x") }},
	{"a comment in a note", "malformed answer: text: text of a note: HTML", func(a *wire.Answer) { note(a, "tag", "well <!-- not so -->") }},
	{"a note that is not UTF-8", "malformed answer: text: STRS: not UTF-8", func(a *wire.Answer) { note(a, "x", "caf\xe9") }},
	{"a surrogate in a note", "malformed answer: text: STRS: not UTF-8", func(a *wire.Answer) { note(a, "x", "\xed\xa0\x80") }},
	{"an overlong character", "malformed answer: text: STRS: not UTF-8", func(a *wire.Answer) { note(a, "x", "\xc0\xbcscript>") }},
	{"a note that moves the cursor", "malformed answer: text: STRS: control characters", func(a *wire.Answer) { note(a, "x", "\x1b[2J") }},
	{"a note of two lines", "malformed answer: text: STRS: control characters", func(a *wire.Answer) { note(a, "x", "one\ntwo") }},
	{"a note with a nul", "malformed answer: text: STRS: control characters", func(a *wire.Answer) { note(a, "x", "one\x00two") }},
	{"a note read from behind", "malformed answer: text: text of a note: the control character U+202E", func(a *wire.Answer) { note(a, "x", "safe \u202eevil") }},
	{"a message that is HTML", "malformed answer: text: message: HTML", func(a *wire.Answer) { *a = wire.Answer{Status: wire.Unsuited, Message: "<h1>Sorry</h1>"} }},
	{"a message that is not UTF-8", "malformed answer: text: message: not UTF-8", func(a *wire.Answer) { *a = wire.Answer{Status: wire.Unsuited, Message: "\xff"} }},
	{"an oversized message", "malformed answer: message: a message of 4097 bytes", func(a *wire.Answer) {
		*a = wire.Answer{Status: wire.Unsuited, Message: strings.Repeat("x", wire.MaxMessage+1)}
	}},
	{"declining without a word", "malformed answer: message: status 1 without a message", func(a *wire.Answer) { *a = wire.Answer{Status: wire.Unsuited} }},
	{"declining with charts", "malformed answer: message: status 1 with 2 charts", func(a *wire.Answer) { a.Status, a.Message = wire.Unsuited, "no" }},
	{"unsupported with charts", "malformed answer: message: status 2 with 2 charts", func(a *wire.Answer) { a.Status, a.Message = wire.Unsupported, "no" }},
}

func fill(list []int32, v int32) {
	for i := range list {
		list[i] = v
	}
}

// shorten cuts a chart to its first points.
func shorten(c *measures.Chart, n int) {
	c.X, c.Phase, c.Signals, c.Causes = c.X[:n], c.Phase[:n], c.Signals[:n], c.Causes[:n]
	for _, column := range []*[]float64{&c.Y, &c.N, &c.Centre, &c.Lower, &c.Upper, &c.NearLower, &c.NearUpper} {
		if *column != nil {
			*column = (*column)[:n]
		}
	}
}

// lengthen gives a chart its last point twice.
func lengthen(c measures.Chart) measures.Chart {
	last := len(c.X) - 1
	c.X, c.Phase = append(c.X[:last:last], c.X[last], c.X[last]), append(c.Phase[:last:last], c.Phase[last], c.Phase[last])
	c.Signals, c.Causes = append(c.Signals[:last:last], 0, 0), append(c.Causes[:last:last], c.Causes[last], c.Causes[last])
	for _, column := range []*[]float64{&c.Y, &c.N, &c.Centre, &c.Lower, &c.Upper, &c.NearLower, &c.NearUpper} {
		if *column != nil {
			*column = append((*column)[:last:last], (*column)[last], (*column)[last])
		}
	}
	return c
}

// forged is a payload open to changes of its bytes, by the offsets that
// docs/plug-socket.md gives.
type forged []byte

// section gives the entry of a section in the directory.
func (b forged) section(tag string) forged {
	for i := range int(binary.LittleEndian.Uint32(b[12:])) {
		if entry := b[16+16*i:]; string(entry[:4]) == tag {
			return entry[:16]
		}
	}
	panic("no section " + tag)
}

func (b forged) body(tag string) forged {
	entry := b.section(tag)
	return b[entry.at(8) : entry.at(8)+entry.at(12)]
}

// column gives the entry of a column.
func (b forged) column(name string) forged {
	texts := b.body("STRS")
	for list := b.body("COLS"); len(list) > 0; list = list[32:] {
		if string(texts[list.at(0):list.at(0)+list.at(4)]) == name {
			return list[:32]
		}
	}
	panic("no column " + name)
}

func (b forged) rows(name string) forged { return b[b.column(name).at(12):] }

func (b forged) at(offset int) uint32 { return binary.LittleEndian.Uint32(b[offset:]) }

func (b forged) put(offset int, v uint32) { binary.LittleEndian.PutUint32(b[offset:], v) }

func (b forged) putFloat(offset int, v float64) {
	binary.LittleEndian.PutUint64(b[offset:], math.Float64bits(v))
}

// forgeries are answers whose layout is wrong.
var forgeries = []struct {
	name, cause string
	forge       func(b forged)
}{
	{"another magic", "malformed answer: envelope", func(b forged) { b[3] = '2' }},
	{"a total too large", "malformed answer: envelope: the envelope says", func(b forged) { b.put(8, uint32(len(b)+8)) }},
	{"a total too small", "malformed answer: envelope: the envelope says", func(b forged) { b.put(8, uint32(len(b)-8)) }},
	{"a total of 4 GiB", "malformed answer: envelope: the envelope says", func(b forged) { b.put(8, math.MaxUint32) }},
	{"too many sections", "malformed answer: directory: 65 sections", func(b forged) { b.put(12, 65) }},
	{"four milliard sections", "malformed answer: directory", func(b forged) { b.put(12, math.MaxUint32) }},
	{"a section twice", "malformed answer: repeated: section \"SIGN\"", func(b forged) { copy(b.section("NOTE"), "SIGN") }},
	{"a section that must be understood", "malformed answer: directory: section \"EVIL\"", func(b forged) { copy(b.section("NOTE"), "EVIL\x01") }},
	{"a section beyond the end", "malformed answer: bounds: section \"STAT\"", func(b forged) { b.section("STAT").put(8, uint32(len(b))) }},
	{"a section of 4 GiB", "malformed answer: bounds: section \"STAT\"", func(b forged) { b.section("STAT").put(12, math.MaxUint32) }},
	{"a section that wraps round", "malformed answer: bounds: section \"STAT\"", func(b forged) { e := b.section("STAT"); e.put(8, math.MaxUint32-7); e.put(12, 80) }},
	{"a section out of line", "malformed answer: alignment: section \"STAT\"", func(b forged) { e := b.section("STAT"); e.put(8, e.at(8)+4) }},
	{"a section over another", "malformed answer: overlap", func(b forged) { b.section("STAT").put(8, b.section("CHRT").at(8)) }},
	{"a section over the directory", "malformed answer: overlap", func(b forged) { b.section("STAT").put(8, 16) }},
	{"a section over the envelope", "malformed answer: overlap", func(b forged) { b.section("STAT").put(8, 0) }},
	{"half an entry", "malformed answer: bounds: section \"CHRT\"", func(b forged) { e := b.section("CHRT"); e.put(12, e.at(12)-4) }},
	{"a column over another", "malformed answer: overlap", func(b forged) { b.column("upper").put(12, b.column("lower").at(12)) }},
	{"a column over the charts", "malformed answer: overlap", func(b forged) { b.column("x").put(12, b.section("CHRT").at(8)) }},
	{"a column beyond the end", "malformed answer: bounds: column y", func(b forged) { b.column("y").put(12, uint32(len(b)-8)) }},
	{"a column that wraps round", "malformed answer: bounds: column y", func(b forged) { b.column("y").put(12, math.MaxUint32-7) }},
	{"a column out of line", "malformed answer: alignment: column y", func(b forged) { e := b.column("y"); e.put(12, e.at(12)+1) }},
	{"a column of another type", "malformed answer: column", func(b forged) { e := b.column("y"); e.put(8, 4); e.put(16, e.at(24)); e.put(20, 0) }},
	{"a column of a type to come", "malformed answer: column: column \"cause\" has type 77", func(b forged) { b.column("cause").put(8, 77) }},
	{"a column too short", "malformed answer: column: column \"y\"", func(b forged) { e := b.column("y"); e.put(16, e.at(16)-8) }},
	{"a column with a row less", "malformed answer: row-count: column \"y\"", func(b forged) { e := b.column("y"); e.put(16, e.at(16)-8); e.put(24, e.at(24)-1) }},
	{"four milliard rows", "malformed answer: row-count: column \"x\"", func(b forged) { b.column("x").put(24, math.MaxUint32) }},
	{"a column twice", "malformed answer: repeated: column \"y\"", func(b forged) { copy(b.column("n")[:8], b.column("y")[:8]) }},
	{"no x", "malformed answer: column: column \"x\" is missing", func(b forged) { b.column("x").put(0, b.column("phase").at(0)+1) }},
	{"no phases", "malformed answer: column: column \"phase\" is missing", func(b forged) { b.column("phase").put(4, 3) }},
	{"no causes", "malformed answer: column: column \"cause\" is missing", func(b forged) { b.column("cause").put(4, 3) }},
	{"missing phases", "malformed answer: column: column \"phase\" is not of numbers", func(b forged) { b.column("phase").put(20, b.column("y").at(20)) }},
	{"a null bitmap over a column", "malformed answer: overlap", func(b forged) { b.column("y").put(20, b.column("x").at(12)) }},
	{"a null bitmap beyond the end", "malformed answer: bounds: null bitmap of y", func(b forged) { b.column("y").put(20, uint32(len(b))) }},
	{"a null bitmap shared by two columns", "malformed answer: overlap", func(b forged) { b.column("n").put(20, b.column("y").at(20)) }},
	{"NaN", "malformed answer: not-finite: column \"y\", row 0", func(b forged) { b.rows("y").putFloat(0, math.NaN()) }},
	{"NaN beneath a null bit", "malformed answer: not-finite: column \"y\", row 4", func(b forged) { b.rows("y").putFloat(32, math.NaN()) }},
	{"a NaN that signals", "malformed answer: not-finite", func(b forged) { b.rows("upper").putFloat(8, math.Float64frombits(0x7ff0_0000_0000_0001)) }},
	{"infinity", "malformed answer: not-finite: column \"upper\", row 47", func(b forged) { b.rows("upper").putFloat(8*47, math.Inf(1)) }},
	{"infinity below nought", "malformed answer: not-finite: column \"lower\", row 0", func(b forged) { b.rows("lower").putFloat(0, math.Inf(-1)) }},
	{"an infinite target", "malformed answer: not-finite: chart 1", func(b forged) { b.body("CHRT").putFloat(40+32, math.Inf(1)) }},
	{"an undeclared signal", "malformed answer: undeclared-signal: row 0", func(b forged) { b.rows("signals").put(0, 1<<30) }},
	{"all signals", "malformed answer: undeclared-signal: row 47", func(b forged) { b.rows("signals").put(4*47, math.MaxUint32) }},
	{"a signal with another's name", "malformed answer: undeclared-signal: bit", func(b forged) { s := b.body("SIGN"); s.put(0, s.at(0)^1) }},
	{"a signal nobody knows", "malformed answer: undeclared-signal: bit 31", func(b forged) { b.body("SIGN").put(0, 31) }},
	{"a signal beyond the bits", "malformed answer: undeclared-signal: bit 4000000000", func(b forged) { b.body("SIGN").put(0, 4_000_000_000) }},
	{"strings that are not UTF-8", "malformed answer: text: STRS", func(b forged) { b.body("STRS")[0] = 0xff }},
	{"a name beyond the strings", "malformed answer: bounds: name of a column", func(b forged) { b.column("x").put(0, math.MaxUint32) }},
	{"a name of 4 GiB", "malformed answer: bounds: name of a column", func(b forged) { b.column("x").put(4, math.MaxUint32) }},
	{"an unknown kind", "malformed answer: value: chart 0: kind 200", func(b forged) { b.body("CHRT")[4] = 200 }},
	{"unknown rules", "malformed answer: value: chart 0", func(b forged) { b.body("CHRT")[5] = 200 }},
	{"an unknown verdict", "malformed answer: value: chart 0", func(b forged) { b.body("CHRT")[7] = 200 }},
	{"an unknown cause", "malformed answer: value: row 3 has cause 9", func(b forged) { b.rows("cause")[3] = 9 }},
	{"a number below none", "malformed answer: value: phase 0", func(b forged) { b.body("STAT").put(8, uint32(0xffff_fffe)) }},
	{"a runs test neither so nor so", "malformed answer: value: phase 1: its signal is 2", func(b forged) { b.body("STAT").put(40+36, 2) }},
	{"rows shared by two charts", "malformed answer: row-count: rows of a chart", func(b forged) { b.body("CHRT").put(40+12, 0) }},
	{"rows of no chart", "malformed answer: row-count: rows", func(b forged) { b.body("CHRT").put(40+16, 23) }},
	{"rows beyond the columns", "malformed answer: row-count: rows of a chart", func(b forged) { b.body("CHRT").put(40+16, math.MaxUint32) }},
	{"phases beyond the statistics", "malformed answer: row-count: phases of a chart", func(b forged) { b.body("CHRT").put(40+24, 9) }},
	{"a series of four milliard", "malformed answer: series-index", func(b forged) { b.body("CHRT").put(0, math.MaxUint32) }},
}
