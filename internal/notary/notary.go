// Package notary vouches for the ledger from outside the database: it signs its
// heads with a key of the installation's own, keeps them as files, and co-signs
// those of other installations. Whoever can rewrite every table can rewrite
// neither these files nor what was printed and mailed of them.
package notary

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/signalbox-health/signalbox/policy/ledger"
)

// Book is the ledger that heads are taken of.
type Book interface {
	LedgerHead(context.Context) (ledger.Head, error)
	LedgerHashes(context.Context) ledger.HashReader
}

// Notary has a key and a folder. It is safe for concurrent use, also by several
// programs with one folder.
type Notary struct {
	dir      string
	signer   note.Signer
	verifier note.Verifier
	key      string // of the verifier, as text
	now      func() time.Time
	taking   sync.Mutex
}

// ErrNamed says that an installation has a name already. Signatures carry it, so
// it is given once.
var ErrNamed = errors.New("this installation's key has a name already")

// Open reads the key in a folder, or makes one there the first time, with the
// name given or, where that is empty, one made by chance. Only the user that runs
// the program can read it.
func Open(dir, name string, now func() time.Time) (*Notary, error) {
	if err := os.MkdirAll(filepath.Join(dir, "heads"), 0o700); err != nil {
		return nil, fmt.Errorf("folder of the ledger's heads: %w", err)
	}
	n := &Notary{dir: dir, now: now}
	text, err := os.ReadFile(n.keyFile())
	if errors.Is(err, fs.ErrNotExist) {
		text, err = n.makeKey(name)
	}
	if err != nil {
		return nil, fmt.Errorf("key that signs the ledger's heads: %w", err)
	}
	private, public, ok := strings.Cut(strings.TrimSpace(string(text)), "\n")
	if n.key = public; !ok {
		return nil, fmt.Errorf("key that signs the ledger's heads: %s is no key", n.keyFile())
	}
	if n.signer, err = note.NewSigner(private); err == nil {
		n.verifier, err = note.NewVerifier(public)
	}
	if err != nil {
		return nil, fmt.Errorf("key that signs the ledger's heads: %s: %w", n.keyFile(), err)
	}
	if name != "" && name != n.signer.Name() {
		return nil, fmt.Errorf("%w: it is %s", ErrNamed, n.signer.Name())
	}
	return n, nil
}

func (n *Notary) keyFile() string { return filepath.Join(n.dir, "key") }

// makeKey writes a new key, unless another program has done so meanwhile.
func (n *Notary) makeKey(name string) ([]byte, error) {
	if name == "" {
		name = "signalbox-" + strings.ToLower(rand.Text()[:8])
	}
	private, public, err := note.GenerateKey(rand.Reader, name)
	if err != nil {
		return nil, err
	}
	if _, err := note.NewSigner(private); err != nil {
		return nil, fmt.Errorf("the name %q cannot stand in a signature; use letters, digits, dots and hyphens: %w", name, err)
	}
	text := []byte(private + "\n" + public + "\n")
	err = writeOnce(n.keyFile(), text)
	if errors.Is(err, fs.ErrExist) {
		return os.ReadFile(n.keyFile())
	}
	return text, err
}

// Name is what the installation signs as.
func (n *Notary) Name() string { return n.signer.Name() }

// Key is the verifier key: what others need to check the signatures.
func (n *Notary) Key() string { return n.key }

// Verifier checks this installation's own signatures.
func (n *Notary) Verifier() note.Verifier { return n.verifier }

// Signer signs as the installation.
func (n *Notary) Signer() note.Signer { return n.signer }

// Take signs the head of the ledger and keeps it. Where the ledger has not grown
// since the latest, it gives that one; where it does not continue it, the error
// is a *ledger.Fault and nothing is signed. The head of an empty ledger is not
// kept and has no note.
func (n *Notary) Take(ctx context.Context, book Book) (ledger.SignedHead, error) {
	n.taking.Lock()
	defer n.taking.Unlock()
	latest, err := n.Latest()
	if err != nil {
		return ledger.SignedHead{}, err
	}
	head, err := book.LedgerHead(ctx)
	if err != nil {
		return ledger.SignedHead{}, err
	}
	if err := continues(latest.Head, head, book.LedgerHashes(ctx)); err != nil {
		return ledger.SignedHead{}, err
	}
	if head.Size == latest.Size {
		return latest, nil
	}
	text, err := ledger.SignHead(head, n.now(), n.signer)
	if err != nil {
		return ledger.SignedHead{}, err
	}
	if err := n.keep(n.headsDir(), head.Size, text); err != nil {
		return ledger.SignedHead{}, err
	}
	return ledger.ReadHead(text, n.verifier)
}

// continues compares a ledger with an older head of it.
func continues(older, newer ledger.Head, stored ledger.HashReader) error {
	switch {
	case older.Size == 0: // every book continues nothing
		return nil
	case newer.Size < older.Size:
		return &ledger.Fault{Sequence: newer.Size + 1, Kind: ledger.Missing,
			Detail: fmt.Sprintf("the ledger has %d records, and a head of %d was signed here", newer.Size, older.Size)}
	case newer.Size == older.Size && newer.Root != older.Root:
		return changed(older)
	case newer.Size == older.Size:
		return nil
	}
	proof, err := ledger.Consistent(older, newer, stored)
	if err != nil {
		return err
	}
	if ledger.CheckConsistent(older, newer, proof) != nil {
		return changed(older)
	}
	return nil
}

func changed(older ledger.Head) error {
	return &ledger.Fault{Sequence: 1, Kind: ledger.Rewritten,
		Detail: fmt.Sprintf("it or a later one up to record %d is not what the head of %d records was taken of", older.Size, older.Size)}
}
