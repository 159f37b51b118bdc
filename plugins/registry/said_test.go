package registry

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins"
)

// ward is a node of the country, which runs the release, with a key of its own.
func (c *country) ward(t testing.TB) Key {
	t.Helper()
	key, err := NewKey()
	if err != nil {
		t.Fatal(err)
	}
	c.list.Nodes = []Node{{ID: "wexbourne", Name: "Wexbourne (fictional)", Organisations: []measures.ODSCode{"ZZB"}, Key: key.Public(), From: today.AddDate(-1, 0, 0)}}
	return key
}

func (c *country) subject() Subject {
	return Subject{Contents: plugins.DigestOf(c.contents), Plugin: "bellmere-falls", Version: "1.2.0", Node: "wexbourne",
		Issued: today, Organisation: "ZZB", OrganisationName: "Wexbourne (fictional)"}
}

func (c *country) evidence() Evidence {
	before, after := 6.1, 4.9
	return Evidence{Subject: c.subject(), Measure: "falls-rate", Title: "Falls per 1,000 bed days", Unit: measures.Unit{Multiply: 1000, Words: "per 1,000 bed days"}, Direction: measures.Decrease,
		Adopted: measures.DateOf(2026, 1, 1), Result: Improved, Signals: []string{"shift_below"}, Kept: 5, Rules: "nhse", MinCellCount: 7,
		Before: Stretch{measures.DateOf(2025, 1, 1), measures.DateOf(2025, 12, 1), 12, &before},
		After:  Stretch{measures.DateOf(2026, 1, 1), measures.DateOf(2026, 5, 1), 5, &after},
		Points: []EvidencePoint{{measures.DateOf(2026, 1, 1), &after}, {measures.DateOf(2026, 2, 1), nil}}}
}

func (c *country) listing(said ...Envelope) Listing {
	return Listing{ID: "bellmere-falls", Version: "1.2.0", Publisher: "bellmere", Contents: plugins.DigestOf(c.contents),
		Artifact: plugins.DigestOf(c.contents), State: Published, Said: said}
}

func must[T any](t testing.TB) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func TestNodeIsBelievedOnlyForItsOwnOrganisationsAndWhileItsKeyIsGood(t *testing.T) {
	for name, try := range map[string]struct {
		change func(*country, *Evidence)
		after  func(*country, *Envelope)
		want   error
	}{
		"as it should be":      {},
		"another organisation": {change: func(_ *country, v *Evidence) { v.Organisation = "ZZC" }, want: ErrMisnamed},
		"unknown node":         {change: func(_ *country, v *Evidence) { v.Node = "elsewhere" }, want: ErrStranger},
		"another node's key":   {change: func(c *country, _ *Evidence) { c.list.Nodes[0].Key = c.stranger.Public() }, want: ErrStranger},
		"revoked key":          {change: func(c *country, _ *Evidence) { c.list.Nodes[0].Revoked = "the server was sold" }, want: ErrRevoked},
		"rotated key, issued after": {change: func(c *country, _ *Evidence) {
			c.list.Nodes[0].Until = today.AddDate(0, 0, -1)
		}, want: ErrStale},
		"rotated key, issued before": {change: func(c *country, _ *Evidence) {
			old, next := c.list.Nodes[0], c.list.Nodes[0]
			old.Until, next.From, next.Key = today.AddDate(0, 0, 1), today, c.stranger.Public()
			c.list.Nodes = []Node{next, old}
		}},
		"key not yet good":       {change: func(c *country, _ *Evidence) { c.list.Nodes[0].From = today.AddDate(0, 0, 1) }, want: ErrStale},
		"clock ahead":            {change: func(_ *country, v *Evidence) { v.Issued = today.Add(time.Hour) }, want: ErrFuture},
		"clock a little ahead":   {change: func(_ *country, v *Evidence) { v.Issued = today.Add(2 * time.Minute) }},
		"list expired":           {change: func(c *country, _ *Evidence) { c.list.Expires = today.Add(-time.Hour) }, want: ErrStale},
		"unsigned":               {after: func(_ *country, e *Envelope) { e.Signatures = nil }, want: ErrUnsigned},
		"figures changed":        {after: func(_ *country, e *Envelope) { e.Payload = []byte(strings.Replace(string(e.Payload), "4.9", "1.9", 1)) }, want: ErrBadSignature},
		"a publisher signs":      {after: func(c *country, e *Envelope) { *e = Seal(e.PayloadType, e.Payload, c.ada) }, want: ErrStranger},
		"something added":        {after: func(_ *country, e *Envelope) { e.Payload = []byte(`{"more":1,` + string(e.Payload[1:])) }, want: ErrMalformed},
		"said to be a question":  {after: func(_ *country, e *Envelope) { e.PayloadType = KindQuestion.payloadType() }, want: ErrMalformed},
		"larger than it may be":  {after: func(_ *country, e *Envelope) { e.Payload = append(e.Payload, make([]byte, maxSaying)...) }, want: ErrOversize},
		"list names another key": {change: func(c *country, _ *Evidence) { c.list.Nodes = nil }, want: ErrStranger},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCountry(t)
			key := c.ward(t)
			v := c.evidence()
			if try.change != nil {
				try.change(c, &v)
			}
			e := must[Envelope](t)(v.Seal(key))
			if try.after != nil {
				try.after(c, &e)
			}
			read, err := c.list.OpenEvidence(e, today)
			if !errors.Is(err, try.want) {
				t.Fatalf("%v, want %v", err, try.want)
			}
			if err != nil && read.Plugin != "" {
				t.Error("what is not believed is given all the same")
			}
			if err == nil && (read.Result != Improved || *read.After.Mean != 4.9 || read.Points[1].Value != nil) {
				t.Errorf("%+v", read)
			}
		})
	}
}

