package candidate

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// saying is one kind of error of the compiler, in words for who wrote the policy.
type saying struct {
	rule    string // of the finding
	pattern *regexp.Regexp
	problem string // $1 and $2 stand for the parts of the pattern
	mend    string
}

func say(rule, pattern, problem, mend string) saying {
	return saying{rule, regexp.MustCompile(pattern), problem, mend}
}

// sayings is read from the top; the first that fits speaks.
var sayings = []saying{
	say("function", `undefined function (http\.send|net\.\S+|opa\.runtime)`, "$1 reaches outside of the policy, and no policy may do that.",
		"Use only what stands in input and in data.signalbox.facts."),
	say("function", `undefined function (time\.now_ns|rand\.\S+|uuid\.\S+)`, "$1 gives another answer each time, so a decision could not be checked later.",
		"For the time of the question use input.now, in seconds since 1970."),
	say("function", `undefined function (crypto\.\S+|io\.jwt\.\S+|hex\.\S+|base64\S*)`, "$1 is not one of the functions that a policy may use: signatures are checked before it is asked.",
		"Use what input says of the person and of the plugin."),
	say("function", `undefined function (print|trace)`, "$1 is for trying things out, and is not part of a policy.", "Take the line out."),
	say("parse", `recursion depth exceeded`, "The rule is nested too deeply.", "Write it as several rules."),
	say("function", `undefined function (data\.\S+)`, "There is no function $1.", "Check how it is written, and that its file is part of the policy."),
	say("function", `undefined function (\S+)`, "$1 is not one of the functions that a policy may use.",
		"Check how it is written. Functions that could run for ever, or reach outside, are left out on purpose."),
	say("arity", `function (\S+) has arity (\d+), got (\d+) arguments?`, "The function $1 takes $2 values, and gets $3.", "Count the values between the brackets."),
	say("arity", `^(\S+): (?:arity mismatch|too (?:many|few) arguments)`, "The function $1 gets too many or too few values.", "Count the values between the brackets."),
	say("type", `^(\S+): invalid argument`, "The function $1 gets a value of the wrong kind.", "Look at what each of its values is: text, a number or a list."),
	say("default", `illegal default rule`, "A default must be a plain value, and not depend on anything.", "Write false, a number or an empty list, and a rule of its own for the rest."),
	say("type", `undefined ref: (input\.\S+)`, "There is no $1 in a question.", "Check how it is written: signalbox policy schema input lists every name."),
	say("type", `undefined ref: (data\.\S+)`, "There is no $1.", "Check how it is written, and that its file is part of the policy."),
	say("type", `match error`, "Two things are compared that can never be equal, because they are of different kinds.", "Compare text with text, numbers with numbers and lists with lists. To ask whether there is anything, write != null."),
	say("type", `with keyword target must reference existing`, "“with” names something that does not exist.", "Check how it is written."),
	say("with", `with keyword`, "“with” cannot be used here.", "Use “with” in tests only, and for input and data.reference."),
	say("unsafe", `var (\S+) is unsafe`, "“$1” is used, and nothing says what it is.",
		"Check how it is written. A name of your own begins with “some”, as in: some role in input.subject.roles."),
	say("unsafe", `expression is unsafe`, "This line uses a name that nothing gives a value.", "Bring the name in with “some … in …” on a line before."),
	say("recursion", `rule (\S+) is recursive: (.*)`, "The rule $1 asks itself, so it would never end: $2.", "Break the circle: one of these rules must not ask the next."),
	say("recursion", `recursi`, "A rule asks itself, so it would never end.", "Break the circle."),
	say("conflict", `conflicting rules (\S+) found`, "Rules named $1 contradict each other: one is a set or takes values, and the other does not.", "Give one of them another name."),
	say("conflict", `multiple default rules (\S+) found`, "There are two defaults for $1.", "Keep one of them."),
	say("conflict", `(\S+) conflicts with`, "$1 is there twice, in two ways that contradict each other.", "Give one of them another name."),
	say("unused", `assigned var (\S+) unused`, "“$1” is given a value that nothing uses.", "Use it, or take the line out."),
	say("unused", `declared var (\S+) unused`, "“$1” is brought in, and nothing uses it.", "Use it, or take it out."),
	say("unused", `import\s+(\S+).* unused`, "The import $1 is not used.", "Take the line out."),
	say("unused", `unused argument (\S+?)\.`, "The function does not use its value $1.", "Write _ in its place."),
	say("shadow", `(?:rules|args|variables) must not shadow (\S+)`, "A name of your own hides “$1”.", "Choose another name."),
	say("shadow", `(?:import|called function) .*shadow\S* ?(\S*)`, "A name of your own hides something else of that name.", "Choose another name."),
	say("shadow", `var (\S+) (?:assigned|declared|referenced) (?:before|above)`, "“$1” is used before it is given a value, or is given one twice.", "Give it a value once, before the line that uses it."),
	say("import", `duplicate import|must not duplicate|import must not`, "Two imports bring in the same name.", "Take one of them out."),
	say("import", `(?:unexpected|invalid) import (?:path|target)?`, "This cannot be imported.", "Import packages that begin with data.signalbox."),
	say("metadata", `(?:invalid|unknown) .*annotation|yaml|annotation redeclared|annotation.*(?:scope|missing)`, "The METADATA above this line cannot be read.",
		"Write it as in the template: a line “# METADATA”, then “# title: …”, with nothing else between it and the rule."),
	say("parse", "`if` keyword is required", "A rule with conditions needs the word “if” before them.", "Write: allow if { … }"),
	say("parse", "`contains` keyword is required", "A rule that collects needs the word “contains”.", "Write: reasons contains reason if { … }"),
	say("parse", `package expected`, "The file does not begin with its package.", "Begin it with: package signalbox.trusts. and the code of your organisation."),
	say("parse", `unexpected eof|unexpected EOF|expected.*eof`, "The file ends in the middle of a rule.", "Look for a bracket that was opened and never closed."),
	say("parse", `non-terminated string|unterminated|illegal string`, "A text in quotation marks does not end on its line.", "Close it with a quotation mark."),
	say("parse", `illegal token|illegal character|illegal`, "There is a character here that Rego does not know.", "Look for curly quotation marks, and for characters that came along from a document."),
	say("parse", `unexpected (\S+) (?:token|keyword|term)`, "“$1” cannot stand here.", "Look at this line and at the one before it for a missing bracket, comma or “if”."),
	say("parse", `.*`, "This line is not Rego.", "Look at it and at the one before for a missing bracket, comma or “if”."),
}

