// Package bundle reads policies that teams bring as signed OPA bundles. It takes
// nothing from them but files of rules: reference data comes from the database,
// and a bundle that is not signed, or only says what differs, is refused.
package bundle

import (
	"bytes"
	"compress/gzip"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/bundle"

	"github.com/signalbox-health/signalbox/policy"
)

// ErrRefused says that a bundle was not taken.
var ErrRefused = errors.New("the bundle is refused")

// Limits of a bundle, in bytes: as it comes, and unpacked.
const (
	maxPacked   = 1 << 20
	maxUnpacked = 4 << 20
)

// Keys are the public keys of those whose bundles are taken, by name.
type Keys map[string]ed25519.PublicKey

// ParseKey reads the public key in a PEM file, as openssl pkey -pubout writes it.
func ParseKey(text []byte) (ed25519.PublicKey, error) {
	block, _ := pem.Decode(text)
	if block == nil || block.Type != "PUBLIC KEY" {
		return nil, fmt.Errorf("it holds no public key in PEM; write one with: openssl pkey -in key.pem -pubout")
	}
	key, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("public key: %w", err)
	}
	public, ok := key.(ed25519.PublicKey)
	if !ok {
		return nil, fmt.Errorf("the public key is %T; only Ed25519 is taken", key)
	}
	return public, nil
}

// Read gives the files of a signed bundle, and the name of the key that signed it.
func Read(r io.Reader, keys Keys) (files []policy.Module, signer string, err error) {
	packed, err := unpackable(r)
	if err != nil {
		return nil, "", err
	}
	var all error
	for _, name := range slices.Sorted(maps.Keys(keys)) {
		files, err := read(packed, name, keys[name])
		if err == nil {
			return files, name, nil
		}
		all = errors.Join(all, fmt.Errorf("by the key %s: %w", name, err))
	}
	if len(keys) == 0 {
		all = fmt.Errorf("no key was named that it could be signed with")
	}
	return nil, "", fmt.Errorf("%w: %w", ErrRefused, all)
}

// unpackable reads what is packed, and refuses what would fill the memory.
func unpackable(r io.Reader) ([]byte, error) {
	packed, err := io.ReadAll(io.LimitReader(r, maxPacked+1))
	if err != nil {
		return nil, fmt.Errorf("read the bundle: %w", err)
	}
	unzip, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, fmt.Errorf("%w: it is no .tar.gz: %w", ErrRefused, err)
	}
	n, err := io.Copy(io.Discard, io.LimitReader(unzip, maxUnpacked+1))
	switch {
	case len(packed) > maxPacked || n > maxUnpacked:
		return nil, fmt.Errorf("%w: it is larger than %d bytes, or %d unpacked", ErrRefused, maxPacked, maxUnpacked)
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ErrRefused, err)
	}
	return packed, nil
}

// read reads a bundle that must be signed by one key.
func read(packed []byte, name string, key ed25519.PublicKey) ([]policy.Module, error) {
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		return nil, err
	}
	config := bundle.NewVerificationConfig(map[string]*bundle.KeyConfig{name: {
		Key: string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})), Algorithm: "EdDSA"}}, name, "", nil)
	options := policy.ParserOptions()
	b, err := bundle.NewReader(bytes.NewReader(packed)).WithBundleVerificationConfig(config).WithSizeLimitBytes(maxUnpacked).
		WithRegoVersion(options.RegoVersion).WithCapabilities(options.Capabilities).WithProcessAnnotations(true).Read()
	switch {
	case err != nil:
		return nil, err
	case b.Type() != bundle.SnapshotBundleType:
		return nil, fmt.Errorf("it holds only what differs; bring the whole policy")
	case len(b.Signatures.Signatures) == 0:
		return nil, fmt.Errorf("it is not signed")
	case len(b.Data) > 0:
		return nil, fmt.Errorf("it brings data; policies look facts up in the database")
	case len(b.WasmModules)+len(b.PlanModules) > 0:
		return nil, fmt.Errorf("it brings compiled rules; only Rego can be read by those who approve it")
	case len(b.Modules) == 0:
		return nil, fmt.Errorf("it holds no files of rules")
	}
	var files []policy.Module
	for _, m := range b.Modules {
		files = append(files, policy.Module{Name: strings.TrimPrefix(m.Path, "/"), Source: string(m.Raw)})
	}
	slices.SortFunc(files, func(a, b policy.Module) int { return strings.Compare(a.Name, b.Name) })
	return files, nil
}
