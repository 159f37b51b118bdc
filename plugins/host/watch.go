package host

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"syscall"
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
	if cut != nil {
		return *cut
	}
	how := c.death()
	if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, os.ErrClosed) {
		return fmt.Errorf("%w (%s; %v)", how, c.ending(), err)
	}
	return fmt.Errorf("%w (%s)", how, c.ending())
}

// dying is how long a child may take to end that has closed its pipes.
const dying = 100 * time.Millisecond

// death says of what a child died: of itself, by somebody's hand, or trying to
// break out. One that lives on although its exchange failed is ended.
func (c *process) death() error {
	select {
	case <-c.exited:
	case <-time.After(dying):
		c.kill()
		<-c.exited
		return errDied
	}
	switch {
	case c.brokeOut():
		return errBrokeOut
	case c.endedBy(syscall.SIGKILL):
		return errKilled
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
