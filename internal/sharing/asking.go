package sharing

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/signalbox-health/signalbox/internal/analysis"
	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/plugins/registry"
	"github.com/signalbox-health/signalbox/policy"
)

// Asking is how those who run a release, or think of it, ask its author, and how the
// author answers. Questions are signed by the installation, in the name of the
// asker's organisation; replies by the author, on a machine of their own. Both go to
// the hub, and everybody reads them.
type Asking struct {
	Policy analysis.Policy
	Ledger analysis.Ledger
	Store  *postgres.DB
	Voice  *Voice
	List   func(context.Context) (*registry.List, error)
	// Name is what an organisation is called.
	Name func(context.Context, measures.ODSCode) (string, error)
	Now  func() time.Time
}

// Thread is a question and what was answered.
type Thread struct {
	registry.Question
	Replies []registry.Reply // in order of time
	Waits   bool             // it is here, and the hub has not told of it yet
}

// Talk is what is believed of all that was said of a plugin, in any of its versions.
type Talk struct {
	Threads  []Thread // the newest question first
	Evidence []registry.Evidence
	Faults   []registry.Faults
}

// Talk gathers what the hub tells of a plugin and what was said here. What nobody can
// vouch for is passed over.
func (a *Asking) Talk(ctx context.Context, plugin string) (Talk, error) {
	var all Talk
	list, err := a.List(ctx)
	if list == nil {
		if errors.Is(err, ErrNoTrust) {
			return all, nil
		}
		return all, err
	}
	listings, err := a.Store.Listings(ctx, plugin)
	if err != nil {
		return all, err
	}
	var replies []registry.Reply
	for _, l := range listings {
		said := list.Said(l, a.Now())
		for _, q := range said.Questions {
			all.Threads = append(all.Threads, Thread{Question: q})
		}
		replies = append(replies, said.Replies...)
		all.Evidence, all.Faults = append(all.Evidence, said.Evidence...), append(all.Faults, said.Faults...)
	}
	own, err := a.Store.SayingsAbout(ctx, plugin)
	if err != nil {
		return all, err
	}
	for _, s := range own {
		if q, err := list.OpenQuestion(s.Envelope, a.Now()); err == nil && all.thread(q.ID) == nil {
			all.Threads = append(all.Threads, Thread{Question: q, Waits: true})
		} else if r, err := list.OpenReply(s.Envelope, a.Now()); err == nil {
			replies = append(replies, r)
		} else if f, err := list.OpenFaults(s.Envelope, a.Now()); err == nil {
			all.fault(f)
		}
	}
	all.answer(replies)
	slices.SortStableFunc(all.Threads, func(x, y Thread) int { return y.Issued.Compare(x.Issued) })
	return all, nil
}

// thread finds a question by its id.
func (h *Talk) thread(id string) *Thread {
	for i := range h.Threads {
		if h.Threads[i].ID == id {
			return &h.Threads[i]
		}
	}
	return nil
}

// fault puts a count in the place of an older one of the same organisation and release.
func (h *Talk) fault(f registry.Faults) {
	for i := range h.Faults {
		if old := &h.Faults[i]; old.Organisation == f.Organisation && old.Contents == f.Contents {
			if f.Issued.After(old.Issued) {
				*old = f
			}
			return
		}
	}
	h.Faults = append(h.Faults, f)
}

// answer puts replies to their questions, each once.
func (h *Talk) answer(replies []registry.Reply) {
	slices.SortStableFunc(replies, func(x, y registry.Reply) int { return x.Issued.Compare(y.Issued) })
	for _, r := range replies {
		if t := h.thread(r.Question); t != nil && t.Plugin == r.Plugin && !slices.Contains(t.Replies, r) {
			t.Replies = append(t.Replies, r)
		}
	}
}

// longest is how long a question or a reply may be, in bytes.
const longest = 2000

// Ask keeps a question about a release, signed, until the hub has it.
func (a *Asking) Ask(ctx context.Context, actor policy.Actor, of registry.Listing, text string) error {
	text = strings.TrimSpace(text)
	switch {
	case text == "":
		return &Misfit{Field: "question", Message: "Write your question"}
	case len(text) > longest:
		return &Misfit{Field: "question", Message: fmt.Sprintf("Shorten your question: it has %d letters, and the most are %d", len(text), longest)}
	case actor.ODS == "":
		return &Misfit{Field: "question", Message: "Sign in for an organisation: questions are asked in the name of one"}
	}
	subject, key, err := a.subject(ctx, actor, of)
	if err != nil {
		return err
	}
	e, err := registry.Question{ID: rand.Text()[:12], Text: text, Subject: subject}.Seal(key)
	if err != nil {
		return err
	}
	return a.keep(ctx, actor, of, postgres.Saying{Organisation: actor.ODS, Kind: string(registry.KindQuestion), Envelope: e})
}

