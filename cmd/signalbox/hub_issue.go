package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/plugins/registry"
)

// issuing puts the files of a hub where they are served.
type issuing struct {
	cfg *config
	db  *postgres.DB
	now func() time.Time

	root registry.Root
	list *registry.List
	sent registry.Envelope // the list, as it was signed
}

func newHubIssueCommand(cfg *config, open openDB) *cobra.Command {
	return &cobra.Command{
		Use:   "issue FILE...",
		Short: "Serve a signed list of publishers, or a signed index, from now on",
		Long: `Issue takes publishers.json and index.json as "signalbox hub publishers" and
"signalbox hub index" have signed them, and serves them at /hub/publishers.json and
/hub/index.json. Each must be signed as trust/root.json says, as nodes have it, and
newer than the one before; if one is not, nothing is issued. Issue the list first
where both are new: the index goes with it. This installation goes by them itself.`,
		Example: `  signalbox hub issue publishers.json
  signalbox hub issue publishers.json index.json`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			root, err := cfg.root()
			if err != nil {
				return err
			}
			db, closeDB, err := open(cmd.Context())
			if err != nil {
				return err
			}
			defer closeDB()
			i := issuing{cfg: cfg, db: db, now: time.Now, root: root}
			if err := i.known(cmd.Context()); err != nil {
				return err
			}
			for _, path := range args {
				text, err := os.ReadFile(path)
				if err != nil {
					return badInput(err)
				}
				told, err := i.issue(cmd.Context(), text)
				if err != nil {
					return fmt.Errorf("%s: %w", path, err)
				}
				fmt.Fprintln(cmd.OutOrStdout(), told)
			}
			return nil
		},
	}
}

// known reads the list that is served now.
func (i *issuing) known(ctx context.Context) error {
	issued, err := i.db.HubIssued(ctx, "publishers")
	if errors.Is(err, postgres.ErrNotFound) {
		return nil
	} else if err != nil {
		return err
	}
	if i.sent, err = registry.DecodeList(issued.Envelope); err != nil {
		return err
	}
	i.list, err = i.root.Open(i.sent, nil, i.now())
	if errors.Is(err, registry.ErrStale) {
		return nil // the next is issued in its place
	}
	return err
}

// issue believes a file as a node would, and serves it.
func (i *issuing) issue(ctx context.Context, text []byte) (told string, err error) {
	e, err := registry.DecodeIndex(text)
	if err != nil {
		return "", badInput(err)
	}
	if _, notIndex := registry.IndexOf(e); notIndex != nil {
		return i.publishers(ctx, e, text)
	}
	return i.index(ctx, e, text)
}

func (i *issuing) publishers(ctx context.Context, e registry.Envelope, text []byte) (string, error) {
	list, err := i.root.Open(e, i.list, i.now())
	if err != nil {
		return "", badInput(err)
	}
	if err := i.db.IssueHub(ctx, "publishers", list.Serial, text); err != nil {
		return "", err
	}
	i.list, i.sent = list, e
	// The commands of this machine read the file; the site finds the newest of both.
	if err := os.MkdirAll(i.cfg.trustDir(), 0o755); err != nil {
		return "", err
	}
	if err := replaceFile(filepath.Join(i.cfg.trustDir(), "publishers.json"), text); err != nil {
		return "", err
	}
	return fmt.Sprintf("List of publishers number %d is served: %d publishers, %d nodes, believed until %s",
		list.Serial, len(list.Publishers), len(list.Nodes), list.Expires.Format("2 January 2006")), nil
}

func (i *issuing) index(ctx context.Context, e registry.Envelope, text []byte) (string, error) {
	if i.list == nil {
		return "", badInput(fmt.Errorf("there is no list of publishers yet, or it has expired: issue one first, with this or before it"))
	}
	index, err := i.root.OpenIndex(i.list, e, 0, i.now())
	if err != nil {
		return "", badInput(err)
	}
	if err := i.db.IssueHub(ctx, "index", index.Serial, text); err != nil {
		return "", err
	}
	// A hub is a node of its own: its catalogue shows what it lists.
	if err := i.db.TakeIndex(ctx, i.sent, index, i.list.Serial); err != nil {
		return "", err
	}
	return fmt.Sprintf("Index number %d is served: %d releases, believed until %s", index.Serial, len(index.Releases), index.Expires.Format("2 January 2006")), nil
}
