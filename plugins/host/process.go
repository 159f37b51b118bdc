package host

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/signalbox-health/signalbox/plugins"
)

var (
	// errNotCached says that a module has to be compiled first.
	errNotCached = errors.New("plugin is not compiled for this engine")
	// errDied says that a child ended without being told to.
	errDied = errors.New("the sandbox died")
)

// helloTime is how long a child may take to start and shut itself in, and
// readyTime how long it may tidy up after a question.
const (
	helloTime = 10 * time.Second
	readyTime = 5 * time.Second
)

// process is one child. Whoever acquired it has it alone.
type process struct {
	cmd    *exec.Cmd
	to     *bufio.Writer
	from   *bufio.Reader
	pipe   *os.File // what from reads
	errors *tail
	exited chan struct{}
	expire atomic.Bool // a deadline ended it

	hello  Hello
	loaded map[plugins.Digest]bool
	spent  bool // to be replaced: dead, out of step, or at the end of its time
	open   bool // an answer came and its Ready has not
}

// tail keeps the first bytes that a dying child writes to standard error.
type tail struct {
	mu sync.Mutex
	b  []byte
}

const maxTail = 4 << 10

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.b = append(t.b, b[:min(len(b), maxTail-len(t.b))]...)
	return len(b), nil
}

// ending says how the child ended, once it has.
func (c *process) ending() string {
	c.errors.mu.Lock()
	text := string(c.errors.b)
	c.errors.mu.Unlock()
	if strings.Contains(text, "out of memory") || strings.Contains(text, "cannot allocate memory") {
		return "out of memory"
	}
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	how := "it has not ended"
	if c.gone() {
		how = c.cmd.ProcessState.String()
	}
	if line != "" {
		how += ": " + line
	}
	return how
}

func (c *process) gone() bool {
	select {
	case <-c.exited:
		return true
	default:
		return false
	}
}

// kill ends the child at once. It has no children of its own to look for.
func (c *process) kill() { c.cmd.Process.Kill() }

// discard ends a child that nobody will read from any more.
func (c *process) discard() {
	c.kill()
	c.pipe.Close()
}

// patience is how many times its limit a child may take on the wall while the
// machine is too busy to let it run. A plugin cannot wait for anything, so a
// child that had its limit of processor time is guilty, and one that had not is
// the victim of its neighbours.
const patience = 8

// within does an exchange and kills the child if it takes longer than the limit.
// A child whose exchange failed is spent: its pipes may be anywhere.
func (c *process) within(limit time.Duration, exchange func() error) error {
	done := make(chan struct{})
	var watch sync.WaitGroup
	watch.Go(func() { c.watch(limit, done) })
	err := exchange()
	close(done)
	watch.Wait()
	if c.expire.Load() {
		c.spent = true
	}
	if err == nil {
		return nil
	}
	c.spent = true
	c.kill()
	if c.expire.Load() {
		return errDeadline
	}
	<-c.exited
	if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, os.ErrClosed) {
		return fmt.Errorf("%w (%s; %v)", errDied, c.ending(), err)
	}
	return fmt.Errorf("%w (%s)", errDied, c.ending())
}

var errDeadline = errors.New("deadline passed")

// watch kills the child once it has had its time, unless the exchange is done.
func (c *process) watch(limit time.Duration, done <-chan struct{}) {
	pid, began := c.cmd.Process.Pid, time.Now()
	before, known := processorTime(pid)
	timer := time.NewTimer(limit)
	defer timer.Stop()
	for {
		select {
		case <-done:
			return
		case <-timer.C:
		}
		now, still := processorTime(pid)
		left := limit - (now - before)
		if !known || !still || left < clockTick || time.Since(began) >= patience*limit {
			c.expire.Store(true)
			c.kill()
			return
		}
		timer.Reset(left)
	}
}

// start speaks the first words.
func (c *process) greet(start Start) error {
	text, err := json.Marshal(start)
	if err != nil {
		return err
	}
	return c.within(helloTime, func() error {
		if err := WriteFrame(c.to, StartFrame, text); err != nil {
			return err
		}
		kind, body, err := ReadFrame(c.from, nil, maxText)
		if err != nil || kind != HelloFrame {
			return fmt.Errorf("it did not say hello: frame %d, %w", kind, err)
		}
		return json.Unmarshal(body, &c.hello)
	})
}

