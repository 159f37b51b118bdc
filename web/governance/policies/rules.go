package policies

import (
	"slices"
	"strings"

	"github.com/signalbox-health/signalbox/policy"
)

// mark says what a draft does to a rule or a line.
type mark string

const (
	unchanged mark = "Unchanged"
	changed   mark = "Changed"
	added     mark = "New"
	removed   mark = "Taken out"
)

// ruleView is one rule in words and in Rego, beside what it was.
type ruleView struct {
	policy.RuleText
	mark  mark
	lines []line
}

// line is one line of Rego: unchanged, added or removed.
type line struct {
	text string
	mark mark
}

// title is what the rule is called; one without METADATA goes by its file.
func (r ruleView) title() string {
	switch {
	case r.Title != "":
		return r.Title
	case r.Head:
		return "What " + r.File + " begins with"
	}
	return "In " + r.File + ", without words of its own"
}

// rulesOf shows the rules of files as they are.
func rulesOf(files []policy.Module, tests bool) []ruleView {
	var list []ruleView
	for _, m := range files {
		if m.IsTest() != tests {
			continue
		}
		for _, r := range policy.Outline(m) {
			v := ruleView{RuleText: r, mark: unchanged}
			for _, text := range r.Source {
				v.lines = append(v.lines, line{text, unchanged})
			}
			list = append(list, v)
		}
	}
	return list
}

// compare shows the rules of files beside those that they would take the place of:
// what has changed first, and what stays last.
func compare(before, after []policy.Module, tests bool) []ruleView {
	was, now := rulesOf(before, tests), rulesOf(after, tests)
	var list []ruleView
	for _, r := range now {
		i := slices.IndexFunc(was, func(o ruleView) bool { return o.File == r.File && o.key() == r.key() })
		if i < 0 {
			r.paint(added)
		} else {
			r.lines = difference(was[i].Source, r.Source)
			if r.changes() || was[i].Title != r.Title || was[i].Description != r.Description {
				r.mark = changed
			}
			was = slices.Delete(was, i, i+1)
		}
		list = append(list, r)
	}
	for _, r := range was {
		r.paint(removed)
		list = append(list, r)
	}
	// What a file begins with says little, unless it is what changes.
	list = slices.DeleteFunc(list, func(r ruleView) bool { return r.Head && r.Title == "" && r.mark != changed })
	slices.SortStableFunc(list, func(a, b ruleView) int { return a.rank() - b.rank() })
	return list
}

// rank puts what a reader has to look at before what stays.
func (r ruleView) rank() int {
	switch {
	case r.mark != unchanged:
		return 0
	case r.Head:
		return 2
	}
	return 1
}

// key tells rules of one file apart: by their title, or else by what they define.
func (r ruleView) key() string {
	if r.Head {
		return "head"
	}
	if r.Title != "" {
		return "title " + r.Title
	}
	name, _, _ := strings.Cut(r.Source[0], " ")
	return "rule " + name
}

func (r *ruleView) paint(m mark) {
	r.mark = m
	for i := range r.lines {
		r.lines[i].mark = m
	}
}

func (r *ruleView) changes() bool {
	return slices.ContainsFunc(r.lines, func(l line) bool { return l.mark != unchanged })
}

// mostCompared bounds the table of the comparison: two rules of 1,000 lines each.
const mostCompared = 1 << 20

// difference marks the lines that were taken out and added, by the longest common
// run of lines.
func difference(before, after []string) []line {
	if len(before)*len(after) > mostCompared {
		return append(allOf(before, removed), allOf(after, added)...)
	}
	// long[i][j] is how many lines before[i:] and after[j:] have in common.
	long := make([][]int, len(before)+1)
	for i := range long {
		long[i] = make([]int, len(after)+1)
	}
	for i := len(before) - 1; i >= 0; i-- {
		for j := len(after) - 1; j >= 0; j-- {
			if before[i] == after[j] {
				long[i][j] = long[i+1][j+1] + 1
			} else {
				long[i][j] = max(long[i+1][j], long[i][j+1])
			}
		}
	}
	var out []line
	i, j := 0, 0
	for i < len(before) && j < len(after) {
		switch {
		case before[i] == after[j]:
			out = append(out, line{after[j], unchanged})
			i, j = i+1, j+1
		case long[i+1][j] >= long[i][j+1]:
			out = append(out, line{before[i], removed})
			i++
		default:
			out = append(out, line{after[j], added})
			j++
		}
	}
	return append(append(out, allOf(before[i:], removed)...), allOf(after[j:], added)...)
}

func allOf(texts []string, m mark) (list []line) {
	for _, text := range texts {
		list = append(list, line{text, m})
	}
	return list
}
