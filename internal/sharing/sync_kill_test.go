package sharing_test

import (
	"bufio"
	"context"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/internal/postgres/pgtest"
	"github.com/signalbox-health/signalbox/internal/sharing"
	"github.com/signalbox-health/signalbox/plugins/registry"
)

// TestSyncUntilKilled is what the children of the next test run: it asks the hub again
// and again.
func TestSyncUntilKilled(t *testing.T) {
	url := os.Getenv("SIGNALBOX_TEST_SYNC_URL")
	if url == "" {
		t.Skip("run by another test")
	}
	db, err := postgres.Open(context.Background(), postgres.Config{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	key, err := registry.ParsePublicKey(os.Getenv("SIGNALBOX_TEST_SYNC_ROOT"))
	if err != nil {
		t.Fatal(err)
	}
	node := &sharing.Node{Hub: os.Getenv("SIGNALBOX_TEST_SYNC_HUB"), Root: registry.Root{Keys: []registry.PublicKey{key}, Threshold: 1},
		Store: db, Now: func() time.Time { return noon }}
	for {
		if _, err := node.Sync(t.Context()); err != nil {
			t.Fatal(err)
		}
		_, _ = os.Stdout.WriteString("synced\n")
	}
}

// kills is how many children are killed.
func kills(t *testing.T) int {
	text := os.Getenv("SIGNALBOX_KILLS")
	if text == "" {
		return 25
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestWhoIsKilledWhileItSyncsLeavesOneIndexAndTheNextMendsIt kills nodes with kill -9
// while they ask a hub that has a new index each time, at moments drawn by chance.
func TestWhoIsKilledWhileItSyncsLeavesOneIndexAndTheNextMendsIt(t *testing.T) {
	t.Parallel()
	const releases = 400
	hub := newHub(t, releases)
	var issuing sync.Mutex
	next := func() {
		issuing.Lock()
		defer issuing.Unlock()
		hub.index.Serial++
		for i := range hub.index.Releases {
			hub.index.Releases[i].Change = strconv.FormatInt(hub.index.Serial, 10)
		}
		hub.issue(t, hub.root)
	}
	next()
	between(hub, func(before http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			before.ServeHTTP(w, r)
			if strings.HasSuffix(r.URL.Path, "index.json") {
				next() // somebody publishes something meanwhile
			}
		})
	})
	url := pgtest.URL(t)
	if err := postgres.Migrate(t.Context(), url); err != nil {
		t.Fatal(err)
	}
	db, err := postgres.Open(t.Context(), postgres.Config{URL: url, Now: func() time.Time { return noon }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	node := &sharing.Node{Hub: hub.url, Root: hub.keys(), Store: db, Now: func() time.Time { return noon }}
	random := rand.New(rand.NewPCG(3, 5))
	synced, last := 0, int64(0)
	for range kills(t) {
		synced += killSyncing(t, hub, url, time.Duration(random.IntN(60_000))*time.Microsecond)
		// In one statement: the database may still be about to finish what the child had
		// told it to commit.
		found := pgtest.SQL(t, url, `SELECT index_serial, problem, count(*), count(DISTINCT listing->>'change'), min(listing->>'change')
			FROM hub_state, listing GROUP BY index_serial, problem`)[0]
		serial, err := strconv.ParseInt(found[0], 10, 64)
		if err != nil || serial < last || !slices.Equal(found, []string{found[0], "", strconv.Itoa(releases), "1", found[0]}) {
			t.Fatalf("index %d was known; now it is %s: %q, and %s releases are listed, of %s indexes, %s among them", last, found[0], found[1], found[2], found[3], found[4])
		}
		if again, err := node.Sync(t.Context()); err != nil || !again.New {
			t.Fatalf("the next sync: %+v, %v", again, err)
		}
		last = stateOf(t, db).IndexSerial
	}
	t.Logf("%d indexes were taken by those who were killed", synced)
}

// killSyncing starts a child, lets it sync for a while after its first time, and kills
// it. It gives how often the child said that it had.
func killSyncing(t *testing.T, hub *hubSite, url string, wait time.Duration) (synced int) {
	t.Helper()
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestSyncUntilKilled$")
	child.Env = append(os.Environ(), "SIGNALBOX_TEST_SYNC_URL="+url, "SIGNALBOX_TEST_SYNC_HUB="+hub.url, "SIGNALBOX_TEST_SYNC_ROOT="+hub.root.Public().String())
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if lines.Text() != "synced" {
			t.Errorf("a child says: %s", lines.Text())
			continue
		}
		if synced++; synced == 1 {
			time.AfterFunc(wait, func() { _ = child.Process.Kill() })
		}
	}
	_ = child.Wait() // it was killed
	if synced == 0 {
		t.Fatal("a child never synced")
	}
	return synced
}
