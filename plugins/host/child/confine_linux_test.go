package child

import (
	"encoding/json"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/plugins/host"
)

// probeWord starts the test again as a process that shuts itself in and then
// tries to get out.
const probeWord = "probe-of-a-test"

// found is what the probe could do.
type found struct {
	Hello                                   host.Hello
	Read, List, Write, Dial, Exec, Compiled string // errors, or nothing where it worked
}

func TestMain(m *testing.M) {
	if len(os.Args) > 3 && os.Args[1] == probeWord {
		probe(os.Args[2], os.Args[3] == "compile", os.Args[4])
		return
	}
	os.Exit(m.Run())
}

func probe(dir string, compile bool, address string) {
	text := func(err error) string {
		if err == nil {
			return ""
		}
		return err.Error()
	}
	f := found{Hello: confine(host.Start{Dir: dir, Compile: compile, Memory: 1 << 30, CPU: 60})}
	_, err := os.ReadFile("/etc/passwd")
	f.Read = text(err)
	_, err = os.ReadDir(dir)
	f.List = text(err)
	f.Write = text(os.WriteFile(filepath.Join(dir, "written"), []byte("x"), 0o600))
	_, err = net.Dial("tcp", address)
	f.Dial = text(err)
	f.Exec = text(exec.Command("/bin/true").Run())
	json.NewEncoder(os.Stdout).Encode(f)
}

func TestAConfinedChildCannotReachAnythingButItsFolder(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, role := range []string{"run", "compile"} {
		t.Run(role, func(t *testing.T) {
			out, err := exec.Command(self, probeWord, t.TempDir(), role, listener.Addr().String()).Output()
			if err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			var f found
			if err := json.Unmarshal(out, &f); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			t.Logf("%+v", f)
			if !slices.ContainsFunc(f.Hello.InForce, func(s string) bool { return strings.HasPrefix(s, "Landlock") }) {
				if len(f.Hello.Missing) == 0 {
					t.Error("Landlock is not in force, and nobody says so")
				}
				t.Skipf("this kernel cannot confine: %q", f.Hello.Missing)
			}
			if f.Read == "" || f.Exec == "" || f.List != "" {
				t.Errorf("reading a file: %q; starting a program: %q; listing its folder: %q", f.Read, f.Exec, f.List)
			}
			if wrote := f.Write == ""; wrote != (role == "compile") {
				t.Errorf("writing into its folder: %q", f.Write)
			}
			if f.Dial == "" && len(f.Hello.Missing) == 0 {
				t.Error("it reached the network")
			}
		})
	}
}

func TestTheInertInterfaceOffersWhatPreflightAllows(t *testing.T) {
	for name := range plugins.Inert {
		if _, ok := inertFunctions[name]; !ok {
			t.Errorf("%s is allowed and not offered", name)
		}
	}
	for name := range inertFunctions {
		if _, ok := plugins.Inert[name]; !ok {
			t.Errorf("%s is offered and not allowed", name)
		}
	}
}
