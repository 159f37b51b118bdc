package workshop

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/signalbox-health/signalbox/internal/sharing"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins/registry"
	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/web/layout"
)

// releaseView is a release that was brought here, as the person sees it who is to
// check it.
type releaseView struct {
	page   layout.Page
	faults []layout.Fault
	*sharing.Standing
	by       string
	stages   []stage
	before   *sharing.Standing // the version before; nil where there is none
	changes  []sharing.Change
	history  []historyLine
	reads    []readLine
	limits   policy.ReleaseLimits
	manifest string
	tries    bool   // the reader may see it on demonstration data
	example  string // of a day on which it may end
	// What this reader may do, and why not.
	check, publish, deprecate, withdraw permit
	entered                             map[string]string // what came with a form that was not accepted
}

// permit is something that the page may offer, or what stands against it.
type permit struct {
	may     bool
	reasons []policy.Reason
}

// historyLine is one step of a life, as it is read.
type historyLine struct {
	when, who, did, note string
	record               int64
}

// readLine is a dataset that a release computes from.
type readLine struct {
	title   string
	id      measures.DatasetID
	columns string
	open    bool // published: anybody may see it
	known   bool
}

// Release shows a release that was brought here.
func (p *Pages) Release(w http.ResponseWriter, r *http.Request) error {
	actor, page := p.frame(r, "Release", toCatalogue, toReleases)
	v, err := p.releaseView(r, actor, page)
	if err != nil {
		return err
	}
	return releasePage(v).Render(r.Context(), w)
}

// brought finds the release that an address names.
func (p *Pages) brought(r *http.Request) (*sharing.Standing, error) {
	return p.Making.Life.Find(r.Context(), r.PathValue("plugin"), r.PathValue("version"))
}

func (p *Pages) releaseView(r *http.Request, actor policy.Actor, page layout.Page) (*releaseView, error) {
	ctx := r.Context()
	s, err := p.brought(r)
	if err != nil {
		return nil, err
	}
	page.Title = s.Manifest.Title + " " + s.Manifest.Version
	v := &releaseView{page: page, Standing: s, stages: p.stages(ctx, s), limits: p.Making.Limits, example: (p.today() + sharing.NoticeDays + 60).String(), manifest: manifestText(s.Manifest), entered: map[string]string{},
		by: p.releaseLine(ctx, actor, s).by}
	if v.before, err = p.before(ctx, s); err != nil {
		return nil, err
	}
	if v.before != nil {
		v.changes = sharing.Changes(&v.before.Manifest, &s.Manifest)
	}
	for i := len(s.Steps) - 1; i >= 0; i-- {
		step := s.Steps[i]
		v.history = append(v.history, historyLine{moment(step.At), p.Making.Name(ctx, step.By), stepDid(step), step.Note, step.Record})
	}
	v.reads, v.tries = p.reads(s), p.may(ctx, actor, policy.PluginTry)
	for _, o := range []struct {
		action policy.Action
		into   *permit
	}{{policy.ReleaseCheck, &v.check}, {policy.ReleasePublish, &v.publish}, {policy.ReleaseDeprecate, &v.deprecate}, {policy.ReleaseWithdraw, &v.withdraw}} {
		o.into.may, o.into.reasons = p.Making.Life.May(ctx, actor, o.action, s)
	}
	return v, nil
}

// reads lists the datasets that a release computes from, and what of them.
func (p *Pages) reads(s *sharing.Standing) []readLine {
	var list []readLine
	columns := map[measures.DatasetID][]string{}
	for i := range s.Manifest.Measures {
		m := &s.Manifest.Measures[i]
		if columns[m.Dataset] == nil {
			d, _, known := p.dataset(m.Dataset)
			list = append(list, readLine{title: d.Title, id: m.Dataset, open: d.Published, known: known})
		}
		for _, c := range m.Columns() {
			if !slices.Contains(columns[m.Dataset], c) {
				columns[m.Dataset] = append(columns[m.Dataset], c)
			}
		}
	}
	for i := range list {
		list[i].columns = strings.Join(columns[list[i].id], ", ")
	}
	return list
}

