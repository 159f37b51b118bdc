package ledger

import (
	"bytes"
	"errors"
	"fmt"
	"iter"
	"slices"
	"testing"
	"time"
)

func (b *book) all() iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		for _, r := range b.records {
			if !yield(r, nil) {
				return
			}
		}
	}
}

func TestVerifyAcceptsTheBookAsWritten(t *testing.T) {
	for _, size := range []int64{0, 1, 2, 7, 8, 100} {
		b := bookOf(t, size)
		head, err := Verify(b.all(), b, b.head(t))
		if err != nil || size > 0 && head.Size != size {
			t.Errorf("%d records: %+v, %v", size, head, err)
		}
	}
}

// rewrite makes the stored hashes agree with the records again, as somebody
// with full power over the tables could.
func (b *book) rewrite(t *testing.T) {
	b.hashes = nil
	for i := range b.records {
		added, err := Append(int64(i+1), b.records[i].Canonical, b)
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range added {
			b.hashes = append(b.hashes, h.Hash)
		}
	}
}

func edit(b *book, at int, old, new string) {
	b.records[at].Canonical = bytes.Replace(b.records[at].Canonical, []byte(old), []byte(new), 1)
}

func TestVerifyNamesTheFirstFault(t *testing.T) {
	for _, test := range []struct {
		name     string
		change   func(*testing.T, *book)
		sequence int64
		kind     string
	}{
		{"one letter edited", func(_ *testing.T, b *book) { edit(b, 8, "clinician", "clinicien") }, 9, Edited},
		{"a denial made of a permission", func(_ *testing.T, b *book) { edit(b, 8, `"allow":true`, `"allow":false`) }, 9, Edited},
		{"bytes that are no entry", func(_ *testing.T, b *book) { b.records[4].Canonical = []byte("{}") }, 5, Edited},
		{"a false number inside", func(_ *testing.T, b *book) { edit(b, 4, `"sequence":5`, `"sequence":3`) }, 5, Edited},
		{"a record taken out", func(_ *testing.T, b *book) { b.records = slices.Delete(b.records, 6, 7) }, 7, Missing},
		{"a record taken out, the rest renumbered", func(_ *testing.T, b *book) {
			b.records = slices.Delete(b.records, 6, 7)
			for i := range b.records {
				b.records[i].Sequence = int64(i + 1)
			}
		}, 7, Missing},
		{"the end cut off", func(_ *testing.T, b *book) { b.records = b.records[:15] }, 16, Missing},
		{"all taken out", func(_ *testing.T, b *book) { b.records = nil }, 1, Missing},
		{"two exchanged", func(_ *testing.T, b *book) {
			b.records[3].Canonical, b.records[11].Canonical = b.records[11].Canonical, b.records[3].Canonical
		}, 4, Reordered},
		{"one twice", func(_ *testing.T, b *book) { b.records = slices.Insert(b.records, 5, b.records[4]) }, 6, Reordered},
		{"an inner hash changed", func(_ *testing.T, b *book) { b.hashes[2][0]++ }, 2, BadHash},
		{"a leaf changed", func(_ *testing.T, b *book) { b.hashes[LeafIndex(10)][0]++ }, 10, Edited},
		{"record and all hashes rewritten", func(t *testing.T, b *book) { edit(b, 8, "clinician", "clinicien"); b.rewrite(t) }, 1, Rewritten},
	} {
		b := bookOf(t, 20)
		head := b.head(t)
		test.change(t, b)
		_, err := Verify(b.all(), b, head)
		fault := (*Fault)(nil)
		if !errors.As(err, &fault) || !errors.Is(err, ErrTampered) || fault.Sequence != test.sequence || fault.Kind != test.kind {
			t.Errorf("%s: %v; want record %d, %s", test.name, err, test.sequence, test.kind)
		}
	}
}

