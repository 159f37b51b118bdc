package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/mod/sumdb/note"

	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/policy/ledger"
)

// findings is what a verification says, as a person or a program reads it.
type findings struct {
	Sound    bool            `json:"sound"`
	Of       string          `json:"of"`
	Since    int64           `json:"since"`
	Records  int64           `json:"records"`
	Root     string          `json:"root,omitempty"`
	Heads    []checkedHead   `json:"heads"`
	Pruned   []prunedRecords `json:"pruned"`
	Policies int             `json:"policy_faults"`
	Faults   []*ledger.Fault `json:"faults"`
	Notes    []string        `json:"notes"`
	proved   *ledger.Entry
}

type checkedHead struct {
	Size      int64    `json:"size"`
	Origin    string   `json:"origin"`
	Taken     string   `json:"taken"`
	Signers   []string `json:"signed_by"`
	Unchecked []string `json:"not_checked"`
}

type prunedRecords struct {
	UpTo    int64  `json:"up_to"`
	Records int64  `json:"records"`
	On      string `json:"on"`
	Head    int64  `json:"head"`
	Export  string `json:"export"`
}

// verifying is the question of one verification.
type verifying struct {
	file, proof string
	heads, keys []string
}

func (a *auditor) verifyCommand() *cobra.Command {
	var v verifying
	command := &cobra.Command{
		Use:   "verify [EXPORT]",
		Short: "Find any record that was edited, taken out, added or moved",
		Long: `Without EXPORT, reads the record in the database as it is at this moment: every
line against the hash stored when it was written, the tree of hashes, the columns
that readers search by, the store of policies against the decisions that let it be
changed, and every signed head kept in the data folder. With EXPORT it reads such a
file instead and needs no database. --head adds a head that somebody holds.

Whoever can write to every table can also make new hashes. Only a head that they
could not reach tells then: those in the data folder, and better those on paper.

The exit status is 0 if all is sound, 1 if something was changed, 2 if what was
given cannot be read.`,
		Example: `  signalbox audit verify
  signalbox audit verify --head cosigned.note --key other.example+1a2b3c4d+AbCd...
  signalbox audit verify record.sbl.gz --key signalbox.trust.example+5e6f7a8b+EfGh...
  signalbox audit verify --proof record-1234.json`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := a.checkFormat(); err != nil {
				return err
			}
			if len(args) == 1 {
				v.file = args[0]
			}
			found, err := a.verify(cmd, v)
			if fault := (*ledger.Fault)(nil); errors.As(err, &fault) {
				found.Faults = append(found.Faults, fault)
			} else if err != nil {
				return err
			}
			found.Sound = len(found.Faults) == 0
			if err := found.print(cmd.OutOrStdout(), a.format); err != nil {
				return err
			}
			if !found.Sound {
				return found.Faults[0]
			}
			return nil
		},
	}
	command.Flags().StringArrayVar(&v.heads, "head", nil, "a `file` with a signed head to compare with; may be repeated")
	command.Flags().StringArrayVar(&v.keys, "key", nil, "verifier `key` of somebody who signed; may be repeated")
	command.Flags().StringVar(&v.proof, "proof", "", "check the `file` with the proof of one record")
	a.formatFlag(command)
	return command
}

func (a *auditor) verify(cmd *cobra.Command, v verifying) (findings, error) {
	known, err := verifiers(v.keys)
	if err != nil {
		return findings{}, badInput(err)
	}
	if v.proof != "" {
		if v.file != "" || len(v.heads) > 0 {
			return findings{}, badInput(fmt.Errorf("--proof is checked by itself, without an export or other heads"))
		}
		return verifyProof(v.proof, known)
	}
	if v.file == "" {
		return a.verifyLive(cmd, v, known)
	}
	return verifyFile(v, known)
}

func verifiers(keys []string) (list []note.Verifier, err error) {
	for _, key := range keys {
		verifier, err := note.NewVerifier(strings.TrimSpace(key))
		if err != nil {
			return nil, fmt.Errorf("--key %q: %w", key, err)
		}
		list = append(list, verifier)
	}
	return list, nil
}

