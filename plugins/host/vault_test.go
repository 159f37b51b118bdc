package host_test

import (
	"bytes"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/plugins/host"
)

// heard keeps what a host logs.
type heard struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (h *heard) Write(b []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.b.Write(b)
}

func (h *heard) String() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.b.String()
}

// kept is one module's compiled code on disk.
type kept struct {
	folder string // of the module
	code   string // the file
}

// keep compiles a small module into a cache of the test's own.
func keep(t *testing.T) (dir string, module []byte, k kept) {
	t.Helper()
	dir, module = filepath.Join(t.TempDir(), "cache"), answering("an answer").bytes()
	runOne(t, dir, module)
	files, err := filepath.Glob(filepath.Join(dir, "wazero-*", "*", "code", "wazero-*", "*"))
	if err != nil || len(files) != 1 {
		t.Fatalf("compiled code: %q, %v", files, err)
	}
	return dir, module, kept{filepath.Dir(filepath.Dir(filepath.Dir(files[0]))), files[0]}
}

// runOne starts a host, has the module answer, and gives what the host said.
func runOne(t *testing.T, dir string, module []byte) string {
	t.Helper()
	var said heard
	h := newHost(t, func(o *host.Options) {
		o.CacheDir, o.Limits, o.Children, o.Log = dir, patient(), 1, slog.New(slog.NewTextHandler(&said, nil))
	})
	defer h.Close()
	release := install(t, h, module)
	answer, err := h.RunPayload(within(t, time.Minute), release.Digest, []byte("a question"), 1, 10*time.Second)
	if err != nil || string(answer) != "an answer" {
		t.Errorf("it answered %q, %v", answer, err)
	}
	return said.String()
}

func TestCompiledCodeThatIsNotWhatWasPutThereIsNotLoaded(t *testing.T) {
	for _, test := range []struct {
		name   string
		tamper func(t *testing.T, k kept)
		reason string
	}{
		{"a byte is another", func(t *testing.T, k kept) {
			b := readAll(t, k.code)
			b[len(b)/2] ^= 1
			writeAll(t, k.code, b)
		}, "not what was put there"},
		{"another file in its place", func(t *testing.T, k kept) {
			writeAll(t, k.code+".new", []byte("code of somebody else"))
			rename(t, k.code+".new", k.code)
		}, "not what was put there"},
		{"one file more", func(t *testing.T, k kept) { writeAll(t, k.code+"00", []byte("more")) }, "not what was put there"},
		{"a symbolic link to the same bytes", func(t *testing.T, k kept) {
			elsewhere := filepath.Join(t.TempDir(), "code")
			writeAll(t, elsewhere, readAll(t, k.code))
			remove(t, k.code)
			link(t, elsewhere, k.code)
		}, "is no file and no folder"},
		{"a link in the place of the folder", func(t *testing.T, k kept) {
			rename(t, k.folder, k.folder+"-moved")
			link(t, k.folder+"-moved", k.folder)
		}, "is no file and no folder"},
		{"others can write to the file", func(t *testing.T, k kept) { mode(t, k.code, 0o622) }, "others can write to"},
		{"others can write to its folder", func(t *testing.T, k kept) { mode(t, filepath.Dir(k.code), 0o770) }, "others can write to"},
		{"others can write to the module's folder", func(t *testing.T, k kept) { mode(t, k.folder, 0o777) }, "others can write to"},
		{"somebody else's file", func(t *testing.T, k kept) {
			if err := os.Chown(k.code, 65534, 65534); err != nil {
				t.Skipf("only an administrator can give a file away: %v", err)
			}
		}, "belongs to user 65534"},
		{"no list", func(t *testing.T, k kept) { remove(t, filepath.Join(k.folder, "seal")) }, ""},
		{"a list of something else", func(t *testing.T, k kept) { writeAll(t, filepath.Join(k.folder, "seal"), []byte("nothing\n")) }, "not what was put there"},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir, module, k := keep(t)
			before := readAll(t, k.code)
			if said := runOne(t, dir, module); strings.Contains(said, "compiled again") {
				t.Fatalf("before anything was done: %s", said)
			}
			test.tamper(t, k)
			said := runOne(t, dir, module)
			if test.reason != "" && (!strings.Contains(said, "compiled again") || !strings.Contains(said, test.reason)) {
				t.Errorf("%q is wanted as a reason: %s", test.reason, said)
			}
			info, err := os.Lstat(k.code)
			if err != nil || !info.Mode().IsRegular() || info.Mode().Perm()&0o022 != 0 || !bytes.Equal(readAll(t, k.code), before) {
				t.Errorf("what is there now: %v, %v", info, err)
			}
			if said := runOne(t, dir, module); strings.Contains(said, "compiled again") {
				t.Errorf("it was compiled a third time: %s", said)
			}
		})
	}
}

func TestCodeThatIsChangedWhileTheHostRunsIsNotLoadedEither(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "cache")
	var said heard
	h := newHost(t, func(o *host.Options) {
		o.CacheDir, o.Limits, o.Children, o.Log = dir, patient(), 1, slog.New(slog.NewTextHandler(&said, nil))
	})
	good := install(t, h, answering("an answer").bytes())
	loop := install(t, h, guest{run: forever + i64(0)}.bytes())
	files, err := filepath.Glob(filepath.Join(dir, "wazero-*", strings.TrimPrefix(string(good.Digest), "sha256:"), "code", "wazero-*", "*"))
	if err != nil || len(files) != 1 {
		t.Fatalf("compiled code: %q, %v", files, err)
	}
	b := readAll(t, files[0])
	b[len(b)-1] ^= 0x80
	writeAll(t, files[0], b)
	// The child that has it loaded is killed, so that another has to load it.
	if _, err := h.RunPayload(within(t, time.Minute), loop.Digest, []byte("a question"), 1, 50*time.Millisecond); err == nil {
		t.Fatal("a loop ended")
	}
	answer, err := h.RunPayload(within(t, time.Minute), good.Digest, []byte("a question"), 1, 10*time.Second)
	if err != nil || string(answer) != "an answer" || !strings.Contains(said.String(), "not what was put there") {
		t.Errorf("%q, %v: %s", answer, err, said.String())
	}
}

func TestACacheOfSomebodyElseIsRefused(t *testing.T) {
	dir := t.TempDir()
	if err := os.Chown(dir, 65534, 65534); err != nil {
		t.Skipf("only an administrator can give a folder away: %v", err)
	}
	_, err := host.New(host.Options{Executable: []string{"true"}, CacheDir: dir, Limits: plugins.DefaultLimits()})
	if err == nil || !strings.Contains(err.Error(), "belongs to user 65534") {
		t.Errorf("error %v", err)
	}
}

func readAll(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func writeAll(t *testing.T, path string, b []byte) {
	t.Helper()
	must(t, os.WriteFile(path, b, 0o600))
}

func rename(t *testing.T, from, to string)          { t.Helper(); must(t, os.Rename(from, to)) }
func link(t *testing.T, to, name string)            { t.Helper(); must(t, os.Symlink(to, name)) }
func remove(t *testing.T, path string)              { t.Helper(); must(t, os.Remove(path)) }
func mode(t *testing.T, path string, m fs.FileMode) { t.Helper(); must(t, os.Chmod(path, m)) }
