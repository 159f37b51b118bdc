package words

import (
	"math"
	"strconv"
	"strings"

	"github.com/signalbox-health/signalbox/measures"
)

// Number writes a number for eyes: so many decimals, thousands parted by commas,
// a true minus sign. A missing number is a dash.
func Number(v float64, decimals int) string {
	if measures.IsMissing(v) {
		return "–"
	}
	text := strconv.FormatFloat(v, 'f', decimals, 64)
	sign := ""
	if text[0] == '-' {
		text = text[1:]
		if strings.Trim(text, "0.") != "" { // what rounds to nothing has no sign
			sign = "−"
		}
	}
	whole, rest, _ := strings.Cut(text, ".")
	if rest != "" {
		rest = "." + rest
	}
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	return sign + whole + rest
}

// Value writes a number with the decimals and the symbol of its unit: "59.1%".
func Value(v float64, u measures.Unit) string { return withSymbol(v, u, u.Decimals) }

func withSymbol(v float64, u measures.Unit, decimals int) string {
	text := Number(v, decimals)
	if measures.IsMissing(v) {
		return text
	}
	return text + u.Symbol
}

// LineDecimals is with how many decimals a centre line or a limit is written:
// as values are, but with one where whole numbers are small. A mean of 1.2
// people is not 1.
func LineDecimals(v float64, u measures.Unit) int {
	if u.Decimals == 0 && math.Abs(v) < 10 && v != math.Trunc(v) {
		return 1
	}
	return u.Decimals
}

// Line writes a centre line or a limit: "59.1%".
func Line(v float64, u measures.Unit) string { return withSymbol(v, u, LineDecimals(v, u)) }

// Limits writes two limits: "52.2–65.9%". A minus sign beside a dash would be
// lost, so then there is a word between them.
func Limits(lower, upper float64, u measures.Unit) string {
	between := "–"
	if lower < 0 {
		between = " to "
	}
	return Number(lower, LineDecimals(lower, u)) + between + Line(upper, u)
}

// Target writes a target with no more decimals than it needs: "78%".
func Target(v float64, u measures.Unit) string {
	for decimals := 0; decimals < 6; decimals++ {
		rounded, _ := strconv.ParseFloat(strconv.FormatFloat(v, 'f', decimals, 64), 64)
		if rounded == v {
			return withSymbol(v, u, decimals)
		}
	}
	return Value(v, u)
}

// TargetOf writes a target with its label and from when on it holds.
func TargetOf(t measures.Target, u measures.Unit) string {
	text := Target(t.Value, u)
	switch {
	case strings.HasPrefix(t.Label, text):
		text = t.Label
	case t.Label != "":
		text += ", " + t.Label
	}
	if t.From != 0 {
		text += ", from " + t.From.DayName()
	}
	return text
}

// value writes a value without the words of its unit, which stand beside the
// first value of a sentence only.
func (v *view) value(y float64) string { return Value(y, v.s.Unit) }

// named is a value with the words of its unit: "239 people". A share needs none.
func (v *view) named(y float64) string {
	text := v.value(y)
	if v.s.Unit.Symbol != "" || v.s.Unit.Words == "" {
		return text
	}
	if text == "1" && v.s.Unit.Words == "people" {
		return "1 person"
	}
	return text + " " + v.s.Unit.Words
}

// apart writes a limit with as many decimals as it takes to show on which side
// of it a value lies: 65.9% is not above 65.9%.
func (v *view) apart(limit, y float64) string {
	decimals := LineDecimals(limit, v.s.Unit)
	for decimals < v.s.Unit.Decimals+4 && Number(limit, decimals) == Number(y, decimals) {
		decimals++
	}
	return withSymbol(limit, v.s.Unit, decimals)
}

var small = [...]string{"no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"}

// inWords writes a count: in words below ten, in digits from ten.
func inWords(n int) string {
	if n >= 0 && n < len(small) {
		return small[n]
	}
	return Number(float64(n), 0)
}

// count is a number of periods: "seven months", "one month".
func (v *view) count(n int) string { return inWords(n) + " " + v.noun(n) }

// capital writes the first letter large.
func capital(text string) string {
	if text == "" || text[0] < 'a' || text[0] > 'z' {
		return text
	}
	return string(text[0]-'a'+'A') + text[1:]
}

// Decimals suggests how many decimals to show where nobody said: enough to tell
// points apart, and none for whole numbers that lie far apart.
func Decimals(c *measures.Chart) int {
	low, high, whole := math.Inf(1), math.Inf(-1), true
	for _, y := range c.Y {
		if !measures.IsMissing(y) {
			low, high, whole = min(low, y), max(high, y), whole && y == math.Trunc(y)
		}
	}
	if !(high > low) {
		low, high = 0, math.Abs(high)
		if whole {
			return 0
		}
	}
	digits := 2
	if whole {
		digits = 1
	}
	return max(0, min(6, digits-int(math.Floor(math.Log10(high-low)))))
}