// ReleaseFile gives the release as it travels, to be signed or carried.
func (p *Pages) ReleaseFile(w http.ResponseWriter, r *http.Request) error {
	s, err := p.brought(r)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := registry.WriteBundle(r.Context(), &b, s.Release); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/x-tar")
	w.Header().Set("Content-Disposition", `attachment; filename="`+releaseFileName(s)+`"`)
	_, err = w.Write(b.Bytes())
	return err
}

func releaseFileName(s *sharing.Standing) string {
	return s.Manifest.ID + "-" + s.Manifest.Version + ".tar"
}

// CheckRelease takes what a second person says.
func (p *Pages) CheckRelease(w http.ResponseWriter, r *http.Request) error {
	form, err := readForm(r, releaseField)
	return p.step(w, r, form.values, err, func(ctx context.Context, actor policy.Actor, s *sharing.Standing) error {
		verdict := sharing.Verdict{Note: form.values["note"], Approves: form.values["verdict"] == "yes"}
		if form.values["verdict"] != "yes" && form.values["verdict"] != "no" {
			return &sharing.Misfit{Field: "verdict", Message: "Choose whether it may be published, or goes back to its author"}
		}
		if len(form.file) > 0 {
			signed, err := form.release(ctx)
			if err != nil {
				return err
			}
			verdict.Signed = &signed
		}
		return p.Making.Life.Check(ctx, actor, s, verdict)
	})
}

// PublishRelease lets others have a release.
func (p *Pages) PublishRelease(w http.ResponseWriter, r *http.Request) error {
	return p.step(w, r, nil, nil, func(ctx context.Context, actor policy.Actor, s *sharing.Standing) error {
		ctx, cancel := context.WithTimeout(ctx, publishTime)
		defer cancel()
		err := p.Making.Life.Publish(ctx, actor, s)
		if err == nil || errors.Is(err, policy.ErrDenied) || errors.Is(err, policy.ErrUnavailable) || sharing.Untrusted(err) {
			return err
		}
		p.Log.Error("publish a release", "plugin", s.Digest, "error", err)
		return &layout.Trouble{Status: http.StatusBadGateway, Title: "The registry did not take it",
			Text: "Nothing was published: the registry could not be reached, or it refused. The release is as it was.",
			Help: "Press the button again in a while. Pushing twice does no harm. The log of this program has the reason."}
	})
}

// publishTime bounds bringing a release to a registry.
const publishTime = 60 * time.Second

// DeprecateRelease says that a release is outdated.
func (p *Pages) DeprecateRelease(w http.ResponseWriter, r *http.Request) error {
	values := map[string]string{"until": r.FormValue("until"), "outdated": r.FormValue("outdated")}
	return p.step(w, r, values, nil, func(ctx context.Context, actor policy.Actor, s *sharing.Standing) error {
		until, err := measures.ParseDate(strings.TrimSpace(values["until"]))
		if err != nil {
			return &sharing.Misfit{Field: "until", Message: "Enter a day, for example " + (p.today() + sharing.NoticeDays + 60).String()}
		}
		return renamed(p.Making.Life.Deprecate(ctx, actor, s, until, values["outdated"]), "reason", "outdated")
	})
}

// WithdrawRelease says that nobody should run a release any more.
func (p *Pages) WithdrawRelease(w http.ResponseWriter, r *http.Request) error {
	values := map[string]string{"reason": r.FormValue("reason")}
	return p.step(w, r, values, nil, func(ctx context.Context, actor policy.Actor, s *sharing.Standing) error {
		return p.Making.Life.Withdraw(ctx, actor, s, values["reason"])
	})
}

// renamed gives a field of a form the name that it has on a page with several forms.
func renamed(err error, field, name string) error {
	var misfit *sharing.Misfit
	if errors.As(err, &misfit) && misfit.Field == field {
		return &sharing.Misfit{Field: name, Message: misfit.Message}
	}
	return err
}

