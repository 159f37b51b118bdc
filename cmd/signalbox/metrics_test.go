package main

import (
	"net/http"
	"regexp"
	"testing"
)

func TestMetricsTellWhatEachPluginUses(t *testing.T) {
	s := site(t)
	if reply := s.as(t, "demo-clinician").get(t, "/trusts/ZZA/measures/ae-4h"); reply.StatusCode != http.StatusOK {
		t.Fatal(reply.Status)
	}
	told := s.newReader(t).get(t, "/metrics").body
	const digest = `digest="sha256:[0-9a-f]{64}"`
	for _, line := range []string{
		`runs_total{` + digest + `} [1-9]\d*`,
		`questions_waiting \d+`,
		`refused_total{` + digest + `} 0`,
		`declined_total{` + digest + `} \d+`,
		`question_bytes_total{` + digest + `} [1-9][0-9.e+]*`,
		`answer_bytes_total{` + digest + `} [1-9][0-9.e+]*`,
		`instance_memory_bytes{` + digest + `} [1-9][0-9.e+]*`,
		`run_seconds_bucket{` + digest + `,le="\+Inf"} [1-9]\d*`,
		`run_seconds_count{` + digest + `} [1-9]\d*`,
	} {
		if !regexp.MustCompile(`(?m)^signalbox_plugin_` + line + `$`).MatchString(told) {
			t.Errorf("/metrics has no line like %s", line)
		}
	}
}
