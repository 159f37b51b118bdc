// Package plugins says what a plugin is: a WebAssembly module named by its
// digest, with a manifest that travels inside it. Running one is the business
// of plugins/host, sharing one of plugins/registry.
package plugins

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/signalbox-health/signalbox/measures"
)

var (
	// ErrRefused says that a module was turned away before it ran.
	ErrRefused = errors.New("plugin refused")
	// ErrFault says that a plugin did wrong while it ran: a trap, an exit,
	// a missed deadline, a malformed or untrue answer.
	ErrFault = errors.New("plugin fault")
	// ErrQuarantined says that a plugin did wrong so often that it is not run
	// any more, until somebody has looked into it.
	ErrQuarantined = errors.New("plugin is in quarantine")
	// ErrBusy says that more was asked than the sandboxes can do at present.
	// It is nobody's fault, and passes.
	ErrBusy = errors.New("too many questions at once")
	// ErrUnsuited says that the plugin looked at the data and declined, with
	// a message for the reader. That is no fault.
	ErrUnsuited = errors.New("data do not suit the plugin")
)

// Digest names a module by content: "sha256:" and 64 hexadecimal digits.
type Digest string

// DigestOf computes the digest of a module.
func DigestOf(module []byte) Digest {
	sum := sha256.Sum256(module)
	return Digest("sha256:" + hex.EncodeToString(sum[:]))
}

// Valid reports whether the digest is well formed.
func (d Digest) Valid() bool {
	rest, ok := strings.CutPrefix(string(d), "sha256:")
	if !ok || len(rest) != 64 {
		return false
	}
	_, err := hex.DecodeString(rest)
	return err == nil && rest == strings.ToLower(rest)
}

// Short is the digest for eyes: sha256:9c1e…b07a.
func (d Digest) Short() string {
	if len(d) < 16 {
		return string(d)
	}
	return string(d[:11]) + "…" + string(d[len(d)-4:])
}

// Manifest describes a plugin and the measures it brings. One without code
// names the plugins that compute its measures, in their Uses.
type Manifest struct {
	ID        string             `json:"id"`
	Version   string             `json:"version"` // semantic
	ABI       int                `json:"abi"`     // 1; 0 for a manifest without code
	Title     string             `json:"title"`
	Publisher string             `json:"publisher"`
	Licence   string             `json:"licence"`
	Entries   []string           `json:"entries,omitempty"` // what Uses.Entry may name
	Measures  []measures.Measure `json:"measures,omitempty"`
}

// Release is one version of a plugin that this installation may run.
type Release struct {
	Manifest Manifest
	Digest   Digest
}

// Manner is how a plugin went wrong, in a word, for those who count.
type Manner string

const (
	Trapped   Manner = "trap"      // a trap of the engine
	Exited    Manner = "exit"      // it exited, with whatever status
	TimedOut  Manner = "deadline"  // it had its time
	Starved   Manner = "starved"   // it did not get its time, because the machine was busy
	Heavy     Manner = "memory"    // its sandbox took too much memory
	Died      Manner = "died"      // its sandbox died with it, twice
	BrokeOut  Manner = "broke-out" // it got past the engine, and the kernel ended it
	Malformed Manner = "malformed" // an answer that is none, or to another question
	Untrue    Manner = "untrue"    // an answer whose numbers are not so
)

// Fault is an error about one plugin: which, and what it did.
type Fault struct {
	Digest Digest
	Cause  string // "deadline of 250 ms passed", "trap: unreachable"
	Kind   error  // ErrRefused, ErrFault, ErrUnsuited or ErrQuarantined
	Manner Manner // of ErrFault
}

func (f *Fault) Error() string { return fmt.Sprintf("%v: %s: %s", f.Kind, f.Digest, f.Cause) }

func (f *Fault) Unwrap() error { return f.Kind }
