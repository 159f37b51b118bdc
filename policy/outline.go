package policy

import (
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// RuleText is one rule of a policy as its reader meets it: the words of its
// METADATA, and the Rego without them.
type RuleText struct {
	File        string
	Line        int // of the first line of Source, from 1
	Title       string
	Description string
	Source      []string // lines
	Head        bool     // the package and its imports, and no rule
}

// metadata begins a comment that says what a rule is for.
const metadata = "# METADATA"

// Outline parts a file into its rules, each from one METADATA comment to the next.
// A rule without one belongs to the rule above it. A file that cannot be read is
// one rule without a title, because its author has to see it all the same.
func Outline(m Module) []RuleText {
	titles := map[int]*ast.Annotations{}
	if module, err := ast.ParseModuleWithOpts(m.Name, m.Source,
		ast.ParserOptions{ProcessAnnotation: true, Capabilities: capabilities(), RegoVersion: ast.RegoV1}); err == nil && module != nil {
		for _, a := range module.Annotations {
			if a.Location != nil {
				titles[a.Location.Row] = a
			}
		}
	}
	lines := strings.Split(strings.TrimRight(m.Source, "\n"), "\n")
	var rules []RuleText
	current := RuleText{File: m.Name, Line: 1, Head: true}
	for i := 0; i < len(lines); i++ {
		if strings.TrimSpace(lines[i]) == metadata {
			rules = append(rules, current)
			current = RuleText{File: m.Name}
			if a := titles[i+1]; a != nil {
				current.Title, current.Description = a.Title, strings.TrimSpace(a.Description)
			}
			for i++; i < len(lines) && strings.HasPrefix(strings.TrimSpace(lines[i]), "#"); i++ {
			}
			current.Line = i + 1
			current.Head = i < len(lines) && strings.HasPrefix(lines[i], "package ")
			i--
			continue
		}
		current.Source = append(current.Source, lines[i])
	}
	var out []RuleText
	for _, r := range append(rules, current) {
		r.trim()
		if len(r.Source) > 0 {
			out = append(out, r)
		}
	}
	return out
}

// trim takes empty lines off both ends.
func (r *RuleText) trim() {
	for len(r.Source) > 0 && strings.TrimSpace(r.Source[0]) == "" {
		r.Source = r.Source[1:]
		r.Line++
	}
	for len(r.Source) > 0 && strings.TrimSpace(r.Source[len(r.Source)-1]) == "" {
		r.Source = r.Source[:len(r.Source)-1]
	}
}
