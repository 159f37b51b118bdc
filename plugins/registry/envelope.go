package registry

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
)

// Envelope is a DSSE envelope, version 1: a payload, what kind it is, and
// signatures over both. https://github.com/secure-systems-lab/dsse
type Envelope struct {
	PayloadType string      `json:"payloadType"`
	Payload     []byte      `json:"payload"` // base64 in JSON
	Signatures  []Signature `json:"signatures"`
}

// Signature is one signature of an envelope. Its key id is a hint: what counts
// is which key the signature fits.
type Signature struct {
	KeyID KeyID  `json:"keyid"`
	Sig   []byte `json:"sig"`
}

const (
	maxEnvelope   = 1 << 20 // bytes
	maxSignatures = 32
)

// Seal puts a payload into an envelope that a key has signed.
func Seal(payloadType string, payload []byte, key Key) Envelope {
	e := Envelope{PayloadType: payloadType, Payload: payload}
	return e.SignedBy(key)
}

// SignedBy gives the envelope with one more signature. Signing again with the
// same key changes nothing, because Ed25519 gives the same signature again.
func (e Envelope) SignedBy(key Key) Envelope {
	id := key.Public().ID()
	e.Signatures = slices.DeleteFunc(slices.Clone(e.Signatures), func(s Signature) bool { return s.KeyID == id })
	e.Signatures = append(e.Signatures, Signature{KeyID: id, Sig: ed25519.Sign(key.secret, e.signed())})
	return e
}

// signed is what is signed: the pre-authentication encoding of DSSE, so that the
// kind of a payload cannot be exchanged under a signature.
func (e Envelope) signed() []byte {
	b := []byte("DSSEv1 ")
	b = strconv.AppendInt(b, int64(len(e.PayloadType)), 10)
	b = append(b, ' ')
	b = append(b, e.PayloadType...)
	b = append(b, ' ')
	b = strconv.AppendInt(b, int64(len(e.Payload)), 10)
	b = append(b, ' ')
	return append(b, e.Payload...)
}

// Fits reports whether one of the signatures was made with the secret half of
// a key.
func (e Envelope) Fits(key PublicKey) bool {
	message := e.signed()
	for _, s := range e.Signatures {
		if len(key.key) == ed25519.PublicKeySize && ed25519.Verify(key.key, message, s.Sig) {
			return true
		}
	}
	return false
}

// Encode gives the envelope as JSON.
func (e Envelope) Encode() ([]byte, error) {
	e.Signatures = slices.Clone(e.Signatures)
	if e.Signatures == nil {
		e.Signatures = []Signature{}
	}
	text, err := json.Marshal(e)
	if err != nil {
		return nil, fmt.Errorf("write a signature: %w", err)
	}
	return append(text, '\n'), nil
}

// DecodeEnvelope reads an envelope. Keys that it does not know are an error:
// whoever adds something wants it to be looked at.
func DecodeEnvelope(text []byte) (Envelope, error) {
	return decodeEnvelope(text, "signature", maxEnvelope)
}

// decodeEnvelope is the same for what may be larger.
func decodeEnvelope(text []byte, what string, most int) (Envelope, error) {
	var e Envelope
	if len(text) > most {
		return e, fmt.Errorf("%s of %d bytes: %w; the most are %d", what, len(text), ErrOversize, most)
	}
	if err := strictly(text, &e); err != nil {
		return Envelope{}, fmt.Errorf("%s: %w", what, err)
	}
	switch {
	case e.PayloadType == "" || len(e.Payload) == 0:
		return Envelope{}, fmt.Errorf("%s: %w: there is nothing in it", what, ErrMalformed)
	case len(e.Signatures) > maxSignatures:
		return Envelope{}, fmt.Errorf("%s: %d signatures: %w; the most are %d", what, len(e.Signatures), ErrOversize, maxSignatures)
	}
	return e, nil
}

// strictly decodes one JSON value and nothing after it, with no key that v does
// not know.
func strictly(text []byte, v any) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(v); err != nil {
		return fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	if _, err := decoder.Token(); err != io.EOF {
		return fmt.Errorf("%w: something follows it", ErrMalformed)
	}
	return nil
}
