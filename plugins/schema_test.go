package plugins

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/signalbox-health/signalbox/measures"
)

// TestTheSchemaKnowsTheFieldsOfAManifest compares the published schema with the
// types that manifests are read into: neither may know a field the other lacks.
func TestTheSchemaKnowsTheFieldsOfAManifest(t *testing.T) {
	var schema struct {
		Properties  map[string]any
		Definitions map[string]struct{ Properties map[string]any }
	}
	if err := json.Unmarshal(ManifestSchema, &schema); err != nil {
		t.Fatal(err)
	}
	compareFields(t, "manifest", reflect.TypeFor[Manifest](), schema.Properties)
	for name, kind := range map[string]reflect.Type{"measure": reflect.TypeFor[measures.Measure](), "input": reflect.TypeFor[measures.Input](),
		"target": reflect.TypeFor[measures.Target](), "mix": reflect.TypeFor[measures.Mix](), "part": reflect.TypeFor[measures.Part]()} {
		compareFields(t, name, kind, schema.Definitions[name].Properties)
	}
	unit := schema.Definitions["measure"].Properties["unit"].(map[string]any)["properties"].(map[string]any)
	compareFields(t, "unit", reflect.TypeFor[measures.Unit](), unit)
}

func compareFields(t *testing.T, name string, kind reflect.Type, properties map[string]any) {
	t.Helper()
	var fields []string
	for i := range kind.NumField() {
		field, _, _ := strings.Cut(kind.Field(i).Tag.Get("json"), ",")
		fields = append(fields, field)
		if _, known := properties[field]; !known {
			t.Errorf("%s: the schema does not know %q", name, field)
		}
	}
	for property := range properties {
		if !slices.Contains(fields, property) {
			t.Errorf("%s: the schema knows %q, which is not read", name, property)
		}
	}
}

// TestTheSchemaKnowsTheNamesThatAreRead holds its lists of names to the program's.
func TestTheSchemaKnowsTheNamesThatAreRead(t *testing.T) {
	var schema struct {
		Definitions struct {
			Measure struct {
				Properties map[string]struct{ Enum []string }
			}
		}
	}
	if err := json.Unmarshal(ManifestSchema, &schema); err != nil {
		t.Fatal(err)
	}
	var rules, directions []string
	for r := measures.NoRules; r.Known(); r++ {
		rules = append(rules, r.String())
	}
	for d := measures.Neutral; d.Known(); d++ {
		directions = append(directions, d.String())
	}
	for field, want := range map[string][]string{"rules": rules, "direction": directions} {
		if got := schema.Definitions.Measure.Properties[field].Enum; !slices.Equal(got, want) {
			t.Errorf("%s: the schema has %q, read are %q", field, got, want)
		}
	}
}
