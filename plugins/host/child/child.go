// Package child is the inside of the sandbox: the process that compiles and
// runs plugins, and the only place where WebAssembly is executed. The program
// that serves pages never does either; it starts children and speaks to them
// over pipes. One question at a time, so that a kill hurts only the plugin that
// earned it.
package child

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime/debug"

	"github.com/signalbox-health/signalbox/plugins/host"
)

// maxStart bounds the first frame, and maxFrame any other.
const (
	maxStart = 64 << 10
	maxFrame = 64 << 20
)

// worker is one child process.
type worker struct {
	in     *bufio.Reader
	out    *bufio.Writer
	buf    []byte
	start  host.Start
	guests map[string]*guest
}

// Serve is the whole life of a child: it is told what it is for, shuts itself
// in, says how, and then answers until its input ends.
func Serve(stdin io.Reader, stdout io.Writer) error {
	w := &worker{in: bufio.NewReaderSize(stdin, 64<<10), out: bufio.NewWriterSize(stdout, 64<<10), guests: map[string]*guest{}}
	kind, body, err := host.ReadFrame(w.in, nil, maxStart)
	if err != nil || kind != host.StartFrame {
		return fmt.Errorf("signalbox sandbox is started by the program itself, not by hand (frame %d, %v)", kind, err)
	}
	if err := json.Unmarshal(body, &w.start); err != nil {
		return fmt.Errorf("read what the sandbox is for: %w", err)
	}
	// Instances are megabytes that live for one question. Collecting after
	// every few of them costs less than after each.
	debug.SetGCPercent(400)
	debug.SetMemoryLimit(int64(w.start.Memory / 2))
	stands := standBack(w.start.Nice)
	hello := confine(w.start)
	if stands != nil {
		hello.Missing = append(hello.Missing, fmt.Sprintf("standing back for others who want a processor: %v", stands))
	}
	hello.Engine = engine()
	if err := w.send(host.HelloFrame, hello); err != nil {
		return err
	}
	for {
		if err := w.serveOne(); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// serveOne answers one frame. Its errors are about the pipes; what a plugin
// does wrong is an answer.
func (w *worker) serveOne() error {
	kind, body, err := host.ReadFrame(w.in, w.buf, maxFrame)
	if err != nil {
		return err
	}
	w.buf = body[:0]
	ready := host.Ready{}
	switch kind {
	case host.LoadFrame:
		var load host.Load
		module, err := host.SplitHeader(body, &load)
		if err != nil {
			return err
		}
		if err := w.load(load, module); errors.Is(err, errNotCached) {
			ready.NotCached = true
		} else if err != nil {
			if err := w.send(host.FaultFrame, wrongOf(err)); err != nil {
				return err
			}
		}
	case host.RunFrame:
		var run host.Run
		payload, err := host.SplitHeader(body, &run)
		if err != nil {
			return err
		}
		if ready.Memory, err = w.run(run, payload); err != nil {
			return err
		}
	default:
		return fmt.Errorf("the sandbox got a frame of kind %d", kind)
	}
	ready.Retire = cpuSeconds() > w.start.CPU/2
	return w.send(host.ReadyFrame, ready)
}

// run answers one question with a fresh instance, then makes the next ready. It
// gives the memory that the instance had in the end.
func (w *worker) run(run host.Run, payload []byte) (memory uint64, err error) {
	g := w.guests[run.Digest]
	if g == nil {
		return 0, fmt.Errorf("the sandbox was asked to run %s, which it has not loaded", run.Digest)
	}
	defer g.prepare()
	instance, err := g.take()
	if err != nil {
		return 0, w.send(host.FaultFrame, wrongOf(err))
	}
	answer, err := instance.run(payload, run.Limit)
	// Told now: below, err is what became of the pipe.
	well := err == nil
	defer func() { g.retire(instance, well) }()
	memory = uint64(instance.module.Memory().Size())
	if err != nil {
		return memory, w.send(host.FaultFrame, wrongOf(err))
	}
	return memory, host.WriteFrame(w.out, host.AnswerFrame, answer)
}

func (w *worker) send(kind host.FrameKind, value any) error {
	text, err := json.Marshal(value)
	if err != nil {
		return err
	}
	return host.WriteFrame(w.out, kind, text)
}

// load compiles a module, or takes its code from the cache, and makes one
// instance ready.
func (w *worker) load(load host.Load, module []byte) error {
	if w.guests[load.Digest] != nil {
		return nil
	}
	if !w.start.Compile && !cached(load.Dir) {
		return errNotCached
	}
	g, err := newGuest(context.Background(), load, module)
	if err != nil && !w.start.Compile {
		// It was compiled before, so the code in the cache is damaged.
		return errNotCached
	} else if err != nil {
		return err
	}
	if !w.start.Compile {
		// A child that compiles runs nothing: it alone may write machine code.
		if g.ready, err = g.instantiate(); err != nil {
			g.close()
			return err
		}
	}
	w.guests[load.Digest] = g
	return nil
}
