package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/signalbox-health/signalbox/internal/notary"
	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/policy/ledger"
)

// auditor is what the commands about the record of decisions share.
type auditor struct {
	cfg    *config
	open   func(context.Context) (*postgres.DB, func(), error)
	format string
}

func newAuditCommand(cfg *config, open func(context.Context) (*postgres.DB, func(), error)) *cobra.Command {
	a := &auditor{cfg: cfg, open: open}
	command := &cobra.Command{
		Use:   "audit",
		Short: "Check that nobody has changed the record of decisions, and take it elsewhere",
		Long: `Every decision about data, and what was released, is one line of a record that
nobody can quietly change: each line is bound to all before it. Its head, a few
lines of text, says what the whole record is. Signed heads are kept beside the
database, and are worth most where they have left the machine: on paper, in a
mailbox, co-signed by another installation.`,
		Example: `  signalbox audit verify                        check the record in the database
  signalbox audit export record.sbl.gz          take it away as one file
  signalbox audit verify record.sbl.gz          check such a file, anywhere, without a database
  signalbox audit head                          print the signed head`,
	}
	command.AddCommand(a.verifyCommand(), a.exportCommand(), a.headCommand(), a.keyCommand(), a.cosignCommand(), a.proveCommand(), a.pruneCommand())
	return command
}

func (a *auditor) formatFlag(command *cobra.Command) {
	command.Flags().StringVar(&a.format, "format", "text", "text or json")
}

func (a *auditor) checkFormat() error {
	if a.format != "text" && a.format != "json" {
		return badInput(fmt.Errorf("--format is %q; it may be text or json", a.format))
	}
	return nil
}

// notary opens the key and the heads in the data folder.
func (a *auditor) notary(name string) (*notary.Notary, error) {
	return notary.Open(a.cfg.audit(), name, time.Now)
}

// audit is where the key and the signed heads are kept.
func (c *config) audit() string { return filepath.Join(c.dataDir, "audit") }

func (a *auditor) keyCommand() *cobra.Command {
	var name string
	command := &cobra.Command{
		Use:   "key",
		Short: "Print the key that others need to check this installation's signatures",
		Long: `Prints the verifier key of this installation. It is public; the key that signs
stays in the data folder, for the user that runs the program alone. It is made the
first time that it is needed. --name chooses what the installation signs as, and
works only then: choose something that others will recognise, such as a host name.`,
		Example: `  signalbox audit key
  signalbox audit key --name signalbox.trust.example`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			n, err := a.notary(name)
			if errors.Is(err, notary.ErrNamed) {
				return badInput(err)
			}
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), n.Key())
			return err
		},
	}
	command.Flags().StringVar(&name, "name", "", "what the installation signs as; letters, digits, dots and hyphens")
	return command
}

func (a *auditor) headCommand() *cobra.Command {
	var old int64
	command := &cobra.Command{
		Use:   "head",
		Short: "Print the signed head of the record",
		Long: `Prints the head of the record as a note: the name of this installation, the number
of records, what they amount to, the time, and a signature. Print it, mail it, have
it co-signed: whoever holds it can prove later that nothing before it was changed.
With --old it also prints the proof that the record continues its first N records,
which somebody who co-signed them needs to co-sign again.`,
		Example: `  signalbox audit head > head.note
  signalbox audit head --old 5000 > update.note`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if old < 0 {
				return badInput(fmt.Errorf("--old is %d; it is a number of records", old))
			}
			return a.head(cmd, old)
		},
	}
	command.Flags().Int64Var(&old, "old", 0, "also prove that the record continues its first `N` records")
	return command
}

func (a *auditor) head(cmd *cobra.Command, old int64) error {
	n, err := a.notary("")
	if err != nil {
		return err
	}
	db, done, err := a.open(cmd.Context())
	if err != nil {
		return err
	}
	defer done()
	head, err := n.Take(cmd.Context(), db)
	switch {
	case err != nil:
		return fmt.Errorf("no head was signed: %w", err)
	case head.Note == nil:
		return fmt.Errorf("the record is empty: there is nothing to sign")
	case old > head.Size:
		return badInput(fmt.Errorf("--old is %d, and the record has %d records", old, head.Size))
	}
	update := ledger.Update{Note: head.Note}
	if old > 0 {
		older, err := ledger.HeadOf(old, db.LedgerHashes(cmd.Context()))
		if err != nil {
			return err
		}
		update.Old = old
		if update.Proof, err = ledger.Consistent(older, head.Head, db.LedgerHashes(cmd.Context())); err != nil {
			return err
		}
	}
	_, err = cmd.OutOrStdout().Write(update.Text())
	return err
}

