package ledger

import (
	"bytes"
	"crypto/rand"
	"errors"
	"io"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"
)

func signer(t testing.TB, name string) (note.Signer, note.Verifier) {
	t.Helper()
	private, public, err := note.GenerateKey(rand.Reader, name)
	if err != nil {
		t.Fatal(err)
	}
	s, err := note.NewSigner(private)
	if err != nil {
		t.Fatal(err)
	}
	v, err := note.NewVerifier(public)
	if err != nil {
		t.Fatal(err)
	}
	return s, v
}

func TestASignedHeadReadsBack(t *testing.T) {
	sign, verify := signer(t, "one.example")
	other, _ := signer(t, "two.example")
	head := bookOf(t, 7).head(t)
	text, err := SignHead(head, noon, sign, other)
	if err != nil {
		t.Fatal(err)
	}
	if lines := strings.Split(string(text), "\n"); lines[0] != "one.example" || lines[1] != "7" || lines[2] != head.Root.String() || lines[3] != "taken 2026-06-15T12:00:00Z" {
		t.Errorf("%s", text)
	}
	read, err := ReadHead(text, verify)
	if err != nil || read.Head != head || !read.SignedBy("one.example") || len(read.Unchecked) != 1 || read.Unchecked[0] != "two.example" {
		t.Errorf("%+v, %v", read, err)
	}
	if read, err := ReadHead(text); err != nil || len(read.Signers) != 0 || len(read.Unchecked) != 2 {
		t.Errorf("%+v, %v", read, err)
	}
	for name, bad := range map[string]string{
		"another size": strings.Replace(string(text), "\n7\n", "\n8\n", 1),
		"zeros before": strings.Replace(string(text), "\n7\n", "\n07\n", 1),
		"no note":      "Dear auditor\n",
		"empty":        "",
	} {
		if read, err := ReadHead([]byte(bad), verify); !errors.Is(err, ErrBadNote) {
			t.Errorf("%s: %+v, %v", name, read, err)
		}
	}
}

func TestAnUpdateReadsBack(t *testing.T) {
	sign, _ := signer(t, "one.example")
	b := bookOf(t, 9)
	text, err := SignHead(b.head(t), noon, sign)
	if err != nil {
		t.Fatal(err)
	}
	older, _ := HeadOf(5, b)
	proof, err := Consistent(older, b.head(t), b)
	if err != nil {
		t.Fatal(err)
	}
	u, err := ParseUpdate(Update{Old: 5, Proof: proof, Note: text}.Text())
	if err != nil || u.Old != 5 || len(u.Proof) != len(proof) || !bytes.Equal(u.Note, text) {
		t.Errorf("%+v, %v", u, err)
	}
	if u, err = ParseUpdate(text); err != nil || u.Old != 0 || !bytes.Equal(u.Note, text) {
		t.Errorf("%+v, %v", u, err)
	}
	for _, bad := range []string{"old 0\n\nx", "old x\n\nx", "old 5", "old 5\nnot a hash\n\nx"} {
		if u, err := ParseUpdate([]byte(bad)); !errors.Is(err, ErrBadNote) {
			t.Errorf("%q: %+v, %v", bad, u, err)
		}
	}
}

func TestAPruningIsReadOnlyWithItsSignature(t *testing.T) {
	sign, verify := signer(t, "one.example")
	_, other := signer(t, "one.example")
	want := Pruning{UpTo: 5, Export: "sha256:" + strings.Repeat("ab", 32), Head: bookOf(t, 9).head(t), At: noon}
	text, err := SignPruning(want, sign)
	if err != nil {
		t.Fatal(err)
	}
	p, err := ReadPruning(text, verify)
	if err != nil || p.UpTo != 5 || p.Export != want.Export || p.Head != want.Head || p.Origin != "one.example" {
		t.Errorf("%+v, %v", p, err)
	}
	for name, bad := range map[string][]byte{"more": bytes.Replace(text, []byte("pruned 5"), []byte("pruned 6"), 1), "nonsense": []byte("x")} {
		if p, err := ReadPruning(bad, verify); err == nil {
			t.Errorf("%s: %+v", name, p)
		}
	}
	if p, err := ReadPruning(text, other); err == nil {
		t.Errorf("another key of that name: %+v", p)
	}
	// A head is no pruning, though the same key signs both.
	head, err := SignHead(want.Head, noon, sign)
	if err != nil {
		t.Fatal(err)
	}
	if p, err := ReadPruning(head, verify); err == nil {
		t.Errorf("a head is read as a pruning: %+v", p)
	}
	if h, err := ReadHead(text, verify); err == nil {
		t.Errorf("a pruning is read as a head: %+v", h)
	}
}

