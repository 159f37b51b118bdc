package sharing

import (
	"context"
	"fmt"
	"iter"
	"sync"
	"time"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/plugins/check"
	"github.com/signalbox-health/signalbox/plugins/host"
	"github.com/signalbox-health/signalbox/plugins/registry"
)

// Workbench is a sandbox for one examination, which ends with it.
type Workbench interface {
	check.Box
	Usage() []host.Usage
	Close() error
}

// Examiner tries releases of others before anybody runs them.
type Examiner struct {
	Bench func(context.Context) (Workbench, error)
	// Known are the measures that there are, and Datasets those that measures may read.
	Known    func(context.Context) ([]*measures.Measure, error)
	Datasets func() []measures.Dataset
	// Libraries are the plugins that measures without code may be computed by.
	Libraries func() []plugins.Release
}

// Examine checks a release on a bench of its own, and says what an answer cost there
// at the most. What is wrong with the release is among the steps; an error is about
// the bench.
func (x *Examiner) Examine(ctx context.Context, release registry.Release) (Examined, error) {
	known, err := x.Known(ctx)
	if err != nil {
		return Examined{}, err
	}
	options := check.Options{Known: known, Datasets: x.Datasets(), Libraries: x.Libraries()}
	if release.Manifest.ABI == 0 {
		return Examined{Steps: collect(check.Manifest(release.Manifest, options))}, nil
	}
	bench, err := x.Bench(ctx)
	if err != nil {
		return Examined{}, fmt.Errorf("examine %s %s: %w", release.Manifest.ID, release.Manifest.Version, err)
	}
	defer bench.Close()
	timed := &stopwatch{Box: bench}
	found := Examined{Steps: collect(check.Module(ctx, timed, release.Contents, options))}
	found.Cost.Milliseconds = int((timed.longest + time.Millisecond - 1) / time.Millisecond)
	for _, used := range bench.Usage() {
		found.Cost.Mebibytes = max(found.Cost.Mebibytes, int((used.Memory+1<<20-1)>>20))
	}
	return found, ctx.Err()
}

func collect(steps iter.Seq[check.Step]) (list []check.Step) {
	for step := range steps {
		list = append(list, step)
	}
	return list
}

// stopwatch is a box that notes how long the longest answer took.
type stopwatch struct {
	check.Box
	mu      sync.Mutex
	longest time.Duration
}

func (s *stopwatch) RunPayload(ctx context.Context, digest plugins.Digest, payload []byte, rows int, limit time.Duration) ([]byte, error) {
	began := time.Now()
	answer, err := s.Box.RunPayload(ctx, digest, payload, rows, limit)
	s.mu.Lock()
	s.longest = max(s.longest, time.Since(began))
	s.mu.Unlock()
	return answer, err
}
