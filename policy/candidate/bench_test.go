package candidate

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/signalbox-health/signalbox/policy"
)

func TestASoundPolicyMayBeProposed(t *testing.T) {
	report, err := bench(t, Options{CheckTime: patience}).Check(t.Context(), "RAA", sound())
	if err != nil {
		t.Fatal(err)
	}
	if !report.Sound() {
		t.Errorf("findings: %v, tests: %+v, wider: %v", report.Findings, report.Tests, report.Wider)
	}
	if report.Compared < enoughRows || report.Tests.Passed != 3 || report.Tests.Coverage < 90 {
		t.Errorf("%d rows compared, %d tests passed, %v %% covered", report.Compared, report.Tests.Passed, report.Tests.Coverage)
	}
	if report.Digest != policy.FilesDigest(sound()) || len(report.Formatted) != 2 {
		t.Errorf("digest %s, %d formatted files", report.Digest, len(report.Formatted))
	}
}

func TestAnEndlessPolicyIsStoppedAndSaid(t *testing.T) {
	const limit = time.Second
	for name, draft := range map[string][]policy.Module{
		"in a test": append(files(map[string]string{"sharing.rego": soundRules}), policy.Module{Name: "a_test.rego",
			Source: "package signalbox.trusts.RAA_test\n\ntest_it if {\n\tsome a in xs\n\tsome b in xs\n\tsome c in xs\n\tsome d in xs\n\ta + b + c + d == 77777\n}\n\n" + xs(300)}),
		"in an answer": narrowed("", "", "count([1 | some a in xs; some b in xs; some c in xs; some d in xs; a + b + c + d > 0]) > 0", xs(300)).files,
	} {
		t.Run(name, func(t *testing.T) {
			began := time.Now()
			report, err := bench(t, Options{CheckTime: limit}).Check(t.Context(), "RAA", draft)
			if err != nil {
				t.Fatal(err)
			}
			if took := time.Since(began); took > 2*limit {
				t.Errorf("stopped after %v", took)
			}
			if report.Sound() {
				t.Errorf("%v", report.Findings)
			}
		})
	}
}

func TestAFullMemoryIsAFindingAndNotAnEnd(t *testing.T) {
	fat := narrowed("", "", "count(x) > 0", "x := {[a, b, c, d] | some a in xs; some b in ys; some c in ys; some d in ys}", "ys := {sprintf(\"%d-%d\", [a, b]) | some a in xs; some b in [1, 2, 3, 4, 5, 6, 7, 8, 9]}", xs(300)).files
	report, err := bench(t, Options{Memory: 128 << 20}).Check(t.Context(), "RAA", fat)
	if err != nil {
		t.Fatal(err)
	}
	if report.Sound() {
		t.Errorf("%v", report.Findings)
	}
}

func TestAFullBenchSaysSoAndTheOthersWait(t *testing.T) {
	b := bench(t, Options{Children: 1, Waiting: 1})
	leave, err := b.enter(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	waited := make(chan error, 1)
	go func() {
		_, err := b.Check(ctx, "RAA", sound())
		waited <- err
	}()
	for b.Queue() == 0 {
		time.Sleep(time.Millisecond)
	}
	if _, err := b.Check(t.Context(), "RAA", sound()); !errors.Is(err, ErrBusy) || !strings.Contains(err.Error(), "try again in a minute") {
		t.Errorf("%v", err)
	}
	cancel()
	if err := <-waited; !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	leave()
	if _, err := b.Check(t.Context(), "RAA", files(map[string]string{"a.rego": "package signalbox.trusts.RAA\n"})); err != nil {
		t.Errorf("the bench is not free again: %v", err)
	}
}

func TestWhoGivesUpTakesTheChildAlong(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	began := time.Now()
	_, err := bench(t, Options{}).Check(ctx, "RAA", narrowed("", "", "count([1 | some a in xs; some b in xs; some c in xs; some d in xs; a + b + c + d > 0]) > 0", xs(300)).files)
	if !errors.Is(err, context.DeadlineExceeded) || time.Since(began) > 5*time.Second {
		t.Errorf("%v after %v", err, time.Since(began))
	}
}

func TestAProgramThatIsNoBenchIsAFaultOfTheProgram(t *testing.T) {
	b := bench(t, Options{})
	for _, argv := range [][]string{{"/bin/false"}, {"/bin/echo", "nonsense"}, {"/no/such/program"}} {
		b.o.Executable = argv
		if report, err := b.Check(t.Context(), "RAA", sound()); err == nil {
			t.Errorf("%v: %+v", argv, report.Findings)
		}
	}
}

func TestTheChildTakesNothingButItsPipes(t *testing.T) {
	t.Setenv("SIGNALBOX_SECRET", "of the parent")
	b := bench(t, Options{})
	b.o.Executable = []string{"/usr/bin/env"}
	report, err := b.Check(t.Context(), "RAA", sound())
	if err == nil && report.Sound() || strings.Contains(fmt.Sprint(err, report.Findings), "SECRET") {
		t.Errorf("%v, %v", err, report.Findings)
	}
}

// frames joins frames of JSON, as a parent writes them.
func frames(t testing.TB, values ...any) []byte {
	t.Helper()
	var out bytes.Buffer
	for _, v := range values {
		if err := writeFrame(&out, v); err != nil {
			t.Fatal(err)
		}
	}
	return out.Bytes()
}

// FuzzTask feeds the child's decoder what no parent writes. What is taken must
// be within the limits, and come out of writing and reading unchanged.
func FuzzTask(f *testing.F) {
	good := task{Kind: checkTask, Owner: "RAA", Draft: []policy.Module{{Name: "a.rego", Source: "package signalbox.trusts.RAA"}}, Seconds: 1}
	f.Add(frames(f, good))
	f.Add(frames(f, map[string]any{"Kind": "impact", "Seconds": 1e9}))
	f.Add(binary.LittleEndian.AppendUint32(nil, 1<<31))
	f.Fuzz(func(t *testing.T, text []byte) {
		got, err := decodeTask(bytes.NewReader(text))
		if err != nil {
			return
		}
		if got.Kind != checkTask && got.Kind != impactTask || got.Seconds <= 0 || got.Seconds > 3600 {
			t.Fatalf("%+v", got)
		}
		again, err := decodeTask(bytes.NewReader(frames(t, got)))
		if err != nil {
			t.Fatal(err)
		}
		if a, b := frames(t, got), frames(t, again); !bytes.Equal(a, b) {
			t.Errorf("%s\n%s", a, b)
		}
	})
}

// FuzzQuestions feeds it recorded questions.
func FuzzQuestions(f *testing.F) {
	input, err := json.Marshal(asks(1, "RAA", "improvement", noon).Input)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(frames(f, []question{{ID: "a", Input: input}}, nil))
	f.Add(frames(f, []question{{ID: "a", Input: []byte(`{"now":1}`)}, {ID: "b", Input: []byte(`{"now":1}`)}}, nil))
	f.Add(frames(f, nil))
	f.Fuzz(func(t *testing.T, text []byte) {
		h := newHistory()
		if err := decodeQuestions(bytes.NewReader(text), h.add); err != nil {
			return
		}
		times := 0
		for _, a := range h.asked {
			times += a.times
		}
		if times != h.total || len(h.asked) != len(h.seen) {
			t.Errorf("%d questions, %d counted, %d kept", h.total, times, len(h.asked))
		}
	})
}
