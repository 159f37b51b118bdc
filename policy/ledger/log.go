package ledger

import (
	"fmt"

	"golang.org/x/mod/sumdb/tlog"
)

// Hash is one node of the Merkle tree.
type Hash = tlog.Hash

// HashReader gives stored hashes by their index.
type HashReader = tlog.HashReader

// HashReaderFunc is a function that is a HashReader.
type HashReaderFunc = tlog.HashReaderFunc

// Stored is a hash and the index it is stored under.
type Stored struct {
	Index int64
	Hash  Hash
}

// Leaf is the hash of an entry's canonical bytes.
func Leaf(canonical []byte) Hash { return tlog.RecordHash(canonical) }

// LeafIndex is where the leaf hash of a record is stored.
func LeafIndex(sequence int64) int64 { return tlog.StoredHashIndex(0, sequence-1) }

// HashCount is how many hashes a book of so many records stores: the indices
// from 0 to one below it, without gaps.
func HashCount(size int64) int64 {
	if size == 0 {
		return 0
	}
	return tlog.StoredHashCount(size)
}

// Append gives the hashes to store beside a new record: its leaf, and every
// node that it completes. It reads at most one hash for each level of the tree,
// all below HashCount(sequence-1), in one call, and none for odd sequences.
// Sequences run from 1.
func Append(sequence int64, canonical []byte, stored HashReader) ([]Stored, error) {
	if sequence < 1 {
		return nil, fmt.Errorf("append record %d to the ledger: the first is 1", sequence)
	}
	if sequence%2 == 1 {
		return []Stored{{Index: LeafIndex(sequence), Hash: Leaf(canonical)}}, nil
	}
	hashes, err := tlog.StoredHashes(sequence-1, canonical, stored)
	if err != nil {
		return nil, fmt.Errorf("append record %d to the ledger: %w", sequence, err)
	}
	list := make([]Stored, len(hashes))
	first := LeafIndex(sequence)
	for i, h := range hashes {
		list[i] = Stored{Index: first + int64(i), Hash: h}
	}
	return list, nil
}

// Head says how long the book is and what it holds. Whoever keeps an old head
// can prove that nothing before it was changed since.
type Head struct {
	Size int64 // records
	Root Hash
}

// HeadOf computes the head of the first size records.
func HeadOf(size int64, stored HashReader) (Head, error) {
	if size < 0 {
		return Head{}, fmt.Errorf("head of a ledger of %d records", size)
	}
	root, err := tlog.TreeHash(size, stored)
	if err != nil {
		return Head{}, fmt.Errorf("head of the first %d ledger records: %w", size, err)
	}
	return Head{Size: size, Root: root}, nil
}

// Included proves that a record stands in the book that a head describes.
func Included(sequence int64, head Head, stored HashReader) ([]Hash, error) {
	proof, err := tlog.ProveRecord(head.Size, sequence-1, stored)
	if err != nil {
		return nil, fmt.Errorf("proof of ledger record %d in %d: %w", sequence, head.Size, err)
	}
	return proof, nil
}

// CheckIncluded checks such a proof against the record's canonical bytes. It
// needs nothing but the head.
func CheckIncluded(sequence int64, canonical []byte, head Head, proof []Hash) error {
	if err := tlog.CheckRecord(proof, head.Size, head.Root, sequence-1, Leaf(canonical)); err != nil {
		return fmt.Errorf("ledger record %d is not in the book of %d records: %w", sequence, head.Size, err)
	}
	return nil
}

// Consistent proves that the book of the newer head begins with the book of
// the older one.
func Consistent(older, newer Head, stored HashReader) ([]Hash, error) {
	if older.Size == 0 {
		return nil, nil // every book begins with nothing
	}
	proof, err := tlog.ProveTree(newer.Size, older.Size, stored)
	if err != nil {
		return nil, fmt.Errorf("proof that a ledger of %d records continues one of %d: %w", newer.Size, older.Size, err)
	}
	return proof, nil
}

// CheckConsistent checks such a proof.
func CheckConsistent(older, newer Head, proof []Hash) error {
	if older.Size == 0 {
		return nil // every book begins with nothing
	}
	if err := tlog.CheckTree(proof, newer.Size, newer.Root, older.Size, older.Root); err != nil {
		return fmt.Errorf("the ledger of %d records does not continue the one of %d: %w", newer.Size, older.Size, err)
	}
	return nil
}
