package ledger

import (
	"errors"
	"fmt"
	"iter"
	"slices"

	"golang.org/x/mod/sumdb/tlog"
)

// ErrTampered says that the book is not the one that was written. The error
// that matches it is a *Fault.
var ErrTampered = errors.New("the ledger was changed")

// Record is one line of the book as it was found.
type Record struct {
	Sequence  int64
	Canonical []byte
}

// What may be wrong with a record.
const (
	Edited    = "edited"
	Missing   = "missing"
	Reordered = "reordered"
	Rewritten = "rewritten" // with its hashes, after somebody took a head
	BadHash   = "bad hash"  // the record agrees with its leaf, the tree above does not
	Unfounded = "unfounded" // a result without an allowing decision before it
)

// Fault names the first record that is not as it was written.
type Fault struct {
	Sequence int64
	Kind     string
	Detail   string
}

func (f *Fault) Error() string {
	return fmt.Sprintf("%v: record %d is %s: %s", ErrTampered, f.Sequence, f.Kind, f.Detail)
}

func (f *Fault) Unwrap() error { return ErrTampered }

// Verify reads the whole book in order of sequence and compares every record
// with the stored hashes and every head with the records before it. It gives
// the head of what it read, or the first fault as a *Fault. Heads that left the
// machine are worth most: whoever can write to the tables can rewrite records
// and hashes alike, but not a head on paper.
func Verify(records iter.Seq2[Record, error], stored HashReader, heads ...Head) (Head, error) {
	v := verifier{stored: blocks{from: stored, size: blockSize}, heads: slices.SortedFunc(slices.Values(heads), func(a, b Head) int { return int(a.Size - b.Size) })}
	next, stop := iter.Pull2(records)
	defer stop()
	for {
		record, err, more := next()
		if !more {
			break
		}
		if err != nil {
			return v.head, fmt.Errorf("read the ledger after record %d: %w", v.head.Size, err)
		}
		if err := v.take(record, next); err != nil {
			return v.head, err
		}
	}
	for _, head := range v.heads {
		if head.Size > v.head.Size {
			return v.head, &Fault{v.head.Size + 1, Missing, fmt.Sprintf("the book ends with record %d, and a head speaks of %d", v.head.Size, head.Size)}
		}
	}
	return v.head, nil
}

type verifier struct {
	head    Head
	good    int64    // size of the last head that agreed
	latest  [64]Hash // the newest node of each level
	allowed []bool   // by sequence: it was a decision, and it allowed
	stored  blocks
	heads   []Head
}

func (v *verifier) take(r Record, next func() (Record, error, bool)) error {
	place := v.head.Size + 1
	switch {
	case r.Sequence > place:
		return &Fault{place, Missing, fmt.Sprintf("after record %d comes record %d", place-1, r.Sequence)}
	case r.Sequence < place:
		return &Fault{place, Reordered, fmt.Sprintf("record %d comes again", r.Sequence)}
	}
	hashes, err := tlog.StoredHashesForRecordHash(place-1, Leaf(r.Canonical), v)
	if err != nil {
		return err
	}
	kept, err := v.stored.read(LeafIndex(place), len(hashes))
	if err != nil {
		return fmt.Errorf("hashes of ledger record %d: %w", place, err)
	}
	entry, problem := Decode(r.Canonical)
	if problem == nil && entry.Sequence != place {
		return v.moved(place, entry.Sequence, r.Canonical, next)
	}
	switch {
	case hashes[0] != kept[0]:
		return &Fault{place, Edited, "its bytes do not give the hash that was stored when it was written"}
	case problem != nil:
		return &Fault{place, Edited, problem.Error()}
	case !slices.Equal(hashes, kept):
		return &Fault{place, BadHash, "a stored hash above it is not made from the ones below"}
	case entry.Result != nil && !v.allowed[entry.Result.Record-1]:
		return &Fault{place, Unfounded, fmt.Sprintf("it belongs to record %d, which is no decision that allows", entry.Result.Record)}
	}
	copy(v.latest[:], hashes)
	v.allowed = append(v.allowed, entry.Decision != nil && entry.Decision.Allow)
	v.head.Size = place
	return v.checkHeads()
}

// moved judges a record that says it belongs elsewhere. If its bytes are those
// once written there, it was moved: its own place is either taken by the one
// that should stand here, or that one is gone.
func (v *verifier) moved(place, home int64, canonical []byte, next func() (Record, error, bool)) error {
	leaf, err := v.stored.from.ReadHashes([]int64{LeafIndex(home)})
	if err != nil || len(leaf) != 1 || leaf[0] != Leaf(canonical) {
		return &Fault{place, Edited, fmt.Sprintf("it says that it is record %d, and it is not", home)}
	}
	for {
		r, err, more := next()
		if !more || err != nil {
			return &Fault{place, Missing, fmt.Sprintf("record %d stands in its place", home)}
		}
		if entry, err := Decode(r.Canonical); err == nil && entry.Sequence == place {
			return &Fault{place, Reordered, fmt.Sprintf("record %d stands in its place, and it in place %d", home, r.Sequence)}
		}
	}
}

// checkHeads compares the records so far with the heads of that size.
func (v *verifier) checkHeads() error {
	for len(v.heads) > 0 && v.heads[0].Size <= v.head.Size {
		head := v.heads[0]
		v.heads = v.heads[1:]
		if head.Size < 1 {
			continue
		}
		root, err := tlog.TreeHash(head.Size, v)
		if err != nil {
			return err
		}
		if root != head.Root {
			return &Fault{v.good + 1, Rewritten, fmt.Sprintf("it or a later one up to record %d is not what the head of %d records was taken of", head.Size, head.Size)}
		}
		v.good = head.Size
	}
	return nil
}

// ReadHashes gives the nodes that the next record completes: always the newest
// of their level.
func (v *verifier) ReadHashes(indexes []int64) ([]Hash, error) {
	out := make([]Hash, len(indexes))
	for i, index := range indexes {
		level, _ := tlog.SplitStoredHashIndex(index)
		out[i] = v.latest[level]
	}
	return out, nil
}

// blocks reads stored hashes many at a time, since Verify wants them all.
type blocks struct {
	from  HashReader
	size  int // of the next block
	first int64
	held  []Hash
}

const blockSize = 1024

func (b *blocks) read(first int64, n int) ([]Hash, error) {
	if at := first - b.first; at >= 0 && at+int64(n) <= int64(len(b.held)) {
		return b.held[at : at+int64(n)], nil
	}
	for {
		indexes := make([]int64, max(b.size, n))
		for i := range indexes {
			indexes[i] = first + int64(i)
		}
		held, err := b.from.ReadHashes(indexes)
		if err == nil && len(held) == len(indexes) {
			b.first, b.held = first, held
			return held[:n], nil
		}
		if len(indexes) == n {
			if err == nil {
				err = fmt.Errorf("%d hashes from index %d, want %d", len(held), first, n)
			}
			return nil, err
		}
		b.size /= 2 // near the end of the book there is no full block
	}
}
