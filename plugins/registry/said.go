package registry

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/signalbox-health/signalbox/plugins"
)

// Kind is which of the things that are said of a release an envelope holds.
type Kind string

const (
	KindEvidence Kind = "evidence"
	KindQuestion Kind = "question"
	KindReply    Kind = "reply"
	KindFaults   Kind = "faults"
)

// Kind tells what an envelope holds, where that is something said of a release.
func (e Envelope) Kind() (Kind, bool) {
	for _, kind := range []Kind{KindEvidence, KindQuestion, KindReply, KindFaults} {
		if e.PayloadType == kind.payloadType() {
			return kind, true
		}
	}
	return "", false
}

func (k Kind) payloadType() string { return "application/vnd.signalbox." + string(k) + ".v1+json" }

// The most that somebody may say at once.
const (
	maxSaying = 128 << 10 // bytes of a payload
	maxText   = 4000      // characters of a question or a reply
	maxWord   = 200       // characters of a name
	maxPoints = 1200      // a hundred years of months
	maxWords  = 16        // signals, reasons, layers

	maxDecimals = 6 // of what is shown
)

// Seal signs what became of a measure, with the key of a node.
func (v Evidence) Seal(key Key) (Envelope, error) { return sealed(KindEvidence, v, key) }

// Seal signs a question, with the key of a node.
func (v Question) Seal(key Key) (Envelope, error) { return sealed(KindQuestion, v, key) }

// Seal signs a reply, with a key of the publisher.
func (v Reply) Seal(key Key) (Envelope, error) { return sealed(KindReply, v, key) }

// Seal signs a count of faults, with the key of a node.
func (v Faults) Seal(key Key) (Envelope, error) { return sealed(KindFaults, v, key) }

func sealed(kind Kind, v interface{ check() error }, key Key) (Envelope, error) {
	if err := v.check(); err != nil {
		return Envelope{}, fmt.Errorf("sign %s: %w", kind, err)
	}
	text, err := json.Marshal(v)
	if err != nil {
		return Envelope{}, fmt.Errorf("sign %s: %w", kind, err)
	}
	if len(text) > maxSaying {
		return Envelope{}, fmt.Errorf("sign %s of %d bytes: %w; the most are %d", kind, len(text), ErrOversize, maxSaying)
	}
	return Seal(kind.payloadType(), text, key), nil
}

// opened reads a payload of a kind, and believes nothing of it.
func opened[T interface{ check() error }](kind Kind, e Envelope) (v T, err error) {
	switch {
	case e.PayloadType != kind.payloadType():
		err = fmt.Errorf("%w: it is a %q, and %q is wanted", ErrMalformed, e.PayloadType, kind.payloadType())
	case len(e.Payload) > maxSaying:
		err = fmt.Errorf("%d bytes: %w; the most are %d", len(e.Payload), ErrOversize, maxSaying)
	default:
		if err = strictly(e.Payload, &v); err == nil {
			err = v.check()
		}
	}
	if err != nil {
		err = fmt.Errorf("%s: %w", kind, err)
	}
	return v, err
}

// check finds what a subject lacks to be about one release and one organisation.
func (s Subject) check() error {
	if err := ofRelease(s.Contents, s.Plugin, s.Version, s.Issued); err != nil {
		return err
	}
	if !isWord(s.Node) || !s.Organisation.Valid() || !isWord(s.OrganisationName) {
		return fmt.Errorf("%w: it is to name a node, and an organisation by code and name", ErrMalformed)
	}
	return nil
}

func ofRelease(contents plugins.Digest, plugin, version string, issued time.Time) error {
	switch {
	case !contents.Valid() || !isWord(plugin) || !isWord(version):
		return fmt.Errorf("%w: it is to name a release by digest, id and version", ErrMalformed)
	case issued.IsZero() || issued.Location() != time.UTC || issued.Nanosecond() != 0:
		return fmt.Errorf("%w: it is to say when it was issued, to the second and in UTC", ErrMalformed)
	}
	return nil
}

