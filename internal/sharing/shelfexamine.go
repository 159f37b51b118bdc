package sharing

import (
	"context"
	"fmt"
	"iter"

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

// Examine checks a release on a bench of its own. What is wrong with the release is
// among the steps; an error is about the bench. What it costs was for its publisher
// to look at: here the sandbox's limits stand.
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
	return Examined{Steps: collect(check.Module(ctx, bench, release.Contents, options))}, ctx.Err()
}

func collect(steps iter.Seq[check.Step]) (list []check.Step) {
	for step := range steps {
		list = append(list, step)
	}
	return list
}
