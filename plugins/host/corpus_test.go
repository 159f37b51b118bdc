package host_test

import (
	"errors"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/plugins/host"
	"github.com/signalbox-health/signalbox/sdk"
	"github.com/signalbox-health/signalbox/sdk/wire"
)

// hostileCase is a module of our own that does wrong, beyond those of the shared
// folder, and how it must end: refused or at fault with a cause, or, where kind
// is nil, with an answer, because what looks wrong about it is allowed.
type hostileCase struct {
	name   string
	module []byte
	kind   error
	cause  string
}

func refused(name string, g guest, cause string) hostileCase {
	return hostileCase{name, g.bytes(), plugins.ErrRefused, cause}
}

func faulty(name string, g guest, cause string) hostileCase {
	return hostileCase{name, g.bytes(), plugins.ErrFault, cause}
}

func allowed(name string, g guest) hostileCase { return hostileCase{name, g.bytes(), nil, ""} }

// strict are limits that make the many loops of the corpus short: time is that
// of the processor, so a busy machine makes no difference to who is to blame.
func strict() plugins.Limits {
	l := plugins.DefaultLimits()
	l.Page, l.Job, l.CompileTime = 400*time.Millisecond, 400*time.Millisecond, 2*time.Second
	return l
}

const strictDeadline = "deadline of 400ms passed"

// corpusQuestion asks for two charts, with a gap in the first and a shift in the
// second.
func corpusQuestion() wire.Request {
	q := request("xmr", 2, 24)
	q.Series[0].States[4] = measures.NotMeasured
	for _, column := range q.Series[0].Columns {
		column[4] = measures.Missing
	}
	for i := range q.Series[1].Columns[0][14:] {
		q.Series[1].Columns[0][14+i] /= 2
	}
	return q
}

// truth is the true answer to it.
func truth(t testing.TB) wire.Answer {
	t.Helper()
	q := corpusQuestion()
	charts, err := sdk.ComputeCharts(measures.XmR, &q)
	if err != nil {
		t.Fatal(err)
	}
	return wire.Answer{Charts: charts}
}

func encoded(t testing.TB, a wire.Answer) string {
	t.Helper()
	payload, err := wire.AppendAnswer(nil, &a)
	if err != nil {
		t.Fatal(err)
	}
	return string(payload)
}

// end installs a module, asks it, and holds the numbers of its answer against
// our own: the way that every answer goes.
func end(t testing.TB, h *host.Host, module []byte) error {
	release, err := h.Install(within(t, time.Minute), module)
	if err != nil {
		return err
	}
	q := corpusQuestion()
	charts, err := h.Run(within(t, time.Minute), release.Digest, q)
	if err == nil {
		err = plugins.Verify(release, &q, charts)
	}
	return err
}

// honest asks a good plugin and fails the test unless it answers as ever.
type honest struct {
	h      *host.Host
	digest plugins.Digest
}

func (g honest) check(t testing.TB) {
	t.Helper()
	q := corpusQuestion()
	charts, err := g.h.Run(within(t, time.Minute), g.digest, q)
	if err == nil {
		err = plugins.Verify(plugins.Release{}, &q, charts)
	}
	if err != nil || len(charts) != 2 {
		t.Fatalf("an honest question: %d charts, %v", len(charts), err)
	}
}

// strictHost is a host with strict limits that has an honest plugin.
func strictHost(t testing.TB) (*host.Host, honest) {
	t.Helper()
	first := newHost(t, func(o *host.Options) { o.Limits = patient() })
	install(t, first, built(t, spcFolder)) // compiled with patience
	first.Close()
	h := newHost(t, func(o *host.Options) { o.Limits = strict() })
	return h, honest{h, install(t, h, built(t, spcFolder)).Digest}
}

func TestOurOwnHostileModulesGetAClearAnswerAndHarmNobody(t *testing.T) {
	warm, good := strictHost(t)
	good.check(t)
	warm.Close()
	waitForChildren(t, 0)
	before := footprint(t)
	h, good := strictHost(t)
	total := 0
	for group, cases := range map[string][]hostileCase{"payload": payloadCases(t), "address": addressCases(t), "memory": memoryCases(t),
		"time": timeCases(t), "trap": trapCases(), "shape": shapeCases(t), "manifest": manifestCases(t), "escape": escapeCases(t), "opcode": opcodeCases()} {
		total += len(cases)
		t.Run(group, func(t *testing.T) {
			for _, c := range cases {
				t.Run(c.name, func(t *testing.T) {
					began := time.Now()
					err := end(t, h, c.module)
					t.Logf("after %v: %v", time.Since(began).Round(time.Millisecond), err)
					switch {
					case c.kind == errEither && (err == nil || strings.Contains(err.Error(), "compiling")):
					case c.kind != nil:
						checkTold(t, c.module, err, c.kind, c.cause)
					case err != nil:
						t.Errorf("it is allowed, and ended with %v", err)
					}
					good.check(t)
				})
			}
		})
	}
	if total < 200 {
		t.Errorf("the corpus has %d modules", total)
	}
	t.Logf("%d modules", total)
	h.Close()
	waitForChildren(t, 0)
	before.holds(t)
}

