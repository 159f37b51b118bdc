// Package provider signs people in by an OpenID Connect provider: NHS CIS2,
// Entra ID, NHSmail or any other. What the provider's claims mean is a Mapping,
// which is data. The package keeps nothing and shows no page.
package provider

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/signalbox-health/signalbox/policy"
)

// Settings is what an installation says of its provider: identity.json.
type Settings struct {
	// Name is what people call the provider: "Sign in with NHS CIS2".
	Name             string   `json:"name"`
	Issuer           string   `json:"issuer"`
	ClientID         string   `json:"client_id"`
	ClientSecretFile string   `json:"client_secret_file"` // beside identity.json, unless absolute; empty: a public client
	Scopes           []string `json:"scopes"`
	UserInfo         bool     `json:"user_info"`  // ask the provider's UserInfo as well: CIS2 keeps its roles there
	ACRValues        string   `json:"acr_values"` // which strength of sign-in to ask for
	// Mapping is the name of one that comes with the program, or of a file beside
	// identity.json.
	Mapping string `json:"mapping"`

	secret  string
	mapping Mapping
	digest  string
}

// MappingDigest names the mapping in force.
func (s *Settings) MappingDigest() string { return s.digest }

// ReadSettings reads identity.json and what it points to. No such file is an
// error that matches os.ErrNotExist.
func ReadSettings(path string, roles map[policy.Role]policy.RoleFacts) (*Settings, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the identity provider: %w", err)
	}
	s, err := decodeSettings(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	beside := func(name string) string {
		if filepath.IsAbs(name) {
			return name
		}
		return filepath.Join(filepath.Dir(path), name)
	}
	if s.ClientSecretFile != "" {
		secret, err := os.ReadFile(beside(s.ClientSecretFile))
		if err != nil {
			return nil, fmt.Errorf("%s: client_secret_file: %w", path, errors.Unwrap(err))
		}
		if s.secret = strings.TrimSpace(string(secret)); s.secret == "" {
			return nil, fmt.Errorf("%s: client_secret_file is empty", path)
		}
	}
	mapping, err := Example(s.Mapping)
	if err != nil {
		mapping, err = os.ReadFile(beside(s.Mapping))
	}
	if err != nil {
		return nil, fmt.Errorf("%s: mapping %q is none of %v and no file that can be read", path, s.Mapping, Examples())
	}
	if s.mapping, s.digest, err = ReadMapping(mapping, roles); err != nil {
		return nil, fmt.Errorf("%s: mapping %s: %w", path, s.Mapping, err)
	}
	return s, nil
}

func decodeSettings(text []byte) (*Settings, error) {
	s := &Settings{}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(s); err != nil {
		return nil, err
	}
	if _, err := decoder.Token(); err != io.EOF {
		return nil, errors.New("there is something after its end")
	}
	if s.Name == "" || s.ClientID == "" || s.Mapping == "" {
		return nil, errors.New("name, client_id and mapping have to be there")
	}
	if err := safeAddress(s.Issuer); err != nil {
		return nil, fmt.Errorf("issuer: %w", err)
	}
	if !slices.Contains(s.Scopes, "openid") {
		return nil, errors.New(`scopes must have "openid" among them`)
	}
	return s, nil
}

// safeAddress refuses addresses over which tokens would travel in the clear.
func safeAddress(address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil || u.Fragment != "" {
		return fmt.Errorf("%q is no web address", address)
	}
	ip := net.ParseIP(u.Hostname())
	local := u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
	if u.Scheme != "https" && !(u.Scheme == "http" && local) {
		return fmt.Errorf("%q is not https; only a provider on this machine may be http", address)
	}
	return nil
}
