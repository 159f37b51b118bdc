package sharing_test

import (
	"strconv"
	"testing"

	"github.com/signalbox-health/signalbox/plugins/registry"
)

// BenchmarkSync asks a hub that lists 10,000 releases, from end to end: over HTTP, the
// signatures, the database. "first" takes all of them, as a new installation does;
// "one changed" and "all changed" are indexes after that; "no news" finds that nothing
// has changed.
func BenchmarkSync(b *testing.B) {
	hub := newHub(b, 10_000)
	b.Run("first", func(b *testing.B) {
		b.ReportAllocs()
		for range b.N {
			b.StopTimer()
			node, _ := hub.node(b)
			b.StartTimer()
			if synced, err := node.Sync(b.Context()); err != nil || !synced.New {
				b.Fatal(synced, err)
			}
		}
		b.ReportMetric(float64(len((*hub.files.Load())["index.json"]))/1e6, "MB/index")
	})
	node, _ := hub.node(b)
	if _, err := node.Sync(b.Context()); err != nil {
		b.Fatal(err)
	}
	next := func(b *testing.B, change func(releases []registry.Listing, serial string)) {
		b.ReportAllocs()
		for range b.N {
			b.StopTimer()
			hub.index.Serial++
			change(hub.index.Releases, strconv.FormatInt(hub.index.Serial, 10))
			hub.issue(b, hub.root)
			b.StartTimer()
			if synced, err := node.Sync(b.Context()); err != nil || !synced.New {
				b.Fatal(synced, err)
			}
		}
	}
	b.Run("one changed", func(b *testing.B) {
		next(b, func(releases []registry.Listing, serial string) { releases[4711].Change = serial })
	})
	b.Run("all changed", func(b *testing.B) {
		next(b, func(releases []registry.Listing, serial string) {
			for i := range releases {
				releases[i].Change = serial
			}
		})
	})
	b.Run("no news", func(b *testing.B) {
		b.ReportAllocs()
		for range b.N {
			if synced, err := node.Sync(b.Context()); err != nil || synced.New {
				b.Fatal(synced, err)
			}
		}
	})
}
