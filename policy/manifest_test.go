package policy

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/open-policy-agent/opa/v1/rego"
)

// TestEveryManifestOfTheLibraryFollowsTheSchema uses the schema checker that is
// at hand here; a schema of plugins needs none of its own.
func TestEveryManifestOfTheLibraryFollowsTheSchema(t *testing.T) {
	schema, err := os.ReadFile("../plugins/manifest.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("../plugins/library/*/manifest.json")
	if err != nil || len(files) < 3 {
		t.Fatalf("%d manifests (%v)", len(files), err)
	}
	examples, err := filepath.Glob("../sdk/*/example/manifest.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range append(files, append(examples, "../sdk/example/manifest.json")...) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if problem := mismatch(t, schema, text); problem != "" {
			t.Errorf("%s: %s", file, problem)
		}
	}
	for name, bad := range map[string]string{
		"a field that there is not": `{"id":"a-b","version":"1.0.0","abi":1,"title":"t","publisher":"p","licence":"l","colour":"red"}`,
		"no version":                `{"id":"a-b","abi":1,"title":"t","publisher":"p","licence":"l"}`,
		"a name with capitals":      `{"id":"A","version":"1.0.0","abi":1,"title":"t","publisher":"p","licence":"l"}`,
		"an unknown rule set":       `{"id":"a-b","version":"1.0.0","abi":0,"title":"t","publisher":"p","licence":"l","measures":[{"rules":"mine"}]}`,
	} {
		if mismatch(t, schema, []byte(bad)) == "" {
			t.Errorf("%s passed", name)
		}
	}
}

func mismatch(t *testing.T, schema, document []byte) string {
	t.Helper()
	results, err := rego.New(rego.Query("json.match_schema(input.document, input.schema)"),
		rego.Input(map[string]any{"document": string(document), "schema": string(schema)})).Eval(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	answer := results[0].Expressions[0].Value.([]any)
	if answer[0] == true {
		return ""
	}
	problems, _ := json.Marshal(answer[1])
	return string(problems)
}
