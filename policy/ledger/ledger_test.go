package ledger

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
)

// book is a ledger in memory.
type book struct {
	records []Record
	hashes  []Hash
}

func (b *book) ReadHashes(indexes []int64) ([]Hash, error) {
	out := make([]Hash, len(indexes))
	for i, index := range indexes {
		if index >= int64(len(b.hashes)) {
			return nil, fmt.Errorf("no hash %d", index)
		}
		out[i] = b.hashes[index]
	}
	return out, nil
}

func (b *book) append(t testing.TB, e Entry) {
	t.Helper()
	canonical, err := e.Canonical()
	if err != nil {
		t.Fatal(err)
	}
	added, err := Append(e.Sequence, canonical, b)
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range added {
		if h.Index != int64(len(b.hashes)) {
			t.Fatalf("record %d stores hash %d, want %d", e.Sequence, h.Index, len(b.hashes))
		}
		b.hashes = append(b.hashes, h.Hash)
	}
	b.records = append(b.records, Record{Sequence: e.Sequence, Canonical: canonical})
}

func (b *book) head(t testing.TB) Head {
	t.Helper()
	head, err := HeadOf(int64(len(b.records)), b)
	if err != nil {
		t.Fatal(err)
	}
	return head
}

var noon = time.Date(2026, 6, 15, 12, 0, 0, 123456789, time.UTC)

func decision(n int64) policy.Decision {
	return policy.Decision{
		Request: policy.Request{
			ID: fmt.Sprintf("request-%d", n), Now: noon.Unix(), Action: policy.ChartRead,
			Actor: policy.Actor{ID: "person-7", ODS: "RQW", Orgs: []measures.ODSCode{"RQW"},
				Roles: []policy.Role{"clinician"}, Purpose: "improvement", Assurance: "aal2"},
			Plugin: policy.Plugin{ID: "spc", Version: "1.0.0", Digest: "sha256:ab", Approval: "approved"},
			Resource: policy.Resource{Dataset: "diagnostics", Columns: []string{"waiting", "over6w"}, ODS: "RQW",
				Grain: "aggregate", Period: policy.Period{From: measures.DateOf(2024, 1, 1), To: measures.DateOf(2026, 1, 1)}},
		},
		Allow:  true,
		Grants: []policy.GrantRef{{Code: "own", Ref: "RQW"}},
		Scope:  []measures.ODSCode{"RQW"},
		Rows: []policy.RowRule{{Conditions: []policy.Condition{
			{Field: "ods", Op: "in", Values: []any{"RQW"}},
			{Field: "period", Op: "gte", Values: []any{"2024-01-01"}}}}},
		Columns: []string{"over6w", "waiting"}, Obligations: []string{"audit"},
		PolicyRevision: "sha256:cd", DataRevision: "sha256:ef",
	}
}

// bookOf makes a book in which every even record is the result of the one before.
func bookOf(t testing.TB, size int64) *book {
	b := &book{}
	for n := int64(1); n <= size; n++ {
		at := noon.Add(time.Duration(n) * time.Second)
		if n%2 == 1 {
			b.append(t, Decided(n, at, decision(n)))
			continue
		}
		b.append(t, Released(n, at, fmt.Sprintf("request-%d", n-1),
			Result{Record: n - 1, Rows: 24, Suppressed: 2, Digest: "sha256:" + strings.Repeat("0", 64)}))
	}
	return b
}

func TestEntryHoldsWhatAnAuditorAsksFor(t *testing.T) {
	canonical, err := Decided(1, noon, decision(1)).Canonical()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`"v":3,"sequence":1,"kind":"decision","id":"request-1","time":"2026-06-15T12:00:00.123456Z"`,
		`"subject":{"id":"person-7","ods":"RQW","orgs":["RQW"],"roles":["clinician"],"purpose":"improvement","assurance":"aal2","trained_on":null}`,
		`"action":"chart.read"`, `"dataset":"diagnostics","columns":["waiting","over6w"]`, `"digest":"sha256:ab"`,
		`"policy_revision":"sha256:cd","data_revision":"sha256:ef"`, `"allow":true,"reasons":[]`,
		`"rows":[{"ods":{"in":["RQW"]},"period":{"gte":"2024-01-01"}}]`, `"result":null`,
	} {
		if !strings.Contains(string(canonical), want) {
			t.Errorf("canonical bytes lack %s\n%s", want, canonical)
		}
	}
}

