package host_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// TestOnlyTheSandboxCanRunPlugins holds that the parts that serve pages do not
// even contain an engine: only the child does, and the program, which is both.
func TestOnlyTheSandboxCanRunPlugins(t *testing.T) {
	const module = "github.com/signalbox-health/signalbox/"
	out, err := exec.Command("go", "list", "-e", "-f", `{{.ImportPath}} {{join .Deps " "}}`, module+"...").Output()
	if err != nil {
		t.Fatal(err)
	}
	able := 0
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		if !slices.ContainsFunc(fields[1:], func(dep string) bool { return strings.HasPrefix(dep, "github.com/tetratelabs/wazero") }) {
			continue
		}
		able++
		if name := strings.TrimPrefix(fields[0], module); name != "plugins/host/child" && !strings.HasPrefix(name, "cmd/") {
			t.Errorf("%s can run WebAssembly", name)
		}
	}
	if able == 0 {
		t.Error("nothing can run WebAssembly; is this test still looking for the right engine?")
	}
}
