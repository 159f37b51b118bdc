package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/signalbox-health/signalbox/internal/postgres/pgtest"
	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/plugins/registry"
)

// changingHub is a hub whose index has one number more each time that it is asked for.
type changingHub struct {
	t     *testing.T
	key   registry.Key
	mu    sync.Mutex
	list  []byte
	index registry.Index
	asked chan struct{} // the index is on its way
}

func newChangingHub(t *testing.T, releases int) *changingHub {
	t.Helper()
	key, err := registry.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now().UTC().Truncate(time.Second)
	list, err := registry.List{Serial: 1, Issued: now.Add(-time.Hour), Expires: now.AddDate(0, 1, 0)}.Seal(key)
	if err != nil {
		t.Fatal(err)
	}
	h := &changingHub{t: t, key: key, list: encodedEnvelope(t, list), asked: make(chan struct{}, 1),
		index: registry.Index{Issued: now.Add(-time.Hour), Expires: now.AddDate(0, 0, 7), Publishers: 1}}
	for i := range releases {
		digest := plugins.DigestOf(fmt.Append(nil, i))
		h.index.Releases = append(h.index.Releases, registry.Listing{ID: fmt.Sprintf("bellmere-%05d", i), Version: "1.0.0", Publisher: "bellmere",
			Title: "Falls", Problem: "People fall.", Areas: []string{}, Datasets: []string{"falls"}, Contents: digest, Artifact: digest, State: registry.Published})
	}
	return h
}

func encodedEnvelope(t testing.TB, e registry.Envelope) []byte {
	t.Helper()
	text, err := e.Encode()
	if err != nil {
		t.Error(err)
	}
	return text
}

func (h *changingHub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if filepath.Base(r.URL.Path) == "publishers.json" {
		_, _ = w.Write(h.list)
		return
	}
	h.index.Serial++
	for i := range h.index.Releases {
		h.index.Releases[i].Change = strconv.FormatInt(h.index.Serial, 10)
	}
	e, err := h.index.Seal(h.key)
	if err != nil {
		h.t.Error(err)
	}
	http.ServeContent(w, r, "index.json", time.Time{}, bytes.NewReader(encodedEnvelope(h.t, e)))
	select {
	case h.asked <- struct{}{}:
	default:
	}
}

// TestWhoIsKilledAtWorkLeavesOneIndexAndTheNextMendsIt kills "signalbox work" with
// kill -9 while it takes an index, and lets the next one find its job.
func TestWhoIsKilledAtWorkLeavesOneIndexAndTheNextMendsIt(t *testing.T) {
	if testing.Short() {
		t.Skip("processes are started and killed")
	}
	const releases = 3000
	kills := 1
	if text := os.Getenv("SIGNALBOX_KILLS"); text != "" {
		var err error
		if kills, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	hub := newChangingHub(t, releases)
	site := httptest.NewServer(hub)
	defer site.Close()
	dir := dataFolder(t)
	cfg := &config{dataDir: dir, path: os.Getenv("PATH"), tempDir: os.TempDir()}
	owner, stop, err := cfg.startDatabase(t.Context(), quiet())
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	if err := os.MkdirAll(cfg.trustDir(), 0o700); err != nil {
		t.Fatal(err)
	}
	root, err := json.Marshal(registry.Root{Keys: []registry.PublicKey{hub.key.Public()}, Threshold: 1})
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(cfg.trustDir(), "root.json"), string(root))
	write(t, filepath.Join(cfg.trustDir(), "hub.json"), fmt.Sprintf(`{"url": "%s/hub", "registry": "%s/signalbox", "user": ""}`, site.URL, site.URL))

	random := rand.New(rand.NewPCG(11, 13))
	last := int64(0)
	known := func() int64 {
		found := pgtest.SQL(t, owner, `SELECT index_serial, count(listing), count(DISTINCT listing->>'change'), coalesce(min(listing->>'change'), '0')
			FROM hub_state LEFT JOIN listing ON true GROUP BY index_serial`)[0]
		serial, err := strconv.ParseInt(found[0], 10, 64)
		if err != nil || serial < last || serial > 0 && !slices.Equal(found[1:], []string{strconv.Itoa(releases), "1", found[0]}) {
			t.Fatalf("index %d was known, and now: %v", last, found)
		}
		return serial
	}
	halfway := 0
	for range kills {
		worker := launch(t, "work", "--data", dir)
		wait(t, hub.asked, worker)
		time.Sleep(time.Duration(random.IntN(400)) * time.Millisecond)
		worker.kill()
		// It may have been done just before the end.
		if n := pgtest.SQL(t, owner, `SELECT count(*) FROM river_job WHERE kind = 'hub.sync' AND state = 'running'`)[0][0]; n == "1" {
			halfway++
		}
		last = known()
		// Ten minutes pass: the leader's lease runs out, and the job has had its time.
		pgtest.Exec(t, owner, `UPDATE river_leader SET elected_at = elected_at - interval '10 minutes', expires_at = expires_at - interval '10 minutes'`)
		pgtest.Exec(t, owner, `UPDATE river_job SET attempted_at = attempted_at - interval '10 minutes' WHERE state = 'running'`)
		next := launch(t, "work", "--data", dir)
		for before, began := last, time.Now(); last <= before; last = known() {
			if time.Sleep(50 * time.Millisecond); time.Since(began) > 2*time.Minute {
				t.Fatalf("the next one has taken no index within two minutes:\n%s", next.errors.String())
			}
		}
		next.signal(syscall.SIGTERM)
		<-next.done
		last = known() // it may have ended after its work, and before it could say so
		select {
		case <-hub.asked:
		default:
		}
	}
	t.Logf("%d of %d were killed before they could say that they were done", halfway, kills)
}

// wait waits until a worker has asked the hub.
func wait(t *testing.T, asked <-chan struct{}, worker *program) {
	t.Helper()
	select {
	case <-asked:
	case <-worker.done:
		t.Fatalf("the worker ended:\n%s", worker.errors.String())
	case <-time.After(2 * time.Minute):
		t.Fatalf("the worker has not asked the hub within two minutes:\n%s", worker.errors.String())
	}
}
