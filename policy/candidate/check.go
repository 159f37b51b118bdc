package candidate

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/open-policy-agent/opa/v1/format"

	"github.com/signalbox-health/signalbox/policy"
)

// Limits of one candidate, those of a live policy.
const (
	maxFiles = policy.MaxFiles
	maxBytes = policy.MaxBytes
	maxName  = 200
	// maxFindings keeps a report readable; who has a hundred faults mends ten and
	// asks again.
	maxFindings = 100
	maxWords    = 2000 // bytes of a sentence
)

// oversized finds what should not even be read.
func oversized(draft []policy.Module) []Finding {
	size := 0
	for _, m := range draft {
		size += len(m.Source)
	}
	switch {
	case len(draft) == 0:
		return []Finding{{Severity: Fault, Rule: "size", Problem: "The policy has no files.", Mend: "Begin from the template: signalbox policy new."}}
	case len(draft) > maxFiles:
		return []Finding{{Severity: Fault, Rule: "size", Problem: fmt.Sprintf("The policy has %d files; the most are %d.", len(draft), maxFiles),
			Mend: "Put rules about one subject into one file."}}
	case size > maxBytes:
		return []Finding{{Severity: Fault, Rule: "size", Problem: fmt.Sprintf("The policy has %d bytes; the most are %d.", size, maxBytes),
			Mend: "Lists of organisations and people belong into agreements and roles, not into rules."}}
	}
	return nil
}

// examine looks at a candidate in every way, and tells what it knows when a new
// stage begins. It runs in the child.
func examine(ctx context.Context, t task, tell func(stage, Report)) Report {
	report := Report{Digest: policy.FilesDigest(t.Draft)}
	add := func(findings ...Finding) { report.Findings = append(report.Findings, findings...) }
	done := func() Report {
		if n := len(report.Findings); n > maxFindings {
			sortFindings(report.Findings)
			report.Findings = append(report.Findings[:maxFindings:maxFindings], Finding{Severity: Fault, Rule: "many",
				Problem: fmt.Sprintf("There are %d more findings.", n-maxFindings), Mend: "Mend these first, and check again."})
		}
		return report
	}
	tell(reading, report)
	c, findings := read(t)
	add(findings...)
	for _, m := range c.files {
		formatted, f := tidy(m.Module)
		report.Formatted = append(report.Formatted, formatted)
		add(f...)
	}
	if faulty(report.Findings) {
		return done()
	}
	tell(compiling, report)
	add(c.compile()...)
	if !faulty(report.Findings) {
		add(c.lint(t)...)
	}
	if faulty(report.Findings) {
		return done()
	}
	tell(testRuns, report)
	tests, f := runTests(ctx, t.Draft)
	report.Tests = tests
	add(f...)
	tell(comparing, report)
	compared := compare(ctx, t, c)
	report.Wider, report.Compared = compared.wider, compared.rows
	add(compared.findings...)
	return done()
}

// misnamed finds files that could not be told apart, or not be kept. It looks in
// the parent: what is no text would arrive in the child as something else.
func misnamed(draft []policy.Module) []Finding {
	var findings []Finding
	seen := map[string]bool{}
	for _, m := range draft {
		fault := func(problem, mend string) {
			findings = append(findings, Finding{Severity: Fault, File: clip(strings.ToValidUTF8(m.Name, "?"), maxName), Rule: "file", Problem: problem, Mend: mend})
		}
		switch {
		case !utf8.ValidString(m.Name) || len(m.Name) > maxName || path.Ext(m.Name) != ".rego" || path.Clean("/"+m.Name) != "/"+m.Name || strings.HasPrefix(m.Name, "baseline/") || strings.ContainsFunc(m.Name, unprintable):
			fault("This is not the name of a file of a policy.", "Name it like sharing.rego, in letters, digits and underscores.")
		case seen[m.Name]:
			fault("There are two files of this name.", "Rename one of them.")
		case !utf8.ValidString(m.Source):
			fault("The file holds bytes that are no text.", "Save it as UTF-8.")
		case strings.TrimSpace(m.Source) == "":
			fault("The file is empty.", "Write a rule into it, or leave it out.")
		}
		seen[m.Name] = true
	}
	return findings
}

