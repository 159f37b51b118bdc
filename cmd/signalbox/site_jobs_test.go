package main

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/signalbox-health/signalbox/policy"
)

var stopsJob = regexp.MustCompile(`action="(/jobs/\d+/stop)"`)

// The site of the tests works no jobs, as with "serve --no-work": what is asked for waits.
func TestOperatorsStartAndStopWhatWorksInTheBackground(t *testing.T) {
	s := site(t)
	operator, clinician := s.as(t, "demo-operator"), s.as(t, "demo-clinician")
	ask := url.Values{"kind": {string(sessionsForget)}}
	for what, answer := range map[string]reply{
		"a clinician looks":   clinician.get(t, "/jobs"),
		"a clinician asks":    clinician.post(t, "/jobs", s.address, ask),
		"a clinician stops":   clinician.post(t, "/jobs/1/stop", s.address, nil),
		"from another origin": operator.post(t, "/jobs", "https://elsewhere.example", ask),
	} {
		if answer.StatusCode != http.StatusForbidden {
			t.Errorf("%s: %s", what, answer.Status)
		}
	}
	entries := s.entriesOf(t, func() {
		if answer := operator.post(t, "/jobs", s.address, ask); answer.StatusCode != http.StatusSeeOther {
			t.Fatalf("asking answers %s", answer.Status)
		}
	})
	if len(entries) != 2 || entries[0].Decision == nil || entries[0].Decision.Input.Action != policy.JobsManage || entries[1].Result == nil || entries[1].Result.Problem != "" {
		t.Errorf("the record has %+v", entries)
	}
	page := operator.get(t, "/jobs").body
	for _, words := range []string{"Forget sessions that have ended", "Waits for a process that is free", "Asked for by Lorne Askew", "Nothing waits"} {
		if !strings.Contains(page, words) {
			t.Errorf("the page does not say %q", words)
		}
	}
	if strings.Contains(page, "Nothing is being worked") {
		t.Error("the page is impatient")
	}
	late := s.sql(t, `UPDATE river_job SET scheduled_at = scheduled_at - interval '5 minutes' WHERE kind = 'sessions.forget' AND state = 'available' RETURNING id`)
	if page := operator.get(t, "/jobs").body; len(late) != 1 || !strings.Contains(page, "Nothing is being worked") {
		t.Errorf("%v is late, and the page does not say that nobody works", late)
	}
	if told := s.newReader(t).get(t, "/metrics").body; !strings.Contains(told, `signalbox_jobs_open{kind="sessions.forget",state="waiting"} 1`) || !regexp.MustCompile(`(?m)^signalbox_hub_index_serial \d+$`).MatchString(told) {
		t.Error("the metrics say nothing of it")
	}
	stop := stopsJob.FindStringSubmatch(page)
	if stop == nil {
		t.Fatal("the page has no button to stop a job")
	}
	if answer := operator.post(t, stop[1], s.address, nil); answer.StatusCode != http.StatusSeeOther {
		t.Fatalf("stopping answers %s", answer.Status)
	}
	if page := operator.get(t, "/jobs").body; !strings.Contains(page, "Stopped at "+time.Now().UTC().Format("2 January 2006")) || stopsJob.MatchString(page) {
		t.Error("the page does not say that it is stopped")
	}
	for what, answer := range map[string]reply{
		"work that nobody knows": operator.post(t, "/jobs", s.address, url.Values{"kind": {"tea.make"}}),
		"a job that is not":      operator.post(t, "/jobs/99999999/stop", s.address, nil),
		"a job without a number": operator.post(t, "/jobs/x/stop", s.address, nil),
	} {
		if answer.StatusCode != http.StatusNotFound || !strings.Contains(answer.body, "There is no such job") {
			t.Errorf("%s: %s", what, answer.Status)
		}
	}
}
