// Package registry is how a plugin travels: what a release is outside the
// machine it was made on, who has put their name to it, and how it is carried
// to another installation, through a registry or in a file. Plugins travel;
// data stays.
//
// A release is an OCI artifact in the layout of the CNCF for WebAssembly, named
// by its digest and never by a tag alone. Its signatures are DSSE envelopes
// around in-toto statements, made with Ed25519 keys, and are checked without a
// connection against a signed list of publishers.
package registry

import "errors"

// Why a release, or what came with it, is refused. Every error of this package
// about trust matches one of them, so that a page can say what is to be done.
var (
	// ErrUnsigned says that nobody has put their name to a release.
	ErrUnsigned = errors.New("release is not signed")
	// ErrTooFew says that fewer people have signed than the publisher promised.
	ErrTooFew = errors.New("too few have signed the release")
	// ErrStranger says that a signature is by a key that the publisher does not have.
	ErrStranger = errors.New("signed by a key that the publisher does not have")
	// ErrRevoked says that a key is not to be believed any more.
	ErrRevoked = errors.New("signed by a key that was revoked")
	// ErrBadSignature says that a signature does not fit what it is said to sign.
	ErrBadSignature = errors.New("signature does not fit")
	// ErrMisnamed says that a release is not the one it is said to be: another
	// name, version or publisher.
	ErrMisnamed = errors.New("release is not what it is said to be")
	// ErrReplaced says that bytes are not those of the digest that names them.
	ErrReplaced = errors.New("contents do not have their digest")
	// ErrStale says that a list or an index is older than one that was seen
	// before, or too old to be believed.
	ErrStale = errors.New("older than what is known")
	// ErrFuture says that something claims to be from a time that has not come.
	ErrFuture = errors.New("from a time that has not come")
	// ErrMalformed says that bytes are not what they are said to be.
	ErrMalformed = errors.New("cannot be read")
	// ErrOversize says that something is larger than a release may be.
	ErrOversize = errors.New("larger than allowed")
)
