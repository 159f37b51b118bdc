package ledger

import (
	"encoding/json"
	"fmt"

	"golang.org/x/mod/sumdb/note"
)

// Proof shows to somebody who has nothing else that one record stands in a
// ledger: the record, the way up the tree, and the signed head it leads to.
type Proof struct {
	V        int      `json:"v"`
	Sequence int64    `json:"record"`
	Entry    string   `json:"entry"` // its canonical bytes
	Path     []string `json:"path"`  // hashes, from the record up
	Note     string   `json:"head"`
}

// Prove makes the proof of a record within a signed head.
func Prove(sequence int64, canonical []byte, head SignedHead, stored HashReader) (Proof, error) {
	path, err := Included(sequence, head.Head, stored)
	if err != nil {
		return Proof{}, err
	}
	// What is given away is checked: a proof that does not hold accuses.
	if err := CheckIncluded(sequence, canonical, head.Head, path); err != nil {
		return Proof{}, err
	}
	p := Proof{V: 1, Sequence: sequence, Entry: string(canonical), Note: string(head.Note)}
	for _, h := range path {
		p.Path = append(p.Path, h.String())
	}
	return p, nil
}

// ReadProof reads a proof. It does not check it.
func ReadProof(text []byte) (Proof, error) {
	var p Proof
	if err := json.Unmarshal(text, &p); err != nil {
		return p, fmt.Errorf("not a proof: %w", err)
	}
	if p.V != 1 || p.Sequence < 1 {
		return p, fmt.Errorf("not a proof of version 1")
	}
	return p, nil
}

// Check checks a proof with nothing but what it holds, and gives the record and
// the head. A proof that does not hold is a *Fault. Whose head it is, its
// signatures must say.
func (p Proof) Check(known ...note.Verifier) (Entry, SignedHead, error) {
	head, err := ReadHead([]byte(p.Note), known...)
	if err != nil {
		return Entry{}, SignedHead{}, &Fault{p.Sequence, Forged, err.Error()}
	}
	entry, err := Decode([]byte(p.Entry))
	if err != nil {
		return entry, head, &Fault{p.Sequence, Edited, err.Error()}
	}
	if entry.Sequence != p.Sequence {
		return entry, head, &Fault{p.Sequence, Reordered, fmt.Sprintf("it says that it is record %d", entry.Sequence)}
	}
	var path []Hash
	for _, text := range p.Path {
		h, err := parseHash(text)
		if err != nil {
			return entry, head, &Fault{p.Sequence, BadHash, err.Error()}
		}
		path = append(path, h)
	}
	if err := CheckIncluded(p.Sequence, []byte(p.Entry), head.Head, path); err != nil {
		return entry, head, &Fault{p.Sequence, Edited, err.Error()}
	}
	return entry, head, nil
}