func unprintable(r rune) bool { return r < ' ' || r == 0x7f || r == ':' || r == '\\' }

// Format gives a file as it is usually laid out.
func Format(m policy.Module) (policy.Module, error) {
	options := policy.ParserOptions()
	text, err := format.SourceWithOpts(m.Name, []byte(m.Source), format.Opts{RegoVersion: options.RegoVersion, ParserOptions: &options})
	if err != nil {
		return m, fmt.Errorf("format %s: %w", m.Name, err)
	}
	return policy.Module{Name: m.Name, Source: string(text)}, nil
}

// tidy advises to format a file that is not.
func tidy(m policy.Module) (policy.Module, []Finding) {
	formatted, err := Format(m)
	switch {
	case err != nil:
		return m, []Finding{{Severity: Advice, File: m.Name, Rule: "format", Problem: sentence(err.Error()), Mend: "Write the rule in a plainer way."}}
	case formatted == m:
		return m, nil
	}
	return formatted, []Finding{{Severity: Advice, File: m.Name, Line: 1 + commonLines(m.Source, formatted.Source), Rule: "format",
		Problem: "The file is not laid out as usual, from this line on.", Mend: "Press “Format”, or run signalbox policy fmt."}}
}

// commonLines is how many lines two texts begin with alike.
func commonLines(a, b string) int {
	n := 0
	for {
		left, restA, moreA := strings.Cut(a, "\n")
		right, restB, moreB := strings.Cut(b, "\n")
		if left != right || !moreA || !moreB {
			return n
		}
		a, b, n = restA, restB, n+1
	}
}

// runTests runs the candidate's own tests.
func runTests(ctx context.Context, draft []policy.Module) (policy.TestReport, []Finding) {
	report, err := policy.Test(ctx, draft)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return report, []Finding{{Severity: Fault, Rule: "tests", Problem: "The tests did not end in time.", Mend: "Look for loops inside loops in the tests and in what they ask."}}
	case err != nil:
		return report, []Finding{{Severity: Fault, Rule: "tests", Problem: "The tests cannot be run: " + err.Error(), Mend: "Mend the file that is named."}}
	}
	var findings []Finding
	if report.Passed+len(report.Failures) == 0 {
		findings = append(findings, Finding{Severity: Fault, Rule: "no_tests", Problem: "The policy has no tests.",
			Mend: "Tell in a file named _test.rego what it should answer: a rule named test_ for each story."})
	}
	for _, failure := range report.Failures {
		file, line := place(failure.Place)
		findings = append(findings, Finding{Severity: Fault, File: file, Line: line, Rule: "tests",
			Problem: strings.TrimSuffix(fmt.Sprintf("The test %s does not hold: %s", failure.Name, failure.Problem), ": ") + ".",
			Mend:    "Change the rule, if the test is right, or the test, if the rule is."})
	}
	for _, gap := range report.Uncovered {
		if file, line := place(gap); !strings.HasPrefix(file, "baseline/") {
			findings = append(findings, Finding{Severity: Advice, File: file, Line: line, Rule: "coverage",
				Problem: "No test reaches this line.", Mend: "Write a test in which it matters."})
		}
	}
	return report, findings
}

// place reads file:line.
func place(text string) (file string, line int) {
	at := strings.LastIndexByte(text, ':')
	if at < 0 {
		return text, 0
	}
	_, _ = fmt.Sscanf(text[at+1:], "%d", &line)
	return text[:at], line
}

func faulty(findings []Finding) bool {
	return slices.ContainsFunc(findings, func(f Finding) bool { return f.Severity == Fault })
}

// sortFindings puts faults before advice, each in the order of the files.
func sortFindings(findings []Finding) {
	slices.SortStableFunc(findings, func(a, b Finding) int {
		return cmp.Or(-cmp.Compare(a.Severity, b.Severity), cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
	})
}

// clip shortens a text that could be as long as its author likes.
func clip(text string, most int) string {
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}
