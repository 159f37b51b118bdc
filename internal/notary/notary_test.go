package notary

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/signalbox-health/signalbox/policy/ledger"
)

var noon = time.Date(2026, 6, 15, 12, 0, 0, 0, time.UTC)

func clock() time.Time { return noon }

// book is a ledger in memory.
type book struct {
	size   int64
	hashes []ledger.Hash
}

func (b *book) add(t testing.TB, texts ...string) {
	t.Helper()
	for _, text := range texts {
		b.size++
		added, err := ledger.Append(b.size, []byte(text), b.LedgerHashes(t.Context()))
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range added {
			b.hashes = append(b.hashes, h.Hash)
		}
	}
}

func (b *book) LedgerHashes(context.Context) ledger.HashReader {
	return ledger.HashReaderFunc(func(places []int64) (out []ledger.Hash, _ error) {
		for _, p := range places {
			if p >= int64(len(b.hashes)) {
				return nil, fmt.Errorf("hash %d: %w", p, ledger.ErrNoHash)
			}
			out = append(out, b.hashes[p])
		}
		return out, nil
	})
}

func (b *book) LedgerHead(ctx context.Context) (ledger.Head, error) {
	return ledger.HeadOf(b.size, b.LedgerHashes(ctx))
}

func notary(t testing.TB, name string) *Notary {
	t.Helper()
	n, err := Open(t.TempDir(), name, clock)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func take(t testing.TB, n *Notary, b Book) ledger.SignedHead {
	t.Helper()
	head, err := n.Take(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	return head
}

func TestTheKeyIsMadeOnceAndIsNobodyElses(t *testing.T) {
	dir := t.TempDir()
	var all sync.WaitGroup
	keys := make([]string, 8)
	for i := range keys {
		all.Go(func() {
			n, err := Open(dir, "", clock)
			if err != nil {
				t.Error(err)
				return
			}
			keys[i] = n.Key()
		})
	}
	all.Wait()
	for _, key := range keys {
		if key != keys[0] || key == "" {
			t.Errorf("keys %q and %q", keys[0], key)
		}
	}
	for _, path := range []string{"key", "heads"} {
		if info, err := os.Stat(filepath.Join(dir, path)); err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s: %v, %v", path, info, err)
		}
	}
	if _, err := Open(dir, "another.example", clock); !errors.Is(err, ErrNamed) {
		t.Errorf("renamed: %v", err)
	}
	if _, err := Open(t.TempDir(), "two words", clock); err == nil {
		t.Error("a name that cannot stand in a signature was taken")
	}
	if err := os.WriteFile(filepath.Join(dir, "key"), []byte("nonsense"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir, "", clock); err == nil {
		t.Error("nonsense is a key")
	}
}

func TestAHeadIsTakenWhenTheLedgerHasGrown(t *testing.T) {
	n, b := notary(t, "one.example"), &book{}
	if head := take(t, n, b); head.Note != nil {
		t.Errorf("the head of an empty ledger: %s", head.Note)
	}
	b.add(t, "a", "b", "c")
	first := take(t, n, b)
	if first.Size != 3 || !first.SignedBy("one.example") || first.Taken != noon {
		t.Errorf("%+v", first)
	}
	if again := take(t, n, b); string(again.Note) != string(first.Note) {
		t.Error("signed twice")
	}
	b.add(t, "d")
	take(t, n, b)
	if heads, err := n.Heads(); err != nil || len(heads) != 2 || heads[0].Size != 3 || heads[1].Size != 4 {
		t.Errorf("%+v, %v", heads, err)
	}
}

func TestAHeadIsNotTakenOfALedgerThatIsAnother(t *testing.T) {
	n, b := notary(t, "one.example"), &book{}
	b.add(t, "a", "b", "c")
	take(t, n, b)
	shorter, same, longer := &book{}, &book{}, &book{}
	shorter.add(t, "a", "b")
	same.add(t, "a", "x", "c")
	longer.add(t, "a", "x", "c", "d", "e")
	for kind, other := range map[string]*book{ledger.Missing: shorter, ledger.Rewritten: same} {
		if _, err := n.Take(t.Context(), other); !isFault(err, kind) {
			t.Errorf("%s: %v", kind, err)
		}
	}
	if _, err := n.Take(t.Context(), longer); !isFault(err, ledger.Rewritten) {
		t.Errorf("longer: %v", err)
	}
	if heads, err := n.Heads(); err != nil || len(heads) != 1 {
		t.Errorf("%d heads are kept, %v", len(heads), err)
	}
}

func isFault(err error, kind string) bool {
	fault := (*ledger.Fault)(nil)
	return errors.As(err, &fault) && fault.Kind == kind
}

func TestAKeptHeadThatWasChangedIsForged(t *testing.T) {
	n, b := notary(t, "one.example"), &book{}
	b.add(t, "a", "b", "c")
	head := take(t, n, b)
	file := filepath.Join(n.headsDir(), fmt.Sprintf("%016d.note", 3))
	for name, text := range map[string]string{
		"another number": strings.Replace(string(head.Note), "\n3\n", "\n2\n", 1),
		"no signature":   strings.Split(string(head.Note), "\n\n")[0] + "\n",
		"nonsense":       "x",
	} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := n.Heads(); !isFault(err, ledger.Forged) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestNamesThatLookLikePathsStayInTheirFolder(t *testing.T) {
	n, b := notary(t, "one.example"), &book{}
	b.add(t, "a")
	for _, name := range []string{"..", "../../x", "a/b", ".", `a\b`, "%2e%2e"} {
		other := notary(t, name)
		if _, err := n.Cosign(take(t, other, b).Note, other.Key()); err != nil {
			t.Errorf("%q: %v", name, err)
		}
		dir := n.otherDir(name)
		if inside, err := filepath.Rel(filepath.Join(n.dir, "others"), dir); err != nil || strings.Contains(inside, "/") || strings.HasPrefix(inside, ".") {
			t.Errorf("%q is kept in %s", name, dir)
		}
	}
	if own := take(t, n, b); own.Note == nil {
		t.Fatal("no head")
	} else if _, err := n.Cosign(own.Note, n.Key()); !errors.Is(err, ErrNotCosigned) {
		t.Errorf("its own head: %v", err)
	}
}

func TestCosigningTakesTheRightKeyAndTheRightProof(t *testing.T) {
	one, two, three, b := notary(t, "one.example"), notary(t, "two.example"), notary(t, "one.example"), &book{}
	b.add(t, "a", "b", "c")
	first := take(t, one, b)
	for name, key := range map[string]string{"none": "", "another's": two.Key(), "nonsense": "x", "the same name": three.Key()} {
		if signed, err := two.Cosign(first.Note, key); err == nil {
			t.Errorf("key %s: %s", name, signed)
		}
	}
	signed, err := two.Cosign(first.Note, one.Key())
	if err != nil {
		t.Fatal(err)
	}
	if head, err := ledger.ReadHead(signed, one.Verifier(), two.Verifier()); err != nil || len(head.Signers) != 2 {
		t.Errorf("%+v, %v", head, err)
	}
	if _, err := two.Cosign(first.Note, three.Key()); !errors.Is(err, ErrNotCosigned) {
		t.Errorf("another key for a known name: %v", err)
	}
	b.add(t, "d", "e", "f", "g")
	later := take(t, one, b)
	proof, err := ledger.Consistent(first.Head, later.Head, b.LedgerHashes(t.Context()))
	if err != nil {
		t.Fatal(err)
	}
	bad := append([]ledger.Hash(nil), proof...)
	bad[0][0]++
	if _, err := two.Cosign(ledger.Update{Old: 3, Proof: bad, Note: later.Note}.Text(), ""); !isFault(err, ledger.Rewritten) {
		t.Errorf("a false proof: %v", err)
	}
	if _, err := two.Cosign(ledger.Update{Old: 3, Proof: proof, Note: later.Note}.Text(), ""); err != nil {
		t.Error(err)
	}
	// The same number of records, and not the same records.
	other := &book{}
	other.add(t, "x", "b", "c", "d", "e", "f", "g")
	head, _ := other.LedgerHead(t.Context())
	forked, err := ledger.SignHead(head, noon, one.Signer())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := two.Cosign(forked, ""); !isFault(err, ledger.Rewritten) {
		t.Errorf("a fork: %v", err)
	}
}
