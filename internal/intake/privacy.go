package intake

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"github.com/signalbox-health/signalbox/measures"
)

// PrivacyError says that a file seems to hold something about a person. It
// names the place and never the value. Nothing of such a file is stored.
type PrivacyError struct {
	File   string
	Line   int
	Column string
	What   string // "an NHS number"
}

func (e *PrivacyError) Error() string {
	return fmt.Sprintf("%s: line %d, column %q looks like %s. Signalbox holds counts and sums, never the data of a person, so nothing of this file was stored: take the column out and load again",
		e.File, e.Line, e.Column, e.What)
}

// personalHeaders are names of columns that are about persons, with letters
// only. What the name of an organisation needs is known from the mapping.
var personalHeaders = map[string]string{
	"nhsnumber": "an NHS number", "nhsno": "an NHS number", "nhsnum": "an NHS number", "pseudonhsnumber": "an NHS number",
	"hospitalnumber": "a hospital number", "mrn": "a hospital number", "patientid": "a patient's number", "localpatientidentifier": "a patient's number",
	"dob": "a date of birth", "dateofbirth": "a date of birth", "birthdate": "a date of birth", "dateofdeath": "a date of death",
	"surname": "a name", "forename": "a name", "forenames": "a name", "firstname": "a name", "lastname": "a name", "middlename": "a name",
	"familyname": "a name", "givenname": "a name", "fullname": "a name", "patient": "a name", "patientname": "a name", "personname": "a name", "initials": "a name",
	"postcode": "a postcode", "patientpostcode": "a postcode", "homepostcode": "a postcode", "address": "an address", "addressline": "an address",
	"email": "an e-mail address", "telephone": "a telephone number", "phone": "a telephone number", "mobile": "a telephone number",
}

// personalHeader tells what a column of that name would hold.
func personalHeader(name string) string {
	letters := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' {
			return r
		}
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return -1
	}, name)
	return personalHeaders[letters]
}

// columnNature is what the scan may take for granted in a column.
type columnNature uint8

const (
	textColumn columnNature = iota
	dateColumn              // a date is in place here
	codeColumn              // an ODS code is in place here
)

// personal looks at one cell and tells what about a person it seems to hold;
// empty for nothing.
func personal(cell string, nature columnNature) string {
	if len(cell) < 5 {
		return ""
	}
	digits, letters := 0, 0
	for i := 0; i < len(cell); i++ {
		switch c := cell[i]; {
		case c >= '0' && c <= '9':
			digits++
		case c != ' ' && c != '.' && c != '-' && c != ',' && c != '/':
			letters++
		}
	}
	if digits == 0 || letters == 0 && len(cell) < 10 {
		return ""
	}
	if digits >= 10 && holdsNHSNumber(cell) {
		return "an NHS number"
	}
	if nature != textColumn {
		return ""
	}
	if letters >= 2 && holdsPostcode(cell) {
		return "a full postcode"
	}
	if digits >= 4 && holdsBirthDate(cell, letters) {
		return "a date of birth"
	}
	return ""
}

// Personal tells what about a person somebody's own words seem to hold; empty for
// nothing. A date to the day written in figures counts as a date of birth: who
// writes of months and of organisations needs none.
func Personal(text string) string {
	if what := personal(text, textColumn); what != "" {
		return what
	}
	for word := range strings.FieldsFuncSeq(text, func(r rune) bool { return !unicode.IsDigit(r) && r != '/' && r != '-' && r != '.' }) {
		if isDay(strings.Trim(word, "/-.")) {
			return "a date of birth"
		}
	}
	return ""
}

// isDay reports whether a word is a day in figures: 1/2/1950, 01.02.50, 1950-02-01.
func isDay(word string) bool {
	parts := strings.FieldsFunc(word, func(r rune) bool { return r == '/' || r == '-' || r == '.' })
	if len(parts) != 3 {
		return false
	}
	if len(parts[0]) == 4 {
		parts[0], parts[2] = parts[2], parts[0]
	}
	number := func(text string, least, most int) bool {
		n, err := strconv.Atoi(text)
		return err == nil && n >= least && n <= most
	}
	return number(parts[0], 1, 31) && number(parts[1], 1, 31) && (len(parts[2]) == 2 || len(parts[2]) == 4 && number(parts[2], 1880, 2100))
}

