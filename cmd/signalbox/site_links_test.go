package main

import (
	"html"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/signalbox-health/signalbox/measures"
)

var sends = regexp.MustCompile(`<form[^>]*method="post"[^>]*>`)

var hrefs = regexp.MustCompile(`\s(?:href|src|action)="([^"]*)"`)

// walk is how far a person is followed: the first takes every link there is,
// the others those of the pages that are theirs.
var walks = []struct {
	person, start string
	links         int // pages whose links are taken
}{{"demo-clinician", "/", 10000}, {"demo-analyst", "/", 25}, {"demo-innovator", "/plugins", 8}, {"demo-governance-lead", "/governance", 8}, {"", "/sign-in", 10}}

// TestEveryLinkLeadsSomewhere walks the site along the links of its pages. Only
// a board links to charts that are closed to its reader, and says so there.
func TestEveryLinkLeadsSomewhere(t *testing.T) {
	s := site(t)
	t.Parallel() // with the one test of the browser that takes long
	for _, walk := range walks {
		t.Run(walk.person, func(t *testing.T) {
			r := s.as(t, walk.person)
			from, queue := map[string]string{walk.start: "the beginning"}, []string{walk.start}
			for taken := 0; len(queue) > 0; taken++ {
				path := queue[0]
				queue = queue[1:]
				answer := r.get(t, path)
				switch {
				case answer.StatusCode == http.StatusSeeOther && walk.person == "":
					continue // to the sign-in page
				case answer.StatusCode == http.StatusForbidden && s.closed(path) && strings.HasPrefix(path, from[path]):
				case answer.StatusCode != http.StatusOK:
					t.Errorf("%s, linked from %s, answers %s", path, from[path], answer.Status)
					continue
				}
				if !strings.HasPrefix(answer.Header.Get("Content-Type"), "text/html") || taken > walk.links {
					continue
				}
				for _, link := range linksOf(t, path, answer.body) {
					if from[link] == "" && link != "/sign-out" {
						from[link] = path
						queue = append(queue, link)
					}
				}
			}
			t.Logf("%d addresses", len(from))
		})
	}
}

// closed reports whether an address is that of a chart of data that its trust has
// not published.
func (s *openedSite) closed(path string) bool {
	found := chartPath.FindStringSubmatch(path)
	if found == nil {
		return false
	}
	m, err := s.house.main.Catalogue.Measure(measures.MeasureID(found[1]))
	if err != nil {
		return false
	}
	d, loaded := s.house.main.Catalogue.Dataset(m.Dataset)
	return loaded && !d.Published
}

var chartPath = regexp.MustCompile(`^/trusts/ZZ[A-Z]/measures/([a-z0-9-]+)(/strata|/mix)?$`)

// linksOf gives the addresses that a page links to, and holds it to having what
// it points at within itself.
func linksOf(t *testing.T, path, body string) (links []string) {
	t.Helper()
	body = sends.ReplaceAllString(body, "") // what a form sends is no link
	for _, match := range hrefs.FindAllStringSubmatch(body, -1) {
		link, fragment, _ := strings.Cut(html.UnescapeString(match[1]), "#")
		switch {
		case link == "" && fragment != "" && !strings.Contains(body, `id="`+fragment+`"`):
			t.Errorf("%s links to #%s, which it does not have", path, fragment)
		case link == "":
		case !strings.HasPrefix(link, "/") || strings.HasPrefix(link, "//"):
			t.Errorf("%s links to %s: nothing may be fetched from elsewhere", path, link)
		default:
			links = append(links, link)
		}
	}
	return links
}
