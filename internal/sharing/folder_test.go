package sharing

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/plugins/registry"
)

// ear keeps what is said to it, but for one plugin.
type ear struct{ heard []string }

var errDeaf = errors.New("it does not listen to that")

func (e *ear) Say(_ context.Context, plugin string, artifact plugins.Digest, said registry.Envelope) error {
	if plugin == "deaf" {
		return errDeaf
	}
	e.heard = append(e.heard, plugin+" "+string(artifact)+" "+string(said.Payload))
	return nil
}

func questionAbout(t testing.TB, plugin string) registry.Envelope {
	t.Helper()
	key, err := registry.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	q := registry.Question{ID: "q1", Text: "Is it?", Subject: registry.Subject{Contents: plugins.DigestOf([]byte("x")), Plugin: plugin, Version: "1.0.0", Node: "n",
		Issued: time.Now().UTC().Truncate(time.Second), Organisation: "ZZA", OrganisationName: "Larkfield (fictional)"}}
	e, err := q.Seal(key)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestWhatIsCarriedInAFolderArrivesAsItWasSaid(t *testing.T) {
	dir := t.TempDir()
	of := plugins.DigestOf([]byte("artifact"))
	var direct ear
	for _, plugin := range []string{"one", "deaf", "two"} {
		e := questionAbout(t, plugin)
		for range 2 { // the same again is the same file
			if err := Folder(dir).Say(t.Context(), plugin, of, e); err != nil {
				t.Fatal(err)
			}
		}
		if plugin != "deaf" {
			_ = direct.Say(t.Context(), plugin, of, e)
		}
	}
	for name, text := range map[string]string{"broken.said.json": `{"plugin":"x"`, "more.said.json": `{} {}`, "empty.said.json": "", "other.txt": "no"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("/etc/hostname", filepath.Join(dir, "out.said.json")); err != nil {
		t.Fatal(err)
	}
	var got ear
	all, err := Hear(t.Context(), dir, &got)
	if err != nil || len(all) != 7 {
		t.Fatalf("%d files, %v: %+v", len(all), err, all)
	}
	malformed, deaf, other := 0, 0, 0
	for _, h := range all {
		switch {
		case errors.Is(h.Err, registry.ErrMalformed):
			malformed++
		case errors.Is(h.Err, errDeaf):
			deaf++
		case h.Err != nil:
			other++ // the link that leads out of the folder
		}
	}
	if malformed != 3 || deaf != 1 || other != 1 || len(got.heard) != 2 {
		t.Errorf("%d malformed, %d refused, %d others, heard %q", malformed, deaf, other, got.heard)
	}
	for _, said := range direct.heard {
		if len(got.heard) == 2 && got.heard[0] != said && got.heard[1] != said {
			t.Errorf("carried, it is not what was said: %s", said)
		}
	}
}

func FuzzSpoken(f *testing.F) {
	f.Add([]byte(`{"plugin":"x","artifact":"sha256:","envelope":{}}`))
	f.Add([]byte(`null`))
	f.Fuzz(func(t *testing.T, text []byte) {
		if s, err := decodeSpoken(text); err == nil {
			if _, known := s.Envelope.Kind(); !known || !s.Artifact.Valid() {
				t.Errorf("%q was taken", text)
			}
		}
	})
}