// givenHeads reads the heads that somebody holds.
func givenHeads(files []string, known []note.Verifier) (heads []ledger.SignedHead, err error) {
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, badInput(err)
		}
		update, err := ledger.ParseUpdate(text)
		if err != nil {
			return nil, badInput(fmt.Errorf("%s: %w", name, err))
		}
		head, err := ledger.ReadHead(update.Note, known...)
		if err != nil {
			return nil, badInput(fmt.Errorf("%s: %w", name, err))
		}
		heads = append(heads, head)
	}
	return heads, nil
}

func verifyProof(name string, known []note.Verifier) (findings, error) {
	found := findings{Of: "the proof in " + name}
	text, err := os.ReadFile(name)
	if err != nil {
		return found, badInput(err)
	}
	proof, err := ledger.ReadProof(text)
	if err != nil {
		return found, badInput(fmt.Errorf("%s: %w", name, err))
	}
	entry, head, err := proof.Check(known...)
	if err != nil {
		return found, err
	}
	found.proved, found.Records, found.Root = &entry, head.Size, head.Root.String()
	found.vouch(head)
	return found, nil
}

func verifyFile(v verifying, known []note.Verifier) (findings, error) {
	found := findings{Of: v.file}
	heads, err := givenHeads(v.heads, known)
	if err != nil {
		return found, err
	}
	open := func() (io.ReadCloser, error) { return os.Open(v.file) }
	offline, err := ledger.VerifyExport(open, known, justHeads(heads)...)
	if errors.Is(err, ledger.ErrNoExport) || errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
		return found, badInput(fmt.Errorf("%s: %w", v.file, err))
	}
	found.read(offline.Verified)
	found.Since = offline.About.Since
	if offline.Pruned > 0 {
		found.note("the bytes of %d records had been let go before the export was made; their hashes are in order", offline.Pruned)
	}
	if offline.Claimed {
		found.note("the key of %s was taken from the export itself: compare it with the one you were given, and give that with --key\n  %s", offline.About.Origin, offline.About.Key)
	}
	for _, h := range slices.Concat(offline.Vouched, heads) {
		found.vouch(h)
	}
	return found, err
}

func (a *auditor) verifyLive(cmd *cobra.Command, v verifying, known []note.Verifier) (found findings, err error) {
	found.Of = "the database"
	n, err := a.notary("")
	if err != nil {
		return found, err
	}
	known = append(known, n.Verifier())
	given, err := givenHeads(v.heads, known)
	if err != nil {
		return found, err
	}
	keptHeads, err := n.Heads()
	if err != nil {
		return found, err
	}
	db, done, err := a.open(cmd.Context())
	if err != nil {
		return found, err
	}
	defer done()
	heads := justHeads(slices.Concat(keptHeads, given))
	err = db.Audit(cmd.Context(), func(audit *postgres.Audit) error {
		for _, text := range audit.Pruned {
			p, err := ledger.ReadPruning(text, n.Verifier())
			if err != nil {
				return &ledger.Fault{Sequence: 1, Kind: ledger.Forged, Detail: "the database says that old records were let go, and " + n.Name() + " has not signed for it: " + err.Error()}
			}
			audit.AllowPruned(p.UpTo)
			heads = append(heads, p.Head)
			found.Pruned = append(found.Pruned, prunedRecords{UpTo: p.UpTo, On: p.At.Format(time.DateOnly), Head: p.Head.Size, Export: p.Export})
		}
		verified, err := audit.Verify(heads...)
		found.read(verified)
		if len(found.Pruned) > 0 {
			found.Pruned[len(found.Pruned)-1].Records = verified.Pruned
		}
		return err
	})
	if err != nil {
		return found, err
	}
	switch len(keptHeads) {
	case 0:
		found.note("no signed head is kept in %s: somebody who rewrote records and hashes alike would not be found", a.cfg.audit())
	default:
		found.vouch(keptHeads[len(keptHeads)-1])
		found.note("%d signed heads kept in the data folder agree", len(keptHeads))
	}
	for _, h := range given {
		found.vouch(h)
	}
	return found, found.comparePolicies(cmd, db)
}

