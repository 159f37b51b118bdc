// Package signalbox carries what authors of plugins get: the sources of the
// SDKs and of the example in every language. It is the only package that can
// reach all of them.
package signalbox

import "embed"

// Authors holds, under their paths in the repository, the SDK for each language,
// the example measure written with it, and the Go packages that the Go SDK is
// made of.
//
//go:embed sdk/*.go sdk/wire/*.go sdk/example sdk/c/*.h sdk/c/example sdk/rust/*.rs sdk/rust/example
//go:embed sdk/assemblyscript/*.ts sdk/assemblyscript/example sdk/assemblyscript/package.json
//go:embed measures/*.go measures/spc/*.go
var Authors embed.FS
