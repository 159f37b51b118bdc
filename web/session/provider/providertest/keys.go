package providertest

import (
	"crypto"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"time"
)

// keys are what the provider signs with; each pair has a name of its own.
type keys struct {
	rsa     *rsa.PrivateKey
	ed      ed25519.PrivateKey
	foreign *rsa.PrivateKey // published by nobody
	name    string
}

func newKeys() (*keys, error) {
	k := &keys{name: rand.Text()[:8]}
	var err error
	if k.rsa, err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
		return nil, err
	}
	if k.foreign, err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
		return nil, err
	}
	_, k.ed, err = ed25519.GenerateKey(rand.Reader)
	return k, err
}

var encode = base64.RawURLEncoding.EncodeToString

// public is the key set as RFC 7517 and RFC 8037 write it.
func (k *keys) public() map[string]any {
	exponent := binary.BigEndian.AppendUint32(nil, uint32(k.rsa.E))
	for exponent[0] == 0 {
		exponent = exponent[1:]
	}
	return map[string]any{"keys": []map[string]string{
		{"kty": "RSA", "use": "sig", "alg": "RS256", "kid": "rsa-" + k.name, "n": encode(k.rsa.N.Bytes()), "e": encode(exponent)},
		{"kty": "OKP", "use": "sig", "alg": "EdDSA", "crv": "Ed25519", "kid": "ed-" + k.name, "x": encode(k.ed.Public().(ed25519.PublicKey))},
	}}
}

// sign writes a token (RFC 7519), with the fault that was asked for.
func (s *server) sign(claims map[string]any) (string, error) {
	header := map[string]string{"alg": "RS256", "typ": "JWT", "kid": "rsa-" + s.keys.name}
	if s.conduct.Algorithm == "EdDSA" {
		header["alg"], header["kid"] = "EdDSA", "ed-"+s.keys.name
	}
	switch s.conduct.Fault {
	case "nonce":
		claims["nonce"] = "of-another-sign-in"
	case "audience":
		claims["aud"] = "another-program"
	case "issuer":
		claims["iss"] = "https://elsewhere.example"
	case "expired":
		claims["exp"] = time.Now().Add(-time.Hour).Unix()
	case "none":
		header["alg"] = "none"
	case "secret":
		header["alg"] = "HS256"
	}
	head, err := json.Marshal(header)
	if err != nil {
		return "", err
	}
	body, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	text := encode(head) + "." + encode(body)
	signature, err := s.signature(header["alg"], []byte(text))
	return text + "." + encode(signature), err
}

func (s *server) signature(algorithm string, text []byte) ([]byte, error) {
	digest := sha256.Sum256(text)
	switch {
	case s.conduct.Fault == "none" || s.conduct.Fault == "unsigned":
		return nil, nil
	case s.conduct.Fault == "foreign-key":
		return rsa.SignPKCS1v15(rand.Reader, s.keys.foreign, crypto.SHA256, digest[:])
	case algorithm == "HS256": // with the public key as the secret, an old trick
		mac := hmac.New(sha256.New, s.keys.rsa.N.Bytes())
		mac.Write(text)
		return mac.Sum(nil), nil
	case algorithm == "EdDSA":
		return ed25519.Sign(s.keys.ed, text), nil
	}
	return rsa.SignPKCS1v15(rand.Reader, s.keys.rsa, crypto.SHA256, digest[:])
}
