package cluster

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// account is the user that PostgreSQL runs as. PostgreSQL refuses root, so root
// hands it to another.
type account struct {
	name     string // empty if the user database does not know the id
	uid, gid int
	drop     bool // we are root and it is another
}

func accountFor(euid int) (account, error) {
	if euid != 0 {
		a := account{uid: euid, gid: os.Getegid()}
		if u, err := user.LookupId(strconv.Itoa(euid)); err == nil {
			a.name = u.Username
		}
		return a, nil
	}
	for _, name := range []string{"postgres", "_postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, errUID := strconv.Atoi(u.Uid)
		gid, errGID := strconv.Atoi(u.Gid)
		if errUID == nil && errGID == nil && uid != 0 {
			return account{name: name, uid: uid, gid: gid, drop: true}, nil
		}
	}
	return account{}, errors.New("PostgreSQL does not run as root, and this machine has none of the users postgres, _postgres and nobody: " +
		"run signalbox as an ordinary user, or add one with: useradd --system postgres")
}

// attributes start a process as the account, in a session of its own so that
// Ctrl-C reaches the program first, which then stops PostgreSQL in order.
func (a account) attributes() *syscall.SysProcAttr {
	attributes := &syscall.SysProcAttr{Setsid: true}
	if a.drop {
		attributes.Credential = &syscall.Credential{Uid: uint32(a.uid), Gid: uint32(a.gid)}
	}
	return attributes
}

// makeReachable makes the folder with all its parents and gives its true path.
// It refuses one that the account cannot reach.
func (a account) makeReachable(dir string) (string, error) {
	existing, missing := dir, []string(nil)
	for {
		real, err := filepath.EvalSymlinks(existing)
		if err == nil {
			existing = real
			break
		}
		if !errors.Is(err, fs.ErrNotExist) || existing == "/" {
			return "", fmt.Errorf("data folder %s: %w", dir, err)
		}
		missing = append(missing, filepath.Base(existing))
		existing = filepath.Dir(existing)
	}
	// Before anything is made, so that a refusal leaves no litter.
	if err := a.canEnter(existing); err != nil {
		return "", err
	}
	mode := fs.FileMode(0o700)
	if a.drop {
		mode = 0o711
	}
	for i := len(missing) - 1; i >= 0; i-- {
		existing = filepath.Join(existing, missing[i])
		if err := os.Mkdir(existing, mode); err != nil && !errors.Is(err, fs.ErrExist) {
			return "", fmt.Errorf("make data folder: %w", err)
		}
		if err := os.Chmod(existing, mode); err != nil {
			return "", fmt.Errorf("make data folder: %w", err)
		}
	}
	return existing, nil
}

// canEnter reports, as an error that says what to do, a folder on the way to
// path that the account may not pass.
func (a account) canEnter(path string) error {
	if !a.drop {
		return nil // our own rights; the operating system will say
	}
	if path == "/root" || strings.HasPrefix(path, "/root/") {
		return fmt.Errorf("%s cannot hold the database: PostgreSQL does not run as root but as user %q, who has no business below /root. "+
			"Choose another folder, for example --data /var/lib/signalbox", path, a.name)
	}
	for folder := path; ; folder = filepath.Dir(folder) {
		info, err := os.Stat(folder)
		if err != nil {
			return fmt.Errorf("folder %s: %w", folder, err)
		}
		if !a.passes(info) {
			return fmt.Errorf("%s cannot be used: PostgreSQL does not run as root but as user %q, who may not pass through %s (%v). "+
				"Let others pass, which does not let them see what is in it: chmod o+x %s; or choose another folder with --data",
				path, a.name, folder, info.Mode(), folder)
		}
		if folder == filepath.Dir(folder) {
			return nil
		}
	}
}

func (a account) passes(info fs.FileInfo) bool {
	uid, gid := ownerOf(info)
	switch {
	case uid == a.uid:
		return info.Mode()&0o100 != 0
	case gid == a.gid:
		return info.Mode()&0o010 != 0
	}
	return info.Mode()&0o001 != 0
}

func ownerOf(info fs.FileInfo) (uid, gid int) {
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		return int(stat.Uid), int(stat.Gid)
	}
	return -1, -1
}
