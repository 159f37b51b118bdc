package ledger

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"math/bits"
	"slices"

	"golang.org/x/mod/sumdb/tlog"
)

// ErrTampered says that the book is not the one that was written. The error
// that matches it is a *Fault.
var ErrTampered = errors.New("the ledger was changed")

// ErrNoHash says that a stored hash is not there. Readers of hashes return it.
var ErrNoHash = errors.New("the hash is not stored")

// Record is one line of the book as it was found.
type Record struct {
	Sequence  int64
	Canonical []byte // nil: its bytes were let go, and only its hash is left
	// Hashes are those stored beside it, where they come with it; nil: Verify
	// reads them.
	Hashes []Hash
}

// What may be wrong with a record.
const (
	Edited    = "edited"
	Missing   = "missing"
	Reordered = "reordered"
	Inserted  = "inserted"
	Rewritten = "rewritten" // with its hashes, after somebody took a head
	BadHash   = "bad hash"  // the record agrees with its leaf, the tree above does not
	Unfounded = "unfounded" // a result without an allowing decision before it
	Misfiled  = "misfiled"  // it is sound, and is found under something else than it says
	Forged    = "forged"    // a head without the signature that it claims
	Damaged   = "damaged"   // an export that breaks off or cannot be read to its end
)

// Fault names the first record that is not as it was written.
type Fault struct {
	Sequence int64  `json:"record"`
	Kind     string `json:"kind"`
	Detail   string `json:"detail"`
}

func (f *Fault) Error() string {
	return fmt.Sprintf("%v: record %d is %s: %s", ErrTampered, f.Sequence, f.Kind, f.Detail)
}

func (f *Fault) Unwrap() error { return ErrTampered }

// Start is where reading begins: after so many records, whose complete subtrees
// have these roots, in the order of Peaks. Its zero value is the beginning.
type Start struct {
	Size  int64
	Peaks []Hash
}

// Verified says what was found in order.
type Verified struct {
	Head   Head  // of all records, those before the start included
	Read   int64 // records whose bytes were read
	Pruned int64 // records whose bytes were let go
	Heads  int   // heads that agreed
	// Before is how many heads were of fewer records than the start has, and so
	// could not be compared.
	Before int
}

// Verify reads the whole book in order of sequence and compares every record
// with the stored hashes and every head with the records before it. It gives
// the head of what it read, or the first fault as a *Fault. Heads that left the
// machine are worth most: whoever can write to the tables can rewrite records
// and hashes alike, but not a head on paper.
func Verify(records iter.Seq2[Record, error], stored HashReader, heads ...Head) (Head, error) {
	found, err := Reading{Records: records, Stored: stored, Heads: heads}.Verify()
	return found.Head, err
}

// Reading is a book, or the end of one, to be verified.
type Reading struct {
	Start   Start
	Records iter.Seq2[Record, error]
	Stored  HashReader // read where a record does not bring its hashes, and to find where one belongs
	Heads   []Head
	// Also looks at every entry that is in order; it may be nil.
	Also func(Entry) error
}

// Verify is the function of that name, of a book whose first records may be absent.
func (r Reading) Verify() (Verified, error) {
	v := verifier{base: r.Start.Size, stored: blocks{from: r.Stored, size: blockSize}, also: r.Also,
		heads: slices.SortedFunc(slices.Values(r.Heads), func(a, b Head) int { return int(a.Size - b.Size) })}
	v.found.Head.Size, v.good = r.Start.Size, r.Start.Size
	places := Peaks(r.Start.Size)
	if len(places) != len(r.Start.Peaks) {
		return v.found, &Fault{r.Start.Size, Damaged, fmt.Sprintf("to go on from there takes %d hashes of the records before, and there are %d", len(places), len(r.Start.Peaks))}
	}
	for i, place := range places {
		level, _ := tlog.SplitStoredHashIndex(place)
		v.latest[level] = r.Start.Peaks[i]
	}
	for len(v.heads) > 0 && v.heads[0].Size < r.Start.Size {
		v.heads, v.found.Before = v.heads[1:], v.found.Before+1
	}
	if err := v.checkHeads(); err != nil {
		return v.found, err
	}
	err := v.readAll(r.Records)
	return v.found, err
}

type verifier struct {
	base    int64 // records before the first that is read
	found   Verified
	good    int64    // size of the last head that agreed
	latest  [64]Hash // the newest node of each level
	allowed []uint64 // of each record from base: the id of a decision that allowed, hashed; 0: none
	stored  blocks
	heads   []Head
	also    func(Entry) error
}

// unknown stands in allowed for a record whose bytes were let go.
const unknown = 1

func (v *verifier) readAll(records iter.Seq2[Record, error]) error {
	next, stop := iter.Pull2(records)
	defer stop()
	for {
		record, err, more := next()
		if !more {
			break
		}
		if fault := (*Fault)(nil); errors.As(err, &fault) {
			return err
		}
		if err != nil {
			return fmt.Errorf("read the ledger after record %d: %w", v.found.Head.Size, err)
		}
		if err := v.take(record, next); err != nil {
			return err
		}
	}
	size, err := v.finish()
	v.found.Head = size
	if err != nil {
		return err
	}
	for _, head := range v.heads {
		if head.Size > size.Size {
			return &Fault{size.Size + 1, Missing, fmt.Sprintf("the book ends with record %d, and a head speaks of %d", size.Size, head.Size)}
		}
	}
	return nil
}