// inWords turns an error of the compiler into a finding. What the compiler said
// itself stands at the end, for those who know it.
func inWords(e *ast.Error) Finding {
	f := Finding{Severity: Fault, Rule: "compile", Problem: "The policy does not compile.", Mend: "Look at this line again."}
	if e.Location != nil {
		f.File, f.Line = e.Location.File, e.Location.Row
	}
	said := strings.Join(strings.Fields(e.Message), " ")
	for _, s := range sayings {
		if s.rule == "parse" && e.Code != ast.ParseErr {
			continue // what is only said of text that is not Rego
		}
		if parts := s.pattern.FindStringSubmatchIndex(said); parts != nil {
			f.Rule = s.rule
			f.Problem = string(s.pattern.ExpandString(nil, s.problem, said, parts))
			f.Mend = s.mend
			break
		}
	}
	if e.Details != nil {
		if near := nearly(e.Details.Lines()); near != "" {
			f.Mend = near + " " + f.Mend
		}
	}
	f.Problem += fmt.Sprintf(" (%s)", clip(said, 300))
	return f
}

// nearly finds what the author may have meant, among what the type checker says
// there is.
func nearly(lines []string) string {
	at := slices.IndexFunc(lines, func(line string) bool { return strings.Contains(line, "want (one of):") })
	if at < 0 {
		return ""
	}
	_, list, _ := strings.Cut(lines[at], "want (one of):")
	var names []string
	for _, name := range strings.Fields(strings.Trim(strings.TrimSpace(list), "[]")) {
		names = append(names, strings.Trim(name, `",`))
	}
	if len(names) == 0 || len(names) > 40 {
		return ""
	}
	return "There is " + strings.Join(names, ", ") + "."
}
