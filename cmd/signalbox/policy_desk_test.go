package main

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestATeamProposesFromFilesAndSomebodyElseHasToApprove walks the commands that act
// at the desk: what a policy would change, proposing it, and going back to what was
// never live.
func TestATeamProposesFromFilesAndSomebodyElseHasToApprove(t *testing.T) {
	i := install(t)
	if err := loadDemonstration(t.Context(), i.db, quiet()); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "policy")
	if out, err := policyRun(t, "new", "ZZA", dir); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	who := []string{"--as", "ZZA", "--author", "demo-governance-lead"}
	out, status := i.run(append([]string{"policy", "impact", dir}, who...)...)
	if status != 0 || !strings.Contains(out, " recorded decisions asked again: ") || !strings.Contains(out, " 0 kinds of them answered otherwise") || strings.Contains(out, " times ") {
		t.Errorf("impact: %d\n%s", status, out)
	}
	out, status = i.run(append([]string{"policy", "publish", dir, "--title", "The template"}, who...)...)
	if status != 0 || !strings.Contains(out, "Proposed as draft 1, sha256:") || !strings.Contains(out, "2 people who have not written it") {
		t.Errorf("publish: %d\n%s", status, out)
	}
	if live, _, err := i.db.LivePolicies(t.Context(), i.now); err != nil || len(live) > 0 {
		t.Errorf("%v: what nobody has approved is live: %v", err, live)
	}
	if out, status = i.run(append([]string{"policy", "rollback", "--to", "7"}, who...)...); status == 0 {
		t.Errorf("rolled back to what was never live\n%s", out)
	}
	for name, args := range map[string][]string{
		"a clinician":              {"policy", "publish", dir, "--as", "ZZA", "--author", "demo-clinician"},
		"somebody unknown":         {"policy", "publish", dir, "--as", "ZZA", "--author", "nobody"},
		"another organisation":     {"policy", "publish", dir, "--as", "ZZB", "--author", "demo-governance-lead"},
		"a bundle nobody signed":   {"policy", "publish", filepath.Join(dir, "settings.rego"), "--as", "ZZA", "--author", "demo-governance-lead"},
		"a time that is none":      {"policy", "publish", dir, "--as", "ZZA", "--author", "demo-governance-lead", "--effective", "soon"},
		"days that are none":       {"policy", "impact", dir, "--as", "ZZA", "--author", "demo-governance-lead", "--days", "0"},
		"nobody's organisation":    {"policy", "impact", dir, "--as", "nowhere", "--author", "demo-governance-lead"},
		"a form that is not there": {"policy", "impact", dir, "--as", "ZZA", "--author", "demo-governance-lead", "--format", "xml"},
	} {
		if out, status := i.run(args...); status == 0 {
			t.Errorf("%s: %s", name, out)
		}
	}
}
