package postgres

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

// actDigest names one row of the policies' tables by its content. The ledger's
// result for the act has the digests of its rows, so that a row that somebody
// changes in the database no longer agrees with the book.
func actDigest(table string, fields ...string) string {
	text, err := json.Marshal(append([]string{table}, fields...))
	if err != nil {
		panic(err) // a list of texts can always be written
	}
	sum := sha256.Sum256(text)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// actsDigest is the digest for the ledger of all rows that one act has written.
func actsDigest(rows ...string) string {
	if len(rows) == 1 {
		return rows[0]
	}
	return actDigest("acts", rows...)
}

func (v PolicyVersion) act() string {
	return actDigest("version", string(v.Owner), number(v.Draft), number(v.Version), number(v.Base), v.Title, v.Digest,
		when(v.At), v.By, v.Name, number(v.Record))
}

func (i PolicyImpact) act(impact string) string {
	return actDigest("impact", string(i.Owner), number(i.Draft), number(i.Version), when(i.At), i.By, number(i.Live),
		when(i.Since), actDigest("json", impact), number(i.Record))
}

func (s PolicySubmission) act() string {
	return actDigest("submission", string(s.Owner), number(s.Draft), number(s.Version), s.Digest, number(s.Live),
		when(s.NotBefore), when(s.At), s.By, s.Name, number(s.Record))
}

func (v PolicyVerdict) act(s PolicySubmission) string {
	return actDigest("verdict", string(s.Owner), number(s.Submission), v.By, v.Name, when(v.At), strconv.FormatBool(v.Approves),
		v.Reason, v.Digest, number(v.Record))
}

func (r PolicyRevision) act() string {
	return actDigest("revision", string(r.Owner), number(r.Revision), number(r.Submission), r.Title, r.Digest, when(r.At), number(r.Record))
}

func (p PolicyPointer) act() string {
	return actDigest("pointer", string(p.Owner), number(p.Revision), when(p.Effective), when(p.At), p.By, p.Name,
		strconv.FormatBool(p.Rollback), p.Reason, number(p.Record))
}

func (s PolicyShadow) act() string {
	return actDigest("shadow", string(s.Owner), number(s.Draft), number(s.Version), when(s.At), s.By, strconv.FormatBool(s.Ends), number(s.Record))
}

func number[T int | int64](n T) string { return strconv.FormatInt(int64(n), 10) }

func when(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return strings.TrimSuffix(moment(t).Format(time.RFC3339Nano), "Z")
}
