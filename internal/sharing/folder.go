package sharing

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/plugins/registry"
)

// Folder is a hub that somebody carries things to: an installation without a
// connection lays what its people have decided to send into it.
type Folder string

// spoken is one thing that is carried, in a file of its own.
type spoken struct {
	Plugin   string            `json:"plugin"`
	Artifact plugins.Digest    `json:"artifact"`
	Envelope registry.Envelope `json:"envelope"`
}

// spokenEnd is how the names of such files end.
const spokenEnd = ".said.json"

// maxSpoken is the most that one such file may have, in bytes.
const maxSpoken = 1 << 20

// Say lays something into the folder, whole or not at all. Laying the same again
// changes nothing.
func (f Folder) Say(_ context.Context, plugin string, artifact plugins.Digest, e registry.Envelope) error {
	text, err := json.Marshal(spoken{plugin, artifact, e})
	if err != nil {
		return fmt.Errorf("lay something about %s into %s: %w", plugin, string(f), err)
	}
	name := strings.TrimPrefix(string(plugins.DigestOf(text)), "sha256:")[:32] + spokenEnd
	out, err := os.CreateTemp(string(f), ".half-*")
	if err != nil {
		return fmt.Errorf("lay something about %s into a folder: %w", plugin, err)
	}
	_, err = out.Write(text)
	if err = errors.Join(err, out.Sync(), out.Close()); err == nil {
		err = os.Rename(out.Name(), filepath.Join(string(f), name))
	}
	if err != nil {
		return errors.Join(fmt.Errorf("lay something about %s into a folder: %w", plugin, err), os.Remove(out.Name()))
	}
	return nil
}

// Heard is one file of a folder that was carried to a hub.
type Heard struct {
	File, Plugin string
	Kind         registry.Kind
	Err          error // why the registry did not take it; nil: it did
}

// Hear puts what was carried in a folder into the registry of a hub, which believes
// nothing that is not signed by somebody whom its list names. The error is about the
// folder itself.
func Hear(ctx context.Context, folder string, into Speech) ([]Heard, error) {
	root, err := os.OpenRoot(folder)
	if err != nil {
		return nil, fmt.Errorf("read what was carried here: %w", err)
	}
	defer root.Close()
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, fmt.Errorf("read what was carried here: %w", err)
	}
	var all []Heard
	for _, entry := range entries {
		if !strings.HasSuffix(entry.Name(), spokenEnd) {
			continue
		}
		h := Heard{File: entry.Name()}
		s, err := readSpoken(root, entry.Name())
		if h.Err = err; err == nil {
			h.Plugin = s.Plugin
			h.Kind, _ = s.Envelope.Kind()
			h.Err = into.Say(ctx, s.Plugin, s.Artifact, s.Envelope)
		}
		all = append(all, h)
		if ctx.Err() != nil {
			return all, ctx.Err()
		}
	}
	return all, nil
}

func readSpoken(root *os.Root, name string) (s spoken, err error) {
	f, err := root.Open(name)
	if err != nil {
		return s, err
	}
	defer f.Close()
	text, err := atMost(f, name, maxSpoken)
	if err != nil {
		return s, err
	}
	return decodeSpoken(text)
}

func decodeSpoken(text []byte) (s spoken, err error) {
	in := json.NewDecoder(bytes.NewReader(text))
	in.DisallowUnknownFields()
	if err := in.Decode(&s); err != nil {
		return s, fmt.Errorf("%w: %w", registry.ErrMalformed, err)
	}
	if _, err := in.Token(); !errors.Is(err, io.EOF) {
		return s, fmt.Errorf("%w: something follows its end", registry.ErrMalformed)
	}
	if _, known := s.Envelope.Kind(); !known || s.Plugin == "" || !s.Artifact.Valid() {
		return s, fmt.Errorf("%w: it is to name a plugin and its artifact, and hold something said of it", registry.ErrMalformed)
	}
	return s, nil
}
