package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/plugins/registry"
	"github.com/signalbox-health/signalbox/policy"
)

// ErrWithdrawn says that nobody should run a release any more.
var ErrWithdrawn = errors.New("the release was withdrawn")

// aboutRelease reports what is wrong, if anything, with a grant as the key to an act
// about one release: it must have been given for that release and one of the actions.
func aboutRelease(grant policy.Grant, of plugins.Digest, actions ...policy.Action) error {
	err := fmt.Errorf("release %s: nothing may be done", of.Short())
	for _, action := range actions {
		if err = grant.ForRelease(action, string(of)); err == nil {
			return nil
		}
	}
	return fmt.Errorf("%w: %w", ErrOutOfScope, err)
}

// byGrant is who acts, and the record of the decision that lets them.
func byGrant(grant policy.Grant) (by string, record int64) {
	return grant.Record().Decision().Request.Actor.ID, grant.Record().Sequence()
}

// KeepRelease keeps a release that was verified: as a whole, or not at all. Who keeps
// it and when are the grant's and the clock's. A release that is there already stays
// as it is, but for signatures that have been added since. A version never changes:
// the same one with other contents is registry.ErrMisnamed.
func (db *DB) KeepRelease(ctx context.Context, grant policy.Grant, k KeptRelease) error {
	if err := aboutRelease(grant, k.Digest, policy.ReleaseTake, policy.ReleaseSubmit); err != nil {
		return fmt.Errorf("keep %s %s: %w", k.Manifest.ID, k.Manifest.Version, err)
	}
	if got := k.Release.Digest(); got != k.Digest {
		return fmt.Errorf("keep %s %s as %s: %w: it is %s", k.Manifest.ID, k.Manifest.Version, k.Digest.Short(), registry.ErrReplaced, got.Short())
	}
	by, record := byGrant(grant)
	k.By, k.At = by, moment(db.now())
	err := pgx.BeginFunc(ctx, db.pool, func(tx pgx.Tx) error {
		fresh, err := insertRelease(ctx, tx, k, record)
		if err != nil || fresh {
			return err
		}
		return db.addSignatures(ctx, tx, grant, k.Digest, k.Signed, k.Signers)
	})
	if err != nil {
		return fmt.Errorf("keep %s %s: %w", k.Manifest.ID, k.Manifest.Version, err)
	}
	return nil
}

// insertRelease reports whether the release is new.
func insertRelease(ctx context.Context, tx pgx.Tx, k KeptRelease, record int64) (fresh bool, err error) {
	manifest, err := json.Marshal(k.Manifest)
	if err != nil {
		return false, fmt.Errorf("its manifest: %w", err)
	}
	signed, signers, err := signatureTexts(k.Signed, k.Signers)
	if err != nil {
		return false, err
	}
	tag, err := tx.Exec(ctx, `
		INSERT INTO plugin_release (digest, plugin, version, publisher, signers, issued, manifest, contents, signed, sbom, artifact, origin, kept_at, kept_by, record)
		VALUES (@digest, @plugin, @version, @publisher, @signers, @issued, @manifest, @contents, @signed, @sbom, @artifact, @origin, @at, @by, @record)
		ON CONFLICT DO NOTHING`,
		pgx.NamedArgs{"digest": k.Digest, "plugin": k.Manifest.ID, "version": k.Manifest.Version, "publisher": k.Publisher, "signers": signers,
			"issued": k.Issued, "manifest": string(manifest), "contents": k.Contents, "signed": signed, "sbom": k.SBOM, "artifact": k.Artifact,
			"origin": k.Origin, "at": k.At, "by": k.By, "record": record})
	if err != nil || tag.RowsAffected() == 1 {
		return err == nil, err
	}
	var stands plugins.Digest
	err = tx.QueryRow(ctx, `SELECT digest FROM plugin_release WHERE plugin = @plugin AND version = @version`,
		pgx.NamedArgs{"plugin": k.Manifest.ID, "version": k.Manifest.Version}).Scan(&stands)
	if err == nil && stands != k.Digest {
		err = fmt.Errorf("%w: that version is here with other contents (%s); a version never changes, so give it a new one", registry.ErrMisnamed, stands.Short())
	}
	return false, err
}

// SignRelease keeps signatures that have come to a release since it was brought: a
// checker signs what an author has made. None is ever lost by it.
func (db *DB) SignRelease(ctx context.Context, grant policy.Grant, of plugins.Digest, signed []registry.Envelope, signers []registry.Signer) error {
	err := aboutRelease(grant, of, policy.ReleaseTake, policy.ReleaseSubmit, policy.ReleaseCheck, policy.ReleasePublish)
	if err == nil {
		err = pgx.BeginFunc(ctx, db.pool, func(tx pgx.Tx) error { return db.addSignatures(ctx, tx, grant, of, signed, signers) })
	}
	if err != nil {
		return fmt.Errorf("keep who signed %s: %w", of.Short(), err)
	}
	return nil
}