// comparePolicies adds what the store of policies has that the record does not bear out.
func (f *findings) comparePolicies(cmd *cobra.Command, db *postgres.DB) error {
	faults, err := db.VerifyPolicies(cmd.Context())
	if err != nil {
		return err
	}
	f.Policies = len(faults)
	for _, p := range faults {
		f.Faults = append(f.Faults, &ledger.Fault{Sequence: p.Record, Kind: policyStore, Detail: p.Where + ": " + p.Problem})
	}
	return nil
}

// policyStore is the kind of fault where the record is sound and the table of
// policies does not agree with it.
const policyStore = "not borne out by the policy store"

func justHeads(signed []ledger.SignedHead) (heads []ledger.Head) {
	for _, h := range signed {
		heads = append(heads, h.Head)
	}
	return heads
}

func (f *findings) read(v ledger.Verified) {
	f.Records, f.Root = v.Head.Size, v.Head.Root.String()
	if v.Before > 0 {
		f.note("%d heads are of records before those that were read, and could not be compared", v.Before)
	}
}

func (f *findings) vouch(h ledger.SignedHead) {
	f.Heads = append(f.Heads, checkedHead{Size: h.Size, Origin: h.Origin, Taken: h.Taken.Format(time.RFC3339),
		Signers: append([]string{}, h.Signers...), Unchecked: append([]string{}, h.Unchecked...)})
}

func (f *findings) note(text string, args ...any) {
	f.Notes = append(f.Notes, fmt.Sprintf(text, args...))
}

func (f *findings) print(w io.Writer, format string) error {
	if format == "json" {
		f.Heads, f.Pruned = append([]checkedHead{}, f.Heads...), append([]prunedRecords{}, f.Pruned...)
		f.Faults, f.Notes = append([]*ledger.Fault{}, f.Faults...), append([]string{}, f.Notes...)
		return json.NewEncoder(w).Encode(f)
	}
	var b strings.Builder
	if f.Sound {
		f.printSound(&b)
	} else {
		fmt.Fprintf(&b, "CHANGED: %s is not as it was written.\n", f.Of)
		for _, fault := range f.Faults {
			fmt.Fprintf(&b, "  record %d: %s: %s\n", fault.Sequence, fault.Kind, fault.Detail)
		}
		if f.Policies == 0 {
			fmt.Fprintf(&b, "Records after the first one named were not looked at.\n")
		}
	}
	for _, n := range f.Notes {
		fmt.Fprintf(&b, "note: %s\n", n)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (f *findings) printSound(b *strings.Builder) {
	switch {
	case f.proved != nil:
		fmt.Fprintf(b, "Proved: record %d, a %s of %s, stands in a ledger of %d records.\n",
			f.proved.Sequence, f.proved.Kind, f.proved.Time.Format(time.RFC3339), f.Records)
	case f.Since > 0:
		fmt.Fprintf(b, "Sound: records %d to %d of %s.\n", f.Since+1, f.Records, f.Of)
	default:
		fmt.Fprintf(b, "Sound: %d records of %s.\n", f.Records, f.Of)
	}
	for _, p := range f.Pruned {
		fmt.Fprintf(b, "records 1-%d: those about data were let go on %s, vouched for by the head of %d records; kept in an export with digest %s\n", p.UpTo, p.On, p.Head, p.Export)
	}
	for _, h := range f.Heads {
		fmt.Fprintf(b, "head of %d records, %s, taken %s: ", h.Size, h.Origin, h.Taken)
		switch {
		case len(h.Signers) == 0:
			fmt.Fprintf(b, "agrees; nobody's signature was checked (give --key)\n")
		case len(h.Unchecked) == 0:
			fmt.Fprintf(b, "agrees; signed by %s\n", strings.Join(h.Signers, ", "))
		default:
			fmt.Fprintf(b, "agrees; signed by %s; not checked: %s (give --key)\n", strings.Join(h.Signers, ", "), strings.Join(h.Unchecked, ", "))
		}
	}
}
