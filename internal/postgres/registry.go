package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/opencontainers/go-digest"

	"github.com/signalbox-health/signalbox/plugins/registry"
)

// Registry keeps what a registry of plugins holds, in the database.
func (db *DB) Registry() registry.Storage { return registryStorage{db} }

type registryStorage struct{ db *DB }

func (s registryStorage) PutBlob(ctx context.Context, repository string, of digest.Digest, content []byte) error {
	_, err := s.db.pool.Exec(ctx, `
		INSERT INTO registry_blob (repository, digest, content)
		VALUES (@repository, @digest, @content)
		ON CONFLICT DO NOTHING`,
		pgx.NamedArgs{"repository": repository, "digest": string(of), "content": content})
	if err != nil {
		return fmt.Errorf("keep %s of %s: %w", of, repository, err)
	}
	return nil
}

func (s registryStorage) Blob(ctx context.Context, repository string, of digest.Digest) ([]byte, error) {
	var content []byte
	err := s.db.pool.QueryRow(ctx, `SELECT content FROM registry_blob WHERE repository = @repository AND digest = @digest`,
		pgx.NamedArgs{"repository": repository, "digest": string(of)}).Scan(&content)
	return content, absent(err, "%s of %s", of, repository)
}

// PutManifest checks that the parts are there in the same transaction, so that
// nobody ever finds a manifest without them.
func (s registryStorage) PutManifest(ctx context.Context, repository, tag string, d registry.Document) error {
	parts := make([]string, len(d.Parts))
	for i, part := range d.Parts {
		parts[i] = string(part)
	}
	return pgx.BeginFunc(ctx, s.db.pool, func(tx pgx.Tx) error {
		var lacking *string
		err := tx.QueryRow(ctx, `
			SELECT min(part)
			FROM unnest(@parts::text[]) AS part
			WHERE NOT EXISTS (SELECT FROM registry_blob WHERE repository = @repository AND digest = part)`,
			pgx.NamedArgs{"repository": repository, "parts": parts}).Scan(&lacking)
		switch {
		case err != nil:
			return fmt.Errorf("keep manifest %s of %s: %w", d.Digest, repository, err)
		case lacking != nil:
			return fmt.Errorf("keep manifest %s of %s: its part %s: %w", d.Digest, repository, *lacking, registry.ErrNoRelease)
		}
		_, err = tx.Exec(ctx, `
			INSERT INTO registry_manifest (repository, digest, media_type, artifact_type, subject, content)
			VALUES (@repository, @digest, @media, @artifact, @subject, @content)
			ON CONFLICT DO NOTHING`,
			pgx.NamedArgs{"repository": repository, "digest": string(d.Digest), "media": d.MediaType, "artifact": d.ArtifactType,
				"subject": string(d.Subject), "content": d.Content})
		if err != nil || tag == "" {
			return err
		}
		args := pgx.NamedArgs{"repository": repository, "tag": tag, "digest": string(d.Digest)}
		_, err = tx.Exec(ctx, `INSERT INTO registry_tag (repository, tag, digest) VALUES (@repository, @tag, @digest) ON CONFLICT DO NOTHING`, args)
		if err != nil {
			return fmt.Errorf("tag %s of %s as %s: %w", d.Digest, repository, tag, err)
		}
		// In a statement of its own, which sees a tag that somebody else has set meanwhile.
		var stands string
		err = tx.QueryRow(ctx, `SELECT digest FROM registry_tag WHERE repository = @repository AND tag = @tag`, args).Scan(&stands)
		if err != nil {
			return fmt.Errorf("tag %s of %s as %s: %w", d.Digest, repository, tag, err)
		}
		if stands != string(d.Digest) {
			return fmt.Errorf("tag %s of %s as %s: it stands for %s: %w", d.Digest, repository, tag, stands, registry.ErrMisnamed)
		}
		return nil
	})
}

const documentColumns = `m.digest, m.media_type, m.artifact_type, m.subject, m.content`

func scanDocument(row pgx.CollectableRow) (d registry.Document, err error) {
	err = row.Scan(&d.Digest, &d.MediaType, &d.ArtifactType, &d.Subject, &d.Content)
	return d, err
}

func (s registryStorage) one(ctx context.Context, sql string, args pgx.NamedArgs) (registry.Document, error) {
	rows, err := s.db.pool.Query(ctx, sql, args)
	if err != nil {
		return registry.Document{}, err
	}
	return pgx.CollectExactlyOneRow(rows, scanDocument)
}

func (s registryStorage) Manifest(ctx context.Context, repository string, of digest.Digest) (registry.Document, error) {
	d, err := s.one(ctx, `SELECT `+documentColumns+` FROM registry_manifest m WHERE m.repository = @repository AND m.digest = @digest`,
		pgx.NamedArgs{"repository": repository, "digest": string(of)})
	return d, absent(err, "manifest %s of %s", of, repository)
}

func (s registryStorage) Tagged(ctx context.Context, repository, tag string) (registry.Document, error) {
	d, err := s.one(ctx, `SELECT `+documentColumns+` FROM registry_tag t JOIN registry_manifest m USING (repository, digest)
		WHERE t.repository = @repository AND t.tag = @tag`, pgx.NamedArgs{"repository": repository, "tag": tag})
	return d, absent(err, "version %s of %s", tag, repository)
}

func (s registryStorage) Tags(ctx context.Context, repository, after string) ([]string, error) {
	return s.names(ctx, `SELECT tag FROM registry_tag WHERE repository = @repository AND tag COLLATE "C" > @after ORDER BY tag COLLATE "C"`,
		pgx.NamedArgs{"repository": repository, "after": after})
}

func (s registryStorage) Repositories(ctx context.Context, after string) ([]string, error) {
	return s.names(ctx, `SELECT DISTINCT repository COLLATE "C" FROM registry_manifest WHERE repository COLLATE "C" > @after ORDER BY 1`,
		pgx.NamedArgs{"after": after})
}

func (s registryStorage) names(ctx context.Context, sql string, args pgx.NamedArgs) ([]string, error) {
	rows, err := s.db.pool.Query(ctx, sql, args)
	if err != nil {
		return nil, fmt.Errorf("list the registry: %w", err)
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("list the registry: %w", err)
	}
	return names, nil
}

func (s registryStorage) Referrers(ctx context.Context, repository string, subject digest.Digest, artifactType string) ([]registry.Document, error) {
	rows, err := s.db.pool.Query(ctx, `SELECT `+documentColumns+` FROM registry_manifest m
		WHERE m.repository = @repository AND m.subject = @subject AND m.subject <> '' AND (@kind = '' OR m.artifact_type = @kind)
		ORDER BY m.digest`, pgx.NamedArgs{"repository": repository, "subject": string(subject), "kind": artifactType})
	if err != nil {
		return nil, fmt.Errorf("what is said of %s in %s: %w", subject, repository, err)
	}
	documents, err := pgx.CollectRows(rows, scanDocument)
	if err != nil {
		return nil, fmt.Errorf("what is said of %s in %s: %w", subject, repository, err)
	}
	return documents, nil
}

// absent gives the registry's own word for a row that is not there.
func absent(err error, format string, args ...any) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, pgx.ErrNoRows):
		return fmt.Errorf(format+": %w", append(args, registry.ErrNoRelease)...)
	}
	return fmt.Errorf(format+": %w", append(args, err)...)
}
