package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/signalbox-health/signalbox/internal/demo"
	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/internal/sharing"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins/registry"
	"github.com/signalbox-health/signalbox/policy"
)

// demonstrationHub lays whom the demonstration believes into a folder of its own:
// what is believed in earnest is never touched, and who believes nobody goes on to.
func (c *config) demonstrationHub(now time.Time) (*demo.Hub, error) {
	node, _, err := registry.OpenOrMakeKey(c.nodeKey())
	if err != nil {
		return nil, err
	}
	dir := filepath.Join(c.dataDir, "demonstration")
	hub, err := demo.OpenHub(filepath.Join(dir, "keys"), node, now)
	if err != nil {
		return nil, err
	}
	c.trust = filepath.Join(dir, "trust")
	if err := os.MkdirAll(c.trust, 0o755); err != nil {
		return nil, fmt.Errorf("whom the demonstration believes: %w", err)
	}
	root, err := json.Marshal(hub.Root)
	if err != nil {
		return nil, fmt.Errorf("root keys of the demonstration: %w", err)
	}
	_, list, err := hub.List()
	if err != nil {
		return nil, err
	}
	signed, err := list.Encode()
	if err != nil {
		return nil, err
	}
	return hub, errors.Join(os.WriteFile(filepath.Join(c.trust, "root.json"), root, 0o644),
		os.WriteFile(filepath.Join(c.trust, "publishers.json"), signed, 0o644))
}

// fair is the installation of the demonstration as its own hub. What its people
// publish, ask and send comes back in the index a few seconds later, by the same
// steps as between two installations.
type fair struct {
	*house
	cfg      *config
	hub      *demo.Hub
	own      registry.Remote
	releases []demo.Published
}

// fairEvery is how soon the index has what somebody has sent or published.
const fairEvery = 5 * time.Second

// openFair lists the releases of the demonstration, with what became of one of them
// at the trusts that took it up, and goes on to list what is new.
func (h *house) openFair(ctx context.Context, cfg *config, hub *demo.Hub) error {
	f := &fair{house: h, cfg: cfg, hub: hub, own: registry.Local(h.db.Registry(), h.admits)}
	var err error
	if f.releases, err = hub.Releases(ctx); err != nil {
		return err
	}
	h.node.Speech = f.own
	if err = f.list(ctx); err == nil {
		err = f.begin(ctx)
	}
	if err != nil {
		return fmt.Errorf("hub of the demonstration: %w", err)
	}
	working, stop := context.WithCancel(context.WithoutCancel(ctx))
	var done sync.WaitGroup
	done.Go(func() { f.keep(working) })
	h.closes = append(h.closes, func() { stop(); done.Wait() })
	return nil
}

// begin publishes the releases, and lets trusts take one up in the past, unless that
// was done before.
func (f *fair) begin(ctx context.Context) error {
	there, err := f.db.Adoptions(ctx)
	if err != nil || len(there) > 0 {
		return err
	}
	for i := range f.releases {
		if _, err := f.own.Push(ctx, f.releases[i].Release); err != nil {
			return err
		}
	}
	if err := f.tell(ctx); err != nil {
		return err
	}
	for _, a := range demo.Adopters() {
		if err := f.adopt(ctx, a); err != nil {
			return fmt.Errorf("%s at %s: %w", a.Plugin, a.Organisation, err)
		}
	}
	if err := f.look(ctx); err != nil {
		return err
	}
	for _, a := range demo.Adopters() {
		if err := f.testify(ctx, a); err != nil {
			return fmt.Errorf("evidence of %s at %s: %w", a.Plugin, a.Organisation, err)
		}
	}
	if _, err := f.node.Deliver(ctx); err != nil {
		return err
	}
	return f.tell(ctx)
}

// team is who acts for a trust that took a release up.
func team(at measures.ODSCode) policy.Actor {
	return policy.Actor{ID: demo.Team(at), ODS: at, Orgs: []measures.ODSCode{at}, Roles: []policy.Role{"improvement_lead"},
		Purpose: "improvement", Assurance: "aal2", TrainedOn: measures.Date(time.Now().Unix()/86400) - 40}
}

