package governing

import (
	"os"
	"testing"
	"time"

	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/policy/candidate"
)

// BenchmarkRollBack is one press: decided, recorded, compiled, kept and in force.
func BenchmarkRollBack(b *testing.B) {
	s := desk(b)
	s.publish(b, "From 2024", since("2024-01-01"), time.Time{})
	s.clock.Add(60)
	s.publish(b, "From 2025", since("2025-01-01"), time.Time{})
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		s.clock.Add(60)
		if err := s.RollBack(b.Context(), governor("isla"), trust, 1+i%2, "To and fro."); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkDecideWhileExchanging is how long one decision takes, never from the
// cache, while policies are exchanged without a pause; quiet is without any exchange.
func BenchmarkDecideWhileExchanging(b *testing.B) {
	for _, busy := range []bool{false, true} {
		b.Run(map[bool]string{false: "quiet", true: "exchanging"}[busy], func(b *testing.B) {
			s := desk(b)
			s.publish(b, "From 2024", since("2024-01-01"), time.Time{})
			stop, done := make(chan struct{}), make(chan struct{})
			go func() {
				defer close(done)
				for i := 0; busy; i++ {
					select {
					case <-stop:
						return
					default:
					}
					day := []string{"2024-01-01", "2025-01-01"}[i%2]
					if err := s.Engine.SetPolicy(b.Context(), policy.Policy{Trusts: map[measures.ODSCode][]policy.Module{trust: since(day)}}); err != nil {
						b.Error(err)
						return
					}
				}
			}()
			worst := time.Duration(0)
			b.ReportAllocs()
			for i := int64(0); b.Loop(); i++ {
				r := reading()
				r.Now = start.Unix() + 60*i
				began := time.Now()
				d, err := s.Engine.Decide(b.Context(), r)
				worst = max(worst, time.Since(began))
				if err != nil || !d.Allow {
					b.Fatalf("%v, %+v", err, d.Reasons)
				}
			}
			close(stop)
			<-done
			b.ReportMetric(float64(worst.Microseconds())/1000, "worst-ms")
		})
	}
}

// BenchmarkPublish is the second approval of the template: the last check in a child
// process, compiled with all others, kept and in force.
func BenchmarkPublish(b *testing.B) {
	s := desk(b)
	self, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	bench, err := candidate.New(candidate.Options{Executable: bencher(self), Reference: s.Reference})
	if err != nil {
		b.Fatal(err)
	}
	files, err := policy.Template(trust, measures.DateOf(2027, 6, 15))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		s.Bench = s.quick
		s.clock.Add(60)
		d := s.draft(b, "isla", "The template", files, time.Time{})
		if _, err := s.approve(b, "odile", d.Draft); err != nil {
			b.Fatal(err)
		}
		s.Bench = bench
		b.StartTimer()
		if _, err := s.approve(b, "tamsin", d.Draft); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkDossier gathers what the page of a draft shows.
func BenchmarkDossier(b *testing.B) {
	s := desk(b)
	var d *Dossier
	for i := range 20 {
		s.clock.Add(60)
		v := postgres.PolicyVersion{Owner: trust, Title: "A draft", Files: since(measures.DateOf(2024, 1, 1+i).String())}
		if _, _, err := s.Save(b.Context(), governor("isla"), v); err != nil {
			b.Fatal(err)
		}
	}
	d = s.draft(b, "isla", "From 2024", since("2024-01-01"), time.Time{})
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Dossier(b.Context(), trust, d.Draft); err != nil {
			b.Fatal(err)
		}
	}
}
