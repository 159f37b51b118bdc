package candidate

import (
	"fmt"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/signalbox-health/signalbox/policy"
)

// hostile is one policy that must not be proposed, and the rules of which one at
// least has to say so.
type hostile struct {
	name  string
	files []policy.Module
	rules string
}

// head begins a policy of Ashford Trust.
const head = `package signalbox.trusts.RAA

import data.signalbox.facts
import data.signalbox.national

`

// idle is a test that holds whatever the policy says.
const idle = `package signalbox.trusts.RAA_test

test_two_is_two if count([1, 2]) == 2
`

// rego makes a policy of one file, with a test beside it.
func rego(name, rules, text string) hostile {
	return hostile{name, files(map[string]string{"a.rego": text, "a_test.rego": idle}), rules}
}

// body makes a policy of rules in the right package.
func body(name, rules, text string) hostile {
	return rego(name, rules, head+"used := facts.own\n\n"+text)
}

// narrowed makes a policy whose answer is the baseline's under a condition.
func narrowed(name, rules, condition string, more ...string) hostile {
	return body(name, rules, "decision := national.decision if {\n\tused in {true, false}\n\t"+condition+"\n}\n\n"+strings.Join(more, "\n\n")+"\n")
}

// hostiles are the policies that must not be proposed, family by family.
func hostiles() []hostile {
	var all []hostile
	for _, family := range []func() []hostile{
		forbidden, loops, bombs, nested, recursive, misspelt, misplaced, widening, malformed, filed, lying, tested, conflicting, careless,
	} {
		all = append(all, family()...)
	}
	return all
}

// forbidden call what the list of functions leaves out.
func forbidden() (all []hostile) {
	named := map[string]bool{}
	for _, b := range policy.ParserOptions().Capabilities.Builtins {
		named[b.Name] = true
	}
	wanted := strings.Fields(`http.send net.lookup_ip_addr net.cidr_expand opa.runtime time.now_ns rand.intn uuid.rfc4122 uuid.parse
		crypto.sha256 crypto.hmac.sha256 crypto.x509.parse_certificates io.jwt.decode io.jwt.verify_hs256 io.jwt.encode_sign
		regex.find_n regex.split regex.replace regex.globs_match regex.template_match glob.match bits.lsh bits.and numbers.range numbers.range_step
		json.unmarshal json.marshal json.patch json.match_schema json.filter yaml.unmarshal yaml.marshal graph.reachable graph.reachable_paths
		graphql.parse graphql.is_valid rego.parse_module trace print walk base64.decode hex.decode urlquery.decode
		semver.compare units.parse_bytes providers.aws.sign_req strings.render_template strings.replace_n replace time.parse_ns`)
	for _, b := range ast.CapabilitiesForThisVersion().Builtins {
		for _, name := range wanted {
			if b.Name != name || named[name] {
				continue
			}
			args := make([]string, len(b.Decl.FuncArgs().Args))
			for i := range args {
				args[i] = "input.subject.id"
			}
			all = append(all, narrowed("calls "+name, "function", name+"("+strings.Join(args, ", ")+")"))
		}
	}
	return all
}

// xs is a rule that gives a list of n numbers.
func xs(n int) string {
	return "xs := [" + strings.TrimSuffix(strings.Repeat("1, 2, 3, 4, 5, 6, 7, 8, 9, 10, ", n/10), ", ") + "]"
}

