package registry

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins"
)

// heavy is a release of a size that Go plugins have, 1 MiB, of a version of its own.
func (c *country) heavy(t testing.TB, version int) Release {
	t.Helper()
	c.manifest.Version = fmt.Sprintf("1.%d.0", version)
	module, err := plugins.WithManifest(append([]byte("\x00asm\x01\x00\x00\x00\x00\x81\x80\x40\x01x"), make([]byte, 1<<20-1)...), c.manifest)
	if err != nil {
		t.Fatal(err)
	}
	r, err := ReleaseOf(module)
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []Key{c.ada, c.ben} {
		if r, err = r.Sign(key, "bellmere", Build{}, today); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

func BenchmarkVerifyRelease(b *testing.B) {
	c := newCountry(b)
	r := c.heavy(b, 0)
	b.ReportAllocs()
	b.SetBytes(int64(len(r.Contents)))
	for b.Loop() {
		if _, err := c.list.Check(r, today); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkReadBundle(b *testing.B) {
	c := newCountry(b)
	bundle := bundleOf(b, c.heavy(b, 0))
	b.ReportAllocs()
	b.SetBytes(int64(len(bundle)))
	for b.Loop() {
		if _, err := ReadBundle(b.Context(), bytes.NewReader(bundle)); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPublish(b *testing.B) {
	c := newCountry(b)
	at := registryAt(b, nil)
	version := 0
	b.ReportAllocs()
	for b.Loop() {
		version++
		if _, err := at.Push(b.Context(), c.heavy(b, version)); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPull(b *testing.B) {
	c := newCountry(b)
	at := registryAt(b, nil)
	pinned, err := at.Push(b.Context(), c.heavy(b, 0))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		r, err := at.Pull(b.Context(), c.manifest.ID, string(pinned))
		if err != nil {
			b.Fatal(err)
		}
		if _, err := c.list.Check(r, today); err != nil {
			b.Fatal(err)
		}
	}
}

// heard is a release of which 200 organisations have told what became of it.
func (c *country) heard(t testing.TB) Listing {
	t.Helper()
	key := c.ward(t)
	c.list.Nodes[0].Organisations = nil
	l := c.listing()
	for i := range 200 {
		v := c.evidence()
		v.Organisation = measures.ODSCode(fmt.Sprintf("R%03d", i))
		v.Points = nil
		for month := range 36 {
			value := 5 + float64(month%7)/3
			v.Points = append(v.Points, EvidencePoint{measures.DateOf(2024, 1+month, 1), &value})
		}
		c.list.Nodes[0].Organisations = append(c.list.Nodes[0].Organisations, v.Organisation)
		l.Said = append(l.Said, must[Envelope](t)(v.Seal(key)))
	}
	return l
}

// BenchmarkBelieve200Adopters is what a listing of a much adopted release costs: each
// signature is looked at.
func BenchmarkBelieve200Adopters(b *testing.B) {
	c := newCountry(b)
	l := c.heard(b)
	b.ReportAllocs()
	for b.Loop() {
		if said := c.list.Said(l, today); len(said.Evidence) != 200 {
			b.Fatal(len(said.Evidence))
		}
	}
}

// BenchmarkIndexOf10000With10000Words is an index of 10,000 releases, of which 50
// have 200 adopters each.
func BenchmarkIndexOf10000With10000Words(b *testing.B) {
	c := newCountry(b)
	said := c.heard(b).Said
	x := c.index(10_000)
	for i := range 50 {
		x.Releases[i*200].Said = said
	}
	text, err := must[Envelope](b)(x.Seal(c.root)).Encode()
	if err != nil {
		b.Fatal(err)
	}
	root := Root{Keys: []PublicKey{c.root.Public()}, Threshold: 1}
	b.ReportAllocs()
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		e, err := DecodeIndex(text)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := root.OpenIndex(&c.list, e, 0, today); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkSayAndHear is one organisation's evidence, sent to a registry and read by
// the hub.
func BenchmarkSayAndHear(b *testing.B) {
	c := newCountry(b)
	e := c.heard(b).Said[0]
	artifact := plugins.DigestOf(c.contents)
	b.ReportAllocs()
	for b.Loop() {
		at := registryAt(b, nil)
		if err := at.Say(b.Context(), "bellmere-falls", artifact, e); err != nil {
			b.Fatal(err)
		}
		if heard, err := at.Heard(b.Context(), "bellmere-falls", artifact); err != nil || len(heard) != 1 {
			b.Fatal(len(heard), err)
		}
	}
}
