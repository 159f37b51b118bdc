package postgres

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/policy/ledger"
)

var everyone = []measures.ODSCode{policy.Everyone}

// checkBook reads the whole ledger and proves it: numbers without a gap, every
// entry canonical, in its place, and in the tree that the hashes describe.
func checkBook(t *testing.T, db *DB) int64 {
	t.Helper()
	head, err := db.LedgerHead(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	entries, err := db.LedgerEntries(t.Context(), 0, 1_000_000)
	if err != nil {
		t.Fatal(err)
	}
	if int64(len(entries)) != head.Size {
		t.Fatalf("%d entries in a book of %d", len(entries), head.Size)
	}
	for i, canonical := range entries {
		e, err := ledger.Decode(canonical)
		if err != nil || e.Sequence != int64(i)+1 {
			t.Fatalf("entry %d: sequence %d, %v", i+1, e.Sequence, err)
		}
	}
	for _, sequence := range []int64{1, head.Size/2 + 1, head.Size} {
		if head.Size == 0 {
			break
		}
		proof, err := ledger.Included(sequence, head, db.LedgerHashes(t.Context()))
		if err != nil {
			t.Fatal(err)
		}
		if err := ledger.CheckIncluded(sequence, entries[sequence-1], head, proof); err != nil {
			t.Fatal(err)
		}
	}
	var hashes int64
	if err := db.pool.QueryRow(t.Context(), `SELECT count(*) FROM ledger_hash`).Scan(&hashes); err != nil || hashes != ledger.HashCount(head.Size) {
		t.Fatalf("%d hashes for %d entries, want %d (%v)", hashes, head.Size, ledger.HashCount(head.Size), err)
	}
	return head.Size
}

func TestRecordedDecisionsCanBeProved(t *testing.T) {
	db := open(t)
	for i := range 20 {
		record, err := db.Record(t.Context(), decision("ae_4h", everyone, "numerator"))
		if err != nil || record.Sequence() != int64(2*i+1) {
			t.Fatalf("record %d: sequence %d, %v", i, record.Sequence(), err)
		}
		if _, err := record.Grant(); err != nil {
			t.Fatal(err)
		}
		if err := db.RecordResults(t.Context(), []Result{{Record: record, Rows: 36, Suppressed: 2, Digest: "sha256:00"}}); err != nil {
			t.Fatal(err)
		}
	}
	records, err := db.RecordAll(t.Context(), []policy.Decision{decision("a", everyone), decision("b", everyone), decision("c", everyone)})
	if err != nil || len(records) != 3 || records[2].Sequence() != 43 || records[2].Decision().Request.Resource.Dataset != "c" {
		t.Fatalf("records %v, %v", records, err)
	}
	if size := checkBook(t, db); size != 43 {
		t.Errorf("book of %d entries, want 43", size)
	}
}

func TestProgramsWriteOneLedgerWithoutGapOrDouble(t *testing.T) {
	first := open(t)
	programs := []*DB{first, openURL(t, first.ownerURL), openURL(t, first.ownerURL)}
	var wait sync.WaitGroup
	var mu sync.Mutex
	seen := map[int64]string{}
	for w := range 24 {
		wait.Go(func() {
			for range 10 {
				d := decision("ae_4h", everyone, "numerator")
				record, err := programs[w%len(programs)].Record(t.Context(), d)
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				if other, double := seen[record.Sequence()]; double {
					t.Errorf("%s and %s both got number %d", other, d.Request.ID, record.Sequence())
				}
				seen[record.Sequence()] = d.Request.ID
				mu.Unlock()
			}
		})
	}
	wait.Wait()
	if size := checkBook(t, first); size != 240 {
		t.Errorf("book of %d entries, want 240", size)
	}
}

func TestADecisionThatCannotBeWrittenIsNoRecord(t *testing.T) {
	db := open(t)
	bad := decision("ae_4h", everyone, "numerator")
	bad.Request.ID = ""
	if record, err := db.Record(t.Context(), bad); err == nil || record.Sequence() != 0 {
		t.Errorf("recorded as %d, %v", record.Sequence(), err)
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	if record, err := db.Record(cancelled, decision("ae_4h", everyone, "numerator")); err != nil && record.Sequence() != 0 {
		t.Errorf("a reader who went away was given record %d, %v", record.Sequence(), err)
	}
	// What was asked for is written all the same: the writer writes for others
	// too and does not stop half-way.
	if record, err := db.Record(t.Context(), decision("ae_4h", everyone, "numerator")); err != nil || record.Sequence() != 2 {
		t.Errorf("sequence %d, %v", record.Sequence(), err)
	}
	if size := checkBook(t, db); size != 2 {
		t.Errorf("book of %d entries, want 2", size)
	}
}

// A crash of PostgreSQL may take back results that nobody waited for, and a
// failover decisions too, while this program remembers them.
func TestABookThatEndsEarlierThanRememberedIsReadAgain(t *testing.T) {
	db := open(t)
	for range 3 {
		record, err := db.Record(t.Context(), decision("ae_4h", everyone, "numerator"))
		if err != nil {
			t.Fatal(err)
		}
		if err := db.RecordResults(t.Context(), []Result{{Record: record, Rows: 36, Digest: "sha256:00"}}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := owner(t, db).Exec(t.Context(), fmt.Sprintf(`
		DELETE FROM ledger_hash WHERE place >= %d; DELETE FROM ledger WHERE sequence > 3`, ledger.HashCount(3))); err != nil {
		t.Fatal(err)
	}
	record, err := db.Record(t.Context(), decision("ae_4h", everyone, "numerator"))
	if err != nil || record.Sequence() != 4 {
		t.Errorf("sequence %d, %v", record.Sequence(), err)
	}
	if size := checkBook(t, db); size != 4 {
		t.Errorf("book of %d entries, want 4", size)
	}
}

func TestTheProgramCannotChangeItsLedger(t *testing.T) {
	db := open(t)
	if _, err := db.Record(t.Context(), decision("ae_4h", everyone, "numerator")); err != nil {
		t.Fatal(err)
	}
	for _, sql := range []string{
		`UPDATE ledger SET actor = 'somebody else'`, `DELETE FROM ledger`, `TRUNCATE ledger`,
		`UPDATE ledger_hash SET place = 7`, `DELETE FROM ledger_hash`,
		`DELETE FROM observation`, `UPDATE observation SET numbers = '{1}'`, `DELETE FROM load`, `UPDATE load SET rows_in = 1`,
		`ALTER TABLE observation NO FORCE ROW LEVEL SECURITY`, `DROP POLICY observation_scope ON observation`,
	} {
		if _, err := db.pool.Exec(t.Context(), sql); err == nil {
			t.Errorf("%s: allowed", sql)
		}
	}
}

// TestLedgerHasNoGapAfterKill starts this test again as a process that records
// without pause, kills it in mid-commit several times, and reads the book.
func TestLedgerHasNoGapAfterKill(t *testing.T) {
	if url := os.Getenv("SIGNALBOX_TEST_RECORD_FOR_EVER"); url != "" {
		db, err := Open(context.Background(), Config{URL: url})
		if err != nil {
			t.Fatal(err)
		}
		for n := 0; ; n++ {
			var wait sync.WaitGroup
			for range 8 {
				wait.Go(func() {
					if _, err := db.Record(context.Background(), decision("ae_4h", everyone, "numerator")); err == nil {
						fmt.Println("recorded")
					}
				})
			}
			wait.Wait()
		}
	}
	db := open(t)
	for round := range 4 {
		var out bytes.Buffer
		child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestLedgerHasNoGapAfterKill$")
		child.Env = append(os.Environ(), "SIGNALBOX_TEST_RECORD_FOR_EVER="+db.ownerURL)
		child.Stdout = &out
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(400+90*round) * time.Millisecond)
		child.Process.Kill()
		child.Wait()
		settle(t, db)
		size := checkBook(t, db)
		if promised := int64(bytes.Count(out.Bytes(), []byte("recorded"))); promised > size {
			t.Fatalf("%d decisions were said to be recorded, the book has %d", promised, size)
		}
	}
	if size := checkBook(t, db); size < 20 {
		t.Errorf("only %d entries: the process was killed before it wrote", size)
	}
}

// settle waits until the server has finished what the killed process had sent.
func settle(t *testing.T, db *DB) {
	t.Helper()
	for before := int64(-1); ; time.Sleep(100 * time.Millisecond) {
		head, err := db.LedgerHead(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if head.Size == before {
			return
		}
		before = head.Size
	}
}

func TestANewProgramContinuesTheBook(t *testing.T) {
	db := open(t)
	for range 7 {
		if _, err := db.Record(t.Context(), decision("ae_4h", everyone, "numerator")); err != nil {
			t.Fatal(err)
		}
	}
	again := openURL(t, db.ownerURL)
	record, err := again.Record(t.Context(), decision("ae_4h", everyone, "numerator"))
	if err != nil || record.Sequence() != 8 {
		t.Fatalf("sequence %d, %v", record.Sequence(), err)
	}
	checkBook(t, again)
}

func TestATamperedTreeStopsTheLedger(t *testing.T) {
	db := open(t)
	for range 4 {
		if _, err := db.Record(t.Context(), decision("ae_4h", everyone, "numerator")); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := owner(t, db).Exec(t.Context(), `DELETE FROM ledger_hash`); err != nil {
		t.Fatal(err)
	}
	_, err := openURL(t, db.ownerURL).Record(t.Context(), decision("ae_4h", everyone, "numerator"))
	if !errors.Is(err, ErrNotFound) {
		t.Errorf("recorded on a tree without hashes: %v", err)
	}
}

func BenchmarkRecord(b *testing.B) {
	for _, readers := range []int{1, 16} {
		b.Run(fmt.Sprintf("readers=%d", readers), func(b *testing.B) {
			db := open(b)
			d := decision("ae_4h", everyone, "numerator", "denominator")
			b.ReportAllocs()
			b.SetParallelism(readers)
			if readers == 1 {
				for b.Loop() {
					if _, err := db.Record(b.Context(), d); err != nil {
						b.Fatal(err)
					}
				}
				return
			}
			b.ResetTimer() // Loop does this by itself
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if _, err := db.Record(b.Context(), d); err != nil {
						b.Fatal(err)
					}
				}
			})
		})
	}
}

func TestMigrationsMayStartTogether(t *testing.T) {
	url := openEmpty(t)
	var wait sync.WaitGroup
	for range 3 {
		wait.Go(func() {
			if err := Migrate(t.Context(), url); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	applied, err := MigrateWithReport(t.Context(), url)
	if err != nil || len(applied) != 0 {
		t.Errorf("a second run applied %v, %v", applied, err)
	}
}

func TestAPowerfulRoleIsRefused(t *testing.T) {
	url := openEmpty(t)
	if err := Migrate(t.Context(), url); err != nil {
		t.Fatal(err)
	}
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	// The role belongs to the whole cluster, which other tests use, so the
	// table's owner is changed and not the role.
	if _, err := conn.Exec(t.Context(), `ALTER TABLE observation OWNER TO signalbox_app`); err != nil {
		t.Fatal(err)
	}
	if db, err := Open(t.Context(), Config{URL: url}); err == nil {
		db.Close()
		t.Error("opened as the owner of the tables")
	}
}
