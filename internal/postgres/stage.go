package postgres

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/jackc/pgx/v5"

	"github.com/signalbox-health/signalbox/measures"
)

// StagedRow is one good row of a file. Organisation, stratum and dataset are
// indices into lists that are given to Resolve once the file has been read;
// stratum 0 is the whole organisation.
type StagedRow struct {
	Line         int32
	Dataset      int16
	Organisation int32
	Stratum      int32
	Period       measures.Date
	State        measures.State
	Numbers      []float64 // in the places of the dataset; Missing is null
}

// Stage copies rows into a table of this transaction only. next gives rows
// until io.EOF; any other error stops the copy and is returned as it is.
func (in *Intake) Stage(ctx context.Context, next func() (*StagedRow, error)) error {
	_, err := in.tx.Exec(ctx, `
		CREATE TEMP TABLE staging (
			line    int4 NOT NULL,
			dataset int2 NOT NULL,
			org     int4 NOT NULL,
			stratum int4 NOT NULL,
			period  date NOT NULL,
			state   int2 NOT NULL,
			numbers float8[] NOT NULL,
			refused bool NOT NULL DEFAULT FALSE
		) ON COMMIT DROP`)
	if err != nil {
		return fmt.Errorf("make the staging table: %w", err)
	}
	reader := &copyReader{next: next}
	_, err = in.conn.PgConn().CopyFrom(ctx, reader, `COPY staging (line, dataset, org, stratum, period, state, numbers) FROM STDIN BINARY`)
	if reader.failed != nil {
		return reader.failed
	}
	if err != nil {
		return fmt.Errorf("copy into the staging table: %w", err)
	}
	if _, err := in.tx.Exec(ctx, `ANALYZE staging`); err != nil {
		return fmt.Errorf("look at the staging table: %w", err)
	}
	return nil
}

// copyReader writes rows in PostgreSQL's binary COPY format as they are asked
// for, so that a file of any length passes through a small buffer. Going
// through pgx's own CopyFrom took three times as long for arrays with nulls.
type copyReader struct {
	next   func() (*StagedRow, error)
	buffer []byte
	begun  bool
	ended  bool
	failed error
}

const copyChunk = 64 << 10

func (r *copyReader) Read(p []byte) (int, error) {
	if !r.begun {
		r.begun = true
		r.buffer = append(r.buffer, "PGCOPY\n\xff\r\n\x00\x00\x00\x00\x00\x00\x00\x00\x00"...)
	}
	for !r.ended && len(r.buffer) < min(len(p), copyChunk) {
		row, err := r.next()
		if errors.Is(err, io.EOF) {
			r.ended = true
			r.buffer = append(r.buffer, 0xff, 0xff)
			break
		}
		if err != nil {
			r.failed = err
			return 0, err
		}
		r.buffer = appendRow7(r.buffer, row)
	}
	if len(r.buffer) == 0 {
		return 0, io.EOF
	}
	n := copy(p, r.buffer)
	r.buffer = r.buffer[:copy(r.buffer, r.buffer[n:])]
	return n, nil
}

const float8OID = 701

// appendRow7 writes the seven fields of a staged row. Nulls at the end of the
// array are left off: a place beyond the end reads as null, so a dataset can
// gain columns without its old rows becoming different ones.
func appendRow7(b []byte, row *StagedRow) []byte {
	b = binary.BigEndian.AppendUint16(b, 7)
	b = appendInt4(b, row.Line)
	b = appendInt2(b, row.Dataset)
	b = appendInt4(b, row.Organisation)
	b = appendInt4(b, row.Stratum)
	b = appendInt4(b, int32(row.Period-postgresEpoch))
	b = appendInt2(b, int16(row.State))
	numbers := row.Numbers
	for len(numbers) > 0 && measures.IsMissing(numbers[len(numbers)-1]) {
		numbers = numbers[:len(numbers)-1]
	}
	size := len(b)
	b = binary.BigEndian.AppendUint32(b, 0)
	if len(numbers) == 0 {
		b = binary.BigEndian.AppendUint32(b, 0) // no dimensions
		b = binary.BigEndian.AppendUint32(b, 0)
		b = binary.BigEndian.AppendUint32(b, float8OID)
	} else {
		b = appendArray(b, numbers)
	}
	binary.BigEndian.PutUint32(b[size:], uint32(len(b)-size-4))
	return b
}

func appendArray(b []byte, numbers []float64) []byte {
	b = binary.BigEndian.AppendUint32(b, 1) // dimensions
	nulls := len(b) + 3
	b = binary.BigEndian.AppendUint32(b, 0) // whether there are nulls
	b = binary.BigEndian.AppendUint32(b, float8OID)
	b = binary.BigEndian.AppendUint32(b, uint32(len(numbers)))
	b = binary.BigEndian.AppendUint32(b, 1) // the first place
	for _, n := range numbers {
		if measures.IsMissing(n) {
			b[nulls] = 1
			b = binary.BigEndian.AppendUint32(b, 0xffffffff)
			continue
		}
		b = binary.BigEndian.AppendUint32(b, 8)
		b = binary.BigEndian.AppendUint64(b, math.Float64bits(n))
	}
	return b
}

func appendInt4(b []byte, n int32) []byte {
	return binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(b, 4), uint32(n))
}

func appendInt2(b []byte, n int16) []byte {
	return binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint32(b, 2), uint16(n))
}

// Repeats passes over rows that say again, figure for figure, what an earlier
// line of the file says, and counts them: nothing is in doubt about those.
func (in *Intake) Repeats(ctx context.Context) (int64, error) {
	tag, err := in.tx.Exec(ctx, `
		UPDATE staging s
		SET refused = TRUE
		FROM (
			SELECT dataset, org, stratum, period, min(line) AS first
			FROM staging
			GROUP BY dataset, org, stratum, period
			HAVING count(*) > 1 AND count(DISTINCT (state, numbers)) = 1
		) twice
		WHERE (s.dataset, s.org, s.stratum, s.period) = (twice.dataset, twice.org, twice.stratum, twice.period)
			AND s.line > twice.first`)
	if err != nil {
		return 0, fmt.Errorf("look for rows that are repeated: %w", err)
	}
	return tag.RowsAffected(), nil
}

// Duplicates refuses every staged row whose key comes more than once in the
// file, and tells of each, in order of line, with the line of
// another. Nobody can know which of two is meant.
func (in *Intake) Duplicates(ctx context.Context, each func(line, other int32) error) (int64, error) {
	rows, err := in.tx.Query(ctx, `
		WITH found AS (
			UPDATE staging s
			SET refused = TRUE
			FROM (
				SELECT dataset, org, stratum, period, min(line) AS first, max(line) AS last
				FROM staging
				WHERE NOT refused
				GROUP BY dataset, org, stratum, period
				HAVING count(*) > 1
			) twice
			WHERE (s.dataset, s.org, s.stratum, s.period) = (twice.dataset, twice.org, twice.stratum, twice.period)
				AND NOT s.refused
			RETURNING s.line, CASE WHEN s.line = twice.first THEN twice.last ELSE twice.first END AS other
		)
		SELECT line, other FROM found ORDER BY line`)
	if err != nil {
		return 0, fmt.Errorf("look for rows that come twice: %w", err)
	}
	var line, other int32
	tag, err := pgx.ForEachRow(rows, []any{&line, &other}, func() error { return each(line, other) })
	if err != nil {
		return 0, fmt.Errorf("look for rows that come twice: %w", err)
	}
	return tag.RowsAffected(), nil
}
