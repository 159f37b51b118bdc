package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const narrowPolicy = `package signalbox.trusts.RAA

import data.signalbox.national

decision := object.union(national.decision, {"visible_columns": []})
`

func policyTest(t *testing.T, args ...string) (string, error) {
	t.Helper()
	command := newPolicyCommand(&config{})
	var out bytes.Buffer
	command.SetOut(&out)
	command.SetErr(&out)
	command.SilenceUsage, command.SilenceErrors = true, true
	command.SetArgs(append([]string{"test"}, args...))
	err := command.ExecuteContext(t.Context())
	return out.String(), err
}

func policyFolder(t *testing.T, test string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"narrow.rego": narrowPolicy, "narrow_test.rego": test} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestPolicyTestOfTheBaselinePasses(t *testing.T) {
	out, err := policyTest(t)
	if err != nil || !strings.Contains(out, " passed, 0 failed, 100.0 % of the rules covered") {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestPolicyTestOfATrustNamesEachFailure(t *testing.T) {
	dir := policyFolder(t, `package signalbox.trusts.RAA_test

import data.signalbox.trusts.RAA

test_it_hides_all_columns if RAA.decision.visible_columns == []

test_it_hides_nothing if RAA.decision.visible_columns == ["seen"]
`)
	out, err := policyTest(t, dir)
	want := "narrow_test.rego:7: signalbox.trusts.RAA_test.test_it_hides_nothing\n"
	if err == nil || !strings.Contains(out, want) || !strings.Contains(out, "passed, 1 failed") {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestPolicyTestRefusesWhatDoesNotCompile(t *testing.T) {
	_, err := policyTest(t, policyFolder(t, `package signalbox.trusts.RAA_test

test_misspelt if not input.subject.purpos == "improvement"
`))
	if err == nil || !strings.Contains(err.Error(), "narrow_test.rego:3") {
		t.Errorf("%v", err)
	}
}

func TestPolicyTestNeedsTests(t *testing.T) {
	if _, err := policyTest(t, policyFolder(t, "package signalbox.trusts.RAA_test\n")); err == nil {
		t.Error("a policy without tests passed")
	}
	if _, err := policyTest(t, filepath.Join(t.TempDir(), "nowhere")); err == nil {
		t.Error("a folder that is not there passed")
	}
}
