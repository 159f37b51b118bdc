package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/signalbox-health/signalbox/internal/postgres/pgtest"
	"github.com/signalbox-health/signalbox/policy/ledger"
)

func TestAnExportIsVerifiedAnywhereAndTellsEveryTamperingApart(t *testing.T) {
	i := install(t)
	i.decided(4)
	i.must("audit", "head")
	i.decided(6)
	plain, pressed := filepath.Join(i.cfg.dataDir, "record.sbl"), filepath.Join(i.cfg.dataDir, "record.sbl.gz")
	i.must("audit", "export", plain)
	i.must("audit", "export", pressed)
	key := strings.TrimSpace(i.must("audit", "key"))

	// Somewhere else, without a database.
	auditor := &installation{t: t, cfg: config{databaseURL: "postgres://nobody@127.0.0.1:1/none", dataDir: t.TempDir()}}
	for _, file := range []string{plain, pressed} {
		if out := auditor.must("audit", "verify", file, "--key", key); !strings.Contains(out, "Sound: 20 records") || strings.Contains(out, "note:") ||
			!strings.Contains(out, "head of 8 records") || !strings.Contains(out, "head of 20 records") {
			t.Error(out)
		}
		if out := auditor.must("audit", "verify", file); !strings.Contains(out, "taken from the export itself") {
			t.Error(out)
		}
	}
	text := readText(t, plain)
	lines := strings.Split(text, "\n")
	first := slices.IndexFunc(lines, func(line string) bool { return strings.HasPrefix(line, "record ") })
	line := func(n int) int { return first + n - 1 } // of record n
	for _, test := range []struct {
		name     string
		change   func(lines []string) []string
		sequence int64
		kind     string
	}{
		{"one letter", func(l []string) []string { l[line(9)] = strings.Replace(l[line(9)], `"ann"`, `"anna"`, 1); return l }, 9, ledger.Edited},
		{"a line taken out", func(l []string) []string { return slices.Delete(l, line(7), line(8)) }, 7, ledger.Missing},
		{"two lines exchanged", func(l []string) []string { l[line(3)], l[line(9)] = l[line(9)], l[line(3)]; return l }, 3, ledger.Reordered},
		{"a line twice", func(l []string) []string { return slices.Insert(l, line(5), l[line(5)]) }, 6, ledger.Reordered},
		{"the file cut off", func(l []string) []string { return append(l[:line(16)], "") }, 16, ledger.Missing},
		{"cut off within a line", func(l []string) []string { l = l[:line(17)]; l[line(16)] = l[line(16)][:40]; return l }, 16, ledger.Missing},
		{"cut off and ended", func(l []string) []string { return append(l[:line(16)], "end", "") }, 16, ledger.Missing},
		{"no record left", func(l []string) []string { return append(l[:line(1)], "end", "") }, 1, ledger.Missing},
		{"the contents of two exchanged", func(l []string) []string {
			a, b := strings.SplitN(l[line(4)], " ", 4), strings.SplitN(l[line(8)], " ", 4)
			l[line(4)], l[line(8)] = strings.Join([]string{a[0], a[1], a[2], b[3]}, " "), strings.Join([]string{b[0], b[1], b[2], a[3]}, " ")
			return l
		}, 4, ledger.Reordered},
		{"a hash", func(l []string) []string { l[line(4)] = strings.Replace(l[line(4)], "=,", "=,A", 1); return l }, 4, ledger.Damaged},
		{"a head", func(l []string) []string { l[first-1] = strings.Replace(l[first-1], `\n20\n`, `\n21\n`, 1); return l }, 20, ledger.Forged},
		{"emptied", func(l []string) []string {
			parts := strings.SplitN(l[line(9)], " ", 4)
			l[line(9)] = strings.Join(parts[:3], " ") + " {}"
			return l
		}, 9, ledger.Edited},
	} {
		changed := auditor.file("changed.sbl", strings.Join(test.change(slices.Clone(lines)), "\n"))
		if fault := auditor.fault(1, "audit", "verify", changed, "--key", key); fault.Sequence != test.sequence || fault.Kind != test.kind {
			t.Errorf("%s: record %d is %s: %s; want record %d, %s", test.name, fault.Sequence, fault.Kind, fault.Detail, test.sequence, test.kind)
		}
	}
	halved := readText(t, pressed)
	if fault := auditor.fault(1, "audit", "verify", auditor.file("half.gz", halved[:len(halved)/2])); fault.Kind != ledger.Missing {
		t.Errorf("%+v", fault)
	}
	for name, args := range map[string][]string{
		"no export":     {auditor.file("letter", "Dear auditor")},
		"nothing there": {"nowhere.sbl"},
		"a bad key":     {plain, "--key", "abc"},
		"a bad head":    {plain, "--head", plain},
		"a bad format":  {plain, "--format", "xml"},
		"a bad proof":   {"--proof", plain},
	} {
		if out, status := auditor.run(append([]string{"audit", "verify"}, args...)...); status != 2 {
			t.Errorf("%s: status %d\n%s", name, status, out)
		}
	}
}