// loops never end while anybody waits.
func loops() []hostile {
	var all []hostile
	const slow = "slow stopped compared"
	for _, deep := range []int{3, 4, 5, 6} {
		var each []string
		for i := range deep {
			each = append(each, fmt.Sprintf("some v%d in xs; v%d > 0", i, i))
		}
		inside := strings.Join(each, "; ")
		all = append(all,
			narrowed(fmt.Sprintf("a list of %d loops", deep), slow, "count([1 | "+inside+"]) > 0", xs(300)),
			narrowed(fmt.Sprintf("a set of %d loops", deep), slow, "count({[v0, v1, v2] | "+inside+"}) > 0", xs(300)),
			narrowed(fmt.Sprintf("a search of %d loops", deep), slow, strings.ReplaceAll(inside, "; ", "\n\t")+"\n\tv0 + v1 == 77777", xs(300)))
	}
	return append(all,
		narrowed("every over every", slow, "every a in xs { every b in xs { every c in xs { a + b + c > 0 } } }", xs(300)),
		narrowed("a function in a loop of loops", slow, "count([1 | some a in xs; some b in xs; long(a, b)]) > 0", "long(a, b) if count([1 | some c in xs; c > a + b - 100]) > 0", xs(300)),
		narrowed("sorting in a loop", slow, "count([1 | some a in xs; some b in xs; sort(array.concat(xs, [a, b])) != []]) > 0", xs(300)),
		narrowed("texts in a loop", slow, `count([1 | some a in xs; some b in xs; some c in xs; sprintf("%d %d %d", [a, b, c]) != ""]) > 0`, xs(200)),
		narrowed("splitting in a loop", slow, `count([1 | some a in xs; some b in xs; count(split(concat(",", texts), ",")) > a - b]) > 0`, xs(300), `texts := [format_int(x, 10) | some x in xs]`),
		narrowed("matching in a loop", slow, `count([1 | some a in xs; some b in xs; regex.match("^(a*)*(b|a)*c$", sprintf("%s%d%d", [long, a, b]))]) >= 0`, xs(300), `long := "`+strings.Repeat("a", 4000)+`"`),
		narrowed("dates in a loop", slow, `count([1 | some a in xs; some b in xs; some c in xs; time.add_date(0, a, b, c) > 0]) > 0`, xs(200)),
		narrowed("unions in a loop", slow, "count(union({{a, b, c} | some a in xs; some b in wide; some c in wide})) > 0", xs(300), "wide := {[x, y] | some x in xs; some y in xs}"),
		body("a loop where rows are made", slow, "decision := object.union(national.decision, {\"rows\": rows}) if used in {true, false}\n\nrows contains {\"period\": {\"gte\": \"2025-01-01\"}} if count([1 | some a in xs; some b in xs; some c in xs; a + b + c > 0]) > 0\n\n"+xs(300)),
		narrowed("a loop for planners only", slow, "slowly", "default slowly := true\n\nslowly := false if {\n\tinput.subject.purpose == \"planning\"\n\tcount([1 | some a in xs; some b in xs; some c in xs; a + b + c > 0]) < 0\n}", xs(300)),
		narrowed("a loop for one day only", slow, "slowly", "default slowly := true\n\nslowly := false if {\n\tinput.resource.period.from == \"2023-07-01\"\n\tcount([1 | some a in xs; some b in xs; some c in xs; a + b + c > 0]) < 0\n}", xs(300)),
	)
}

// bombs grow.
func bombs() []hostile {
	const grown = "slow stopped compared answer"
	double := func(rule string, times int) string {
		lines := []string{}
		for i := 1; i <= times; i++ {
			lines = append(lines, fmt.Sprintf("x%d := %s", i, strings.ReplaceAll(rule, "X", fmt.Sprintf("x%d", i-1))))
		}
		return strings.Join(lines, "\n\n")
	}
	return []hostile{
		narrowed("a list doubled thirty times", grown, "count(x30) > 0", "x0 := [1, 2]", double("array.concat(X, X)", 30)),
		narrowed("a text doubled thirty times", grown, "count(x30) > 0", `x0 := "ab"`, double(`concat("", [X, X])`, 30)),
		narrowed("a text doubled by sprintf", grown, "count(x30) > 0", `x0 := "ab"`, double(`sprintf("%s%s", [X, X])`, 30)),
		narrowed("a text doubled by a template", grown, "count(x30) > 0", `x0 := "ab"`, double(`$"{X}{X}"`, 30)),
		narrowed("a list of lists doubled", grown, "count(x28) > 0", "x0 := [1]", double("[y | some z in [X, X]; some y in z]", 28)),
		narrowed("a set grown by pairs", grown, "count(x6) > 0", "x0 := {1, 2, 3, 4}", double("{[a, b] | some a in X; some b in X}", 6)),
		narrowed("a set grown by unions", grown, "count(x6) > 0", "x0 := {1, 2, 3, 4}", double("X | {[a, b] | some a in X; some b in X}", 6)),
		narrowed("an object grown by pairs", grown, "count(x5) > 0", `x0 := {"a": 1, "b": 2, "c": 3, "d": 4}`, double(`{sprintf("%s%s", [a, b]): 1 | some a, _ in X; some b, _ in X}`, 5)),
		narrowed("a number squared thirty times", grown, "x30 > 0", "x0 := 123456789", double("X * X", 30)),
		narrowed("a number with a huge exponent", grown+" parse compile", "x1 > 0", "x0 := 1e999999999", double("X * X", 1)),
		narrowed("numbers written out", grown, "count([1 | some a in xs; format_int(x16 + a, 2) != \"\"]) > 0", "x0 := 123456789", double("X * X", 16), xs(300)),
		narrowed("a product of large numbers", grown, "product([x15 | some _ in xs]) > 0", "x0 := 123456789", double("X * X", 15), xs(300)),
		narrowed("an exponential comparison", grown, "x40 == y40", "x0 := [1]", double("[X, X]", 40), "y0 := [1]", strings.ReplaceAll(double("[X, X]", 40), "x", "y")),
		narrowed("a repetition of repetitions", grown, `regex.match("((((a{1,50}){1,50}){1,50}){1,50})b", input.subject.id) in {true, false}`),
		narrowed("a pattern that is none", "answer type parse", `regex.match("((", input.subject.id) in {true, false}`),
		narrowed("a date that is none", "answer", `time.parse_rfc3339_ns(input.subject.id) > 0`),
		narrowed("a division by nothing", "answer", "input.now / (count(input.subject.roles) - count(input.subject.roles)) > 0"),
		narrowed("a number of a text", "answer", "to_number(input.subject.purpose) > 0"),
	}
}

