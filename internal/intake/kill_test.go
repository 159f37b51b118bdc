package intake

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/internal/postgres/pgtest"
	"github.com/signalbox-health/signalbox/measures"
)

// made writes a table of monthly figures by type: organisations have 120 months
// and 20 types each.
func made(t testing.TB, rows int) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("period,org_code,type,attendances,breaches,admissions\n")
	for n := range rows {
		org, month, kind := n/2400, n/20%120, n%20
		fmt.Fprintf(&b, "%d-%02d-01,X%04d,t%02d,%d,%d,%d\n", 2010+month/12, month%12+1, org, kind, 1000+n%7919, n%997, n%331)
	}
	return file(t, "made.csv", b.String())
}

// TestALoadThatIsKilledIsWholeOrAbsent starts this test again as a process that
// loads a large table, and kills it at different moments.
func TestALoadThatIsKilledIsWholeOrAbsent(t *testing.T) {
	const rows = 60_000
	if url := os.Getenv("SIGNALBOX_TEST_LOAD_URL"); url != "" {
		db, err := postgres.Open(context.Background(), postgres.Config{URL: url})
		if err != nil {
			t.Fatal(err)
		}
		fmt.Println("loading")
		_, err = Load(context.Background(), db, Options{Gate: operator(db), Files: []string{os.Getenv("SIGNALBOX_TEST_LOAD_FILE")}, By: "test", RefusedDir: os.Getenv("SIGNALBOX_TEST_LOAD_REFUSED"), Now: today})
		if err != nil {
			t.Fatal(err)
		}
		return
	}
	url := pgtest.URL(t)
	if err := postgres.Migrate(t.Context(), url); err != nil {
		t.Fatal(err)
	}
	path := made(t, rows)
	killed, absent := 0, 0
	for _, wait := range []time.Duration{0, 40, 120, 250, 400, 600} {
		child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestALoadThatIsKilledIsWholeOrAbsent$")
		child.Env = append(os.Environ(), "SIGNALBOX_TEST_LOAD_URL="+url, "SIGNALBOX_TEST_LOAD_FILE="+path, "SIGNALBOX_TEST_LOAD_REFUSED="+t.TempDir())
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		if line, _ := bufio.NewReader(out).ReadString('\n'); line != "loading\n" {
			t.Fatalf("the child said %q", line)
		}
		time.Sleep(wait * time.Millisecond)
		child.Process.Kill()
		if child.Wait() != nil {
			killed++
		}
		if whole(t, url, rows) {
			break
		}
		absent++
	}
	if killed == 0 || absent == 0 {
		t.Errorf("killed %d loads, %d left nothing: the test was too slow to prove anything", killed, absent)
	}
	// After all that, a load works, and adds what is missing and no more.
	db := openURL(t, url)
	f := mustLoad(t, db, options(t, path))[0]
	if f.Added+f.Unchanged != rows || f.Added != 0 && f.Unchanged != 0 {
		t.Errorf("loaded after the kills: %+v", f)
	}
}

// whole reports whether all rows are there, and fails if only some are.
func whole(t *testing.T, url string, rows int64) bool {
	t.Helper()
	db := openURL(t, url)
	coverage, err := db.DatasetsWithData(t.Context(), measures.England)
	if err != nil || len(coverage) != 0 {
		t.Fatalf("%+v, %v", coverage, err)
	}
	organisations, err := db.Organisations(t.Context(), measures.OtherOrganisation)
	if err != nil {
		t.Fatal(err)
	}
	var n int64
	for _, o := range organisations {
		coverage, err := db.DatasetsWithData(t.Context(), o.ODS)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range coverage {
			n += c.Rows
		}
	}
	if n != 0 && n != rows || n == 0 && len(organisations) > 0 {
		t.Fatalf("a killed load left %d of %d rows and %d organisations", n, rows, len(organisations))
	}
	return n == rows
}
