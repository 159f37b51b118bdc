package policy

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/signalbox-health/signalbox/measures"
)

// large is the reference data of a country with so many agreements.
func large(t testing.TB, agreements int) ReferenceData {
	data := reference(t)
	for i := range agreements {
		from, to := measures.ODSCode(fmt.Sprintf("R%03d", i%1000)), measures.ODSCode(fmt.Sprintf("T%03d", i/1000))
		data.Organisations[from] = OrganisationFacts{Name: "Trust " + string(from), Kind: "trust", ICB: "QM7"}
		data.Organisations[to] = OrganisationFacts{Name: "Trust " + string(to), Kind: "trust", ICB: "QXX"}
		data.Agreements[KeyOf(from, to, "diagnostics")] = Agreement{Ref: fmt.Sprint("DSA-", i), Expires: noon + 86400, Purposes: []Purpose{"improvement"}}
	}
	return data
}

// mix is what people ask: published data mostly, their own, an agreement, and
// now and then what they may not have.
func mix() []Request {
	partner := clinician()
	partner.ODS, partner.Orgs = "T050", []measures.ODSCode{"T050"}
	return []Request{read(clinician(), "ae", "RWG"), read(clinician(), "ae", Everyone), read(clinician(), "diagnostics", "RQW"),
		read(partner, "diagnostics", "R777"), read(clinician(), "diagnostics", "RWG")}
}

func BenchmarkDecide(b *testing.B) {
	for _, agreements := range []int{1000, 100_000} {
		b.Run(fmt.Sprintf("%d_agreements", agreements), func(b *testing.B) {
			e := engine(b, func(o *EngineOptions) { o.Data = large(b, agreements) })
			questions := mix()
			times := make([]time.Duration, 0, 1<<16)
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				r := questions[i%len(questions)]
				r.Now += int64(60 * (i % 1000)) // asked in another minute: not in the cache
				began := time.Now()
				if _, err := e.live.Load().decide(context.Background(), r); err != nil {
					b.Fatal(err)
				}
				times = append(times, time.Since(began))
			}
			slices.Sort(times)
			b.ReportMetric(float64(times[len(times)/2].Nanoseconds()), "p50-ns")
			b.ReportMetric(float64(times[len(times)*99/100].Nanoseconds()), "p99-ns")
		})
	}
}

// BenchmarkDecideWithAPolicyOfTheTrust asks about a trust that has the policy to
// start from: the baseline's answer is found once for both.
func BenchmarkDecideWithAPolicyOfTheTrust(b *testing.B) {
	e := engine(b, func(o *EngineOptions) {
		o.Data, o.Policy = large(b, 100_000), Policy{Trusts: map[measures.ODSCode][]Module{"RQW": templateOf(b, "RQW")}}
	})
	l, r := e.live.Load(), read(clinician(), "diagnostics", "RQW")
	b.ReportAllocs()
	for b.Loop() {
		if d, err := l.decide(context.Background(), r); err != nil || !d.Allow {
			b.Fatal(d, err)
		}
	}
}

// BenchmarkDecideAnAdoptedRelease asks for charts of releases that came from
// elsewhere, of 200 with 150 adopters each; it prints what that takes beside a chart
// of what comes with the program.
func BenchmarkDecideAnAdoptedRelease(b *testing.B) {
	data := reference(b)
	digest := func(i int) string { return fmt.Sprintf("sha256:%064d", i) }
	for i := range 200 {
		adopters := map[measures.ODSCode]AdopterFacts{"RQW": {Stage: "adopted"}}
		for j := range 150 {
			adopters[measures.ODSCode(fmt.Sprintf("R%03d", j))] = AdopterFacts{Stage: "adopted"}
		}
		data.Plugins[digest(i)] = PluginFacts{ID: fmt.Sprint("shared-", i), Approved: true, Publisher: "northvale", State: ReleasePublished, Offered: true,
			Datasets: []measures.DatasetID{"diagnostics"}, Adopters: adopters}
	}
	l := engine(b, func(o *EngineOptions) { o.Data = data }).live.Load()
	decide := func(b *testing.B, plugin string) time.Duration {
		r := read(clinician(), "diagnostics", "RQW")
		r.Plugin.Digest = plugin
		began := time.Now()
		if d, err := l.decide(context.Background(), r); err != nil || !d.Allow {
			b.Fatal(d, err)
		}
		return time.Since(began)
	}
	var shared, shipped time.Duration
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		shared += decide(b, digest(i%200))
		b.StopTimer()
		shipped += decide(b, approved)
		b.StartTimer()
	}
	b.ReportMetric(float64(shared)/float64(shipped), "of-shipped")
}

func BenchmarkDecideParallel(b *testing.B) {
	e := engine(b, func(o *EngineOptions) { o.Data = large(b, 100_000) })
	b.ReportAllocs()
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		questions := mix()
		for i := 0; pb.Next(); i++ {
			if _, err := e.live.Load().decide(context.Background(), questions[i%len(questions)]); err != nil {
				b.Error(err)
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "decisions/s")
}

func BenchmarkDecideCached(b *testing.B) {
	e := engine(b, func(o *EngineOptions) { o.Data = large(b, 100_000) })
	r := read(clinician(), "ae", "RWG")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := e.Decide(context.Background(), r); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSetData(b *testing.B) {
	e, data := engine(b), large(b, 100_000)
	b.ReportAllocs()
	for b.Loop() {
		if err := e.SetData(context.Background(), data); err != nil {
			b.Fatal(err)
		}
	}
}
