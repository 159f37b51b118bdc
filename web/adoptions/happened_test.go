package adoptions

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/signalbox-health/signalbox/internal/sharing"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/plugins/registry"
)

var noon = time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)

// fair is a hub that knows one node, which speaks for four trusts.
type fair struct {
	node, stranger registry.Key
	list           registry.List
	err            error
}

func newFair(t *testing.T) *fair {
	t.Helper()
	f := &fair{}
	for _, key := range []*registry.Key{&f.node, &f.stranger} {
		var err error
		if *key, err = registry.NewKey(); err != nil {
			t.Fatal(err)
		}
	}
	f.list = registry.List{Serial: 1, Issued: noon.AddDate(0, -1, 0), Expires: noon.AddDate(0, 1, 0), Nodes: []registry.Node{{ID: "north", Key: f.node.Public(),
		Organisations: []measures.ODSCode{"RAA", "RBB", "RCC", "RDD"}, From: noon.AddDate(-1, 0, 0)}}}
	return f
}

func (f *fair) pages() *Pages {
	return &Pages{Now: func() time.Time { return noon },
		List: func(context.Context) (*registry.List, error) { return &f.list, f.err }}
}

func listing(version string) registry.Listing {
	return registry.Listing{ID: "falls", Version: version, Contents: plugins.DigestOf([]byte(version)), Artifact: plugins.DigestOf([]byte("artifact"))}
}

// said is evidence of a trust about a version, with a level before and one after.
func said(of registry.Listing, ods measures.ODSCode, result registry.Result, before, after float64) registry.Evidence {
	e := registry.Evidence{Subject: registry.Subject{Contents: of.Contents, Plugin: of.ID, Version: of.Version, Node: "north", Issued: noon.AddDate(0, 0, -1),
		Organisation: ods, OrganisationName: "Trust " + string(ods) + " (fictional)"},
		Measure: "falls", Title: "Falls", Unit: measures.Unit{Multiply: 1000, Words: "per 1,000 bed days", Decimals: 1}, Direction: measures.Decrease,
		Adopted: measures.DateOf(2025, 7, 1), Before: registry.Stretch{From: measures.DateOf(2023, 7, 1), To: measures.DateOf(2025, 6, 1), Points: 24, Mean: &before},
		After:  registry.Stretch{From: measures.DateOf(2025, 7, 1), To: measures.DateOf(2026, 6, 1), Points: 12, Mean: &after},
		Result: result, Signals: []string{}, Chart: measures.XmR, Rules: "mdc", MinCellCount: 8, RoundTo: 5}
	for i := range 36 {
		v := before + float64(i%5-2)/10
		if i >= 24 {
			v = after + float64(i%5-2)/10
		}
		e.Points = append(e.Points, registry.EvidencePoint{Period: measures.DateOf(2023, 7+i, 1), Value: &v})
	}
	return e
}

func seal(t *testing.T, e registry.Evidence, key registry.Key) registry.Envelope {
	t.Helper()
	sealed, err := e.Seal(key)
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}

