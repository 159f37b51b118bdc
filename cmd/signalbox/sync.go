package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/internal/sharing"
	"github.com/signalbox-health/signalbox/plugins/registry"
)

func newSyncCommand(cfg *config, open openDB) *cobra.Command {
	var from, to, format string
	cmd := &cobra.Command{
		Use:   "sync",
		Short: "Ask the hub for news now, or take news from a folder that somebody has brought",
		Long: `Sync asks the hub that trust/hub.json names for its list of publishers and its index
of releases, as the site does every 15 minutes. Both have to be signed as
trust/root.json says, and neither may be older than what is known: an older index
could hide that a release was withdrawn. What was known stays otherwise.

For an installation without a connection, copy publishers.json, index.json and the
bundles that you want (from "signalbox plugin bundle") into a folder, carry it there
and name it with --from. Releases in bundles are put into the registry of this
installation once their signatures are believed, and can be taken from the
catalogue like any other.

What people here have decided to send is laid into a folder with --to, a file each.
Carry it to the hub, where "signalbox hub hear" takes it.

An index that has expired is taken, because what it withdraws holds, and the exit
status is 1: nobody can say what has been withdrawn since.`,
		Example: `  signalbox sync
  signalbox sync --from /media/stick
  signalbox sync --to /media/stick
  signalbox sync --format json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if format != "text" && format != "json" {
				return badInput(fmt.Errorf("--format is %q, want text or json", format))
			}
			if to != "" {
				return cfg.carryOut(cmd, to)
			}
			node, err := cfg.node()
			if err != nil {
				return err
			}
			db, done, err := open(cmd.Context())
			if err != nil {
				return err
			}
			defer done()
			node.Store = db
			told := tidings{}
			if from == "" {
				told.Synced, err = node.Sync(cmd.Context())
			} else {
				told, err = cfg.carried(cmd, node, db, from)
			}
			if errors.Is(err, sharing.ErrNoHub) {
				return badInput(fmt.Errorf("%w: name it in %s, or bring its files in a folder and name that with --from", err, filepath.Join(cfg.trustDir(), "hub.json")))
			}
			return errors.Join(told.print(cmd.OutOrStdout(), format), err)
		},
	}
	cmd.Flags().StringVar(&from, "from", "", "folder with publishers.json, index.json and bundles (*.tar)")
	cmd.Flags().StringVar(&to, "to", "", "folder to lay what waits for the hub into")
	cmd.MarkFlagsMutuallyExclusive("from", "to")
	cmd.Flags().StringVar(&format, "format", "text", "text or json")
	return cmd
}

// tidings are what a sync has brought.
type tidings struct {
	sharing.Synced
	Brought []sharing.Brought
}

// carried takes what lies in a folder.
func (c *config) carried(cmd *cobra.Command, node *sharing.Node, db *postgres.DB, from string) (told tidings, err error) {
	if node.Root, err = c.root(); err != nil {
		return told, err
	}
	told.Synced, err = node.SyncFrom(cmd.Context(), from)
	if told.Index == 0 {
		return told, err // nobody is believed yet
	}
	lists := sharing.Lists{Root: node.Root, File: filepath.Join(c.trustDir(), "publishers.json"), State: db.HubState, Now: time.Now}
	list, stale := lists.List(cmd.Context())
	if stale != nil {
		return told, errors.Join(err, stale)
	}
	var unread error
	told.Brought, unread = sharing.Stock(cmd.Context(), from, list, registry.Local(db.Registry(), lists.List), time.Now())
	for _, b := range told.Brought {
		if b.Err != nil {
			unread = errors.Join(unread, fmt.Errorf("%s: %w", b.File, b.Err))
		}
	}
	return told, errors.Join(err, unread)
}

func (t tidings) print(w io.Writer, format string) error {
	if format == "json" {
		return t.printJSON(w)
	}
	switch {
	case t.Index == 0:
		_, err := fmt.Fprintln(w, "nothing is known of the hub yet")
		return err
	case t.New:
		fmt.Fprintf(w, "took index %d with %d releases, %d of them withdrawn, and list %d of publishers\n", t.Index, t.Releases, t.Withdrawn, t.List)
	default:
		fmt.Fprintf(w, "nothing new: index %d and list %d of publishers are known\n", t.Index, t.List)
	}
	fmt.Fprintf(w, "the index holds until %s\n", t.Expires.UTC().Format("2 January 2006 15:04 MST"))
	for _, b := range t.Brought {
		if b.Err == nil {
			fmt.Fprintf(w, "%s: %s %s lies in the registry here\n", b.File, b.ID, b.Version)
		}
	}
	return nil
}

func (t tidings) printJSON(w io.Writer) error {
	type brought struct {
		File    string `json:"file"`
		ID      string `json:"id,omitempty"`
		Version string `json:"version,omitempty"`
		Digest  string `json:"digest,omitempty"`
		Problem string `json:"problem,omitempty"`
	}
	out := struct {
		New       bool      `json:"new"`
		Index     int64     `json:"index"`
		List      int64     `json:"list"`
		Releases  int       `json:"releases"` // in the index, where it is new
		Withdrawn int       `json:"withdrawn"`
		Expires   time.Time `json:"expires,omitzero"`
		Brought   []brought `json:"brought"`
	}{t.New, t.Index, t.List, t.Releases, t.Withdrawn, t.Expires, []brought{}}
	for _, b := range t.Brought {
		one := brought{b.File, b.ID, b.Version, string(b.Digest), ""}
		if b.Err != nil {
			one.Problem = b.Err.Error()
		}
		out.Brought = append(out.Brought, one)
	}
	return json.NewEncoder(w).Encode(out)
}
