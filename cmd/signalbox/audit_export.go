package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/mod/sumdb/note"

	"github.com/signalbox-health/signalbox/internal/notary"
	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/policy/ledger"
)

func recordNumber(text string) (int64, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 1 {
		return 0, fmt.Errorf("%q is no number of a record; they count from 1", text)
	}
	return n, nil
}

func (a *auditor) exportCommand() *cobra.Command {
	var since int64
	command := &cobra.Command{
		Use:   "export FILE",
		Short: "Write the record to one file that proves itself",
		Long: `Writes all records, the hashes beside them and the signed heads to FILE, a text
that can be read without this program; pressed together with gzip if its name ends
in .gz. "signalbox audit verify FILE" checks it anywhere. It says who looked at what:
keep it as you keep the database. FILE must not be there yet.`,
		Example: `  signalbox audit export record.sbl.gz
  signalbox audit export --since 5000 later.sbl.gz`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if since < 0 {
				return badInput(fmt.Errorf("--since is %d; it is the number of a record", since))
			}
			n, err := a.notary("")
			if err != nil {
				return err
			}
			db, done, err := a.open(cmd.Context())
			if err != nil {
				return err
			}
			defer done()
			about, err := exportTo(cmd.Context(), n, db, since, args[0])
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "wrote records %d to %d to %s\n", about.Since+1, about.Size, args[0])
			return err
		},
	}
	command.Flags().Int64Var(&since, "since", 0, "only records after number `N`")
	return command
}

// exportTo writes an export, and leaves no half of one.
func exportTo(ctx context.Context, n *notary.Notary, db *postgres.DB, since int64, name string) (about ledger.About, err error) {
	head, err := n.Take(ctx, db)
	if err != nil {
		return about, fmt.Errorf("export the ledger: %w", err)
	}
	if since > head.Size || head.Size == 0 {
		return about, badInput(fmt.Errorf("there is nothing to export after record %d: the ledger has %d", since, head.Size))
	}
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return about, badInput(err)
	}
	defer func() {
		if closed := file.Close(); err == nil {
			err = closed
		}
		if err != nil {
			_ = os.Remove(name)
		}
	}()
	err = db.Audit(ctx, func(audit *postgres.Audit) error {
		about, err = writeExport(n, audit, since, file, strings.HasSuffix(name, ".gz"))
		return err
	})
	if err != nil {
		return about, err
	}
	return about, file.Sync()
}

func writeExport(n *notary.Notary, audit *postgres.Audit, since int64, to io.Writer, pressed bool) (about ledger.About, err error) {
	about = ledger.About{Since: since, Size: audit.Size, Origin: n.Name(), Key: n.Key(), Written: ledger.TimeOf(time.Now())}
	start, err := audit.Start(since)
	if err != nil {
		return about, fmt.Errorf("export the ledger: %w", err)
	}
	for _, text := range audit.Pruned {
		p, err := ledger.ReadPruning(text, n.Verifier())
		if err != nil {
			return about, fmt.Errorf("export the ledger: %w: run signalbox audit verify", err)
		}
		audit.AllowPruned(p.UpTo)
	}
	heads, err := headsFor(n, audit, since)
	if err != nil {
		return about, fmt.Errorf("export the ledger: %w", err)
	}
	export, err := ledger.NewExport(to, pressed, about, start, heads)
	if err != nil {
		return about, err
	}
	if err := audit.Export(export, since); err != nil {
		return about, err
	}
	return about, export.Close()
}

// headsFor gives the kept heads of the records of an export. The record may have
// grown since the last was taken, so one of exactly what is exported comes last.
func headsFor(n *notary.Notary, audit *postgres.Audit, since int64) (texts [][]byte, err error) {
	heads, err := n.Heads()
	if err != nil {
		return nil, err
	}
	for _, h := range heads {
		if h.Size >= since && h.Size < audit.Size {
			texts = append(texts, h.Note)
		}
	}
	head, err := audit.Head(audit.Size)
	if err != nil {
		return nil, err
	}
	last, err := ledger.SignHead(head, time.Now(), n.Signer())
	return append(texts, last), err
}

