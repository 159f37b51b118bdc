package wire

import (
	"bytes"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/signalbox-health/signalbox/measures"
)

var update = flag.Bool("update", false, "write testdata again; the layout is frozen, so only for new examples")

// goldens are the payloads whose bytes are promised for ever.
func goldens(t testing.TB) map[string][]byte {
	q, a := sampleRequest(), sampleAnswer()
	request, err := AppendRequest(nil, &q)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := AppendAnswer(nil, &a)
	if err != nil {
		t.Fatal(err)
	}
	refusal, err := AppendAnswer(nil, &Answer{Status: Unsuited, Message: "There are no numbers in this series."})
	if err != nil {
		t.Fatal(err)
	}
	return map[string][]byte{"request": request, "answer": answer, "refusal": refusal}
}

func TestGoldenBytes(t *testing.T) {
	for name, payload := range goldens(t) {
		file := filepath.Join("testdata", name+".hex")
		if *update {
			if err := os.WriteFile(file, []byte(dump(payload)), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(undump(t, string(text)), payload) {
			t.Errorf("%s is no longer written as in %s; the layout is frozen. Now it is\n%s", name, file, dump(payload))
		}
	}
}

func TestTheHandbookShowsTheGoldenBytes(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "plug-socket.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"request", "answer"} {
		golden, err := os.ReadFile(filepath.Join("testdata", name+".hex"))
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(text), string(golden)) {
			t.Errorf("docs/plug-socket.md does not show testdata/%s.hex as it is", name)
		}
	}
}

func TestGoldenBytesAreRead(t *testing.T) {
	payloads := goldens(t)
	q, err := DecodeRequest(payloads["request"])
	if err != nil {
		t.Fatal(err)
	}
	if again, err := AppendRequest(nil, &q); err != nil || !bytes.Equal(again, payloads["request"]) {
		t.Errorf("the request changed on its way: %v", err)
	}
	a, err := DecodeAnswer(payloads["answer"])
	if err != nil {
		t.Fatal(err)
	}
	if again, err := AppendAnswer(nil, &a); err != nil || !bytes.Equal(again, payloads["answer"]) {
		t.Errorf("the answer changed on its way: %v", err)
	}
	if err := a.Accept(&q); err != nil {
		t.Error(err)
	}
	if got := a.Charts[0].States; len(got) != 3 || got[1] != measures.NotMeasured {
		t.Errorf("states of the first chart: %v", got)
	}
	refusal, err := DecodeAnswer(payloads["refusal"])
	if err != nil || refusal.Status != Unsuited || refusal.Message != "There are no numbers in this series." {
		t.Errorf("%+v, %v", refusal, err)
	}
}

// TestNumbersOnTheWireStay pins the numbers by which kinds, rules and states
// travel: they are part of the layout, and plugins of 2026 must run in 2036.
func TestNumbersOnTheWireStay(t *testing.T) {
	list := func(n int, name func(int) string) string {
		var names []string
		for i := range n {
			names = append(names, name(i))
		}
		return strings.Join(names, " ")
	}
	for _, test := range []struct{ what, got, want string }{
		{"kinds", list(18, func(i int) string { return measures.Kind(i).String() }), "run xmr mr p pp u up c np g t xbar s ip ewma cusum funnel custom"},
		{"rules", list(8, func(i int) string { return measures.RuleSet(i).String() }), "none mdc mdc-r022 anhoej ihi western-electric nelson powerbi"},
		{"directions", list(3, func(i int) string { return measures.Direction(i).String() }), "neutral increase decrease"},
		{"states", list(5, func(i int) string { return measures.State(i).String() }), "final provisional not_measured suppressed excluded"},
		{"causes", list(6, func(i int) string { return measures.Cause(i).String() }), " common improvement concern neutral_high neutral_low"},
		{"variations", list(8, func(i int) string { return measures.Variation(i).String() }), "empty common_cause improvement_high improvement_low concern_high concern_low neutral_high neutral_low"},
		{"assurances", list(4, func(i int) string { return measures.Assurance(i).String() }), "empty pass fail hit_or_miss"},
		{"signals", strings.Join(measures.AllSignals.Names(), " "), "outside_upper outside_lower trend_increasing trend_decreasing two_in_three_above two_in_three_below shift_above shift_below " +
			"we_1 we_2 we_3 we_4 nelson_1 nelson_2 nelson_3 nelson_4 nelson_5 nelson_6 nelson_7 nelson_8"},
	} {
		if test.got != test.want {
			t.Errorf("%s are %q, on the wire they are %q", test.what, test.got, test.want)
		}
	}
}

