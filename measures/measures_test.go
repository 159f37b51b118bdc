package measures

import (
	"testing"
	"time"
)

func TestDateAgreesWithPackageTime(t *testing.T) {
	for d := Date(-800000); d < 800000; d += 13 {
		want := time.Unix(int64(d)*86400, 0).UTC()
		y, m, day := d.Civil()
		if y != want.Year() || m != int(want.Month()) || day != want.Day() {
			t.Fatalf("Date(%d) = %d-%d-%d, want %v", d, y, m, day, want)
		}
		if back := DateOf(y, m, day); back != d {
			t.Fatalf("DateOf(%d,%d,%d) = %d, want %d", y, m, day, back, d)
		}
	}
}

func TestParseDate(t *testing.T) {
	for _, test := range []struct{ in, want string }{
		{"2026-05-01", "2026-05-01"},
		{"2024-02-29", "2024-02-29"},
		{"2025-02-29", ""},
		{"2026-13-01", ""},
		{"01/05/2026", ""},
		{"2026-5-1", ""},
		{"+026-05-01", ""},
		{"", ""},
	} {
		d, err := ParseDate(test.in)
		if (err == nil) != (test.want != "") || err == nil && d.String() != test.want {
			t.Errorf("ParseDate(%q) = %v, %v; want %q", test.in, d, err, test.want)
		}
	}
}

func TestODSCodesHaveThreeToTenCharacters(t *testing.T) {
	for code, want := range map[ODSCode]bool{"RQW": true, "R0A": true, "NQ108": true, "A5D4Q": true, "L83087": true,
		"RQ": false, "rqw": false, "RQW ": false, "": false, "ABCDEFGHIJK": false} {
		if code.Valid() != want {
			t.Errorf("ODSCode(%q).Valid() = %v, want %v", code, !want, want)
		}
	}
}

func TestSignalNamesMatchTheirBits(t *testing.T) {
	if len(signalNames) != 20 || AllSignals != 1<<20-1 {
		t.Fatalf("%d names for %b", len(signalNames), AllSignals)
	}
	if got := (Nelson8 | OutsideUpper).Names(); len(got) != 2 || got[0] != "outside_upper" || got[1] != "nelson_8" {
		t.Errorf("names = %q", got)
	}
}

func TestGrainsStartAndStep(t *testing.T) {
	for _, test := range []struct {
		grain       Grain
		start, next string
	}{
		{Day, "2024-02-28", "2024-02-29"},
		{Week, "2026-06-01", "2026-06-08"}, // a Monday
		{Month, "2025-12-01", "2026-01-01"},
		{Quarter, "2025-10-01", "2026-01-01"},
		{FinancialYear, "2025-04-01", "2026-04-01"},
		{Irregular, "2025-04-17", "2025-04-17"},
	} {
		d, err := ParseDate(test.start)
		if err != nil || !test.grain.Starts(d) || test.grain.Next(d).String() != test.next {
			t.Errorf("%s: Starts(%s) = %v, Next = %s, want %s", test.grain, d, test.grain.Starts(d), test.grain.Next(d), test.next)
		}
	}
	for grain, text := range map[Grain]string{Week: "2026-06-02", Month: "2026-06-02", Quarter: "2026-05-01", FinancialYear: "2026-01-01"} {
		if d, _ := ParseDate(text); grain.Starts(d) {
			t.Errorf("%s starts on %s", grain, text)
		}
	}
}