// nested are deep or long.
func nested() []hostile {
	const any = "compared parse compile stopped slow type answer size"
	deep := func(n int, open, inner, end string) string {
		return strings.Repeat(open, n) + inner + strings.Repeat(end, n)
	}
	return []hostile{
		narrowed("100,000 brackets", any, "count("+deep(100_000, "[", "1", "]")+") > 0"),
		narrowed("100,000 round brackets", any, deep(100_000, "(", "1", ")")+" > 0"),
		narrowed("30,000 objects", any, "count("+deep(30_000, `{"a":`, "1", "}")+") > 0"),
		narrowed("20,000 comprehensions", any, "count("+deep(5_000, "[x | x := ", "1", "]")+") > 0"),
		narrowed("30,000 calls", any, deep(30_000, "abs(", "1", ")")+" > 0"),
		narrowed("40,000 brackets that never close", any, "count("+strings.Repeat("[", 40_000)),
		narrowed("a quarter of a mebibyte of text", any, `input.subject.id != "`+strings.Repeat("a", 250<<10)+`"`+"\n\t"+`input.subject.id != "`+strings.Repeat("b", 7<<10)+`"`),
		narrowed("a number of 200,000 digits", any, "x * x * x * x * x * x * x * x * x > 0", "x := "+strings.Repeat("9", 200_000)),
	}
}

func recursive() []hostile {
	return []hostile{
		narrowed("a rule of itself", "recursion", "again", "again if again"),
		narrowed("two rules of each other", "recursion", "one", "one if two", "two if one"),
		narrowed("three rules in a circle", "recursion", "one", "one if two", "two if three", "three if one"),
		narrowed("a function of itself", "recursion", "down(5) > 0", "down(n) := down(n - 1) + 1 if n > 0"),
		narrowed("a rule of its decision", "recursion", "decided", "decided if decision.allow"),
		narrowed("a rule of its package", "recursion reach", "count(data.signalbox.trusts.RAA) > 0"),
		narrowed("a rule of all policies", "recursion reach", "count(data.signalbox.trusts) > 0"),
		narrowed("a rule of any package", "recursion reach", "some p; data.signalbox[p].decision.allow"),
		narrowed("a rule of everything", "recursion reach reference", "count(data) > 0"),
	}
}

