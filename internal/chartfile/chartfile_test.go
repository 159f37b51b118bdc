package chartfile

import (
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/measures/spc"
)

func TestReadPutsPointsInOrderOfX(t *testing.T) {
	d, err := Read(strings.NewReader("\xef\xbb\xbfx,y,n\r\n2026-05-01,3,\r\n2026-03-01, 1.5 ,10\r\n2026-04-01,,20\r\n"), "f.csv", Shape{Kind: measures.XmR})
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
	d, err := Read(strings.NewReader("Y,X\n-1e3,7\n2,-3\n"), "f.csv", Shape{Kind: measures.XmR})
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
		"empty column":    {"x,y,\n1,2,\n", `f.csv, line 1: column 3 has no name; take the empty column away`},
		"semicolons":      {"x;y\n1;2\n", `f.csv, line 1: "x;y": its columns are parted by semicolons; part them by commas, and write decimals with a point`},
		"tabs":            {"x\ty\n1\t2\n", `f.csv, line 1: "x\ty": its columns are parted by tabs; part them by commas, and write decimals with a point`},
		"old line ends":   {"x,y\r1,2\r", `f.csv, line 1: its lines end in carriage returns alone; save it as "CSV UTF-8"`},
		"workbook":        {"PK\x03\x04\x14", `f.csv, line 1: this is a workbook and not CSV; save its sheet as "CSV UTF-8"`},
		"UTF-16":          {"\xff\xfex\x00,\x00", `f.csv, line 1: the text is UTF-16; save it as "CSV UTF-8"`},
		"Latin letters":   {"x,y\n1,\xa35\n", `f.csv, line 2: "\xa35": the text is not UTF-8; save the file as "CSV UTF-8"`},
		"a funnel's file": {"group,numerator,denominator\n", `f.csv, line 1: "group": this column belongs to a file for --kind funnel; a header is needed: "x,y" or "x,y,n"`},
		"no x":            {"x,y\n1,2\n,2\n", `f.csv, line 3, column x: empty; a whole number is wanted, as in the rows above`},
		"percent":         {"x,y\n1,80%\n", `f.csv, line 2, column y: "80%": a number such as 1234.5 is wanted, or nothing where it is missing; write the number alone, and give --multiply 100 for percent`},
		"bare quote":      {"x,y\n1,2\"\n", `f.csv, line 2: not CSV: a quotation mark within a cell is written twice, and the whole cell stands between two more`},
		"column twice":    {"x,y,Y\n", `f.csv, line 1: "Y": this column stands twice in the header`},
		"no y":            {"x,n\n", `f.csv, line 1, column y: missing; a header is needed: "x,y" or "x,y,n"`},
		"ragged":          {"x,y\n1,2\n3\n", "f.csv, line 3: it has one cell, and the header has 2 columns"},
		"not a date":      {"x,y\n1/5/2026,2\n", `f.csv, line 2, column x: "1/5/2026": a date such as 2026-05-01, or a whole number, is wanted`},
		"no such day":     {"x,y\n2026-05-01,2\n2026-02-30,2\n", `f.csv, line 3, column x: "2026-02-30": a date such as 2026-05-01 is wanted, as in the rows above`},
		"mixed x":         {"x,y\n1,2\n2026-05-01,2\n", `f.csv, line 3, column x: "2026-05-01": a whole number is wanted, as in the rows above`},
		"x too large":     {"x,y\n99999999999,2\n", `f.csv, line 2, column x: "99999999999": a date such as 2026-05-01, or a whole number, is wanted`},
		"words in y":      {"x,y\n1,n/a\n", `f.csv, line 2, column y: "n/a": a number such as 1234.5 is wanted, or nothing where it is missing`},
		"thousands comma": {"x,y\n1,\"1,234\"\n", `f.csv, line 2, column y: "1,234": a number such as 1234.5 is wanted, or nothing where it is missing; write thousands without commas and decimals with a point`},
		"infinite":        {"x,y\n1,inf\n", `f.csv, line 2, column y: "inf": a number such as 1234.5 is wanted, or nothing where it is missing`},
		"hexadecimal":     {"x,y\n1,0x10\n", `f.csv, line 2, column y: "0x10": a number such as 1234.5 is wanted, or nothing where it is missing`},
		"huge":            {"x,y\n1,1e300\n", `f.csv, line 2, column y: "1e300": a number such as 1234.5 is wanted, or nothing where it is missing; it is too large for a chart`},
		"negative n":      {"x,y,n\n1,2,-3\n", `f.csv, line 2, column n: "-3": a denominator cannot be below 0`},
		"x twice":         {"x,y\n5,1\n3,1\n5,2\n", `f.csv, line 4, column x: "5": it stands on line 2 already, and a chart of kind xmr has one point for each x`},
		"open quote":      {"x,y\n1,\"2\n", `f.csv, line 2: not CSV: a quotation mark within a cell is written twice, and the whole cell stands between two more`},
		"many lines":      {"x,y\n1,\"a\nb\"\n", `f.csv, line 2, column y: "a\nb": a number such as 1234.5 is wanted, or nothing where it is missing`},
	} {
		_, err := Read(strings.NewReader(test.text), "f.csv", Shape{Kind: measures.XmR})
		var place *Error
		if !errors.As(err, &place) || err.Error() != test.want {
			t.Errorf("%s:\n got %v\nwant %s", name, err, test.want)
		}
	}
}

