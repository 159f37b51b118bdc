package main

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/internal/postgres/cluster"
)

// config is what the environment says. It is read here once; no other package
// looks at the environment.
type config struct {
	databaseURL string // DATABASE_URL: what the program works with
	ownerURL    string // DATABASE_OWNER_URL: what migrations run as; the same unless told
	dataDir     string // where the private cluster and the caches live
	cacheDir    string
}

func readConfig(getenv func(string) string, uid int, temp string) config {
	dir := cluster.DefaultDir(uid, getenv("XDG_DATA_HOME"), getenv("HOME"))
	cfg := config{
		databaseURL: getenv("DATABASE_URL"),
		ownerURL:    getenv("DATABASE_OWNER_URL"),
		dataDir:     dir,
	}
	if cfg.ownerURL == "" {
		cfg.ownerURL = cfg.databaseURL
	}
	_ = temp
	return cfg
}

// openDatabase opens the database that DATABASE_URL names, or else the private
// cluster in the data folder, with its tables up to date. The second value
// closes what was opened.
func (c config) openDatabase(ctx context.Context, log *slog.Logger) (*postgres.DB, func(), error) {
	url, owner, stop := c.databaseURL, c.ownerURL, func() {}
	if url == "" {
		private, err := cluster.Start(ctx, cluster.Options{Dir: filepath.Join(c.dataDir, "postgres"), Log: log})
		if err != nil {
			return nil, nil, err
		}
		url, owner = private.URL(), private.URL()
		stop = func() {
			if err := private.Stop(context.Background()); err != nil {
				log.Error("stop the private PostgreSQL", "error", err)
			}
		}
	}
	if err := postgres.Migrate(ctx, owner); err != nil {
		stop()
		return nil, nil, err
	}
	db, err := postgres.Open(ctx, postgres.Config{URL: url, OwnerURL: owner})
	if err != nil {
		stop()
		return nil, nil, err
	}
	return db, func() { db.Close(); stop() }, nil
}

// executable is the path of this very program, which is started again as the
// sandbox of plugins.
func executable() (string, error) {
	path, err := os.Executable()
	if err != nil {
		return "", err
	}
	return filepath.EvalSymlinks(path)
}
