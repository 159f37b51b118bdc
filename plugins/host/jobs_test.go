package host_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/measures/spc"
	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/plugins/host"
	"github.com/signalbox-health/signalbox/plugins/toolchain"
	"github.com/signalbox-health/signalbox/sdk"
	"github.com/signalbox-health/signalbox/sdk/wire"
)

// tenant is an organisation whose data bear a mark: the low half of every figure,
// which goes through to the answer, and the name of its ward.
type tenant struct {
	code  measures.ODSCode
	mark  uint32
	words string
}

var tenants = [2]tenant{{"ZZA", 0xa5c3_96e1, "ward-of-the-first"}, {"ZZB", 0x5b2d_784f, "ward-of-the-other"}}

// foundIn reports whether anything of a tenant's data is in some bytes.
func (o *tenant) foundIn(b []byte) bool {
	return bytes.Contains(b, binary.LittleEndian.AppendUint32(nil, o.mark)) || bytes.Contains(b, []byte(o.words)) || bytes.Contains(b, []byte(o.code))
}

// figure is a number near v that bears the tenant's mark.
func (o *tenant) figure(v float64) float64 {
	return math.Float64frombits(math.Float64bits(v)&^math.MaxUint32 | uint64(o.mark))
}

// question is the tenant's nth.
func (o *tenant) question(entry string, n int) wire.Request {
	q := wire.Request{Measure: "jobs", Entry: entry, Inputs: []string{sdk.InputValue}, Parameters: sdk.ChartParameters(spc.Defaults(measures.XmR, measures.MDC))}
	if entry == "fences" {
		q.Parameters = nil
	}
	series := 1 + n%3
	if entry == "any" {
		series = 1
	}
	for s := range series {
		one := measures.Series{Organisation: o.code, Stratum: o.words}
		var column []float64
		for i := range 12 + n%23 {
			one.Periods, one.States = append(one.Periods, measures.DateOf(2022, 1+i, 1)), append(one.States, measures.Final)
			column = append(column, o.figure(100+float64((i*7919+n*104729+s*31)%5003)/16))
		}
		one.Columns = [][]float64{column}
		q.Series = append(q.Series, one)
	}
	return q
}

// worker is one of the plugins of the test, and how its answers are judged.
type worker struct {
	name   string
	module []byte
	entry  string
	right  func(q *wire.Request, charts []measures.Chart) error
	digest plugins.Digest
}

