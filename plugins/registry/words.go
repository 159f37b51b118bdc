package registry

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins"
)

// word is one thing that is said of a release, and believed.
type word struct {
	envelope Envelope
	kind     Kind
	what     any // Evidence, Question, Reply or Faults
	issued   time.Time
	in       place
}

// place is what a word fills: of two in one place the newer counts.
type place struct {
	kind         Kind
	organisation measures.ODSCode
	measure      measures.MeasureID
	text         string // which question or reply, of which there may be many
}

// told is the release that a word is about.
type told struct {
	contents        plugins.Digest
	plugin, version string
}

func (s Subject) told() told { return told{s.Contents, s.Plugin, s.Version} }

// word believes whatever is said of a release, and tells of which.
func (l *List) word(e Envelope, now time.Time) (word, told, error) {
	kind, _ := e.Kind()
	switch kind {
	case KindEvidence:
		v, err := l.OpenEvidence(e, now)
		return word{e, kind, v, v.Issued, place{kind, v.Organisation, v.Measure, ""}}, v.told(), err
	case KindQuestion:
		v, err := l.OpenQuestion(e, now)
		return word{e, kind, v, v.Issued, place{kind, v.Organisation, "", v.ID}}, v.told(), err
	case KindReply:
		v, err := l.OpenReply(e, now)
		return word{e, kind, v, v.Issued, place{kind, "", "", v.Question + "\n" + v.Text}}, told{v.Contents, v.Plugin, v.Version}, err
	case KindFaults:
		v, err := l.OpenFaults(e, now)
		return word{e, kind, v, v.Issued, place{kind, v.Organisation, "", ""}}, v.told(), err
	}
	return word{}, told{}, fmt.Errorf("%w: a %q is nothing that is said of a release", ErrMalformed, e.PayloadType)
}

// words are those that may be believed of a release, in order of time, the newest of
// each place.
func (l *List) words(of Listing, envelopes []Envelope, now time.Time) []word {
	newest := map[place]word{}
	for _, e := range envelopes {
		w, about, err := l.word(e, now)
		if err != nil || about != (told{of.Contents, of.ID, of.Version}) {
			continue
		}
		if before, there := newest[w.in]; !there || w.issued.After(before.issued) {
			newest[w.in] = w
		}
	}
	return slices.SortedFunc(maps.Values(newest), func(a, b word) int {
		return cmp.Or(a.issued.Compare(b.issued), strings.Compare(string(a.kind), string(b.kind)), bytes.Compare(a.envelope.Payload, b.envelope.Payload))
	})
}

// maxConversation is how many questions, and how many replies, an index tells of one
// release: the newest.
const maxConversation = 100

// believed leaves those envelopes that Said would take, and of questions and replies
// the newest.
func (l *List) believed(of Listing, envelopes []Envelope, now time.Time) []Envelope {
	words := l.words(of, envelopes, now)
	later := map[Kind]int{}
	for _, w := range words {
		later[w.kind]++
	}
	var kept []Envelope
	for _, w := range words {
		later[w.kind]--
		if spoken := w.kind == KindQuestion || w.kind == KindReply; spoken && later[w.kind] >= maxConversation {
			continue
		}
		kept = append(kept, w.envelope)
	}
	return kept
}
