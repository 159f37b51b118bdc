package candidate

import (
	"slices"
	"strings"
	"testing"
)

// linted gives the findings of one rule about rules in the right package.
func linted(t *testing.T, rule, text string) []Finding {
	t.Helper()
	task := task{Owner: "RAA", Draft: files(map[string]string{"a.rego": text, "a_test.rego": idle}), Reference: country(t), Now: noon}
	c, findings := read(task)
	findings = append(findings, c.compile()...)
	if faulty(findings) {
		t.Fatalf("it does not compile: %v", findings)
	}
	return slices.DeleteFunc(c.lint(task), func(f Finding) bool { return f.Rule != rule })
}

// TestLint shows each rule something that it finds, at which line, and the same
// put right.
func TestLint(t *testing.T) {
	const usual = "decision := national.decision if facts.own in {true, false}\n\n"
	shown := map[string]bool{}
	for _, test := range []struct {
		rule, text string
		severity   Severity
		line       int
		mended     string
	}{
		{"reasons", head + `decision := object.union(national.decision, {"reasons": [{"code": "no", "message": "No."}]}) if facts.own`, Fault, 6,
			head + `decision := object.union(national.decision, {"reasons": [{"code": "no", "message": "No.", "help": "Ask us."}]}) if facts.own`},
		{"code", head + `decision := object.union(national.decision, {"reasons": [{"code": "NO!", "message": "No.", "help": "Ask us."}]}) if facts.own`, Fault, 6,
			head + `decision := object.union(national.decision, {"reasons": [{"code": "no_2", "message": "No.", "help": "Ask us."}]}) if facts.own`},
		{"row_rules", head + "decision := object.union(national.decision, {\"rows\": rows}) if facts.own\n\ndefault rows := []\n\nrows := [{\"period\": {\"gte\": \"2025-01-01\"}}] if facts.own\n", Fault, 8,
			head + "decision := object.union(national.decision, {\"rows\": rows}) if facts.own\n\nrows contains {\"period\": {\"gte\": \"2025-01-01\"}} if facts.own\n"},
		{"row_rules", head + "decision := object.union(national.decision, {\"rows\": [one | some one in parts]}) if facts.own\n\nparts := from(1)\n\nfrom(n) := [{\"period\": {\"gte\": \"2025-01-01\"}}] if {\n\tn > 1\n} else := []\n", Fault, 12,
			head + "decision := object.union(national.decision, {\"rows\": [one | some one in parts]}) if facts.own\n\nparts contains {\"period\": {\"gte\": \"2025-01-01\"}} if open\n\ndefault open := false\n\nopen if facts.own\n"},
		{"row_fields", head + `decision := object.union(national.decision, {"rows": [{"ward": {"eq": "A"}}]}) if facts.own`, Fault, 6,
			head + `decision := object.union(national.decision, {"rows": [{"stratum": {"eq": "A"}}]}) if facts.own`},
		{"row_fields", head + `decision := object.union(national.decision, {"rows": [{"ods": {"gte": "A"}}]}) if facts.own`, Fault, 6,
			head + `decision := object.union(national.decision, {"rows": [{"period": {"gte": "2025-01-01"}}]}) if facts.own`},
		{"not", head + "decision := national.decision if {\n\tfacts.own\n\tnot input.plugin.id == \"spc\"\n}\n", Fault, 8,
			head + "decision := national.decision if {\n\tfacts.own\n\tinput.plugin != null\n\tinput.plugin.id != \"spc\"\n}\n"},
		{"not", head + "decision := national.decision if not closed\n\nclosed if facts.own\n", Fault, 6,
			head + "decision := national.decision if not closed\n\ndefault closed := false\n\nclosed if facts.own\n"},
		{"unconditional", head + "decision := object.union(national.decision, {\"allow\": may}) if facts.own\n\nmay := true\n", Fault, 8,
			head + "decision := object.union(national.decision, {\"allow\": may}) if facts.own\n\ndefault may := false\n\nmay if national.decision.allow\n"},
		{"with", head + `decision := national.decision if facts.own with input.subject.purpose as "planning"`, Fault, 6,
			head + usual},
		{"function", head + "decision := national.decision if {\n\tfacts.own\n\tprint(input)\n}\n", Fault, 8, head + usual},
		{"reach", head + "decision := national.decision if {\n\tfacts.own\n\tinput.request_id == \"\"\n}\n", Fault, 8, head + usual},
		{"name", head + "decision := national.decision if {\n\tfacts.own\n\tinput.subject.purpose == \"improvment\"\n}\n", Fault, 8,
			head + "decision := national.decision if {\n\tfacts.own\n\tinput.subject.purpose == \"improvement\"\n}\n"},
		{"name", head + "decision := national.decision if {\n\tfacts.own\n\tinput.resource.dataset in {\"fals\"}\n}\n", Advice, 8,
			head + "decision := national.decision if {\n\tfacts.own\n\tinput.resource.dataset in {\"falls\"}\n}\n"},
		{"name", head + "decision := national.decision if {\n\tfacts.own\n\t\"comparre\" in facts.rights\n}\n", Fault, 8,
			head + "decision := national.decision if {\n\tfacts.own\n\t\"compare\" in facts.rights\n}\n"},
		{"title", head + "decision := national.decision if facts.own", Advice, 6,
			head + "# METADATA\n# title: The baseline\ndecision := national.decision if facts.own"},
		{"owner", head + usual, Advice, 1, soundRules},
		{"owner", strings.Replace(soundRules, "2027-04-01", "2026-01-01", 1), Advice, 1, soundRules},
		{"owner", strings.Replace(soundRules, "2027-04-01", "next year", 1), Fault, 1, soundRules},
		{"unused_rule", head + usual + "spare if facts.own\n", Advice, 8, head + usual},
		{"shadow", head + "decision := national.decision if {\n\tsome open in {facts.own}\n\topen\n\tallowed\n}\n\nallowed if open\n\nopen if facts.own\n", Advice, 7,
			head + "decision := national.decision if {\n\tsome one in {facts.own}\n\tone\n\topen\n}\n\nopen if facts.own\n"},
		{"baseline", "package signalbox.trusts.RAA\n\nimport data.signalbox.facts\n\ndecision := {} if facts.own\n", Advice, 5, head + usual},
		{"test_place", head + usual + "test_it if facts.own\n", Advice, 8, head + usual},
	} {
		shown[test.rule] = true
		found := linted(t, test.rule, test.text)
		if len(found) == 0 || !slices.ContainsFunc(found, func(f Finding) bool { return f.Severity == test.severity && f.Line == test.line && f.File == "a.rego" }) {
			t.Errorf("%s: found %v, want a %s at line %d in\n%s", test.rule, found, test.severity, test.line, test.text)
		}
		if left := linted(t, test.rule, test.mended); len(left) > 0 {
			t.Errorf("%s: still found %v in\n%s", test.rule, left, test.mended)
		}
	}
	for _, rule := range lintRules {
		if !shown[rule.name] {
			t.Errorf("the rule %s has no test", rule.name)
		}
	}
}

