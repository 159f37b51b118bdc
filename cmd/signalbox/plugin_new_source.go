package main

import (
	"encoding/json"
	"io/fs"
	"path"
	"regexp"
	"strings"

	"github.com/signalbox-health/signalbox"
)

// sameBytes is the sentence of the examples about each other.
var sameBytes = regexp.MustCompile(`\s+The\s+examples\s+in\s[^.]*\.`)

// source adapts the example in a language, and puts the SDK beside it.
func (n *beginning) source() error {
	if n.language == nil {
		return nil
	}
	folder := path.Join("sdk", n.language.Name)
	if n.language.Name == "go" {
		folder = "sdk"
	}
	text, err := fs.ReadFile(signalbox.Authors, path.Join(folder, "example", n.language.Source))
	if err != nil {
		return err
	}
	source := sameBytes.ReplaceAllString(string(text), "")
	source = strings.Replace(source, "// Command example is", "// Command "+n.id+" is", 1)
	n.files[n.language.Source] = strings.ReplaceAll(source, `"fences"`, `"`+n.id+`"`)
	if n.language.SDK != "" {
		sdk, err := fs.ReadFile(signalbox.Authors, path.Join(folder, n.language.SDK))
		if err != nil {
			return err
		}
		n.files[n.language.SDK] = string(sdk)
	}
	switch n.language.Name {
	case "go":
		return n.goModule()
	case "assemblyscript":
		return n.npmPackage()
	}
	return nil
}

const modulePath = "github.com/signalbox-health/signalbox"

// goModule puts the SDK's own sources beside the plugin, so that it builds with
// the toolchain alone: nothing is fetched.
func (n *beginning) goModule() error {
	n.files["go.mod"] = "module " + n.id + "\n\ngo 1.26\n\nrequire " + modulePath + " v0.0.0\n\nreplace " + modulePath + " => ./sdk-go\n"
	n.files["sdk-go/go.mod"] = "module " + modulePath + "\n\ngo 1.26\n"
	for _, folder := range []string{"measures", "measures/spc", "sdk", "sdk/wire"} {
		entries, err := fs.ReadDir(signalbox.Authors, folder)
		if err != nil {
			return err
		}
		for _, entry := range entries {
			name := entry.Name()
			if entry.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
				continue
			}
			text, err := fs.ReadFile(signalbox.Authors, path.Join(folder, name))
			if err != nil {
				return err
			}
			n.files[path.Join("sdk-go", folder, name)] = string(text)
		}
	}
	return nil
}

// npmPackage names the compiler of AssemblyScript in the release that the SDK is
// tested with.
func (n *beginning) npmPackage() error {
	text, err := fs.ReadFile(signalbox.Authors, "sdk/assemblyscript/package.json")
	if err != nil {
		return err
	}
	var sdk struct {
		DevDependencies map[string]string `json:"devDependencies"`
	}
	if err := json.Unmarshal(text, &sdk); err != nil {
		return err
	}
	n.files["package.json"], err = jsonFile(map[string]any{"name": n.id, "private": true, "devDependencies": sdk.DevDependencies})
	return err
}

// jsonFile writes JSON for people to edit.
func jsonFile(v any) (string, error) {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(v)
	return b.String(), err
}
