package host

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"

	"github.com/signalbox-health/signalbox/plugins"
)

// Compiled code of a module is a folder of its own, with a folder in it that the
// child wrote which compiled it, and beside that a list of what was in there
// when that child had ended. Machine code that is not on the list is not loaded.
const (
	codeFolder = "code"
	sealFile   = "seal"
)

// vault knows which compiled code is what was put there.
type vault struct {
	dir string

	mu    sync.Mutex
	known map[string][]identity // by folder, as they were when they were read
}

// identity is what changes when a file does: nobody but the system's
// administrator can set the time of its last change.
type identity struct {
	path           string
	device, inode  uint64
	mode           fs.FileMode
	owner          uint32
	size           int64
	changed, wrote syscall.Timespec
}

// of is where the compiled code of a module is kept: by engine, because code is
// good for one only.
func (v *vault) of(engine string, digest plugins.Digest) string {
	return filepath.Join(v.dir, filepath.Base(engine), strings.TrimPrefix(string(digest), "sha256:"))
}

// ownFolder makes the folder, and refuses one that belongs to somebody else or
// that others can write to: what is in it is machine code that will be run.
func ownFolder(dir string) error {
	if dir == "" {
		return errors.New("cache of compiled plugins: no folder was given")
	}
	// The folders above are not ours alone: the database, which runs as another
	// user, may have to pass through them.
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return fmt.Errorf("cache of compiled plugins: %w", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("cache of compiled plugins: %w", err)
	}
	info, err := os.Stat(dir)
	if err != nil {
		return fmt.Errorf("cache of compiled plugins: %w", err)
	}
	if info.Mode().Perm()&0o022 != 0 {
		return fmt.Errorf("cache of compiled plugins: others can write to %s, and what is there is run; remove it, or give another folder", dir)
	}
	if owner := ownerOf(info); owner != uint32(os.Geteuid()) {
		return fmt.Errorf("cache of compiled plugins: %s belongs to user %d and not to this one, %d, and what is there is run; give another folder", dir, owner, os.Geteuid())
	}
	if err := os.Chmod(dir, 0o700); err != nil {
		return fmt.Errorf("cache of compiled plugins: %w", err)
	}
	return nil
}

func ownerOf(info fs.FileInfo) uint32 {
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		return stat.Uid
	}
	return ^uint32(0)
}

// seal lists what is in the code folder of a folder, with digests. Whoever wrote
// it has ended by now.
func seal(folder string) error {
	found, err := survey(folder)
	if err != nil {
		return err
	}
	text, err := sumsOf(folder, found)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, sealFile), []byte(text), 0o600)
}

// check says why the compiled code in a folder must not be loaded: fs.ErrNotExist
// where there is none. Files that were read once are read again only when they
// have changed.
func (v *vault) check(folder string) error {
	found, err := survey(folder)
	if err != nil {
		return err
	}
	v.mu.Lock()
	known := v.known[folder]
	v.mu.Unlock()
	if same(known, found) {
		return nil
	}
	want, err := os.ReadFile(filepath.Join(folder, sealFile))
	if err != nil {
		return fmt.Errorf("the list of what was compiled: %w", err)
	}
	text, err := sumsOf(folder, found)
	if err != nil {
		return err
	}
	if text != string(want) {
		return errors.New("it is not what was put there when it was compiled")
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.known[folder] = found
	return nil
}

func same(a, b []identity) bool {
	if len(a) == 0 || len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// survey looks at a folder, its code folder and all that is in there. Each has to
// be a plain file or a folder that belongs to this user and that nobody else can
// write to.
func survey(folder string) ([]identity, error) {
	top, err := look(folder, ".")
	if err != nil {
		return nil, err
	}
	found := []identity{top}
	err = filepath.WalkDir(filepath.Join(folder, codeFolder), func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		within, err := filepath.Rel(folder, path)
		if err != nil {
			return err
		}
		one, err := look(path, within)
		found = append(found, one)
		return err
	})
	return found, err
}

func look(path, name string) (identity, error) {
	info, err := os.Lstat(path)
	if err != nil {
		return identity{}, err
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	switch {
	case !ok:
		return identity{}, fmt.Errorf("%s: this system does not say whose it is", name)
	case !info.Mode().IsRegular() && !info.IsDir():
		return identity{}, fmt.Errorf("%s is no file and no folder: %v", name, info.Mode())
	case info.Mode().Perm()&0o022 != 0:
		return identity{}, fmt.Errorf("others can write to %s: %v", name, info.Mode())
	case stat.Uid != uint32(os.Geteuid()):
		return identity{}, fmt.Errorf("%s belongs to user %d", name, stat.Uid)
	}
	changed, wrote := times(stat)
	return identity{name, uint64(stat.Dev), stat.Ino, info.Mode(), stat.Uid, info.Size(), changed, wrote}, nil
}

// sumsOf gives the text of a seal: the digest, the size and the name of every file.
func sumsOf(folder string, found []identity) (string, error) {
	var text strings.Builder
	for _, one := range found {
		if one.mode.IsDir() {
			continue
		}
		sum, err := sumOf(filepath.Join(folder, one.path))
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&text, "%s %d %s\n", sum, one.size, one.path)
	}
	return text.String(), nil
}

func sumOf(path string) (string, error) {
	file, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NOFOLLOW, 0)
	if err != nil {
		return "", err
	}
	defer file.Close()
	h := sha256.New()
	if _, err := io.Copy(h, file); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