func (a *auditor) cosignCommand() *cobra.Command {
	var key string
	command := &cobra.Command{
		Use:   "cosign NOTE",
		Short: "Put this installation's name to the head of another's record",
		Long: `Reads the signed head of another installation (from the file NOTE, or - for the
standard input), compares it with the latest that was co-signed here, and prints it
with a second signature. Send that back: from then on the other cannot change what
it has recorded without your copy telling. The first time, --key gives the other's
verifier key, which should reach you by another way than the head; it is kept.
The exit status is 1 where the other's record does not continue the one known here.`,
		Example: `  signalbox audit cosign head.note --key signalbox.trust.example+1a2b3c4d+AbCd...
  signalbox audit cosign update.note > cosigned.note`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			text, err := readInput(cmd.InOrStdin(), args[0])
			if err != nil {
				return badInput(err)
			}
			n, err := a.notary("")
			if err != nil {
				return err
			}
			signed, err := n.Cosign(text, key)
			if errors.Is(err, notary.ErrNotCosigned) || errors.Is(err, ledger.ErrBadNote) {
				return badInput(err)
			}
			if err != nil {
				return err
			}
			_, err = cmd.OutOrStdout().Write(signed)
			return err
		},
	}
	command.Flags().StringVar(&key, "key", "", "verifier `key` of the other installation, the first time")
	return command
}

// readInput reads a file, or the standard input for "-".
func readInput(stdin io.Reader, name string) ([]byte, error) {
	if name == "-" {
		return io.ReadAll(io.LimitReader(stdin, maxNote))
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(io.LimitReader(file, maxNote))
}

// maxNote is the longest note or proof that is read.
const maxNote = 16 << 20

func (a *auditor) proveCommand() *cobra.Command {
	var from string
	command := &cobra.Command{
		Use:   "prove RECORD",
		Short: "Prove to somebody that one record stands in the ledger",
		Long: `Prints one record with the proof that it stands in the ledger of a signed head.
Whoever has the proof can check it with "signalbox audit verify --proof", without a
database and without seeing any other record. The proof of a record that was let go
is made --from the export that was kept of it.`,
		Example: `  signalbox audit prove 1234 > record-1234.json
  signalbox audit prove 12 --from kept-2026.sbl.gz > record-12.json`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			sequence, err := recordNumber(args[0])
			if err != nil {
				return badInput(err)
			}
			return a.prove(cmd, sequence, from)
		},
	}
	command.Flags().StringVar(&from, "from", "", "the `export` that has the record")
	return command
}

func (a *auditor) prove(cmd *cobra.Command, sequence int64, from string) error {
	n, err := a.notary("")
	if err != nil {
		return err
	}
	db, done, err := a.open(cmd.Context())
	if err != nil {
		return err
	}
	defer done()
	head, err := n.Take(cmd.Context(), db)
	if err != nil {
		return err
	}
	if sequence > head.Size {
		return badInput(fmt.Errorf("there is no record %d: the ledger has %d", sequence, head.Size))
	}
	canonical, err := a.bytesOf(cmd.Context(), db, sequence, from)
	if err != nil {
		return err
	}
	proof, err := ledger.Prove(sequence, canonical, head, db.LedgerHashes(cmd.Context()))
	if err != nil {
		return err
	}
	out := json.NewEncoder(cmd.OutOrStdout())
	out.SetEscapeHTML(false)
	out.SetIndent("", "  ")
	return out.Encode(proof)
}

// bytesOf reads a record from an export, or else from the database.
func (a *auditor) bytesOf(ctx context.Context, db *postgres.DB, sequence int64, from string) (canonical []byte, err error) {
	if from != "" {
		file, err := os.Open(from)
		if err != nil {
			return nil, badInput(err)
		}
		defer file.Close()
		export, err := ledger.OpenExport(file)
		if err != nil {
			return nil, badInput(fmt.Errorf("%s: %w", from, err))
		}
		record, err := ledger.RecordOf(export, sequence)
		if err != nil {
			return nil, badInput(fmt.Errorf("record %d in %s: %w", sequence, from, err))
		}
		return record.Canonical, nil
	}
	err = db.Audit(ctx, func(audit *postgres.Audit) error {
		canonical, err = audit.Entry(sequence)
		return err
	})
	if errors.Is(err, postgres.ErrNotFound) {
		return nil, badInput(fmt.Errorf("%w: its bytes were let go; give the export that was kept with --from", err))
	}
	return canonical, err
}