// maxText bounds the frames that are not answers.
const maxText = 64 << 10

// load gives the child a module whose code is in the cache and makes one
// instance ready.
func (c *process) load(m *installed, h *Host) error {
	return c.loadWithin(m, h, h.codeDir(c.hello.Engine, m.release.Digest), h.o.Limits.Job, "_initialize did not return within %v")
}

// compile gives it a module to compile into a folder.
func (c *process) compile(m *installed, h *Host, dir string) error {
	return c.loadWithin(m, h, dir, h.o.Limits.CompileTime, "it was not compiled within %v")
}

func (c *process) loadWithin(m *installed, h *Host, dir string, limit time.Duration, late string) error {
	digest := m.release.Digest
	if c.loaded[digest] {
		return nil
	}
	header, err := headed(Load{Digest: string(digest), Dir: dir, Pages: h.o.Limits.MemoryPages()})
	if err != nil {
		return err
	}
	var cause string
	var ready Ready
	err = c.within(limit, func() error {
		if err := WriteFrame(c.to, LoadFrame, header, m.module); err != nil {
			return err
		}
		kind, body, err := ReadFrame(c.from, nil, maxText)
		if err == nil && kind == FaultFrame {
			cause = string(body)
			kind, body, err = ReadFrame(c.from, nil, maxText)
		}
		if err != nil || kind != ReadyFrame {
			return fmt.Errorf("frame %d: %w", kind, err)
		}
		return json.Unmarshal(body, &ready)
	})
	switch {
	case errors.Is(err, errDeadline):
		cause = fmt.Sprintf(late, limit)
	case err != nil:
		return err
	case cause == "" && ready.NotCached:
		return errNotCached
	case cause == "":
		c.loaded[digest] = true
		c.spent = c.spent || ready.Retire
		return nil
	}
	return &plugins.Fault{Digest: digest, Kind: plugins.ErrFault, Cause: cause}
}

// run asks a module, loading it first where this child has not. Finish has to
// follow before the child is asked again.
func (c *process) run(m *installed, h *Host, payload []byte, answerLimit int, limit time.Duration) ([]byte, error) {
	digest := m.release.Digest
	if err := c.load(m, h); err != nil {
		return nil, err
	}
	header, err := headed(Run{Digest: string(digest), Limit: answerLimit})
	if err != nil {
		return nil, err
	}
	var kind FrameKind
	var body []byte
	err = c.within(limit, func() (err error) {
		if err = WriteFrame(c.to, RunFrame, header, payload); err != nil {
			return err
		}
		kind, body, err = ReadFrame(c.from, nil, max(answerLimit, maxText))
		if err == nil && kind != AnswerFrame && kind != FaultFrame {
			err = fmt.Errorf("frame %d", kind)
		}
		return err
	})
	switch {
	case errors.Is(err, errDeadline):
		return nil, &plugins.Fault{Digest: digest, Kind: plugins.ErrFault, Cause: fmt.Sprintf("deadline of %v passed", limit)}
	case err != nil:
		return nil, err
	}
	c.open = true
	if kind == FaultFrame {
		return nil, &plugins.Fault{Digest: digest, Kind: plugins.ErrFault, Cause: string(body)}
	}
	return body, nil
}

// finish waits until the child has made its next instance ready.
func (c *process) finish(h *Host) {
	if !c.open || c.spent {
		return
	}
	c.open = false
	var ready Ready
	err := c.within(readyTime, func() error {
		kind, body, err := ReadFrame(c.from, nil, maxText)
		if err != nil || kind != ReadyFrame {
			return fmt.Errorf("frame %d: %w", kind, err)
		}
		return json.Unmarshal(body, &ready)
	})
	if err != nil && !h.pool.isClosed() {
		h.o.Log.Warn("a sandbox did not get ready again", "error", err)
	}
	c.spent = c.spent || ready.Retire
}
