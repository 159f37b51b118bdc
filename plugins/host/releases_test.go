package host_test

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/measures/spc"
	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/plugins/host"
	"github.com/signalbox-health/signalbox/plugins/toolchain"
	"github.com/signalbox-health/signalbox/sdk"
	"github.com/signalbox-health/signalbox/sdk/conformance"
	"github.com/signalbox-health/signalbox/sdk/wire"
)

var update = flag.Bool("update", false, "record releases in testdata/released.json that are not there yet; none that is there is changed")

// released is one release of a plugin of this repository. The module itself
// depends on the version of the compiler; what it answers does not.
type released struct {
	ID        string         `json:"id"`
	Version   string         `json:"version"`
	Language  string         `json:"language"`
	Source    string         `json:"source"`    // its folder, from plugins/host
	Revision  string         `json:"revision"`  // of the source
	Toolchain string         `json:"toolchain"` // that made the module
	Digest    plugins.Digest `json:"digest"`    // of that module
	// Answers are digests of all answers to the questions of releasedQuestions, by entry.
	Answers map[string]string `json:"answers"`
}

const releasedFile = "testdata/released.json"

// releasedFolders are the plugins of this repository that have code.
func releasedFolders(t testing.TB) []string {
	t.Helper()
	list := []string{}
	for _, folder := range examples {
		list = append(list, folder)
	}
	packs, err := filepath.Glob("../library/*/manifest.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, pack := range packs {
		if _, err := toolchain.Of(filepath.Dir(pack)); err == nil {
			list = append(list, filepath.Dir(pack))
		}
	}
	slices.Sort(list)
	return list
}

// TestWhatWasReleasedAnswersAsItDid builds every plugin of this repository and
// holds its answers against those that were recorded when its version was
// released. A plugin that is to answer otherwise gets a new version.
func TestWhatWasReleasedAnswersAsItDid(t *testing.T) {
	text, err := os.ReadFile(releasedFile)
	if err != nil && !*update {
		t.Fatal(err)
	}
	var list []released
	if err == nil {
		if err := json.Unmarshal(text, &list); err != nil {
			t.Fatal(err)
		}
	}
	h := newHost(t, func(o *host.Options) { o.Limits = patient() })
	for _, folder := range releasedFolders(t) {
		t.Run(strings.TrimLeft(folder, "./"), func(t *testing.T) {
			now := release(t, h, folder)
			known := slices.IndexFunc(list, func(r released) bool {
				return r.ID == now.ID && r.Language == now.Language && r.Version == now.Version
			})
			switch {
			case known < 0 && *update:
				now.Revision, now.Toolchain = said("git", "log", "-1", "--format=%h", "--", folder), versionOf(now.Language)
				list = append(list, now)
			case known < 0:
				t.Fatalf("version %s is not among the releases; record it: go test ./plugins/host -run WhatWasReleased -update", now.Version)
			default:
				for entry, answers := range list[known].Answers {
					if now.Answers[entry] != answers {
						t.Errorf("%s %s, entry %s: other answers than those of its release (source %s, %s); what answers otherwise is a new version",
							now.ID, now.Version, entry, list[known].Revision, list[known].Toolchain)
					}
				}
			}
		})
	}
	if *update && !t.Failed() {
		text, err := json.MarshalIndent(list, "", "  ")
		if err == nil {
			err = os.WriteFile(releasedFile, append(text, '\n'), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// release builds a plugin and asks it everything.
func release(t *testing.T, h *host.Host, folder string) released {
	t.Helper()
	language, err := toolchain.Of(folder)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(folder, "manifest.json"))
	if err != nil {
		t.Fatal(err)
	}
	manifest, err := plugins.ParseManifest(text)
	if err != nil {
		t.Fatal(err)
	}
	module, err := toolchain.Compile(t.Context(), folder, filepath.Join("..", "..", "sdk", language.Name))
	if errors.Is(err, toolchain.ErrNoCompiler) && os.Getenv("SIGNALBOX_TOOLCHAINS") != "required" {
		t.Skip(err)
	}
	if err == nil {
		module, err = plugins.WithManifest(module, manifest)
	}
	if err != nil {
		t.Fatal(err)
	}
	r := released{ID: manifest.ID, Version: manifest.Version, Language: language.Name, Source: folder,
		Digest: install(t, h, module).Digest, Answers: map[string]string{}}
	for _, entry := range manifest.Entries {
		sum := sha256.New()
		for _, v := range releasedQuestions(entry) {
			answer := answerTo(t, h.RunPayload, r.Digest, v)
			io.WriteString(sum, v.Name)
			sum.Write(binary.LittleEndian.AppendUint32(nil, uint32(len(answer))))
			sum.Write(answer)
		}
		r.Answers[entry] = "sha256:" + hex.EncodeToString(sum.Sum(nil))
	}
	return r
}

// releasedQuestions are put to an entry: as a share and as a count, with the
// settings of its kind where it is named after one. Very long ones add nothing here.
func releasedQuestions(entry string) []conformance.Vector {
	var settings []wire.Parameter
	var kind measures.Kind
	if kind.UnmarshalText([]byte(entry)) == nil && kind != measures.Custom {
		settings = sdk.ChartParameters(spc.Defaults(kind, measures.MDC))
	}
	list := append(conformance.Vectors(entry, []string{sdk.InputNumerator, sdk.InputDenominator}, settings),
		conformance.Vectors(entry, []string{sdk.InputValue}, settings)...)
	return slices.DeleteFunc(list, func(v conformance.Vector) bool { return v.Request.Rows() > 1000 })
}

// said is what a program says of itself, in a line.
func said(name string, arguments ...string) string {
	out, err := exec.Command(name, arguments...).Output()
	if err != nil {
		return "unknown"
	}
	line, _, _ := strings.Cut(string(out), "\n")
	return strings.TrimSpace(line)
}

func versionOf(language string) string {
	switch language {
	case "go":
		return said("go", "env", "GOVERSION")
	case "c":
		return said("clang", "--version")
	case "rust":
		return said("/usr/bin/rustc", "--version")
	}
	return "AssemblyScript " + said("node", "-p", `require("../../sdk/assemblyscript/package.json").devDependencies.assemblyscript`)
}
