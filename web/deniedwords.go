package web

import (
	"slices"
	"strconv"
	"strings"

	"github.com/signalbox-health/signalbox/internal/demo"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/web/layout"
)

// first is the denial in one sentence.
func (d denied) first() string {
	if len(d.reasons) == 0 {
		return "No rule opens it to you."
	}
	return d.reasons[0].Message
}

// unlabel takes the label of the demonstration off names in running text, where
// a line at the top of the page says it once.
func (d *denied) unlabel() {
	if !d.page.Demo {
		return
	}
	plain := func(text string) string { return strings.ReplaceAll(text, demo.Label, "") }
	d.reasons, d.checks = slices.Clone(d.reasons), slices.Clone(d.checks) // the record keeps its own words
	for i := range d.reasons {
		d.reasons[i].Message, d.reasons[i].Help = plain(d.reasons[i].Message), plain(d.reasons[i].Help)
	}
	for i := range d.checks {
		d.checks[i].Text = plain(d.checks[i].Text)
	}
}

// help is what the reader, or somebody else, can do about it.
func (d denied) help() string {
	if len(d.reasons) == 0 {
		return ""
	}
	return d.reasons[0].Help
}

// helpFor is what would mend a check that did not hold.
func (d denied) helpFor(code string) string {
	for _, reason := range d.reasons {
		if reason.Code == code && reason.Help != d.help() {
			return reason.Help
		}
	}
	return ""
}

// unchecked are the reasons that no check stands for and that the page has not
// begun with.
func (d denied) unchecked() []policy.Reason {
	var rest []policy.Reason
	for _, reason := range d.reasons {
		found := false
		for _, check := range d.checks {
			found = found || check.Code == reason.Code && !check.Met
		}
		if said := reason.Message == d.first() && reason.Help == d.help(); !found && !said {
			rest = append(rest, reason)
		}
	}
	return rest
}

// ruleText names the rule that denied, for whoever answers for it, and what came
// nearest to opening.
func (d denied) ruleText() string {
	if d.why.Rule == "" {
		return ""
	}
	text := map[string]string{"host": "By a rule of this program that no policy can switch off", "national": "By the national baseline",
		"trust": "By the organisation’s own policy"}[d.why.Floor]
	if d.why.File != "" {
		text += ", " + d.why.File + ":" + strconv.Itoa(d.why.Line)
	}
	if d.why.Nearest != "" {
		text += ". What came nearest to opening it: " + lower(strings.TrimSuffix(d.why.Nearest, "."))
	}
	return text + "."
}

func lower(s string) string {
	if s == "" {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
}

// facts is the record of the denial.
func (d denied) facts() []layout.Fact {
	decision := d.record.Decision()
	day := measures.Date(decision.Request.Now / 86400)
	return []layout.Fact{
		{Term: "Reference", Value: "record " + strconv.FormatInt(d.record.Sequence(), 10), Code: decision.Request.ID},
		{Term: "When", Value: day.DayName()},
		{Term: "Policy", Code: short(decision.PolicyRevision)},
		{Term: "Data read", Value: "None"},
	}
}

// short is a digest for eyes.
func short(revision string) string {
	if len(revision) < 16 {
		return revision
	}
	return revision[:11] + "…" + revision[len(revision)-4:]
}

func capital(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// askWords is what the button at the top says.
func (d denied) askWords() string {
	if d.ask.Open != 0 {
		return "See your request"
	}
	return "Ask for access"
}

func (d denied) askAddress() string {
	if d.ask.Open != 0 {
		return "/access/requests/" + strconv.FormatInt(d.ask.Open, 10)
	}
	return "#ask"
}

// mendable reports whether the reader, or somebody at their own organisation, can
// do something about a denial: renew a training, change a purpose.
func (d denied) mendable() bool {
	return slices.ContainsFunc(d.reasons, func(r policy.Reason) bool {
		return strings.HasPrefix(r.Code, "training_") || strings.HasSuffix(r.Code, "_purpose")
	})
}

// grounds are the checks of which one is enough to read figures, where the others
// are all needed.
var grounds = []string{"published", "own", "system", "agreement"}

// needed are the checks that must all hold.
func (d denied) needed() []policy.Check {
	return slices.DeleteFunc(slices.Clone(d.checks), d.isGround)
}

// enough are the checks of which one would do.
func (d denied) enough() []policy.Check {
	return slices.DeleteFunc(slices.Clone(d.checks), func(c policy.Check) bool { return !d.isGround(c) })
}

func (d denied) isGround(c policy.Check) bool {
	return d.record.Decision().Request.Action.OpensData() && slices.Contains(grounds, c.Code)
}
