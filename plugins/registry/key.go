package registry

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// KeyID names a public key: the first 16 bytes of the SHA-256 of it, in
// hexadecimal digits.
type KeyID string

// PublicKey is an Ed25519 key that signatures are checked with. As text it is
// "ed25519:" and the 32 bytes in base64.
type PublicKey struct{ key ed25519.PublicKey }

const keyPrefix = "ed25519:"

// ID names the key.
func (k PublicKey) ID() KeyID {
	sum := sha256.Sum256(k.key)
	return KeyID(hex.EncodeToString(sum[:16]))
}

// String gives the key as it is written in a list of publishers.
func (k PublicKey) String() string {
	text, err := k.MarshalText()
	if err != nil {
		return "no key"
	}
	return string(text)
}

// MarshalText writes the key; one that is empty cannot be written.
func (k PublicKey) MarshalText() ([]byte, error) {
	if len(k.key) != ed25519.PublicKeySize {
		return nil, fmt.Errorf("public key: there is none")
	}
	return []byte(keyPrefix + base64.StdEncoding.EncodeToString(k.key)), nil
}

// UnmarshalText reads what MarshalText wrote, and nothing else.
func (k *PublicKey) UnmarshalText(text []byte) error {
	encoded, ok := strings.CutPrefix(string(text), keyPrefix)
	bytes, err := base64.StdEncoding.Strict().DecodeString(encoded)
	if !ok || err != nil || len(bytes) != ed25519.PublicKeySize {
		return fmt.Errorf("public key %q: %w; wanted is %s and 44 characters of base64", text, ErrMalformed, keyPrefix)
	}
	k.key = bytes
	return nil
}

// ParsePublicKey reads a key from its text.
func ParsePublicKey(text string) (PublicKey, error) {
	var k PublicKey
	return k, k.UnmarshalText([]byte(strings.TrimSpace(text)))
}

// Key is the secret half, which signs.
type Key struct{ secret ed25519.PrivateKey }

// Public is the half that may be told to everybody.
func (k Key) Public() PublicKey { return PublicKey{k.secret.Public().(ed25519.PublicKey)} }

// NewKey makes a key.
func NewKey() (Key, error) {
	_, secret, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return Key{}, fmt.Errorf("make a signing key: %w", err)
	}
	return Key{secret}, nil
}

const pemKind = "PRIVATE KEY"

// OpenKey reads the key in a file: PKCS #8 in PEM, which openssl reads too. One
// that others than its owner can read is refused.
func OpenKey(path string) (Key, error) {
	info, err := os.Stat(path)
	if err != nil {
		return Key{}, fmt.Errorf("signing key: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return Key{}, fmt.Errorf("signing key %s can be read by others: close it with chmod 600, and think about whether it is still yours alone", path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return Key{}, fmt.Errorf("signing key: %w", err)
	}
	block, rest := pem.Decode(text)
	if block == nil || block.Type != pemKind || len(strings.TrimSpace(string(rest))) > 0 {
		return Key{}, fmt.Errorf("signing key %s: %w: it is not one private key in PEM", path, ErrMalformed)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return Key{}, fmt.Errorf("signing key %s: %w: %w", path, ErrMalformed, err)
	}
	secret, ok := parsed.(ed25519.PrivateKey)
	if !ok {
		return Key{}, fmt.Errorf("signing key %s: %w: it is %T, and Ed25519 is wanted", path, ErrMalformed, parsed)
	}
	return Key{secret}, nil
}

// OpenOrMakeKey reads the key in a file, or makes one there if there is none. It
// says whether it made one, because its owner then has something to look after.
func OpenOrMakeKey(path string) (key Key, made bool, err error) {
	key, err = OpenKey(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return key, false, err
	}
	if key, err = NewKey(); err != nil {
		return Key{}, false, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key.secret)
	if err != nil {
		return Key{}, false, fmt.Errorf("write a signing key: %w", err)
	}
	// The folders above are not ours alone: others may have to pass through them.
	if err := os.MkdirAll(filepath.Dir(filepath.Dir(path)), 0o755); err != nil {
		return Key{}, false, fmt.Errorf("write a signing key: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return Key{}, false, fmt.Errorf("write a signing key: %w", err)
	}
	// Exclusive, so that two programs that start at once do not end with two keys.
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		key, err = OpenKey(path)
		return key, false, err
	}
	if err != nil {
		return Key{}, false, fmt.Errorf("write a signing key: %w", err)
	}
	err = pem.Encode(f, &pem.Block{Type: pemKind, Bytes: der})
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return Key{}, false, errors.Join(fmt.Errorf("write a signing key: %w", err), os.Remove(path))
	}
	return key, true, nil
}