// adopt writes down that a trust took a release up some time ago. Nobody could do so
// on the pages, where what counts as after begins when somebody adopts.
func (f *fair) adopt(ctx context.Context, a demo.Adopter) error {
	for i := range f.releases {
		l := &f.releases[i].Listing
		if l.ID != a.Plugin || l.Version != a.Version {
			continue
		}
		if _, err := f.shelf.FromHub(ctx, team(a.Organisation), *l); err != nil {
			return err
		}
		facts, err := f.shelf.Facts(ctx, l.Contents)
		if err != nil {
			return err
		}
		decision, err := f.main.Policy.Decide(ctx, policy.Request{ID: rand.Text()[:12], Now: time.Now().Unix(), Action: policy.ReleaseAdopt,
			Actor: team(a.Organisation), Release: facts, Change: policy.Change{Kind: policy.ReleaseChange, Ref: string(l.Contents)},
			Resource: policy.Resource{ODS: a.Organisation, Grain: "aggregate"}})
		if err != nil {
			return err
		}
		record, err := f.db.Record(ctx, decision)
		if err != nil {
			return err
		}
		grant, err := record.Grant()
		if err != nil {
			return err
		}
		_, err = f.db.Adopt(ctx, grant, postgres.Adoption{Organisation: a.Organisation, Plugin: l.ID, Digest: l.Contents, Stage: postgres.Adopted,
			First: a.First, Sends: true, Layers: postgres.Layers{Measures: map[measures.MeasureID]postgres.Layer{a.Measure: {Baseline: &postgres.Baseline{
				From: a.Before, To: a.First.AddMonths(-1), Points: a.Points}}}}})
		return err
	}
	return fmt.Errorf("%s %s: %w", a.Plugin, a.Version, registry.ErrNoRelease)
}

// testify sends what became of it, as that trust's own people would.
func (f *fair) testify(ctx context.Context, a demo.Adopter) error {
	witness := f.testimony()
	adopters, err := witness.Adopters(ctx, a.Organisation)
	if err != nil {
		return err
	}
	for _, one := range adopters {
		if one.Plugin != a.Plugin {
			continue
		}
		prepared, err := witness.Evidence(ctx, team(a.Organisation), a.Organisation, one.ID, a.Measure, true)
		if err != nil {
			return err
		}
		_, err = witness.Send(ctx, team(a.Organisation), a.Organisation, one.ID, a.Measure, true, prepared.Digest)
		return err
	}
	return sharing.ErrNoAdoption
}

// tell issues an index of what the registry here has, and goes by it.
func (f *fair) tell(ctx context.Context) error {
	list, _, err := f.hub.List()
	if err != nil {
		return err
	}
	g := registry.Gathering{List: &list, Now: time.Now(), Lasts: 90 * 24 * time.Hour, Tell: func(of registry.Named, why error) {
		f.log.Warn("left out of the index of the demonstration", "plugin", of.ID, "version", of.Version, "error", why)
	}}
	named, err := (&indexing{}).published(ctx, f.db, &g)
	if err != nil {
		return err
	}
	if g.Before == nil { // what is in the index before stays there
		for _, p := range f.releases {
			of := registry.Named{ID: p.Listing.ID, Version: p.Listing.Version}
			named = append(named, of)
			g.Notes = append(g.Notes, registry.Note{Named: of, Areas: p.Areas, Change: p.Change, State: p.State, Until: p.Until, Reason: p.Reason})
		}
	}
	index, err := g.Index(ctx, named)
	if err != nil {
		return err
	}
	e, err := index.Seal(f.hub.Index)
	if err != nil {
		return err
	}
	if err := f.issue(ctx, e); err != nil {
		return err
	}
	return f.look(ctx)
}

// issue serves a list or an index from now on, as "signalbox hub issue" does.
func (f *fair) issue(ctx context.Context, e registry.Envelope) error {
	text, err := e.Encode()
	if err != nil {
		return err
	}
	i := issuing{cfg: f.cfg, db: f.db, now: time.Now, root: f.hub.Root}
	if err := i.known(ctx); err != nil {
		return err
	}
	_, err = i.issue(ctx, text)
	return err
}

// list issues the list of publishers of the day, unless it was.
func (f *fair) list(ctx context.Context) error {
	l, e, err := f.hub.List()
	if err != nil {
		return err
	}
	issued, err := f.db.HubIssued(ctx, "publishers")
	if err == nil && issued.Serial >= l.Serial || err != nil && !errors.Is(err, postgres.ErrNotFound) {
		return err
	}
	return f.issue(ctx, e)
}

// keep sends what waits, and tells what is new.
func (f *fair) keep(ctx context.Context) {
	told := -1 // how many steps had been taken when the index was issued last
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(fairEvery):
		}
		err := f.news(ctx, &told)
		if err != nil && ctx.Err() == nil {
			f.log.Warn("the hub of the demonstration has not told what is new", "error", err)
		}
	}
}

func (f *fair) news(ctx context.Context, told *int) error {
	done, err := f.node.Deliver(ctx)
	if err != nil {
		return err
	}
	steps, err := f.db.ReleaseSteps(ctx)
	if err != nil || done.Sent == 0 && len(steps) == *told {
		return err
	}
	first := *told < 0
	*told = len(steps)
	if first && done.Sent == 0 {
		return nil // told when it was opened
	}
	return f.tell(ctx)
}
