package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/plugins/registry"
)

// errUntrusted says that a release was refused, with exit status 1: the file was
// read, and what it says is not to be believed.
var errUntrusted = errors.New("refused")

// shop is where releases are pushed to and pulled from.
type shop struct {
	to   string
	user string
	cfg  *config // holds the secret, which thus is in no list of processes
}

func (s *shop) flags(cmd *cobra.Command, name, usage string) {
	cmd.Flags().StringVar(&s.to, name, "", usage)
	cmd.Flags().StringVar(&s.user, "user", "", "name at the registry; its secret is read from SIGNALBOX_REGISTRY_SECRET")
	_ = cmd.MarkFlagRequired(name)
}

// remote gives the registry. Without TLS it must be on this machine.
func (s *shop) remote() registry.Remote {
	host, _, _ := strings.Cut(strings.TrimPrefix(s.to, "http://"), "/")
	return registry.Remote{Name: strings.TrimSuffix(strings.TrimPrefix(strings.TrimPrefix(s.to, "http://"), "https://"), "/"),
		Plain: onLoopback(withPort(host)) && !strings.HasPrefix(s.to, "https://"), User: s.user, Secret: s.cfg.registrySecret}
}

// hint says where the secret is read from, to whom it is missing.
func (s *shop) hint(err error) error {
	if errors.Is(err, registry.ErrSignIn) {
		return fmt.Errorf("%w (SIGNALBOX_REGISTRY_SECRET; at a Signalbox, a token made on your account page)", err)
	}
	return err
}

// withPort adds a port where an address has none, because onLoopback wants one.
func withPort(host string) string {
	if strings.Contains(host, ":") {
		return host
	}
	return host + ":80"
}

func newPluginPublishCommand(cfg *config, a *author) *cobra.Command {
	s := signing{cfg: cfg, now: time.Now}
	at := shop{cfg: cfg}
	cmd := &cobra.Command{
		Use:   "publish [FILE.wasm|manifest.json|FOLDER|RELEASE.tar]",
		Short: "Check, sign and push a release, in one go",
		Long: `Publish checks a plugin as "signalbox plugin check" does, signs it with your key,
and pushes it to a registry that speaks the protocol of OCI, under its id and
version. A version never changes: what is there already is not replaced. Publishing
a release that is there adds your signature to it.`,
		Example: `  signalbox plugin publish waits-median --publisher bellmere --to registry.example/signalbox
  signalbox plugin publish waits-median-1.0.0.tar --to 127.0.0.1:5000/signalbox`,
		Args: onePath,
		RunE: func(cmd *cobra.Command, args []string) error {
			path := pathOf(args)
			release, _, err := readRelease(cmd.Context(), path)
			if err != nil {
				return err
			}
			if err := a.mustBeSound(cmd, release); err != nil {
				return err
			}
			if release, err = s.sign(cmd, path, ""); err != nil {
				return err
			}
			pinned, err := at.remote().Push(cmd.Context(), release)
			if err != nil {
				return at.hint(err)
			}
			fmt.Fprintf(cmd.OutOrStdout(), "Published at %s/%s, version %s\nPin it by %s\n", at.remote().Name, release.Manifest.ID, release.Manifest.Version, pinned)
			return nil
		},
	}
	s.flags(cmd)
	at.flags(cmd, "to", "the registry, and the path in it: registry.example/signalbox")
	return cmd
}

// mustBeSound checks a release in the sandbox before anybody else is given it.
func (a *author) mustBeSound(cmd *cobra.Command, release registry.Release) error {
	dir, err := os.MkdirTemp("", "signalbox-publish-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	name := "manifest.json"
	if release.Manifest.ABI != 0 {
		name = "plugin.wasm"
	}
	file := filepath.Join(dir, name)
	if err := os.WriteFile(file, release.Contents, 0o600); err != nil {
		return err
	}
	c := checking{author: a, format: "text"}
	if err := c.run(cmd, file); err != nil {
		return fmt.Errorf("not published: %w", err)
	}
	return nil
}

func newPluginPullCommand(cfg *config) *cobra.Command {
	at := shop{cfg: cfg}
	t := trusting{cfg: cfg, now: time.Now}
	var version, out string
	cmd := &cobra.Command{
		Use:   "pull PLUGIN",
		Short: "Fetch a release from a registry, and believe it only if it is signed",
		Long: `Pull fetches a release by its version or, better, by the digest it is pinned by,
checks who has signed it against the list of publishers, and writes it into a file.
A release that cannot be believed is not written.`,
		Example: `  signalbox plugin pull waits-median --version 1.0.0 --from registry.example/signalbox
  signalbox plugin pull waits-median --version sha256:9c1e... --from registry.example/signalbox`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			release, err := at.remote().Pull(cmd.Context(), args[0], version)
			if err != nil {
				return at.hint(err)
			}
			if err := t.tell(cmd, args[0], release); err != nil {
				return err
			}
			if out == "" {
				out = fmt.Sprintf("%s-%s.tar", release.Manifest.ID, release.Manifest.Version)
			}
			if err := writeRelease(cmd.Context(), out, release); err != nil {
				return err
			}
			fmt.Fprintln(cmd.OutOrStdout(), "Written to", out)
			return nil
		},
	}
	at.flags(cmd, "from", "the registry, and the path in it: registry.example/signalbox")
	t.flags(cmd)
	cmd.Flags().StringVar(&version, "version", "", "version, or the digest that it is pinned by")
	_ = cmd.MarkFlagRequired("version")
	cmd.Flags().StringVarP(&out, "output", "o", "", "the file to write (by default the plugin's id and version.tar)")
	return cmd
}

