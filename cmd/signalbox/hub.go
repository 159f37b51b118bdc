package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/signalbox-health/signalbox/plugins/registry"
)

func newHubCommand(cfg *config, open openDB) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "hub",
		Short: "For whoever runs a hub: say whom to believe, and what there is",
		Long: `A hub is a registry of plugins and two signed files: the list of publishers and the
index of releases. Both are the same for everybody, so anybody may keep a copy.
The list is signed with root keys, whose public halves every installation is given
once, by hand; the index with keys that the list names, so that the root keys can
stay in a drawer.`,
		Example: `  signalbox hub root --threshold 2 ed25519:... ed25519:... > root.json
  signalbox hub publishers --key root-1.pem publishers-draft.json > publishers.json
  signalbox hub index > index.json
  signalbox hub issue publishers.json index.json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newHubRootCommand(), newHubPublishersCommand(time.Now), newHubIndexCommand(cfg, open), newHubIssueCommand(cfg, open), newHubHearCommand(cfg, open), newHubForgetCommand(open),
		newHubNodeCommand(cfg, time.Now))
	return cmd
}

func newHubRootCommand() *cobra.Command {
	var root registry.Root
	cmd := &cobra.Command{
		Use:   "root KEY...",
		Short: "Write the file of root keys that installations are given by hand",
		Long: `Root writes the public halves of the root keys, and how many of them must sign, as
"signalbox plugin key" prints them. Keep the secret halves apart, off this machine.`,
		Example: `  signalbox hub root --threshold 2 ed25519:... ed25519:... ed25519:... > root.json`,
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			for _, text := range args {
				key, err := registry.ParsePublicKey(text)
				if err != nil {
					return badInput(err)
				}
				root.Keys = append(root.Keys, key)
			}
			if root.Threshold < 1 || root.Threshold > len(root.Keys) {
				return badInput(fmt.Errorf("--threshold is %d, and there are %d keys", root.Threshold, len(root.Keys)))
			}
			return json.NewEncoder(cmd.OutOrStdout()).Encode(root)
		},
	}
	cmd.Flags().IntVar(&root.Threshold, "threshold", 1, "how many of the keys must sign")
	return cmd
}

func newHubPublishersCommand(now func() time.Time) *cobra.Command {
	var keyFile string
	days := 90
	cmd := &cobra.Command{
		Use:   "publishers DRAFT.json|LIST.json",
		Short: "Check a list of publishers and sign it",
		Long: `Publishers checks a list that you have written, and prints it signed. Its number
("serial") must be higher than that of every list before it: installations refuse
an older one, which could bring a revoked key back. Where issued and expires are
left out, they are today and in --days days. Given a list that is signed, it adds
your signature.

To rotate a key, give the old one an "until" and list the new one beside it. To
revoke one, say why in "revoked": nothing signed with it is believed from then on.`,
		Example: `  signalbox hub publishers --key root-1.pem draft.json > publishers.json
  signalbox hub publishers --key root-2.pem publishers.json > signed-by-two.json`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			text, err := os.ReadFile(args[0])
			if err != nil {
				return badInput(err)
			}
			key, err := registry.OpenKey(keyFile)
			if err != nil {
				return badInput(err)
			}
			e, err := sealedList(text, key, now(), days)
			if err != nil {
				return badInput(fmt.Errorf("%s: %w", args[0], err))
			}
			signed, err := e.Encode()
			if err != nil {
				return err
			}
			_, err = cmd.OutOrStdout().Write(signed)
			return err
		},
	}
	cmd.Flags().StringVar(&keyFile, "key", "", "file of a root key")
	_ = cmd.MarkFlagRequired("key")
	cmd.Flags().IntVar(&days, "days", days, "for how many days the list is believed, where it does not say")
	return cmd
}

// sealedList signs a list, or adds a signature to one that is signed.
func sealedList(text []byte, key registry.Key, now time.Time, days int) (registry.Envelope, error) {
	if e, err := registry.DecodeList(text); err == nil {
		return e.SignedBy(key), nil
	}
	var list registry.List
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&list); err != nil {
		return registry.Envelope{}, err
	}
	if list.Issued.IsZero() {
		list.Issued = now.UTC().Truncate(time.Second)
	}
	if list.Expires.IsZero() {
		list.Expires = list.Issued.AddDate(0, 0, days)
	}
	return list.Seal(key)
}

func newPluginKeyCommand(cfg *config) *cobra.Command {
	s := signing{cfg: cfg}
	cmd := &cobra.Command{
		Use:     "key",
		Short:   "Show the public half of your signing key, and make the key if there is none",
		Example: `  signalbox plugin key --key checker.pem`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			key, err := s.key(cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), key.Public())
			return err
		},
	}
	cmd.Flags().StringVar(&s.keyFile, "key", "", "file of the key (by default keys/signing.pem in the data folder)")
	return cmd
}
