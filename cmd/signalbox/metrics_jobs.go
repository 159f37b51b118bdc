package main

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/signalbox-health/signalbox/internal/jobs"
	"github.com/signalbox-health/signalbox/internal/postgres"
)

// jobMetrics tells what this process has worked, and how the queue and the hub stand
// for all processes together.
type jobMetrics struct {
	queue *jobs.Queue
	db    *postgres.DB
}

func describeJobs(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("signalbox_jobs_"+name, help, labels, nil)
}

func describeHub(name, help string) *prometheus.Desc {
	return prometheus.NewDesc("signalbox_hub_"+name, help, nil, nil)
}

var (
	jobsFinished = describeJobs("finished_total", "Jobs that this process has worked, by what became of them.", "kind", "outcome")
	jobsTook     = describeJobs("run_seconds_total", "Time that this process has spent on jobs.", "kind")
	jobsWaited   = describeJobs("wait_seconds_total", "Time that jobs waited before this process began them.", "kind")
	jobsOpen     = describeJobs("open", "Jobs that are not over, for all processes together.", "kind", "state")

	hubIndex   = describeHub("index_serial", "Number of the index of releases that is believed; 0 before the first.")
	hubSynced  = describeHub("synced_timestamp_seconds", "When an index of the hub was believed last; 0 before the first.")
	hubExpires = describeHub("expires_timestamp_seconds", "When the index that is believed expires; 0 before the first.")
	hubProblem = describeHub("problem", "1 if the last try to ask the hub came to nothing.")
	hubUnsent  = describeHub("unsent", "Pieces that wait to be sent to the hub.")
)

func (m jobMetrics) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{jobsFinished, jobsTook, jobsWaited, jobsOpen, hubIndex, hubSynced, hubExpires, hubProblem, hubUnsent} {
		to <- d
	}
}

// Collect leaves out what the database does not say in time: a series that is absent
// tells of that better than an old number.
func (m jobMetrics) Collect(to chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), readyWithin)
	defer cancel()
	m.worked(to)
	if standing, err := m.queue.Standing(ctx); err == nil {
		for kind, states := range standing {
			for state, n := range states {
				to <- prometheus.MustNewConstMetric(jobsOpen, prometheus.GaugeValue, float64(n), string(kind), string(state))
			}
		}
	}
	if state, err := m.db.HubState(ctx); err == nil {
		problem := 0.0
		if state.Problem != "" {
			problem = 1
		}
		gauge(to, hubIndex, float64(state.IndexSerial))
		gauge(to, hubSynced, seconds(state.Synced))
		gauge(to, hubExpires, seconds(state.Expires))
		gauge(to, hubProblem, problem)
	}
	if waiting, err := m.db.UnsentSayings(ctx); err == nil {
		gauge(to, hubUnsent, float64(len(waiting)))
	}
}

// worked tells of this process alone.
func (m jobMetrics) worked(to chan<- prometheus.Metric) {
	for kind, n := range m.queue.Counts() {
		counter := func(d *prometheus.Desc, value float64, labels ...string) {
			to <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, value, append([]string{string(kind)}, labels...)...)
		}
		counter(jobsFinished, float64(n.Done), "done")
		counter(jobsFinished, float64(n.Failed), "failed")
		counter(jobsFinished, float64(n.Stopped), "stopped")
		counter(jobsTook, n.Took.Seconds())
		counter(jobsWaited, n.Waited.Seconds())
	}
}

func gauge(to chan<- prometheus.Metric, d *prometheus.Desc, value float64) {
	to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value)
}

// seconds is a time as Prometheus has it; 0 where there is none.
func seconds(t time.Time) float64 {
	if t.IsZero() {
		return 0
	}
	return float64(t.UnixMilli()) / 1000
}
