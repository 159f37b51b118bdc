package sharing_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/internal/postgres/pgtest"
	"github.com/signalbox-health/signalbox/internal/sharing"
	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/plugins/registry"
)

// noon is the clock of these tests.
var noon = time.Date(2026, 6, 15, 12, 0, 0, 0, time.UTC)

// hubSite is a hub that serves two signed files as any web server does.
type hubSite struct {
	root  registry.Key
	list  registry.List
	index registry.Index
	// between changes the answers of the server, as whoever stands between could.
	between atomic.Pointer[func(http.Handler) http.Handler]
	bodies  atomic.Int64 // answers with a file in them
	url     string
	files   atomic.Pointer[map[string][]byte]
}

func newKey(t testing.TB) registry.Key {
	t.Helper()
	key, err := registry.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// newHub starts one with a few releases.
func newHub(t testing.TB, releases int) *hubSite {
	t.Helper()
	h := &hubSite{root: newKey(t)}
	h.list = registry.List{Serial: 3, Issued: noon.AddDate(0, 0, -1), Expires: noon.AddDate(0, 3, 0), Publishers: []registry.Publisher{{
		ID: "bellmere", Name: "Bellmere Trust", Class: "trust", Names: []string{"bellmere-*"}, Threshold: 1,
		Keys: []registry.PublisherKey{{Key: newKey(t).Public(), Holder: "Ada Fenwright", Role: registry.RoleAuthor, From: noon.AddDate(-1, 0, 0)}}}}}
	h.index = registry.Index{Serial: 12, Issued: noon.Add(-time.Hour), Expires: noon.AddDate(0, 0, 7), Publishers: 3, Releases: []registry.Listing{}}
	for i := range releases {
		digest := plugins.DigestOf(fmt.Append(nil, i))
		h.index.Releases = append(h.index.Releases, registry.Listing{ID: fmt.Sprintf("bellmere-%05d", i), Version: "1.0.0", Publisher: "bellmere",
			Title: "Falls", Problem: "Falls on wards for older people", Areas: []string{"patient safety"}, Datasets: []string{"falls"},
			Contents: digest, Artifact: digest, State: registry.Published})
	}
	h.issue(t, h.root)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var handler http.Handler = http.HandlerFunc(h.serve)
		if change := h.between.Load(); change != nil {
			handler = (*change)(handler)
		}
		handler.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	h.url = server.URL + "/hub"
	return h
}

// issue signs both files and serves them from now on.
func (h *hubSite) issue(t testing.TB, key registry.Key) {
	t.Helper()
	list, err := h.list.Seal(key)
	if err != nil {
		t.Fatal(err)
	}
	index, err := h.index.Seal(key)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{"publishers.json": encoded(t, list), "index.json": encoded(t, index)}
	h.files.Store(&files)
}

func encoded(t testing.TB, e registry.Envelope) []byte {
	t.Helper()
	text, err := e.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func (h *hubSite) serve(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(r.URL.Path, "/hub/")
	text, there := (*h.files.Load())[name]
	if !there {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("ETag", `"`+string(plugins.DigestOf(text))+`"`)
	if r.Header.Get("If-None-Match") == "" {
		h.bodies.Add(1)
	}
	http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(text))
}

func (h *hubSite) keys() registry.Root {
	return registry.Root{Keys: []registry.PublicKey{h.root.Public()}, Threshold: 1}
}

// node is an installation that asks a hub.
func (h *hubSite) node(t testing.TB) (*sharing.Node, *postgres.DB) {
	t.Helper()
	url := pgtest.URL(t)
	if err := postgres.Migrate(t.Context(), url); err != nil {
		t.Fatal(err)
	}
	db, err := postgres.Open(t.Context(), postgres.Config{URL: url, Now: func() time.Time { return noon }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return &sharing.Node{Hub: h.url, Root: h.keys(), Store: db, Now: func() time.Time { return noon }}, db
}

func stateOf(t testing.TB, db *postgres.DB) postgres.HubState {
	t.Helper()
	state, err := db.HubState(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return state
}

func TestANodeTakesWhatItsHubSaysAndAsksOnlyForWhatIsNew(t *testing.T) {
	hub := newHub(t, 4)
	node, db := hub.node(t)
	told := 0
	node.Changed = func(context.Context) error { told++; return nil }
	first, err := node.Sync(t.Context())
	if err != nil || !first.New || first.Index != 12 || first.List != 3 || first.Releases != 4 || first.Withdrawn != 0 {
		t.Fatalf("%+v, %v", first, err)
	}
	if state := stateOf(t, db); state.IndexSerial != 12 || state.ListSerial != 3 || state.Problem != "" || !state.Synced.Equal(noon) || !state.Expires.Equal(hub.index.Expires) {
		t.Errorf("%+v", state)
	}
	asked := hub.bodies.Load()
	second, err := node.Sync(t.Context())
	if err != nil || second.New || second.Index != 12 || hub.bodies.Load() != asked {
		t.Errorf("%+v, %v, and %d files were asked for again", second, err, hub.bodies.Load()-asked)
	}
	hub.index.Serial, hub.index.Releases[1].State, hub.index.Releases[1].Reason = 13, registry.Withdrawn, "it counts a fall twice"
	hub.issue(t, hub.root)
	third, err := node.Sync(t.Context())
	if err != nil || !third.New || third.Index != 13 || third.Withdrawn != 1 {
		t.Errorf("%+v, %v", third, err)
	}
	if listings, err := db.Listings(t.Context(), "bellmere-00001"); err != nil || len(listings) != 1 || listings[0].State != registry.Withdrawn {
		t.Errorf("%+v, %v", listings, err)
	}
	// Another process has the same database and has never asked.
	other := &sharing.Node{Hub: hub.url, Root: hub.keys(), Store: db, Now: node.Now}
	if again, err := other.Sync(t.Context()); err != nil || again.New || again.Index != 13 {
		t.Errorf("%+v, %v", again, err)
	}
	if told != 2 {
		t.Errorf("the policy was told %d times of 2 new indexes", told)
	}
}

func TestANewListAloneIsTakenToo(t *testing.T) {
	hub := newHub(t, 2)
	node, db := hub.node(t)
	if _, err := node.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	hub.list.Serial, hub.list.Publishers[0].Keys[0].Revoked = 4, "the stick it lay on was lost"
	hub.issue(t, hub.root)
	synced, err := node.Sync(t.Context())
	if err != nil || !synced.New || synced.List != 4 || synced.Index != 12 {
		t.Errorf("%+v, %v", synced, err)
	}
	if state := stateOf(t, db); state.ListSerial != 4 {
		t.Errorf("%+v", state)
	}
}

// A database that was brought back from a copy knows less than the process remembers.
func TestWhatADatabaseHasForgottenIsAskedForAgain(t *testing.T) {
	hub := newHub(t, 2)
	node, db := hub.node(t)
	if _, err := node.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	restored, fresh := hub.node(t)
	node.Store = restored.Store
	if synced, err := node.Sync(t.Context()); err != nil || !synced.New {
		t.Errorf("%+v, %v", synced, err)
	}
	if stateOf(t, fresh).IndexSerial != stateOf(t, db).IndexSerial {
		t.Error("the database that was brought back does not know the index")
	}
}

// between lets somebody stand between the node and its hub.
func between(h *hubSite, change func(http.Handler) http.Handler) { h.between.Store(&change) }

func answering(h http.HandlerFunc) func(http.Handler) http.Handler {
	return func(http.Handler) http.Handler { return h }
}

// only changes the answer for one file.
func only(name string, h http.HandlerFunc) func(http.Handler) http.Handler {
	return func(before http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, name) {
				h(w, r)
				return
			}
			before.ServeHTTP(w, r)
		})
	}
}

func TestWhatANodeRefusesChangesNothingAndIsKeptInWords(t *testing.T) {
	older := func(t *testing.T, h *hubSite) { h.index.Serial = 11; h.issue(t, h.root) }
	for name, try := range map[string]struct {
		change func(*testing.T, *hubSite)
		want   error  // nil: any
		says   string // in the problem
	}{
		"an index from before":          {older, registry.ErrStale, "number 12"},
		"a list from before":            {func(t *testing.T, h *hubSite) { h.list.Serial, h.index.Publishers = 2, 2; h.issue(t, h.root) }, registry.ErrStale, "list of publishers number 2"},
		"an index that needs more list": {func(t *testing.T, h *hubSite) { h.index.Serial, h.index.Publishers = 13, 9; h.issue(t, h.root) }, registry.ErrStale, "list 9"},
		"signed by a stranger":          {func(t *testing.T, h *hubSite) { h.index.Serial = 13; h.issue(t, newKey(t)) }, registry.ErrStranger, "list of publishers"},
		"issued tomorrow, by our clock": {func(t *testing.T, h *hubSite) {
			h.index.Serial, h.index.Issued = 13, noon.Add(20*time.Hour)
			h.issue(t, h.root)
		}, registry.ErrFuture, "look at the clock"},
		"a list that has expired": {func(t *testing.T, h *hubSite) {
			h.list.Expires = noon.Add(-time.Hour)
			h.list.Serial = 4
			h.issue(t, h.root)
		}, registry.ErrStale, "fetch a newer one"},
		"a server that is down": {func(t *testing.T, h *hubSite) { h.url = "http://127.0.0.1:1/hub" }, nil, "ask the hub for http://127.0.0.1:1/hub/publishers.json"},
		"a server that is broken": {func(_ *testing.T, h *hubSite) {
			between(h, answering(func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "sorry", http.StatusBadGateway) }))
		}, nil, "502 Bad Gateway"},
		"a page to sign in to the network": {func(_ *testing.T, h *hubSite) {
			between(h, answering(func(w http.ResponseWriter, _ *http.Request) {
				fmt.Fprint(w, "<html>Welcome to the visitors' network</html>")
			}))
		}, registry.ErrMalformed, "list of publishers"},
		"nothing has changed, it says, to one that has nothing": {func(_ *testing.T, h *hubSite) {
			between(h, answering(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotModified) }))
		}, nil, "304"},
		"a file that ends too early": {func(_ *testing.T, h *hubSite) {
			between(h, only("index.json", func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Length", "100000")
				fmt.Fprint(w, `{"payloadType":`)
			}))
		}, io.ErrUnexpectedEOF, "index.json"},
		"a file without an end": {func(_ *testing.T, h *hubSite) {
			between(h, only("publishers.json", func(w http.ResponseWriter, _ *http.Request) {
				for spaces := bytes.Repeat([]byte(" "), 1<<20); ; {
					if _, err := w.Write(spaces); err != nil {
						return
					}
				}
			}))
		}, registry.ErrOversize, "publishers.json"},
		"the list in the place of the index": {func(_ *testing.T, h *hubSite) {
			between(h, only("index.json", func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write((*h.files.Load())["publishers.json"]) }))
		}, registry.ErrMalformed, "index of releases"},
	} {
		t.Run(name, func(t *testing.T) {
			hub := newHub(t, 3)
			node, db := hub.node(t)
			told := 0
			node.Changed = func(context.Context) error { told++; return nil }
			if _, err := node.Sync(t.Context()); err != nil {
				t.Fatal(err)
			}
			before := stateOf(t, db)
			try.change(t, hub)
			// A process that was just started: it remembers nothing of the hub's files.
			node = &sharing.Node{Hub: hub.url, Root: node.Root, Store: db, Now: node.Now, Changed: node.Changed}
			synced, err := node.Sync(t.Context())
			if err == nil || try.want != nil && !errors.Is(err, try.want) || synced.New {
				t.Fatalf("%+v, %v; want %v", synced, err, try.want)
			}
			after := stateOf(t, db)
			if !strings.Contains(after.Problem, try.says) {
				t.Errorf("the problem is %q; it should say %q", after.Problem, try.says)
			}
			if after.IndexSerial != before.IndexSerial || after.ListSerial != before.ListSerial || !after.Synced.Equal(before.Synced) || told != 1 {
				t.Errorf("%+v became %+v, and %d were told", before, after, told)
			}
			if listings, err := db.Listings(t.Context(), "bellmere-00002"); err != nil || len(listings) != 1 {
				t.Errorf("what was known is gone: %+v, %v", listings, err)
			}
			// The hub is itself again: the problem is over.
			fresh := newHub(t, 3)
			fresh.root, fresh.list, fresh.index = hub.root, hub.list, hub.index
			fresh.list.Serial, fresh.list.Expires, fresh.index.Serial, fresh.index.Publishers, fresh.index.Issued = 20, noon.AddDate(0, 1, 0), 20, 20, noon
			fresh.issue(t, fresh.root)
			node.Hub = fresh.url
			if _, err := node.Sync(t.Context()); err != nil || stateOf(t, db).Problem != "" {
				t.Errorf("afterwards: %v, %q", err, stateOf(t, db).Problem)
			}
		})
	}
}