// holdsNHSNumber looks for ten digits, together or as 3-3-4 with spaces or
// hyphens, that pass the check of modulus 11.
func holdsNHSNumber(cell string) bool {
	for i := 0; i < len(cell); i++ {
		if !isDigit(cell[i]) || i > 0 && isDigit(cell[i-1]) || i > 1 && cell[i-1] == '.' && isDigit(cell[i-2]) {
			continue // within a longer number, or after a decimal point
		}
		end, number := tenDigits(cell[i:])
		if end == 0 || !validNHSNumber(number) {
			continue
		}
		after := cell[i+end:]
		longer := after != "" && isDigit(after[0])
		decimal := len(after) > 1 && after[0] == '.' && isDigit(after[1])
		if !longer && !decimal {
			return true
		}
	}
	return false
}

func tenDigits(text string) (int, [10]byte) {
	var number [10]byte
	n, i := 0, 0
	for ; i < len(text) && n < 10; i++ {
		switch c := text[i]; {
		case isDigit(c):
			number[n] = c - '0'
			n++
		case (c == ' ' || c == '-') && (n == 3 || n == 6) && isDigit(text[i-1]):
		default:
			return 0, number
		}
	}
	if n < 10 {
		return 0, number
	}
	return i, number
}

// validNHSNumber checks the tenth digit: 11 less the weighted sum of the
// others modulo 11, weights 10 to 2, where 11 stands for 0 and 10 for none
// (NHS Data Dictionary, NHS NUMBER).
func validNHSNumber(n [10]byte) bool {
	sum := 0
	for i := range 9 {
		sum += int(n[i]) * (10 - i)
	}
	check := 11 - sum%11
	if check == 11 {
		check = 0
	}
	return check < 10 && byte(check) == n[9] && n != [10]byte{}
}

// holdsPostcode looks for a full postcode, with or without its space, as a
// word of its own.
func holdsPostcode(cell string) bool {
	words := strings.FieldsFunc(strings.ToUpper(cell), func(r rune) bool {
		return (r < 'A' || r > 'Z') && (r < '0' || r > '9')
	})
	for i, w := range words {
		if len(w) >= 5 && len(w) <= 7 && isOutward(w[:len(w)-3]) && isInward(w[len(w)-3:]) {
			return true
		}
		if i > 0 && isInward(w) && isOutward(words[i-1]) {
			return true
		}
	}
	return false
}

func isInward(w string) bool { return len(w) == 3 && isDigit(w[0]) && isLetter(w[1]) && isLetter(w[2]) }

// isOutward knows the six forms A9, A99, AA9, AA99, A9A, AA9A.
func isOutward(w string) bool {
	if len(w) < 2 || len(w) > 4 || !isLetter(w[0]) {
		return false
	}
	w = w[1:]
	if isLetter(w[0]) {
		w = w[1:]
	}
	return len(w) == 1 && isDigit(w[0]) || len(w) == 2 && isDigit(w[0])
}

// holdsBirthDate takes a cell that is nothing but a full date, in a column
// where none belongs, for a date of birth; and the words for one beside a date
// in running text.
func holdsBirthDate(cell string, letters int) bool {
	if letters == 0 {
		_, err := parseDate(cell, measures.Day)
		return len(cell) == 10 && err == nil
	}
	low := " " + strings.ToLower(cell)
	return strings.Contains(low, " dob") || strings.Contains(low, "d.o.b") || strings.Contains(low, "date of birth") || strings.Contains(low, " born ")
}

func isDigit(c byte) bool  { return c >= '0' && c <= '9' }
func isLetter(c byte) bool { return c >= 'A' && c <= 'Z' }
