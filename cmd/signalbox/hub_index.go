package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/plugins/registry"
)

// indexing makes the index of a hub.
type indexing struct {
	cfg     *config
	open    openDB
	trust   trusting
	shop    shop
	keyFile string
	before  string // file of the index before
	notes   string // file
	days    int
	now     func() time.Time
}

func newHubIndexCommand(cfg *config, open openDB) *cobra.Command {
	x := indexing{cfg: cfg, open: open, trust: trusting{cfg: cfg, now: time.Now}, shop: shop{cfg: cfg}, now: time.Now, days: 7}
	cmd := &cobra.Command{
		Use:   "index [INDEX.json]",
		Short: "Gather what has been published into the index, and sign it",
		Long: `Index lists the releases that were published here, or with --from those in another
registry, and prints the list signed. A release is listed only if enough of its
publisher's people have signed it; what nodes and publishers have said of it is
listed only if each signature holds. The index has the next number after the one
before, which is the one that was issued here or, with --from, that of --before.

What was listed once stays listed. If such a release cannot be read or believed any
more, there is no new index until that is mended, or a note withdraws the release:
those who run it have to be told. Notes are a JSON file that says what does not stand
in the releases:

  [{"id": "waits-median", "version": "1.0.0", "areas": ["Waiting times"],
    "change": "Counts people who were sent on elsewhere"},
   {"id": "falls-watch", "version": "2.0.0", "state": "withdrawn", "reason": "Counts falls twice"},
   {"id": "falls-watch", "version": "1.0.0", "state": "deprecated", "until": "2027-03-31T00:00:00Z",
    "reason": "2.1.0 knows the new codes"}]

Given an index that is signed, it adds your signature. "signalbox hub issue" serves it.`,
		Example: `  signalbox hub index > index.json && signalbox hub issue index.json
  signalbox hub index --from registry.example/signalbox --before index.json --notes notes.json > next.json`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			e, err := x.sealed(cmd, args)
			if err != nil {
				return err
			}
			text, err := e.Encode()
			if err != nil {
				return err
			}
			_, err = cmd.OutOrStdout().Write(text)
			return err
		},
	}
	cmd.Flags().StringVar(&x.keyFile, "key", "", "file of the key that signs the index (by default keys/index.pem in the data folder)")
	cmd.Flags().StringVar(&x.shop.to, "from", "", "the registry that the releases are in (by default that of this installation)")
	cmd.Flags().StringVar(&x.shop.user, "user", "", "name at the registry; its secret is read from SIGNALBOX_REGISTRY_SECRET")
	cmd.Flags().StringVar(&x.before, "before", "", "the index that was issued last (by default the one issued here)")
	cmd.Flags().StringVar(&x.notes, "notes", "", "what the hub knows of releases, as JSON")
	cmd.Flags().IntVar(&x.days, "days", x.days, "for how many days the index is believed")
	x.trust.files(cmd)
	return cmd
}

func (x *indexing) sealed(cmd *cobra.Command, args []string) (registry.Envelope, error) {
	none := registry.Envelope{}
	if x.keyFile == "" {
		x.keyFile = x.cfg.indexKey()
	}
	key, err := registry.OpenKey(x.keyFile)
	if err != nil {
		return none, badInput(fmt.Errorf("%w (make one with \"signalbox plugin key --key\", and name its public half in the list of publishers)", err))
	}
	if len(args) == 1 {
		e, err := readIndex(args[0])
		return e.SignedBy(key), err
	}
	list, err := x.trust.list()
	if err != nil {
		return none, err
	}
	index, err := x.gathered(cmd, list)
	if err != nil {
		return none, err
	}
	e, err := index.Seal(key)
	if err != nil {
		return none, err
	}
	root, err := readRoot(x.trust.root)
	if err != nil {
		return none, err
	}
	if _, err := root.OpenIndex(list, e, 0, x.now()); err != nil && !errors.Is(err, registry.ErrTooFew) {
		return none, badInput(fmt.Errorf("nobody would believe it, signed with %s: %w", x.keyFile, err))
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "Index number %d: %d releases, believed until %s\n", index.Serial, len(index.Releases), index.Expires.Format("2 January 2006"))
	return e, nil
}

