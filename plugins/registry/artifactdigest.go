package registry

import (
	"context"

	"oras.land/oras-go/v2/content/memory"

	"github.com/signalbox-health/signalbox/plugins"
)

// Artifact names what a signed release becomes in a registry, which is the same in
// every one. Further signatures do not change it.
func (r Release) Artifact(ctx context.Context) (plugins.Digest, error) {
	artifact, _, err := r.pack(ctx, memory.New())
	return plugins.Digest(artifact.Digest), err
}
