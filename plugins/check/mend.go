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
		return c.late()
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

// formMend says how to mend a module that was refused unseen. What the rules are
// is said in plugins.Preflight, which names rule and number.
func formMend(err error) string {
	for _, m := range formMends {
		if strings.Contains(err.Error(), m.sign) {
			return m.mend
		}
	}
	return "build it with \"signalbox plugin build\", which sets what the socket wants; docs/plug-socket.md lists imports, exports and limits."
}

var formMends = []struct{ sign, mend string }{
	{"a component has to be built", "build a core module: for Rust the target wasm32-unknown-unknown, for the others what \"signalbox plugin build\" does."},
	{"not a core WebAssembly module", "this is no module, or a part of one: build it again with \"signalbox plugin build\", and copy it whole."},
	{"start section", "rename the function that starts the module to _initialize and export it (AssemblyScript: --exportStart _initialize)."},
	{"import", "take out what needs it: a plugin is given its data, and has no files, no network, no clock and no way to ask. In Go that is often a package that logs or opens something."},
	{"it exports no", "use the SDK, which exports memory, sbx_alloc and sbx_run_v1, and build with \"signalbox plugin build\", which keeps them."},
	{"its export", "take the exports from the SDK; their types are part of the socket."},
	{"pages of 64 KiB", "begin with less memory: an instance may grow to 16 MiB when it needs to (clang and rustc: -z stack-size and large arrays decide; AssemblyScript: --initialMemory)."},
	{"memor", "let the module have one memory of its own, not shared, and export it."},
	{"table", "tables may hold functions only, and 65,536 of them: leave out what makes more."},
	{"locals", "split that function."},
	{"bytes of code", "split that function; generated tables belong into data, not into code."},
	{"functions; at most", "leave out what is not needed: a smaller library, and no symbols that nobody calls (strip, link-time optimisation)."},
	{"bytes; at most", "make it smaller: strip symbols, leave out large libraries, keep tables short."},
	{"is not allowed", "build for plain WebAssembly 1.0 with the flags of \"signalbox plugin build\"; threads, exceptions, garbage collection and references are not known here."},
}

// mends are signs in the cause of a fault, and what to do about each.
var mends = []struct{ sign, mend string }{
	{"without that much processor time", "this machine is too busy to tell; close something and check again."},
	{"deadline", "an answer has to come within 250 ms of processor time for up to 250 series, and 2 s for more: look for a loop that does not end, or work that grows with the square of the points."},
	{"not compiled within", "make single functions smaller: very large ones take a compiler minutes. Generated tables belong into data."},
	{"out of memory", "an instance has 16 MiB for the question, the work and the answer: keep one series at a time, and free or reuse what is large."},
	{"before anything ran", "its data or its tables do not fit into the memory that it begins with: begin with more, or keep less in them."},
	{"in _initialize", "nothing but setting up may happen before the question comes, and it may not end there."},
	{"exited with status", "return an answer; a plugin that has nothing to say declines with a reason (an error in Go, unsuited in the other languages)."},
	{"stack overflow", "recursion without an end, or very large local arrays: put them into memory."},
	{"unreachable", "this is a panic or a failed assertion: look what it expects of the question that others do not have, such as a series without points."},
	{"out of bounds", "it reads or writes beyond its memory: check lengths of series, which may be 0."},
	{"integer divide by zero", "check a denominator or a number of points before dividing."},
	{"sbx_alloc", "take sbx_alloc from the SDK: it has to give 8-aligned room within the memory, grown where needed."},
	{"invalid table access", "it calls through a pointer to no function: look for a callback that was never set."},
	{"_initialize", "nothing but setting up may happen before the question comes: look for a loop in what runs at the start."},
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