func TestEarlierHeadsNarrowDownWhatWasRewritten(t *testing.T) {
	b := bookOf(t, 20)
	var heads []Head
	for _, size := range []int64{4, 8, 12, 20} {
		head, _ := HeadOf(size, b)
		heads = append(heads, head)
	}
	edit(b, 8, "clinician", "clinicien")
	b.rewrite(t)
	_, err := Verify(b.all(), b, heads...)
	if fault := (*Fault)(nil); !errors.As(err, &fault) || fault.Sequence != 9 || fault.Kind != Rewritten {
		t.Errorf("%v", err)
	}
}

func TestEveryByteOfEveryRecordCounts(t *testing.T) {
	b := bookOf(t, 4)
	for at := range b.records {
		for i := range b.records[at].Canonical {
			b.records[at].Canonical[i] ^= 1
			_, err := Verify(b.all(), b)
			if fault := (*Fault)(nil); !errors.As(err, &fault) || fault.Sequence != int64(at+1) {
				t.Fatalf("record %d, byte %d: %v", at+1, i, err)
			}
			b.records[at].Canonical[i] ^= 1
		}
	}
}

func TestResultWithoutPermissionIsNamed(t *testing.T) {
	b := &book{}
	denied := decision(1)
	denied.Allow = false
	b.append(t, Decided(1, noon, denied))
	b.append(t, Released(2, noon, "request-1", Result{Record: 1, Rows: 24, Digest: "sha256:00"}))
	_, err := Verify(b.all(), b)
	if fault := (*Fault)(nil); !errors.As(err, &fault) || fault.Sequence != 2 || fault.Kind != Unfounded {
		t.Errorf("%v", err)
	}
}

func TestVerifyPassesOnAReadingError(t *testing.T) {
	lost := errors.New("connection lost")
	records := func(yield func(Record, error) bool) { yield(Record{}, lost) }
	if _, err := Verify(records, &book{}); !errors.Is(err, lost) || errors.Is(err, ErrTampered) {
		t.Errorf("%v", err)
	}
}

func FuzzDecode(f *testing.F) {
	for _, r := range bookOf(f, 2).records {
		f.Add(r.Canonical)
	}
	f.Add([]byte(`{"v":1,"sequence":1,"kind":"result","id":"a","time":"2026-06-15T12:00:00.000000Z","decision":null,"result":null}`))
	f.Fuzz(func(t *testing.T, canonical []byte) {
		e, err := Decode(canonical)
		if err != nil {
			if !errors.Is(err, ErrBadEntry) {
				t.Errorf("%v does not match ErrBadEntry", err)
			}
			return
		}
		again, err := e.Canonical()
		if err != nil || !bytes.Equal(again, canonical) {
			t.Errorf("%v: %q came back as %q", err, canonical, again)
		}
	})
}

func BenchmarkAppend(b *testing.B) {
	book := bookOf(b, 2)
	n := int64(len(book.records))
	canonical := book.records[0].Canonical
	b.ReportAllocs()
	for b.Loop() {
		n++
		added, err := Append(n, canonical, book)
		if err != nil {
			b.Fatal(err)
		}
		for _, h := range added {
			book.hashes = append(book.hashes, h.Hash)
		}
	}
}

func BenchmarkCanonical(b *testing.B) {
	e := Decided(1, noon, decision(1))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := e.Canonical(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVerify(b *testing.B) {
	book := bookOf(b, 10000)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Verify(book.all(), book); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/10000, "ns/record")
}

func BenchmarkIncluded(b *testing.B) {
	book := bookOf(b, 10000)
	head := book.head(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Included(5000, head, book); err != nil {
			b.Fatal(err)
		}
	}
}

func ExampleVerify() {
	b := &book{}
	for n := int64(1); n <= 3; n++ {
		canonical, _ := Decided(n, noon.Add(time.Minute*time.Duration(n)), decision(n)).Canonical()
		added, _ := Append(n, canonical, b)
		for _, h := range added {
			b.hashes = append(b.hashes, h.Hash)
		}
		b.records = append(b.records, Record{Sequence: n, Canonical: canonical})
	}
	edit(b, 1, `"purpose":"improvement"`, `"purpose":"governance"`)
	_, err := Verify(b.all(), b)
	fmt.Println(err)
	// Output: the ledger was changed: record 2 is edited: its bytes do not give the hash that was stored when it was written
}
