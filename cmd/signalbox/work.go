package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"

	"github.com/spf13/cobra"
)

func newWorkCommand(cfg *config) *cobra.Command {
	return &cobra.Command{
		Use:   "work",
		Short: "Do what is done in the background, without the site",
		Long: `Work does what nobody waits for: it asks the hub for news every 15 minutes, sends
what people here have decided to send, and forgets sessions and drafts that are
over. "signalbox serve" does the same beside the site, so one machine needs no
"work". Start it where the site should not be held up, with "serve --no-work" for
the site: on as many machines as you like, on the same database. Each job is taken
by one of them.

A process that is killed loses nothing. What it had begun is given to another within
two minutes (within four where it asked the hub or sent to it), and nothing is done by
halves: jobs may run twice and leave the same. Ctrl-C or SIGTERM lets jobs under way
finish for 5 seconds.

The page /jobs shows operators what runs, what waits and what went wrong. Every
process that works needs the same trust folder in its data folder.`,
		Example: `  signalbox work
  DATABASE_URL=postgres://signalbox@db/signalbox signalbox work --data /srv/signalbox
  DATABASE_URL=postgres://signalbox@db/signalbox signalbox serve --no-work`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			log := slog.New(slog.NewTextHandler(os.Stderr, nil))
			return workOnly(cmd.Context(), cfg, log, func() { fmt.Fprintln(cmd.OutOrStdout(), "Signalbox works in the background") })
		},
	}
}

// workOnly works jobs until ctx ends.
func workOnly(ctx context.Context, cfg *config, log *slog.Logger, ready func()) error {
	house, err := open(ctx, cfg, false, log)
	if err != nil {
		return err
	}
	defer house.close()
	if err := house.startQueue(cfg); err != nil {
		return err
	}
	if err := house.work(ctx); err != nil {
		return err
	}
	ready()
	<-ctx.Done()
	return nil
}
