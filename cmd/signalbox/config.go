package main

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/signalbox-health/signalbox/internal/jobs"
	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/internal/postgres/cluster"
)

// config is what the environment says. It is read here once; no other package
// looks at the environment.
type config struct {
	databaseURL string // DATABASE_URL: what the program works with
	ownerURL    string // DATABASE_OWNER_URL: what migrations run as; the same unless told
	// registrySecret is SIGNALBOX_REGISTRY_SECRET: what registries of plugins ask for.
	registrySecret string
	dataDir        string // where the private cluster and the caches live
	path           string // PATH: where PostgreSQL's programs may be found
	tempDir        string // for a socket whose folder has too long a name
	columns        int    // COLUMNS: the width of the terminal; 0 where it does not say
	plain          bool   // NO_COLOR, or a terminal without colours
	publicURL      string // SIGNALBOX_PUBLIC_URL: how readers address the site
	identityFile   string // SIGNALBOX_IDENTITY: identity.json in the data folder unless told
	behindProxy    bool   // readers' addresses stand in X-Forwarded-For
	trust          string // folder of whom this installation believes: trust in the data folder unless told
	noWork         bool   // jobs are worked by other processes
}

func readConfig(getenv func(string) string, uid int, tempDir string) config {
	dir := cluster.DefaultDir(uid, getenv("XDG_DATA_HOME"), getenv("HOME"))
	cfg := config{
		databaseURL:    getenv("DATABASE_URL"),
		ownerURL:       getenv("DATABASE_OWNER_URL"),
		registrySecret: getenv("SIGNALBOX_REGISTRY_SECRET"),
		dataDir:        dir,
		path:           getenv("PATH"),
		tempDir:        tempDir,
		columns:        columnsOf(getenv("COLUMNS")),
		plain:          getenv("NO_COLOR") != "" || getenv("TERM") == "dumb",
		publicURL:      getenv("SIGNALBOX_PUBLIC_URL"),
		identityFile:   getenv("SIGNALBOX_IDENTITY"),
	}
	if cfg.ownerURL == "" {
		cfg.ownerURL = cfg.databaseURL
	}
	return cfg
}

// startDatabase gives the address of the owner of the tables: that of
// DATABASE_OWNER_URL or DATABASE_URL, or else of the private cluster in the data
// folder, started if need be. The second value stops what was started.
func (c *config) startDatabase(ctx context.Context, log *slog.Logger) (string, func(), error) {
	if c.databaseURL != "" {
		return c.ownerURL, func() {}, nil
	}
	private, err := cluster.Start(ctx, cluster.Options{Dir: c.dataDir, Path: c.path, TempDir: c.tempDir, Log: log})
	if err != nil {
		return "", nil, err
	}
	return private.URL(), func() {
		if err := private.Stop(context.Background()); err != nil {
			log.Error("stop the private PostgreSQL", "error", err)
		}
	}, nil
}

// openDatabase opens the database with its tables up to date. The second value
// closes what was opened.
func (c *config) openDatabase(ctx context.Context, log *slog.Logger) (*postgres.DB, func(), error) {
	owner, stop, err := c.startDatabase(ctx, log)
	if err != nil {
		return nil, nil, err
	}
	url := c.databaseURL
	if url == "" {
		url = owner
	}
	if err := postgres.Migrate(ctx, owner, jobs.Tables()); err != nil {
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