func TestErrorsOfTheFileItselfAreNotOfItsContent(t *testing.T) {
	_, err := Read(iotest.ErrReader(os.ErrPermission), "f.csv", Shape{Kind: measures.XmR})
	if place := (*Error)(nil); errors.As(err, &place) || !errors.Is(err, os.ErrPermission) {
		t.Errorf("error %v", err)
	}
}

func TestEachKindRefusesWhatItCannotCount(t *testing.T) {
	proportion, rate := spc.Proportion, spc.Rate
	for name, test := range map[string]struct {
		kind       measures.Kind
		ratio      spc.Ratio
		text, want string // of the error; empty: none
	}{
		"share of more than all":   {measures.P, 0, "x,y,n\n1,2,9\n2,8,7\n", `f.csv, line 3, column y: "8": it is above 7, the number it is a part of`},
		"of p prime":               {measures.PPrime, 0, "x,y,n\n1,8,7\n", `f.csv, line 2, column y: "8": it is above 7, the number it is a part of`},
		"of np":                    {measures.NP, 0, "x,y,n\n1,8,7\n", `f.csv, line 2, column y: "8": it is above 7, the number it is a part of`},
		"a rate may be above one":  {measures.U, 0, "x,y,n\n1,8,7\n", ""},
		"nothing of nothing":       {measures.P, 0, "x,y,n\n1,0,0\n", ""},
		"a share needs n":          {measures.P, 0, "x,y\n1,8\n", `f.csv, line 1, column n: missing; a header is needed: "x,y,n"`},
		"a negative count":         {measures.C, 0, "x,y\n1,-1\n", `f.csv, line 2, column y: "-1": a count cannot be below 0`},
		"a value may be negative":  {measures.XmR, 0, "x,y\n1,-1\n", ""},
		"c takes no n":             {measures.C, 0, "x,y,n\n1,1,5\n", `f.csv, line 2, column n: "5": a chart of kind c takes no n; for a rate choose --kind u or up`},
		"an empty n is none":       {measures.C, 0, "x,y,n\n1,1,\n", ""},
		"no time between events":   {measures.T, 0, "x,y\n1,3\n2,0\n", `f.csv, line 3, column y: "0": a time between events is above 0; where events share a day, give the time in hours, or count cases between events with --kind g`},
		"half an outcome":          {measures.Bernoulli, 0, "x,y\n1,0.5\n", `f.csv, line 2, column y: "0.5": an outcome is 1 where it happened and 0 where it did not`},
		"cases of one day":         {measures.Bernoulli, 0, "x,y\n2025-01-01,0\n2025-01-01,1\n", `f.csv, line 3, column x: "2025-01-01": it stands on line 2 already, and a chart of kind bernoulli has one point for each x; number the cases in their order`},
		"an impossible risk":       {measures.VLAD, 0, "x,y,expected\n1,0,2\n", `f.csv, line 2, column n: "2": the expected risk of one case lies between 0 and 1`},
		"a funnel needs groups":    {measures.Funnel, proportion, "x,y,n\n", `f.csv, line 1: "x": a funnel compares groups and not points in time; a header is needed: "group,numerator,denominator"`},
		"a group without a name":   {measures.Funnel, proportion, "group,numerator,denominator\n ,1,2\n", `f.csv, line 2, column group: empty; the name of a group is wanted`},
		"a group twice":            {measures.Funnel, proportion, "group,numerator,denominator\nA,1,2\nB,1,2\n A ,1,2\n", `f.csv, line 4, column group: "A": it stands on line 2 already, and a funnel has one point for each group`},
		"a group of several lines": {measures.Funnel, proportion, "group,numerator,denominator\n\"A\nB\",1,2\n", `f.csv, line 2, column group: "A\nB": the name of a group is one line of text`},
		"a group's share":          {measures.Funnel, proportion, "group,numerator,denominator\nA,3,2\n", `f.csv, line 2, column numerator: "3": it is above 2, the number it is a part of`},
		"a group's rate":           {measures.Funnel, rate, "group,numerator,denominator\nA,3,2\n", ""},
		"a target over time":       {measures.XBar, 0, "x,y,target\n1,2,3\n", `f.csv, line 1: "target": a chart of kind xbar takes no such column`},
	} {
		_, err := Read(strings.NewReader(test.text), "f.csv", Shape{Kind: test.kind, Ratio: test.ratio})
		if got := fmt.Sprint(err); got != test.want && !(err == nil && test.want == "") {
			t.Errorf("%s:\n got %v\nwant %s", name, err, test.want)
		}
	}
}

