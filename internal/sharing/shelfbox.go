package sharing

import (
	"context"
	"errors"

	"github.com/signalbox-health/signalbox/internal/analysis"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/plugins/host"
	"github.com/signalbox-health/signalbox/sdk/wire"
)

// Box is the sandbox that readers wait for, with the shelf behind it: a release that
// is kept and does not stand ready is stood ready when it is asked. So nobody has to
// load what is looked at once a year, and what another program has adopted a moment
// ago answers here too.
type Box struct {
	analysis.Sandbox
	Shelf *Shelf
}

// Run asks a plugin.
func (b Box) Run(ctx context.Context, of plugins.Digest, q wire.Request) ([]measures.Chart, error) {
	charts, err := b.Sandbox.Run(ctx, of, q)
	if !errors.Is(err, host.ErrUnknown) {
		return charts, err
	}
	if err := b.Shelf.Ready(ctx, of); err != nil {
		return nil, err
	}
	return b.Sandbox.Run(ctx, of, q)
}
