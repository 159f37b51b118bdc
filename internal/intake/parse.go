package intake

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/signalbox-health/signalbox/measures"
)

// trim takes spaces and non-breaking spaces from both ends: published tables
// have both.
func trim(cell string) string {
	if cell == "" || cell[0] > ' ' && cell[0] < 0x80 && cell[len(cell)-1] > ' ' && cell[len(cell)-1] < 0x80 {
		return cell
	}
	return strings.Trim(cell, " \t\r\n\u00a0\u202f\ufeff")
}

// parseNumber reads a number as tables have it: "-" and nothing mean that
// there is none, "*" that it is hidden; thousands may be set off by commas.
func parseNumber(cell string) (value float64, state measures.State, err error) {
	switch cell {
	case "", "-", "–":
		return measures.Missing, measures.NotMeasured, nil
	case "*":
		return measures.Missing, measures.Suppressed, nil
	}
	text := cell
	if strings.IndexByte(text, ',') >= 0 {
		if text, err = joinThousands(text); err != nil {
			return 0, 0, err
		}
	}
	for i := 0; i < len(text); i++ {
		// ParseFloat also knows hexadecimal, infinity and NaN.
		if c := text[i]; (c < '0' || c > '9') && c != '.' && c != '-' && c != 'e' && c != 'E' && c != '+' {
			return 0, 0, fmt.Errorf("is not a number")
		}
	}
	value, err = strconv.ParseFloat(text, 64)
	if err != nil || value > 1e15 || value < -1e15 {
		return 0, 0, fmt.Errorf("is not a number")
	}
	return value, measures.Final, nil
}

// joinThousands reads 1,234,567.5 and refuses 1,23: somebody's decimal comma
// must not become another number.
func joinThousands(text string) (string, error) {
	whole, fraction, _ := strings.Cut(text, ".")
	groups := strings.Split(strings.TrimPrefix(whole, "-"), ",")
	for i, g := range groups {
		if i > 0 && len(g) != 3 || i == 0 && (g == "" || len(g) > 3) {
			return "", fmt.Errorf("is not a number: a comma may only set off thousands")
		}
	}
	if strings.Contains(fraction, ",") {
		return "", fmt.Errorf("is not a number: a comma may only set off thousands")
	}
	return strings.ReplaceAll(text, ",", ""), nil
}

var monthsByName = map[string]int{"jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6,
	"jul": 7, "aug": 8, "sep": 9, "oct": 10, "nov": 11, "dec": 12}

// parsePeriod reads the beginning of a period: 2026-05-01, 2026-05, May 26,
// April 2019, May-26, 01/05/2026, and 2025/26 for a financial year. The last
// day of a month stands for the month.
func parsePeriod(cell string, grain measures.Grain) (measures.Date, error) {
	d, err := parseDate(cell, grain)
	if err != nil {
		return 0, err
	}
	if grain == measures.Month && !grain.Starts(d) && grain.Starts(d+1) {
		y, m, _ := d.Civil()
		d = measures.DateOf(y, m, 1)
	}
	if !grain.Starts(d) {
		return 0, fmt.Errorf("is not the first day of a %s", grain)
	}
	if y, _, _ := d.Civil(); y < 1948 || y > 2200 {
		return 0, fmt.Errorf("lies outside 1948 to 2200")
	}
	return d, nil
}

func parseDate(cell string, grain measures.Grain) (measures.Date, error) {
	if d, err := measures.ParseDate(cell); err == nil {
		return d, nil
	}
	fail := fmt.Errorf("is not a date such as 2026-05-01, May 26 or April 2019")
	if len(cell) == 7 && cell[4] == '/' && grain == measures.FinancialYear {
		first, err1 := strconv.Atoi(cell[:4])
		second, err2 := strconv.Atoi(cell[5:])
		if err1 != nil || err2 != nil || (first+1)%100 != second {
			return 0, fail
		}
		return measures.DateOf(first, 4, 1), nil
	}
	if len(cell) == 7 && cell[4] == '-' {
		if d, err := measures.ParseDate(cell + "-01"); err == nil {
			return d, nil
		}
	}
	if len(cell) == 10 && cell[2] == '/' && cell[5] == '/' {
		if d, err := measures.ParseDate(cell[6:] + "-" + cell[3:5] + "-" + cell[:2]); err == nil {
			return d, nil
		}
		return 0, fail
	}
	words := strings.FieldsFunc(cell, func(r rune) bool { return r == ' ' || r == '-' || r == '\u00a0' })
	if len(words) != 2 || len(words[0]) < 3 {
		return 0, fail
	}
	name := strings.ToLower(words[0])
	month := monthsByName[name[:3]]
	year, err := strconv.ParseUint(words[1], 10, 16)
	if month == 0 || err != nil || len(words[1]) != 2 && len(words[1]) != 4 || !isMonth(name, month) {
		return 0, fail
	}
	if len(words[1]) == 2 {
		year += 2000
	}
	return measures.DateOf(int(year), month, 1), nil
}

// isMonth keeps "Marathon 26" from being March.
func isMonth(name string, month int) bool {
	full, _, _ := strings.Cut(strings.ToLower(measures.DateOf(2000, month, 1).MonthName()), " ")
	return len(name) == 3 || name == full || name == "sept"
}
