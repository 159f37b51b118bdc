package cluster

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// OldestMajor is the oldest major version of PostgreSQL that Signalbox uses.
const OldestMajor = 14

var (
	// ErrNotInstalled says that no usable PostgreSQL is on this machine.
	ErrNotInstalled = errors.New("PostgreSQL 14 or newer is not installed")
	// ErrOtherMajor says that the data folder belongs to another major
	// version than those installed.
	ErrOtherMajor = errors.New("data folder of another PostgreSQL version")
)

// Installation is one PostgreSQL on this machine.
type Installation struct {
	Bin   string // the folder of its programs
	Major int
}

func (i Installation) program(name string) string { return filepath.Join(i.Bin, name) }

// usualPlaces are where packages put PostgreSQL, mostly not on the PATH.
func usualPlaces() []string {
	return []string{
		"/usr/lib/postgresql/*/bin", // Debian, Ubuntu
		"/usr/lib/postgresql*/bin",  // openSUSE
		"/usr/libexec/postgresql*",  // Alpine
		"/usr/pgsql-*/bin",          // Red Hat, from postgresql.org
		"/opt/homebrew/opt/postgresql*/bin",
		"/usr/local/opt/postgresql*/bin", // Homebrew on Intel
		"/home/linuxbrew/.linuxbrew/opt/postgresql*/bin",
		"/Applications/Postgres.app/Contents/Versions/*/bin",
		"/Library/PostgreSQL/*/bin",      // the EDB installer
		"/opt/local/lib/postgresql*/bin", // MacPorts
		"/usr/local/pgsql/bin",           // built by hand
		"/usr/local/bin",
		"/usr/bin", // Fedora, Arch
	}
}

// Find lists the installations on the path, written as the PATH variable is, and
// in the usual places, newest first.
func Find(path string) []Installation { return find(path, usualPlaces()) }

func find(path string, places []string) []Installation {
	folders := filepath.SplitList(path)
	for _, place := range places {
		hits, _ := filepath.Glob(place) // the patterns are ours and well formed
		folders = append(folders, hits...)
	}
	var found []Installation
	seen := map[string]bool{}
	for _, folder := range folders {
		// A hit is often a link into the true folder, and PostgreSQL
		// finds its other programs and files beside the true one.
		server, err := filepath.EvalSymlinks(filepath.Join(folder, "postgres"))
		if err != nil || !filepath.IsAbs(server) || seen[server] {
			continue
		}
		seen[server] = true
		bin := filepath.Dir(server)
		if _, err := os.Stat(filepath.Join(bin, "initdb")); err != nil {
			continue
		}
		if major := majorOf(server); major > 0 {
			found = append(found, Installation{Bin: bin, Major: major})
		}
	}
	slices.SortStableFunc(found, func(a, b Installation) int { return cmp.Compare(b.Major, a.Major) })
	return found
}

// majorOf asks a server program its version: "postgres (PostgreSQL) 15.4 ...".
// It is 0 for one that does not answer so.
func majorOf(server string) int {
	cmd := exec.Command(server, "--version")
	cmd.Env = []string{"LC_ALL=C"}
	out, err := cmd.Output()
	if err != nil {
		return 0
	}
	_, version, _ := strings.Cut(string(out), "(PostgreSQL) ")
	digits := strings.IndexFunc(version, func(r rune) bool { return r < '0' || r > '9' })
	major, err := strconv.Atoi(version[:max(digits, 0)])
	if err != nil {
		return 0
	}
	return major
}

// chooseInstallation takes the one that made the data folder, or else the newest.
func (c *Cluster) chooseInstallation() (Installation, error) {
	places := c.options.places
	if places == nil {
		places = usualPlaces()
	}
	all := find(c.options.Path, places)
	usable := slices.DeleteFunc(slices.Clone(all), func(i Installation) bool {
		return i.Major < OldestMajor || c.account.canEnter(i.Bin) != nil
	})
	if len(usable) == 0 {
		return Installation{}, notInstalled(all)
	}
	made, err := c.dataMajor()
	if err != nil {
		return Installation{}, err
	}
	if made == 0 {
		return usable[0], nil
	}
	for _, i := range usable {
		if i.Major == made {
			return i, nil
		}
	}
	return Installation{}, c.otherMajor(made, usable)
}

// dataMajor reads which major version made the data folder; 0 if there is none.
func (c *Cluster) dataMajor() (int, error) {
	if _, err := os.Lstat(c.files.data); errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	text, err := os.ReadFile(filepath.Join(c.files.data, "PG_VERSION"))
	if err != nil {
		return 0, fmt.Errorf("%s is there but is no PostgreSQL data folder: nothing was changed; move it away and start again: %w", c.files.data, err)
	}
	major, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return 0, fmt.Errorf("PG_VERSION in %s holds %q, which is no version: nothing was changed", c.files.data, text)
	}
	return major, nil
}

func notInstalled(all []Installation) error {
	var found string
	if len(all) > 0 {
		found = fmt.Sprintf(" (found, and no use: version %d in %s)", all[0].Major, all[0].Bin)
	}
	return fmt.Errorf(`%w%s. Install it, or give a database with DATABASE_URL:
  Debian, Ubuntu:  apt-get install -y postgresql
  Fedora, Red Hat: dnf install -y postgresql-server
  Alpine:          apk add postgresql
  macOS:           brew install postgresql@17`, ErrNotInstalled, found)
}

func (c *Cluster) otherMajor(made int, usable []Installation) error {
	var have []string
	for _, i := range usable {
		have = append(have, fmt.Sprintf("%d in %s", i.Major, i.Bin))
	}
	return fmt.Errorf(`%w: %s was made by PostgreSQL %d; installed: %s. Nothing was changed.
Either install PostgreSQL %d again (Debian, Ubuntu: apt-get install -y postgresql-%d; macOS: brew install postgresql@%d),
or, with both versions installed, move the data as the user who owns the folder:
  1. <bin of %d>/pg_ctl -D %s -o "-c listen_addresses= -k %s" -w start
  2. <bin of %d>/pg_dumpall -h %s -U %s > dump.sql
  3. <bin of %d>/pg_ctl -D %s stop
  4. mv %s %s.%d
  5. start signalbox once, so that it makes a new data folder, and while it runs without data:
     psql -h %s -U %s -d postgres -f dump.sql`,
		ErrOtherMajor, c.files.data, made, strings.Join(have, ", "), made, made, made,
		made, c.files.data, c.files.run, made, c.files.run, superuser, made, c.files.data,
		c.files.data, c.files.data, made, c.files.run, superuser)
}
