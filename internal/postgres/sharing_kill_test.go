package postgres

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/signalbox-health/signalbox/internal/postgres/pgtest"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/plugins/registry"
	"github.com/signalbox-health/signalbox/policy"
)

// listingsOfAct is how many releases the indexes of these tests have.
const listingsOfAct = 300

// acts are what a child does again and again until it is killed. Each says what it has
// done, after it was told that it is done.
var acts = map[string]func(t *testing.T, db *DB, n int) string{
	"keep": func(t *testing.T, db *DB, n int) string {
		k := aRelease(t, newKey(t), "big", fmt.Sprintf("1.0.%d", n))
		k.Contents = bytes.Repeat([]byte(strconv.Itoa(n)+" "), 300_000)
		k.Digest = k.Release.Digest()
		if err := db.KeepRelease(t.Context(), ofRelease(t, "ines", policy.ReleaseTake, k.Digest, ""), k); err != nil {
			t.Fatal(err)
		}
		return string(k.Digest)
	},
	"adopt": func(t *testing.T, db *DB, n int) string {
		kept, err := db.KeptReleases(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		live, err := db.Adoptions(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if n%3 == 2 {
			id, err := db.UndoAdoption(t.Context(), ofRelease(t, "ines", policy.ReleaseLeave, live[0].Digest, "RAA"), live[0].ID)
			if err != nil {
				t.Fatal(err)
			}
			return strconv.FormatInt(id, 10)
		}
		return strconv.FormatInt(adopt(t, db, kept[n%2]), 10)
	},
	"index": func(t *testing.T, db *DB, _ int) string {
		state, err := db.HubState(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		serial := state.IndexSerial + 1
		list, _ := newHub(t).list(t)
		if err := db.TakeIndex(t.Context(), list, indexOf(serial), serial); err != nil {
			t.Fatal(err)
		}
		return strconv.FormatInt(serial, 10)
	},
}

// indexOf is an index in which every release says which index it is of. From one to
// the next some come and some go.
func indexOf(serial int64) *registry.Index {
	var all []registry.Listing
	for i := range int64(listingsOfAct) {
		l := listing(fmt.Sprintf("plugin-%d", i+serial%50), "1.0.0", "falls", "falls")
		l.Change = strconv.FormatInt(serial, 10)
		all = append(all, l)
	}
	return anIndex(serial, all...)
}

// TestActUntilKilled is what the children of the next test run.
func TestActUntilKilled(t *testing.T) {
	act, url := acts[os.Getenv("SIGNALBOX_TEST_ACT")], os.Getenv("SIGNALBOX_TEST_URL")
	if act == nil {
		t.Skip("run by another test")
	}
	db, err := Open(context.Background(), Config{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	from, err := strconv.Atoi(os.Getenv("SIGNALBOX_TEST_FROM"))
	if err != nil {
		t.Fatal(err)
	}
	for n := from; ; n++ {
		fmt.Println("done", act(t, db, n))
	}
}

// kills is how many children of each act are killed.
func kills(t *testing.T) int {
	n, err := strconv.Atoi(os.Getenv("SIGNALBOX_KILLS"))
	if os.Getenv("SIGNALBOX_KILLS") == "" {
		return 25
	}
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestWhoIsKilledLeavesNoHalfReleaseAndNoLostPin kills children with kill -9 while they
// keep releases, adopt them and take indexes, at moments drawn by chance, and looks at
// what they leave.
func TestWhoIsKilledLeavesNoHalfReleaseAndNoLostPin(t *testing.T) {
	for name, sound := range map[string]func(t *testing.T, db *DB, last string){"keep": noHalfRelease, "adopt": noLostPin, "index": noMixedIndex} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db, _, _ := sharing(t)
			if name == "adopt" {
				acts["adopt"](t, db, 0)
			}
			random := rand.New(rand.NewPCG(7, 7))
			done := 0
			for i := range kills(t) {
				last, acted := killOne(t, db.ownerURL, name, 1000*(i+1), time.Duration(random.IntN(30_000))*time.Microsecond)
				done += acted
				sound(t, db, last)
			}
			t.Logf("%d acts were done before the kills", done)
			acts[name](t, db, 1000*(kills(t)+1)) // and the next one goes on
		})
	}
}

// killOne starts a child, lets it act for a while after its first act, and kills it. It
// gives what the child was told last, and how many acts that were.
func killOne(t *testing.T, url, act string, from int, wait time.Duration) (last string, acted int) {
	t.Helper()
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestActUntilKilled$")
	child.Env = append(os.Environ(), "SIGNALBOX_TEST_ACT="+act, "SIGNALBOX_TEST_URL="+url, "SIGNALBOX_TEST_FROM="+strconv.Itoa(from))
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		said, ok := strings.CutPrefix(lines.Text(), "done ")
		if !ok {
			t.Errorf("the child said %q", lines.Text())
			continue
		}
		if acted == 0 {
			time.AfterFunc(wait, func() { _ = child.Process.Kill() })
		}
		last, acted = said, acted+1
	}
	if err := child.Wait(); err == nil || acted == 0 {
		t.Fatalf("the child was not killed at work: %v after %d acts", err, acted)
	}
	return last, acted
}

// noHalfRelease: what the child was told is kept is there, and whatever is there is
// whole.
func noHalfRelease(t *testing.T, db *DB, last string) {
	kept, err := db.KeptReleases(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	told := false
	for _, k := range kept {
		whole, err := db.KeptRelease(t.Context(), k.Digest)
		if err != nil {
			t.Fatal(err)
		}
		told = told || k.Digest == plugins.Digest(last)
		if sum := sha256.Sum256(whole.Contents); string(k.Digest) != fmt.Sprintf("sha256:%x", sum) || len(whole.Signed) == 0 || whole.Manifest.ID == "" {
			t.Errorf("half a release is left: %+v", whole)
		}
	}
	if !told {
		t.Errorf("release %s was kept, and is lost", last)
	}
	// So that the next does not read all of them again.
	pgtest.Exec(t, db.ownerURL, `DELETE FROM plugin_release WHERE plugin = 'big'`)
}

// noLostPin: one release runs, never none and never two, and everything that ended was
// replaced by the next.
func noLostPin(t *testing.T, db *DB, last string) {
	history, err := db.AdoptionsOf(t.Context(), "RAA")
	if err != nil {
		t.Fatal(err)
	}
	for i, a := range history {
		if a.Ended.IsZero() != (i == 0) {
			t.Fatalf("adoption %d of %d: ended %v", a.ID, len(history), a.Ended)
		}
		if i > 0 && history[i-1].Replaces != a.ID || len(a.Layers.Measures) == 0 || a.First != measures.DateOf(2026, 6, 1) {
			t.Fatalf("after %+v comes %+v", a, history[i-1])
		}
	}
	if id, _ := strconv.ParseInt(last, 10, 64); history[0].ID < id {
		t.Errorf("adoption %d was made, and is lost", id)
	}
}

// noMixedIndex: what is listed is one index, the newest that was taken.
func noMixedIndex(t *testing.T, db *DB, last string) {
	state, found := settled(t, db)
	if serial, _ := strconv.ParseInt(last, 10, 64); state.IndexSerial < serial || state.ListSerial < serial {
		t.Errorf("index %d was taken, and %d is known", serial, state.IndexSerial)
	}
	if len(found) != listingsOfAct {
		t.Errorf("%d releases are listed", len(found))
	}
	for _, l := range found {
		if l.Change != strconv.FormatInt(state.IndexSerial, 10) {
			t.Fatalf("%s is of index %s, and index %d is known", l.ID, l.Change, state.IndexSerial)
		}
	}
}

// settled reads what is known and what is listed at one moment: the database may still
// be about to finish what a killed program had told it to commit.
func settled(t *testing.T, db *DB) (HubState, []FoundListing) {
	for {
		before, err := db.HubState(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		found, _, err := db.SearchListings(t.Context(), ListingQuery{Limit: 10 * listingsOfAct})
		if err != nil {
			t.Fatal(err)
		}
		if after, err := db.HubState(t.Context()); err != nil || after.IndexSerial == before.IndexSerial {
			return before, found
		}
	}
}
