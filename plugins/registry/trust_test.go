package registry

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/signalbox-health/signalbox/plugins"
)

var today = time.Date(2026, 6, 15, 12, 0, 0, 0, time.UTC)

// country is a small world of publishers: Bellmere, where Ada writes and Ben
// checks, and a stranger.
type country struct {
	root, ada, ben, stranger Key
	list                     List
	contents                 []byte
	manifest                 plugins.Manifest
}

func newCountry(t testing.TB) *country {
	t.Helper()
	c := &country{contents: []byte("\x00asm, or nearly"), manifest: plugins.Manifest{ID: "bellmere-falls", Version: "1.2.0"}}
	for _, key := range []*Key{&c.root, &c.ada, &c.ben, &c.stranger} {
		made, err := NewKey()
		if err != nil {
			t.Fatal(err)
		}
		*key = made
	}
	c.list = List{Serial: 7, Issued: today.AddDate(0, 0, -1), Expires: today.AddDate(0, 1, 0), Publishers: []Publisher{{
		ID: "bellmere", Name: "Bellmere Hospital (fictional)", Class: "trust", Names: []string{"bellmere-*"}, Threshold: 2,
		Keys: []PublisherKey{
			{Key: c.ada.Public(), Holder: "Ada", Role: RoleAuthor, From: today.AddDate(-1, 0, 0)},
			{Key: c.ben.Public(), Holder: "Ben", Role: RoleChecker, From: today.AddDate(-1, 0, 0)},
		},
	}}}
	return c
}

func (c *country) statement(t testing.TB) Statement {
	t.Helper()
	digest, err := ManifestDigest(c.manifest)
	if err != nil {
		t.Fatal(err)
	}
	return Statement{Contents: plugins.DigestOf(c.contents), Release: Facts{Publisher: "bellmere", ID: c.manifest.ID, Version: c.manifest.Version,
		Manifest: digest, Issued: today, Build: Build{Language: "go", Toolchain: "go1.26.0"}}}
}