// TestErrorsAreToldInWords holds the compiler's errors to a line, a name and a
// sentence that its author understands.
func TestErrorsAreToldInWords(t *testing.T) {
	for _, test := range []struct{ text, where, rule, says string }{
		{"package signalbox.trusts.RAA\n\nallow if {\n", "a.rego:4", "parse", "The file ends in the middle of a rule."},
		{"package signalbox.trusts.RAA\n\nx { true }\n", "a.rego:3", "parse", "A rule with conditions needs the word “if” before them."},
		{"x := 1\n", "a.rego:1", "parse", "The file does not begin with its package."},
		{"package signalbox.trusts.RAA\n\nx := “a”\n", "a.rego:3", "parse", "There is a character here that Rego does not know."},
		{"package signalbox.trusts.RAA\n\nx if http.send({}).ok\n", "a.rego:3", "function", "http.send reaches outside of the policy"},
		{"package signalbox.trusts.RAA\n\nx if time.now_ns() > 0\n", "a.rego:3", "function", "time.now_ns gives another answer each time"},
		{"package signalbox.trusts.RAA\n\nx if regex.find_n(\"a\", \"b\", 1)\n", "a.rego:3", "function", "regex.find_n is not one of the functions"},
		{"package signalbox.trusts.RAA\n\nx if input.subject.purpos == \"a\"\n", "a.rego:3", "type", "There is no input.subject.purpos in a question."},
		{"package signalbox.trusts.RAA\n\nx if nobody == 1\n", "a.rego:3", "unsafe", "“nobody” is used, and nothing says what it is."},
		{"package signalbox.trusts.RAA\n\nx if x\n", "a.rego:3", "recursion", "so it would never end"},
		{"package signalbox.trusts.RAA\n\nx := 1\n\nx contains 2\n", "a.rego:3", "conflict", "contradict each other"},
		{"package signalbox.trusts.RAA\n\nx if {\n\ty := 1\n}\n", "a.rego:4", "unused", "“y” is given a value that nothing uses."},
		{"package signalbox.trusts.RAA\n\nimport data.signalbox.facts\n\nx := 1\n", "a.rego:3", "unused", "is not used."},
		{"package signalbox.trusts.RAA\n\nx if count(1, 2) == 1\n", "a.rego:3", "arity", "The function count gets too many or too few values."},
		{"package signalbox.trusts.RAA\n\nx if input.now == \"soon\"\n", "a.rego:3", "type", "Two things are compared that can never be equal"},
		{"package signalbox.trusts.RAA\n\ninput := 1\n", "a.rego:3", "shadow", "A name of your own hides “input”."},
	} {
		c, findings := read(task{Owner: "RAA", Draft: files(map[string]string{"a.rego": test.text})})
		if len(findings) == 0 {
			findings = c.compile()
		}
		if !slices.ContainsFunc(findings, func(f Finding) bool {
			return strings.HasPrefix(f.String(), test.where+":") && f.Rule == test.rule && strings.Contains(f.Problem, test.says) && f.Mend != ""
		}) {
			t.Errorf("%q\nfound %v\nwant  %s: %s: %s", test.text, findings, test.where, test.rule, test.says)
		}
	}
}

func TestAMisspeltKeyIsToldWhatThereIs(t *testing.T) {
	c, _ := read(task{Owner: "RAA", Draft: files(map[string]string{"a.rego": "package signalbox.trusts.RAA\n\nx if input.subject.purpos == \"a\"\n"})})
	findings := c.compile()
	if len(findings) != 1 || !strings.Contains(findings[0].Mend, "purpose") {
		t.Errorf("%v", findings)
	}
}
