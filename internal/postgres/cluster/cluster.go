// Package cluster keeps the private PostgreSQL cluster that Signalbox uses when
// nobody gave it a database: made from the PostgreSQL that is installed on the
// machine, reachable over a unix socket in a closed folder only, shared by all
// programs that name the same folder, stopped when the last of them ends.
//
// It does not install PostgreSQL, it never deletes a data folder, and it knows
// nothing of what is stored.
//
// # Who stops it
//
// Every program that uses the cluster holds two things for as long as it lives:
// a shared lock on the file "users", and the writing end of the pipe "alive".
// The kernel takes both away however the program ends, kill -9 included.
//
// A program that ends in order asks for the lock exclusively. If it gets it,
// nobody else is there and it stops the cluster; otherwise it leaves the cluster
// to the others, whoever started it. If the last program is killed, the pipe
// runs dry and the guard, a shell that does nothing but wait for that, asks
// PostgreSQL to stop. (A parent-death signal on Linux would do so too, but it
// would also pull the cluster away from every other program each time the one
// that happened to start it ends, and macOS has no such thing.)
//
// If PostgreSQL itself is killed, each program notices within a quarter of a
// second; the first to take the file lock "door" starts it again, and the others
// find it alive.
package cluster

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Database is the name of the database that Start creates if it is absent.
const Database = "signalbox"

// superuser owns the cluster. Whoever can open the socket may be it.
const superuser = "postgres"

// ErrNoFolder says that no data folder was given.
var ErrNoFolder = errors.New("no data folder for the private PostgreSQL cluster: give one with --data, or a database with DATABASE_URL")

// Options say where the cluster lives.
type Options struct {
	// Dir is the data folder of the program; the cluster lives in its
	// sub-folder "postgres". It is made if absent.
	Dir string
	// Path lists the folders to look for PostgreSQL in first, written as
	// the PATH variable is. The usual places are searched after it.
	Path string
	// TempDir holds the socket when Dir is too long for one; /tmp if empty.
	TempDir string
	Log     *slog.Logger // nil: silent
	// Throwaway gives up safety against power cuts for speed. For tests.
	Throwaway bool

	places []string // replaces usualPlaces in tests
}

// Cluster is this program's use of a running cluster.
type Cluster struct {
	options Options
	log     *slog.Logger
	files   files
	account account
	install Installation
	socket  string // the folder of the socket
	users   *os.File
	alive   int // writing end of the pipe, or -1

	mu      sync.Mutex
	pid     int  // of the postmaster
	adopted bool // somebody else had started it when we came

	stopWatching context.CancelFunc
	watching     sync.WaitGroup
}

// DefaultDir is where the program keeps its data if nobody says otherwise:
// /var/lib/signalbox for root, who must not use /root because PostgreSQL does
// not run as root; else the user's data folder. It is empty if neither an XDG
// data folder nor a home is known.
func DefaultDir(uid int, xdgDataHome, home string) string {
	switch {
	case uid == 0:
		return "/var/lib/signalbox"
	case filepath.IsAbs(xdgDataHome): // the XDG specification ignores relative ones
		return filepath.Join(xdgDataHome, "signalbox")
	case home != "":
		return filepath.Join(home, ".local", "share", "signalbox")
	}
	return ""
}

// Start gives the cluster in the folder, made or started if need be. It waits
// for recovery after a crash for as long as ctx allows. Errors match
// ErrNotInstalled, ErrOtherMajor or ErrNoFolder where they apply, and say how to
// mend things.
func Start(ctx context.Context, options Options) (*Cluster, error) {
	c, err := prepare(options)
	if err != nil {
		return nil, err
	}
	if err := c.enter(ctx); err != nil {
		c.leave()
		return nil, err
	}
	watch, cancel := context.WithCancel(context.WithoutCancel(ctx))
	c.stopWatching = cancel
	c.watching.Go(func() { c.watch(watch) })
	return c, nil
}

// prepare finds everything that can be found without touching the cluster.
func prepare(options Options) (*Cluster, error) {
	if options.Dir == "" {
		return nil, ErrNoFolder
	}
	dir, err := filepath.Abs(options.Dir)
	if err != nil {
		return nil, fmt.Errorf("data folder %s: %w", options.Dir, err)
	}
	if options.TempDir == "" {
		options.TempDir = "/tmp"
	}
	if options.Log == nil {
		options.Log = slog.New(slog.DiscardHandler)
	}
	c := &Cluster{options: options, log: options.Log, alive: -1}
	if c.account, err = accountFor(os.Geteuid()); err != nil {
		return nil, err
	}
	if dir, err = c.account.makeReachable(dir); err != nil {
		return nil, err
	}
	c.files = filesIn(filepath.Join(dir, "postgres"))
	if err := c.makeFolders(); err != nil {
		return nil, err
	}
	if c.install, err = c.chooseInstallation(); err != nil {
		return nil, err
	}
	return c, nil
}

// URL is the address of the database, for the owner of everything in it.
func (c *Cluster) URL() string { return c.address(Database) }

func (c *Cluster) address(database string) string {
	// Port and sslmode are written out so that PGPORT and PGSSLMODE cannot
	// bend them. libpq does not read a plus sign as a space.
	query := url.Values{"host": {c.socket}, "port": {"5432"}, "sslmode": {"disable"}}
	return "postgres://" + superuser + "@/" + database + "?" + strings.ReplaceAll(query.Encode(), "+", "%20")
}

// Adopted reports whether the cluster ran already when this program came to it.
func (c *Cluster) Adopted() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.adopted
}

// Major is the major version of the PostgreSQL that runs.
func (c *Cluster) Major() int { return c.install.Major }

// PID is the process that leads the cluster. It changes when the cluster had to
// be started again.
func (c *Cluster) PID() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.pid
}

// Stop ends this program's use of the cluster. The last user stops it, whoever
// started it; while others use it, it goes on. If ctx ends first the cluster is
// still stopping, and the error says so.
func (c *Cluster) Stop(ctx context.Context) error {
	c.stopWatching()
	c.watching.Wait()
	defer c.leave()
	door, err := c.openDoor(ctx)
	if err != nil {
		return err
	}
	defer door.Close()
	if c.users == nil {
		return nil // stopped before
	}
	if err := syscall.Flock(int(c.users.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		c.log.Debug("leaving the PostgreSQL cluster to the other programs that use it", "folder", c.files.dir)
		return nil
	}
	return c.shutDown(ctx)
}

// leave gives up what a user holds.
func (c *Cluster) leave() {
	if c.alive >= 0 {
		syscall.Close(c.alive)
		c.alive = -1
	}
	if c.users != nil {
		c.users.Close()
		c.users = nil
	}
}

// pause waits, or gives the reason why ctx ended.
func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(d):
		return nil
	}
}
