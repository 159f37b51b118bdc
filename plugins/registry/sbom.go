package registry

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/signalbox-health/signalbox/plugins"
)

// spdx is what of SPDX 2.3 is needed to list what went into a module.
// https://spdx.github.io/spdx-spec/v2.3/
type spdx struct {
	Version       string             `json:"spdxVersion"`
	License       string             `json:"dataLicense"`
	ID            string             `json:"SPDXID"`
	Name          string             `json:"name"`
	Namespace     string             `json:"documentNamespace"`
	Creation      spdxCreation       `json:"creationInfo"`
	Packages      []spdxPackage      `json:"packages"`
	Relationships []spdxRelationship `json:"relationships"`
}

type spdxCreation struct {
	Created  string   `json:"created"`
	Creators []string `json:"creators"`
}

type spdxPackage struct {
	ID        string         `json:"SPDXID"`
	Name      string         `json:"name"`
	Version   string         `json:"versionInfo,omitempty"`
	Supplier  string         `json:"supplier,omitempty"`
	Location  string         `json:"downloadLocation"`
	Analyzed  bool           `json:"filesAnalyzed"`
	Licence   string         `json:"licenseDeclared,omitempty"`
	Purpose   string         `json:"primaryPackagePurpose,omitempty"`
	Checksums []spdxChecksum `json:"checksums,omitempty"`
}

type spdxChecksum struct {
	Algorithm string `json:"algorithm"`
	Value     string `json:"checksumValue"`
}

type spdxRelationship struct {
	From string `json:"spdxElementId"`
	Kind string `json:"relationshipType"`
	To   string `json:"relatedSpdxElement"`
}

const notSaid = "NOASSERTION"

// PartsOf lists what went into a release: itself, and the tools that its module
// says it was made with. It is made from the release alone, so that whoever has
// the release can make it again and compare. A manifest without code has none.
func PartsOf(r Release, issued time.Time) ([]byte, error) {
	if !isModule(r.Contents) {
		return nil, nil
	}
	tools, err := plugins.Producers(r.Contents)
	if err != nil {
		return nil, fmt.Errorf("parts of %s: %w", r.Manifest.ID, err)
	}
	const self = "SPDXRef-Release"
	document := spdx{
		Version: "SPDX-2.3", License: "CC0-1.0", ID: "SPDXRef-DOCUMENT", Name: r.Manifest.ID + " " + r.Manifest.Version,
		Namespace: "urn:signalbox:" + string(r.Digest()),
		Creation:  spdxCreation{Created: issued.UTC().Format(time.RFC3339), Creators: []string{"Tool: signalbox"}},
		Packages: []spdxPackage{{ID: self, Name: r.Manifest.ID, Version: r.Manifest.Version, Supplier: supplier(r.Manifest.Publisher),
			Location: notSaid, Licence: licence(r.Manifest.Licence), Purpose: "APPLICATION",
			Checksums: []spdxChecksum{{"SHA256", hexOf(r.Digest())}}}},
		Relationships: []spdxRelationship{{"SPDXRef-DOCUMENT", "DESCRIBES", self}},
	}
	for i, tool := range tools {
		id := fmt.Sprintf("SPDXRef-Tool-%d", i+1)
		document.Packages = append(document.Packages, spdxPackage{ID: id, Name: tool.Name, Version: tool.Version, Location: notSaid})
		kind := "BUILD_TOOL_OF"
		if tool.Field == "sdk" {
			kind = "CONTAINED_BY"
		}
		document.Relationships = append(document.Relationships, spdxRelationship{id, kind, self})
	}
	text, err := json.Marshal(document)
	if err != nil {
		return nil, fmt.Errorf("parts of %s: %w", r.Manifest.ID, err)
	}
	return text, nil
}

func supplier(publisher string) string {
	if publisher == "" {
		return notSaid
	}
	return "Organization: " + publisher
}

// licence gives what SPDX takes: an identifier without spaces, or nothing said.
func licence(text string) string {
	if text == "" || strings.ContainsAny(text, " \t\n") {
		return notSaid
	}
	return text
}