// numbered gives a module a manifest of its own, and with it a digest.
func numbered(t testing.TB, module []byte, n int) []byte {
	t.Helper()
	out, err := plugins.WithManifest(module, plugins.Manifest{ID: "worker", Version: fmt.Sprintf("1.0.%d", n), ABI: 1, Title: "A worker",
		Publisher: "tests", Licence: "Apache-2.0", Entries: []string{"xmr", "fences"}})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

const honestWorkers = 45

// honestOnes are modules in every language that this machine can compile, and
// for those that it cannot the one that is kept for ever.
func honestOnes(t testing.TB) []worker {
	kinds := []worker{{name: "spc", module: built(t, spcFolder), entry: "xmr", right: rightCharts}}
	for language := range examples {
		module, err := compileExample(t, language)
		if errors.Is(err, toolchain.ErrNoCompiler) {
			t.Logf("without %s: %v", language, err)
			continue
		}
		kinds = append(kinds, worker{name: language, module: module, entry: "fences", right: rightFences})
	}
	slices.SortFunc(kinds, func(a, b worker) int { return len(b.module) - len(a.module) })
	kinds = append(kinds, worker{name: "version 1", module: firstRelease(t), entry: "any", right: rightCopies})
	var list []worker
	for n := range honestWorkers {
		// Megabytes of Go take a second each to compile: three of either kind.
		one := kinds[n%len(kinds)]
		if n >= 3*len(kinds) && len(one.module) > 1<<20 {
			one = kinds[2+n%(len(kinds)-2)]
		}
		one.module = numbered(t, one.module, n)
		list = append(list, one)
	}
	return list
}

// rightCharts holds charts against those that this process computes.
func rightCharts(q *wire.Request, charts []measures.Chart) error {
	if len(charts) == 0 || charts[0].Kind != measures.XmR {
		return fmt.Errorf("%d charts", len(charts))
	}
	return plugins.Verify(plugins.Release{}, q, charts)
}

// rightFences computes the example's lines again.
func rightFences(q *wire.Request, charts []measures.Chart) error {
	for i := range charts {
		c, values := &charts[i], q.Series[i].Columns[0]
		sorted := slices.Sorted(slices.Values(values))
		quartile := func(part float64) float64 {
			place := part * float64(len(sorted)-1)
			low := int(place)
			high := min(low+1, len(sorted)-1)
			return sorted[low] + float64((place-float64(low))*(sorted[high]-sorted[low]))
		}
		low, middle, high := quartile(0.25), quartile(0.5), quartile(0.75)
		fence := float64(1.5 * (high - low))
		for k, v := range values {
			got := [...]float64{c.Y[k], c.NearLower[k], c.Centre[k], c.NearUpper[k], c.Lower[k], c.Upper[k]}
			if want := [...]float64{v, low, middle, high, low - fence, high + fence}; got != want {
				return fmt.Errorf("series %d, point %d: %v; computed again %v", i, k, got, want)
			}
		}
	}
	return nil
}

// hostileOnes go wrong whenever they are asked, or try to remember.
func hostileOnes() []worker {
	// It answers with what it was asked before, and keeps what it is asked now.
	const kept = 3 << 16
	rememberer := guest{run: i32(kept) + get(0) + get(1) + opCopy + result(kept+8192, 8192)}
	rememberer.run = i32(kept+8192) + i32(kept) + i32(8192) + opCopy + rememberer.run
	list := []worker{
		{name: "a loop", module: guest{run: forever + i64(0)}.bytes()},
		{name: "a trap", module: guest{run: opUnreachable}.bytes()},
		{name: "a memory bomb", module: guest{run: opLoop + i32(16) + opGrow + i32(-1) + opDiffers + branchIf(0) + opEnd + opUnreachable}.bytes()},
		{name: "a flood", module: guest{imports: []string{"fd_write"}, run: opLoop + i32(1) + i32(room) + i32(1024) + i32(8) + call(0) + opDrop + branch(0) + opEnd + i64(0)}.bytes()},
		{name: "one that remembers", module: rememberer.bytes()},
	}
	for i := range list {
		list[i].entry = "any"
	}
	return list
}

// jobCount is a thousand, or as many as SIGNALBOX_JOBS says, for make soak.
func jobCount(t testing.TB) int {
	n, err := strconv.Atoi(os.Getenv("SIGNALBOX_JOBS"))
	if err != nil {
		return 1000
	}
	t.Logf("%d jobs", n)
	return n
}

// TestManyJobsOfManyPluginsForTwoOrganisationsKeepApart runs a thousand jobs of
// fifty plugins, five of them hostile, concurrently for two organisations.
// Every honest answer is right, and nothing of one organisation's data is in any
// byte of what is given to the other.
func TestManyJobsOfManyPluginsForTwoOrganisationsKeepApart(t *testing.T) {
	h := newHost(t, func(o *host.Options) {
		o.Limits, o.Children, o.Tolerance = strict(), 4, host.Tolerance{Faults: 3, Within: time.Hour}
		o.Limits.CompileTime = 2 * time.Minute
	})
	workers := append(honestOnes(t), hostileOnes()...)
	if len(workers) != 50 {
		t.Fatalf("%d plugins", len(workers))
	}
	for i := range workers {
		workers[i].digest = install(t, h, workers[i].module).Digest
	}
	began := time.Now()
	var next, right, wrong, marked atomic.Int64
	var all sync.WaitGroup
	for range 16 {
		all.Go(func() {
			for n := int(next.Add(1)) - 1; n < jobCount(t); n = int(next.Add(1)) - 1 {
				w, o := &workers[n*7%len(workers)], &tenants[n/len(workers)%2]
				own, other := n/len(workers)%2, 1-n/len(workers)%2
				answer, err := w.job(t, h, o, n)
				switch {
				case w.right != nil && err != nil:
					t.Errorf("job %d, %s: %v", n, w.name, err)
				case w.right != nil:
					right.Add(1)
				case err == nil:
					t.Errorf("job %d: %s gave an answer", n, w.name)
				default:
					wrong.Add(1)
				}
				if tenants[other].foundIn(answer) {
					t.Errorf("job %d, %s: the answer to one organisation has data of the other", n, w.name)
				}
				if tenants[own].foundIn(answer) {
					marked.Add(1)
				}
			}
		})
	}
	all.Wait()
	if marked.Load() < right.Load() {
		t.Errorf("of %d right answers %d bear the mark of their own organisation: the search finds nothing", right.Load(), marked.Load())
	}
	t.Logf("%d right answers, %d faults, in %v", right.Load(), wrong.Load(), time.Since(began).Round(time.Millisecond))
}

// job asks one question, by the way of pages or by that which gives the bytes as
// the guest left them, and judges the answer. It gives all bytes that came of it.
func (w *worker) job(t testing.TB, h *host.Host, o *tenant, n int) ([]byte, error) {
	q := o.question(w.entry, n)
	raw := n/100%2 == 0 || w.name == "one that remembers"
	for {
		answer, charts, err := putTo(t, h, w.digest, &q, raw)
		if errors.Is(err, plugins.ErrBusy) {
			time.Sleep(5 * time.Millisecond)
			continue
		}
		if err != nil {
			return append(answer, err.Error()...), err
		}
		if w.right == nil {
			return answer, nil
		}
		return answer, w.right(&q, charts)
	}
}

// putTo asks, and gives the bytes and the charts of an answer.
func putTo(t testing.TB, h *host.Host, digest plugins.Digest, q *wire.Request, raw bool) ([]byte, []measures.Chart, error) {
	if !raw {
		charts, err := h.Run(within(t, time.Minute), digest, *q)
		if err != nil {
			return nil, nil, err
		}
		answer, err := wire.AppendAnswer(nil, &wire.Answer{Charts: charts})
		return answer, charts, err
	}
	payload, err := wire.AppendRequest(nil, q)
	if err != nil {
		return nil, nil, err
	}
	answer, err := h.RunPayload(within(t, time.Minute), digest, payload, q.Rows(), strict().Page)
	if err != nil {
		return nil, nil, err
	}
	a, err := wire.DecodeAnswer(answer)
	if err == nil {
		err = a.Accept(q)
	}
	if err == nil && a.Status != wire.OK {
		err = errors.New(a.Message)
	}
	return answer, a.Charts, err
}
