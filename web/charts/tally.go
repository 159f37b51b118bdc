package charts

import (
	"strconv"
	"strings"
)

// tally counts charts by what a reader does about them.
type tally [undecided + 1]int

func tallyOf(lines []line) tally {
	var t tally
	for i := range lines {
		t[groupOf(&lines[i].chart.Chart)]++
	}
	return t
}

func (t tally) all() int {
	n := 0
	for _, count := range t {
		n += count
	}
	return n
}

// sentence counts in words what many charts say: "Eight of 13 trusts improved
// beyond chance. Five move only by chance. None shows concern."
func (t tally) sentence(one, many string) string {
	n := t.all()
	if n == 0 {
		return ""
	}
	of := " of " + strconv.Itoa(n) + " " + many
	if n == 1 {
		of = " " + one
	}
	var parts []string
	say := func(count int, singular, plural string) {
		switch {
		case count == 0:
			return
		case count == n && n > 1:
			parts = append(parts, "All "+strconv.Itoa(n)+" "+many+" "+plural+".")
		case len(parts) == 0 && count == 1:
			parts = append(parts, "One"+of+" "+singular+".")
		case len(parts) == 0:
			parts = append(parts, capital(countWord(count))+of+" "+plural+".")
		case count == 1:
			parts = append(parts, "One "+singular+".")
		default:
			parts = append(parts, capital(countWord(count))+" "+plural+".")
		}
	}
	say(t[concern], "shows concern", "show concern")
	say(t[improvement], "improved beyond chance", "improved beyond chance")
	say(t[shift], "changed beyond chance, neither well nor badly", "changed beyond chance, neither well nor badly")
	say(t[unchanged], "moves only by chance", "move only by chance")
	say(t[undecided], "has too few points to judge", "have too few points to judge")
	if t[concern] == 0 {
		parts = append(parts, "None shows concern.")
	}
	return strings.Join(parts, " ")
}

var countWords = [...]string{"none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"}

// countWord writes counts up to twelve in words, as in running text.
func countWord(n int) string {
	if n < len(countWords) {
		return countWords[n]
	}
	return strconv.Itoa(n)
}

func capital(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