// misspelt mean something else.
func misspelt() (all []hostile) {
	for _, key := range strings.Fields(`input.subject.purpos input.subject.role input.subject.organisation input.subject.trained input.actor input.acton input.resource.column
		input.resource.datset input.resource.org input.resource.period.start input.plugin.approved input.change.writer input.time input.subject.ods.name input.request`) {
		all = append(all, narrowed("asks for "+key, "type", `not `+key+` == "improvement"`))
	}
	for _, key := range strings.Fields(`facts.ownn facts.right facts.dataset.publishd facts.owner.nam facts.agreement facts.suppresion national.decison national.allowed national.bars`) {
		all = append(all, narrowed("asks for "+key, "type undefined", `not `+key+` == "improvement"`))
	}
	for _, test := range [][2]string{
		{"an action", `input.action != "chart.raed"`}, {"a purpose", `input.subject.purpose != "improvment"`}, {"a role", `not "clinican" in input.subject.roles`},
		{"a right", `not "stafff" in facts.rights`}, {"an assurance", `input.subject.assurance != "aal4"`}, {"a grain", `input.resource.grain != "person"`},
		{"one of several purposes", `not input.subject.purpose in {"planing", "governance"}`}, {"one of several actions", `not input.action in ["chart.read", "data.exprot"]`},
	} {
		all = append(all, narrowed("misspells "+test[0], "name", test[1]))
	}
	for _, name := range []string{"decison", "Decision", "decisions", "allow", "answer"} {
		all = append(all, body("an entrypoint called "+name, "entrypoint", name+" := national.decision if used in {true, false}\n"))
	}
	return all
}

// misplaced stand where they have no business.
func misplaced() (all []hostile) {
	for _, pkg := range strings.Fields(`signalbox.trusts.RBB signalbox.trusts.RAAA signalbox.trusts signalbox.trusts.raa signalbox.national signalbox.facts signalbox.stories signalbox
		system system.authz policies raa signalbox.trusts.RAA_test`) {
		all = append(all, rego("package "+pkg, "package reach entrypoint", "package "+pkg+"\n\nimport data.signalbox.national as other\n\ndecision := other.decision if other.decision.allow\n"))
	}
	return append(all,
		rego("a ground of its own", "package", "package signalbox.national\n\nground contains {\"code\": \"mine\", \"ref\": \"\", \"min_cell_count\": 0} if input.subject.ods == \"RAA\"\n"),
		rego("no bar any more", "package", "package signalbox.national\n\nallow := true\n"),
		rego("facts of its own", "package", "package signalbox.facts\n\nown := true\n"),
		hostile{"a ground in a test", append(sound(), policy.Module{Name: "b_test.rego", Source: "package signalbox.national\n\nallow if input.subject.ods == \"RAA\"\n"}), "package"},
		hostile{"the decision in a test", files(map[string]string{"a.rego": head + "used := facts.own if national.decision.allow\n", "a_test.rego": head + "decision := national.decision if facts.own in {true, false}\n\ntest_it if used in {true, false}\n"}), "entrypoint compile"},
		narrowed("another trust's policy", "reach undefined", "data.signalbox.trusts.RBB.decision.allow"),
		rego("an import of another trust's policy", "reach undefined", "package signalbox.trusts.RAA\n\nimport data.signalbox.trusts.RBB\n\ndecision := RBB.decision if RBB.decision.allow\n"),
		rego("an import of the reference data", "reference", "package signalbox.trusts.RAA\n\nimport data.reference\nimport data.signalbox.national\n\ndecision := national.decision if reference.roles.clinician\n"),
		narrowed("the reference data", "reference", "data.reference.agreements[_].export"),
		narrowed("the reference data by a variable", "reference reach recursion", "some x\n\tdata[x].roles"),
		narrowed("other data", "reach reference", "data.secrets.key"),
		narrowed("the id of the request", "reach", `input.request_id != "x"`),
	)
}

