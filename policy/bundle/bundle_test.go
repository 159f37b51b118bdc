package bundle

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"strings"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/bundle"
)

const rules = `package signalbox.trusts.RAA

import data.signalbox.national

decision := national.decision
`

// key is a pair for tests: the public half, and the private one in PEM.
func key(t testing.TB) (ed25519.PublicKey, string) {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return public, string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

// pack makes a bundle, signed if there is a key.
func pack(t testing.TB, signWith string, change func(*bundle.Bundle)) []byte {
	t.Helper()
	b := bundle.Bundle{Data: map[string]any{}, Modules: []bundle.ModuleFile{{URL: "/sharing.rego", Path: "/sharing.rego", Raw: []byte(rules),
		Parsed: ast.MustParseModule(rules)}}}
	b.Manifest.Init()
	if change != nil {
		change(&b)
	}
	if signWith != "" {
		if err := b.GenerateSignature(bundle.NewSigningConfig(signWith, "EdDSA", ""), "team", false); err != nil {
			t.Fatal(err)
		}
	}
	var out bytes.Buffer
	if err := bundle.NewWriter(&out).DisableFormat(true).Write(b); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestASignedBundleGivesItsFilesAndItsSigner(t *testing.T) {
	public, private := key(t)
	other, _ := key(t)
	files, signer, err := Read(bytes.NewReader(pack(t, private, nil)), Keys{"another team": other, "team": public})
	if err != nil {
		t.Fatal(err)
	}
	if signer != "team" || len(files) != 1 || files[0].Name != "sharing.rego" || files[0].Source != rules {
		t.Errorf("signed by %q: %+v", signer, files)
	}
}

func TestBundlesThatAreNotWholeOrNotSignedAreRefused(t *testing.T) {
	public, private := key(t)
	other, _ := key(t)
	trusted := Keys{"team": public}
	delta := func(b *bundle.Bundle) {
		b.Data, b.Modules = nil, nil
		b.Patch = bundle.Patch{Data: []bundle.PatchOperation{{Op: "upsert", Path: "/a", Value: 1}}}
	}
	for name, test := range map[string]struct {
		packed []byte
		keys   Keys
	}{
		"not signed":                  {pack(t, "", nil), trusted},
		"signed by somebody else":     {pack(t, private, nil), Keys{"other": other}},
		"without any key to hold to":  {pack(t, private, nil), nil},
		"a delta":                     {pack(t, "", delta), trusted},
		"with data":                   {pack(t, private, func(b *bundle.Bundle) { b.Data = map[string]any{"reference": map[string]any{}} }), trusted},
		"without rules":               {pack(t, private, func(b *bundle.Bundle) { b.Modules = nil }), trusted},
		"changed after it was signed": {tampered(t, pack(t, private, nil)), trusted},
		"with one more file":          {withFile(t, pack(t, private, nil), "/more.rego", "package signalbox.trusts.RAA\n"), trusted},
		"not packed":                  {[]byte(rules), trusted},
		"nothing":                     {nil, trusted},
		"a bomb":                      {withFile(t, pack(t, private, nil), "/bomb.rego", strings.Repeat("#", maxUnpacked)), trusted},
	} {
		t.Run(name, func(t *testing.T) {
			files, _, err := Read(bytes.NewReader(test.packed), test.keys)
			if !errors.Is(err, ErrRefused) || files != nil {
				t.Errorf("%v, %d files", err, len(files))
			}
		})
	}
}

// tampered changes a word in the rules.
func tampered(t *testing.T, packed []byte) []byte {
	t.Helper()
	return repack(t, packed, func(name string, body []byte) []byte {
		return bytes.Replace(body, []byte("national.decision"), []byte("national.allowed_"), 1)
	}, "", "")
}

func withFile(t *testing.T, packed []byte, name, text string) []byte {
	t.Helper()
	return repack(t, packed, func(_ string, body []byte) []byte { return body }, name, text)
}

func repack(t *testing.T, packed []byte, change func(string, []byte) []byte, more, text string) []byte {
	t.Helper()
	unzip, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	zip := gzip.NewWriter(&out)
	w := tar.NewWriter(zip)
	put := func(name string, body []byte) {
		if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: int64(len(body))}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(body); err != nil {
			t.Fatal(err)
		}
	}
	r := tar.NewReader(unzip)
	for {
		head, err := r.Next()
		if err != nil {
			break
		}
		var body bytes.Buffer
		if _, err := body.ReadFrom(r); err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(head.Name, ".rego") {
			put(head.Name, change(head.Name, body.Bytes()))
			continue
		}
		put(head.Name, body.Bytes())
	}
	if more != "" {
		put(more, []byte(text))
	}
	if err := errors.Join(w.Close(), zip.Close()); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestOnlyEd25519KeysAreRead(t *testing.T) {
	public, _ := key(t)
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	got, err := ParseKey(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
	if err != nil || !got.Equal(public) {
		t.Errorf("%v %v", got, err)
	}
	for _, text := range []string{"", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", "ssh-ed25519 AAAA"} {
		if _, err := ParseKey([]byte(text)); err == nil {
			t.Errorf("%q is read as a key", text)
		}
	}
}

// FuzzRead feeds the reader of bundles what is none.
func FuzzRead(f *testing.F) {
	public, private := key(f)
	f.Add(pack(f, private, nil))
	f.Add([]byte("\x1f\x8b\x08"))
	f.Fuzz(func(t *testing.T, packed []byte) {
		files, signer, err := Read(bytes.NewReader(packed), Keys{"team": public})
		if err == nil && (signer == "" || len(files) == 0) {
			t.Errorf("taken: %q %+v", signer, files)
		}
	})
}
