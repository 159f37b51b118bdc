// Command signalbox is the whole program: the web server, the loader, the
// chart maker, the policy tester. It starts things and wires them together;
// everything else is done below.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/signalbox-health/signalbox/internal/postgres"
)

// exitError is an error that chooses the exit status of the program.
type exitError struct {
	status int
	err    error
}

func (e *exitError) Error() string { return e.err.Error() }
func (e *exitError) Unwrap() error { return e.err }

// badInput marks an error as the caller's to mend: exit status 2.
func badInput(err error) error { return &exitError{2, err} }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	status := run(ctx, os.Args[1:])
	stop()
	os.Exit(status)
}

// run carries one command out and gives the exit status: 0 done, 1 failed,
// 2 bad input.
func run(ctx context.Context, args []string) int {
	cfg := readConfig(os.Getenv, os.Getuid(), os.TempDir())
	root := newRootCommand(&cfg)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return 0
	}
	fmt.Fprintln(os.Stderr, "signalbox:", err)
	if exit := (*exitError)(nil); errors.As(err, &exit) {
		return exit.status
	}
	return 1
}

func newRootCommand(cfg *config) *cobra.Command {
	root := &cobra.Command{
		Use:   "signalbox",
		Short: "Finds the signal in a trust's numbers and keeps other people's code in a box",
		Long: `Signalbox draws run charts and SPC charts of NHS measures. The charts are
computed by sandboxed WebAssembly plugins over data in PostgreSQL; policies in
Rego decide who may see what, and every decision is recorded.`,
		Example: `  signalbox serve --demo              start with demonstration data on http://127.0.0.1:8080
  signalbox load attendances.csv      take a file of figures in
  signalbox chart waits.csv           draw one chart in the terminal, without a database`,
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return badInput(err) })
	root.CompletionOptions.HiddenDefaultCmd = true
	root.PersistentFlags().StringVar(&cfg.dataDir, "data", cfg.dataDir, "folder of the private database and of compiled plugins")
	root.AddCommand(
		newServeCommand(cfg),
		newSetUpLinkCommand(cfg),
		newIdentityCommand(cfg),
		newLoadCommand(func(ctx context.Context) (*postgres.DB, func(), error) { return cfg.openDatabase(ctx, quiet()) }),
		newMigrateCommand(func(ctx context.Context) (string, func(), error) { return cfg.startDatabase(ctx, quiet()) }),
		newPolicyCommand(cfg),
		newAuditCommand(cfg, func(ctx context.Context) (*postgres.DB, func(), error) { return cfg.openDatabase(ctx, quiet()) }),
		newChartCommand(cfg.startSandbox, func(ctx context.Context) (*house, error) { return open(ctx, cfg, false, quiet()) }, cfg.terminal),
		newPluginCommand(cfg, cfg.author()),
		newSyncCommand(cfg, func(ctx context.Context) (*postgres.DB, func(), error) { return cfg.openDatabase(ctx, quiet()) }),
		newWorkCommand(cfg),
		newHubCommand(cfg, func(ctx context.Context) (*postgres.DB, func(), error) { return cfg.openDatabase(ctx, quiet()) }),
		newSandboxCommand(),
		newPolicyBenchCommand(),
	)
	return root
}

// quiet logs only what is wrong: for commands whose output is their result.
func quiet() *slog.Logger {
	return slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
}
