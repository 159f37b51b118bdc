package plugins

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"unicode/utf8"
)

// manifestSection is the custom section that carries a plugin's manifest, so
// that the digest covers it.
const manifestSection = "signalbox.manifest"

// wasmHeader begins a core WebAssembly module of version 1. A component, of
// another layer, has another version.
const wasmHeader = "\x00asm\x01\x00\x00\x00"

// Numbers of the sections of a module.
const (
	customSection   = 0
	typeSection     = 1
	importSection   = 2
	functionSection = 3
	tableSection    = 4
	memorySection   = 5
	globalSection   = 6
	exportSection   = 7
	startSection    = 8
	elementSection  = 9
	codeSection     = 10
	dataSection     = 11
	countSection    = 12
)

// ErrNoManifest says that a module carries no manifest.
var ErrNoManifest = errors.New("it has no section " + manifestSection + "; build it with its manifest")

var errNotCore = errors.New("not a core WebAssembly module")

// sections calls f with every section of a module, in order, and checks that
// they fill it exactly.
func sections(module []byte, f func(id byte, body []byte) error) error {
	if !bytes.HasPrefix(module, []byte(wasmHeader)) {
		if bytes.HasPrefix(module, []byte(wasmHeader[:4])) && len(module) >= 8 {
			return fmt.Errorf("%w: its version is %x; a component has to be built as a core module", errNotCore, module[4:8])
		}
		return fmt.Errorf("%w: it does not begin with \\0asm", errNotCore)
	}
	r := cursor{module[8:]}
	for len(r.b) > 0 {
		id := r.byte()
		body, err := r.bytes()
		if err != nil {
			return fmt.Errorf("%w: section %d is cut short", errNotCore, id)
		}
		if err := f(id, body); err != nil {
			return err
		}
	}
	return nil
}

// WithManifest gives the module with the manifest inside, in the place of any
// it had before. The manifest is written with its keys in order and without
// spaces, so that the same manifest always gives the same digest.
func WithManifest(module []byte, m Manifest) ([]byte, error) {
	canonical, err := canonicalJSON(m)
	if err != nil {
		return nil, fmt.Errorf("manifest of %s: %w", m.ID, err)
	}
	out := []byte(wasmHeader)
	err = sections(module, func(id byte, body []byte) error {
		if name, _ := customName(id, body); name == manifestSection {
			return nil
		}
		out = appendSection(out, id, body)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("put the manifest of %s into its module: %w", m.ID, err)
	}
	body := appendLEB(nil, uint64(len(manifestSection)))
	body = append(append(body, manifestSection...), canonical...)
	return appendSection(out, customSection, body), nil
}

// ManifestOf reads the manifest inside a module. Fields that this version does
// not know are refused: half-read, a manifest could promise something else.
func ManifestOf(module []byte) (Manifest, error) {
	var m Manifest
	var found []byte
	err := sections(module, func(id byte, body []byte) error {
		name, rest := customName(id, body)
		if name != manifestSection {
			return nil
		}
		if found != nil {
			return fmt.Errorf("it has two sections %s", manifestSection)
		}
		found = rest
		return nil
	})
	if err != nil {
		return m, err
	}
	if found == nil {
		return m, ErrNoManifest
	}
	m, err = ParseManifest(found)
	if err != nil {
		return m, fmt.Errorf("its section %s: %w", manifestSection, err)
	}
	return m, nil
}

// ParseManifest reads a manifest, strictly.
func ParseManifest(text []byte) (Manifest, error) {
	var m Manifest
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&m); err != nil {
		return Manifest{}, err
	}
	if d.More() {
		return Manifest{}, errors.New("there is more behind its end")
	}
	return m, nil
}

func canonicalJSON(v any) ([]byte, error) {
	first, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	// Through a map, which is written in order of its keys. Numbers stay text.
	d := json.NewDecoder(bytes.NewReader(first))
	d.UseNumber()
	var tree any
	if err := d.Decode(&tree); err != nil {
		return nil, err
	}
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if err := e.Encode(tree); err != nil {
		return nil, err
	}
	return bytes.TrimSpace(out.Bytes()), nil
}

// customName gives the name of a custom section and what follows it.
func customName(id byte, body []byte) (string, []byte) {
	if id != customSection {
		return "", nil
	}
	r := cursor{body}
	name, err := r.bytes()
	if err != nil || !utf8.Valid(name) {
		return "", nil
	}
	return string(name), r.b
}

func appendSection(to []byte, id byte, body []byte) []byte {
	to = appendLEB(append(to, id), uint64(len(body)))
	return append(to, body...)
}

func appendLEB(to []byte, v uint64) []byte { return binary.AppendUvarint(to, v) }

// cursor reads a module from front to back. What it cannot read it says with
// an error; it never reads beyond the end.
type cursor struct{ b []byte }

var errShort = errors.New("cut short")

// byte gives the next byte, or 0 at the end.
func (r *cursor) byte() byte {
	if len(r.b) == 0 {
		return 0
	}
	v := r.b[0]
	r.b = r.b[1:]
	return v
}

// u32 reads a LEB128 number of at most 32 bits.
func (r *cursor) u32() (uint32, error) {
	v, n := binary.Uvarint(r.b[:min(len(r.b), 5)])
	if n <= 0 || v > math.MaxUint32 {
		return 0, errShort
	}
	r.b = r.b[n:]
	return uint32(v), nil
}

// bytes reads a length and so many bytes.
func (r *cursor) bytes() ([]byte, error) {
	n, err := r.u32()
	if err != nil || uint64(n) > uint64(len(r.b)) {
		return nil, errShort
	}
	v := r.b[:n]
	r.b = r.b[n:]
	return v, nil
}

// count reads the number of entries of a vector, each of at least one byte.
func (r *cursor) count() (int, error) {
	n, err := r.u32()
	if err != nil || uint64(n) > uint64(len(r.b)) {
		return 0, errShort
	}
	return int(n), nil
}
