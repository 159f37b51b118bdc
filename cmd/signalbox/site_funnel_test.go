package main

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/signalbox-health/signalbox/internal/intake"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/measures/spc"
	"github.com/signalbox-health/signalbox/web/browsertest"
)

// funnelFile is what a funnel's JSON holds.
type funnelFile struct {
	Charts []struct {
		Kind, Sentence    string
		Centre, Phi, Tau2 float64
		Points            []struct {
			Group                                         string
			Y, N, Z, Lower95, Upper95, Lower998, Upper998 float64
			Signals                                       []string
		}
	}
}

func readFunnel(t testing.TB, text string) funnelFile {
	t.Helper()
	var file funnelFile
	if err := json.Unmarshal([]byte(text), &file); err != nil || len(file.Charts) != 1 || file.Charts[0].Kind != "funnel" {
		t.Fatalf("%v: %.200s", err, text)
	}
	return file
}

// codeIn takes the code from "Larkfield Hospitals Trust (ZZA)".
func codeIn(group string) measures.ODSCode {
	_, code, _ := strings.Cut(group, " (")
	return measures.ODSCode(strings.TrimSuffix(code, ")"))
}

// TestFunnelOfTheSiteIsThePublishedFileComputedDirectly asks the whole site for
// the funnel of one month and holds every number against package spc on the file.
func TestFunnelOfTheSiteIsThePublishedFileComputedDirectly(t *testing.T) {
	trusts := map[measures.ODSCode]bool{}
	for _, row := range sharedTable(t, "ods_trusts.csv") {
		trusts[measures.ODSCode(row["ods_code"])] = true
		for code := range strings.SplitSeq(row["predecessor_codes"], ";") {
			trusts[measures.ODSCode(strings.TrimSpace(code))] = true // a trust in 2019, part of another since
		}
	}
	h, err := build(t.Context(), &config{dataDir: dataFolder(t), path: os.Getenv("PATH"), tempDir: os.TempDir()}, true, quiet())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.close)
	files := []string{filepath.Join(sharedFolder(), "ods_trusts.csv"), filepath.Join(sharedFolder(), "ae_4h_trust_monthly_2016_2026.csv")}
	if _, err := intake.Load(t.Context(), h.db, intake.Options{Gate: operatorGate(h.db), Files: files, By: "test", RefusedDir: t.TempDir()}); err != nil {
		t.Fatal(err)
	}
	if err := h.look(t.Context()); err != nil {
		t.Fatal(err)
	}
	type group struct {
		code measures.ODSCode
		n, d float64
	}
	var groups []group
	for _, row := range sharedTable(t, "ae_4h_trust_monthly_2016_2026.csv") {
		if code := measures.ODSCode(row["org_code"]); row["period"] == "2019-03-01" && row["numerator"] != "" && row["denominator"] != "" && trusts[code] {
			groups = append(groups, group{code, parsed(t, row["numerator"]), parsed(t, row["denominator"])})
		}
	}
	slices.SortFunc(groups, func(a, b group) int { return strings.Compare(string(a.code), string(b.code)) })
	in := spc.Input{}
	for i, g := range groups {
		in.X, in.Y, in.N = append(in.X, int32(i+1)), append(in.Y, g.n), append(in.N, g.d)
	}
	site := &benchHouse{house: h, handler: h.site.Handler()}
	site.signIn(t, "RQW")
	for od, additive := range map[string]bool{"none": false, "additive": true} {
		p := spc.Defaults(measures.Funnel, measures.MDC)
		p.Direction, p.Multiply, p.Additive = measures.Increase, 100, additive
		want, err := spc.Compute(in, p)
		if err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequest(http.MethodGet, "/measures/ae-4h/funnel.json?over=1&to=2019-03-01&od="+od, nil)
		r.AddCookie(site.cookie)
		w := httptest.NewRecorder()
		site.handler.ServeHTTP(w, r)
		c := readFunnel(t, w.Body.String()).Charts[0]
		if len(groups) < 100 || len(c.Points) != len(groups) || c.Centre != want.Centre[0] || c.Phi != want.Phi || c.Tau2 != want.Tau2 {
			t.Fatalf("%s: %d points, centre %v, phi %v, tau2 %v; the file has %d, %v, %v, %v", od, len(c.Points), c.Centre, c.Phi, c.Tau2,
				len(groups), want.Centre[0], want.Phi, want.Tau2)
		}
		for i, got := range c.Points {
			is := [...]float64{got.Y, got.N, got.Z, got.Lower95, got.Upper95, got.Lower998, got.Upper998}
			should := [...]float64{want.Y[i], want.N[i], want.Z[i], want.NearLower[i], want.NearUpper[i], want.Lower[i], want.Upper[i]}
			if codeIn(got.Group) != groups[i].code || is != should || !slices.Equal(got.Signals, want.Signals[i].Names()) {
				t.Errorf("%s: %s has %v, %q; directly %s has %v, %q", od, got.Group, is, got.Signals, groups[i].code, should, want.Signals[i].Names())
			}
		}
	}
}

