package analysis

import (
	"context"
	"crypto/rand"
	"fmt"
	"maps"
	"time"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
)

// Loading is the door of data on its way in: it asks the policy whether somebody
// may load, and records the answer before a row is written.
type Loading struct {
	actor    policy.Actor
	rules    policy.Policy
	register Register
	ledger   Ledger
	now      func() time.Time
	engine   *policy.Engine // started by the first question
}

// Keeper is the register and the ledger in one, as a database is.
type Keeper interface {
	Register
	Ledger
}

// NewLoading makes a door for one actor, under the policies that are in force.
func NewLoading(db Keeper, rules policy.Policy, actor policy.Actor, now func() time.Time) *Loading {
	return &Loading{actor: actor, rules: rules, register: db, ledger: db, now: now}
}

// Operator is whoever works at the machine that Signalbox runs on.
func Operator(account string) policy.Actor {
	return policy.Actor{ID: account, Orgs: []measures.ODSCode{}, Roles: []policy.Role{"operator"}, Purpose: "improvement", Assurance: "aal1"}
}

// Open gives the keys to load datasets for an organisation, England for national
// data, whose rows are of the organisations named. All decisions are recorded; the
// first denial is the error, and then nothing may be written.
func (l *Loading) Open(ctx context.Context, as measures.ODSCode, datasets []measures.Dataset, organisations []measures.ODSCode) ([]policy.Grant, error) {
	if err := l.know(ctx, datasets, organisations); err != nil {
		return nil, fmt.Errorf("ask whether this may be loaded: %w", err)
	}
	now := l.now().Unix()
	decisions := make([]policy.Decision, len(datasets))
	for i := range datasets {
		d := &datasets[i]
		resource := policy.Resource{Dataset: d.ID, ODS: as, Grain: "aggregate", Stratifiers: d.Stratifiers}
		for _, c := range d.Columns {
			resource.Columns = append(resource.Columns, c.Name)
		}
		var err error
		decisions[i], err = l.engine.Decide(ctx, policy.Request{ID: rand.Text()[:12], Now: now, Action: policy.DataLoad, Actor: l.actor, Resource: resource})
		if err != nil {
			return nil, err
		}
	}
	records, err := l.ledger.RecordAll(ctx, decisions)
	if err != nil {
		return nil, fmt.Errorf("record that %d datasets are to be loaded: %w", len(datasets), err) // no record, no data
	}
	grants := make([]policy.Grant, len(records))
	for i, record := range records {
		if grants[i], err = record.Grant(); err != nil {
			return nil, fmt.Errorf("load %s for %s: %w", datasets[i].ID, as, err)
		}
	}
	return grants, nil
}

// know tells the policy of the datasets and organisations that a file names. Loading
// makes them known: a dataset on its first day is in no catalogue, and organisations
// that have closed are not among those of today.
func (l *Loading) know(ctx context.Context, datasets []measures.Dataset, organisations []measures.ODSCode) error {
	reference, err := Reference(ctx, l.register, nil)
	if err != nil {
		return err
	}
	for i := range datasets {
		facts := policy.FactsOf(datasets[i])
		if known, ok := reference.Datasets[datasets[i].ID]; ok {
			maps.Copy(facts.Columns, known.Columns)
			known.Columns, facts = facts.Columns, known
		}
		reference.Datasets[datasets[i].ID] = facts
	}
	for _, code := range organisations {
		if _, known := reference.Organisations[code]; !known && code != policy.Everyone {
			reference.Organisations[code] = policy.OrganisationFacts{Name: string(code), Kind: string(measures.OtherOrganisation)}
		}
	}
	if l.engine != nil {
		return l.engine.SetData(ctx, reference)
	}
	l.engine, err = policy.NewEngine(ctx, policy.EngineOptions{Policy: l.rules, Data: reference})
	return err
}