// exported writes a book as an export.
func exported(t testing.TB, b *book, pressed bool) []byte {
	t.Helper()
	private, public, err := note.GenerateKey(rand.Reader, "one.example")
	if err != nil {
		t.Fatal(err)
	}
	sign, err := note.NewSigner(private)
	if err != nil {
		t.Fatal(err)
	}
	head, err := SignHead(b.head(t), noon, sign)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	e, err := NewExport(&out, pressed, About{Size: int64(len(b.records)), Origin: "one.example", Key: public, Written: TimeOf(noon)}, Start{}, [][]byte{head})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range b.records {
		if err := e.Record(r, b.hashes[LeafIndex(r.Sequence):HashCount(r.Sequence)]); err != nil {
			t.Fatal(err)
		}
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func opening(text []byte) func() (io.ReadCloser, error) {
	return func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(text)), nil }
}

func TestAnExportVerifiesItself(t *testing.T) {
	b := bookOf(t, 21)
	for _, pressed := range []bool{false, true} {
		found, err := VerifyExport(opening(exported(t, b, pressed)), nil, b.head(t))
		if err != nil || found.Head != b.head(t) || found.Read != 21 || found.Heads != 2 || !found.Claimed {
			t.Errorf("%+v, %v", found, err)
		}
	}
}

// Whatever is changed in an export, no record of it passes as another.
func TestEveryByteOfAnExportCounts(t *testing.T) {
	text := exported(t, bookOf(t, 3), false)
	for i := range text {
		changed := bytes.Clone(text)
		changed[i] ^= 1
		found, err := VerifyExport(opening(changed), nil)
		if err == nil && (found.Head != bookOf(t, 3).head(t) || found.Read != 3) {
			t.Fatalf("byte %d: %q for %q was not noticed", i, changed[max(0, i-20):i+1], text[i])
		}
	}
}

func TestAnExportWithoutWhatComesBeforeItIsDamaged(t *testing.T) {
	text := bytes.Replace(exported(t, bookOf(t, 2), false), []byte(`"since":0,"size":2`), []byte(`"since":7,"size":9`), 1)
	_, err := VerifyExport(opening(text), nil)
	if fault := (*Fault)(nil); !errors.As(err, &fault) || fault.Kind != Damaged {
		t.Errorf("%v", err)
	}
}

// FuzzOpenExport looks for a file that the reader chokes on, or that it takes for
// sound with other records than were written.
func FuzzOpenExport(f *testing.F) {
	// Short, because the fuzzer cuts what it finds down byte by byte.
	f.Add([]byte("signalbox-ledger 1\nabout {\"size\":1}\nend\n"))
	f.Add([]byte("signalbox-ledger 1\nabout {\"since\":1,\"size\":2}\npeak AAAA\nhead \"x\"\nrecord 2 AAAA,AAAA {}\nend\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		_, err := VerifyExport(opening(text), nil)
		if fault := (*Fault)(nil); err != nil && !errors.As(err, &fault) && !errors.Is(err, ErrNoExport) {
			t.Errorf("%v is neither a fault nor a bad file", err)
		}
	})
}

func FuzzReadHead(f *testing.F) {
	sign, _ := signer(f, "one.example")
	text, err := SignHead(Head{Size: 3}, noon, sign)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add(Update{Old: 2, Proof: []Hash{{1}}, Note: text}.Text())
	f.Fuzz(func(t *testing.T, text []byte) {
		u, err := ParseUpdate(text)
		if err != nil {
			return
		}
		if h, err := ReadHead(u.Note); err == nil && (h.Size < 0 || len(h.Signers) > 0) {
			t.Errorf("%+v", h)
		}
	})
}

func FuzzReadProof(f *testing.F) {
	f.Add([]byte(`{"v":1,"record":1,"entry":"{}","path":["AAAA"],"head":"x\n1\nAAAA\n"}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		p, err := ReadProof(text)
		if err != nil {
			return
		}
		if e, _, err := p.Check(); err == nil && e.Sequence != p.Sequence {
			t.Errorf("%+v", e)
		}
	})
}