// TestFunnelOfAMonthHasTheValuesOfTheChartsOfItsTrusts, because the two are read
// side by side.
func TestFunnelOfAMonthHasTheValuesOfTheChartsOfItsTrusts(t *testing.T) {
	r := site(t).as(t, "demo-clinician")
	funnel := readFunnel(t, r.get(t, "/measures/ae-4h/funnel.json?over=1&to=2026-05-01").body).Charts[0]
	if len(funnel.Points) != 12 {
		t.Fatalf("%d trusts, want the 12 open ones", len(funnel.Points))
	}
	for _, point := range funnel.Points {
		code := codeIn(point.Group)
		var own struct {
			Charts []struct {
				Points []struct {
					X string
					Y *float64
				}
			}
		}
		if err := json.Unmarshal([]byte(r.get(t, "/trusts/"+string(code)+"/measures/ae-4h.json").body), &own); err != nil || len(own.Charts) == 0 {
			t.Fatalf("chart of %s: %v", code, err)
		}
		last := own.Charts[0].Points[len(own.Charts[0].Points)-1]
		if last.X != "2026-05-01" || last.Y == nil || math.Abs(*last.Y-point.Y) > 1e-9 {
			t.Errorf("%s: %+v in its chart, %v in the funnel", point.Group, last, point.Y)
		}
	}
}

// TestFilesOfAFunnelAgreeWithItsPage, which says the same in order of name.
func TestFilesOfAFunnelAgreeWithItsPage(t *testing.T) {
	s, b := site(t), eyes(t)
	b.Look(t, views[0])
	s.sit(t, b, "demo-clinician")
	r := s.as(t, "demo-clinician")
	for _, path := range []string{"/measures/ae-4h/funnel", "/measures/cancer-62d/funnel?over=3&od=none", "/measures/ae-4h/funnel?to=2024-12-01"} {
		b.Visit(t, s.address+path, 200)
		page := browsertest.Eval[struct {
			Sentence string
			Values   map[string]string
			Files    map[string]string
		}](t, b, `({
			sentence: document.querySelector(".sentence").textContent.replace(/\s+/g, " ").trim(),
			values: Object.fromEntries([...document.querySelectorAll("#numbers tbody tr")].map(r => [r.id.slice(6), r.querySelector("td b").textContent.trim()])),
			files: Object.fromEntries([...document.querySelectorAll(".tools a")].map(a => [a.textContent, a.getAttribute("href")])),
		})`)
		c := readFunnel(t, download(t, r, page.Files["JSON"], "application/json")).Charts[0]
		if c.Sentence != page.Sentence || len(c.Points) != len(page.Values) || len(c.Points) < 10 {
			t.Errorf("%s: %q of %d trusts, the JSON says %q of %d", path, page.Sentence, len(page.Values), c.Sentence, len(c.Points))
		}
		for _, point := range c.Points {
			if written := page.Values[string(codeIn(point.Group))]; likeOnPage(&point.Y, written) != bare(written) {
				t.Errorf("%s: %s has %s on the page, the JSON %v", path, point.Group, written, point.Y)
			}
		}
		if values := csvValues(t, download(t, r, page.Files["CSV"], "text/csv")); len(values) != len(c.Points) {
			t.Errorf("%s: the CSV has %d rows", path, len(values))
		}
		checkDrawing(t, download(t, r, page.Files["SVG"], "image/svg+xml"))
	}
	if answer := r.get(t, "/measures/ae-4h/funnel.json?to=2015-01-01"); answer.StatusCode != 404 {
		t.Errorf("a funnel of nothing answers %s as a file", answer.Status)
	}
	if answer := r.get(t, "/measures/ae-attendances/funnel.csv"); answer.StatusCode != 422 || !strings.Contains(answer.body, "without a denominator") {
		t.Errorf("the file of a count's funnel answers %s", answer.Status)
	}
}

