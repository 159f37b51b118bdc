package check

import (
	"context"
	"errors"
	"strings"

	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/sdk/wire"
)

// faultFinding says what a plugin did, and what usually makes plugins do so.
func (c *checking) faultFinding(rule string, err error) Finding {
	if errors.Is(err, context.DeadlineExceeded) {
		return late(c.o.Within)
	}
	cause := causeOf(err)
	f := Finding{Rule: rule, Problem: sentence(cause)}
	for _, m := range mends {
		if strings.Contains(cause, m.sign) {
			f.Mend = m.mend
			return f
		}
	}
	f.Mend = "run it on a small question with \"signalbox plugin run\" and look where it stops."
	return f
}

// causeOf is what an error says about the plugin, without its digest.
func causeOf(err error) string {
	var fault *plugins.Fault
	if errors.As(err, &fault) {
		return fault.Cause
	}
	return err.Error()
}

// mends are signs in the cause of a fault, and what to do about each.
var mends = []struct{ sign, mend string }{
	{"deadline", "an answer has to come within 250 ms of processor time for up to 250 series, and 2 s for more: look for a loop that does not end, or work that grows with the square of the points."},
	{"not compiled within", "make single functions smaller: very large ones take a compiler minutes. Generated tables belong into data."},
	{"out of memory", "an instance has 16 MiB for the question, the work and the answer: keep one series at a time, and free or reuse what is large."},
	{"exited with status", "return an answer; a plugin that has nothing to say declines with a reason (an error in Go, unsuited in the other languages)."},
	{"stack overflow", "recursion without an end, or very large local arrays: put them into memory."},
	{"unreachable", "this is a panic or a failed assertion: look what it expects of the question that others do not have, such as a series without points."},
	{"out of bounds", "it reads or writes beyond its memory: check lengths of series, which may be 0."},
	{"integer divide by zero", "check a denominator or a number of points before dividing."},
	{"sbx_alloc", "take sbx_alloc from the SDK: it has to give 8-aligned room within the memory, grown where needed."},
	{"_initialize", "nothing but setting up may happen before the question comes."},
	{"its answer", "take the SDK's way of writing answers: address and length have to lie within the memory, and the length within the limit."},
}

// mendOf says how to mend a payload that was refused by a rule.
func mendOf(rule wire.Rule) string {
	if mend, known := ruleMends[rule]; known {
		return mend
	}
	return "use the SDK's way of writing answers; docs/plug-socket.md lays the bytes out."
}

var ruleMends = map[wire.Rule]string{
	wire.RuleRowCount:  "give every column of a chart one entry for each point of its series.",
	wire.RuleNotFinite: "look for a division by 0 or the logarithm of 0; a number that is not there is missing, and not infinite.",
	wire.RuleText:      "keep texts to whole characters of UTF-8 on one line, and to the length that is allowed.",
	wire.RuleSignal:    "use the signals of the socket; a rule of your own is told in a note.",
	wire.RuleSeries:    "give every series of the question one to four charts, with its number.",
	wire.RuleOrder:     "give charts in the order of the question's series.",
	wire.RuleX:         "copy x from the periods of the series.",
	wire.RulePhase:     "number phases from 1, without gaps, and give statistics for each.",
	wire.RuleInvented:  "leave a point without a value where nothing was measured, and give it no signal and no cause.",
	wire.RuleMessage:   "decline with a message of one line, and without charts.",
	wire.RuleNote:      "give a chart 16 notes at most, of 1,024 bytes at most.",
	wire.RuleValue:     "use the numbers of docs/plug-socket.md for kinds, directions, causes and icons.",
}
