package registry

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/signalbox-health/signalbox/plugins"
)

func (c *country) index(releases int) Index {
	x := Index{Serial: 12, Issued: today.Add(-time.Hour), Expires: today.AddDate(0, 0, 7), Publishers: c.list.Serial, Releases: []Listing{}}
	for i := range releases {
		contents := plugins.DigestOf(fmt.Append(nil, i))
		x.Releases = append(x.Releases, Listing{ID: fmt.Sprintf("bellmere-%05d", i/3), Version: fmt.Sprintf("1.%d.0", i%3), Publisher: "bellmere",
			Title: "Falls", Problem: "Falls on wards for older people", Areas: []string{"patient safety"}, Datasets: []string{"falls"},
			Contents: contents, Artifact: contents, State: Published})
	}
	x.Sort()
	return x
}

func TestIndexIsBelievedFromTheRootKeysOnlyAndNeverAnOlderOne(t *testing.T) {
	c := newCountry(t)
	root := Root{Keys: []PublicKey{c.root.Public()}, Threshold: 1}
	for name, try := range map[string]struct {
		change func(*Index)
		key    Key
		known  int64
		want   error
	}{
		"newer":         {known: 11},
		"the same":      {known: 12},
		"replayed":      {known: 13, want: ErrStale},
		"by a stranger": {key: c.ada, want: ErrStranger},
		"of tomorrow":   {change: func(x *Index) { x.Issued = today.Add(time.Hour) }, want: ErrFuture},
		"expired":       {change: func(x *Index) { x.Expires = today.Add(-10 * time.Minute) }, want: ErrStale},
	} {
		t.Run(name, func(t *testing.T) {
			x := c.index(10)
			if try.change != nil {
				try.change(&x)
			}
			if try.key.secret == nil {
				try.key = c.root
			}
			e, err := x.Seal(try.key)
			if err != nil {
				t.Fatal(err)
			}
			got, err := root.OpenIndex(&c.list, e, try.known, today)
			if !errors.Is(err, try.want) {
				t.Fatalf("%v, want %v", err, try.want)
			}
			if name == "expired" && got == nil {
				t.Error("what an expired index withdraws is lost")
			}
			if l, ok := (&x).Find("bellmere-00002", "1.1.0"); !ok || l.Version != "1.1.0" {
				t.Error("a release in the index is not found")
			}
		})
	}
}

func TestIndexWithHolesIsNotSigned(t *testing.T) {
	c := newCountry(t)
	for name, change := range map[string]func(*Index){
		"twice":                    func(x *Index) { x.Releases[1] = x.Releases[0] },
		"a name with a NUL":        func(x *Index) { x.Releases[0].ID += "\x00" },
		"out of order":             func(x *Index) { x.Releases[0], x.Releases[1] = x.Releases[1], x.Releases[0] },
		"no digest":                func(x *Index) { x.Releases[0].Contents = "sha256:1" },
		"withdrawn without reason": func(x *Index) { x.Releases[0].State = Withdrawn },
		"deprecated without a day": func(x *Index) { x.Releases[0].State, x.Releases[0].Reason = Deprecated, "slow" },
		"a state nobody knows":     func(x *Index) { x.Releases[0].State = "lost" },
	} {
		x := c.index(4)
		change(&x)
		if _, err := x.Seal(c.root); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func BenchmarkIndexOf10000(b *testing.B) {
	c := newCountry(b)
	x := c.index(10_000)
	e, err := x.Seal(c.root)
	if err != nil {
		b.Fatal(err)
	}
	text, err := e.Encode()
	if err != nil {
		b.Fatal(err)
	}
	root := Root{Keys: []PublicKey{c.root.Public()}, Threshold: 1}
	b.ReportAllocs()
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if _, err := root.OpenIndex(&c.list, e, 0, today); err != nil {
			b.Fatal(err)
		}
	}
}
