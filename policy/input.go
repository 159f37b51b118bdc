package policy

import "github.com/signalbox-health/signalbox/measures"

// InputVersion is raised when the input document changes its shape.
const InputVersion = 1

// Input is the document that a policy is asked about, and the one that the
// ledger keeps. Only Go builds it, and every key is always there: what is
// absent is null. A rule that negates a missing key would let more through, so
// there are no missing keys. Its schema is schema/input.json.
type Input struct {
	V         int      `json:"v"`
	Now       int64    `json:"now"` // seconds since 1970, cut to the minute
	RequestID string   `json:"request_id"`
	Action    Action   `json:"action"`
	Subject   Subject  `json:"subject"`
	Plugin    *Plugin  `json:"plugin"`  // null where nothing is computed
	Change    *Change  `json:"change"`  // null where nothing is to be changed
	Release   *Release `json:"release"` // null where the question is about none
	Resource  Material `json:"resource"`
}

// Subject is the actor without the name.
type Subject struct {
	ID        string             `json:"id"`
	ODS       *measures.ODSCode  `json:"ods"` // null for somebody of no organisation
	Orgs      []measures.ODSCode `json:"orgs"`
	Roles     []Role             `json:"roles"`
	Purpose   Purpose            `json:"purpose"`
	Assurance string             `json:"assurance"`
	TrainedOn *measures.Date     `json:"trained_on"` // null where no training is held
}

// Material is a Resource with its lists filled in.
type Material struct {
	Dataset     measures.DatasetID `json:"dataset"`
	Columns     []string           `json:"columns"`
	ODS         measures.ODSCode   `json:"ods"`
	Grain       string             `json:"grain"`
	Stratifiers []string           `json:"stratifiers"`
	Period      Span               `json:"period"`
}

// Span is a Period as a policy sees it: closed, and null on a side that is open.
type Span struct {
	From *measures.Date `json:"from"`
	To   *measures.Date `json:"to"`
}

func spanOf(p Period) (s Span) {
	if p.From != 0 {
		s.From = &p.From
	}
	if p.To != 0 {
		s.To = &p.To
	}
	return s
}

// Input gives the document for the policy. The clock of a policy ticks in
// minutes, so that an answer holds for the rest of its minute.
func (r Request) Input() Input {
	in := Input{
		V: InputVersion, Now: minute(r.Now), RequestID: r.ID, Action: r.Action,
		Subject: Subject{ID: r.Actor.ID, Orgs: filled(r.Actor.Orgs), Roles: filled(r.Actor.Roles),
			Purpose: r.Actor.Purpose, Assurance: r.Actor.Assurance},
		Resource: Material{Dataset: r.Resource.Dataset, Columns: filled(r.Resource.Columns), ODS: r.Resource.ODS,
			Grain: r.Resource.Grain, Stratifiers: filled(r.Resource.Stratifiers)},
	}
	if r.Actor.ODS != "" {
		in.Subject.ODS = &r.Actor.ODS
	}
	if r.Plugin.Digest != "" || r.Plugin.ID != "" {
		plugin := r.Plugin
		plugin.Signers = filled(plugin.Signers)
		in.Plugin = &plugin
	}
	if r.Actor.TrainedOn != 0 {
		in.Subject.TrainedOn = &r.Actor.TrainedOn
	}
	if r.Change.Kind != "" {
		change := r.Change
		change.Approvers = filled(change.Approvers)
		in.Change = &change
	}
	if !r.Release.none() {
		release := r.Release.filled()
		in.Release = &release
	}
	in.Resource.Period = spanOf(r.Resource.Period)
	return in
}

// Request gives back the question that an input asked, as far as the policy
// was told of it: without the name, and to the minute.
func (in Input) Request() Request {
	r := Request{
		ID: in.RequestID, Now: in.Now, Action: in.Action,
		Actor: Actor{ID: in.Subject.ID, Orgs: in.Subject.Orgs, Roles: in.Subject.Roles,
			Purpose: in.Subject.Purpose, Assurance: in.Subject.Assurance},
		Resource: Resource{Dataset: in.Resource.Dataset, Columns: in.Resource.Columns, ODS: in.Resource.ODS,
			Grain: in.Resource.Grain, Stratifiers: in.Resource.Stratifiers},
	}
	if in.Subject.ODS != nil {
		r.Actor.ODS = *in.Subject.ODS
	}
	if in.Plugin != nil {
		r.Plugin = *in.Plugin
	}
	if in.Subject.TrainedOn != nil {
		r.Actor.TrainedOn = *in.Subject.TrainedOn
	}
	if in.Change != nil {
		r.Change = *in.Change
	}
	if in.Release != nil {
		r.Release = *in.Release
	}
	if from := in.Resource.Period.From; from != nil {
		r.Resource.Period.From = *from
	}
	if to := in.Resource.Period.To; to != nil {
		r.Resource.Period.To = *to
	}
	return r
}

func minute(seconds int64) int64 {
	if rest := seconds % 60; rest >= 0 {
		return seconds - rest
	} else {
		return seconds - rest - 60
	}
}

// filled turns no list into an empty one, because a policy reads null and
// nothing as two different things.
func filled[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
