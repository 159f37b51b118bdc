package policy

import (
	"embed"
	"encoding/json"
	"fmt"

	"github.com/open-policy-agent/opa/v1/ast"
)

//go:embed schema/*.json
var schemas embed.FS

// Schema gives a published JSON Schema: input, decision or reference.
func Schema(name string) ([]byte, error) {
	text, err := schemas.ReadFile("schema/" + name + ".json")
	if err != nil {
		return nil, fmt.Errorf("schema %q; there are input, decision and reference", name)
	}
	return text, nil
}

// schemaSet is what the compiler checks every file against.
func schemaSet() (*ast.SchemaSet, error) {
	set := ast.NewSchemaSet()
	for _, name := range []string{"input", "reference"} {
		text, err := Schema(name)
		if err != nil {
			return nil, err
		}
		var document any
		if err := json.Unmarshal(text, &document); err != nil {
			return nil, fmt.Errorf("schema %s: %w", name, err)
		}
		set.Put(ast.MustParseRef("schema."+name), withoutNull(document))
	}
	return set, nil
}

// withoutNull takes null out of the choices of a schema. The compiler of OPA
// does not know the type: beside null, an object would pass for anything, and
// so would its misspelt keys.
func withoutNull(schema any) any {
	switch s := schema.(type) {
	case map[string]any:
		if choices, ok := s["anyOf"].([]any); ok && len(choices) == 2 {
			if null, ok := choices[1].(map[string]any); ok && null["type"] == "null" {
				return withoutNull(choices[0])
			}
		}
		for key, value := range s {
			s[key] = withoutNull(value)
		}
	case []any:
		for i, value := range s {
			s[i] = withoutNull(value)
		}
	}
	return schema
}
