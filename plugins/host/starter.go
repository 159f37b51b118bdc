package host

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"sync"

	"github.com/signalbox-health/signalbox/plugins"
)

// starter starts all children from one thread. Linux ends a child with the
// thread that started it, so that thread must live as long as the host does:
// then a server that is killed takes its children along, busy ones included.
type starter struct {
	argv     []string
	requests chan func()
	quit     chan struct{}
	once     sync.Once
}

func newStarter(argv []string) *starter {
	s := &starter{argv: argv, requests: make(chan func()), quit: make(chan struct{})}
	keepDescriptors()
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with this function
		for {
			select {
			case start := <-s.requests:
				start()
			case <-s.quit:
				return
			}
		}
	}()
	return s
}

func (s *starter) stop() { s.once.Do(func() { close(s.quit) }) }

// start starts one child, with nothing but its pipes, and waits for its hello.
func (s *starter) start(to Start) (c *process, err error) {
	started := make(chan struct{})
	launch := func() {
		defer close(started)
		c, err = s.launch()
	}
	select {
	case s.requests <- launch:
		<-started
	case <-s.quit:
		return nil, errClosed
	}
	if err != nil {
		return nil, err
	}
	if err := c.greet(to); err != nil {
		return nil, fmt.Errorf("%s: %w", s.argv[0], err)
	}
	return c, nil
}

func (s *starter) launch() (*process, error) {
	stdin, to, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	from, stdout, err := os.Pipe()
	if err != nil {
		stdin.Close()
		to.Close()
		return nil, err
	}
	widen(to)
	widen(from)
	c := &process{
		cmd:    exec.Command(s.argv[0], s.argv[1:]...),
		to:     bufio.NewWriterSize(to, 64<<10),
		pipe:   from,
		from:   bufio.NewReaderSize(from, 64<<10),
		errors: &tail{},
		exited: make(chan struct{}),
		loaded: holding{all: map[plugins.Digest]bool{}},
	}
	c.cmd.Stdin, c.cmd.Stdout, c.cmd.Stderr = stdin, stdout, c.errors
	c.cmd.Env = []string{} // not nil, which would mean this process's own
	c.cmd.Dir = "/"
	c.cmd.SysProcAttr = attributes()
	err = c.cmd.Start()
	stdin.Close()
	stdout.Close()
	if err != nil {
		to.Close()
		from.Close()
		return nil, err
	}
	go func() {
		c.cmd.Wait()
		close(c.exited)
		to.Close()
	}()
	return c, nil
}