// widening try to open more than the baseline does.
func widening() (all []hostile) {
	union := func(name, rules, change string) hostile {
		return body(name, rules, "decision := object.union(national.decision, "+change+") if used in {true, false}\n")
	}
	yes := `"allow": true, "reasons": [], "grants": [], "ods_scope": [input.resource.ods], "rows": [{"ods": {"in": [input.resource.ods]}}], "visible_columns": input.resource.columns, "disclosure": {"min_cell_count": 100, "round_to": 10, "secondary": true, "zero_visible": false}, "obligations": ["audit"], "cache_seconds": 0`
	plain := strings.NewReplacer("input.resource.ods", `"RAA"`, "input.resource.columns", `["seen"]`).Replace(yes)
	return append(all,
		union("yes to everybody", "wider unconditional", `{"allow": true, "reasons": []}`),
		body("yes without conditions", "unconditional wider", "decision := {"+yes+"}\n\nunread := national.decision.allow if used\n"),
		body("yes by default", "unconditional wider", "default decision := {"+plain+"}\n\ndecision := national.decision if used\n"),
		body("yes for improvement", "wider", "decision := {"+yes+"} if input.subject.purpose == \"improvement\"\n\ndecision := national.decision if input.subject.purpose != \"improvement\"\n\nunread := used if used\n"),
		body("yes for one person", "wider", "decision := object.union(national.decision, {"+yes+"}) if \"innovator\" in input.subject.roles\n\ndecision := national.decision if not \"innovator\" in input.subject.roles\n\nunread := used if used\n"),
		body("allow is true", "unconditional", "decision := object.union(national.decision, {\"allow\": allow, \"reasons\": []}) if used in {true, false}\n\nallow := true\n"),
		body("allow is true by default", "unconditional", "decision := object.union(national.decision, {\"allow\": allow, \"reasons\": []}) if used in {true, false}\n\ndefault allow := true\n\nallow := false if input.subject.purpose == \"development\"\n"),
		union("all rows", "wider", `{"rows": [{"all": true}]}`),
		union("rows of another trust", "wider", `{"rows": [{"ods": {"in": ["RBB"]}}]}`),
		union("rows of several trusts", "wider", `{"rows": [{"ods": {"in": ["RAA", "RBB", "RCC"]}}]}`),
		union("rows of everybody", "wider", `{"rows": [{"ods": {"eq": "ENG"}}]}`),
		union("a scope of everybody", "wider", `{"ods_scope": ["ENG"]}`),
		union("a scope of another trust", "wider", `{"ods_scope": [input.resource.ods, "RCC"]}`),
		union("more columns", "wider", `{"visible_columns": array.concat(input.resource.columns, ["nhs_number"])}`),
		union("only another column", "wider", `{"visible_columns": ["postcode"]}`),
		union("no small numbers hidden", "wider", `{"disclosure": {"min_cell_count": 0, "round_to": 1, "secondary": false, "zero_visible": true}}`),
		union("a lower threshold", "wider", `{"disclosure": {"min_cell_count": 3, "round_to": 5, "secondary": true, "zero_visible": true}}`),
		union("no rounding", "wider", `{"disclosure": {"min_cell_count": 8, "round_to": 1, "secondary": true, "zero_visible": true}}`),
		union("no secondary suppression", "wider", `{"disclosure": {"min_cell_count": 8, "round_to": 5, "secondary": false, "zero_visible": true}}`),
		union("yes with reasons", "answer wider unconditional", `{"allow": true, "reasons": [{"code": "still", "message": "It is yes.", "help": "Read it."}]}`),
		body("rows by the end of the question", "compared-wider", "decision := national.decision if open\n\ndecision := closed if not open\n\nclosed := object.union(national.decision, {\"allow\": false, \"reasons\": [{\"code\": \"old\", \"message\": \"That is too old.\", \"help\": \"Ask for later months.\"}]})\n\ndefault open := true\n\nopen := false if {\n\tinput.resource.period.to != null\n\tinput.resource.period.to < \"2025-01-01\"\n}\n\nunread := used if used\n"),
		body("rows by the beginning of the question", "compared-wider", "decision := national.decision if not input.resource.period.from == \"2024-01-01\"\n\ndecision := object.union(national.decision, {\"allow\": false, \"reasons\": [{\"code\": \"day\", \"message\": \"Not this day.\", \"help\": \"Ask for another.\"}]}) if input.resource.period.from == \"2024-01-01\"\n\nunread := used if used\n"),
		body("fewer hidden over a long time", "compared-wider", "decision := national.decision if input.resource.period.from != input.resource.period.to\n\ndecision := object.union(national.decision, {\"disclosure\": object.union(national.decision.disclosure, {\"min_cell_count\": 50})}) if input.resource.period.from == input.resource.period.to\n\nunread := used if used\n"),
		body("columns by the length of the question", "compared-wider", "decision := national.decision if input.resource.period.from != input.resource.period.to\n\ndecision := object.union(national.decision, {\"visible_columns\": []}) if input.resource.period.from == input.resource.period.to\n\nunread := used if used\n"),
	)
}