func (c *country) signed(t testing.TB, s Statement, keys ...Key) Envelope {
	t.Helper()
	e, err := s.Sign(keys[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range keys[1:] {
		e = e.SignedBy(key)
	}
	return e
}

func TestReleaseIsBelievedOnlyWhenEnoughOfItsPeopleHaveSigned(t *testing.T) {
	for name, try := range map[string]struct {
		keys   func(*country) []Key
		change func(*country, *Statement)
		after  func(*country, *Envelope)
		want   error
	}{
		"author and checker":        {},
		"the author twice":          {keys: func(c *country) []Key { return []Key{c.ada, c.ada} }, want: ErrTooFew},
		"only the author":           {keys: func(c *country) []Key { return []Key{c.ada} }, want: ErrTooFew},
		"author and stranger":       {keys: func(c *country) []Key { return []Key{c.ada, c.stranger} }, want: ErrTooFew},
		"only a stranger":           {keys: func(c *country) []Key { return []Key{c.stranger} }, want: ErrStranger},
		"unsigned":                  {after: func(_ *country, e *Envelope) { e.Signatures = nil }, want: ErrUnsigned},
		"signature of other text":   {after: func(_ *country, e *Envelope) { e.Payload = append(e.Payload, ' ') }, want: ErrBadSignature},
		"another kind of payload":   {after: func(_ *country, e *Envelope) { e.PayloadType = listType }, want: ErrMalformed},
		"two authors, no checker":   {change: func(c *country, _ *Statement) { c.list.Publishers[0].Keys[1].Role = RoleAuthor }, want: ErrTooFew},
		"one person with both hats": {change: func(c *country, _ *Statement) { c.list.Publishers[0].Keys[1].Holder = "Ada" }, want: ErrTooFew},
		"revoked key":               {change: func(c *country, _ *Statement) { c.list.Publishers[0].Keys[1].Revoked = "lost" }, want: ErrTooFew},
		"all keys revoked":          {change: revokeAll, want: ErrRevoked},
		"rotated key, issued before": {change: func(c *country, _ *Statement) {
			c.list.Publishers[0].Keys[0].Until = today.AddDate(0, 0, 1)
		}},
		"rotated key, issued after": {change: func(c *country, _ *Statement) {
			c.list.Publishers[0].Keys[0].Until = today.AddDate(0, 0, -2)
		}, want: ErrTooFew},
		"key not yet good":                {change: func(c *country, _ *Statement) { c.list.Publishers[0].Keys[0].From = today.AddDate(0, 0, 2) }, want: ErrTooFew},
		"another's name":                  {change: func(c *country, s *Statement) { c.list.Publishers[0].Names = []string{"ashford-*"} }, want: ErrMisnamed},
		"unknown publisher":               {change: func(_ *country, s *Statement) { s.Release.Publisher = "elsewhere" }, want: ErrStranger},
		"other contents":                  {after: func(c *country, _ *Envelope) { c.contents = append(c.contents, 0) }, want: ErrReplaced},
		"other manifest":                  {after: func(c *country, _ *Envelope) { c.manifest.Title = "Falls" }, want: ErrReplaced},
		"issued in the future":            {change: func(_ *country, s *Statement) { s.Release.Issued = today.Add(time.Hour) }, want: ErrFuture},
		"clock a little behind":           {change: func(_ *country, s *Statement) { s.Release.Issued = today.Add(2 * time.Minute) }},
		"list expired":                    {change: func(c *country, _ *Statement) { c.list.Expires = today.Add(-time.Hour) }, want: ErrStale},
		"version of the manifest differs": {change: func(_ *country, s *Statement) { s.Release.Version = "1.3.0" }, want: ErrMisnamed},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCountry(t)
			s := c.statement(t)
			if try.change != nil {
				try.change(c, &s)
			}
			keys := []Key{c.ada, c.ben}
			if try.keys != nil {
				keys = try.keys(c)
			}
			e := c.signed(t, s, keys...)
			if try.after != nil {
				try.after(c, &e)
			}
			verified, err := c.list.Check(Release{Contents: c.contents, Manifest: c.manifest, Signed: []Envelope{e}}, today)
			if !errors.Is(err, try.want) {
				t.Fatalf("%v, want %v", err, try.want)
			}
			if err == nil && (len(verified.Signers) != 2 || verified.Signers[0].Holder != "Ada" || verified.Serial != 7) {
				t.Errorf("%+v", verified)
			}
		})
	}
}

func revokeAll(c *country, _ *Statement) {
	for i := range c.list.Publishers[0].Keys {
		c.list.Publishers[0].Keys[i].Revoked = "the laptop was stolen"
	}
}

func TestListIsBelievedFromTheRootKeysOnlyAndNeverAnOlderOne(t *testing.T) {
	c := newCountry(t)
	root := Root{Keys: []PublicKey{c.root.Public(), c.ben.Public()}, Threshold: 1}
	for name, try := range map[string]struct {
		change func(*List, *Root)
		key    *Key
		known  int64
		want   error
	}{
		"newer":             {known: 6},
		"the same again":    {known: 7},
		"replayed":          {known: 8, want: ErrStale},
		"by a stranger":     {key: &c.stranger, want: ErrStranger},
		"one of two wanted": {change: func(_ *List, r *Root) { r.Threshold = 2 }, want: ErrTooFew},
		"same key twice":    {change: func(_ *List, r *Root) { r.Threshold, r.Keys[1] = 2, r.Keys[0] }, want: ErrTooFew},
		"nobody can":        {change: func(_ *List, r *Root) { r.Threshold = 3 }, want: ErrStranger},
		"expired":           {change: func(l *List, _ *Root) { l.Expires = today.Add(-time.Hour) }, want: ErrStale},
		"of tomorrow":       {change: func(l *List, _ *Root) { l.Issued, l.Expires = today.Add(24*time.Hour), today.Add(48*time.Hour) }, want: ErrFuture},
	} {
		t.Run(name, func(t *testing.T) {
			list, trust := c.list, Root{Keys: []PublicKey{root.Keys[0], root.Keys[1]}, Threshold: root.Threshold}
			if try.change != nil {
				try.change(&list, &trust)
			}
			key := c.root
			if try.key != nil {
				key = *try.key
			}
			e, err := list.Seal(key)
			if err != nil {
				t.Fatal(err)
			}
			var known *List
			if try.known > 0 {
				known = &List{Serial: try.known}
			}
			opened, err := trust.Open(e, known, today)
			if !errors.Is(err, try.want) {
				t.Errorf("%v, want %v", err, try.want)
			}
			if given := opened != nil; given != (err == nil || name == "expired") {
				t.Errorf("a list is given: %t; %v", given, err)
			}
		})
	}
}

