package registry

import (
	"bytes"
	"fmt"
	"testing"

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
