package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/signalbox-health/signalbox/internal/demo"
	"github.com/signalbox-health/signalbox/internal/governing"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/web/governance/people"
	"github.com/signalbox-health/signalbox/web/layout"
	"github.com/signalbox-health/signalbox/web/session"
	"github.com/signalbox-health/signalbox/web/session/provider"
)

// addressFlags says how readers address the site.
func (c *config) addressFlags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&c.publicURL, "public-url", c.publicURL, "how readers address the site, such as https://signalbox.example (SIGNALBOX_PUBLIC_URL)")
}

// checkAddress refuses what would let people in over the open network, or not at all.
func (c *config) checkAddress(addr string, demonstration bool) error {
	if c.publicURL == "" {
		if !onLoopback(addr) {
			return fmt.Errorf("%s can be reached from other machines, so readers need an address of https to sign in at: give it with --public-url", addr)
		}
		return nil
	}
	u, err := url.Parse(c.publicURL)
	if err != nil || u.Host == "" || u.Path != "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return fmt.Errorf("--public-url %s: give the scheme and the host and nothing more, such as https://signalbox.example", c.publicURL)
	}
	if u.Scheme != "https" && (u.Scheme != "http" || u.Hostname() != "localhost") {
		return fmt.Errorf("--public-url %s: readers sign in over https only, or at http://localhost on this machine", c.publicURL)
	}
	if demonstration && u.Hostname() != "localhost" {
		return fmt.Errorf("--demo lets anybody in, so it does not go with the public address %s", c.publicURL)
	}
	return nil
}

// localURL is how readers on this machine address a site that has no other name.
// Passkeys and providers want a name, and so it is localhost for any address.
func localURL(addr net.Addr) string {
	_, port, err := net.SplitHostPort(addr.String())
	if err != nil {
		return "http://localhost"
	}
	return "http://localhost:" + port
}

func (c *config) https() bool { return strings.HasPrefix(c.publicURL, "https://") }

// identity reads the identity provider of this installation; nil where there is none.
func (c *config) identity() (*provider.Settings, error) {
	path := c.identityFile
	if path == "" {
		path = filepath.Join(c.dataDir, "identity.json")
		if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
			return nil, nil
		}
	}
	reference, err := policy.NationalReference()
	if err != nil {
		return nil, err
	}
	return provider.ReadSettings(path, reference.Roles)
}

// openSessions prepares how people sign in: by the provider, if there is one; as
// the people of the demonstration; else with passkeys.
func (h *house) openSessions(ctx context.Context, cfg *config, demonstration bool, files layout.Assets) (*session.Sessions, error) {
	reference, err := policy.NationalReference()
	if err != nil {
		return nil, err
	}
	settings, err := cfg.identity()
	if err != nil {
		return nil, badInput(err)
	}
	o := session.Options{Store: h.db.SessionStore(), DB: h.db, Organisations: h.known, Assets: files, Reference: reference,
		Origin: cfg.publicURL, BehindProxy: cfg.behindProxy, Now: time.Now, Log: h.log}
	switch {
	case settings != nil && demonstration:
		return nil, badInput(fmt.Errorf("--demo lets anybody in, and identity.json says that %s does: take one of them away", settings.Name))
	case settings != nil:
		o.Provider = provider.New(settings, cfg.publicURL+"/sign-in/return", time.Now)
	case demonstration:
		for _, p := range demo.People(measures.Date(time.Now().Unix() / 86400)) {
			o.Demo = append(o.Demo, session.Person(p))
		}
	}
	return session.New(o)
}

// welcome says in the log how the first operator comes in, while there is none.
func (h *house) welcome(ctx context.Context, cfg *config) error {
	if !h.sessions.Passkeys() {
		return nil
	}
	has, err := h.db.HasOperator(ctx)
	if err != nil || has {
		return err
	}
	link, err := session.SetUpLink(ctx, h.db, cfg.publicURL, time.Now())
	if err != nil {
		return err
	}
	h.log.Info("nobody operates this Signalbox yet: open this link once, within 15 minutes, in the browser that you work with; signalbox setup-link prints a new one", "link", link)
	return nil
}

func newIdentityCommand(cfg *config) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "identity",
		Short: "Prepare sign-in by an identity provider",
		Long: `Identity helps to write identity.json, which names the provider that people sign in
by, and the mapping that says what its claims mean here. docs/sign-in.md goes
through it step by step.`,
	}
	cmd.AddCommand(&cobra.Command{
		Use:       "example {cis2|entra}",
		Short:     "Print a claim mapping to start from",
		Example:   "  signalbox identity example cis2 > mapping.json",
		Args:      cobra.MatchAll(cobra.ExactArgs(1), cobra.OnlyValidArgs),
		ValidArgs: provider.Examples(),
		RunE: func(cmd *cobra.Command, args []string) error {
			text, err := provider.Example(args[0])
			if err != nil {
				return badInput(err)
			}
			_, err = cmd.OutOrStdout().Write(text)
			return err
		},
	}, &cobra.Command{
		Use:   "check",
		Short: "Check identity.json, and ask the provider whether it is there",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			settings, err := cfg.identity()
			if err != nil {
				return badInput(err)
			}
			if settings == nil {
				return badInput(fmt.Errorf("there is no identity.json in %s", cfg.dataDir))
			}
			origin, err := provider.New(settings, "", time.Now).Origin(cmd.Context())
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s is there: people will be sent to %s\nThe mapping in force is %s\n", settings.Name, origin, settings.MappingDigest())
			return nil
		},
	})
	return cmd
}

// peoplePages are the pages on which roles are given and taken.
func (h *house) peoplePages(reader func(*http.Request) (policy.Actor, layout.Page)) *people.Pages {
	return &people.Pages{DB: h.db, Desk: &governing.Desk{Policy: h.engine, Ledger: h.db, Now: time.Now}, Entrance: session.Entrance{Sessions: h.sessions},
		Names: h.known, Reference: h.national, Reader: reader, Now: time.Now}
}