func TestAnIndexThatHasExpiredStillWithdraws(t *testing.T) {
	hub := newHub(t, 2)
	node, db := hub.node(t)
	if _, err := node.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	hub.index.Serial, hub.index.Issued, hub.index.Expires = 13, noon.AddDate(0, 0, -9), noon.AddDate(0, 0, -2)
	hub.index.Releases[0].State, hub.index.Releases[0].Reason = registry.Withdrawn, "it counts a fall twice"
	hub.issue(t, hub.root)
	synced, err := node.Sync(t.Context())
	if !errors.Is(err, registry.ErrStale) || !synced.New || synced.Withdrawn != 1 {
		t.Fatalf("%+v, %v", synced, err)
	}
	state := stateOf(t, db)
	if state.IndexSerial != 13 || !strings.Contains(state.Problem, "expired") {
		t.Errorf("%+v", state)
	}
	// Whoever stands between lets the node believe for ever that there is no news.
	if _, err := node.Sync(t.Context()); !errors.Is(err, registry.ErrStale) || !strings.Contains(stateOf(t, db).Problem, "no newer one") {
		t.Errorf("%v, %q", err, stateOf(t, db).Problem)
	}
}

func TestASlowHubIsLeftAndSaysSo(t *testing.T) {
	hub := newHub(t, 2)
	node, db := hub.node(t)
	enough := make(chan struct{})
	defer close(enough)
	between(hub, only("index.json", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, `{"payloadType":"`)
		w.(http.Flusher).Flush()
		select {
		case <-enough:
		case <-r.Context().Done():
		}
	}))
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if _, err := node.Sync(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
	if state := stateOf(t, db); state.IndexSerial != 0 || !strings.Contains(state.Problem, "index.json") {
		t.Errorf("%+v", state)
	}
}

