package chartfile

import (
	"errors"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/signalbox-health/signalbox/measures"
)

func TestReadPutsPointsInOrderOfX(t *testing.T) {
	d, err := Read(strings.NewReader("\xef\xbb\xbfx,y,n\r\n2026-05-01,3,\r\n2026-03-01, 1.5 ,10\r\n2026-04-01,,20\r\n"), "f.csv")
	if err != nil {
		t.Fatal(err)
	}
	x := func(month int) int32 { return int32(measures.DateOf(2026, month, 1)) }
	if !d.XIsDate || !slices.Equal(d.X, []int32{x(3), x(4), x(5)}) {
		t.Errorf("x = %v", d.X)
	}
	if d.Y[0] != 1.5 || !measures.IsMissing(d.Y[1]) || d.Y[2] != 3 || d.N[0] != 10 || d.N[1] != 20 || !measures.IsMissing(d.N[2]) {
		t.Errorf("y = %v, n = %v", d.Y, d.N)
	}
}

func TestReadTakesColumnsInAnyOrderAndWholeNumbers(t *testing.T) {
	d, err := Read(strings.NewReader("Y,X\n-1e3,7\n2,-3\n"), "f.csv")
	if err != nil || d.XIsDate || d.N != nil || !slices.Equal(d.X, []int32{-3, 7}) || !slices.Equal(d.Y, []float64{2, -1000}) {
		t.Errorf("%+v, %v", d, err)
	}
}

func TestErrorsNameFileLineColumnAndWhatBelongsThere(t *testing.T) {
	for name, test := range map[string]struct{ text, want string }{
		"empty file":      {"", `f.csv, line 1: the file is empty; a header is needed: "x,y" or "x,y,n"`},
		"no rows":         {"x,y\n", "f.csv, line 2: there are no rows below the header"},
		"unknown column":  {"x,y,z\n", `f.csv, line 1: "z": not a column of a chart; a header is needed: "x,y" or "x,y,n"`},
		"no header":       {"2026-01-01,5\n", `f.csv, line 1: "2026-01-01": not a column of a chart; a header is needed: "x,y" or "x,y,n"`},
		"column twice":    {"x,y,Y\n", `f.csv, line 1: "Y": this column stands twice in the header`},
		"no y":            {"x,n\n", `f.csv, line 1, column y: missing; a header is needed: "x,y" or "x,y,n"`},
		"ragged":          {"x,y\n1,2\n3\n", "f.csv, line 3: 1 cells where the header has 2 columns"},
		"not a date":      {"x,y\n1/5/2026,2\n", `f.csv, line 2, column x: "1/5/2026": a date such as 2026-05-01, or a whole number, is wanted`},
		"no such day":     {"x,y\n2026-05-01,2\n2026-02-30,2\n", `f.csv, line 3, column x: "2026-02-30": a date such as 2026-05-01 is wanted, as in the rows above`},
		"mixed x":         {"x,y\n1,2\n2026-05-01,2\n", `f.csv, line 3, column x: "2026-05-01": a whole number is wanted, as in the rows above`},
		"x too large":     {"x,y\n99999999999,2\n", `f.csv, line 2, column x: "99999999999": a date such as 2026-05-01, or a whole number, is wanted`},
		"words in y":      {"x,y\n1,n/a\n", `f.csv, line 2, column y: "n/a": a number such as 1234.5 is wanted, or nothing where it is missing`},
		"thousands comma": {"x,y\n1,\"1,234\"\n", `f.csv, line 2, column y: "1,234": a number such as 1234.5 is wanted, or nothing where it is missing`},
		"infinite":        {"x,y\n1,inf\n", `f.csv, line 2, column y: "inf": a number such as 1234.5 is wanted, or nothing where it is missing`},
		"hexadecimal":     {"x,y\n1,0x10\n", `f.csv, line 2, column y: "0x10": a number such as 1234.5 is wanted, or nothing where it is missing`},
		"huge":            {"x,y\n1,1e300\n", `f.csv, line 2, column y: "1e300": a number such as 1234.5 is wanted, or nothing where it is missing`},
		"negative n":      {"x,y,n\n1,2,-3\n", `f.csv, line 2, column n: "-3": a denominator cannot be below 0`},
		"x twice":         {"x,y\n5,1\n3,1\n5,2\n", `f.csv, line 4, column x: "5": it stands on line 2 already, and a chart has one point for each x`},
		"open quote":      {"x,y\n1,\"2\n", `f.csv, line 2: not CSV: extraneous or missing " in quoted-field`},
		"many lines":      {"x,y\n1,\"a\nb\"\n", `f.csv, line 2, column y: "a\nb": a number such as 1234.5 is wanted, or nothing where it is missing`},
	} {
		_, err := Read(strings.NewReader(test.text), "f.csv")
		var place *Error
		if !errors.As(err, &place) || err.Error() != test.want {
			t.Errorf("%s:\n got %v\nwant %s", name, err, test.want)
		}
	}
}

func TestErrorsOfTheFileItselfAreNotOfItsContent(t *testing.T) {
	_, err := Read(iotest.ErrReader(os.ErrPermission), "f.csv")
	if place := (*Error)(nil); errors.As(err, &place) || !errors.Is(err, os.ErrPermission) {
		t.Errorf("error %v", err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add("x,y,n\n2026-05-01,3,4\n")
	f.Add("x,y\n1,\n2,3e9\n")
	f.Add("y,x\n\"1\n\",2")
	f.Fuzz(func(t *testing.T, text string) {
		d, err := Read(strings.NewReader(text), "fuzz.csv")
		if err != nil {
			if strings.ContainsAny(err.Error(), "\r\n") {
				t.Errorf("error on several lines: %q", err)
			}
			return
		}
		if len(d.X) == 0 || len(d.Y) != len(d.X) || d.N != nil && len(d.N) != len(d.X) {
			t.Fatalf("%d x, %d y, %d n", len(d.X), len(d.Y), len(d.N))
		}
		for i := range d.X {
			if i > 0 && d.X[i] <= d.X[i-1] || math.IsInf(d.Y[i], 0) || d.N != nil && d.N[i] < 0 {
				t.Fatalf("point %d of %+v", i, d)
			}
		}
	})
}
