package postgres

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins/registry"
)

// listed is how many releases the index of a large hub has, each of a plugin of its
// own: that is the most there can be to look through.
const listed = 10_000

// manyListings is such an index: words drawn from 2,000 with the frequencies of a
// language, and evidence of up to nine organisations with 24 points for one in ten.
func manyListings(t testing.TB, hub *aHub) []registry.Listing {
	t.Helper()
	random := rand.New(rand.NewPCG(1, 2))
	zipf := rand.NewZipf(random, 1.1, 1, 1999)
	words := func(n int) string {
		list := make([]string, n)
		for i := range list {
			list[i] = fmt.Sprintf("word%d", zipf.Uint64())
		}
		return strings.Join(list, " ")
	}
	var list []registry.Listing
	for i := range listed {
		l := listing(fmt.Sprintf("plugin-%04d", i), "1.0.0", words(6), fmt.Sprintf("dataset_%d", random.IntN(60)))
		l.Problem, l.Change = words(25), words(12)
		l.Areas = []string{fmt.Sprintf("Area %d", random.IntN(12))}
		if i%10 == 0 {
			for _, of := range []measures.ODSCode{"RAA", "RBB"}[:1+random.IntN(2)] {
				result := []registry.Result{registry.Improved, registry.Unchanged, registry.Concern}[random.IntN(3)]
				l.Said = append(l.Said, evidence(t, hub.node, l, of, result))
			}
		}
		list = append(list, l)
	}
	return list
}

// BenchmarkSearchListings asks a catalogue of 10,000 releases what readers ask it.
func BenchmarkSearchListings(b *testing.B) {
	db, hub := open(b), newHub(b)
	take(b, db, hub, anIndex(1, manyListings(b, hub)...))
	own := []measures.DatasetID{"dataset_1", "dataset_2", "dataset_3", "dataset_4", "dataset_5"}
	for _, c := range []struct {
		name string
		q    ListingQuery
	}{
		{"nothing", ListingQuery{}},
		{"own-data", ListingQuery{Own: own}},
		{"common-word", ListingQuery{Words: "word1", Own: own}},
		{"beginning", ListingQuery{Words: "wor", Own: own}},
		{"rare-words", ListingQuery{Words: "word1234 word900", Own: own}},
		{"area-and-evidence", ListingQuery{Area: "Area 3", Evidence: registry.Improved, Own: own}},
		{"last-page", ListingQuery{Own: own, Offset: 9980}},
	} {
		b.Run(c.name, func(b *testing.B) {
			c.q.Limit = 20
			b.ReportAllocs()
			var took []time.Duration
			for b.Loop() {
				began := time.Now()
				if _, _, err := db.SearchListings(b.Context(), c.q); err != nil {
					b.Fatal(err)
				}
				took = append(took, time.Since(began))
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
		})
	}
}

// BenchmarkTakeIndex takes an index of 10,000 releases, each time one newer: with one
// release changed, as at most syncs, and with a new list, so that all that was said
// is held against it again. The ratio is to sending the same rows with COPY alone.
func BenchmarkTakeIndex(b *testing.B) {
	db, hub := open(b), newHub(b)
	all := manyListings(b, hub)
	serial := int64(1)
	list, listSerial := hub.list(b)
	next := func(b *testing.B) {
		serial++
		all[int(serial)%len(all)].Change = fmt.Sprintf("change %d", serial)
		if err := db.TakeIndex(b.Context(), list, anIndex(serial, all...), listSerial); err != nil {
			b.Fatal(err)
		}
	}
	b.Run("first", func(b *testing.B) {
		conn := owner(b, db)
		for b.Loop() {
			b.StopTimer()
			if _, err := conn.Exec(b.Context(), `TRUNCATE listing`); err != nil {
				b.Fatal(err)
			}
			b.StartTimer()
			next(b)
		}
	})
	b.Run("one-changed", func(b *testing.B) {
		next(b)
		b.ReportAllocs()
		for b.Loop() {
			next(b)
		}
	})
	b.Run("new-list", func(b *testing.B) {
		for b.Loop() {
			list, listSerial = hub.list(b)
			next(b)
		}
	})
}
