package intake

import (
	"bytes"
	"math"
	"strings"
	"testing"

	"github.com/signalbox-health/signalbox/measures"
)

func FuzzParseNumber(f *testing.F) {
	for _, seed := range []string{"", "-", "*", "12", "0.5", "1,234.5", "-3", "1e3", "0x1p-2", "NaN", "1_000", "9e99", "1,23"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, cell string) {
		value, state, err := parseNumber(cell)
		if err != nil {
			return
		}
		if math.IsInf(value, 0) || measures.IsMissing(value) != (state != measures.Final) {
			t.Errorf("%q is %v, %s", cell, value, state)
		}
	})
}

func FuzzParsePeriod(f *testing.F) {
	for _, seed := range []string{"2026-05-01", "May 26", "April 2019", "31/05/2026", "2025/26", "2026-05", "Sept-24", "\u00a0"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, cell string) {
		for _, grain := range []measures.Grain{measures.Day, measures.Week, measures.Month, measures.Quarter, measures.FinancialYear} {
			d, err := parsePeriod(cell, grain)
			if err != nil {
				continue
			}
			if !grain.Starts(d) || grain.Next(d) <= d {
				t.Errorf("%q is %s, no start of a %s", cell, d, grain)
			}
			if again, err := parsePeriod(d.String(), grain); err != nil || again != d {
				t.Errorf("%q is %s, and that is %s, %v", cell, d, again, err)
			}
		}
	})
}

func FuzzPersonal(f *testing.F) {
	for _, seed := range []string{"9434765919", "943 476 5919", "M1 1AE", "1961-02-03", "St Mary's", "dob 3.2.1961"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, cell string) {
		// A number is found wherever it stands in the text.
		if !strings.ContainsAny(cell, "0123456789.") && personal(cell+" 9434765919 "+cell, textColumn) != "an NHS number" {
			t.Errorf("overlooked in %q", cell)
		}
		personal(cell, codeColumn)
	})
}

func FuzzTable(f *testing.F) {
	f.Add([]byte(tidyHeader + "falls,RAA,2026-05-01,3.5,1200,,,,final,\n"))
	f.Add([]byte("org_code,period,numerator,denominator,source\nR0A,2017-10-01,32081,35744,x\n"))
	lib, err := readLibrary()
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		src, err := readTable("table.csv", bytes.NewReader(text))
		if err != nil || src.recognise(lib, "") != nil {
			return
		}
		for {
			if _, err := src.read(); err != nil {
				return
			}
		}
	})
}

func TestPersonalData(t *testing.T) {
	for cell, want := range map[string]string{
		"9434765919": "an NHS number", "943 476 5919": "an NHS number", "943-476-5919": "an NHS number", "patient 9434765919.": "an NHS number",
		"(9434765919)": "an NHS number", "9434765918": "", "0000000000": "", "19434765919": "", "0.9434765919": "", "9434765919.5": "", "1234567": "",
		"M1 1AE": "a full postcode", "SW1A1AA": "a full postcode", "lives at EC1A 1BB now": "a full postcode", "M1": "", "RQW": "", "A5D4Q": "", "type 1": "", "Covid-19": "",
		"1961-02-03": "a date of birth", "03/02/1961": "a date of birth", "born 3 Feb 1961": "a date of birth", "opened 3 June 2025": "", "24 Hour Clinic": "",
	} {
		if got := personal(cell, textColumn); got != want {
			t.Errorf("%q looks like %q, want %q", cell, got, want)
		}
	}
	if personal("A12 3BC", codeColumn) != "" || personal("2026-05-01", dateColumn) != "" {
		t.Error("a code or a date in its place is taken for something about a person")
	}
}