// gathered makes the index from another registry, or from what is here.
func (x *indexing) gathered(cmd *cobra.Command, list *registry.List) (*registry.Index, error) {
	g := registry.Gathering{List: list, Now: x.now(), Lasts: time.Duration(x.days) * 24 * time.Hour, Tell: func(of registry.Named, why error) {
		fmt.Fprintf(cmd.ErrOrStderr(), "Left out: %s %s: %v\n", of.ID, of.Version, why)
	}}
	if x.days < 1 || x.days > 90 {
		return nil, badInput(fmt.Errorf("--days is %d; from 1 to 90 are wanted, since nodes must learn soon of what is withdrawn", x.days))
	}
	ctx := cmd.Context()
	var releases []registry.Named
	var err error
	if x.shop.to == "" {
		db, closeDB, err := x.open(ctx)
		if err != nil {
			return nil, err
		}
		defer closeDB()
		if releases, err = x.published(ctx, db, &g); err != nil {
			return nil, err
		}
	} else {
		g.From = x.shop.remote()
		if releases, err = g.From.Releases(ctx); err != nil {
			return nil, err
		}
	}
	if x.before != "" {
		e, err := readIndex(x.before)
		if err != nil {
			return nil, err
		}
		if g.Before, err = registry.IndexOf(e); err != nil {
			return nil, badInput(fmt.Errorf("%s: %w", x.before, err))
		}
	}
	notes, err := readNotes(x.notes)
	if err != nil {
		return nil, err
	}
	g.Notes = append(g.Notes, notes...)
	return g.Index(ctx, releases)
}

// published are the releases that were published here, with the steps of their lives
// as notes.
func (x *indexing) published(ctx context.Context, db *postgres.DB, g *registry.Gathering) ([]registry.Named, error) {
	list := g.List
	g.From = registry.Local(db.Registry(), func(context.Context) (*registry.List, error) { return list, nil })
	issued, err := db.HubIssued(ctx, "index")
	switch {
	case err == nil:
		e, err := registry.DecodeIndex(issued.Envelope)
		if err != nil {
			return nil, err
		}
		if g.Before, err = registry.IndexOf(e); err != nil {
			return nil, err
		}
	case !errors.Is(err, postgres.ErrNotFound):
		return nil, err
	}
	kept, err := db.KeptReleases(ctx)
	if err != nil {
		return nil, err
	}
	steps, err := db.ReleaseSteps(ctx)
	if err != nil {
		return nil, err
	}
	of := map[plugins.Digest]registry.Named{}
	for _, k := range kept {
		of[k.Digest] = registry.Named{ID: k.Manifest.ID, Version: k.Manifest.Version}
	}
	var releases []registry.Named
	out := map[plugins.Digest]bool{}
	for _, s := range steps {
		switch note := (registry.Note{Named: of[s.Digest]}); {
		case s.Step == postgres.Published:
			releases, out[s.Digest] = append(releases, note.Named), true
			note.Change = s.Note
			g.Notes = append(g.Notes, note)
		case out[s.Digest] && s.Step == postgres.Deprecated:
			note.State, note.Reason, note.Until = registry.Deprecated, s.Note, time.Unix(int64(s.Until)*86400, 0).UTC()
			g.Notes = append(g.Notes, note)
		case out[s.Digest] && s.Step == postgres.Withdrawn:
			note.State, note.Reason = registry.Withdrawn, s.Note
			g.Notes = append(g.Notes, note)
		}
	}
	return releases, nil
}

// readIndex reads a signed index from a file.
func readIndex(path string) (registry.Envelope, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return registry.Envelope{}, badInput(err)
	}
	e, err := registry.DecodeIndex(text)
	if err != nil {
		return e, badInput(fmt.Errorf("%s: %w", path, err))
	}
	return e, nil
}

// readNotes reads what a hub knows of releases; nothing where no file is named.
func readNotes(path string) (notes []registry.Note, err error) {
	if path == "" {
		return nil, nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, badInput(err)
	}
	in := json.NewDecoder(bytes.NewReader(text))
	in.DisallowUnknownFields()
	if err := in.Decode(&notes); err != nil {
		return nil, badInput(fmt.Errorf("%s: %w", path, err))
	}
	return notes, nil
}