// dump writes a payload as text: parts under their names, 16 bytes a line.
func dump(b []byte) string {
	var out strings.Builder
	part := func(name string, from, to int) {
		fmt.Fprintf(&out, "# %s\n", name)
		for ; from < to; from += 16 {
			fmt.Fprintf(&out, "%04x  % x\n", from, b[from:min(from+16, to)])
		}
	}
	type piece struct {
		name     string
		from, to int
	}
	count := int(le.Uint32(b[12:]))
	pieces := []piece{{"envelope", 0, 16}, {"directory", 16, 16 + 16*count}}
	var columns, strings_ []byte
	for i := range count {
		entry := b[16+16*i:]
		from := int(le.Uint32(entry[8:]))
		to := from + int(le.Uint32(entry[12:]))
		pieces = append(pieces, piece{string(entry[:4]), from, to})
		switch le.Uint32(entry) {
		case tagColumns:
			columns = b[from:to]
		case tagStrings:
			strings_ = b[from:to]
		}
	}
	for ; len(columns) > 0; columns = columns[columnSize:] {
		at, length := le.Uint32(columns), le.Uint32(columns[4:])
		name := string(strings_[at : at+length])
		from := int(le.Uint32(columns[12:]))
		pieces = append(pieces, piece{"column " + name, from, from + int(le.Uint32(columns[16:]))})
		if nulls := int(le.Uint32(columns[20:])); nulls != 0 {
			pieces = append(pieces, piece{"null bitmap of " + name, nulls, nulls + (int(le.Uint32(columns[24:]))+7)/8})
		}
	}
	for at := 0; at < len(b); {
		next := piece{from: len(b)}
		for _, p := range pieces {
			if p.from >= at && p.from < next.from && p.to > p.from {
				next = p
			}
		}
		if next.from > at {
			part("padding", at, next.from)
		}
		if next.from == len(b) {
			break
		}
		part(next.name, next.from, next.to)
		at = next.to
	}
	return out.String()
}

func undump(t *testing.T, text string) []byte {
	var out []byte
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		at, digits, _ := strings.Cut(line, "  ")
		if at != fmt.Sprintf("%04x", len(out)) {
			t.Fatalf("line %q stands at %04x", line, len(out))
		}
		b, err := hex.DecodeString(strings.ReplaceAll(digits, " ", ""))
		if err != nil {
			t.Fatalf("line %q: %v", line, err)
		}
		out = append(out, b...)
	}
	return out
}

// TestEveryColumnOfEveryKindComesBack sends a chart with all the columns there
// are, and a funnel with its dispersion, beside one that has none of them.
func TestEveryColumnOfEveryKindComesBack(t *testing.T) {
	full := sampleAnswer().Charts[0]
	full.Kind, full.Phi, full.Tau2 = measures.Funnel, 1.75, 0.0625
	for n, column := range columnsOf(&full) {
		*column = []float64{float64(n) + 0.5, measures.Missing, -float64(n)}
	}
	plain := sampleAnswer().Charts[1]
	payload, err := AppendAnswer(nil, &Answer{Charts: []measures.Chart{full, plain}})
	if err != nil {
		t.Fatal(err)
	}
	got, err := DecodeAnswer(payload)
	if err != nil {
		t.Fatal(err)
	}
	first := &got.Charts[0]
	if first.Phi != full.Phi || first.Tau2 != full.Tau2 || got.Charts[1].Phi != 0 {
		t.Errorf("phi %v and tau2 %v came back, and %v of a chart without", first.Phi, first.Tau2, got.Charts[1].Phi)
	}
	want := columnsOf(&full)
	for n, column := range columnsOf(first) {
		if len(*column) != 3 || (*column)[0] != (*want[n])[0] || !measures.IsMissing((*column)[1]) || (*column)[2] != (*want[n])[2] {
			t.Errorf("column %s came back as %v", columnNames[n], *column)
		}
	}
	if string(first.Notes[0].Text) != full.Notes[0].Text {
		t.Errorf("its note came back as %q", first.Notes[0].Text)
	}
}

func TestADispersionOfNoFunnelIsRefused(t *testing.T) {
	funnel := sampleAnswer().Charts[0]
	funnel.Kind = measures.Funnel
	payload, err := AppendAnswer(nil, &Answer{Charts: []measures.Chart{funnel}})
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.Index(payload, []byte("CHRT"))
	kind := int(le.Uint32(payload[at+8:])) + 4
	payload[kind] = byte(measures.Run)
	var refusal *Refusal
	if _, err := DecodeAnswer(payload); !errors.As(err, &refusal) || refusal.Rule != RuleValue {
		t.Errorf("%v", err)
	}
}