func TestAnExportOfTheEndContinuesAnEarlierOne(t *testing.T) {
	i := install(t)
	i.decided(6)
	head := i.file("earlier.note", i.must("audit", "head"))
	i.decided(5)
	later := filepath.Join(i.cfg.dataDir, "later.sbl.gz")
	i.must("audit", "export", "--since", "12", later)
	if out := i.must("audit", "verify", later, "--head", head); !strings.Contains(out, "records 13 to 22") {
		t.Error(out)
	}
	// The end of another ledger does not.
	other := install(t)
	other.decided(11)
	wrong := filepath.Join(other.cfg.dataDir, "later.sbl")
	other.must("audit", "export", "--since", "12", wrong)
	if fault := i.fault(1, "audit", "verify", wrong, "--head", head); fault.Kind != ledger.Rewritten {
		t.Errorf("%+v", fault)
	}
	if out, status := i.run("audit", "export", later); status != 2 || !strings.Contains(out, "exists") {
		t.Errorf("written over an export: status %d\n%s", status, out)
	}
	if out, status := i.run("audit", "export", "--since", "99", filepath.Join(i.cfg.dataDir, "none")); status != 2 {
		t.Errorf("status %d\n%s", status, out)
	}
}

func TestAnotherInstallationCosigns(t *testing.T) {
	one, two := install(t), install(t)
	one.must("audit", "key", "--name", "one.example")
	two.must("audit", "key", "--name", "two.example")
	key := strings.TrimSpace(one.must("audit", "key"))
	if out, status := one.run("audit", "key", "--name", "other.example"); status != 2 {
		t.Errorf("renamed: status %d\n%s", status, out)
	}
	if info, err := os.Stat(filepath.Join(one.cfg.dataDir, "audit", "key")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the key: %v, %v", info, err)
	}
	one.decided(3)
	first := two.file("first.note", one.must("audit", "head"))
	if out, status := two.run("audit", "cosign", first); status != 2 || !strings.Contains(out, "--key") {
		t.Errorf("an unknown key: status %d\n%s", status, out)
	}
	two.must("audit", "cosign", first, "--key", key)
	one.decided(4)
	alone := two.file("alone.note", one.must("audit", "head"))
	if out, status := two.run("audit", "cosign", alone); status != 2 || !strings.Contains(out, "--old 6") {
		t.Errorf("without a proof: status %d\n%s", status, out)
	}
	cosigned := one.file("cosigned.note", two.must("audit", "cosign", two.file("update.note", one.must("audit", "head", "--old", "6"))))
	out := one.must("audit", "verify", "--head", cosigned, "--key", strings.TrimSpace(two.must("audit", "key")))
	if !strings.Contains(out, "head of 14 records, one.example") || !strings.Contains(out, "signed by one.example, two.example") {
		t.Error(out)
	}
	// An earlier head, and a ledger that was written again, get no second name.
	if out, status := two.run("audit", "cosign", first); status != 2 {
		t.Errorf("an earlier head: status %d\n%s", status, out)
	}
	pgtest.SQL(t, one.cfg.ownerURL, edited("sequence = 3", `"ann"`, `"eve"`)+"SELECT 1")
	one.rewritten()
	if err := os.RemoveAll(filepath.Join(one.cfg.dataDir, "audit", "heads")); err != nil {
		t.Fatal(err)
	}
	one.db.Close()
	if out, status := two.run("audit", "cosign", two.file("update.note", one.must("audit", "head", "--old", "14"))); status != 1 || !strings.Contains(out, "rewritten") {
		t.Errorf("a ledger written again: status %d\n%s", status, out)
	}
}

