package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/plugins/host"
	"github.com/signalbox-health/signalbox/sdk/wire"
)

// bench is a sandbox as authors of plugins use it: their answers are looked at as
// bytes too. It is a *host.Host.
type bench interface {
	Install(context.Context, []byte) (plugins.Release, error)
	Run(context.Context, plugins.Digest, wire.Request) ([]measures.Chart, error)
	RunPayload(ctx context.Context, digest plugins.Digest, payload []byte, rows int, limit time.Duration) ([]byte, error)
	Admit(plugins.Digest, *wire.Request) error
	Blame(plugins.Digest, *wire.Request, error)
	Close() error
}

// author is what the commands for authors of plugins work with.
type author struct {
	start    func() (bench, error)
	terminal terminalOf
	// name is who writes the plugin, as far as the machine knows.
	name func(context.Context) string
	// browse opens an address in the author's browser.
	browse func(address string) error
	// ask opens what is loaded here.
	ask openAnalysis
	now func() time.Time
}

func newPluginCommand(cfg *config, a *author) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "plugin",
		Short: "Write, check and try a measure",
		Long: `A plugin computes charts. It is given its data and gives charts back; it runs in a
sandbox without files, network or clock. It is written in Go, Rust, AssemblyScript
or C, or it is a manifest without code, whose measures use the arithmetic that is
there. docs/plugin-author.md leads from nothing to a chart.`,
		Example: `  signalbox plugin new waits-median      begin: source, manifest, a case, example data
  signalbox plugin watch waits-median    build and draw again at every save
  signalbox plugin check waits-median    what a trust would find wrong with it
  signalbox plugin build waits-median    the one file that is passed on`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newPluginNewCommand(a), newPluginBuildCommand(), newPluginCheckCommand(a), newPluginRunCommand(a), newPluginWatchCommand(a),
		newPluginKeyCommand(cfg), newPluginSignCommand(cfg), newPluginReplyCommand(cfg), newPluginVerifyCommand(cfg), newPluginPublishCommand(cfg, a), newPluginPullCommand(cfg),
		newPluginBundleCommand())
	return cmd
}

// author gives the commands for authors what this machine has.
func (c *config) author() *author {
	return &author{start: c.startBench, terminal: c.terminal, name: authorName, browse: openBrowser, now: time.Now,
		ask: func(ctx context.Context) (*house, error) { return open(ctx, c, false, quiet()) }}
}

// startBench starts sandboxes for one command; two, so that the next is ready
// when a plugin has brought one down.
func (c *config) startBench() (bench, error) {
	self, err := executable()
	if err != nil {
		return nil, fmt.Errorf("find this program, to start it as a sandbox: %w", err)
	}
	return host.New(host.Options{Executable: []string{self, "sandbox"}, Children: 2, OnTrial: true, CacheDir: c.cache(), Log: quiet()})
}

// isTerminal reports whether somebody looks at an output as it comes.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// onePath is the argument of a command that takes a file or a folder, and takes
// the folder where it stands if none is given.
func onePath(_ *cobra.Command, args []string) error {
	if len(args) > 1 {
		return badInput(fmt.Errorf("%d files given, want one", len(args)))
	}
	return nil
}

func pathOf(args []string) string {
	if len(args) == 0 {
		return "."
	}
	return args[0]
}
