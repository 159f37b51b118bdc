package workshop

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/semver"

	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/internal/sharing"
	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/web/layout"
	"github.com/signalbox-health/signalbox/web/plot"
)

// Making is what the pages about releases that are made here work with.
type Making struct {
	Life      *sharing.Life
	Inspector *sharing.Inspector
	Invented  *Invented
	Asking    *sharing.Asking
	Since     time.Time // when this program was started
	// Limits are what one answer of a release may cost.
	Limits policy.ReleaseLimits
	// Name says what somebody is called who has an account here.
	Name func(ctx context.Context, id string) string
}

// releaseAddress is the address of a release's page.
func releaseAddress(plugin, version string) string {
	return "/plugins/releases/" + url.PathEscape(plugin) + "/" + url.PathEscape(version)
}

func standingAddress(s *sharing.Standing) string {
	return releaseAddress(s.Manifest.ID, s.Manifest.Version)
}

var toReleases = layout.Crumb{Name: "Releases", URL: "/plugins/releases"}

// standingText says where a release is in its life, and what comes next.
func standingText(s *sharing.Standing) string {
	switch last := s.Last(); s.State() {
	case policy.ReleaseSubmitted:
		return "It waits for a second person to check it."
	case policy.ReleaseChecked:
		if have, want := s.Signatures(); want > 0 && have < want {
			return "It is checked. " + counted(want-have, "more person has", "more people have") + " to sign it before it can be published."
		}
		return "It is checked, and can be published."
	case policy.ReleasePublished:
		return "It is published: others find it when they next ask the hub."
	case policy.ReleaseDeprecated:
		return "It is outdated, and ends on " + last.Until.DayName() + "."
	case policy.ReleaseWithdrawn:
		return "It is withdrawn: nobody should run it any more."
	default:
		return "It was sent back to its author."
	}
}

// stage is one line of how far a release is.
type stage struct {
	status     plot.Status
	name, said string
}

// stages are the steps of a life, taken and to come.
func (p *Pages) stages(ctx context.Context, s *sharing.Standing) []stage {
	taken := func(step postgres.Step) (said string, done bool) {
		for _, one := range s.Steps {
			if one.Step == step {
				said, done = p.Making.Name(ctx, one.By)+", "+dateOf(one.At).DayName(), true
			}
		}
		return said, done
	}
	line := func(name, waits string, step postgres.Step, still bool) stage {
		if said, done := taken(step); done && still {
			return stage{plot.Done, name, said}
		}
		return stage{plot.Waiting, name, waits}
	}
	checked := len(s.Checkers()) > 0
	list := []stage{line("Brought", "", postgres.Submitted, true), line("Checked", "by a second person", postgres.Checked, checked)}
	if have, want := s.Signatures(); want > 0 {
		status := plot.Waiting
		if have >= want && s.Doubt == nil {
			status = plot.Done
		}
		list = append(list, stage{status, "Signed", fmt.Sprintf("%d of %d", have, want)})
	}
	list = append(list, line("Published", "for everybody", postgres.Published, true))
	switch last := s.Last(); last.Step {
	case postgres.Refused:
		list = append(list, stage{plot.Attention, "Sent back", p.Making.Name(ctx, last.By) + ", " + dateOf(last.At).DayName()})
	case postgres.Deprecated:
		list = append(list, stage{plot.Attention, "Outdated", "until " + last.Until.DayName()})
	case postgres.Withdrawn:
		list = append(list, stage{plot.Attention, "Withdrawn", p.Making.Name(ctx, last.By) + ", " + dateOf(last.At).DayName()})
	}
	return list
}

// before finds the newest version of a plugin that was published here and comes
// before a release; nil where there is none.
func (p *Pages) before(ctx context.Context, s *sharing.Standing) (*sharing.Standing, error) {
	all, err := p.Making.Life.All(ctx)
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(o sharing.Standing) bool {
		out := o.State() == policy.ReleasePublished || o.State() == policy.ReleaseDeprecated
		return o.Manifest.ID != s.Manifest.ID || !out || semver.Compare("v"+o.Manifest.Version, "v"+s.Manifest.Version) >= 0
	})
	if len(all) == 0 {
		return nil, nil
	}
	newest := slices.MaxFunc(all, func(a, b sharing.Standing) int {
		return semver.Compare("v"+a.Manifest.Version, "v"+b.Manifest.Version)
	})
	return p.Making.Life.Standing(ctx, newest.Digest)
}

// stepDid says what somebody did, in the history of a release.
func stepDid(s postgres.ReleaseStep) string {
	switch s.Step {
	case postgres.Submitted:
		return "brought it here"
	case postgres.Checked:
		return "checked it, and said yes"
	case postgres.Refused:
		return "sent it back"
	case postgres.Published:
		return "published it"
	case postgres.Deprecated:
		return "said that it is outdated, and ends on " + s.Until.DayName()
	case postgres.Withdrawn:
		return "withdrew it"
	default:
		return string(s.Step)
	}
}

// reasonsText is why somebody may not do something, and what would help.
func reasonsText(reasons []policy.Reason) string {
	if len(reasons) == 0 {
		return "The policy could not be asked. Try again in a moment."
	}
	return strings.TrimSpace(reasons[0].Message + " " + reasons[0].Help)
}