func TestCanonicalBytesDecodeToThemselves(t *testing.T) {
	for _, record := range bookOf(t, 4).records {
		e, err := Decode(record.Canonical)
		if err != nil {
			t.Fatal(err)
		}
		again, err := e.Canonical()
		if err != nil || string(again) != string(record.Canonical) {
			t.Errorf("%v\n%s\n%s", err, again, record.Canonical)
		}
	}
}

func TestDecodeRefusesEverythingElse(t *testing.T) {
	good := string(bookOf(t, 2).records[1].Canonical)
	for name, bytes := range map[string]string{
		"empty":             "",
		"white space":       good + "\n",
		"two entries":       good + good,
		"unknown key":       strings.Replace(good, `"rows":24`, `"rows":24,"more":1`, 1),
		"another key order": strings.Replace(good, `"v":3,"sequence":2`, `"sequence":2,"v":3`, 1),
		"capital key":       strings.Replace(good, `"rows"`, `"Rows"`, 1),
		"repeated key":      strings.Replace(good, `"rows":24`, `"rows":23,"rows":24`, 1),
		"later version":     strings.Replace(good, `"v":3`, `"v":4`, 1),
		"kind that lies":    strings.Replace(good, `"kind":"result"`, `"kind":"decision"`, 1),
		"belongs to itself": strings.Replace(good, `"record":1`, `"record":2`, 1),
		"no id":             strings.Replace(good, `"id":"request-1"`, `"id":""`, 1),
		"not UTF-8":         strings.Replace(good, "request-1", "request-\xff", 1),
		"other time zone":   strings.Replace(good, "Z\"", "+00:00\"", 1),
	} {
		if _, err := Decode([]byte(bytes)); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestEveryRecordIsProvedInEveryHead(t *testing.T) {
	b := bookOf(t, 21)
	for size := int64(1); size <= 21; size++ {
		head, err := HeadOf(size, b)
		if err != nil {
			t.Fatal(err)
		}
		for n := int64(1); n <= size; n++ {
			proof, err := Included(n, head, b)
			if err != nil {
				t.Fatal(err)
			}
			if err := CheckIncluded(n, b.records[n-1].Canonical, head, proof); err != nil {
				t.Error(err)
			}
			if CheckIncluded(n, append([]byte(nil), "other"...), head, proof) == nil {
				t.Errorf("proof of record %d in %d also proves other bytes", n, size)
			}
		}
		for old := int64(0); old <= size; old++ {
			older, _ := HeadOf(old, b)
			proof, err := Consistent(older, head, b)
			if err != nil {
				t.Fatal(err)
			}
			if err := CheckConsistent(older, head, proof); err != nil {
				t.Error(err)
			}
			if older.Root[0]++; old > 0 && CheckConsistent(older, head, proof) == nil {
				t.Errorf("a changed head of %d is consistent with %d", old, size)
			}
		}
	}
}

// TestCanonicalBytesOfEveryVersionAreFrozen keeps the shape of what is on disk:
// if it has to change, raise Version and keep reading the old.
func TestCanonicalBytesOfEveryVersionAreFrozen(t *testing.T) {
	roots := map[int]string{
		1: "2558s9NAxVCU7I7YQuvHSSsliwmNrJIMjcccpup8tyU=",
		2: "mflwukBX9cyxYV+1bLcCdpognQqVYujvYZMhu4b8AeA=",
		3: "3KRKbYgSeTSFSU9DuR5O9DcERxeYvjnEOj/ZJKOscZA=",
	}
	for version, root := range roots {
		b := &book{}
		for i, name := range []string{"decision", "result"} {
			frozen, err := os.ReadFile(fmt.Sprintf("testdata/%s_v%d.json", name, version))
			if err != nil {
				t.Fatal(err)
			}
			e, err := Decode(bytes.TrimSuffix(frozen, []byte("\n")))
			if err != nil {
				t.Fatal(err)
			}
			b.append(t, e)
			if version != Version {
				continue
			}
			if got := bookOf(t, 2).records[i].Canonical; !bytes.Equal(got, b.records[i].Canonical) {
				t.Errorf("%s:\n%s\nwant\n%s", name, got, b.records[i].Canonical)
			}
		}
		if got := b.head(t).Root.String(); got != root {
			t.Errorf("root of version %d: %s", version, got)
		}
	}
}