func TestANodeThatIsStoppedDoesNotBlameItsHub(t *testing.T) {
	hub := newHub(t, 2)
	node, db := hub.node(t)
	ctx, cancel := context.WithCancel(t.Context())
	between(hub, answering(func(_ http.ResponseWriter, r *http.Request) { cancel(); <-r.Context().Done() }))
	if _, err := node.Sync(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	if state := stateOf(t, db); state.Problem != "" || !state.Tried.IsZero() {
		t.Errorf("%+v", state)
	}
}

func TestAHubDoesNotLeadOutOfTLS(t *testing.T) {
	hub := newHub(t, 2)
	node, _ := hub.node(t)
	plain := hub.url
	secure := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, plain+strings.TrimPrefix(r.URL.Path, "/hub"), http.StatusFound)
	}))
	defer secure.Close()
	node.Hub = secure.URL + "/hub"
	node.Client = sharing.NewHubClient(secure.Client().Transport.(*http.Transport).Clone())
	if _, err := node.Sync(t.Context()); err == nil || !strings.Contains(err.Error(), "not over TLS") {
		t.Errorf("%v", err)
	}
}

func TestAnInstallationWithoutAHubSaysSo(t *testing.T) {
	hub := newHub(t, 1)
	node, _ := hub.node(t)
	node.Hub = ""
	if _, err := node.Sync(t.Context()); !errors.Is(err, sharing.ErrNoHub) {
		t.Errorf("sync: %v", err)
	}
	if _, err := node.Deliver(t.Context()); !errors.Is(err, sharing.ErrNoHub) {
		t.Errorf("deliver: %v", err)
	}
}

