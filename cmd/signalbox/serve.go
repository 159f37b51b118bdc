package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"
)

func newServeCommand(cfg *config) *cobra.Command {
	var addr string
	var demonstration bool
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Start the site",
		Long: `Serve starts the site and the sandboxes in which plugins run. The database is the
one that DATABASE_URL names; without it, a private PostgreSQL is started in the
data folder, which needs PostgreSQL 14 or newer to be installed.

Readers sign in by the identity provider that identity.json in the data folder
names. Where there is none they sign in with passkeys: at the first start the log
shows a link that makes the operator, who invites the others. Passkeys need a
name and not a bare IP address: --public-url https://signalbox.example, or
http://localhost on this machine, which is what is used unless told.

With --demo it makes trusts that do not exist, with figures of their own, and
lets anybody be one of their people. That works on loopback addresses only, and
not where there is an identity provider.`,
		Example: `  signalbox serve --demo
  signalbox serve --addr 127.0.0.1:9000 --data /srv/signalbox
  signalbox serve --addr 127.0.0.1:9000 --public-url https://signalbox.example --behind-proxy
  DATABASE_URL=postgres://signalbox@db/signalbox signalbox serve`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if demonstration && !onLoopback(addr) {
				return badInput(fmt.Errorf("--demo lets anybody in, so it works on loopback only; %s is not, use 127.0.0.1:8080", addr))
			}
			if err := cfg.checkAddress(addr, demonstration); err != nil {
				return badInput(err)
			}
			log := slog.New(slog.NewTextHandler(os.Stderr, nil))
			return serve(cmd.Context(), cfg, addr, demonstration, log, func(at string) {
				fmt.Fprintf(cmd.OutOrStdout(), "Signalbox is at http://%s\n", at)
			})
		},
	}
	cmd.Flags().StringVar(&addr, "addr", "127.0.0.1:8080", "address and port to listen on")
	cfg.addressFlags(cmd)
	cmd.Flags().BoolVar(&cfg.behindProxy, "behind-proxy", false, "take readers' addresses from the last entry of X-Forwarded-For")
	cmd.Flags().BoolVar(&cfg.noWork, "no-work", false, "leave what is done in the background to \"signalbox work\"")
	cmd.Flags().BoolVar(&demonstration, "demo", false, "make demonstration data, and let anybody sign in as its people")
	return cmd
}

// onLoopback reports whether nobody beyond this machine can reach an address.
func onLoopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// serve runs the site until ctx ends, and then lets requests under way finish.
func serve(ctx context.Context, cfg *config, addr string, demonstration bool, log *slog.Logger, ready func(addr string)) error {
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return fmt.Errorf("listen on %s: %w (choose another with --addr)", addr, err)
	}
	if cfg.publicURL == "" {
		cfg.publicURL = localURL(listener.Addr())
	}
	house, err := build(ctx, cfg, demonstration, log)
	if err != nil {
		_ = listener.Close()
		return err
	}
	defer house.close()
	// Whoever is on call should know what the sandboxes rest on here.
	if inForce, missing := house.host.Confinement(); len(missing) > 0 {
		log.Warn("sandboxes are confined by less than there could be", "by", inForce, "missing", missing)
	} else {
		log.Info("sandboxes are confined", "by", inForce)
	}
	server := &http.Server{
		Handler:           house.site.Handler(),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      60 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	if err := house.welcome(ctx, cfg); err != nil {
		return err
	}
	if !cfg.noWork {
		if err := house.work(ctx); err != nil {
			return err
		}
	}
	ready(listener.Addr().String())
	select {
	case err := <-ended:
		return fmt.Errorf("serve on %s: %w", addr, err)
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := server.Shutdown(grace); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("stop: %w", err)
	}
	return nil
}

// cache is where compiled plugins are kept.
func (c *config) cache() string { return filepath.Join(c.dataDir, "plugins") }