// malformed give no answer that can be used.
func malformed() (all []hostile) {
	for name, change := range map[string]string{
		"an unknown obligation": `{"obligations": ["audit", "tell_nobody"]}`, "an unknown key": `{"also": true}`, "an allow that is text": `{"allow": "yes"}`,
		"an allow that is null": `{"allow": null}`, "rows that are text": `{"rows": "all"}`, "rows of texts": `{"rows": ["all"]}`, "rows without conditions": `{"rows": [{}]}`,
		"all rows that are not all": `{"rows": [{"all": false}]}`, "a cache for ever": `{"cache_seconds": 999999999}`, "a cache before now": `{"cache_seconds": -1}`,
		"a cache of half a second": `{"cache_seconds": 0.5}`, "a scope that is no code": `{"ods_scope": ["'; DROP TABLE"]}`, "a threshold below nothing": `{"disclosure": {"min_cell_count": -8, "round_to": 5, "secondary": true, "zero_visible": true}}`,
		"grants that are numbers": `{"grants": [1]}`, "columns that are null": `{"visible_columns": null}`,
		"no audit": `{"obligations": []}`,
	} {
		all = append(all, body(name, "answer wider", "decision := object.union(object.remove(national.decision, [\"disclosure\", \"rows\"]), object.union(object.filter(national.decision, [\"disclosure\", \"rows\"]), "+change+")) if national.decision.allow\n\ndecision := national.decision if not national.decision.allow\n\nunread := used if used\n"))
	}
	for name, value := range map[string]string{"a text": `"yes"`, "a list": `[true]`, "a set": `{true}`, "true": "true", "nothing": "null", "half a decision": `object.filter(national.decision, ["allow", "reasons"])`} {
		all = append(all, body("a decision that is "+name, "answer unconditional", "decision := "+value+" if national.decision.allow\n\ndecision := national.decision if not national.decision.allow\n\nunread := used if used\n"))
	}
	for name, rows := range map[string]string{"a field that is none": `{"nhs_number": {"eq": "1"}}`, "an operator that is none": `{"period": {"like": "2025%"}}`, "a misspelt field": `{"perod": {"gte": "2025-01-01"}}`, "an order of codes": `{"ods": {"gte": "A"}}`} {
		all = append(all, body("rows by "+name, "row_fields answer", "decision := object.union(national.decision, {\"rows\": ["+rows+"]}) if used in {true, false}\n"))
	}
	return append(all,
		body("a denial without help", "reasons answer", "decision := object.union(national.decision, {\"allow\": false, \"reasons\": [{\"code\": \"no\", \"message\": \"No.\"}]}) if used in {true, false}\n"),
		body("a denial without a message", "reasons answer", "decision := object.union(national.decision, {\"allow\": false, \"reasons\": [{\"code\": \"no\", \"message\": \"\", \"help\": \"None.\"}]}) if used in {true, false}\n"),
		body("a denial without a reason", "answer", "decision := object.union(national.decision, {\"allow\": false, \"reasons\": []}) if used in {true, false}\n"),
		body("a code of words", "code", "decision := object.union(national.decision, {\"allow\": false, \"reasons\": [{\"code\": \"No way\", \"message\": \"No.\", \"help\": \"None.\"}]}) if used in {true, false}\n"),
		body("two answers at once", "answer", "decision := national.decision if used in {true, false}\n\ndecision := object.union(national.decision, {\"cache_seconds\": 1}) if input.subject.purpose == \"improvement\"\n"),
		body("no answer for most", "answer", "decision := national.decision if input.subject.id == \"nobody\"\n\nunread := used if used\n"),
		body("the id of a request as an answer", "reach answer", "decision := input.request_id if used\n\nunread := national.decision.allow\n"),
	)
}

