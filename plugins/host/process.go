package host

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/signalbox-health/signalbox/plugins"
)

var (
	// errNotCached says that a module has to be compiled first.
	errNotCached = errors.New("plugin is not compiled for this engine")
	// errDied says that a child ended without being told to.
	errDied = errors.New("the sandbox died")
	// errKilled says that something outside this program killed it.
	errKilled = errors.New("the sandbox was killed")
	// errBrokeOut says that a child ended because it did what only a plugin can
	// do that has broken out of the engine.
	errBrokeOut = errors.New("the sandbox was broken out of")
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
	memory uint64                // bytes that it may have resident
	cut    atomic.Pointer[error] // why it was ended, if this package did that

	lane   *lane // nil for one that compiles
	hello  Hello
	spent  bool        // to be replaced: dead, out of step, or at the end of its time
	stale  atomic.Bool // to be replaced: it holds a plugin that is to be forgotten
	open   bool        // an answer came and its Ready has not
	loaded holding
}

// holding is the plugins that a child has loaded.
type holding struct {
	mu  sync.Mutex
	all map[plugins.Digest]bool
}

// has reports whether the child has a plugin loaded.
func (c *process) has(digest plugins.Digest) bool {
	c.loaded.mu.Lock()
	defer c.loaded.mu.Unlock()
	return c.loaded.all[digest]
}

// holds is how many plugins it has loaded.
func (c *process) holds() int {
	c.loaded.mu.Lock()
	defer c.loaded.mu.Unlock()
	return len(c.loaded.all)
}

func (c *process) took(digest plugins.Digest) {
	c.loaded.mu.Lock()
	defer c.loaded.mu.Unlock()
	c.loaded.all[digest] = true
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
	if c.brokeOut() {
		return "the kernel ended it, for a call that no sandbox may make"
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

// brokeOut reports whether the child has ended because it tried what its filter
// of calls answers with the end. Nothing in it does that but what a plugin
// smuggled past the engine.
func (c *process) brokeOut() bool { return c.endedBy(syscall.SIGSYS) }

// endedBy reports whether the child has ended, by this signal.
func (c *process) endedBy(signal syscall.Signal) bool {
	if !c.gone() {
		return false
	}
	status, ok := c.cmd.ProcessState.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && status.Signal() == signal
}

// kill ends the child at once. It has no children of its own to look for.
func (c *process) kill() { c.cmd.Process.Kill() }

// discard ends a child that nobody will read from any more.
func (c *process) discard() {
	c.kill()
	c.pipe.Close()
}

// start speaks the first words.
func (c *process) greet(start Start) error {
	c.memory = start.Memory
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
	digest := m.release.Digest
	if c.has(digest) {
		return nil
	}
	folder := h.vault.of(c.hello.Engine, digest)
	if err := h.vault.check(folder); errors.Is(err, fs.ErrNotExist) {
		return errNotCached
	} else if err != nil {
		h.o.Log.Warn("compiled code is not used, and is compiled again", "plugin", digest, "reason", err)
		return errNotCached
	}
	return c.loadWithin(m, h, filepath.Join(folder, codeFolder), h.o.Limits.Job, "_initialize did not return within %v")
}

// compile gives it a module to compile into a folder.
func (c *process) compile(m *installed, h *Host, dir string) error {
	return c.loadWithin(m, h, dir, h.o.Limits.CompileTime, "it was not compiled within %v")
}

func (c *process) loadWithin(m *installed, h *Host, dir string, limit time.Duration, late string) error {
	digest := m.release.Digest
	header, err := headed(Load{Digest: string(digest), Dir: dir, Pages: h.o.Limits.MemoryPages(), Restorable: m.restorable, Globals: m.globals})
	if err != nil {
		return err
	}
	var wrong Wrong
	var ready Ready
	err = c.within(limit, func() error {
		if err := WriteFrame(c.to, LoadFrame, header, m.module); err != nil {
			return err
		}
		kind, body, err := ReadFrame(c.from, nil, maxText)
		if err == nil && kind == FaultFrame {
			if err = json.Unmarshal(body, &wrong); err != nil {
				return err
			}
			kind, body, err = ReadFrame(c.from, nil, maxText)
		}
		if err != nil || kind != ReadyFrame {
			return fmt.Errorf("frame %d: %w", kind, err)
		}
		return json.Unmarshal(body, &ready)
	})
	switch {
	case errors.Is(err, errDeadline):
		wrong = Wrong{plugins.TimedOut, fmt.Sprintf(late, limit)}
	case cutOff(err, limit, &wrong):
	case err != nil:
		return err
	case wrong.Cause == "" && ready.NotCached:
		return errNotCached
	case wrong.Cause == "":
		c.took(digest)
		if m.forgotten.Load() {
			c.stale.Store(true)
		}
		c.spent = c.spent || ready.Retire
		return nil
	}
	return wrong.of(digest)
}

// of makes a fault of it.
func (w Wrong) of(digest plugins.Digest) *plugins.Fault {
	return &plugins.Fault{Digest: digest, Kind: plugins.ErrFault, Manner: w.Manner, Cause: w.Cause}
}

// cutOff says what is wrong where this package ended the child.
func cutOff(err error, limit time.Duration, wrong *Wrong) bool {
	switch {
	case errors.Is(err, errDeadline):
		*wrong = Wrong{plugins.TimedOut, fmt.Sprintf("deadline of %v passed", limit)}
	case errors.Is(err, errStarved):
		*wrong = Wrong{plugins.Starved, fmt.Sprintf("deadline of %v passed %d times over, without that much processor time: %v", limit, patience, err)}
	case errors.Is(err, errHeavy):
		*wrong = Wrong{plugins.Heavy, err.Error()}
	case errors.Is(err, errBrokeOut):
		*wrong = Wrong{plugins.BrokeOut, err.Error()}
	default:
		return false
	}
	return true
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
	var wrong Wrong
	switch {
	case cutOff(err, limit, &wrong):
		return nil, wrong.of(digest)
	case err != nil:
		return nil, err
	}
	c.open = true
	if kind == FaultFrame {
		if err := json.Unmarshal(body, &wrong); err != nil {
			c.spent = true
			return nil, fmt.Errorf("%w (%w)", errDied, err)
		}
		return nil, wrong.of(digest)
	}
	return body, nil
}

// finish waits until the child has made its next instance ready.
func (c *process) finish(h *Host, digest plugins.Digest) {
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
	h.usage.memory(digest, ready.Memory)
}