func TestWhatSaysNothingIsNotSigned(t *testing.T) {
	c := newCountry(t)
	key := c.ward(t)
	mean := 1.0
	for name, change := range map[string]func(*Evidence){
		"no measure":              func(v *Evidence) { v.Measure = "" },
		"a result nobody knows":   func(v *Evidence) { v.Result = "splendid" },
		"no organisation":         func(v *Evidence) { v.Organisation = "trust 1" },
		"a time of another place": func(v *Evidence) { v.Issued = today.In(time.FixedZone("", 3600)) },
		"after before before":     func(v *Evidence) { v.After.To = v.After.From - 1 },
		"a mean of no points":     func(v *Evidence) { v.After = Stretch{Mean: &mean} },
		"points out of order":     func(v *Evidence) { v.Points[0], v.Points[1] = v.Points[1], v.Points[0] },
		"a signal of a novel":     func(v *Evidence) { v.Signals = []string{strings.Repeat("long ", 100)} },
		"fewer than none":         func(v *Evidence) { v.Kept = -1 },
	} {
		v := c.evidence()
		change(&v)
		if _, err := v.Seal(key); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %v", name, err)
		}
	}
	faults := Faults{Subject: c.subject(), Since: today.AddDate(0, -1, 0), Runs: 10, Counts: map[plugins.Manner]int64{"sulks": 1}}
	if _, err := faults.Seal(key); !errors.Is(err, ErrMalformed) {
		t.Errorf("faults of a kind nobody knows: %v", err)
	}
	if _, err := (Question{Subject: c.subject(), ID: "1", Text: " \n"}).Seal(key); !errors.Is(err, ErrMalformed) {
		t.Errorf("a question that asks nothing: %v", err)
	}
}

func TestOnlyThePublisherReplies(t *testing.T) {
	c := newCountry(t)
	reply := Reply{Contents: plugins.DigestOf(c.contents), Plugin: "bellmere-falls", Version: "1.2.0", Publisher: "bellmere",
		Question: "q1", Issued: today, Text: "Only falls with a record of the ward."}
	for name, try := range map[string]struct {
		key    *Key
		change func(*Reply)
		want   error
	}{
		"the author":            {key: &c.ada},
		"the checker":           {key: &c.ben},
		"a stranger":            {key: &c.stranger, want: ErrStranger},
		"for another publisher": {key: &c.ada, change: func(r *Reply) { r.Publisher = "ashford" }, want: ErrStranger},
		"of another's plugin":   {key: &c.ada, change: func(r *Reply) { r.Plugin = "ashford-falls" }, want: ErrMisnamed},
		"of tomorrow":           {key: &c.ada, change: func(r *Reply) { r.Issued = today.AddDate(0, 0, 1) }, want: ErrFuture},
	} {
		r := reply
		if try.change != nil {
			try.change(&r)
		}
		if _, err := c.list.OpenReply(must[Envelope](t)(r.Seal(*try.key)), today); !errors.Is(err, try.want) {
			t.Errorf("%s: %v, want %v", name, err, try.want)
		}
	}
}

func TestHubsWordIsNotEnoughForWhatWasSaid(t *testing.T) {
	c := newCountry(t)
	key := c.ward(t)
	older, newer, elsewhere := c.evidence(), c.evidence(), c.evidence()
	older.Issued, older.Result = today.AddDate(0, -1, 0), Unchanged
	elsewhere.Version = "1.1.0"
	question := Question{Subject: c.subject(), ID: "q1", Text: "Does it count near misses?"}
	reply := Reply{Contents: question.Contents, Plugin: question.Plugin, Version: question.Version, Publisher: "bellmere", Question: "q1", Issued: today, Text: "No."}
	faults := Faults{Subject: c.subject(), Since: today.AddDate(0, -1, 0), Runs: 10, Counts: map[plugins.Manner]int64{plugins.TimedOut: 1}}
	seal := must[Envelope](t)
	said := c.list.Said(c.listing(seal(newer.Seal(key)), seal(older.Seal(key)), seal(elsewhere.Seal(key)), seal(newer.Seal(c.stranger)),
		seal(question.Seal(key)), seal(reply.Seal(c.ben)), seal(reply.Seal(key)), seal(faults.Seal(key)), c.signed(t, c.statement(t), c.ada)), today)
	if len(said.Evidence) != 1 || said.Evidence[0].Result != Improved {
		t.Errorf("evidence %+v", said.Evidence)
	}
	if len(said.Questions) != 1 || len(said.Replies) != 1 || len(said.Faults) != 1 {
		t.Errorf("%d questions, %d replies, %d counts of faults", len(said.Questions), len(said.Replies), len(said.Faults))
	}
}

