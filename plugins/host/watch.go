package host

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

// patience is how many times its limit a child may take on the wall while the
// machine is too busy to let it run. A plugin cannot wait for anything, so a
// child that had its limit of processor time is guilty, and one that had not is
// the victim of its neighbours.
const patience = 8

// clockStep is how much of its time a child may have left when it is ended: it did
// not begin at the very moment when it was asked.
const clockStep = 2 * time.Millisecond

// weighEvery is how often the memory of a busy child is looked at. The kernel
// bounds it too, where it can; a child that grows past both does so in less time.
const weighEvery = 20 * time.Millisecond

var (
	// errDeadline says that a child had its time.
	errDeadline = errors.New("deadline passed")
	// errStarved says that a child did not get its time for so long that nobody
	// can wait for it any more.
	errStarved = errors.New("the machine was too busy to run it")
	// errHeavy says that a child took more memory than it may.
	errHeavy = errors.New("out of memory")
)

// within does an exchange and kills the child if it takes longer than the limit,
// or more memory than it may. A child whose exchange failed is spent: its pipes
// may be anywhere.
func (c *process) within(limit time.Duration, exchange func() error) error {
	done := make(chan struct{})
	var watch sync.WaitGroup
	watch.Go(func() { c.watch(limit, done) })
	err := exchange()
	close(done)
	watch.Wait()
	cut := c.cut.Load()
	c.spent = c.spent || cut != nil
	if err == nil {
		return nil
	}
	c.spent = true
	c.kill()
	if cut != nil {
		return *cut
	}
	<-c.exited
	if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, os.ErrClosed) {
		return fmt.Errorf("%w (%s; %v)", c.death(), c.ending(), err)
	}
	return fmt.Errorf("%w (%s)", c.death(), c.ending())
}

// death says whether a child died as any process may, or tried to break out.
func (c *process) death() error {
	if c.brokeOut() {
		return errBrokeOut
	}
	return errDied
}

// cutOff ends the child for a reason.
func (c *process) cutOff(why error) {
	c.cut.Store(&why)
	c.kill()
	// Whoever waits for it is told now, and not when all its memory is given back.
	c.pipe.SetReadDeadline(time.Now())
}

// watch kills the child once it has had its time, or when it takes too much
// memory, unless the exchange is done before.
func (c *process) watch(limit time.Duration, done <-chan struct{}) {
	pid, began := c.cmd.Process.Pid, time.Now()
	before, known := processorTime(pid)
	timer := time.NewTimer(limit)
	defer timer.Stop()
	scales := time.NewTicker(weighEvery)
	defer scales.Stop()
	for {
		select {
		case <-done:
			return
		case <-scales.C:
			if resident := residentMemory(pid); resident > c.memory {
				c.cutOff(fmt.Errorf("%w: the sandbox had %d MiB where %d are allowed", errHeavy, resident>>20, c.memory>>20))
				return
			}
			continue
		case <-timer.C:
		}
		now, still := processorTime(pid)
		left := limit - (now - before)
		switch {
		case !known || !still || left < clockStep:
			c.cutOff(errDeadline)
			return
		case time.Since(began) >= patience*limit:
			c.cutOff(errStarved)
			return
		}
		timer.Reset(left)
	}
}
