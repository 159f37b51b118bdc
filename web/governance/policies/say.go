package policies

import (
	"strconv"
	"strings"
	"time"

	"github.com/signalbox-health/signalbox/internal/demo"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/measures/words"
)

// plain is a name without the label of the demonstration, which stands at the top
// of the page.
func plain(name string) string {
	return strings.TrimSuffix(strings.TrimPrefix(name, demo.Label), " (fictional)")
}

// counted is "1 rule", "6 rules".
func counted[N int | int64](n N, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return words.Number(float64(n), 0) + " " + many
}

func figure[N int | int64](n N) string { return words.Number(float64(n), 0) }

// signed writes rows gained or lost with their sign; a true minus, not a hyphen.
func signed(n int64) string {
	switch {
	case n > 0:
		return "+" + figure(n)
	case n < 0:
		return "−" + figure(-n)
	}
	return "0"
}

// day is the civil day of a moment, moment also its time.
func day(t time.Time) string {
	y, m, d := t.UTC().Date()
	return measures.DateOf(y, int(m), d).DayName()
}

// moment is said in UTC, which is what the ledger keeps.
func moment(t time.Time) string { return day(t) + ", " + t.UTC().Format("15:04") + " UTC" }

// short is a digest for eyes.
func short(digest string) string {
	if len(digest) < 20 {
		return digest
	}
	return digest[:11] + "…" + digest[len(digest)-4:]
}

func sentence(text string) string {
	if text == "" {
		return ""
	}
	text = strings.ToUpper(text[:1]) + text[1:]
	if !strings.HasSuffix(text, ".") {
		text += "."
	}
	return text
}

// sentenceOf is what an error says for its reader, without its sentinel.
func sentenceOf(err, sentinel error) string {
	_, text, found := strings.Cut(err.Error(), sentinel.Error()+": ")
	if !found {
		text = err.Error()
	}
	return sentence(text)
}

// listed joins words as one says them: a, b and c.
func listed(items []string) string {
	if n := len(items); n > 1 {
		return strings.Join(items[:n-1], ", ") + " and " + items[n-1]
	}
	return strings.Join(items, "")
}

// revisionName says which policy is meant.
func revisionName(revision int) string {
	if revision == 0 {
		return "the national baseline alone"
	}
	return "revision " + strconv.Itoa(revision)
}
