package notary

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"github.com/signalbox-health/signalbox/policy/ledger"
)

// Heads are kept one in a file, named by how many records they are of, so that a
// folder in its order is the history.

func (n *Notary) headsDir() string { return filepath.Join(n.dir, "heads") }

// keep writes a note. What is kept is never written over by another head of as
// many records.
func (n *Notary) keep(dir string, size int64, text []byte) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("keep a head of %d records: %w", size, err)
	}
	err := writeOnce(filepath.Join(dir, fmt.Sprintf("%016d.note", size)), text)
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("keep a head of %d records: %w", size, err)
	}
	return nil
}

// writeOnce writes a file as a whole, or finds that there is one.
func writeOnce(path string, text []byte) error {
	file, err := os.CreateTemp(filepath.Dir(path), ".new-*") // with mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(file.Name())
	_, err = file.Write(text)
	if err == nil {
		err = file.Sync()
	}
	if closed := file.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return err
	}
	return os.Link(file.Name(), path) // fails where there is one, unlike Rename
}

// Heads gives every head that was signed here and kept, the oldest first. One
// whose signature does not hold is a *ledger.Fault.
func (n *Notary) Heads() ([]ledger.SignedHead, error) { return read(n.headsDir(), n.verifier, 0) }

// Latest is the newest of them; the zero head where there is none.
func (n *Notary) Latest() (ledger.SignedHead, error) {
	return latest(n.headsDir(), n.verifier)
}

func latest(dir string, signer note.Verifier) (ledger.SignedHead, error) {
	list, err := read(dir, signer, 1)
	if err != nil || len(list) == 0 {
		return ledger.SignedHead{}, err
	}
	return list[0], nil
}

// read gives the heads in a folder, or only the newest few.
func read(dir string, signer note.Verifier, newest int) ([]ledger.SignedHead, error) {
	files, err := os.ReadDir(dir) // in order of name
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the heads that were kept: %w", err)
	}
	var names []string
	for _, f := range files {
		if strings.HasSuffix(f.Name(), ".note") {
			names = append(names, f.Name())
		}
	}
	if newest > 0 && len(names) > newest {
		names = names[len(names)-newest:]
	}
	var heads []ledger.SignedHead
	for _, name := range names {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return nil, fmt.Errorf("read the heads that were kept: %w", err)
		}
		head, err := ledger.ReadHead(text, signer)
		if err != nil {
			return nil, &ledger.Fault{Kind: ledger.Forged, Detail: fmt.Sprintf("the head kept in %s: %v", name, err)}
		}
		if !head.SignedBy(signer.Name()) {
			return nil, &ledger.Fault{Sequence: head.Size, Kind: ledger.Forged, Detail: fmt.Sprintf("the head kept in %s is not signed by %s", name, signer.Name())}
		}
		heads = append(heads, head)
	}
	return heads, nil
}
