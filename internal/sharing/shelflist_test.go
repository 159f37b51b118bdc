package sharing_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/internal/sharing"
	"github.com/signalbox-health/signalbox/plugins/registry"
)

// signedList is a list of a number, issued on a day and good for a month.
func signedList(t testing.TB, key registry.Key, serial int64, issued time.Time) registry.Envelope {
	t.Helper()
	e, err := registry.List{Serial: serial, Issued: issued, Expires: issued.AddDate(0, 1, 0)}.Seal(key)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestTheNewestListIsGoneBy(t *testing.T) {
	root, stranger := newKey(t), newKey(t)
	lately, long := noon.AddDate(0, 0, -3), noon.AddDate(-1, 0, 0)
	list := func(key registry.Key, serial int64, issued time.Time) *registry.Envelope {
		e := signedList(t, key, serial, issued)
		return &e
	}
	for _, c := range []struct {
		name         string
		file, synced *registry.Envelope
		serial       int64
		want         error
	}{
		{"neither", nil, nil, 0, sharing.ErrNoTrust},
		{"the file alone", list(root, 4, lately), nil, 4, nil},
		{"the hub's alone", nil, list(root, 5, lately), 5, nil},
		{"the hub's is newer", list(root, 4, lately), list(root, 5, lately), 5, nil},
		{"the file is newer", list(root, 6, lately), list(root, 5, lately), 6, nil},
		{"the file is newer and has expired", list(root, 6, long), list(root, 5, lately), 6, registry.ErrStale},
		{"the file is older and has expired", list(root, 4, long), list(root, 5, lately), 5, nil},
		{"signed by a stranger", list(stranger, 9, lately), list(root, 5, lately), 0, registry.ErrStranger},
		{"expired and signed by a stranger", nil, list(stranger, 9, long), 0, registry.ErrStranger},
		{"from a time that has not come", nil, list(root, 9, noon.AddDate(0, 0, 1)), 0, registry.ErrFuture},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "publishers.json")
			if c.file != nil {
				text, err := c.file.Encode()
				if err == nil {
					err = os.WriteFile(path, text, 0o600)
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			l := &sharing.Lists{Root: registry.Root{Keys: []registry.PublicKey{root.Public()}, Threshold: 1}, File: path, Now: func() time.Time { return noon },
				State: func(context.Context) (postgres.HubState, error) { return postgres.HubState{List: c.synced}, nil }}
			got, err := l.List(t.Context())
			if errors.Is(c.want, registry.ErrStranger) && !strings.Contains(err.Error(), "signalbox hub forget") {
				t.Errorf("how to mend it: %v", err)
			}
			if !errors.Is(err, c.want) || (got == nil) != (c.serial == 0) || got != nil && got.Serial != c.serial {
				t.Errorf("list %+v, %v; want number %d, %v", got, err, c.serial, c.want)
			}
		})
	}
}

func TestAListThatCannotBeReadIsSaid(t *testing.T) {
	path := filepath.Join(t.TempDir(), "publishers.json")
	if err := os.WriteFile(path, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	root := newKey(t)
	l := &sharing.Lists{Root: registry.Root{Keys: []registry.PublicKey{root.Public()}, Threshold: 1}, File: path, Now: time.Now,
		State: func(context.Context) (postgres.HubState, error) { return postgres.HubState{}, nil }}
	if _, err := l.List(t.Context()); !errors.Is(err, registry.ErrMalformed) || !strings.Contains(err.Error(), path) {
		t.Errorf("a file that is no list: %v", err)
	}
	l.Root = registry.Root{}
	if _, err := l.List(t.Context()); !errors.Is(err, sharing.ErrNoTrust) || !strings.Contains(err.Error(), "root.json") {
		t.Errorf("without root keys: %v", err)
	}
}