func TestIndexIsSignedByTheKeysThatTheListNames(t *testing.T) {
	c := newCountry(t)
	root := Root{Keys: []PublicKey{c.root.Public()}, Threshold: 1}
	desk := must[Key](t)(NewKey())
	c.list.Index = &Root{Keys: []PublicKey{desk.Public()}, Threshold: 1}
	x := c.index(3)
	for name, try := range map[string]struct {
		key    Key
		change func(*List)
		want   error
	}{
		"the index key":           {key: desk},
		"a root key":              {key: c.root, want: ErrStranger},
		"a publisher":             {key: c.ada, want: ErrStranger},
		"another list's key":      {key: desk, change: func(l *List) { l.Index = nil }, want: ErrStranger},
		"root where none named":   {key: c.root, change: func(l *List) { l.Index = nil }},
		"two wanted":              {key: desk, change: func(l *List) { l.Index = &Root{Keys: []PublicKey{desk.Public(), c.ben.Public()}, Threshold: 2} }, want: ErrTooFew},
		"the list has run out":    {key: desk, change: func(l *List) { l.Expires = today.Add(-time.Hour) }, want: ErrStale},
		"the list is older":       {key: desk, change: func(l *List) { l.Serial = 6 }, want: ErrStale},
		"the list is a newer one": {key: desk, change: func(l *List) { l.Serial = 8 }},
	} {
		list := c.list
		if try.change != nil {
			try.change(&list)
		}
		if _, err := root.OpenIndex(&list, must[Envelope](t)(x.Seal(try.key)), 0, today); !errors.Is(err, try.want) {
			t.Errorf("%s: %v, want %v", name, err, try.want)
		}
	}
}

func TestNoKeyHasTwoUses(t *testing.T) {
	for name, change := range map[string]func(*country){
		"node and publisher":    func(c *country) { c.list.Nodes[0].Key = c.ada.Public() },
		"index and publisher":   func(c *country) { c.list.Index = &Root{Keys: []PublicKey{c.ada.Public()}, Threshold: 1} },
		"index and node":        func(c *country) { c.list.Index = &Root{Keys: []PublicKey{c.list.Nodes[0].Key}, Threshold: 1} },
		"two nodes":             func(c *country) { n := c.list.Nodes[0]; n.ID = "other"; c.list.Nodes = append(c.list.Nodes, n) },
		"a node that is nobody": func(c *country) { c.list.Nodes[0].Organisations = nil },
		"a node of two names": func(c *country) {
			n := c.list.Nodes[0]
			n.Name, n.Key = "B", c.stranger.Public()
			c.list.Nodes = append(c.list.Nodes, n)
		},
		"a node without a key":     func(c *country) { c.list.Nodes[0].Key = PublicKey{} },
		"an index nobody can sign": func(c *country) { c.list.Index = &Root{Threshold: 1} },
	} {
		c := newCountry(t)
		c.ward(t)
		change(c)
		if _, err := c.list.Seal(c.root); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzSaid: whatever is in an index, nothing is believed that the node's key has not
// signed, and what is read can be signed again.
func FuzzSaid(f *testing.F) {
	c := newCountry(f)
	key := c.ward(f)
	reply := Reply{Contents: plugins.DigestOf(c.contents), Plugin: "bellmere-falls", Version: "1.2.0", Publisher: "bellmere", Question: "q1", Issued: today, Text: "No."}
	seal := must[Envelope](f)
	for _, e := range []Envelope{seal(c.evidence().Seal(key)), seal(Question{Subject: c.subject(), ID: "q1", Text: "Why?"}.Seal(key)), seal(reply.Seal(c.ben)),
		seal(Faults{Subject: c.subject(), Since: today.AddDate(0, -1, 0), Runs: 3}.Seal(key))} {
		f.Add(e.PayloadType, e.Payload)
	}
	f.Fuzz(func(t *testing.T, kind string, payload []byte) {
		forged := Seal(kind, payload, c.stranger)
		if said := c.list.Said(c.listing(forged), today); len(said.Evidence)+len(said.Questions)+len(said.Replies)+len(said.Faults) > 0 {
			t.Fatalf("a stranger is believed: %s", payload)
		}
		signed := Seal(kind, payload, key)
		if v, err := c.list.OpenEvidence(signed, today); err == nil {
			if _, err := v.Seal(key); err != nil {
				t.Fatalf("believed, and cannot be signed: %v", err)
			}
		}
		if v, err := c.list.OpenFaults(signed, today); err == nil && v.check() != nil {
			t.Fatal("faults that cannot be")
		}
	})
}
