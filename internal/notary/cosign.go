package notary

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"github.com/signalbox-health/signalbox/policy/ledger"
)

// ErrNotCosigned says that this installation does not put its name to a head. It
// does not mean that the ledger was changed: that is a *ledger.Fault.
var ErrNotCosigned = errors.New("not co-signed")

// Cosign adds this installation's signature to the head of another's, if the
// other's ledger continues what is known of it here. text is a note, or an update
// of the older head that is known. key is the other's verifier key: needed the
// first time, and kept. It gives the note with both signatures.
func (n *Notary) Cosign(text []byte, key string) ([]byte, error) {
	n.taking.Lock()
	defer n.taking.Unlock()
	update, err := ledger.ParseUpdate(text)
	if err != nil {
		return nil, err
	}
	said, err := ledger.ReadHead(update.Note)
	if err != nil {
		return nil, err
	}
	if said.Origin == n.Name() {
		return nil, fmt.Errorf("%w: the head is this installation's own", ErrNotCosigned)
	}
	dir := n.otherDir(said.Origin)
	other, err := n.otherKey(dir, said.Origin, key)
	if err != nil {
		return nil, err
	}
	head, err := ledger.ReadHead(update.Note, other)
	if err != nil {
		return nil, err
	}
	if !head.SignedBy(said.Origin) {
		return nil, fmt.Errorf("%w: the head has no signature of %s that its key fits", ErrNotCosigned, said.Origin)
	}
	older, err := latest(dir, other)
	if err != nil {
		return nil, err
	}
	if err := follows(older, head, update); err != nil {
		return nil, err
	}
	signed, err := n.addSignature(update.Note, other)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("remember %s: %w", said.Origin, err)
	}
	if err := writeOnce(filepath.Join(dir, "key"), []byte(key+"\n")); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("remember the key of %s: %w", said.Origin, err)
	}
	return signed, n.keep(dir, head.Size, signed)
}

// follows compares another's head with the latest that is known of it.
func follows(older, newer ledger.SignedHead, u ledger.Update) error {
	switch {
	case newer.Size < older.Size:
		return fmt.Errorf("%w: it is of %d records, and one of %d is known here already", ErrNotCosigned, newer.Size, older.Size)
	case newer.Size == older.Size && newer.Root != older.Root:
		return changed(older.Head)
	case older.Size == 0, newer.Size == older.Size:
		return nil
	case u.Old != older.Size:
		return fmt.Errorf("%w: the head known here has %d records; ask %s for: signalbox audit head --old %d", ErrNotCosigned, older.Size, newer.Origin, older.Size)
	}
	if ledger.CheckConsistent(older.Head, newer.Head, u.Proof) != nil {
		return changed(older.Head)
	}
	return nil
}

func (n *Notary) addSignature(text []byte, other note.Verifier) ([]byte, error) {
	opened, err := note.Open(text, note.VerifierList(other, n.verifier))
	if err != nil {
		return nil, fmt.Errorf("co-sign a head: %w", err)
	}
	signed, err := note.Sign(opened, n.signer)
	if err != nil {
		return nil, fmt.Errorf("co-sign a head: %w", err)
	}
	return signed, nil
}

// otherDir is a folder for one name. Names may hold any sign but spaces and "+".
func (n *Notary) otherDir(name string) string {
	return filepath.Join(n.dir, "others", "of-"+url.PathEscape(name))
}

// otherKey gives the verifier of another installation: the one that is kept, or
// the one given where none is.
func (n *Notary) otherKey(dir, name, given string) (note.Verifier, error) {
	kept, err := os.ReadFile(filepath.Join(dir, "key"))
	known := strings.TrimSpace(string(kept))
	switch {
	case errors.Is(err, fs.ErrNotExist) && given == "":
		return nil, fmt.Errorf("%w: the key of %s is not known here; ask for it by another way than the head came, and give it with --key", ErrNotCosigned, name)
	case errors.Is(err, fs.ErrNotExist):
		known = given
	case err != nil:
		return nil, fmt.Errorf("key of %s: %w", name, err)
	case given != "" && given != known:
		return nil, fmt.Errorf("%w: another key of %s is known here; if it has a new one, it needs a new name", ErrNotCosigned, name)
	}
	verifier, err := note.NewVerifier(known)
	if err != nil {
		return nil, fmt.Errorf("key of %s: %w", name, err)
	}
	if verifier.Name() != name {
		return nil, fmt.Errorf("%w: the key is that of %s, and the head is of %s", ErrNotCosigned, verifier.Name(), name)
	}
	return verifier, nil
}
