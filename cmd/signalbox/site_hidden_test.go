package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/signalbox-health/signalbox/internal/intake"
	"github.com/signalbox-health/signalbox/measures"
)

// ulcers writes two years of pressure ulcers of two trusts, most of them small. In
// some months two wards of a trust have small numbers at once; moved takes as many
// from the one as it gives to the other, so that all else stays as it is.
func ulcers(moved int) string {
	var b strings.Builder
	b.WriteString("measure,org_code,period,numerator,denominator,value,stratifier,stratum,status,note\n")
	for _, trust := range []struct {
		code  string
		wards []string
	}{{"ZZA", []string{"Ward 1 (Care of older people)", "Ward 2 (Surgery)", "Ward 3 (Medicine)"}}, {"ZZB", []string{"Ward 7 (Medicine)", "Ward 8 (Stroke)", "Ward 9 (Surgery)"}}} {
		for month := range 30 {
			counts := []int{21 + month*7%11, 14 + month*5%9, 40 + month*3%13}
			if month%3 == 1 {
				counts[0], counts[1] = 4+moved, 4-moved
			}
			fmt.Fprintf(&b, "pressure-ulcers-rate,%s,%s,%d,%d,,,,final,\n", trust.code, measures.DateOf(2024, 1+month, 1), counts[0]+counts[1]+counts[2], 15300)
			for i, ward := range trust.wards {
				fmt.Fprintf(&b, "pressure-ulcers-rate,%s,%s,%d,%d,,ward,%s,final,\n", trust.code, measures.DateOf(2024, 1+month, 1), counts[i], 5000+100*i, ward)
			}
		}
	}
	return b.String()
}

// addressesOut are all addresses under which figures of the two trusts leave, for people
// and for programs, and some that are refused.
func addressesOut(loads ...int32) []string {
	list := []string{"/", "/trusts", "/trusts?q=ZZA", "/trusts/ZZA", "/trusts/ZZB", "/measures", "/measures/pressure-ulcers-rate", "/measures/pressure-ulcers-rate?sort=name",
		"/measures/pressure-ulcers-rate/about", "/measures/pressure-ulcers-rate/funnel?od=maybe", "/plugins/safety", "/plugins/safety.json", "/trusts/ZZA/measures/pressure-ulcers-rate?from=soon"}
	for _, format := range []string{"", ".csv", ".json", ".svg"} {
		for _, over := range []string{"1", "3", "6", "12"} {
			for _, to := range []string{"2025-02-01", "2025-12-01"} {
				list = append(list, "/measures/pressure-ulcers-rate/funnel"+format+"?over="+over+"&to="+to)
			}
		}
		for _, code := range []string{"ZZA", "ZZB"} {
			chart := "/trusts/" + code + "/measures/pressure-ulcers-rate"
			list = append(list, chart+format, chart+"/strata"+format+"?by=ward", chart+"/mix"+format)
			if code == "ZZB" || format == ".svg" || format == ".csv" {
				continue // what the files of the others are made of too
			}
			for _, asked := range []string{"all", "kind=xmr", "kind=run", "kind=c", "kind=uprime", "kind=iprime", "kind=ewma", "kind=cusum", "rules=nelson", "rules=western-electric", "kind=xmr&ranges",
				"from=2024-02-01&to=2024-02-01", "from=2024-02-01&to=2024-04-01", "from=2024-02-01&to=2025-04-01", "from=2025-01-01", "by=ward", "by=ward&from=2024-02-01&to=2024-05-01",
				"by=ward&stratum=Ward+2+(Surgery)", "by=ward&stratum=Ward+1+(Care+of+older+people)&kind=run"} {
				list = append(list, chart+format+"?"+asked)
			}
			for _, load := range loads {
				list = append(list, fmt.Sprintf("%s%s?load=%d", chart, format, load))
			}
		}
	}
	return list
}

