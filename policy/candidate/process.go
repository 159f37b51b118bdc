package candidate

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/signalbox-health/signalbox/policy"
)

// tooLate is how a child ended that was killed at its deadline.
const tooLate = "it takes too long"

// child is one process that examines one candidate.
type child struct {
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	stdout *bufio.Reader
	stderr *tail
	limit  time.Duration
	once   sync.Once
	killed string
}

// tail keeps the first bytes that a dying child writes.
type tail struct {
	mu sync.Mutex
	b  []byte
}

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.b = append(t.b, b[:min(len(b), 4<<10-len(t.b))]...)
	return len(b), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.b)
}

// start starts a child in a group of its own, with nothing but its pipes and
// behind everybody else in the queue for the processor.
func start(argv []string, memory uint64, limit time.Duration) (*child, error) {
	c := &child{cmd: exec.Command(argv[0], argv[1:]...), stderr: &tail{}, limit: limit}
	c.cmd.Env = []string{} // not nil, which would mean this process's own
	c.cmd.Dir = "/"
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	c.cmd.Stderr = c.stderr
	c.cmd.WaitDelay = time.Second
	stdin, err := c.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	c.stdin, c.stdout = stdin, bufio.NewReaderSize(stdout, 64<<10)
	if err := c.cmd.Start(); err != nil {
		return nil, err
	}
	// A favour that the system may decline: the limits hold without it.
	_ = behindOthers(c.cmd.Process.Pid)
	err = writeFrame(c.stdin, limits{Memory: memory, Seconds: uint64(limit.Seconds())*2 + 2})
	if err != nil {
		c.end()
		return nil, fmt.Errorf("%s: %w: %s", argv[0], err, c.stderr)
	}
	return c, nil
}

// kill ends the whole group.
func (c *child) kill(why string) {
	c.once.Do(func() { c.killed = why })
	_ = syscall.Kill(-c.cmd.Process.Pid, syscall.SIGKILL)
}

// end kills the child, if it still lives, and buries it.
func (c *child) end() {
	c.kill("")
	_ = c.stdin.Close()
	_ = c.cmd.Wait()
}

// ask gives the child its task and listens until it is done. The last news are
// given also where the child was stopped; stopped then says how, in words for
// the author. An error means that the caller gave up, or could not go on.
func (c *child) ask(ctx context.Context, t task, recorded iter.Seq2[policy.Document, error]) (last news, stopped string, err error) {
	timer := time.AfterFunc(c.limit, func() { c.kill(tooLate) })
	defer timer.Stop()
	defer context.AfterFunc(ctx, func() { c.kill("nobody waits for it any more") })()

	// The child may answer, or die, before it has read everything.
	sent := make(chan error, 1)
	go func() { sent <- c.send(t, recorded) }()
	for !last.Done {
		var next news
		if err := decode(c.stdout, maxNews, &next); err != nil {
			return c.post(ctx, last, sent, err)
		}
		last = next
	}
	return last, "", nil
}

// post finds out why a child fell silent.
func (c *child) post(ctx context.Context, last news, sent <-chan error, silent error) (news, string, error) {
	c.once.Do(func() {}) // from here on nobody else names a reason
	// One that has closed its end is dying, and how it dies says why: it is given a
	// moment. One that talks nonsense is not.
	moment := dyingTime
	if !errors.Is(silent, io.EOF) && !errors.Is(silent, io.ErrUnexpectedEOF) {
		moment = 0
	}
	var ours atomic.Bool
	shot := time.AfterFunc(moment, func() {
		ours.Store(true)
		_ = syscall.Kill(-c.cmd.Process.Pid, syscall.SIGKILL)
	})
	waited := c.cmd.Wait()
	shot.Stop()
	sending := <-sent
	var source *sourceError
	switch {
	case ctx.Err() != nil:
		return last, "", context.Cause(ctx)
	case errors.As(sending, &source):
		return last, "", source.err
	case c.killed != "":
		return last, c.killed, nil
	}
	text := c.stderr.String()
	switch {
	case strings.Contains(text, "out of memory"), strings.Contains(text, "cannot allocate memory"):
		return last, "it needs too much memory", nil
	case strings.Contains(text, "pthread_create failed"), strings.Contains(text, "SIGSEGV"), strings.Contains(text, "SIGABRT"):
		// How a runtime ends that is refused memory for itself: for a thread, or for
		// its books. A mistake in this program is a panic, and told as one.
		return last, "it brought down the process that examined it, as what needs too much memory does", nil
	case strings.Contains(text, "stack overflow"), strings.Contains(text, "goroutine stack exceeds"):
		return last, "it is nested too deeply", nil
	}
	var state *exec.ExitError
	if errors.As(waited, &state) {
		if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() && !ours.Load() {
			return last, fmt.Sprintf("the system ended the process that examined it (%v)", status.Signal()), nil
		}
	}
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return last, "", fmt.Errorf("the process that examines policies ended: %w, %w: %s", errors.Join(silent, waited), errBroken, line)
}

// dyingTime is how long a child that has fallen silent may take to end.
const dyingTime = 2 * time.Second

// errBroken says that a child ended by itself, which no candidate can bring about
// but by using up what it may use.
var errBroken = errors.New("this is a fault of the program, not of the policy")

// sourceError is an error of where recorded decisions come from.
type sourceError struct{ err error }

func (e *sourceError) Error() string { return e.err.Error() }

// batch is how many questions travel in one frame.
const batch = 500

func (c *child) send(t task, recorded iter.Seq2[policy.Document, error]) error {
	w := bufio.NewWriterSize(c.stdin, 64<<10)
	if err := writeFrame(w, t); err != nil {
		return err
	}
	if recorded != nil {
		if err := sendQuestions(w, recorded); err != nil {
			if source := (*sourceError)(nil); errors.As(err, &source) {
				c.kill(err.Error())
			}
			return err
		}
	}
	if err := writeFrame(w, nil); err != nil {
		return err
	}
	return w.Flush()
}

func sendQuestions(w io.Writer, recorded iter.Seq2[policy.Document, error]) error {
	var questions []question
	flush := func() error {
		if len(questions) == 0 {
			return nil
		}
		err := writeFrame(w, questions)
		questions = questions[:0]
		return err
	}
	for document, err := range recorded {
		if err != nil {
			return &sourceError{fmt.Errorf("read recorded decisions: %w", err)}
		}
		q := question{ID: document.Input.RequestID}
		document.Input.RequestID = ""
		if q.Input, err = json.Marshal(document.Input); err != nil {
			return &sourceError{err}
		}
		if questions = append(questions, q); len(questions) == batch {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	return flush()
}
