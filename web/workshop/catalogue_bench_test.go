package workshop

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/internal/postgres/pgtest"
	"github.com/signalbox-health/signalbox/internal/sharing"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/plugins/registry"
)

// hasData is a register of an organisation that has figures of some datasets.
type hasData []postgres.Coverage

func (h hasData) DatasetsWithData(context.Context, measures.ODSCode) ([]postgres.Coverage, error) {
	return h, nil
}

// newShop is the workshop over a database whose hub lists n releases.
func newShop(t testing.TB, n int) *Pages {
	t.Helper()
	url := pgtest.URL(t)
	if err := postgres.Migrate(t.Context(), url); err != nil {
		t.Fatal(err)
	}
	db, err := postgres.Open(t.Context(), postgres.Config{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	key, err := registry.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now().UTC()
	list, err := registry.List{Serial: 1, Issued: now.Add(-time.Hour), Expires: now.AddDate(1, 0, 0), Publishers: []registry.Publisher{{ID: "harbour",
		Name: "Harbour Health Lab (fictional)", Class: "charity", Names: []string{"*"}, Threshold: 1,
		Keys: []registry.PublisherKey{{Key: key.Public(), Holder: "Nell Orchard (fictional)", Role: registry.RoleAuthor, From: now.AddDate(-1, 0, 0)}}}}}.Seal(key)
	if err != nil {
		t.Fatal(err)
	}
	index := manyReleases(n)
	if err := db.TakeIndex(t.Context(), list, &index, 1); err != nil {
		t.Fatal(err)
	}
	d := newDesk(t)
	d.reader = person(t, "demo-improvement-lead")
	d.Shared, d.Shelf, d.Register = db, &sharing.Shelf{Store: db}, hasData{{Dataset: "falls"}, {Dataset: "waits"}}
	return d.Pages
}

// manyReleases is an index of n releases, in words of a few hospitals' problems.
func manyReleases(n int) registry.Index {
	now := time.Now().UTC()
	index := registry.Index{Serial: 1, Issued: now.Add(-time.Minute), Expires: now.AddDate(0, 1, 0), Publishers: 1}
	problems := strings.Fields("falls waiting discharge ambulances medicines strokes sepsis births clinics letters beds tests scans staff pain")
	datasets := []string{"falls", "waits", "theatres", "letters", "beds"}
	for i := range n {
		a, b := problems[i%len(problems)], problems[(i/len(problems)+3*i)%len(problems)]
		index.Releases = append(index.Releases, registry.Listing{ID: fmt.Sprintf("release-%05d", i), Version: "1.0.0", Publisher: "harbour", Title: fmt.Sprintf("%s and %s, number %d", a, b, i),
			Problem: fmt.Sprintf("Nobody knows whether %s in week %d depend on %s, and teams argue about it every month.", a, i%53, b),
			Areas:   []string{a}, Datasets: datasets[i%5 : i%5+1], State: registry.Published, Change: "The first version.",
			Contents: plugins.DigestOf(fmt.Appendf(nil, "contents %d", i)), Artifact: plugins.DigestOf(fmt.Appendf(nil, "artifact %d", i))})
	}
	index.Sort()
	return index
}

// look asks for a page of the catalogue.
func look(t testing.TB, p *Pages, address string) string {
	t.Helper()
	w := httptest.NewRecorder()
	if err := p.Plugins(w, httptest.NewRequest(http.MethodGet, address, nil)); err != nil {
		t.Fatal(err)
	}
	return w.Body.String()
}

func TestCatalogueShowsEveryReleaseOnceThroughItsPages(t *testing.T) {
	p := newShop(t, 63)
	seen := map[string]int{}
	for page := 1; page <= 3; page++ {
		text := look(t, p, fmt.Sprintf("/plugins?page=%d", page))
		for _, part := range strings.Split(text, `href="/plugins/release-`)[1:] {
			seen[part[:5]]++
		}
		if last := page == 3; strings.Contains(text, "Next page") == last {
			t.Errorf("page %d of 3 leads on: %v", page, !last)
		}
	}
	if len(seen) != 63 {
		t.Errorf("%d releases are shown, want 63", len(seen))
	}
	for id, n := range seen {
		if n != 1 {
			t.Errorf("release %s is shown %d times", id, n)
		}
	}
	first := look(t, p, "/plugins")
	if runs, needs := strings.Index(first, "Runs on figures that you have"), strings.Index(first, "Needs figures that you do not have"); runs < 0 || needs >= 0 {
		t.Errorf("26 of them run on figures of the reader's, and the first page of 25 says otherwise (at %d and %d)", runs, needs)
	}
	if second := look(t, p, "/plugins?page=2"); !strings.Contains(second, "Runs on figures that you have") || !strings.Contains(second, "Needs figures that you do not have") {
		t.Error("the second page does not tell the last that runs from those that do not")
	}
	if far := look(t, p, "/plugins?page=900"); !strings.Contains(far, "here 51 to 63") {
		t.Error("a page beyond the last is not the last")
	}
}

func TestCatalogueIsNarrowedByWhatIsAskedFor(t *testing.T) {
	p := newShop(t, 300)
	for address, want := range map[string]string{
		"/plugins?q=sepsis":                  " measures found",
		"/plugins?q=sepsis+falls+nowhere":    "No measure here answers to that",
		"/plugins?area=sepsis":               "20 measures found",
		"/plugins?dataset=beds":              "60 measures found",
		"/plugins?publisher=harbour":         "300 measures found",
		"/plugins?publisher=nobody":          "No measure here answers to that",
		"/plugins?evidence=improved":         "No measure here answers to that",
		"/plugins?area=sepsis&dataset=waits": "20 measures found",
		"/plugins?q=%27%3B+DROP+TABLE":       "No measure here answers to that",
	} {
		if text := look(t, p, address); !strings.Contains(text, want) {
			t.Errorf("%s does not say %q", address, want)
		}
	}
}

// BenchmarkCatalogueOver10000Releases is the whole page, its searches in the database
// included, as the half and the slowest hundredth of readers wait for it.
func BenchmarkCatalogueOver10000Releases(b *testing.B) {
	p := newShop(b, 10_000)
	for _, address := range []string{"/plugins", "/plugins?page=200", "/plugins?q=sepsis+beds", "/plugins?q=nobody+knows", "/plugins?dataset=beds&area=falls"} {
		b.Run(strings.NewReplacer("/plugins", "page", "?", " ").Replace(address), func(b *testing.B) {
			b.ReportAllocs()
			var took []time.Duration
			for b.Loop() {
				began := time.Now()
				look(b, p, address)
				took = append(took, time.Since(began))
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2])/1e6, "p50-ms")
			b.ReportMetric(float64(took[len(took)*99/100])/1e6, "p99-ms")
		})
	}
}
