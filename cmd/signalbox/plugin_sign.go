package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/plugins/registry"
	"github.com/signalbox-health/signalbox/plugins/toolchain"
)

// signing is who signs, and for whom.
type signing struct {
	cfg       *config // says where the key lies unless keyFile does
	keyFile   string
	publisher string
	now       func() time.Time
}

func (s *signing) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&s.keyFile, "key", "", "file of your signing key, made if there is none (by default keys/signing.pem in the data folder)")
	cmd.Flags().StringVar(&s.publisher, "publisher", "", "who publishes it, as the list of publishers names it; needed for the first signature")
}

func newPluginSignCommand(cfg *config) *cobra.Command {
	s := signing{cfg: cfg, now: time.Now}
	var out string
	cmd := &cobra.Command{
		Use:   "sign [FILE.wasm|manifest.json|FOLDER|RELEASE.tar]",
		Short: "Put your name to a release",
		Long: `Sign makes a release of a plugin: its module or manifest, what went into it, and a
statement with your signature that these bytes are that version. A release is a file
that can be carried anywhere (an OCI image layout in a tar). Signing a release that
somebody else has signed adds your name to theirs; most publishers ask for two, one
of them a checker's.

The first time, a key is made (Ed25519, in PEM). It is yours alone: keep a copy
where only you can read it. What it prints goes into the list of publishers.`,
		Example: `  signalbox plugin sign waits-median --publisher bellmere
  signalbox plugin sign waits-median-1.0.0.tar --key checker.pem`,
		Args: onePath,
		RunE: func(cmd *cobra.Command, args []string) error {
			_, err := s.sign(cmd, pathOf(args), out)
			return err
		},
	}
	s.flags(cmd)
	cmd.Flags().StringVarP(&out, "output", "o", "", "the file to write (by default the plugin's id and version.tar)")
	return cmd
}

// signingKey is where a person's key lies unless they say otherwise.
func (c *config) signingKey() string { return filepath.Join(c.dataDir, "keys", "signing.pem") }

// sign writes a signed release into a file, and gives it.
func (s *signing) sign(cmd *cobra.Command, path, out string) (registry.Release, error) {
	release, build, err := readRelease(cmd.Context(), path)
	if err != nil {
		return release, err
	}
	key, err := s.key(cmd.OutOrStdout())
	if err != nil {
		return release, err
	}
	release, err = release.Sign(key, s.publisher, build, s.now())
	if err != nil {
		return release, badInput(fmt.Errorf("%w (--publisher)", err))
	}
	if out == "" {
		out = releaseFile(path, release)
	}
	if err := writeRelease(cmd.Context(), out, release); err != nil {
		return release, err
	}
	fmt.Fprintf(cmd.OutOrStdout(), "%s: %s %s, %s\n%s\nSigned with key %s, %d in all.\n", out, release.Manifest.ID, release.Manifest.Version,
		sizeText(len(release.Contents)), release.Digest(), key.Public().ID(), signatures(release))
	return release, nil
}

// releaseFile is where a release is written unless its signer says otherwise: in
// the folder of the plugin, or beside the file that was given.
func releaseFile(path string, release registry.Release) string {
	if info, err := os.Stat(path); err != nil || !info.IsDir() {
		path = filepath.Dir(path)
	}
	return filepath.Join(path, fmt.Sprintf("%s-%s.tar", release.Manifest.ID, release.Manifest.Version))
}

// key opens the signing key, and says so if it had to make one.
func (s *signing) key(w io.Writer) (registry.Key, error) {
	if s.keyFile == "" {
		s.keyFile = s.cfg.signingKey()
	}
	key, made, err := registry.OpenOrMakeKey(s.keyFile)
	if err != nil {
		return key, err
	}
	if made {
		fmt.Fprintf(w, "Made a signing key for you: %s\nIts public half, for the list of publishers:\n  %s\n\n", s.keyFile, key.Public())
	}
	return key, nil
}

func signatures(r registry.Release) int {
	n := 0
	for _, e := range r.Signed {
		n += len(e.Signatures)
	}
	return n
}

// readRelease reads what a path names: a release, or a plugin that becomes one, and
// how it was built as far as that is known.
func readRelease(ctx context.Context, path string) (registry.Release, registry.Build, error) {
	if strings.HasSuffix(path, ".tar") {
		releases, err := readBundle(ctx, path)
		switch {
		case err != nil:
			return registry.Release{}, registry.Build{}, err
		case len(releases) != 1:
			return registry.Release{}, registry.Build{}, badInput(fmt.Errorf("%s holds %d releases; give a file that holds one", path, len(releases)))
		}
		return releases[0], registry.Build{}, nil
	}
	w, err := readPlugin(ctx, path)
	if err != nil {
		return registry.Release{}, registry.Build{}, err
	}
	build := registry.Build{}
	contents := w.module
	if contents == nil {
		if contents, err = os.ReadFile(w.manifestFile()); err != nil {
			return registry.Release{}, build, badInput(err)
		}
	} else if w.took > 0 { // it was compiled just now, from what lies there
		if build, err = w.build(); err != nil {
			return registry.Release{}, build, err
		}
	}
	release, err := registry.ReleaseOf(contents)
	if err != nil {
		return release, build, &contentError{"manifest", fmt.Sprintf("%s: %v", path, err)}
	}
	return release, build, nil
}

// manifestFile is the file of a manifest without code.
func (w *written) manifestFile() string {
	if strings.HasSuffix(w.path, ".json") {
		return w.path
	}
	return filepath.Join(w.folder, "manifest.json")
}

// build says how the module of a folder was made.
func (w *written) build() (registry.Build, error) {
	l, err := toolchain.Of(w.folder)
	if err != nil {
		return registry.Build{}, err
	}
	source, err := sourceDigest(w.folder)
	if err != nil {
		return registry.Build{}, err
	}
	b := registry.Build{Language: l.Name, Source: source}
	tools, err := plugins.Producers(w.module)
	for _, tool := range tools {
		if tool.Field == "processed-by" && b.Toolchain == "" {
			b.Toolchain = strings.TrimSpace(tool.Name + " " + tool.Version)
		}
	}
	return b, err
}

// readBundle reads the releases in a file.
func readBundle(ctx context.Context, path string) ([]registry.Release, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, badInput(err)
	}
	defer f.Close()
	releases, err := registry.ReadBundle(ctx, f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return releases, nil
}

func writeRelease(ctx context.Context, path string, releases ...registry.Release) error {
	var b bytes.Buffer
	if err := registry.WriteBundle(ctx, &b, releases...); err != nil {
		return err
	}
	return replaceFile(path, b.Bytes())
}

// sourceDigest names what a folder of source holds: each file's name and content,
// in order of name. What was built or signed there does not count.
func sourceDigest(folder string) (plugins.Digest, error) {
	var names []string
	err := eachSource(folder, func(path string, _ fs.FileInfo) error {
		names = append(names, path)
		return nil
	})
	if err != nil {
		return "", fmt.Errorf("digest of the source in %s: %w", folder, err)
	}
	slices.Sort(names)
	var all []byte
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			return "", fmt.Errorf("digest of the source in %s: %w", folder, err)
		}
		within, err := filepath.Rel(folder, name)
		if err != nil {
			return "", fmt.Errorf("digest of the source in %s: %w", folder, err)
		}
		all = fmt.Appendf(all, "%s %s\n", plugins.DigestOf(text), filepath.ToSlash(within))
	}
	return plugins.DigestOf(all), nil
}