// filed are not even files of a policy.
func filed() []hostile {
	many := make([]policy.Module, 65)
	for i := range many {
		many[i] = policy.Module{Name: fmt.Sprintf("f%d.rego", i), Source: head}
	}
	one := func(name, rules, file, source string) hostile {
		return hostile{name, append(sound(), policy.Module{Name: file, Source: source}), rules}
	}
	return []hostile{
		{"no files", nil, "size"},
		{"65 files", many, "size"},
		{"more than 256 KiB", append(sound(), policy.Module{Name: "b.rego", Source: head + "# " + strings.Repeat("x", 256<<10)}), "size"},
		one("bytes that are no text", "file", "b.rego", head+"x := \"\xff\xfe\"\n"),
		one("a name that is no text", "file", "b\xff.rego", head),
		one("an empty file", "file", "b.rego", ""),
		one("a file of blanks", "file", "b.rego", " \n\t\n"),
		one("a file of remarks", "file parse", "b.rego", "# Nothing to see here.\n"),
		one("a file above the folder", "file", "../b.rego", head),
		one("a file from the root", "file", "/b.rego", head),
		one("a file of the baseline", "file", "baseline/facts.rego", head),
		one("a name of two lines", "file", "b\n.rego", head),
		one("a file of another kind", "file", "b.json", "{}"),
		one("the same name twice", "file", "sharing.rego", head),
		one("zero bytes", "parse", "b.rego", head+"x\x00 := 1\n"),
		one("curly quotation marks", "parse", "b.rego", "package signalbox.trusts.RAA\n\nx := “yes”\n"),
		one("another language", "parse", "b.rego", "SELECT * FROM observation;\n"),
		one("half a rule", "parse", "b.rego", head+"x if {\n\tfacts.own\n"),
		one("Rego of before", "parse", "b.rego", "package signalbox.trusts.RAA\n\nx { input.action == \"chart.read\" }\n"),
	}
}

// lying have METADATA that is not so.
func lying() []hostile {
	about := func(name, rules, metadata string) hostile {
		return hostile{name, files(map[string]string{"a.rego": "# METADATA\n# title: A policy\n" + metadata + soundRules[strings.Index(soundRules, "package"):], "a_test.rego": soundTests}), rules}
	}
	laughs := "# custom:\n#   a: &a [1,1,1,1,1,1,1,1,1,1]\n"
	for i := 'b'; i < 'k'; i++ {
		laughs += fmt.Sprintf("#   %c: &%c [*%c,*%c,*%c,*%c,*%c,*%c,*%c,*%c,*%c]\n", i, i, i-1, i-1, i-1, i-1, i-1, i-1, i-1, i-1, i-1)
	}
	return []hostile{
		about("a review that is no day", "owner", "# custom:\n#   owner: us\n#   review: whenever\n"),
		about("a review in another century", "owner", "# custom:\n#   owner: us\n#   review: 2199-01-01\n"),
		about("another organisation's name", "owner", "# organizations:\n# - RBB\n"),
		about("a schema of its own", "schemas", "# schemas:\n# - input: schema.anything\n"),
		about("a schema written out", "schemas", "# schemas:\n# - input: {type: object}\n"),
		about("a schema of the reference data", "schemas", "# schemas:\n# - data.reference: schema.input\n"),
		about("a scope over other packages", "metadata schemas", "# scope: subpackages\n# schemas:\n# - input: schema.input\n"),
		about("METADATA that is no YAML", "metadata parse", "# custom: [\n"),
		about("METADATA that grows", "metadata parse stopped owner", laughs),
		about("a scope that is none", "metadata parse", "# scope: everywhere\n"),
		{"another entrypoint", files(map[string]string{"a.rego": strings.Replace(soundRules, "# title: Rows since January 2025", "# title: Rows\n# entrypoint: true", 1), "a_test.rego": soundTests}), "owner metadata"},
	}
}