// step takes a step with the release that an address names, and leads back to it.
// What is wrong with the form stands in the form again.
func (p *Pages) step(w http.ResponseWriter, r *http.Request, entered map[string]string, err error,
	do func(context.Context, policy.Actor, *sharing.Standing) error) error {
	actor, page := p.frame(r, "Release", toCatalogue, toReleases)
	s, notThere := p.brought(r)
	if notThere != nil {
		return notThere
	}
	if err == nil {
		err = do(r.Context(), actor, s)
	}
	var wrong *fault
	var misfit *sharing.Misfit
	found := layout.Fault{Field: releaseField}
	status := http.StatusUnprocessableEntity
	switch {
	case err == nil:
		http.Redirect(w, r, standingAddress(s), http.StatusSeeOther)
		return nil
	case errors.As(err, &wrong):
		found.Message, status = wrong.message, wrong.status
	case errors.As(err, &misfit):
		found = layout.Fault{Field: misfit.Field, Message: misfit.Message}
	case sharing.Untrusted(err):
		found.Message = "It cannot be believed: " + err.Error()
	default:
		return err
	}
	v, err := p.releaseView(r, actor, page)
	if err != nil {
		return err
	}
	v.faults = []layout.Fault{found}
	if entered != nil {
		v.entered = entered
	}
	w.WriteHeader(status)
	return releasePage(v).Render(r.Context(), w)
}

// signCommand is how a second person signs it.
func (v *releaseView) signCommand() string {
	return "signalbox plugin sign " + shellWord(releaseFileName(v.Standing))
}

// costText says what one answer takes, and how much is allowed.
func (v *releaseView) costText() string {
	c := v.Submission().Cost
	if c == (policy.ReleaseCost{}) {
		return "Nothing of its own: it has no code, and the plugins of the library compute its measures."
	}
	return fmt.Sprintf("One answer about all organisations of the demonstration took %s and %s. The most is %s and %s.",
		counted(c.Milliseconds, "millisecond", "milliseconds"), counted(c.Mebibytes, "mebibyte", "mebibytes"),
		counted(v.limits.MaxMilliseconds, "millisecond", "milliseconds"), counted(v.limits.MaxMebibytes, "mebibyte", "mebibytes"))
}

// signersText says who has signed, and who is missing.
func (v *releaseView) signersText() string {
	have, want := v.Signatures()
	switch {
	case want == 0:
		return "Its signatures do not hold against the list of publishers of today."
	case have < want:
		return fmt.Sprintf("Signed by %s. %s of %s has to sign it too, and one of them as a checker.", signedBy(v.Behind.Signers),
			counted(want-have, "more person", "more people"), v.Behind.Publisher.Name)
	default:
		return "Signed by " + signedBy(v.Behind.Signers) + ", as many as " + v.Behind.Publisher.Name + " promises."
	}
}

func (v *releaseView) facts() []layout.Fact {
	return []layout.Fact{
		{Term: "Contents", Code: string(v.Digest)},
		{Term: "Artifact", Code: string(v.Artifact)},
		{Term: "Version", Value: v.Manifest.ID + " " + v.Manifest.Version},
		{Term: "Issued", Value: moment(v.Issued)},
		{Term: "List of publishers", Value: "number " + strconv.FormatInt(v.Behind.Serial, 10)},
	}
}

// ended reports whether nobody takes another step.
func (v *releaseView) ended() bool { return v.State() == policy.ReleaseWithdrawn }

// out reports whether others can have it, or could.
func (v *releaseView) out() bool {
	return v.State() == policy.ReleasePublished || v.State() == policy.ReleaseDeprecated
}

// checking reports whether it waits for people here.
func (v *releaseView) checking() bool {
	return v.State() == policy.ReleaseSubmitted || v.State() == policy.ReleaseChecked
}
