package main

import (
	"fmt"
	"net"
	"time"

	"github.com/spf13/cobra"

	"github.com/signalbox-health/signalbox/web/session"
)

func newSetUpLinkCommand(cfg *config) *cobra.Command {
	var addr string
	cmd := &cobra.Command{
		Use:   "setup-link",
		Short: "Print a link that makes an operator",
		Long: `Setup-link prints a link that enrols a passkey and makes its owner an operator of
this Signalbox. It is good once and for 15 minutes; links printed before it end.
Whoever can run this command can reach the database anyway: it is also the way
back in when the last operator has lost their passkeys.`,
		Example: `  signalbox setup-link --data /srv/signalbox --public-url https://signalbox.example`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := cfg.checkAddress(addr, false); err != nil {
				return badInput(err)
			}
			settings, err := cfg.identity()
			if err != nil {
				return badInput(err)
			}
			if settings != nil {
				return badInput(fmt.Errorf("people sign in by %s here, so there are no passkeys: name the operator in the claim mapping", settings.Name))
			}
			origin := cfg.publicURL
			if origin == "" {
				at, err := net.ResolveTCPAddr("tcp", addr)
				if err != nil {
					return badInput(fmt.Errorf("--addr %s: %w", addr, err))
				}
				origin = localURL(at)
			}
			db, done, err := cfg.openDatabase(cmd.Context(), quiet())
			if err != nil {
				return err
			}
			defer done()
			link, err := session.SetUpLink(cmd.Context(), db, origin, time.Now())
			if err != nil {
				return err
			}
			fmt.Fprintln(cmd.OutOrStdout(), link)
			return nil
		},
	}
	cmd.Flags().StringVar(&addr, "addr", "127.0.0.1:8080", "address and port that the site listens on")
	cfg.addressFlags(cmd)
	return cmd
}