func isWord(text string) bool { return isText(text, maxWord) }

// isText reports whether a text says something, is no longer than it may be, and holds
// no NUL, which databases cannot keep.
func isText(text string, most int) bool {
	return strings.TrimSpace(text) != "" && !strings.ContainsRune(text, 0) && utf8.ValidString(text) && utf8.RuneCountInString(text) <= most
}

func (v Evidence) check() error {
	if err := v.Subject.check(); err != nil {
		return err
	}
	results := []Result{Improved, MostlyMix, Unchanged, Concern, Changed, Unclear}
	bad := func(format string, args ...any) error {
		return fmt.Errorf("%w: "+format, append([]any{ErrMalformed}, args...)...)
	}
	switch {
	case !isWord(string(v.Measure)) || !isWord(v.Title) || !isWord(v.Rules):
		return bad("it is to name a measure, its title and the rules that were used")
	case !slices.Contains(results, v.Result):
		return bad("%q is no result", v.Result)
	case v.Kept < 0 || v.MinCellCount < 0 || v.RoundTo < 0:
		return bad("a count is below nothing")
	case v.Unit.Decimals < 0 || v.Unit.Decimals > maxDecimals || utf8.RuneCountInString(v.Unit.Symbol+v.Unit.Words) > maxWord:
		return bad("a unit that nobody could write: %d decimals, %q, %q", v.Unit.Decimals, v.Unit.Symbol, v.Unit.Words)
	case len(v.Signals) > maxWords || len(v.Reasons) > maxWords || len(v.Layered) > maxWords || len(v.Points) > maxPoints:
		return fmt.Errorf("%d signals, %d reasons, %d layers, %d points: %w", len(v.Signals), len(v.Reasons), len(v.Layered), len(v.Points), ErrOversize)
	case !slices.IsSortedFunc(v.Points, func(a, b EvidencePoint) int { return int(a.Period) - int(b.Period) }):
		return bad("its points are not in order")
	}
	for _, text := range slices.Concat(v.Signals, v.Reasons, v.Layered) {
		if !isWord(text) {
			return bad("a signal or a reason says nothing, or more than %d characters", maxWord)
		}
	}
	for _, s := range []Stretch{v.Before, v.After} {
		if s.Points < 0 || s.To < s.From || s.Points == 0 && s.Mean != nil {
			return bad("a stretch of %d points from %s to %s", s.Points, s.From, s.To)
		}
	}
	return nil
}

func (v Question) check() error {
	if err := v.Subject.check(); err != nil {
		return err
	}
	if !isWord(v.ID) || !isText(v.Text, maxText) {
		return fmt.Errorf("%w: an id, and a text of at most %d characters, are wanted", ErrMalformed, maxText)
	}
	return nil
}

func (v Reply) check() error {
	if err := ofRelease(v.Contents, v.Plugin, v.Version, v.Issued); err != nil {
		return err
	}
	if !isWord(v.Publisher) || !isWord(v.Question) || !isText(v.Text, maxText) {
		return fmt.Errorf("%w: a publisher, a question, and a text of at most %d characters, are wanted", ErrMalformed, maxText)
	}
	return nil
}

func (v Faults) check() error {
	if err := v.Subject.check(); err != nil {
		return err
	}
	known := []plugins.Manner{plugins.Trapped, plugins.Exited, plugins.TimedOut, plugins.Starved, plugins.Heavy, plugins.Died,
		plugins.BrokeOut, plugins.Malformed, plugins.Untrue}
	if v.Since.IsZero() || v.Since.After(v.Issued) || v.Runs < 0 {
		return fmt.Errorf("%w: it is to say since when it counts, and how many runs there were", ErrMalformed)
	}
	for manner, count := range v.Counts {
		if !slices.Contains(known, manner) || count < 0 {
			return fmt.Errorf("%w: %d faults of the kind %q", ErrMalformed, count, manner)
		}
	}
	return nil
}