// finish makes the head of what was read.
func (v *verifier) finish() (Head, error) {
	if v.found.Head.Size == 0 {
		return Head{}, nil
	}
	root, err := tlog.TreeHash(v.found.Head.Size, v)
	return Head{Size: v.found.Head.Size, Root: root}, err
}

func (v *verifier) take(r Record, next func() (Record, error, bool)) error {
	place := v.found.Head.Size + 1
	switch {
	case r.Sequence > place:
		return after(place, r.Sequence, next)
	case r.Sequence < place:
		return &Fault{place, Reordered, fmt.Sprintf("record %d comes again", r.Sequence)}
	}
	kept, err := v.kept(r)
	switch {
	case errors.Is(err, ErrNoHash):
		return &Fault{place, BadHash, "its hash, or one above it, was taken out or never stored"}
	case err != nil:
		return fmt.Errorf("hashes of ledger record %d: %w", place, err)
	}
	leaf := kept[0]
	if r.Canonical != nil {
		leaf = Leaf(r.Canonical)
	}
	hashes, err := tlog.StoredHashesForRecordHash(place-1, leaf, v)
	if err != nil {
		return err
	}
	entry, err := v.judge(r, leaf, kept, next)
	if err != nil {
		return err
	}
	if !slices.Equal(hashes, kept) {
		return &Fault{place, BadHash, "a stored hash above it is not made from the ones below"}
	}
	if v.also != nil && r.Canonical != nil {
		if err := v.also(entry); err != nil {
			return err
		}
	}
	copy(v.latest[:], hashes)
	v.remember(r, entry)
	return v.checkHeads()
}

// kept gives the hashes stored beside a record: as many as it completes.
func (v *verifier) kept(r Record) ([]Hash, error) {
	n := 1 + bits.TrailingZeros64(uint64(r.Sequence))
	if r.Hashes == nil {
		return v.stored.read(LeafIndex(r.Sequence), n)
	}
	if len(r.Hashes) != n {
		return nil, ErrNoHash
	}
	return r.Hashes, nil
}

// judge reads a record by itself: whether it is what was written in this place.
func (v *verifier) judge(r Record, leaf Hash, kept []Hash, next func() (Record, error, bool)) (Entry, error) {
	if r.Canonical == nil {
		return Entry{}, nil
	}
	place := r.Sequence
	entry, problem := Decode(r.Canonical)
	if problem == nil && entry.Sequence != place {
		return entry, v.moved(place, entry.Sequence, r.Canonical, next)
	}
	switch {
	case leaf != kept[0]:
		if follower, err, more := next(); more && err == nil && Leaf(follower.Canonical) == kept[0] {
			return entry, &Fault{place, Inserted, "the record that was written in this place comes after it"}
		}
		return entry, &Fault{place, Edited, "its bytes do not give the hash that was stored when it was written"}
	case problem != nil:
		return entry, &Fault{place, Edited, problem.Error()}
	case entry.Result != nil && !v.founded(entry):
		return entry, &Fault{place, Unfounded, fmt.Sprintf("it belongs to record %d, which is no decision that allows the same request", entry.Result.Record)}
	}
	return entry, nil
}

// founded reports whether a result belongs to a decision that allowed it. What
// stands before the start, or was let go, cannot be looked at.
func (v *verifier) founded(e Entry) bool {
	at := e.Result.Record - 1 - v.base
	return at < 0 || v.allowed[at] == unknown || v.allowed[at] == hashID(e.ID)
}

func (v *verifier) remember(r Record, e Entry) {
	id := uint64(0)
	switch {
	case r.Canonical == nil:
		id, v.found.Pruned = unknown, v.found.Pruned+1
	case e.Decision != nil && e.Decision.Allow:
		id, v.found.Read = hashID(e.ID), v.found.Read+1
	default:
		v.found.Read++
	}
	v.allowed = append(v.allowed, id)
	v.found.Head.Size = r.Sequence
}

// hashID makes eight bytes of an id, so that ten million fit into memory; never
// 0 or unknown.
func hashID(id string) uint64 {
	sum := sha256.Sum256([]byte(id))
	return binary.LittleEndian.Uint64(sum[:]) | 2
}

// after judges a gap: the record may come later, or not at all.
func after(place, found int64, next func() (Record, error, bool)) error {
	for {
		r, err, more := next()
		if !more || err != nil {
			return &Fault{place, Missing, fmt.Sprintf("after record %d comes record %d", place-1, found)}
		}
		if r.Sequence == place {
			return &Fault{place, Reordered, fmt.Sprintf("it comes after record %d", found)}
		}
	}
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
	for len(v.heads) > 0 && v.heads[0].Size <= v.found.Head.Size {
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
		v.good, v.found.Heads = head.Size, v.found.Heads+1
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
