package demo

import (
	"errors"
	"testing"
	"time"

	"github.com/signalbox-health/signalbox/plugins/registry"
)

func TestTheHubOfTheDemonstrationIsBelievedAndOnlyByItsOwn(t *testing.T) {
	now := time.Now()
	node, err := registry.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir() + "/keys"
	h, err := OpenHub(dir, node, now)
	if err != nil {
		t.Fatal(err)
	}
	again, err := OpenHub(dir, node, now)
	if err != nil || again.Root.Keys[0].ID() != h.Root.Keys[0].ID() {
		t.Fatalf("the second start has other keys: %v", err)
	}
	_, signed, err := again.List()
	if err != nil {
		t.Fatal(err)
	}
	list, err := h.Root.Open(signed, nil, now)
	if err != nil {
		t.Fatal(err)
	}
	releases, err := h.Releases(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range releases {
		verified, err := list.Check(p.Release, now)
		if err != nil || len(verified.Signers) != 2 {
			t.Errorf("%s %s: %v, %d signers", p.ID, p.Version, err, len(verified.Signers))
		}
	}
	index, err := h.Seal(1, releases, nil)
	if err != nil {
		t.Fatal(err)
	}
	if x, err := h.Root.OpenIndex(list, index, 0, now); err != nil || len(x.Releases) != len(SharedReleases()) {
		t.Errorf("the index: %v", err)
	}
	other, err := OpenHub(t.TempDir()+"/keys", node, now)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := other.Root.Open(signed, nil, now); !errors.Is(err, registry.ErrStranger) {
		t.Errorf("another demonstration believes it: %v", err)
	}
}
