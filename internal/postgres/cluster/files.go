package cluster

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// files are the places in the cluster's folder.
type files struct {
	dir   string
	data  string // PostgreSQL's own; never deleted by us
	init  string // begins the name of a cluster being made; it is renamed to data when whole
	run   string // the socket, and the guard's answers
	log   string
	door  string // locked exclusively by whoever starts or stops the cluster
	users string // locked shared by every user
	alive string // the pipe that runs dry when all users are gone
}

func filesIn(dir string) files {
	in := func(name string) string { return filepath.Join(dir, name) }
	return files{dir: dir, data: in("data"), init: in("data.init"), run: in("run"), log: in("postgres.log"),
		door: in("door"), users: in("users"), alive: in("alive")}
}

// makeFolders makes the cluster's folder, and the one for its socket.
func (c *Cluster) makeFolders() error {
	mode := fs.FileMode(0o700)
	if c.account.drop {
		mode = 0o711 // PostgreSQL passes through on its way to data and run
	}
	if err := makeFolder(c.files.dir, mode, os.Geteuid(), os.Getegid()); err != nil {
		return err
	}
	if err := makeFolder(c.files.run, 0o700, c.account.uid, c.account.gid); err != nil {
		return err
	}
	var err error
	c.socket, err = c.socketFolder()
	return err
}

// makeFolder makes a folder, or checks that an existing one is closed to others.
func makeFolder(path string, mode fs.FileMode, uid, gid int) error {
	if err := os.Mkdir(path, mode); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("make folder %s: %w", path, err)
	} else if err == nil {
		if err := os.Chmod(path, mode); err != nil { // whatever the umask says
			return fmt.Errorf("make folder %s: %w", path, err)
		}
	}
	info, err := os.Lstat(path)
	if err != nil {
		return fmt.Errorf("folder %s: %w", path, err)
	}
	owner, _ := ownerOf(info)
	if os.Geteuid() == 0 && owner == 0 && uid != 0 && info.IsDir() {
		// New, or left by a program killed before it could give it away.
		if err := os.Lchown(path, uid, gid); err != nil {
			return fmt.Errorf("give folder %s to PostgreSQL: %w", path, err)
		}
		owner = uid
	}
	if !info.IsDir() || owner != uid || info.Mode().Perm()&0o066 != 0 {
		return fmt.Errorf("folder %s must be a folder of user id %d that nobody else can read or write; it is %v of user id %d: "+
			"remove it if it is not yours, or choose another with --data", path, uid, info.Mode(), owner)
	}
	return nil
}

// socketFolder is the run folder, unless the socket's path would be too long
// for the operating system or is one that a connection address cannot hold. Then
// it is a closed folder with a short name among the temporary files.
func (c *Cluster) socketFolder() (string, error) {
	if socketFits(c.files.run) {
		return c.files.run, nil
	}
	sum := fnv.New64a()
	sum.Write([]byte(c.files.dir))
	short := filepath.Join(c.options.TempDir, "sbx-"+strconv.FormatUint(sum.Sum64(), 36))
	if !socketFits(short) {
		return "", fmt.Errorf("neither %s nor %s is short enough for a unix socket: choose a shorter data folder with --data", c.files.run, short)
	}
	if err := c.account.canEnter(c.options.TempDir); err != nil {
		return "", err
	}
	return short, makeFolder(short, 0o700, c.account.uid, c.account.gid)
}

func socketFits(folder string) bool {
	longest := 107
	if runtime.GOOS != "linux" {
		longest = 103
	}
	// pgx takes a comma for the start of another host.
	return len(folder)+len("/.s.PGSQL.5432") <= longest && !strings.Contains(folder, ",")
}

// openDoor waits until nobody else is starting or stopping the cluster.
func (c *Cluster) openDoor(ctx context.Context) (*os.File, error) {
	began, told := time.Now(), false
	for {
		door, err := lockFile(c.files.door, syscall.LOCK_EX|syscall.LOCK_NB)
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return door, err
		}
		if !told && time.Since(began) > 2*time.Second {
			told = true
			c.log.Info("waiting for another program that is starting or stopping PostgreSQL", "folder", c.files.dir)
		}
		if err := pause(ctx, 10*time.Millisecond); err != nil {
			return nil, fmt.Errorf("wait for another program that is starting or stopping the PostgreSQL cluster in %s: %w", c.files.dir, err)
		}
	}
}

func lockFile(path string, how int) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open lock of the PostgreSQL cluster: %w", err)
	}
	for {
		err = syscall.Flock(int(file.Fd()), how)
		if err != syscall.EINTR {
			break
		}
	}
	if err != nil {
		file.Close()
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	return file, nil
}

// readPID reads the postmaster's process id as PostgreSQL wrote it down.
func (c *Cluster) readPID() (int, error) {
	text, err := os.ReadFile(filepath.Join(c.files.data, "postmaster.pid"))
	if err != nil {
		return 0, err
	}
	line, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil || pid < 2 {
		return 0, fmt.Errorf("%q in postmaster.pid is no process", line)
	}
	return pid, nil
}
