package policy

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/topdown"
)

const groundEntry = "data.signalbox.national.ground"

// rulePlace is a rule as people look it up.
type rulePlace struct {
	name, title string
	code        string // that it gives to a reason or a ground
	file        string
	line, end   int  // its first line, and the first of the next rule
	plain       bool // it gives true or false, and so narrows nothing by itself
}

func (r rulePlace) at() string { return place(r.file, r.line) }

func place(file string, line int) string { return fmt.Sprintf("%s:%d", file, line) }

// rulesOf lists the rules of an organisation's policy, whose files begin with its
// code and a slash, or of the baseline where the prefix is empty.
func (l *live) rulesOf(prefix string) []rulePlace {
	var list []rulePlace
	titles := map[string]string{} // of whole documents, by name
	for _, file := range slices.Sorted(maps.Keys(l.rules.compiler.Modules)) {
		folder, _, inFolder := strings.Cut(file, "/")
		if inFolder != (prefix != "") || inFolder && folder+"/" != prefix {
			continue
		}
		for _, r := range l.rules.compiler.Modules[file].Rules {
			one := rulePlace{name: strings.Trim(r.Head.Ref()[0].String(), `"`), code: codeOf(r), file: file, line: r.Location.Row, end: r.Location.Row + 100}
			if n := len(list); n > 0 && list[n-1].file == file {
				list[n-1].end = one.line
			}
			if value := r.Head.Value; value != nil {
				_, one.plain = value.Value.(ast.Boolean)
			}
			for _, a := range r.Annotations {
				if a.Title == "" {
					continue
				}
				one.title = a.Title
				if a.Scope == "document" {
					titles[one.name] = a.Title
				}
			}
			list = append(list, one)
		}
	}
	for i := range list {
		if list[i].title == "" {
			list[i].title = titles[list[i].name]
		}
	}
	return list
}

// bookOf finds rules by the code that they give to a reason or a ground.
func (l *live) bookOf(prefix string) map[string]rulePlace {
	book := map[string]rulePlace{}
	for _, rule := range l.rulesOf(prefix) {
		if _, has := book[rule.code]; rule.code != "" && !has {
			book[rule.code] = rule
		}
	}
	return book
}

// codeOf is the code in a rule's answer.
func codeOf(r *ast.Rule) string {
	code := ""
	ast.WalkTerms(r, func(t *ast.Term) bool {
		if o, ok := t.Value.(ast.Object); ok && code == "" {
			if value := o.Get(ast.StringTerm("code")); value != nil {
				if text, ok := value.Value.(ast.String); ok {
					code = string(text)
				}
			}
		}
		return code != ""
	})
	return code
}

// trail is what the evaluation of one question went through: rules that held, and
// conditions that were looked at, by file and line.
type trail struct{ left, seen map[string]bool }

func (p trail) Enabled() bool { return true }

func (p trail) Config() topdown.TraceConfig { return topdown.TraceConfig{} }

// TraceEvent takes note of one step.
func (p trail) TraceEvent(e topdown.Event) {
	switch node := e.Node.(type) {
	case *ast.Rule:
		if e.Op == topdown.ExitOp && node.Location != nil {
			p.left[place(node.Location.File, node.Location.Row)] = true
		}
	case *ast.Expr:
		if e.Op == topdown.EvalOp && node.Location != nil {
			p.seen[place(node.Location.File, node.Location.Row)] = true
		}
	}
}

// far is how many lines of a rule were looked at: its conditions are asked one
// after another, up to the first that does not hold.
func (p trail) far(r rulePlace) int {
	far := 0
	for line := r.line; line < r.end; line++ {
		if p.seen[place(r.file, line)] {
			far++
		}
	}
	return far
}