func (f *fair) shown(t *testing.T, versions ...registry.Listing) string {
	t.Helper()
	component, err := f.pages().Happened(httptest.NewRequest("GET", "/plugins/falls", nil), versions)
	if err != nil {
		t.Fatal(err)
	}
	if component == nil {
		return ""
	}
	var b bytes.Buffer
	if err := component.Render(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestTheGoodStandsBesideTheBad(t *testing.T) {
	f := newFair(t)
	one := listing("1.0.0")
	for ods, result := range map[measures.ODSCode]registry.Result{"RAA": registry.Concern, "RBB": registry.Improved, "RCC": registry.Unchanged} {
		after := map[registry.Result]float64{registry.Concern: 9, registry.Improved: 5, registry.Unchanged: 7}[result]
		one.Said = append(one.Said, seal(t, said(one, ods, result, 7, after), f.node))
	}
	page := f.shown(t, one)
	for _, want := range []string{"<b>1</b>improved beyond chance", "<b>1</b>unchanged", "<b>1</b>shows concern", "24 months to June 2025 against the 12 that followed",
		"Associated with adoption, not caused by it", "July 2023 to June 2026", "Trust RAA (fictional)", "RBB · runs 1.0.0", `class="spark"`, "p-concern", "p-improvement"} {
		if !strings.Contains(page, want) {
			t.Errorf("the listing does not say %q", want)
		}
	}
	if at := func(name string) int { return strings.Index(page, name) }; at("Trust RBB") > at("Trust RCC") || at("Trust RCC") > at("Trust RAA") {
		t.Error("results are not in their order")
	}
	if strings.Contains(page, "more thing") {
		t.Error("it says that something was left out")
	}
}

func TestWhatCannotBeBelievedIsLeftOutAndSaid(t *testing.T) {
	f := newFair(t)
	one := listing("1.0.0")
	good := seal(t, said(one, "RAA", registry.Improved, 7, 5), f.node)
	changed := seal(t, said(one, "RBB", registry.Concern, 7, 9), f.node)
	changed.Payload = bytes.Replace(changed.Payload, []byte("concern"), []byte("improved"), 1)
	elsewhere := said(one, "RZZ", registry.Improved, 7, 5)
	other := said(listing("2.0.0"), "RCC", registry.Improved, 7, 5)
	nonsense := said(one, "RDD", registry.Improved, 7, 5)
	nonsense.Adopted = nonsense.Before.From
	one.Said = []registry.Envelope{good, changed, seal(t, said(one, "RCC", registry.Improved, 7, 5), f.stranger),
		seal(t, elsewhere, f.node), seal(t, other, f.node), seal(t, nonsense, f.node)}
	page := f.shown(t, one)
	if !strings.Contains(page, "Trust RAA") || !strings.Contains(page, "5 more things were sent and are not shown") {
		t.Error(page)
	}
	for _, ods := range []string{"RBB", "RCC", "RDD", "RZZ"} {
		if strings.Contains(page, "Trust "+ods) {
			t.Errorf("%s is shown", ods)
		}
	}
}

func TestTheNewestOfAnAdopterCountsWhicheverVersionItIsAbout(t *testing.T) {
	f := newFair(t)
	one, two := listing("1.0.0"), listing("2.0.0")
	old, later := said(one, "RAA", registry.Improved, 7, 5), said(two, "RAA", registry.Concern, 7, 9)
	old.Issued = noon.AddDate(0, -2, 0)
	one.Said, two.Said = []registry.Envelope{seal(t, old, f.node)}, []registry.Envelope{seal(t, later, f.node)}
	for name, order := range map[string][]registry.Listing{"newest first": {two, one}, "oldest first": {one, two}} {
		if page := f.shown(t, order...); !strings.Contains(page, "RAA · runs 2.0.0") || strings.Contains(page, "runs 1.0.0") || !strings.Contains(page, "<b>0</b>improved") {
			t.Errorf("%s: %s", name, page)
		}
	}
}

func TestWithoutPointsThereIsNoChart(t *testing.T) {
	f := newFair(t)
	one := listing("1.0.0")
	bare := said(one, "RAA", registry.Improved, 7, 5)
	bare.Points = nil
	one.Said = []registry.Envelope{seal(t, bare, f.node)}
	if page := f.shown(t, one); strings.Contains(page, "<svg class=\"spark\"") || !strings.Contains(page, "Its points are its own") || !strings.Contains(page, "5.0") {
		t.Error(page)
	}
}

func TestNobodyIsBelievedWithoutAList(t *testing.T) {
	f := newFair(t)
	one := listing("1.0.0")
	if page := f.shown(t, one); page != "" {
		t.Errorf("nobody has said anything: %s", page)
	}
	one.Said = []registry.Envelope{seal(t, said(one, "RAA", registry.Improved, 7, 5), f.node)}
	f.list.Expires = noon.AddDate(0, 0, -1)
	if page := f.shown(t, one); !strings.Contains(page, "One more thing was sent and is not shown") {
		t.Errorf("an expired list: %s", page)
	}
	p := f.pages()
	for _, test := range []struct {
		err  error
		fail bool
	}{{fmt.Errorf("%w: no root", sharing.ErrNoTrust), false}, {errors.New("the database is gone"), true}} {
		p.List = func(context.Context) (*registry.List, error) { return nil, test.err }
		if _, err := p.Happened(httptest.NewRequest("GET", "/", nil), []registry.Listing{one}); (err != nil) != test.fail {
			t.Errorf("%v: %v", test.err, err)
		}
	}
}