// TellFaults keeps how often a release went wrong here, signed, until the hub has it:
// numbers of runs since a moment, and nothing of the data.
func (a *Asking) TellFaults(ctx context.Context, actor policy.Actor, of registry.Listing, since time.Time, runs int64, counts map[plugins.Manner]int64) error {
	subject, key, err := a.subject(ctx, actor, of)
	if err != nil {
		return err
	}
	e, err := registry.Faults{Subject: subject, Since: since.UTC().Truncate(time.Second), Runs: runs, Counts: counts}.Seal(key)
	if err != nil {
		return err
	}
	return a.keep(ctx, actor, of, postgres.Saying{Organisation: actor.ODS, Kind: string(registry.KindFaults), Envelope: e})
}

// subject says in whose name something is said of a release, and gives the key that
// signs it.
func (a *Asking) subject(ctx context.Context, actor policy.Actor, of registry.Listing) (registry.Subject, registry.Key, error) {
	node, key, err := a.Voice.For(ctx, actor.ODS)
	if err != nil {
		return registry.Subject{}, key, err
	}
	name, err := a.Name(ctx, actor.ODS)
	return registry.Subject{Contents: of.Contents, Plugin: of.ID, Version: of.Version, Node: node,
		Issued: a.Now().UTC().Truncate(time.Second), Organisation: actor.ODS, OrganisationName: name}, key, err
}

// ErrNoQuestion says that a reply is to a question that nobody knows here.
var ErrNoQuestion = errors.New("no such question")

// Reply keeps what an author has answered and signed, until the hub has it.
func (a *Asking) Reply(ctx context.Context, actor policy.Actor, plugin string, e registry.Envelope) error {
	list, err := a.List(ctx)
	if err != nil {
		return err
	}
	r, err := list.OpenReply(e, a.Now())
	if err != nil {
		return err
	}
	heard, err := a.Talk(ctx, plugin)
	if err != nil {
		return err
	}
	t := heard.thread(r.Question)
	if t == nil || r.Plugin != plugin || t.Contents != r.Contents {
		return fmt.Errorf("reply to %q about %s %s: %w", r.Question, r.Plugin, r.Version, ErrNoQuestion)
	}
	of, err := a.listing(ctx, plugin, r.Contents)
	if err != nil {
		return err
	}
	return a.keep(ctx, actor, of, postgres.Saying{Kind: string(registry.KindReply), Envelope: e})
}

// listing finds a release as the hub lists it, or as it is kept here.
func (a *Asking) listing(ctx context.Context, plugin string, contents plugins.Digest) (registry.Listing, error) {
	all, err := a.Store.Listings(ctx, plugin)
	if err != nil {
		return registry.Listing{}, err
	}
	for _, l := range all {
		if l.Contents == contents {
			return l, nil
		}
	}
	k, err := a.Store.KeptRelease(ctx, contents)
	return registry.Listing{ID: k.Manifest.ID, Version: k.Manifest.Version, Publisher: k.Publisher, Contents: k.Digest, Artifact: k.Artifact}, err
}

// keep decides whether somebody may put something into the registry about a release,
// records it, and keeps it.
func (a *Asking) keep(ctx context.Context, actor policy.Actor, of registry.Listing, s postgres.Saying) error {
	decision, err := a.Policy.Decide(ctx, a.request(actor, of))
	if err != nil {
		return err
	}
	records, err := a.Ledger.RecordAll(ctx, []policy.Decision{decision})
	if err != nil {
		return fmt.Errorf("record the decision about a %s: %w", s.Kind, err)
	}
	grant, err := records[0].Grant()
	if err != nil {
		return err
	}
	s.Plugin, s.Digest, s.Artifact = of.ID, of.Contents, of.Artifact
	_, err = a.Store.KeepSaying(ctx, grant, s)
	result := postgres.Result{Record: grant.Record(), Digest: string(of.Contents)}
	if err != nil {
		result.Digest, result.Problem = "", "it could not be done"
	}
	if recorded := a.Ledger.RecordResults(context.WithoutCancel(ctx), []postgres.Result{result}); err == nil && recorded != nil {
		err = fmt.Errorf("record what became of a %s: %w", s.Kind, recorded)
	}
	return err
}

func (a *Asking) request(actor policy.Actor, of registry.Listing) policy.Request {
	return policy.Request{ID: rand.Text()[:12], Now: a.Now().Unix(), Action: policy.ReleasePush, Actor: actor,
		Release:  policy.Release{ID: of.ID, Version: of.Version, Digest: string(of.Contents), Publisher: of.Publisher},
		Resource: policy.Resource{Grain: "aggregate"}}
}

// May says whether somebody could ask or answer. Nothing is done on the strength of it.
func (a *Asking) May(ctx context.Context, actor policy.Actor, of registry.Listing) (bool, []policy.Reason) {
	decision, err := a.Policy.Decide(ctx, a.request(actor, of))
	return err == nil && decision.Allow, decision.Reasons
}