func newPluginBundleCommand() *cobra.Command {
	var out string
	cmd := &cobra.Command{
		Use:     "bundle RELEASE.tar...",
		Short:   "Put several releases into one file, for a trust without a connection",
		Example: `  signalbox plugin bundle -o october.tar waits-median-1.0.0.tar falls-watch-2.1.0.tar`,
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			var all []registry.Release
			for _, path := range args {
				releases, err := readBundle(cmd.Context(), path)
				if err != nil {
					return err
				}
				all = append(all, releases...)
			}
			if err := writeRelease(cmd.Context(), out, all...); err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s: %d releases\n", out, len(all))
			return nil
		},
	}
	cmd.Flags().StringVarP(&out, "output", "o", "bundle.tar", "the file to write")
	return cmd
}

func newPluginVerifyCommand(cfg *config) *cobra.Command {
	t := trusting{cfg: cfg, now: time.Now}
	cmd := &cobra.Command{
		Use:   "verify RELEASE.tar",
		Short: "Say who stands behind a release, without a connection",
		Long: `Verify checks every release in a file: that its bytes are those that were signed,
that it has the name it should have, and that enough people who sign for its
publisher have signed. It needs no connection: only the signed list of publishers,
and the keys that the list is signed with, which you were given by hand.

The exit status is 0 if all can be believed, 1 if one cannot, 2 if the file cannot
be read.`,
		Example: `  signalbox plugin verify october.tar --publishers publishers.json --root root.json`,
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			releases, err := readBundle(cmd.Context(), args[0])
			if err != nil {
				return badInput(err)
			}
			var all error
			for _, release := range releases {
				all = errors.Join(all, t.tell(cmd, "", release))
			}
			return all
		},
	}
	t.flags(cmd)
	return cmd
}

// trusting is whom this installation believes.
type trusting struct {
	cfg        *config
	publishers string
	root       string
	format     string
	now        func() time.Time
}

// trustDir is where the list of publishers and the root keys lie.
func (c *config) trustDir() string { return cmp.Or(c.trust, filepath.Join(c.dataDir, "trust")) }

func (t *trusting) flags(cmd *cobra.Command) {
	t.files(cmd)
	cmd.Flags().StringVar(&t.format, "format", "text", "text or json")
}

// files says which files tell whom this installation believes.
func (t *trusting) files(cmd *cobra.Command) {
	cmd.Flags().StringVar(&t.publishers, "publishers", "", "the signed list of publishers (by default trust/publishers.json in the data folder)")
	cmd.Flags().StringVar(&t.root, "root", "", "the keys that the list is to be signed with (by default trust/root.json in the data folder)")
}

// list reads the list of publishers.
func (t *trusting) list() (*registry.List, error) {
	if t.root == "" {
		t.root = filepath.Join(t.cfg.trustDir(), "root.json")
	}
	if t.publishers == "" {
		t.publishers = filepath.Join(t.cfg.trustDir(), "publishers.json")
	}
	root, err := readRoot(t.root)
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(t.publishers)
	if err != nil {
		return nil, badInput(err)
	}
	e, err := registry.DecodeList(text)
	if err != nil {
		return nil, badInput(fmt.Errorf("%s: %w", t.publishers, err))
	}
	return root.Open(e, nil, t.now())
}

// tell says who stands behind a release, or why it is refused.
func (t *trusting) tell(cmd *cobra.Command, plugin string, release registry.Release) error {
	if t.format != "text" && t.format != "json" {
		return badInput(fmt.Errorf("--format is %q, want text or json", t.format))
	}
	list, err := t.list()
	if err != nil {
		return err
	}
	verified, err := list.Check(release, t.now())
	if err != nil {
		return fmt.Errorf("%w: %w", errUntrusted, err)
	}
	if plugin != "" && release.Manifest.ID != plugin {
		return fmt.Errorf("%w: asked for was %s, and this is %s", errUntrusted, plugin, release.Manifest.ID)
	}
	if t.format == "json" {
		return json.NewEncoder(cmd.OutOrStdout()).Encode(verifiedJSON(release, verified))
	}
	w := cmd.OutOrStdout()
	fmt.Fprintf(w, "%s %s of %s\n  %s\n", release.Manifest.ID, release.Manifest.Version, verified.Publisher.Name, release.Digest())
	for _, s := range verified.Signers {
		fmt.Fprintf(w, "  signed by %s, %s (key %s)\n", s.Holder, s.Role, s.Key)
	}
	fmt.Fprintf(w, "  issued %s; list of publishers number %d\n", verified.Statement.Release.Issued.Format("2 January 2006, 15:04 MST"), verified.Serial)
	return nil
}

type verifiedOut struct {
	ID        string            `json:"id"`
	Version   string            `json:"version"`
	Digest    plugins.Digest    `json:"digest"`
	Publisher string            `json:"publisher"`
	Signers   []registry.Signer `json:"signers"`
	Issued    time.Time         `json:"issued"`
	List      int64             `json:"list"`
}

func verifiedJSON(r registry.Release, v registry.Verified) verifiedOut {
	return verifiedOut{r.Manifest.ID, r.Manifest.Version, r.Digest(), v.Publisher.ID, v.Signers, v.Statement.Release.Issued, v.Serial}
}
