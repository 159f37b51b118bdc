package intake

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/measures"
)

const registerCSV = `ods_code,name,trust_type,region,ics_short,icb_code,icb_name,predecessor_codes,merger_date,has_ae_series
RAA,Amber Vale NHS Trust,Acute,Midlands,,,,RCC,2025-04-01,
RBB,Brackenford NHS Trust,Acute,London,,,,,,
`

// file writes a table for a test.
func file(t testing.TB, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// withRegister is a database that knows RAA and RBB, and RCC, which closed.
func withRegister(t testing.TB) *postgres.DB {
	db := open(t)
	mustLoad(t, db, options(t, file(t, "ods.csv", registerCSV)))
	return db
}

const tidyHeader = "measure,org_code,period,numerator,denominator,value,stratifier,stratum,status,note\n"

func TestATidyTableMakesADatasetOfItsOwner(t *testing.T) {
	db := withRegister(t)
	o := options(t, file(t, "falls.csv", "\ufeff"+tidyHeader+
		"falls-per-1000,RAA,2026-05-01,3.5,1200,,,,final,\r\n"+
		"falls-per-1000,RAA,April 2026,-,1100,,,,,\n"+
		"falls-per-1000,RAA,\u00a0Mar 26 ,0,\"1,050\",,ward,A1,provisional,\n"+
		"hand-washing,RAA,2026-04,,,0.93,,,,seen twice\n"+
		"hand-washing,RAA,31/05/2026,,,*,,,,\n"))
	o.As = "RAA"
	f := mustLoad(t, db, o)[0]
	if f.RowsIn != 5 || f.Refused != 0 || f.Added != 5 || len(f.Datasets) != 2 || len(f.Warnings) != 1 {
		t.Fatalf("%+v", f)
	}
	d, err := db.Dataset(t.Context(), "falls_per_1000")
	if err != nil || d.Owner != "RAA" || d.Published || columnNames(d) != "numerator, denominator" || len(d.Stratifiers) != 1 || d.Stratifiers[0] != "ward" {
		t.Errorf("%+v, %v", d, err)
	}
	if d, err := db.Dataset(t.Context(), "hand_washing"); err != nil || columnNames(d) != "value" {
		t.Errorf("%+v, %v", d, err)
	}
	coverage, err := db.DatasetsWithData(t.Context(), "RAA")
	if err != nil || len(coverage) != 2 || coverage[0].First != measures.DateOf(2026, 3, 1) || coverage[0].Last != measures.DateOf(2026, 5, 1) {
		t.Errorf("%+v, %v", coverage, err)
	}
}

func TestRowsThatCannotBeTrueAreRefusedAndTheOthersComeIn(t *testing.T) {
	db := withRegister(t)
	rows := []struct{ text, reason string }{
		{"falls,RAA,2026-01-01,1,10,,,,,", ""},
		{"falls,RAA,2026-02-01,-1,10,,,,,", "numerator \"-1\" is below zero"},
		{"falls,RAA,2026-03-01,one,10,,,,,", "numerator \"one\" is not a number"},
		{"falls,RAA,2026-03-01,0x1F,10,,,,,", "not a number"},
		{"falls,RAA,2026-03-01,NaN,10,,,,,", "not a number"},
		{"falls,RAA,2026-03-01,\"1,23\",10,,,,,", "a comma may only set off thousands"},
		{"falls,RAA,Marathon 26,1,10,,,,,", "period \"Marathon 26\" is not a date"},
		{"falls,RAA,2026-13-01,1,10,,,,,", "is not a date"},
		{"falls,RAA,2026-03-01,1,10,0.1,,,,", "value \"0.1\" has no place in dataset falls, which holds numerator, denominator"},
		{"falls,RAA,2026-03-15,1,10,,,,,", "is not the first day of a month"},
		{"falls,RAA,2027-01-01,1,10,,,,,", "lies in the future"},
		{"falls,RZZ,2026-03-01,1,10,,,,,", "org_code \"RZZ\" is not in the register"},
		{"falls,rbb,2026-03-01,1,10,,,,,", "is no organisation code"},
		{"falls,RAA,2026-03-01,1,10,,ward,,,", "needs both"},
		{"falls,RAA,2026-03-01,1,10,,,,certain,", "is not final, provisional"},
		{"falls,RAA,2026-03-01,1,10,,,,not_measured,", "but there is a result"},
		{"falls,RAA,2026-03-01,1,10,,,", "the row has 8 cells, the header has 10"},
		{"Falls!,RAA,2026-03-01,1,10,,,,,", "is no name of a measure"},
		{"falls,RAA,2026-04-01,1,10,,,,,", "stand on line 21 too"},
		{"falls,RAA,2026-04-01,2,10,,,,,", "stand on line 20 too"},
		{"falls,RBB,2026-04-01,2,10,,,,,", ""},
	}
	text := tidyHeader
	for _, r := range rows {
		text += r.text + "\n"
	}
	o := options(t, file(t, "falls.csv", text))
	f := mustLoad(t, db, o)[0]
	if f.RowsIn != 21 || f.Added != 2 || f.Refused != 19 || !f.Committed {
		t.Fatalf("%+v", f)
	}
	header, refused := table(t, f.RefusedFile)
	if strings.Join(header, ",")+"\n" != strings.TrimSuffix(tidyHeader, "\n")+",line,reason\n" || len(refused) != 19 {
		t.Fatalf("the refused file has %q and %d rows", header, len(refused))
	}
	at := 0
	for i, r := range rows {
		if r.reason == "" {
			continue
		}
		line, reason := refused[at][10], refused[at][11]
		at++
		if line != strconv.Itoa(i+2) || !strings.Contains(reason, r.reason) {
			t.Errorf("%s: line %s, %q, want %q", r.text, line, reason, r.reason)
		}
	}
	// The refused file, mended, loads as it is.
	mended, err := os.ReadFile(f.RefusedFile)
	if err != nil {
		t.Fatal(err)
	}
	o.Files = []string{file(t, "mended.csv", strings.Replace(string(mended), "falls,RAA,2026-02-01,-1,", "falls,RAA,2026-02-01,1,", 1))}
	again := mustLoad(t, db, o)[0]
	// The short row was filled up with empty cells and is good now.
	if again.Added != 2 || again.Refused != 17 {
		t.Errorf("mended: %+v", again)
	}
}

func TestOneOrganisationLoadsOnlyItsOwnRows(t *testing.T) {
	db := withRegister(t)
	o := options(t, file(t, "falls.csv", tidyHeader+"falls,RAA,2026-01-01,1,10,,,,,\nfalls,RBB,2026-01-01,1,10,,,,,\n"))
	o.As = "RBB"
	f := mustLoad(t, db, o)[0]
	if f.Added != 1 || f.Refused != 1 || !strings.Contains(f.Refusals[0].Reason, "is not RBB") {
		t.Errorf("%+v", f)
	}
	o.As = "RZZ"
	if _, err := load(t, db, o); !errors.Is(err, ErrNothingCommitted) {
		t.Errorf("loaded for an organisation nobody knows: %v", err)
	}
}

func TestAClosedOrganisationComesInWithAWarning(t *testing.T) {
	db := withRegister(t)
	f := mustLoad(t, db, options(t, file(t, "falls.csv", tidyHeader+"falls,RCC,2025-03-01,1,10,,,,,\nfalls,RCC,2025-04-01,1,10,,,,,\n")))[0]
	if f.Added != 2 || len(f.Warnings) != 1 || !strings.Contains(f.Warnings[0], "RCC closed on 2025-04-01 and RAA took over; 1 rows") {
		t.Errorf("%+v", f)
	}
}

func TestAFileAboutPersonsIsRefusedWhole(t *testing.T) {
	db := withRegister(t)
	for name, test := range map[string]struct{ text, what, secret string }{
		"number in a note":  {tidyHeader + "falls,RAA,2026-01-01,1,10,,,,,\nfalls,RAA,2026-02-01,1,10,,,,,see 943 476 5919\n", "an NHS number", "5919"},
		"number as a count": {tidyHeader + "falls,RAA,2026-01-01,9434765919,10,,,,,\n", "an NHS number", "9434765919"},
		"postcode":          {tidyHeader + "falls,RAA,2026-01-01,1,10,,area,M1 1AE,,\n", "a full postcode", "1AE"},
		"birth date":        {tidyHeader + "falls,RAA,2026-01-01,1,10,,born,1961-02-03,,\n", "a date of birth", "1961"},
		"birth date words":  {tidyHeader + "falls,RAA,2026-01-01,1,10,,,,,dob 3.2.1961\n", "a date of birth", "1961"},
		"a column of names": {"surname,org_code,period,numerator\nSmithson,RAA,2026-01-01,1\n", "a name", "Smithson"},
		"in a surplus cell": {tidyHeader + "falls,RAA,2026-01-01,1,10,,,,,,9434765919\n", "an NHS number", "9434765919"},
		"in the period":     {tidyHeader + "falls,RAA,9434765919,1,10,,,,,\n", "an NHS number", "9434765919"},
	} {
		report, err := load(t, db, options(t, file(t, "falls.csv", test.text)))
		private := (*PrivacyError)(nil)
		if !errors.As(err, &private) || private.What != test.what || strings.Contains(err.Error(), test.secret) {
			t.Errorf("%s: %v", name, err)
		}
		for _, f := range report.Files {
			if f.Committed || f.RefusedFile != "" || len(f.Refusals) > 0 {
				t.Errorf("%s: %+v", name, f)
			}
		}
	}
	if _, err := db.Dataset(t.Context(), "falls"); !errors.Is(err, postgres.ErrNotFound) {
		t.Errorf("something of them was stored: %v", err)
	}
}

func TestABrokenFileStoresNothing(t *testing.T) {
	db := withRegister(t)
	for name, test := range map[string]struct{ text, want string }{
		"empty":              {"", "it is empty"},
		"no rows":            {tidyHeader, "no rows"},
		"another table":      {"a,b,c\n1,2,3\n", "nobody knows a table with these columns"},
		"a column missing":   {"org_code,period,numerator,source\nRAA,2026-01-01,1,x\n", `missing ["denominator"]`},
		"a column twice":     {"measure,org_code,period,numerator,denominator,numerator\n", "two columns"},
		"a broken quotation": {tidyHeader + "falls,RAA,2026-01-01,1,10,,,,,\nfalls,\"RAA,2026-02-01,1,10,,,,,\n", "line"},
		"not UTF-8":          {tidyHeader + "falls,RAA,2026-01-01,1,10,,,,,caf\xe9\n", "not UTF-8"},
		"all refused":        {tidyHeader + "falls,RZZ,2026-01-01,1,10,,,,,\n", "all 1 were refused"},
	} {
		report, err := load(t, db, options(t, file(t, "falls.csv", test.text)))
		if err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), "falls.csv") {
			t.Errorf("%s: %v", name, err)
		}
		for _, f := range report.Files {
			if f.Committed {
				t.Errorf("%s: %+v", name, f)
			}
		}
	}
	if _, err := load(t, db, options(t, filepath.Join(t.TempDir(), "absent.csv"))); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
}
