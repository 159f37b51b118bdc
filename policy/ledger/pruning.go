package ledger

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
)

// Pruning says that the bytes of the first records were let go, once an export of
// them was verified and kept. It is a note: whoever can write to the tables could
// empty old records, but not sign for it.
type Pruning struct {
	Origin string
	UpTo   int64  // the last record whose bytes were let go
	Export string // digest of the file that has them: "sha256:" and 64 digits
	Head   Head   // vouches for them
	At     time.Time
	Note   []byte
}

var exportDigest = regexp.MustCompile(`^sha256:[0-9a-f]{64}$`)

// SignPruning writes the note of a pruning.
func SignPruning(p Pruning, by note.Signer) ([]byte, error) {
	text := fmt.Sprintf("%s\npruned %d\nexport %s\n%d\n%s\n%s\n", by.Name(), p.UpTo, p.Export, p.Head.Size, p.Head.Root, p.At.UTC().Format(takenLayout))
	signed, err := note.Sign(&note.Note{Text: text}, by)
	if err != nil {
		return nil, fmt.Errorf("sign that records up to %d are let go: %w", p.UpTo, err)
	}
	return signed, nil
}

// ReadPruning reads such a note, if one of those known has signed it.
func ReadPruning(text []byte, known ...note.Verifier) (p Pruning, err error) {
	opened, err := note.Open(text, note.VerifierList(known...))
	if err != nil {
		return p, fmt.Errorf("note of a pruning: %w", err)
	}
	bad := func() (Pruning, error) { return Pruning{}, fmt.Errorf("note of a pruning: %q", clipped(opened.Text)) }
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 7 {
		return bad()
	}
	p = Pruning{Origin: lines[0], Export: strings.TrimPrefix(lines[2], "export "), Note: text}
	if p.UpTo, err = strconv.ParseInt(strings.TrimPrefix(lines[1], "pruned "), 10, 64); err != nil {
		return bad()
	}
	if p.Head.Size, err = strconv.ParseInt(lines[3], 10, 64); err != nil {
		return bad()
	}
	if p.Head.Root, err = parseHash(lines[4]); err != nil {
		return bad()
	}
	if p.At, err = time.Parse(takenLayout, lines[5]); err != nil || p.UpTo < 1 || p.Head.Size < p.UpTo || !exportDigest.MatchString(p.Export) {
		return bad()
	}
	return p, nil
}
