// Package signalbox_test holds the house to its plan: imports only fall.
package signalbox_test

import (
	"os/exec"
	"strings"
	"testing"
)

const module = "github.com/signalbox-health/signalbox/"

// floors are the storeys of the house, from the ground up. A package may import
// from floors below its own, and from its own folder; packages that share a
// folder know the folder they stand in, not each other.
var floors = [][]string{
	{"measures"},
	{"sdk", "policy"},
	{"plugins"},
	{"internal"},
	{"web"},
	{"cmd"},
}

// rooms gives each large dependency the only folder that may import it.
var rooms = map[string]string{
	"github.com/tetratelabs/wazero":       "plugins/host",
	"github.com/open-policy-agent/opa":    "policy",
	"github.com/jackc/pgx":                "internal/postgres",
	"github.com/riverqueue/river":         "internal/jobs",
	"github.com/go-echarts/go-echarts":    "web/plot",
	"github.com/coreos/go-oidc":           "web/session",
	"github.com/go-webauthn/webauthn":     "web/session",
	"golang.org/x/oauth2":                 "web/session",
	"oras.land/oras-go":                   "plugins/registry",
	"cuelabs.dev/go/oci":                  "plugins/registry",
	"github.com/landlock-lsm/go-landlock": "plugins/host",
	"github.com/pressly/goose":            "internal/postgres",
}

// standardOnly are the folders that build for WebAssembly guests.
var standardOnly = []string{"measures", "sdk"}

// strangers lists the few pairs on one floor, in one folder, that may know each
// other, with the reason.
var strangers = map[string]string{
	"web/charts > web/plot":                  "a page draws charts",
	"web/charts > web/layout":                "a page has a frame",
	"web/charts > web/session":               "a page knows its reader",
	"web/adoptions > web/layout":             "a page has a frame",
	"web/adoptions > web/plot":               "the chart of a before and after is drawn, and a result has a mark",
	"web/workshop > web/layout":              "a page has a frame",
	"web/workshop > web/session":             "a page knows its reader",
	"web/workshop > web/plot":                "the chart of a draft is drawn, and what was checked has a mark",
	"web/workshop > web/charts":              "the chart of a draft is put into words as every chart is",
	"web/jobs > web/layout":                  "a page has a frame",
	"web/governance > web/layout":            "a page has a frame",
	"web/governance > web/session":           "a page knows its reader",
	"web/governance > web/plot":              "how far a request has come has a mark",
	"web/hub > web/session":                  "a client of the registry shows a token",
	"web/session > web/layout":               "sign-in is a page",
	"web/layout > web/assets":                "the frame names the style sheet",
	"web/layout > web/plot":                  "the key and the wordmark are drawn",
	"web/plot > web/assets":                  "a downloaded picture carries its style",
	"internal/analysis > internal/postgres":  "the main job reads through the database's types",
	"internal/intake > internal/postgres":    "what is taken in is stored there",
	"internal/governing > internal/postgres": "what is governed is kept there",
	"internal/jobs > internal/postgres":      "the queue stands in the database",
	"internal/sharing > internal/postgres":   "what is shared is kept there",
	"internal/sharing > internal/analysis":   "a release is judged by the charts that it draws",

	"plugins/library/build > plugins/toolchain": "the library is built as authors build theirs",
	"sdk/conformance > sdk/wire":                "its questions are what the wire carries",
}

func floorOf(path string) int {
	folder, _, _ := strings.Cut(path, "/")
	for i, names := range floors {
		for _, name := range names {
			if folder == name {
				return i
			}
		}
	}
	return -1
}

func under(path, folder string) bool {
	return path == folder || strings.HasPrefix(path, folder+"/")
}

func TestImportsOnlyFall(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, "./...").Output()
	if err != nil {
		t.Fatalf("go list ./...: %v", err)
	}
	for _, line := range strings.Split(strings.TrimSpace(string(out)), "\n") {
		fields := strings.Fields(line)
		from, ok := strings.CutPrefix(fields[0], module)
		if !ok {
			continue // this test's own package
		}
		if floorOf(from) < 0 {
			t.Errorf("%s stands on no floor of the plan", from)
		}
		for _, imported := range fields[1:] {
			if to, ours := strings.CutPrefix(imported, module); ours {
				checkFall(t, from, to)
				continue
			}
			for dependency, room := range rooms {
				if under(imported, dependency) && !under(from, room) {
					t.Errorf("%s imports %s, whose only room is %s", from, imported, room)
				}
			}
			for _, folder := range standardOnly {
				if first, _, _ := strings.Cut(imported, "/"); under(from, folder) && strings.Contains(first, ".") {
					t.Errorf("%s imports %s, but %s uses the standard library only", from, imported, folder)
				}
			}
		}
	}
}

func checkFall(t *testing.T, from, to string) {
	t.Helper()
	a, b := floorOf(from), floorOf(to)
	switch {
	case b > a:
		t.Errorf("%s imports %s, which is on a floor above it", from, to)
	case b < a, under(from, to), under(to, from):
		// down, or within one branch of the folder
	case strings.Split(from, "/")[0] != strings.Split(to, "/")[0]:
		t.Errorf("%s imports %s on the same floor", from, to)
	case a <= floorOf("plugins") && strings.Count(from, "/") > 0 && strangers[from+" > "+to] == "":
		t.Errorf("%s imports %s: sub-folders know the folder they stand in, not each other", from, to)
	case a > floorOf("plugins") && a < floorOf("cmd") && strangers[room(from)+" > "+room(to)] == "" && room(from) != room(to):
		t.Errorf("%s imports %s: if they must know each other, say why in strangers", from, to)
	}
}

// room is the first two parts of a path: web/charts.
func room(path string) string {
	parts := strings.SplitN(path, "/", 3)
	return strings.Join(parts[:min(2, len(parts))], "/")
}