// TestFunnelPageShowsNoSmallNumbers loads published figures that are not open to
// everybody, with one small count among them, and reads page and files.
func TestFunnelPageShowsNoSmallNumbers(t *testing.T) {
	h, err := build(t.Context(), &config{dataDir: dataFolder(t), path: os.Getenv("PATH"), tempDir: os.TempDir()}, true, quiet())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.close)
	text := "measure,org_code,period,numerator,denominator,value,stratifier,stratum,status,note\n"
	for i, code := range []string{"ZZA", "ZZB", "ZZC", "ZZD", "ZZE", "ZZF"} {
		text += fmt.Sprintf("harm,%s,2026-05-01,%d,%d,,,,,\n", code, []int{6, 43, 57, 62, 71, 88}[i], []int{777, 1003, 1204, 1507, 1709, 1999}[i])
	}
	file := filepath.Join(t.TempDir(), "harm.csv")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	definition := &measures.Dataset{ID: "harm", Title: "Harm", Grain: measures.Month, Licence: "For NHS staff", Published: true, Source: "made up", Owner: "made up",
		Columns:     []measures.Column{{Name: "numerator", Title: "Harmed", Type: "count", Role: "numerator"}, {Name: "denominator", Title: "Treated", Type: "count", Role: "denominator"}},
		Stratifiers: []string{}}
	if _, err := intake.Load(t.Context(), h.db, intake.Options{Gate: operatorGate(h.db), Files: []string{file}, Dataset: "harm", Definition: definition, By: "test", RefusedDir: t.TempDir()}); err != nil {
		t.Fatal(err)
	}
	if err := h.look(t.Context()); err != nil {
		t.Fatal(err)
	}
	site := &benchHouse{house: h, handler: h.site.Handler()}
	site.signIn(t, "ZZF")
	r := httptest.NewRequest(http.MethodGet, "/measures/harm/funnel?over=1", nil)
	r.AddCookie(site.cookie)
	w := httptest.NewRecorder()
	site.handler.ServeHTTP(w, r)
	page := w.Body.String()
	for _, want := range []string{"2 of 6 organisations are hidden", "hidden, 1 to 7", "Wexbourne City", "90 of 2,000"} {
		if w.Code != http.StatusOK || !strings.Contains(page, want) {
			t.Errorf("%d: the page does not say %q", w.Code, want)
		}
	}
	// The counts of the two hidden trusts, their shares, and the exact sum of all.
	for _, secret := range []string{">777<", ">6<", "0.8%", ">43<", "1,003", ">4.3%", "8,098"} {
		if strings.Contains(page, secret) {
			t.Errorf("the page holds %q", secret)
		}
	}
}

func parsed(t *testing.T, text string) float64 {
	t.Helper()
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}
