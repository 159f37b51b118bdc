package main

import (
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/signalbox-health/signalbox/plugins/host"
)

// metrics serves what Prometheus asks for: this process, Go's runtime, every plugin by
// its digest, and what works in the background.
func metrics(sandboxes *host.Host, background jobMetrics) http.Handler {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), pluginMetrics{sandboxes}, background)
	return promhttp.InstrumentMetricHandler(registry, promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
}

// pluginMetrics tells what plugins use.
type pluginMetrics struct{ *host.Host }

func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("signalbox_plugin_"+name, help, labels, nil)
}

var (
	pluginRuns       = describe("runs_total", "Questions put to a plugin, answered or not.", "digest")
	pluginDeclined   = describe("declined_total", "Questions that a plugin declined because the data do not suit.", "digest")
	pluginRefused    = describe("refused_total", "Questions that were not put to a plugin, because too many waited.", "digest")
	pluginWaiting    = describe("questions_waiting", "Questions that wait for a sandbox.")
	pluginFaults     = describe("faults_total", "What a plugin did wrong, by manner.", "digest", "manner")
	pluginTook       = describe("run_seconds", "Time until a plugin's answer, without waiting for a sandbox.", "digest")
	pluginAsked      = describe("question_bytes_total", "Bytes of the questions put to a plugin.", "digest")
	pluginAnswered   = describe("answer_bytes_total", "Bytes of a plugin's answers.", "digest")
	pluginMemory     = describe("instance_memory_bytes", "Memory of the largest instance of a plugin after a run.", "digest")
	pluginQuarantine = describe("quarantined", "1 for a plugin that is not run any more because it did wrong.", "digest")
)

func (m pluginMetrics) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{pluginRuns, pluginDeclined, pluginRefused, pluginWaiting, pluginFaults, pluginTook, pluginAsked, pluginAnswered, pluginMemory, pluginQuarantine} {
		to <- d
	}
}

func (m pluginMetrics) Collect(to chan<- prometheus.Metric) {
	for _, u := range m.Usage() {
		digest := string(u.Digest)
		counter := func(d *prometheus.Desc, n uint64, labels ...string) {
			to <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(n), append([]string{digest}, labels...)...)
		}
		counter(pluginRuns, u.Runs)
		counter(pluginDeclined, u.Declined)
		counter(pluginRefused, u.Refused)
		counter(pluginAsked, u.Asked)
		counter(pluginAnswered, u.Answered)
		for manner, n := range u.Faults {
			counter(pluginFaults, n, string(manner))
		}
		to <- prometheus.MustNewConstMetric(pluginMemory, prometheus.GaugeValue, float64(u.Memory), digest)
		to <- histogram(pluginTook, u.Took, digest)
	}
	to <- prometheus.MustNewConstMetric(pluginWaiting, prometheus.GaugeValue, float64(m.Waiting()))
	for _, q := range m.Quarantined() {
		to <- prometheus.MustNewConstMetric(pluginQuarantine, prometheus.GaugeValue, 1, string(q.Digest))
	}
}

// histogram is one as Prometheus wants it: in seconds, each count with all those
// below it.
func histogram(d *prometheus.Desc, h host.Histogram, labels ...string) prometheus.Metric {
	buckets, total := map[float64]uint64{}, uint64(0)
	for i, n := range h.Counts {
		total += n
		if bounds := h.Bounds(); i < len(bounds) {
			buckets[bounds[i].Seconds()] = total
		}
	}
	return prometheus.MustNewConstHistogram(d, total, float64(h.Sum)/float64(time.Second), buckets, labels...)
}