func TestListThatMeansSomethingElseIsNotSigned(t *testing.T) {
	for name, change := range map[string]func(*List){
		"a key of two publishers": func(l *List) {
			other := l.Publishers[0]
			other.ID = "ashford"
			l.Publishers = append(l.Publishers, other)
		},
		"nobody has to sign":  func(l *List) { l.Publishers[0].Threshold = 0 },
		"a role nobody knows": func(l *List) { l.Publishers[0].Keys[0].Role = "friend" },
		"a broken pattern":    func(l *List) { l.Publishers[0].Names = []string{"[a"} },
		"no number":           func(l *List) { l.Serial = 0 },
	} {
		t.Run(name, func(t *testing.T) {
			c := newCountry(t)
			change(&c.list)
			if _, err := c.list.Seal(c.root); !errors.Is(err, ErrMalformed) {
				t.Errorf("%v, want %v", err, ErrMalformed)
			}
		})
	}
}

func TestEnvelopeSurvivesWritingAndNothingElseIsRead(t *testing.T) {
	c := newCountry(t)
	text, err := c.signed(t, c.statement(t), c.ada, c.ben).Encode()
	if err != nil {
		t.Fatal(err)
	}
	e, err := DecodeEnvelope(text)
	if err != nil || !e.Fits(c.ada.Public()) || !e.Fits(c.ben.Public()) || e.Fits(c.stranger.Public()) {
		t.Fatalf("%v %+v", err, e)
	}
	var document map[string]any
	if err := json.Unmarshal(text, &document); err != nil {
		t.Fatal(err)
	}
	document["more"] = 1
	more, _ := json.Marshal(document)
	for name, bad := range map[string][]byte{"empty": {}, "cut": text[:len(text)/2], "twice": append(text[:len(text):len(text)], text...), "more": more} {
		if _, err := DecodeEnvelope(bad); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestKeyIsMadeOnceAndKeptToItsOwner(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys", "publisher.pem")
	first, made, err := OpenOrMakeKey(path)
	if err != nil || !made {
		t.Fatal(made, err)
	}
	again, made, err := OpenOrMakeKey(path)
	if err != nil || made || again.Public().ID() != first.Public().ID() {
		t.Fatal(made, err)
	}
	if read, err := ParsePublicKey(first.Public().String()); err != nil || read.ID() != first.Public().ID() {
		t.Error(err)
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenKey(path); err == nil {
		t.Error("a key that others can read was taken")
	}
}

func FuzzEnvelope(f *testing.F) {
	c := newCountry(f)
	text, err := c.signed(f, c.statement(f), c.ada).Encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte(`{"payloadType":"application/vnd.in-toto+json","payload":"e30=","signatures":[]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		e, err := DecodeEnvelope(text)
		if err != nil {
			return
		}
		if _, err := c.list.Check(Release{Contents: c.contents, Manifest: c.manifest, Signed: []Envelope{e}}, today); err == nil {
			t.Fatalf("believed with one signature of two: %s", text)
		}
	})
}