// loadUlcers takes the figures in, and lets the house take notice.
func (s *openedSite) loadUlcers(t *testing.T, moved int) int32 {
	t.Helper()
	path := filepath.Join(t.TempDir(), fmt.Sprintf("ulcers-%d.csv", moved))
	if err := os.WriteFile(path, []byte(ulcers(moved)), 0o600); err != nil {
		t.Fatal(err)
	}
	report, err := intake.Load(context.Background(), s.house.db, intake.Options{Gate: operatorGate(s.house.db), Files: []string{path}, By: "test", RefusedDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	if report.Files[0].Refused > 0 || report.Files[0].Load == 0 {
		t.Fatalf("%+v", report.Files[0])
	}
	if err := s.house.look(context.Background()); err != nil {
		t.Fatal(err)
	}
	return report.Files[0].Load
}

// visit reads all ways out as one person.
func (s *openedSite) visit(t *testing.T, person string, paths []string) map[string]string {
	t.Helper()
	r, seen := s.as(t, person), map[string]string{}
	for _, path := range paths {
		answer := r.get(t, path)
		if answer.StatusCode >= http.StatusInternalServerError {
			t.Errorf("%s: %s answers %s", person, path, answer.Status)
		}
		seen[path] = answer.Status + answer.Header.Get("ETag") + " " + answer.Header.Get("Content-Disposition") + "\n" + answer.body
	}
	return seen
}

// passing are what a page says of the answer and not of the figures: which load,
// which record of the ledger, which request.
var passing = regexp.MustCompile(`(\d+ loads up to )?[Ll]oad \d+|\bnumbers? \d[\d, to–]*|name="record" value="\d+"|Time</dt>\s*<dd[^>]*>[^<]*|[Rr]ecord (no\. )?[\d,]+|load=\d+|\b[A-Z2-7]{12}\b|sha256:[0-9a-f]{64}|\d\d:\d\d(:\d\d)?|"record":\d+|"nonce-[^"]*"`)

var wordsOfAnswer = regexp.MustCompile(`[\pL\d.,-]+`)

// TestNoWayOutHangsOnAHiddenCount is asked of every page and file, of every person
// of another organisation: with other hidden counts they get the same, to the byte,
// and so of the same length. The trust itself sees the difference.
func TestNoWayOutHangsOnAHiddenCount(t *testing.T) {
	if testing.Short() {
		t.Skip("the whole house is not short")
	}
	s := usable(t)(openSite()) // its own: what it loads would be in the way of others
	// Three loads, so that what is compared was revised once in both.
	paths := addressesOut(s.loadUlcers(t, 1))
	s.loadUlcers(t, 0)
	visits := map[string][]string{"demo-analyst": paths}
	for i, path := range paths {
		if strings.HasPrefix(path, "/trusts/ZZA") && !strings.Contains(path, "load=") {
			visits["demo-clinician"] = append(visits["demo-clinician"], path) // who is at home there
		}
		if i%6 == 0 {
			for _, person := range []string{"demo-innovator", ""} {
				visits[person] = append(visits[person], path)
			}
			if strings.HasPrefix(path, "/trusts/ZZA") { // ZZB is the home of this one
				visits["demo-clinician-b"] = append(visits["demo-clinician-b"], path)
			}
		}
	}
	before := map[string]map[string]string{}
	for person, list := range visits {
		before[person] = s.visit(t, person, list)
	}
	s.loadUlcers(t, 3)
	compared, shown, own := 0, 0, 0
	for person, list := range visits {
		for path, body := range s.visit(t, person, list) {
			where := differs(before[person][path], body)
			if person == "demo-clinician" {
				if where != "" {
					own++
				}
				continue
			}
			compared++
			if strings.HasPrefix(body, "200") && strings.Contains(path, "pressure") {
				shown++
			}
			if where != "" {
				t.Errorf("%s tells %q hidden counts apart: %s", path, person, where)
			}
		}
	}
	t.Logf("%d answers compared, %d of them with figures; %d differ for the trust itself", compared, shown, own)
	if shown < 40 || own < 8 {
		t.Errorf("%d answers with figures and %d that differ for the trust itself prove little", shown, own)
	}
}

// differs finds the first word that two answers do not have in common.
func differs(a, b string) string {
	left, right := wordsOfAnswer.FindAllString(passing.ReplaceAllString(a, "~"), -1), wordsOfAnswer.FindAllString(passing.ReplaceAllString(b, "~"), -1)
	for i := range min(len(left), len(right)) {
		if left[i] != right[i] {
			return fmt.Sprintf("%q and %q after %q", left[i], right[i], strings.Join(left[max(0, i-6):i], " "))
		}
	}
	if len(left) != len(right) {
		return fmt.Sprintf("%d words and %d", len(left), len(right))
	}
	return ""
}