// measured is what the process of the host takes.
type measured struct {
	heap, resident uint64
	descriptors    int
	goroutines     int
}

func footprint(t testing.TB) measured {
	t.Helper()
	debug.FreeOSMemory()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	now := measured{heap: m.HeapAlloc, goroutines: runtime.NumGoroutine()}
	if list, err := os.ReadDir("/proc/self/fd"); err == nil {
		now.descriptors = len(list)
	}
	if statm, err := os.ReadFile("/proc/self/statm"); err == nil {
		if fields := strings.Fields(string(statm)); len(fields) > 1 {
			pages, _ := strconv.ParseUint(fields[1], 10, 64)
			now.resident = pages * uint64(os.Getpagesize())
		}
	}
	return now
}

// holds compares with now, after the children have gone: memory within 64 MiB,
// no more descriptors and goroutines than then.
func (before measured) holds(t *testing.T) {
	t.Helper()
	now := footprint(t)
	for deadline := time.Now().Add(10 * time.Second); now.goroutines > before.goroutines && time.Now().Before(deadline); now = footprint(t) {
		time.Sleep(20 * time.Millisecond)
	}
	const most = 64 << 20
	if now.heap > before.heap+most || !raced && now.resident > before.resident+most {
		t.Errorf("the heap was %d MiB and is %d, resident were %d MiB and are %d", before.heap>>20, now.heap>>20, before.resident>>20, now.resident>>20)
	}
	if now.descriptors > before.descriptors || now.goroutines > before.goroutines {
		t.Errorf("%d descriptors were open and %d are, %d goroutines ran and %d do", before.descriptors, now.descriptors, before.goroutines, now.goroutines)
	}
	t.Logf("heap %+.1f MiB, resident %+.1f MiB, descriptors %+d", float64(int64(now.heap-before.heap))/(1<<20),
		float64(int64(now.resident-before.resident))/(1<<20), now.descriptors-before.descriptors)
}

// TestEveryPrefixOfAModuleIsTurnedAway cuts a small module after every byte.
func TestEveryPrefixOfAModuleIsTurnedAway(t *testing.T) {
	h, good := strictHost(t)
	module := small().bytes()
	if err := end(t, h, module); !errors.Is(err, plugins.ErrUnsuited) {
		t.Fatalf("whole it ends with %v", err)
	}
	for n := range module {
		if err := end(t, h, module[:n]); !errors.Is(err, plugins.ErrRefused) && !errors.Is(err, plugins.ErrFault) {
			t.Errorf("of %d bytes %d: %v", len(module), n, err)
		}
	}
	good.check(t)
}

// small is a module of few bytes that declines every question.
func small() guest {
	return answering("SBX1\x02\x00\x01\x00\x28\x00\x00\x00\x01\x00\x00\x00" + "MESG\x00\x00\x00\x00\x20\x00\x00\x00\x02\x00\x00\x00" + "no\x00\x00\x00\x00\x00\x00")
}

// TestEveryByteOfAModuleMayBeWrong changes every byte of a small module in a few
// ways. Whatever that makes of it is refused, at fault, or still an answer.
func TestEveryByteOfAModuleMayBeWrong(t *testing.T) {
	h, good := strictHost(t)
	module := small().bytes()
	ends := map[string]int{}
	for at := range module {
		for _, flip := range []byte{0x01, 0x80, 0xff} {
			mutant := append([]byte(nil), module...)
			mutant[at] ^= flip
			switch err := end(t, h, mutant); {
			case errors.Is(err, plugins.ErrRefused):
				ends["refused"]++
			case errors.Is(err, plugins.ErrFault):
				ends["at fault"]++
			case errors.Is(err, plugins.ErrUnsuited):
				ends["declined"]++
			default:
				t.Errorf("byte %d changed by %#x: %v", at, flip, err)
			}
		}
		if at%16 == 0 {
			good.check(t)
		}
	}
	good.check(t)
	t.Logf("%d mutants: %v", 3*len(module), ends)
}
