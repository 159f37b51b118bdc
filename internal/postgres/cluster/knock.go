package cluster

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// state is what a knock at the socket tells.
type state int

const (
	silent    state = iota // nobody is there
	busy                   // starting, recovering or stopping
	answering              // ready, and our database exists
)

// knock asks the server how it is, and makes our database if it is ready and
// has none. The caller holds the door.
func (c *Cluster) knock(ctx context.Context) (state, error) {
	err := c.ask(ctx, Database, "")
	if codeOf(err) == "3D000" { // no such database
		err = c.ask(ctx, "postgres", "CREATE DATABASE "+Database)
	}
	var network *net.OpError
	switch code := codeOf(err); {
	case err == nil:
		return answering, nil
	case code == "53300": // too many connections: alive and popular
		return answering, nil
	case code == "57P03", code == "57P01": // starting up, shutting down
		return busy, nil
	case code != "":
		return silent, fmt.Errorf("PostgreSQL in %s: %w", c.files.dir, err)
	case ctx.Err() != nil:
		return silent, fmt.Errorf("wait for PostgreSQL in %s: %w", c.files.dir, context.Cause(ctx))
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ECONNREFUSED):
		return silent, nil
	case errors.Is(err, fs.ErrPermission):
		return silent, fmt.Errorf("PostgreSQL in %s belongs to another user: %w", c.files.dir, err)
	case errors.As(err, &network), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF), errors.Is(err, context.DeadlineExceeded):
		return busy, nil // cut off in mid-sentence, or overloaded
	}
	return silent, fmt.Errorf("PostgreSQL in %s: %w", c.files.dir, err)
}

// ask connects to a database and runs a statement, if any.
func (c *Cluster) ask(ctx context.Context, database, statement string) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	conn, err := pgconn.Connect(ctx, c.address(database))
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	if statement == "" {
		return nil
	}
	_, err = conn.Exec(ctx, statement).ReadAll()
	return err
}

func codeOf(err error) string {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code
	}
	return ""
}
