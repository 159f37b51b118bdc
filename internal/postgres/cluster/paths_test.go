package cluster

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestAwkwardPaths(t *testing.T) {
	t.Parallel()
	for name, folder := range map[string]string{
		"too long for a socket": strings.Repeat("a long name/", 12),
		"comma":                 "one, two",
		"patterns":              `[a-z]*?\\`,
		"quotes and spaces":     `Dr "Who" it's 100% & more`,
	} {
		t.Run(name, func(t *testing.T) {
			o := options(filepath.Join(openDir(t), folder))
			o.TempDir = openDir(t)
			c := start(t, o)
			query(t, connect(t, c.URL()), "SELECT 1")
			if name == "too long for a socket" && !strings.HasPrefix(c.socket, filepath.Join(o.TempDir, "sbx-")) {
				t.Errorf("socket in %s", c.socket)
			}
		})
	}
}

func TestSocketFolderOfAStrangerIsRefused(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root can make a stranger's folder")
	}
	o := options(filepath.Join(openDir(t), strings.Repeat("a long name/", 12)))
	o.TempDir = openDir(t)
	c := start(t, o)
	stop(t, c)
	if err := os.Chown(c.socket, 12345, 12345); err != nil {
		t.Fatal(err)
	}
	if _, err := Start(t.Context(), o); err == nil || !strings.Contains(err.Error(), "user id 12345") {
		t.Errorf("error = %v", err)
	}
}

func TestFolderThatPostgresCannotReachIsRefused(t *testing.T) {
	t.Parallel()
	needPostgres(t)
	if os.Geteuid() != 0 {
		t.Skip("only root hands PostgreSQL to another user")
	}
	closed := filepath.Join(openDir(t), "closed")
	if err := os.Mkdir(closed, 0o700); err != nil {
		t.Fatal(err)
	}
	for dir, words := range map[string][]string{
		filepath.Join(closed, "data"): {"chmod o+x " + closed, "another folder with --data"},
		"/root/signalbox-test":        {"below /root", "--data /var/lib/signalbox"},
	} {
		_, err := Start(t.Context(), options(dir))
		if err == nil {
			t.Fatalf("%s was accepted", dir)
		}
		for _, word := range words {
			if !strings.Contains(err.Error(), word) {
				t.Errorf("the message does not say %q: %v", word, err)
			}
		}
		if _, err := os.Lstat(dir); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("a refused folder was made: %v", err)
		}
	}
}

func TestLinkIntoAClosedFolderIsSeenThrough(t *testing.T) {
	t.Parallel()
	needPostgres(t)
	if os.Geteuid() != 0 {
		t.Skip("only root hands PostgreSQL to another user")
	}
	dir := openDir(t)
	closed := filepath.Join(dir, "closed")
	if err := os.Mkdir(closed, 0o700); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(dir, "link")
	if err := os.Symlink(closed, link); err != nil {
		t.Fatal(err)
	}
	if _, err := Start(t.Context(), options(filepath.Join(link, "data"))); err == nil || !strings.Contains(err.Error(), closed) {
		t.Errorf("error = %v, want one about %s", err, closed)
	}
}

func TestDefaultDir(t *testing.T) {
	for _, test := range []struct {
		uid       int
		xdg, home string
		want      string
	}{
		{0, "/root/.local/share", "/root", "/var/lib/signalbox"},
		{1000, "", "/home/sam", "/home/sam/.local/share/signalbox"},
		{1000, "/data", "/home/sam", "/data/signalbox"},
		{1000, "relative", "/home/sam", "/home/sam/.local/share/signalbox"},
		{1000, "", "", ""},
	} {
		if got := DefaultDir(test.uid, test.xdg, test.home); got != test.want {
			t.Errorf("DefaultDir(%d, %q, %q) = %q, want %q", test.uid, test.xdg, test.home, got, test.want)
		}
	}
}

func TestNoFolderIsAnError(t *testing.T) {
	if _, err := Start(t.Context(), Options{}); !errors.Is(err, ErrNoFolder) {
		t.Errorf("error = %v, want ErrNoFolder", err)
	}
}