func (a *auditor) pruneCommand() *cobra.Command {
	var before, keep string
	command := &cobra.Command{
		Use:   "prune",
		Short: "Let old records about data go, keeping the proof of them",
		Long: `Who looked at which figures need not be kept for ever. Prune takes the contents of
records from before a day out of the database; only their hashes stay. First it
verifies the whole record, writes it to the file --keep-export, and verifies that
file. What was done about governance (policies, access, roles, plugins, loading)
is kept for good. From then on "signalbox audit verify" says which records were
let go, when, and which head vouches for them, and the file still proves each.

It needs to work as the owner of the tables (DATABASE_OWNER_URL): the program
itself can change nothing in the record. When the file may be destroyed is for
your retention schedule.`,
		Example: `  signalbox audit prune --before 2025-01-01 --keep-export kept-until-2024.sbl.gz`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			day, err := time.Parse(time.DateOnly, before)
			if err != nil {
				return badInput(fmt.Errorf("--before is %q; it is a day such as 2025-01-01", before))
			}
			if keep == "" {
				return badInput(fmt.Errorf("--keep-export is missing: name the file to keep the records in"))
			}
			if day.After(time.Now()) {
				return badInput(fmt.Errorf("--before is %s, which has not come yet", before))
			}
			return a.prune(cmd, day, keep)
		},
	}
	command.Flags().StringVar(&before, "before", "", "the first `day` to keep, such as 2025-01-01")
	command.Flags().StringVar(&keep, "keep-export", "", "the new `file` that keeps the records")
	return command
}

func (a *auditor) prune(cmd *cobra.Command, before time.Time, keep string) error {
	ctx := cmd.Context()
	found, err := a.verifyLive(cmd, verifying{}, nil)
	if err == nil && len(found.Faults) > 0 {
		err = found.Faults[0]
	}
	if err != nil {
		return fmt.Errorf("nothing was let go: %w", err)
	}
	n, err := a.notary("")
	if err != nil {
		return err
	}
	db, done, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer done()
	p := ledger.Pruning{At: time.Now()}
	err = db.Audit(ctx, func(audit *postgres.Audit) error {
		p.UpTo, err = audit.LastBefore(before)
		return err
	})
	if err != nil {
		return err
	}
	if p.UpTo == 0 {
		return badInput(fmt.Errorf("no record is older than %s; nothing was let go", before.Format(time.DateOnly)))
	}
	if _, err := exportTo(ctx, n, db, 0, keep); err != nil {
		return fmt.Errorf("nothing was let go: %w", err)
	}
	if p.Head, p.Export, err = verifyKept(n, keep); err != nil {
		return fmt.Errorf("nothing was let go: the export %s: %w", keep, err)
	}
	if p.Note, err = ledger.SignPruning(p, n.Signer()); err != nil {
		return err
	}
	gone, err := db.Prune(ctx, p)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(cmd.OutOrStdout(), "let the contents of %d records up to %d go; kept in %s, %s\n", gone, p.UpTo, keep, p.Export)
	return err
}

// verifyKept verifies an export that was just written and gives its head and its
// digest.
func verifyKept(n *notary.Notary, name string) (ledger.Head, string, error) {
	offline, err := ledger.VerifyExport(func() (io.ReadCloser, error) { return os.Open(name) }, []note.Verifier{n.Verifier()})
	if err != nil {
		return ledger.Head{}, "", err
	}
	if offline.Claimed {
		return ledger.Head{}, "", errors.New("it is not signed by this installation")
	}
	file, err := os.Open(name)
	if err != nil {
		return ledger.Head{}, "", err
	}
	defer file.Close()
	h := sha256.New()
	if _, err := io.Copy(h, file); err != nil {
		return ledger.Head{}, "", err
	}
	return offline.Head, "sha256:" + hex.EncodeToString(h.Sum(nil)), nil
}
