package ledger

import (
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
)

// A head leaves the machine as a note: a text that can be read aloud, printed and
// mailed, with signatures below it. The first three lines are those of the
// checkpoints that transparency logs exchange, so that others' tools read them.

// ErrBadNote says that a text is not the signed head of a ledger.
var ErrBadNote = errors.New("not the signed head of a ledger")

// takenLayout is how a note says when its head was taken, to the second.
const takenLayout = "2006-01-02T15:04:05Z"

// SignedHead is a head with those who vouch for it.
type SignedHead struct {
	Head
	Origin string    // name of the installation whose ledger it is
	Taken  time.Time // in UTC, to the second
	Note   []byte    // the text with its signatures
	// Signers names those whose signatures were checked and are good.
	Signers []string
	// Unchecked names those who have signed and whose key is not known here.
	Unchecked []string
}

// SignHead writes a head as a note. The first signer's name is the origin.
func SignHead(h Head, taken time.Time, origin note.Signer, others ...note.Signer) ([]byte, error) {
	text := fmt.Sprintf("%s\n%d\n%s\ntaken %s\n", origin.Name(), h.Size, h.Root, taken.UTC().Format(takenLayout))
	signed, err := note.Sign(&note.Note{Text: text}, append([]note.Signer{origin}, others...)...)
	if err != nil {
		return nil, fmt.Errorf("sign the head of %d records: %w", h.Size, err)
	}
	return signed, nil
}

// ReadHead reads a note and checks the signatures of those whose keys are known.
// Without any of them the head is read all the same, and names nobody in Signers:
// it says what its text says and no more. A signature that is false is an error.
func ReadHead(text []byte, known ...note.Verifier) (SignedHead, error) {
	opened, err := note.Open(text, note.VerifierList(known...))
	unverified := (*note.UnverifiedNoteError)(nil)
	switch {
	case errors.As(err, &unverified):
		opened = unverified.Note
	case err != nil:
		return SignedHead{}, fmt.Errorf("%w: %w", ErrBadNote, err)
	}
	h, err := parseHead(opened.Text)
	if err != nil {
		return SignedHead{}, fmt.Errorf("%w: %w", ErrBadNote, err)
	}
	h.Note = slices.Clone(text)
	for _, s := range opened.Sigs {
		h.Signers = append(h.Signers, s.Name)
	}
	for _, s := range opened.UnverifiedSigs {
		h.Unchecked = append(h.Unchecked, s.Name)
	}
	return h, nil
}

func parseHead(text string) (h SignedHead, err error) {
	lines := strings.Split(text, "\n")
	if len(lines) != 5 || lines[4] != "" {
		return h, fmt.Errorf("it has %d lines, want four: name, records, root, time", len(lines)-1)
	}
	h.Origin = lines[0]
	if h.Size, err = strconv.ParseInt(lines[1], 10, 64); err != nil || h.Size < 0 || strconv.FormatInt(h.Size, 10) != lines[1] {
		return h, fmt.Errorf("%q is no number of records", lines[1])
	}
	if h.Root, err = parseHash(lines[2]); err != nil {
		return h, err
	}
	taken, ok := strings.CutPrefix(lines[3], "taken ")
	if h.Taken, err = time.Parse(takenLayout, taken); err != nil || !ok {
		return h, fmt.Errorf("%q does not say when the head was taken", lines[3])
	}
	return h, nil
}

// parseHash reads a hash as notes and exports write it: base64, one text for one
// hash.
func parseHash(text string) (h Hash, err error) {
	bytes, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil || len(bytes) != len(h) {
		return h, fmt.Errorf("%q is no hash", clipped(text))
	}
	return Hash(bytes), nil
}

// SignedBy reports whether the signature of a name was checked and is good.
func (h SignedHead) SignedBy(name string) bool { return slices.Contains(h.Signers, name) }

// Update is a signed head with the proof that its ledger continues an older one:
// what another installation needs to co-sign. As a text it is a line "old N", one
// line for each hash, an empty line, and the note.
type Update struct {
	Old   int64 // records of the older head; 0: there is none, and no proof
	Proof []Hash
	Note  []byte
}

// Text writes an update. One without an older head is its note.
func (u Update) Text() []byte {
	if u.Old == 0 {
		return u.Note
	}
	var b strings.Builder
	fmt.Fprintf(&b, "old %d\n", u.Old)
	for _, h := range u.Proof {
		fmt.Fprintln(&b, h)
	}
	b.WriteByte('\n')
	b.Write(u.Note)
	return []byte(b.String())
}

// ParseUpdate reads an update or a note by itself.
func ParseUpdate(text []byte) (Update, error) {
	if !strings.HasPrefix(string(text), "old ") {
		return Update{Note: text}, nil
	}
	top, body, ok := strings.Cut(string(text), "\n\n")
	lines := strings.Split(top, "\n")
	old, err := strconv.ParseInt(strings.TrimPrefix(lines[0], "old "), 10, 64)
	if !ok || err != nil || old < 1 {
		return Update{}, fmt.Errorf("%w: %q before it does not say how many records the older head has", ErrBadNote, clipped(lines[0]))
	}
	u := Update{Old: old, Note: []byte(body)}
	for _, line := range lines[1:] {
		h, err := parseHash(line)
		if err != nil {
			return Update{}, fmt.Errorf("%w: the proof before it: %w", ErrBadNote, err)
		}
		u.Proof = append(u.Proof, h)
	}
	return u, nil
}

// clipped keeps what somebody else wrote short enough for a message.
func clipped(text string) string {
	if len(text) > 60 {
		return text[:60] + "…"
	}
	return text
}
