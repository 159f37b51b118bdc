package main

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/signalbox-health/signalbox/policy/ledger"
	"github.com/signalbox-health/signalbox/web/governance/logbook"
)

var recordLink = regexp.MustCompile(`href="/governance/log/(\d+)"`)

// records are the numbers of the records that a page of the log links to.
func records(page string) (list []string) {
	for _, found := range recordLink.FindAllStringSubmatch(page, -1) {
		list = append(list, found[1])
	}
	return list
}

// spoken is a page as it is read.
func spoken(page string) string {
	_, main, _ := strings.Cut(page, `<main`)
	text := regexp.MustCompile(`<[^>]*>`).ReplaceAllString(main, " ")
	return strings.Join(strings.Fields(html.UnescapeString(text)), " ")
}

func TestALeadFindsADenialAndSeesWhy(t *testing.T) {
	s := site(t)
	// The clinician of the trust next door is told no.
	if denied := s.as(t, "demo-clinician-b").get(t, "/trusts/ZZA/measures/demo-falls"); denied.StatusCode != http.StatusForbidden {
		t.Fatalf("status %d", denied.StatusCode)
	}
	lead := s.as(t, "demo-governance-lead")
	found := lead.get(t, "/governance/log?person=demo-clinician-b&answer=no&dataset=demo_falls&asker=zzb")
	numbers := records(found.body)
	if found.StatusCode != http.StatusOK || len(numbers) == 0 {
		t.Fatalf("status %d\n%s", found.StatusCode, spoken(found.body))
	}
	wantWords(t, "the log", spoken(found.body), "Denied.", "Clinician at Harrowmere", "(ZZB) asked to see", "of Larkfield", "for improvement", "demo-clinician-b", "nothing was read")
	if strings.Contains(spoken(found.body), "Allowed. ") {
		t.Error("a search for denials finds what was allowed")
	}

	h := hand{s, eyes(t)}
	h.eyes.Scripts(t, false)
	defer h.eyes.Scripts(t, true)
	said := h.open(t, "demo-governance-lead", "/governance/log/"+numbers[0], http.StatusOK)
	wantWords(t, "the record", said, "Record "+numbers[0], "Denied.", "has not shared", "Everything that was looked at", "Does not hold:", "What came nearest", "What was missing",
		"Nothing was read.", "Clinician at Harrowmere", "spc")
	h.fit(t, "a denial in the log")

	// Once its head is signed the record is proved, and the head is what it says.
	if _, err := s.house.witness.Take(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantWords(t, "the record", h.open(t, "demo-governance-lead", "/governance/log/"+numbers[0], http.StatusOK), "It stands in the head of", "checked just now")
	h.open(t, "demo-governance-lead", "/governance/log/head", http.StatusOK)
	head := lead.get(t, "/governance/log/head").body
	_, note, _ := strings.Cut(head, `<pre class="plain mono wraps">`)
	note, _, _ = strings.Cut(note, `</pre>`)
	signed, err := ledger.ReadHead([]byte(html.UnescapeString(note)), s.house.witness.Verifier())
	if err != nil || !signed.SignedBy(s.house.witness.Name()) || signed.Size < 1 {
		t.Errorf("the page of the head: %+v, %v\n%s", signed, err, note)
	}
}

func TestALeadSeesWhyADecisionWasAllowed(t *testing.T) {
	s := site(t)
	if seen := s.as(t, "demo-clinician").get(t, "/trusts/ZZA/measures/demo-falls"); seen.StatusCode != http.StatusOK {
		t.Fatalf("status %d", seen.StatusCode)
	}
	numbers := records(s.as(t, "demo-governance-lead").get(t, "/governance/log?person=demo-clinician&answer=yes&dataset=demo_falls").body)
	if len(numbers) == 0 {
		t.Fatal("the log does not have it")
	}
	h := hand{s, eyes(t)}
	h.eyes.Scripts(t, false)
	defer h.eyes.Scripts(t, true)
	said := h.open(t, "demo-governance-lead", "/governance/log/"+numbers[0], http.StatusOK)
	wantWords(t, "the record", said, "Allowed. It is their own organisation’s.", "Staff may read all data of their own organisation", "rows read", "Make a test case of this", "In the record")
	h.fit(t, "a permission in the log")
}

func TestTheLogOfOneOrganisationShowsNoOther(t *testing.T) {
	s := site(t)
	own := s.as(t, "demo-clinician-b").get(t, "/trusts/ZZB/measures/demo-falls")
	if own.StatusCode != http.StatusOK {
		t.Fatalf("status %d", own.StatusCode)
	}
	book, err := s.house.db.LedgerEntries(t.Context(), 0, 1_000_000)
	if err != nil {
		t.Fatal(err)
	}
	lead, others := s.as(t, "demo-governance-lead"), 0
	for _, canonical := range book {
		e, err := ledger.Decode(canonical)
		if err != nil {
			t.Fatal(err)
		}
		if e.Decision == nil || others > 2 {
			continue
		}
		if in := e.Decision.Input; in.Resource.ODS != "ZZB" || in.Subject.ODS == nil || *in.Subject.ODS != "ZZB" {
			continue
		}
		others++
		if answer := lead.get(t, fmt.Sprintf("/governance/log/%d", e.Sequence)); answer.StatusCode != http.StatusNotFound || strings.Contains(answer.body, "demo-clinician-b") {
			t.Errorf("record %d, which is none of theirs: status %d", e.Sequence, answer.StatusCode)
		}
	}
	if others == 0 {
		t.Error("nothing of the other organisation was recorded")
	}
}

func TestReadingTheLogIsRecorded(t *testing.T) {
	s := site(t)
	lead := s.as(t, "demo-governance-lead")
	before := len(records(lead.get(t, "/governance/log?action=log.read&person=demo-governance-lead").body))
	after := len(records(lead.get(t, "/governance/log?action=log.read&person=demo-governance-lead").body))
	if before == 0 || after != before+1 && after < 200 {
		t.Errorf("%d readings are recorded, then %d", before, after)
	}
	if answer := s.as(t, "demo-clinician").get(t, "/governance/log"); answer.StatusCode != http.StatusForbidden || strings.Contains(answer.body, "asked to see") {
		t.Errorf("somebody who may not: status %d", answer.StatusCode)
	}
}

func TestTheRegisterIsOpenAndNamesNobody(t *testing.T) {
	s := site(t)
	s.as(t, "demo-clinician").get(t, "/trusts/ZZA")
	everybody := s.newReader(t) // has not signed in
	page := everybody.get(t, "/governance/uses")
	if page.StatusCode != http.StatusOK {
		t.Fatalf("status %d", page.StatusCode)
	}
	wantWords(t, "the register", spoken(page.body), "What data is used for", "Improvement", "NHS trusts", "fewer than 8", "Staff may read all data of their own organisation")
	table := everybody.get(t, "/governance/uses.csv")
	rows, err := csv.NewReader(strings.NewReader(table.body)).ReadAll()
	if err != nil || len(rows) < 10 {
		t.Errorf("%d rows, %v", len(rows), err)
	}
	var register struct{ Datasets []logbook.DatasetUse }
	object := everybody.get(t, "/governance/uses.json")
	if err := json.Unmarshal([]byte(object.body), &register); err != nil || len(register.Datasets) < 10 {
		t.Errorf("%d datasets, %v", len(register.Datasets), err)
	}
	for _, d := range register.Datasets {
		for _, c := range d.Requests {
			if c.Count != "fewer than 8" && !strings.HasPrefix(c.Count, "about ") {
				t.Errorf("%s: %q requests", d.Dataset, c.Count)
			}
		}
	}
	for name, body := range map[string]string{"page": page.body, "table": table.body, "object": object.body} {
		for _, secret := range []string{"demo-clinician", "demo-governance", "Wren Hollis", "ZZA"} {
			if strings.Contains(body, secret) {
				t.Errorf("the %s names %s", name, secret)
			}
		}
	}
}
