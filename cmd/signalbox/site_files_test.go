package main

import (
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"mime"
	"slices"
	"strings"
	"testing"

	"github.com/signalbox-health/signalbox/web/browsertest"
)

// chartFiles are charts that a person may take away as files.
var chartFiles = []struct{ person, chart string }{
	{"demo-clinician", "/trusts/ZZA/measures/ae-4h"},
	{"demo-clinician", "/trusts/ZZA/measures/ae-4h?from=2025-07-01&to=2026-05-01"},
	{"demo-clinician", "/trusts/ZZA/measures/diagnostics-6w?by=test&stratum=nuclear_medicine"},
	{"demo-clinician", "/trusts/ZZD/measures/ae-4h?all"},
	{"demo-analyst", "/trusts/ZZB/measures/demo-falls"},
	{"demo-clinician", "/trusts/ZZA/measures/demo-falls"},
	{"demo-clinician", "/trusts/ZZA/measures/ae-attendances"},
	{"demo-analyst", "/trusts/ZZB/measures/cancer-62d"},
	{"demo-clinician", "/trusts/ZZE/measures/ae-4h"},
	{"demo-clinician", "/trusts/ZZA/measures/ae-4h?kind=p&rules=nelson"},
	{"demo-clinician", "/trusts/ZZA/measures/ae-4h?all&kind=ewma"},
	{"demo-analyst", "/trusts/ZZB/measures/demo-falls?kind=up"},
}

// onPage reads the values of the page's tables, oldest first, and its sentence.
const onPage = `({
	values: [...document.querySelectorAll("#numbers tbody tr")].map(r => r.querySelector("td b").textContent.trim()).reverse(),
	sentence: document.querySelector(".sentence").textContent.replace(/\s+/g, " ").trim(),
	files: Object.fromEntries([...document.querySelectorAll(".tools a")].map(a => [a.textContent, a.getAttribute("href")])),
})`

type pageNumbers struct {
	Values   []string
	Sentence string
	Files    map[string]string // addresses, by what the link says
}

// number is how the page writes a value, less its unit and thousands commas.
func bare(written string) string {
	return strings.NewReplacer(",", "", "%", "", "−", "-").Replace(written)
}

// TestFilesOfAnotherDrawingSayWhatTheyAre: the JSON names kind and rules and
// carries what to bear in mind, as the page does.
func TestFilesOfAnotherDrawingSayWhatTheyAre(t *testing.T) {
	r := site(t).as(t, "demo-clinician")
	var file struct {
		Charts []struct {
			Kind, Rules string
			Notes       []struct{ Code, Text string }
		}
	}
	if err := json.Unmarshal([]byte(download(t, r, "/trusts/ZZA/measures/ae-4h.json?kind=p&rules=nelson", "application/json")), &file); err != nil {
		t.Fatal(err)
	}
	c := file.Charts[0]
	if c.Kind != "p" || c.Rules != "nelson" || len(c.Notes) == 0 || c.Notes[0].Code != "over_dispersed" || !strings.Contains(c.Notes[0].Text, "p' chart") {
		t.Errorf("the file holds %+v", c)
	}
}

func TestFilesAgreeWithTheirPage(t *testing.T) {
	s, b := site(t), eyes(t)
	b.Look(t, views[0])
	for _, file := range chartFiles {
		t.Run(file.chart, func(t *testing.T) {
			s.sit(t, b, file.person)
			b.Visit(t, s.address+file.chart, 200)
			page := browsertest.Eval[pageNumbers](t, b, onPage)
			r := s.as(t, file.person)

			fromJSON := jsonValues(t, download(t, r, page.Files["JSON"], "application/json"), page.Sentence)
			fromCSV := csvValues(t, download(t, r, page.Files["CSV"], "text/csv"))
			if len(fromJSON) != len(page.Values) || len(fromCSV) != len(page.Values) {
				t.Fatalf("the page has %d values, the JSON %d, the CSV %d", len(page.Values), len(fromJSON), len(fromCSV))
			}
			for i, written := range page.Values {
				for name, y := range map[string]*float64{"JSON": fromJSON[i], "CSV": fromCSV[i]} {
					if text := likeOnPage(y, written); text != bare(written) {
						t.Errorf("value %d: the page has %s, the %s %s", i+1, written, name, text)
					}
				}
			}
			svg := download(t, r, page.Files["SVG"], "image/svg+xml")
			checkDrawing(t, svg)
			if last := page.Values[len(page.Values)-1]; !strings.Contains(svg, last) {
				t.Errorf("the picture does not name the last value %s", last)
			}
		})
	}
}