// tested have tests that prove nothing.
func tested() []hostile {
	with := func(name, rules, tests string) hostile {
		return hostile{name, append(files(map[string]string{"sharing.rego": soundRules}), policy.Module{Name: "a_test.rego", Source: "package signalbox.trusts.RAA_test\n\nimport data.signalbox.trusts.RAA\n\n" + tests}), rules}
	}
	return []hostile{
		{"no tests", files(map[string]string{"sharing.rego": soundRules}), "no_tests"},
		with("a file without tests", "no_tests unused", "x := RAA.decision\n"),
		with("a test that does not hold", "tests", "test_it if RAA.decision.cache_seconds == 7\n"),
		with("a test that is skipped", "tests", "todo_test_it if RAA.decision\n\ntest_two if true\n"),
		with("a test that never ends", "tests stopped compared", "test_it if {\n\tRAA\n\tsome a in xs\n\tsome b in xs\n\tsome c in xs\n\tsome d in xs\n\ta + b + c + d == 77777\n}\n\n"+xs(300)),
		with("a test that fills the memory", "tests stopped compared", "test_it if {\n\tRAA\n\tcount({[a, b, c, d] | some a in xs; some b in ys; some c in ys; some d in ys}) > 0\n}\n\n"+xs(300)+"\n\nys := {[a, b] | some a in xs; some b in xs}\n"),
		with("a test that prints", "function", "test_it if {\n\tprint(RAA.decision)\n}\n"),
		with("a test that asks the network", "function", "test_it if http.send({\"method\": \"get\", \"url\": \"x\"}).status_code == 200\n"),
		with("a test that fails inside", "tests", "test_it if time.parse_rfc3339_ns(\"never\") > 0\n\ntest_two if RAA.decision\n"),
		with("a test of what is not there", "type undefined", "test_it if not RAA.decison.allow\n"),
	}
}

// conflicting contradict themselves.
func conflicting() []hostile {
	two := func(name, rules, a, b string) hostile {
		return hostile{name, files(map[string]string{"a.rego": head + "decision := national.decision if facts.own in {true, false}\n\n" + a, "b.rego": "package signalbox.trusts.RAA\n\n" + b, "a_test.rego": idle}), rules}
	}
	return []hostile{
		two("a value and a set", "conflict", "x := 1\n", "x contains 1\n"),
		two("a value and a function", "conflict", "x := 1\n", "x(a) := a\n"),
		two("two defaults", "conflict", "default x := 1\n", "default x := 2\n"),
		two("two arities", "conflict arity type", "x(a) := a\n", "x(a, b) := a + b\n"),
		two("a rule and a package", "conflict reach undefined", "x := 1\n", "x.y := 2\n"),
		narrowed("a value given twice", "shadow compile", "x := 1\n\tx := 2\n\tx > 0"),
		narrowed("a value that nothing uses", "unused", "x := 1"),
		narrowed("a name that nothing brings in", "unsafe", "count(nowhere) > 0"),
		narrowed("a negation of the unknown", "unsafe", `not roles[x] == "analyst"`, `roles := ["clinician"]`),
		narrowed("texts that are numbers", "type", "count(input.subject.id) + input.subject.id > 0"),
		narrowed("too many values", "arity type", "count(input.subject.roles, 1) > 0"),
		rego("an import that nothing uses", "unused", head+"decision := national.decision\n"),
		rego("an import that hides input", "shadow import", "package signalbox.trusts.RAA\n\nimport data.signalbox.facts as input\n\ndecision := input.own\n"),
		rego("a rule that hides input", "shadow", "package signalbox.trusts.RAA\n\ninput := 1\n\ndecision := input\n"),
	}
}

// careless compile, and mean what nobody meant.
func careless() []hostile {
	return []hostile{
		narrowed("not over a plugin that may be null", "not", `not input.plugin.id == "spc"`),
		narrowed("not over a change that may be null", "not", `not input.change.author == input.subject.id`),
		narrowed("not over a rule without a default", "not", "not known", `known if input.subject.purpose == "improvement"`),
		narrowed("replacing the question", "with", "decided", `decided if national.decision.allow with input.subject.purpose as "improvement"`),
		narrowed("replacing the reference data", "with reference", "decided", `decided if national.decision.allow with data.reference as {}`),
		narrowed("replacing the facts", "with", "decided", `decided if national.decision.allow with facts.own as true`),
		narrowed("replacing a function", "with", "decided", "decided if national.decision.allow with count as 1"),
		body("rows by default", "row_rules", "decision := object.union(national.decision, {\"rows\": rows}) if used in {true, false}\n\ndefault rows := [{\"period\": {\"gte\": \"2020-01-01\"}}]\n\nrows := [{\"period\": {\"gte\": \"2025-01-01\"}}] if input.subject.purpose == \"planning\"\n"),
		body("rows or else", "row_rules", "decision := object.union(national.decision, {\"rows\": recent}) if used in {true, false}\n\nrecent := [{\"period\": {\"gte\": \"2025-01-01\"}}] if {\n\tinput.subject.purpose == \"planning\"\n} else := [{\"period\": {\"gte\": \"2020-01-01\"}}]\n"),
	}
}