func TestTooLongAFileIsToldWhereItBecomesTooLong(t *testing.T) {
	var b strings.Builder
	b.WriteString("x,y\n")
	for i := range mostRows {
		fmt.Fprintf(&b, "%d,1\n", i)
	}
	if d, err := Read(strings.NewReader(b.String()), "f.csv", Shape{Kind: measures.XmR}); err != nil || len(d.X) != mostRows {
		t.Errorf("%d rows, %v", len(d.X), err)
	}
	b.WriteString("30000,1\n")
	want := "f.csv, line 25002: a chart is made from 25000 rows at most; sum them up to longer periods first"
	if _, err := Read(strings.NewReader(b.String()), "f.csv", Shape{Kind: measures.XmR}); err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}

func TestRowsOfTheSameXAreOneSubgroupWhateverTheirOrder(t *testing.T) {
	one, err := Read(strings.NewReader("x,y\n3,7\n1,5\n3,2\n1,4\n3,\n2,9\n"), "f.csv", Shape{Kind: measures.XBar})
	if err != nil {
		t.Fatal(err)
	}
	other, err := Read(strings.NewReader("x,y\n3,\n3,2\n3,7\n2,9\n1,4\n1,5\n"), "f.csv", Shape{Kind: measures.XBar})
	if err != nil || !slices.Equal(one.X, other.X) || fmt.Sprint(one.Y) != fmt.Sprint(other.Y) {
		t.Errorf("%v %v, %v %v, %v", one.X, one.Y, other.X, other.Y, err)
	}
	if one.Points() != 3 {
		t.Errorf("%d points", one.Points())
	}
	for point, want := range map[int][2]int{0: {0, 2}, 1: {2, 3}, 2: {3, 6}, 3: {6, 6}} {
		if from, to := one.Rows(point); from != want[0] || to != want[1] {
			t.Errorf("point %d has rows %d to %d, want %v", point, from, to, want)
		}
	}
}

func TestGroupsKeepTheirOrderAndTheirLetters(t *testing.T) {
	d, err := Read(strings.NewReader("denominator,group,numerator\n10,Zürich, 4\n,\"St \"\"Mary\"\", of X\",5\n"), "f.csv", Shape{Kind: measures.Funnel})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(d.Groups, []string{"Zürich", `St "Mary", of X`}) || !slices.Equal(d.X, []int32{1, 2}) || d.Y[1] != 5 || !measures.IsMissing(d.N[1]) {
		t.Errorf("%+v", d)
	}
}

func TestTargetsAndTrajectoriesAreColumns(t *testing.T) {
	d, err := Read(strings.NewReader("x,y,target,trajectory\n2,1,,8\n1,1,95,9\n"), "f.csv", Shape{Kind: measures.XmR})
	if err != nil || d.N != nil || d.Target[0] != 95 || !measures.IsMissing(d.Target[1]) || !slices.Equal(d.Trajectory, []float64{9, 8}) {
		t.Errorf("%+v, %v", d, err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add("x,y,n\n2026-05-01,3,4\n", uint8(measures.XmR))
	f.Add("x,y\n1,\n2,3e9\n", uint8(measures.C))
	f.Add("y,x\n\"1\n\",2", uint8(measures.T))
	f.Add("group,numerator,denominator\nA,1,2\n\"B\n\",3,4\n", uint8(measures.Funnel))
	f.Add("x,y\n1,2\n1,3\n", uint8(measures.S))
	f.Add("x,y,expected\n1,1,.2\n", uint8(measures.VLAD))
	f.Fuzz(func(t *testing.T, text string, kind uint8) {
		shape := Shape{Kind: measures.Kind(kind)}
		d, err := Read(strings.NewReader(text), "fuzz.csv", shape)
		if err != nil {
			if strings.ContainsAny(err.Error(), "\r\n") || !strings.HasPrefix(err.Error(), "fuzz.csv, line ") {
				t.Errorf("error on several lines, or without a place: %q", err)
			}
			return
		}
		if len(d.X) == 0 || len(d.Y) != len(d.X) || d.N != nil && len(d.N) != len(d.X) || (shape.Kind == measures.Funnel) != (d.Groups != nil) {
			t.Fatalf("%d x, %d y, %d n, %d groups", len(d.X), len(d.Y), len(d.N), len(d.Groups))
		}
		for i := range d.X {
			rises := i == 0 || d.X[i] > d.X[i-1] || shape.subgroups() && d.X[i] == d.X[i-1]
			if !rises || math.IsInf(d.Y[i], 0) || d.N != nil && d.N[i] < 0 {
				t.Fatalf("point %d of %+v", i, d)
			}
		}
	})
}
