package workshop

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/measures/words"
	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/plugins/host"
)

// kindOf is the kind of chart that a measure's entry names, or Custom where the
// entry is one of the plugin's own.
func kindOf(m *measures.Measure) measures.Kind {
	kind := measures.Custom
	if kind.UnmarshalText([]byte(m.Uses.Entry)) != nil {
		return measures.Custom
	}
	return kind
}

// verified reports whether the host can compute the measure's chart again.
func verified(m *measures.Measure) bool { return kindOf(m) != measures.Custom }

// counted is "1 measure", "6 measures".
func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return words.Number(float64(n), 0) + " " + many
}

// wanted says which way is better.
func wanted(d measures.Direction) string {
	switch d {
	case measures.Increase:
		return "Higher"
	case measures.Decrease:
		return "Lower"
	default:
		return "Neither higher nor lower is better"
	}
}

// target says what to reach, and from when.
func target(t measures.Target, u measures.Unit) string { return words.TargetOf(t, u) }

// unit says what is plotted.
func unit(u measures.Unit) string {
	text := strings.TrimSpace(u.Symbol + " " + u.Words)
	if text == "" {
		return "A number"
	}
	return text
}

// capital writes the first letter of a sentence large.
func capital(text string) string {
	if text == "" {
		return text
	}
	return strings.ToUpper(text[:1]) + text[1:]
}

// moment is when something happened, to the minute, in universal time.
func moment(t time.Time) string {
	return dateOf(t).DayName() + ", " + t.UTC().Format("15:04") + " UTC"
}

// lasted writes a time that something took with the precision that says something.
func lasted(d time.Duration) string {
	switch {
	case d < time.Millisecond:
		return fmt.Sprintf("%d µs", d.Microseconds())
	case d < 10*time.Millisecond:
		return fmt.Sprintf("%.1f ms", float64(d)/float64(time.Millisecond))
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	default:
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
}

// room writes a number of bytes: 7.4 MiB.
func room(bytes uint64) string {
	switch {
	case bytes < 1<<10:
		return fmt.Sprintf("%d bytes", bytes)
	case bytes < 1<<20:
		return fmt.Sprintf("%.1f KiB", float64(bytes)/(1<<10))
	default:
		return fmt.Sprintf("%.1f MiB", float64(bytes)/(1<<20))
	}
}

// cost is what a plugin has used, in words.
type cost struct{ runs, mean, most, memory, faults, last string }

func costOf(u *host.Usage) (c cost) {
	c.runs = counted(int(u.Runs), "question", "questions")
	if u.Declined > 0 {
		c.runs += fmt.Sprintf(", of which it declined %d", u.Declined)
	}
	if u.Runs > 0 {
		c.mean = lasted(u.Took.Sum / time.Duration(u.Runs))
	}
	c.most = within(&u.Took, 0.95)
	if u.Memory > 0 {
		c.memory = room(u.Memory)
	}
	c.faults = "None"
	if len(u.Faults) > 0 {
		var parts []string
		for _, manner := range manners {
			if n := u.Faults[manner.is]; n > 0 {
				parts = append(parts, fmt.Sprintf("%s %s", manner.did, times(int(n))))
			}
		}
		c.faults = capital(strings.Join(parts, "; "))
	}
	c.last = moment(u.Last)
	return c
}

// within says below which time a share of the runs stayed.
func within(h *host.Histogram, share float64) string {
	total := uint64(0)
	for _, n := range h.Counts {
		total += n
	}
	if total == 0 {
		return ""
	}
	so, need := uint64(0), uint64(math.Ceil(share*float64(total)))
	for i, bound := range h.Bounds() {
		if so += h.Counts[i]; so >= need {
			return "19 of 20 within " + lasted(bound)
		}
	}
	bounds := h.Bounds()
	return "some longer than " + lasted(bounds[len(bounds)-1])
}

func times(n int) string {
	switch n {
	case 1:
		return "once"
	case 2:
		return "twice"
	default:
		return fmt.Sprintf("%d times", n)
	}
}

// manners say what a plugin did wrong, in the order of the pages.
var manners = []struct {
	is  plugins.Manner
	did string
}{
	{plugins.BrokeOut, "broke out of the engine, and the kernel ended it"},
	{plugins.Untrue, "gave numbers that are not so"},
	{plugins.Malformed, "gave an answer that is none"},
	{plugins.Trapped, "stopped at a fault of its own"},
	{plugins.Exited, "ended itself"},
	{plugins.TimedOut, "took longer than it may"},
	{plugins.Heavy, "took too much memory"},
	{plugins.Died, "died with its sandbox"},
	{plugins.Starved, "did not get its time, because the machine was busy"},
}
