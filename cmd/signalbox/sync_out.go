package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/signalbox-health/signalbox/internal/sharing"
	"github.com/signalbox-health/signalbox/plugins/registry"
)

// carryOut lays what waits for the hub into a folder. Each is asked of the policy once
// more, as it would be before it is sent over the network.
func (c *config) carryOut(cmd *cobra.Command, folder string) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return badInput(err)
	}
	h, err := open(cmd.Context(), c, false, quiet())
	if err != nil {
		return err
	}
	defer h.close()
	if err := h.startQueue(c); err != nil {
		return err
	}
	h.node.Speech = sharing.Folder(folder)
	done, err := h.node.Deliver(cmd.Context())
	fmt.Fprintf(cmd.OutOrStdout(), "%d laid into %s, %d kept back\n", done.Sent, folder, done.Failed+done.Left)
	if done.Sent > 0 {
		fmt.Fprintln(cmd.OutOrStdout(), "Carry the folder to your hub, and keep it until the index names what is in it.")
	}
	return err
}

func newHubHearCommand(cfg *config, open openDB) *cobra.Command {
	return &cobra.Command{
		Use:   "hear FOLDER",
		Short: "Take what somebody has carried from an installation without a connection",
		Long: `Hear puts the evidence, questions, replies and counts of faults that lie in a folder,
as "signalbox sync --to" has laid them there, into the registry of this hub. Each must
be signed by somebody whom the list of publishers names. The next "signalbox hub
index" lists them. Doing it again changes nothing; the exit status is 1 if one was
refused.`,
		Example: `  signalbox hub hear /media/stick`,
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			trust := trusting{cfg: cfg, now: time.Now}
			list, err := trust.list()
			if err != nil {
				return err
			}
			db, closeDB, err := open(cmd.Context())
			if err != nil {
				return err
			}
			defer closeDB()
			heard, err := sharing.Hear(cmd.Context(), args[0], registry.Local(db.Registry(), func(context.Context) (*registry.List, error) { return list, nil }))
			for _, h := range heard {
				if h.Err != nil {
					err = errors.Join(err, fmt.Errorf("%s: %w", h.File, h.Err))
					continue
				}
				fmt.Fprintf(cmd.OutOrStdout(), "%s: %s about %s\n", h.File, h.Kind, h.Plugin)
			}
			return err
		},
	}
}
