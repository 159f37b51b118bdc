package ledger

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"golang.org/x/mod/sumdb/note"
)

// Offline is what was found in an export.
type Offline struct {
	Verified
	About About
	// Vouched are the heads within the export, whose signatures were checked.
	Vouched []SignedHead
	// Claimed says that the key of the origin is known from the export alone.
	Claimed bool
}

// VerifyExport verifies an export with nothing else: its records against the
// hashes beside them, the tree, the heads within it and those given. Keys that are
// given are believed; without one of the origin's name, the key that the export
// itself names is used, and Claimed. Fault as by Verify.
func VerifyExport(open func() (io.ReadCloser, error), known []note.Verifier, heads ...Head) (Offline, error) {
	file, err := open()
	if err != nil {
		return Offline{}, err
	}
	defer file.Close()
	e, err := OpenExport(file)
	if err != nil {
		return Offline{}, err
	}
	found := Offline{About: e.About}
	if !slices.ContainsFunc(known, func(v note.Verifier) bool { return v.Name() == e.About.Origin }) {
		claimed, err := note.NewVerifier(e.About.Key)
		if err != nil || claimed.Name() != e.About.Origin {
			return found, fmt.Errorf("%w: the key that it names is none of %q", ErrNoExport, clipped(e.About.Origin))
		}
		known, found.Claimed = append(slices.Clone(known), claimed), true
	}
	for _, text := range e.Heads {
		head, err := ReadHead(text, known...)
		if err != nil {
			return found, &Fault{e.About.Size, Forged, err.Error()}
		}
		if !head.SignedBy(e.About.Origin) {
			return found, &Fault{head.Size, Forged, fmt.Sprintf("the head of %d records has no signature of %s", head.Size, e.About.Origin)}
		}
		found.Vouched, heads = append(found.Vouched, head), append(heads, head.Head)
	}
	found.Verified, err = Reading{Start: e.Start, Records: e.Records, Stored: leaves(open), Heads: heads}.Verify()
	return found, err
}

// leaves looks single hashes up by reading the export again. That is slow, and is
// asked only about the one record that Verify finds in the wrong place.
func leaves(open func() (io.ReadCloser, error)) HashReader {
	return HashReaderFunc(func(places []int64) ([]Hash, error) {
		file, err := open()
		if err != nil {
			return nil, err
		}
		defer file.Close()
		e, err := OpenExport(file)
		if err != nil {
			return nil, err
		}
		found := map[int64]Hash{}
		for r, err := range e.Records {
			if err != nil {
				break
			}
			if place := LeafIndex(r.Sequence); slices.Contains(places, place) {
				found[place] = r.Hashes[0]
			}
		}
		hashes := make([]Hash, len(places))
		for i, place := range places {
			hash, ok := found[place]
			if !ok {
				return nil, fmt.Errorf("hash %d: %w", place, ErrNoHash)
			}
			hashes[i] = hash
		}
		return hashes, nil
	})
}

// RecordOf finds one record in an export.
func RecordOf(e *ExportReader, sequence int64) (Record, error) {
	for r, err := range e.Records {
		if err != nil {
			return Record{}, err
		}
		if r.Sequence == sequence && r.Canonical != nil {
			return r, nil
		}
	}
	return Record{}, errors.New("the export does not have that record")
}
