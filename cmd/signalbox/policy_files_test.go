package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/signalbox-health/signalbox/policy/candidate"
)

// policyRun runs one of the policy commands that need no database.
func policyRun(t *testing.T, args ...string) (string, error) {
	t.Helper()
	command := newPolicyCommand(&config{})
	var out bytes.Buffer
	command.SetOut(&out)
	command.SetErr(&out)
	command.SilenceUsage, command.SilenceErrors = true, true
	command.SetArgs(args)
	err := command.ExecuteContext(t.Context())
	return out.String(), err
}

func TestAPolicyBegunFromTheTemplateIsWithoutFault(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "policy")
	if out, err := policyRun(t, "new", "RQW", dir); err != nil || !strings.Contains(out, "settings.rego") {
		t.Fatalf("%v\n%s", err, out)
	}
	if _, err := policyRun(t, "new", "RQW", dir); err == nil {
		t.Error("the policy that was there is written over")
	}
	if out, err := policyRun(t, "fmt", "--list", dir); err != nil || out != "" {
		t.Errorf("%v\n%s", err, out)
	}
	if out, err := policyRun(t, "test", dir); err != nil || !strings.Contains(out, "0 failed, 100.0 % of the rules covered") {
		t.Errorf("%v\n%s", err, out)
	}
	out, err := policyRun(t, "lint", dir, "--format", "json")
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var report candidate.Report
	if err := json.Unmarshal([]byte(out), &report); err != nil || !report.Sound() || len(report.Findings) > 0 || report.Compared == 0 {
		t.Errorf("%v\n%+v", err, report.Findings)
	}
}

func TestPolicyLintNamesFileLineRuleAndMend(t *testing.T) {
	dir := policyFolder(t, "package signalbox.trusts.RAA_test\n\ntest_two if count([1, 2]) == 2\n")
	if err := os.WriteFile(filepath.Join(dir, "more.rego"), []byte("package signalbox.trusts.RAA\n\nmore if http.send({}).ok\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := policyRun(t, "lint", dir)
	if err == nil || statusOf(err) != 1 {
		t.Errorf("%v", err)
	}
	line, _, _ := strings.Cut(out, "\n")
	if !strings.HasPrefix(line, "more.rego:3: function: http.send reaches outside of the policy, and no policy may do that.") || !strings.Contains(line, "Use only what stands in input") {
		t.Errorf("%s", out)
	}
}

func TestPolicyFmtWritesOnlyWhatChanges(t *testing.T) {
	dir := policyFolder(t, "package signalbox.trusts.RAA_test\n\ntest_two   if count([1,2]) == 2\n")
	if out, err := policyRun(t, "fmt", "--list", dir); err == nil || out != "narrow_test.rego\n" {
		t.Errorf("%v\n%s", err, out)
	}
	if out, err := policyRun(t, "fmt", dir); err != nil || out != "narrow_test.rego\n" {
		t.Errorf("%v\n%s", err, out)
	}
	text, err := os.ReadFile(filepath.Join(dir, "narrow_test.rego"))
	if err != nil || !strings.Contains(string(text), "test_two if count([1, 2]) == 2\n") {
		t.Errorf("%v\n%s", err, text)
	}
}

func TestPolicySchemaPrintsWhatIsPublished(t *testing.T) {
	for _, name := range []string{"input", "decision", "reference"} {
		out, err := policyRun(t, "schema", name)
		var document map[string]any
		if err != nil || json.Unmarshal([]byte(out), &document) != nil || document["additionalProperties"] != false {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
	if _, err := policyRun(t, "schema", "output"); err == nil {
		t.Error("a schema that there is not is printed")
	}
}

func TestEveryPolicyCommandShowsAnExample(t *testing.T) {
	for _, command := range newPolicyCommand(&config{}).Commands() {
		if command.Example == "" || command.Short == "" {
			t.Errorf("%s has no example", command.Name())
		}
	}
}
