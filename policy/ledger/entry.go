// Package ledger keeps the book of decisions as a Merkle log: what an entry
// is, byte for byte, how it is hashed, and how an edited, missing or reordered
// entry is found. It is pure; internal/postgres keeps the tables.
package ledger

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
	"unicode/utf8"

	"github.com/signalbox-health/signalbox/policy"
)

// Version is raised when the canonical bytes change their shape. Old entries
// keep their bytes for ever, so a reader of the book knows every version.
// Version 2 added the change that a question is about and the day of the last
// training, version 3 the release.
const Version = 3

// added are the keys that entries before a version do not have, as they are written
// where there is nothing to say. No text can hold them: a quotation mark within a text
// has a backslash before it.
var added = []struct {
	in  int
	key []byte
}{
	{2, []byte(`,"change":null`)},
	{2, []byte(`,"trained_on":null`)},
	{3, []byte(`,"release":null`)},
}

// ErrBadEntry says that bytes are not the canonical bytes of an entry.
var ErrBadEntry = errors.New("bad ledger entry")

// Kind says what an entry records.
type Kind string

const (
	DecisionMade   Kind = "decision" // written before any data is read
	ResultReleased Kind = "result"   // written once the answer is known
)

// Entry is one line of the book. Exactly one of Decision and Result is set.
type Entry struct {
	V        int              `json:"v"`
	Sequence int64            `json:"sequence"` // from 1, without gaps
	Kind     Kind             `json:"kind"`
	ID       string           `json:"id"` // of the request; a result has the id of its decision
	Time     Time             `json:"time"`
	Decision *policy.Document `json:"decision"`
	Result   *Result          `json:"result"`
}

// Result is what became of an allowed request.
type Result struct {
	Record     int64  `json:"record"`     // sequence of the decision it belongs to
	Rows       int64  `json:"rows"`       // returned by the database
	Suppressed int64  `json:"suppressed"` // cells hidden before release
	Digest     string `json:"digest"`     // of what was released: "sha256:" and 64 digits
	Problem    string `json:"problem"`    // why nothing was released; empty if it was
}

// Decided makes the entry for a decision.
func Decided(sequence int64, at time.Time, d policy.Decision) Entry {
	document := d.Document()
	return Entry{V: Version, Sequence: sequence, Kind: DecisionMade, ID: d.Request.ID, Time: TimeOf(at), Decision: &document}
}

// Released makes the entry for the result of an earlier decision.
func Released(sequence int64, at time.Time, requestID string, r Result) Entry {
	return Entry{V: Version, Sequence: sequence, Kind: ResultReleased, ID: requestID, Time: TimeOf(at), Result: &r}
}

// Canonical gives the bytes that are stored, hashed and never rewritten: one
// JSON object, keys in the order of the types, no white space.
func (e Entry) Canonical() ([]byte, error) {
	if err := e.check(); err != nil {
		return nil, err
	}
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(e); err != nil {
		return nil, fmt.Errorf("%w %d: %w", ErrBadEntry, e.Sequence, err)
	}
	canonical := bytes.TrimSuffix(b.Bytes(), []byte("\n"))
	for _, later := range added {
		if e.V < later.in {
			canonical = bytes.ReplaceAll(canonical, later.key, nil)
		}
	}
	return canonical, nil
}

// Decode reads canonical bytes, and nothing else: the entry, written again,
// must give the same bytes.
func Decode(canonical []byte) (Entry, error) {
	if !utf8.Valid(canonical) {
		return Entry{}, fmt.Errorf("%w: it is not UTF-8", ErrBadEntry)
	}
	decoder := json.NewDecoder(bytes.NewReader(canonical))
	decoder.DisallowUnknownFields()
	var e Entry
	if err := decoder.Decode(&e); err != nil {
		return Entry{}, fmt.Errorf("%w: %w", ErrBadEntry, err)
	}
	if _, err := decoder.Token(); err != io.EOF {
		return Entry{}, fmt.Errorf("%w: something follows the entry", ErrBadEntry)
	}
	again, err := e.Canonical()
	if err != nil {
		return Entry{}, err
	}
	if !bytes.Equal(again, canonical) {
		return Entry{}, fmt.Errorf("%w: the bytes are not canonical", ErrBadEntry)
	}
	return e, nil
}

func (e Entry) check() error {
	switch {
	case e.V < 1 || e.V > Version:
		return fmt.Errorf("%w: version %d, this program knows those up to %d", ErrBadEntry, e.V, Version)
	case e.V == 1 && e.Decision != nil && (e.Decision.Input.Change != nil || e.Decision.Input.Subject.TrainedOn != nil):
		return fmt.Errorf("%w %d: version 1 knows no change and no training", ErrBadEntry, e.Sequence)
	case e.V < 3 && e.Decision != nil && e.Decision.Input.Release != nil:
		return fmt.Errorf("%w %d: version %d knows no release", ErrBadEntry, e.Sequence, e.V)
	case e.Sequence < 1:
		return fmt.Errorf("%w: sequence %d, the first is 1", ErrBadEntry, e.Sequence)
	case e.ID == "":
		return fmt.Errorf("%w %d: it has no id", ErrBadEntry, e.Sequence)
	case e.Kind == DecisionMade && e.Decision != nil && e.Result == nil:
		return nil
	case e.Kind == ResultReleased && e.Result != nil && e.Decision == nil:
		if e.Result.Record < 1 || e.Result.Record >= e.Sequence {
			return fmt.Errorf("%w %d: it belongs to record %d, which is not an earlier one", ErrBadEntry, e.Sequence, e.Result.Record)
		}
		return nil
	}
	return fmt.Errorf("%w %d: kind %q does not fit its contents", ErrBadEntry, e.Sequence, e.Kind)
}

// Time is a moment to the microsecond, which is what PostgreSQL keeps, in UTC.
type Time struct{ time.Time }

// timeLayout always has six decimals, so that one moment has one text.
const timeLayout = "2006-01-02T15:04:05.000000Z"

// TimeOf cuts a time to the microsecond.
func TimeOf(t time.Time) Time { return Time{t.UTC().Truncate(time.Microsecond)} }

func (t Time) MarshalText() ([]byte, error) {
	if year := t.Time.UTC().Year(); year < 1 || year > 9999 {
		return nil, fmt.Errorf("year %d cannot be written in a ledger entry", year)
	}
	return []byte(t.Time.UTC().Format(timeLayout)), nil
}

func (t *Time) UnmarshalText(text []byte) error {
	parsed, err := time.Parse(timeLayout, string(text))
	if err != nil {
		return err
	}
	t.Time = parsed
	return nil
}
