package candidate

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"time"
)

// maxStack bounds a stack, in bytes: a policy that is nested too deeply should
// end its child before it has filled the memory.
const maxStack = 128 << 20

// Serve is the child: it examines one candidate and answers. Its parent ends it
// by closing its input, also when the parent dies.
func Serve(in io.Reader, out io.Writer) error {
	var l limits
	if err := decode(in, maxLimits, &l); err != nil {
		return fmt.Errorf("read the limits: %w", err)
	}
	if err := confine(l); err != nil {
		return err
	}
	debug.SetMaxStack(maxStack)
	debug.SetGCPercent(400) // it lives for seconds: memory is dearer in time than in bytes
	debug.SetMemoryLimit(int64(l.Memory / 4 * 3))
	buffered := bufio.NewReaderSize(in, 64<<10)
	t, err := decodeTask(buffered)
	if err != nil {
		return err
	}
	tell := func(n news) error { return writeFrame(out, n) }
	if t.Kind == checkTask {
		if err := decodeQuestions(buffered, func([]question) error { return fmt.Errorf("a check takes no recorded questions") }); err != nil {
			return err
		}
		go endWith(buffered)
		return serveCheck(t, tell)
	}
	recorded := newHistory()
	if err := decodeQuestions(buffered, recorded.add); err != nil {
		return err
	}
	go endWith(buffered)
	return serveImpact(t, recorded, tell)
}

// endWith ends this process when its parent closes the pipe.
func endWith(in io.Reader) {
	_, _ = io.Copy(io.Discard, in)
	os.Exit(3)
}

func serveCheck(t task, tell func(news) error) error {
	ctx, cancel := softly(t)
	defer cancel()
	var told error
	report := examine(ctx, t, func(s stage, so Report) {
		if told == nil {
			told = tell(news{Stage: s, Report: &so})
		}
	})
	if told != nil {
		return told
	}
	return tell(news{Stage: comparing, Done: true, Report: &report})
}

func serveImpact(t task, recorded *history, tell func(news) error) error {
	ctx, cancel := softly(t)
	defer cancel()
	if err := tell(news{Stage: compiling}); err != nil {
		return err
	}
	impact, err := foresee(ctx, t, recorded)
	if err != nil {
		return tell(news{Stage: comparing, Done: true, Failure: err.Error()})
	}
	return tell(news{Stage: comparing, Done: true, Impact: &impact})
}

// softly ends the work a little before the child is killed, so that there is
// time to say what took so long.
func softly(t task) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), time.Duration(t.Seconds*0.85*float64(time.Second)))
}