func (db *DB) addSignatures(ctx context.Context, tx pgx.Tx, grant policy.Grant, of plugins.Digest, signed []registry.Envelope, signers []registry.Signer) error {
	// Two who sign at once would otherwise each leave out the other.
	if err := oneAtATime(ctx, tx, of); err != nil {
		return err
	}
	list, err := readReleases(ctx, tx, `WHERE r.digest = @digest`, pgx.NamedArgs{"digest": of})
	before, err := only(list, err, "release %s", of.Short())
	if err != nil {
		return err
	}
	all := registry.Joined(slices.Concat(before.Signed, signed))
	people := slices.Clone(before.Signers)
	for _, s := range signers {
		if !slices.ContainsFunc(people, func(p registry.Signer) bool { return p.Key == s.Key }) {
			people = append(people, s)
		}
	}
	if countSignatures(all) == countSignatures(before.Signed) && len(people) == len(before.Signers) {
		return nil
	}
	slices.SortFunc(people, func(a, b registry.Signer) int { return strings.Compare(a.Holder, b.Holder) })
	envelopes, names, err := signatureTexts(all, people)
	if err != nil {
		return err
	}
	by, record := byGrant(grant)
	_, err = tx.Exec(ctx, `
		INSERT INTO release_signature (digest, signed, signers, at, by, record)
		VALUES (@digest, @signed, @signers, @at, @by, @record)`,
		pgx.NamedArgs{"digest": of, "signed": envelopes, "signers": names, "at": moment(db.now()), "by": by, "record": record})
	return err
}

func countSignatures(envelopes []registry.Envelope) (n int) {
	for _, e := range envelopes {
		n += len(e.Signatures)
	}
	return n
}

// oneAtATime lets acts about one release wait for each other.
func oneAtATime(ctx context.Context, tx pgx.Tx, of plugins.Digest) error {
	_, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtext('signalbox release ' || @digest::text))`, pgx.NamedArgs{"digest": of})
	return err
}

func signatureTexts(signed []registry.Envelope, signers []registry.Signer) (envelopes, people string, err error) {
	a, err := json.Marshal(signed)
	if err != nil {
		return "", "", fmt.Errorf("its signatures: %w", err)
	}
	b, err := json.Marshal(signers)
	if err != nil {
		return "", "", fmt.Errorf("its signers: %w", err)
	}
	return string(a), string(b), nil
}

// KeptReleases lists the releases that this installation has, in order of their ids
// and the latest to come first, without their contents.
func (db *DB) KeptReleases(ctx context.Context) ([]KeptRelease, error) {
	list, err := readReleases(ctx, db.pool, `ORDER BY r.plugin, r.kept_at DESC, r.version`, nil)
	if err != nil {
		return nil, fmt.Errorf("list the releases that are here: %w", err)
	}
	return list, nil
}

// KeptRelease reads one release with its contents, which have their digest: if
// somebody has changed them in the database, that is registry.ErrReplaced.
func (db *DB) KeptRelease(ctx context.Context, of plugins.Digest) (KeptRelease, error) {
	args := pgx.NamedArgs{"digest": of}
	list, err := readReleases(ctx, db.pool, `WHERE r.digest = @digest`, args)
	k, err := only(list, err, "release %s", of.Short())
	if err != nil {
		return k, err
	}
	err = db.pool.QueryRow(ctx, `SELECT contents, sbom FROM plugin_release WHERE digest = @digest`, args).Scan(&k.Contents, &k.SBOM)
	switch {
	case err != nil:
		return k, notFound(err, "contents of release %s", of.Short())
	case k.Release.Digest() != of:
		return k, fmt.Errorf("release %s %s in the database: %w: bring it again, and find out who changed it", k.Manifest.ID, k.Manifest.Version, registry.ErrReplaced)
	}
	return k, nil
}

func readReleases(ctx context.Context, from querier, where string, args pgx.NamedArgs) ([]KeptRelease, error) {
	rows, err := from.Query(ctx, `
		SELECT r.digest, r.artifact, r.publisher, coalesce(s.signers, r.signers), r.issued, r.manifest, coalesce(s.signed, r.signed), r.origin, r.kept_at, r.kept_by
		FROM plugin_release r
		LEFT JOIN LATERAL (SELECT signed, signers FROM release_signature WHERE digest = r.digest ORDER BY signature_id DESC LIMIT 1) s ON true
		`+where, args)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (k KeptRelease, err error) {
		var signers, manifest, signed []byte
		err = row.Scan(&k.Digest, &k.Artifact, &k.Publisher, &signers, &k.Issued, &manifest, &signed, &k.Origin, &k.At, &k.By)
		if err != nil {
			return k, err
		}
		err = errors.Join(json.Unmarshal(signers, &k.Signers), json.Unmarshal(manifest, &k.Manifest), json.Unmarshal(signed, &k.Signed))
		if err != nil {
			return k, fmt.Errorf("release %s in the database: %w", k.Digest.Short(), err)
		}
		k.Issued = k.Issued.UTC()
		return k, nil
	})
}
