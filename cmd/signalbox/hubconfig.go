package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/signalbox-health/signalbox/plugins/registry"
)

// hub is where this installation learns of releases, and sends what it says of them.
type hub struct {
	// URL is where publishers.json and index.json lie: https://hub.example/hub.
	URL string `json:"url"`
	// Registry is where releases are fetched from: hub.example/signalbox.
	Registry string `json:"registry"`
	User     string `json:"user"` // at the registry; its secret is SIGNALBOX_REGISTRY_SECRET

	cfg *config
}

// hub reads trust/hub.json in the data folder. Nil means that there is none: the
// installation is by itself, or its lists and releases are carried to it by hand.
func (c *config) hub() (*hub, error) {
	path := filepath.Join(c.trustDir(), "hub.json")
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	} else if err != nil {
		return nil, badInput(err)
	}
	defer f.Close()
	h := hub{cfg: c}
	in := json.NewDecoder(f)
	in.DisallowUnknownFields()
	if err := in.Decode(&h); err != nil {
		return nil, badInput(fmt.Errorf("%s: %w", path, err))
	}
	if err := h.check(); err != nil {
		return nil, badInput(fmt.Errorf("%s: %w", path, err))
	}
	return &h, nil
}

// check refuses what would send secrets, or take lists, over the open network.
func (h *hub) check() error {
	u, err := url.Parse(h.URL)
	switch {
	case err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return fmt.Errorf(`"url" is %q: give the address of the folder that publishers.json and index.json lie in, such as https://hub.example/hub`, h.URL)
	case u.Scheme != "https" && (u.Scheme != "http" || !onLoopback(net.JoinHostPort(u.Hostname(), "80"))):
		return fmt.Errorf(`"url" is %q: a hub is asked over https only, unless it is on this machine`, h.URL)
	case h.Registry == "" || strings.HasSuffix(h.Registry, "/"):
		return fmt.Errorf(`"registry" is %q: give its host and path, such as hub.example/signalbox`, h.Registry)
	case strings.HasPrefix(h.Registry, "http://") && !h.remote().Plain:
		return fmt.Errorf(`"registry" is %q: a registry is asked over https only, unless it is on this machine`, h.Registry)
	}
	return nil
}

// remote is the hub's registry.
func (h *hub) remote() registry.Remote {
	return (&shop{to: h.Registry, user: h.User, cfg: h.cfg}).remote()
}

// root reads the root keys, which came by hand.
func (c *config) root() (registry.Root, error) {
	return readRoot(filepath.Join(c.trustDir(), "root.json"))
}

func readRoot(path string) (registry.Root, error) {
	var root registry.Root
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return root, badInput(fmt.Errorf("there are no root keys at %s: get them from whoever runs your hub, by hand: %w", path, err))
	} else if err != nil {
		return root, badInput(err)
	}
	if err := json.Unmarshal(text, &root); err != nil {
		return root, badInput(fmt.Errorf("%s: %w", path, err))
	}
	return root, nil
}

// nodeKey is the file of the key that this installation signs evidence, questions
// and faults with; indexKey that of a hub's index.
func (c *config) nodeKey() string  { return filepath.Join(c.dataDir, "keys", "node.pem") }
func (c *config) indexKey() string { return filepath.Join(c.dataDir, "keys", "index.pem") }
