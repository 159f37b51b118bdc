package workshop

import (
	"context"
	"net/http"

	"github.com/signalbox-health/signalbox/internal/sharing"
	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/plugins/registry"
	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/web/layout"
)

// releases are all that were brought here, by what they wait for.
type releases struct {
	page   layout.Page
	bring  bool
	groups []releaseGroup
}

// releaseGroup is a heading and the releases below it.
type releaseGroup struct {
	heading string
	list    []releaseLine
}

// releaseLine is one release in a list.
type releaseLine struct {
	*sharing.Standing
	said string
	by   string // who brought it
}

// unborn stands for a release that nobody has brought yet, where the policy is asked
// whether somebody may. Its contents are none.
func unborn() *sharing.Standing {
	s := &sharing.Standing{}
	s.Digest = plugins.DigestOf(nil)
	s.Manifest.ID = "new"
	return s
}

// Releases lists what was brought here, to be published from here.
func (p *Pages) Releases(w http.ResponseWriter, r *http.Request) error {
	actor, page := p.frame(r, "Releases", toCatalogue)
	all, err := p.Making.Life.All(r.Context())
	if err != nil {
		return err
	}
	v := releases{page: page}
	v.bring, _ = p.Making.Life.May(r.Context(), actor, policy.ReleaseSubmit, unborn())
	for _, g := range []struct {
		heading string
		of      policy.ReleaseState
	}{
		{"To be checked by a second person", policy.ReleaseSubmitted},
		{"Checked, and not published yet", policy.ReleaseChecked},
		{"Published", policy.ReleasePublished},
		{"Outdated, and ending on a day", policy.ReleaseDeprecated},
		{"Sent back to their authors", policy.ReleaseDraft},
		{"Withdrawn", policy.ReleaseWithdrawn},
	} {
		if list := p.releaseLines(r.Context(), actor, all, g.of); len(list) > 0 {
			v.groups = append(v.groups, releaseGroup{g.heading, list})
		}
	}
	return releasesPage(v).Render(r.Context(), w)
}

// releaseLines are the releases in one state.
func (p *Pages) releaseLines(ctx context.Context, actor policy.Actor, all []sharing.Standing, of policy.ReleaseState) []releaseLine {
	var list []releaseLine
	for i := range all {
		if all[i].State() == of {
			list = append(list, p.releaseLine(ctx, actor, &all[i]))
		}
	}
	return list
}

func (p *Pages) releaseLine(ctx context.Context, actor policy.Actor, s *sharing.Standing) releaseLine {
	by := "you"
	if s.Submission().By != actor.ID {
		by = p.Making.Name(ctx, s.Submission().By)
	}
	return releaseLine{Standing: s, by: by, said: s.Last().Note}
}

// signedBy names those who have signed, with what each does.
func signedBy(signers []registry.Signer) string {
	text := ""
	for i, s := range signers {
		if i > 0 {
			text += ", "
		}
		text += s.Holder + " (" + s.Role + ")"
	}
	return text
}