func TestWhatWasBroughtInAFolderIsTakenAsFromTheNetwork(t *testing.T) {
	hub := newHub(t, 3)
	node, db := hub.node(t)
	node.Hub = ""
	folder := t.TempDir()
	bring := func() {
		for name, text := range *hub.files.Load() {
			if err := os.WriteFile(filepath.Join(folder, name), text, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	bring()
	if synced, err := node.SyncFrom(t.Context(), folder); err != nil || !synced.New || synced.Releases != 3 {
		t.Fatalf("%+v, %v", synced, err)
	}
	hub.index.Serial = 11
	hub.issue(t, hub.root)
	bring()
	if _, err := node.SyncFrom(t.Context(), folder); !errors.Is(err, registry.ErrStale) {
		t.Errorf("an older stick: %v", err)
	}
	if err := os.Remove(filepath.Join(folder, "index.json")); err != nil {
		t.Fatal(err)
	}
	if _, err := node.SyncFrom(t.Context(), folder); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("half a stick: %v", err)
	}
	secret := filepath.Join(t.TempDir(), "secret.json")
	if err := os.WriteFile(secret, (*hub.files.Load())["index.json"], 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(secret, filepath.Join(folder, "index.json")); err != nil {
		t.Fatal(err)
	}
	if _, err := node.SyncFrom(t.Context(), folder); err == nil || !strings.Contains(err.Error(), "index.json") {
		t.Errorf("a link that leads out of the folder: %v", err)
	}
	if state := stateOf(t, db); state.IndexSerial != 12 {
		t.Errorf("%+v", state)
	}
}
