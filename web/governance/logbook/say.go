package logbook

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/signalbox-health/signalbox/internal/demo"
	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/measures/words"
	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/web/plot"
)

// act is what somebody wanted to do: the name in a list to choose from, and the
// words within a line, where %d is the dataset and %o the organisation.
type act struct {
	action     policy.Action
	name, said string
}

// acts are in the order in which a reader looks for them.
var acts = []act{
	{policy.ChartRead, "See a chart", "to see %d of %o"},
	{policy.DataExport, "Take figures away", "to take away figures of %d of %o"},
	{policy.DataLoad, "Load figures", "to load %d of %o"},
	{policy.EvidenceSend, "Send evidence", "to send evidence of %d of %o"},
	{policy.ReleasePilot, "Try a release", "to run a release at %o on trial"},
	{policy.ReleaseAdopt, "Adopt a release", "to adopt a release for %o"},
	{policy.ReleaseLeave, "Leave a release", "to end or take back what %o runs"},
	{policy.AccessDecide, "Decide on access", "to decide who else sees data of %o"},
	{policy.PolicyWrite, "Write a policy", "to write a policy of %o"},
	{policy.PolicyApprove, "Approve a policy", "to say yes or no to a policy of %o"},
	{policy.PolicyRollback, "Take a policy back", "to bring back an earlier policy of %o"},
	{policy.PeopleAppoint, "Give or take roles", "to give or take roles at %o"},
	{policy.LogRead, "Read this log", "to read the log of %o"},
	{policy.PluginUpload, "Bring a plugin", "to bring a plugin"},
	{policy.PluginTry, "Look at drafts of plugins", "to look at drafts of plugins"},
	{policy.PluginLift, "End a quarantine", "to let a plugin run again"},
	{policy.ReleaseSubmit, "Bring a release", "to bring a release, to have it checked"},
	{policy.ReleaseCheck, "Check a release", "to say yes or no to a release"},
	{policy.ReleasePublish, "Publish a release", "to publish a release"},
	{policy.ReleaseDeprecate, "Call a release outdated", "to say that a release is outdated"},
	{policy.ReleaseWithdraw, "Withdraw a release", "to withdraw a release"},
	{policy.ReleasePush, "Write to the registry", "to write to the registry"},
	{policy.ReleasePull, "Read the registry", "to read the registry"},
	{policy.ReleaseTake, "Bring a release here", "to bring a published release here"},
	{policy.JobsManage, "Look after jobs", "to look after what works in the background"},
}

// wanted says what was asked for, in words.
func (p *Pages) wanted(ctx context.Context, in policy.Input) string {
	said := "to do " + string(in.Action) + " at %o" // an action of a later program
	if at := slices.IndexFunc(acts, func(a act) bool { return a.action == in.Action }); at >= 0 {
		said = acts[at].said
	}
	return strings.NewReplacer("%d", "“"+p.title(in.Resource.Dataset)+"”", "%o", p.called(ctx, in.Resource.ODS)).Replace(said)
}

// who says who asked: by role and organisation, and the id of the record.
func (p *Pages) who(ctx context.Context, s policy.Subject) string {
	_, known := p.Engine.Live()
	var roles []string
	for _, role := range s.Roles {
		title := string(role)
		if facts, ok := known.Roles[role]; ok {
			title = facts.Title
		}
		roles = append(roles, title)
	}
	text := "Somebody without a role"
	if len(roles) > 0 {
		text = capital(listed(roles))
	}
	if s.ODS == nil {
		return text + " of no organisation"
	}
	return text + " at " + p.called(ctx, *s.ODS)
}

// purpose is what a purpose is called.
func (p *Pages) purpose(id policy.Purpose) string {
	_, known := p.Engine.Live()
	if facts, ok := known.Purposes[id]; ok {
		return facts.Title
	}
	return string(id)
}

// grounds are the rules that open data, as a reader calls them.
var grounds = map[string]string{
	"own_organisation": "It is their own organisation’s.",
	"published":        "It is published.",
	"same_system":      "They belong to the organisation’s own system.",
	"agreement":        "There is an agreement.",
	"national_body":    "They work for a national body.",
}

// because says why a decision went as it did, in a sentence.
func because(d policy.Document) string {
	if !d.Allow {
		if len(d.Reasons) == 0 {
			return "No rule opens it."
		}
		return unlabelled(d.Reasons[0].Message)
	}
	for _, g := range d.Grants {
		if said, ok := grounds[g.Code]; ok {
			if g.Code == "agreement" && g.Ref != "" {
				return "There is an agreement, " + g.Ref + "."
			}
			return said
		}
	}
	return ""
}

// became says what was released.
func became(line postgres.LogLine) string {
	r := line.Result
	switch {
	case !line.Document.Allow:
		return "nothing was read"
	case r == nil && !line.Document.Input.Action.OpensData():
		return "no more is recorded of it"
	case r == nil:
		return "what came of it is not recorded"
	case r.Problem != "":
		return "nothing was released: " + r.Problem
	case !line.Document.Input.Action.OpensData() && r.Rows == 0:
		return "done"
	case line.Document.Input.Action == policy.LogRead:
		return counted(r.Rows, "line shown", "lines shown")
	case r.Suppressed > 0:
		return counted(r.Rows, "row read", "rows read") + ", " + counted(r.Suppressed, "figure hidden", "figures hidden")
	}
	return counted(r.Rows, "row read", "rows read")
}

// unlabelled takes the label of the demonstration off names in running text.
func unlabelled(text string) string { return strings.ReplaceAll(text, demo.Label, "") }

func answer(allow bool) (plot.Status, string) {
	if allow {
		return plot.Done, "Allowed."
	}
	return plot.Attention, "Denied."
}

// moment is a time to the minute. It is told in UTC, as records and heads are.
func moment(t time.Time) string { return t.UTC().Format("2 January 2006, 15:04") + " UTC" }

// counted writes a number with what it counts.
func counted(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return words.Number(float64(n), 0) + " " + many
}

// listed joins words as one says them: a, b and c.
func listed(items []string) string {
	if n := len(items); n > 1 {
		return strings.Join(items[:n-1], ", ") + " and " + items[n-1]
	}
	return strings.Join(items, "")
}

func capital(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// short is a digest for eyes.
func short(digest string) string {
	if len(digest) < 24 {
		return digest
	}
	return digest[:15] + "…" + digest[len(digest)-4:]
}
