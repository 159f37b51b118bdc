package plugins

import _ "embed"

// ManifestSchema is the JSON Schema (draft 7) of a manifest, for editors that
// help while one is written. Check knows more than a schema can say.
//
//go:embed manifest.schema.json
var ManifestSchema []byte