func TestOneRecordIsProvedToSomebodyWhoHasNothingElse(t *testing.T) {
	i := install(t)
	i.decided(5)
	proof := i.must("audit", "prove", "3")
	key := strings.TrimSpace(i.must("audit", "key"))
	auditor := &installation{t: t, cfg: config{dataDir: t.TempDir()}}
	if out := auditor.must("audit", "verify", "--proof", auditor.file("3.json", proof), "--key", key); !strings.Contains(out, "Proved: record 3, a decision") {
		t.Error(out)
	}
	for name, changed := range map[string]string{
		"edited":  strings.Replace(proof, `\"ann\"`, `\"eve\"`, 1),
		"another": strings.Replace(proof, `"record": 3`, `"record": 5`, 1),
		"head":    strings.Replace(proof, `\n10\n`, `\n11\n`, 1),
	} {
		if out, status := auditor.run("audit", "verify", "--proof", auditor.file("x.json", changed), "--key", key); status != 1 || changed == proof {
			t.Errorf("%s: status %d\n%s", name, status, out)
		}
	}
	if _, status := i.run("audit", "prove", "11"); status != 2 {
		t.Errorf("a record that is not there: status %d", status)
	}
}

func TestOldRecordsAreLetGoAndStillProved(t *testing.T) {
	i := install(t)
	i.now = time.Date(2025, 3, 1, 12, 0, 0, 0, time.UTC)
	i.decided(5)
	i.must("audit", "head")
	i.now = time.Now()
	i.decided(4)
	kept := filepath.Join(i.cfg.dataDir, "kept.sbl.gz")
	if _, status := i.run("audit", "prune", "--before", "2024-01-01", "--keep-export", kept); status != 2 {
		t.Errorf("nothing that old: status %d", status)
	}
	if out := i.must("audit", "prune", "--before", "2026-01-01", "--keep-export", kept); !strings.Contains(out, "10 records up to 10") {
		t.Error(out)
	}
	if rows := pgtest.SQL(t, i.cfg.ownerURL, `SELECT count(*) FROM ledger WHERE sequence <= 10 AND (actor <> '' OR entry <> '' OR request_id <> '')`); rows[0][0] != "0" {
		t.Errorf("%s old records still say something", rows[0][0])
	}
	if out := i.must("audit", "verify"); !strings.Contains(out, "records 1-10: those about data were let go on "+time.Now().UTC().Format(time.DateOnly)+", vouched for by the head of 18 records") {
		t.Error(out)
	}
	i.decided(2)
	after := filepath.Join(i.cfg.dataDir, "after.sbl")
	i.must("audit", "export", after)
	if out := i.must("audit", "verify", after); !strings.Contains(out, "Sound: 22 records") || !strings.Contains(out, "10 records had been let go") {
		t.Error(out)
	}
	if out := i.must("audit", "verify", kept); !strings.Contains(out, "Sound: 18 records") {
		t.Error(out)
	}
	if _, status := i.run("audit", "prove", "3"); status != 2 {
		t.Errorf("proof of a record that was let go: status %d", status)
	}
	proof := i.file("3.json", i.must("audit", "prove", "3", "--from", kept))
	if out := i.must("audit", "verify", "--proof", proof, "--key", strings.TrimSpace(i.must("audit", "key"))); !strings.Contains(out, "in a ledger of 22 records") {
		t.Error(out)
	}
	// What is left is guarded as before.
	pgtest.SQL(t, i.cfg.ownerURL, edited("sequence = 11", `"ann"`, `"eve"`)+"SELECT 1")
	if fault := i.fault(1, "audit", "verify"); fault.Sequence != 11 || fault.Kind != ledger.Edited {
		t.Errorf("%+v", fault)
	}
	if out, status := i.run("audit", "prune", "--before", "2026-01-01", "--keep-export", filepath.Join(i.cfg.dataDir, "again")); status != 1 || !strings.Contains(out, "nothing was let go") {
		t.Errorf("let go of a changed ledger: status %d\n%s", status, out)
	}
}
