package cluster

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestNoPostgreSQLSaysWhatToInstall(t *testing.T) {
	t.Parallel()
	o := Options{Dir: openDir(t), Path: "/nonexistent", places: []string{"/nonexistent/*/bin"}}
	_, err := Start(t.Context(), o)
	if !errors.Is(err, ErrNotInstalled) {
		t.Fatalf("error = %v, want ErrNotInstalled", err)
	}
	for _, word := range []string{"apt-get install -y postgresql\n", "brew install postgresql@17", "DATABASE_URL"} {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("the message does not say %q: %v", word, err)
		}
	}
}

func TestPostgreSQLIsFoundThroughLinksOnThePath(t *testing.T) {
	t.Parallel()
	needPostgres(t)
	true_ := Find(os.Getenv("PATH"))[0]
	links := t.TempDir()
	// initdb is not linked: it must be found beside the true server.
	if err := os.Symlink(true_.program("postgres"), filepath.Join(links, "postgres")); err != nil {
		t.Fatal(err)
	}
	found := find("/nonexistent:"+links+":"+links, []string{"/nonexistent/*"})
	if len(found) != 1 || found[0] != true_ {
		t.Errorf("found %v, want %v", found, true_)
	}
}

func TestInstallationThatMadeTheDataIsChosenElseTheNewest(t *testing.T) {
	t.Parallel()
	root := openDir(t)
	for _, version := range []string{"13.9", "14.1", "16.4 (Debian 16.4-1)", "17beta2"} {
		bin := filepath.Join(root, version, "bin")
		if err := os.MkdirAll(bin, 0o755); err != nil {
			t.Fatal(err)
		}
		script := "#!/bin/sh\necho 'postgres (PostgreSQL) " + version + "'\n"
		for _, program := range []string{"postgres", "initdb"} {
			if err := os.WriteFile(filepath.Join(bin, program), []byte(script), 0o755); err != nil {
				t.Fatal(err)
			}
		}
		os.Chmod(filepath.Dir(bin), 0o755)
	}
	for _, test := range []struct {
		made string
		want int
	}{{"", 17}, {"16\n", 16}, {"14\n", 14}, {"13\n", 0}, {"15\n", 0}} {
		c := &Cluster{options: Options{places: []string{root + "/*/bin"}}, files: filesIn(t.TempDir())}
		if test.made != "" {
			if err := errors.Join(os.Mkdir(c.files.data, 0o700),
				os.WriteFile(filepath.Join(c.files.data, "PG_VERSION"), []byte(test.made), 0o600)); err != nil {
				t.Fatal(err)
			}
		}
		got, err := c.chooseInstallation()
		if got.Major != test.want || test.want == 0 && !errors.Is(err, ErrOtherMajor) {
			t.Errorf("data made by %q: chose %d (%v), want %d", test.made, got.Major, err, test.want)
		}
	}
}

func TestOtherMajorVersionIsRefusedAndUntouched(t *testing.T) {
	t.Parallel()
	dir := made(t)
	c := start(t, options(dir))
	stop(t, c)
	if err := os.WriteFile(filepath.Join(c.files.data, "PG_VERSION"), []byte("14\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if c.Major() == 14 {
		t.Skip("this machine runs PostgreSQL 14, so 14 is no other version")
	}
	before := listing(t, c.files.data)
	_, err := Start(t.Context(), options(dir))
	if !errors.Is(err, ErrOtherMajor) {
		t.Fatalf("error = %v, want ErrOtherMajor", err)
	}
	for _, word := range []string{"made by PostgreSQL 14", "Nothing was changed", "pg_dumpall", "psql", c.files.data} {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("the message does not say %q: %v", word, err)
		}
	}
	if after := listing(t, c.files.data); after != before {
		t.Errorf("the data folder changed:\n%s\nwas\n%s", after, before)
	}
}

// listing writes down every file of a folder with size and time.
func listing(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	err := filepath.Walk(dir, func(path string, info fs.FileInfo, err error) error {
		if err == nil {
			fmt.Fprintln(&b, path, info.Size(), info.ModTime().UnixNano(), info.Mode())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestFolderThatIsNoClusterIsRefused(t *testing.T) {
	t.Parallel()
	needPostgres(t)
	dir := openDir(t)
	data := filepath.Join(dir, "postgres", "data")
	if err := os.MkdirAll(data, 0o711); err != nil {
		t.Fatal(err)
	}
	os.Chmod(filepath.Dir(data), 0o711)
	if err := os.WriteFile(filepath.Join(data, "thesis.txt"), []byte("years of work"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Start(t.Context(), options(dir))
	if err == nil || !strings.Contains(err.Error(), "no PostgreSQL data folder") {
		t.Errorf("error = %v", err)
	}
	if _, err := os.Stat(filepath.Join(data, "thesis.txt")); err != nil {
		t.Error(err)
	}
}