// likeOnPage writes a value with as many decimals as the page has.
func likeOnPage(y *float64, written string) string {
	if y == nil {
		if strings.ContainsAny(written, "0123456789") {
			return "nothing"
		}
		return bare(written)
	}
	_, decimals, _ := strings.Cut(bare(written), ".")
	return fmt.Sprintf("%.*f", len(decimals), *y)
}

func download(t *testing.T, r *reader, path, want string) string {
	t.Helper()
	answer := r.get(t, path)
	kind, _, err := mime.ParseMediaType(answer.Header.Get("Content-Type"))
	if answer.StatusCode != 200 || err != nil || kind != want {
		t.Fatalf("%s answers %s, %s", path, answer.Status, answer.Header.Get("Content-Type"))
	}
	disposition, values, err := mime.ParseMediaType(answer.Header.Get("Content-Disposition"))
	name := values["filename"]
	file, _, _ := strings.Cut(path, "?")
	if err != nil || disposition != "attachment" || !strings.HasSuffix(name, file[strings.LastIndex(file, "."):]) {
		t.Errorf("%s comes as %q", path, answer.Header.Get("Content-Disposition"))
	}
	return answer.body
}

func jsonValues(t *testing.T, text, sentence string) (values []*float64) {
	t.Helper()
	var file struct {
		Charts []struct {
			Sentence string
			Points   []struct{ Y *float64 }
		}
	}
	if err := json.Unmarshal([]byte(text), &file); err != nil || len(file.Charts) != 1 {
		t.Fatalf("the JSON has %d charts: %v", len(file.Charts), err)
	}
	if file.Charts[0].Sentence != sentence {
		t.Errorf("the JSON says %q, the page %q", file.Charts[0].Sentence, sentence)
	}
	for _, p := range file.Charts[0].Points {
		values = append(values, p.Y)
	}
	return values
}

func csvValues(t *testing.T, text string) (values []*float64) {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil || len(rows) < 2 {
		t.Fatalf("the CSV has %d rows: %v", len(rows), err)
	}
	column := slices.Index(rows[0], "y")
	if column < 0 {
		t.Fatalf("the CSV has no column y but %q", rows[0])
	}
	for _, row := range rows[1:] {
		var y *float64
		if row[column] != "" {
			y = new(float64)
			if _, err := fmt.Sscan(row[column], y); err != nil {
				t.Fatalf("the CSV has the value %q", row[column])
			}
		}
		values = append(values, y)
	}
	return values
}

// checkDrawing reads a picture as XML and refuses what could run or be fetched.
func checkDrawing(t *testing.T, text string) {
	t.Helper()
	decoder := xml.NewDecoder(strings.NewReader(text))
	first := true
	for {
		token, err := decoder.Token()
		if err == io.EOF {
			return
		}
		if err != nil {
			t.Fatalf("the picture is not well formed: %v", err)
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		if first && start.Name.Local != "svg" {
			t.Errorf("the picture begins with %s", start.Name.Local)
		}
		first = false
		if start.Name.Local == "script" || start.Name.Local == "foreignObject" {
			t.Errorf("the picture has a %s", start.Name.Local)
		}
		for _, a := range start.Attr {
			if strings.HasPrefix(a.Name.Local, "on") || a.Name.Local == "href" && !strings.HasPrefix(a.Value, "#") {
				t.Errorf("the picture has %s=%q", a.Name.Local, a.Value)
			}
		}
	}
}

func TestFileOfNoFiguresIsNoFile(t *testing.T) {
	s := site(t)
	r := s.as(t, "demo-clinician")
	for _, format := range []string{"csv", "json", "svg"} {
		if answer := r.get(t, "/trusts/ZZJ/measures/cancer-62d."+format); answer.StatusCode != 404 || answer.Header.Get("Content-Disposition") != "" {
			t.Errorf("%s of nothing answers %s as %q", format, answer.Status, answer.Header.Get("Content-Disposition"))
		}
	}
}
