package measures

import (
	"fmt"
	"strconv"
)

// Date is a civil date: days since 1 January 1970, with no clock and no zone,
// so that summer time can never move a month.
type Date int32

// DateOf gives the date of a year, month (1 to 12) and day. Days beyond the
// month's end run on into the next, as in package time.
func DateOf(year, month, day int) Date {
	for month > 12 {
		year, month = year+1, month-12
	}
	for month < 1 {
		year, month = year-1, month+12
	}
	// Counting years from March puts the leap day last, so the length of
	// the months before it never changes.
	if month <= 2 {
		year--
		month += 12
	}
	era := floorDiv(year, 400)
	yearOfEra := year - era*400
	dayOfYear := (153*(month-3)+2)/5 + day - 1
	dayOfEra := yearOfEra*365 + yearOfEra/4 - yearOfEra/100 + dayOfYear
	return Date(era*146097 + dayOfEra - 719468)
}

// Civil gives the year, month (1 to 12) and day of the month.
func (d Date) Civil() (year, month, day int) {
	days := int(d) + 719468
	era := floorDiv(days, 146097)
	dayOfEra := days - era*146097
	yearOfEra := (dayOfEra - dayOfEra/1460 + dayOfEra/36524 - dayOfEra/146096) / 365
	dayOfYear := dayOfEra - (365*yearOfEra + yearOfEra/4 - yearOfEra/100)
	shifted := (5*dayOfYear + 2) / 153
	day = dayOfYear - (153*shifted+2)/5 + 1
	month = shifted + 3
	year = yearOfEra + era*400
	if month > 12 {
		month -= 12
		year++
	}
	return year, month, day
}

// AddMonths moves the date by whole months, keeping the day of the month.
func (d Date) AddMonths(n int) Date {
	y, m, day := d.Civil()
	return DateOf(y, m+n, day)
}

// Next is the first day of the period after the one that begins on d; d itself
// where the grain has no step.
func (g Grain) Next(d Date) Date {
	switch g {
	case Day:
		return d + 1
	case Week:
		return d + 7
	case Month:
		return d.AddMonths(1)
	case Quarter:
		return d.AddMonths(3)
	case FinancialYear:
		return d.AddMonths(12)
	}
	return d
}

// Starts reports whether a period of this grain begins on d: weeks on a
// Monday, quarters in January, April, July and October, years in April.
func (g Grain) Starts(d Date) bool {
	_, month, day := d.Civil()
	switch g {
	case Week:
		return floorDiv(int(d)+3, 7)*7 == int(d)+3 // 1 January 1970 was a Thursday
	case Month:
		return day == 1
	case Quarter:
		return day == 1 && month%3 == 1
	case FinancialYear:
		return day == 1 && month == 4
	}
	return true
}

// String writes the date as 2026-05-01.
func (d Date) String() string {
	y, m, day := d.Civil()
	return string(pad(pad(pad(nil, y, 4, 0), m, 2, '-'), day, 2, '-'))
}

// MarshalText writes the date as 2026-05-01.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads a date written as 2026-05-01.
func (d *Date) UnmarshalText(text []byte) error {
	parsed, err := ParseDate(string(text))
	if err != nil {
		return err
	}
	*d = parsed
	return nil
}

// ParseDate reads a date written as 2026-05-01, and nothing else.
func ParseDate(s string) (Date, error) {
	if len(s) == 10 && s[4] == '-' && s[7] == '-' {
		y, errY := strconv.ParseUint(s[:4], 10, 16)
		m, errM := strconv.ParseUint(s[5:7], 10, 8)
		day, errD := strconv.ParseUint(s[8:], 10, 8)
		if errY == nil && errM == nil && errD == nil && m >= 1 && m <= 12 && day >= 1 {
			d := DateOf(int(y), int(m), int(day))
			if yy, mm, dd := d.Civil(); yy == int(y) && mm == int(m) && dd == int(day) {
				return d, nil
			}
		}
	}
	return 0, fmt.Errorf("%q is not a date written as 2026-05-01", s)
}

var monthNames = [...]string{"January", "February", "March", "April", "May", "June",
	"July", "August", "September", "October", "November", "December"}

// MonthName writes the month as "May 2026".
func (d Date) MonthName() string {
	y, m, _ := d.Civil()
	return monthNames[m-1] + " " + strconv.Itoa(y)
}

// ShortMonth writes the month as "May 26", for places without room.
func (d Date) ShortMonth() string {
	y, m, _ := d.Civil()
	return monthNames[m-1][:3] + " " + string(pad(nil, y%100, 2, 0))
}

// DayName writes the date as "3 June 2025".
func (d Date) DayName() string {
	y, m, day := d.Civil()
	return strconv.Itoa(day) + " " + monthNames[m-1] + " " + strconv.Itoa(y)
}

func pad(b []byte, n, width int, before byte) []byte {
	if before != 0 {
		b = append(b, before)
	}
	digits := strconv.Itoa(n)
	for i := len(digits); i < width; i++ {
		b = append(b, '0')
	}
	return append(b, digits...)
}

func floorDiv(a, b int) int {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
