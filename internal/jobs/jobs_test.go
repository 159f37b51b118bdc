package jobs

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"unsafe"

	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/internal/postgres/pgtest"
	"github.com/signalbox-health/signalbox/policy"
)

func quiet() *slog.Logger {
	return slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
}

// database is an empty one with all tables.
func database(t testing.TB) (*postgres.DB, string) {
	t.Helper()
	url := pgtest.URL(t)
	if err := postgres.Migrate(t.Context(), url, Tables()); err != nil {
		t.Fatal(err)
	}
	return reopen(t, url), url
}

func reopen(t testing.TB, url string) *postgres.DB {
	t.Helper()
	db, err := postgres.Open(t.Context(), postgres.Config{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return db
}

func queue(t testing.TB, db *postgres.DB, works ...Work) *Queue {
	t.Helper()
	q, err := New(db, Options{Log: quiet()}, works...)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

func started(t testing.TB, db *postgres.DB, works ...Work) *Queue {
	t.Helper()
	q := queue(t, db, works...)
	if err := q.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := q.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return q
}

// granted is a recorded yes to an action, as an engine makes it.
func granted(t testing.TB, action policy.Action) policy.Grant {
	t.Helper()
	d := policy.Decision{Allow: true, Request: policy.Request{ID: "jobs", Action: action, Actor: policy.Actor{ID: "oona"}}}
	*(*bool)(unsafe.Pointer(reflect.ValueOf(&d).Elem().FieldByName("sealed").UnsafeAddr())) = true
	grant, err := policy.Recorded(d, 1).Grant()
	if err != nil {
		t.Fatal(err)
	}
	return grant
}

// until waits for something that is bound to come.
func until(t testing.TB, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !is(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited half a minute: %s", what)
		}
	}
}

// now finds one job.
func (q *Queue) now(t testing.TB, id int64) Job {
	t.Helper()
	job, err := q.Job(t.Context(), granted(t, policy.JobsManage), id)
	if err != nil {
		t.Fatal(err)
	}
	return job
}

func TestAJobIsDoneOnceAndSaysSo(t *testing.T) {
	db, _ := database(t)
	var runs atomic.Int64
	q := started(t, db, Work{Kind: "tea.make", Title: "Make tea", Do: func(context.Context) error { runs.Add(1); return nil }})
	job, err := q.Now(t.Context(), granted(t, policy.JobsManage), "tea.make")
	if err != nil {
		t.Fatal(err)
	}
	until(t, "the job is done", func() bool { return q.now(t, job.ID).State == Done })
	if job := q.now(t, job.ID); job.By != "oona" || job.Attempt != 1 || job.Ended.Before(job.Begun) || job.Worker == "" || len(job.Faults) != 0 {
		t.Errorf("%+v", job)
	}
	until(t, "it is counted", func() bool { return q.Counts()["tea.make"].Done == 1 })
	if runs.Load() != 1 {
		t.Errorf("it ran %d times", runs.Load())
	}
}

func TestAKindOfWorkStandsInTheQueueOnce(t *testing.T) {
	db, _ := database(t)
	q := queue(t, db, Work{Kind: "tea.make", Title: "Make tea", Do: func(context.Context) error { return nil }},
		Work{Kind: "tea.pour", Title: "Pour tea", Do: func(context.Context) error { return nil }})
	var ids []int64
	for _, kind := range []Kind{"tea.make", "tea.make", "tea.pour", "tea.make"} {
		job, err := q.Wake(t.Context(), kind)
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, job.ID)
	}
	if ids[0] != ids[1] || ids[0] != ids[3] || ids[0] == ids[2] {
		t.Errorf("jobs %v; the first, second and fourth are the same work, and the third is not", ids)
	}
	list, err := q.Jobs(t.Context(), granted(t, policy.JobsManage), Open...)
	if err != nil || len(list) != 2 {
		t.Errorf("%+v, %v", list, err)
	}
	if standing, err := q.Standing(t.Context()); err != nil || standing["tea.make"][Waiting] != 1 || standing["tea.pour"][Waiting] != 1 {
		t.Errorf("%v, %v", standing, err)
	}
	if latest, err := q.Latest(t.Context(), granted(t, policy.JobsManage), "tea.make", Open...); err != nil || latest.ID != ids[0] {
		t.Errorf("%+v, %v", latest, err)
	}
	if _, err := q.Latest(t.Context(), granted(t, policy.JobsManage), "tea.make", Done); !errors.Is(err, ErrNoJob) {
		t.Errorf("of those that are done: %v", err)
	}
	if _, err := q.Wake(t.Context(), "coffee"); !errors.Is(err, ErrNoJob) {
		t.Errorf("an unknown kind: %v", err)
	}
}

func TestWhatGoesWrongIsTriedAgainAndCanBeHurried(t *testing.T) {
	db, _ := database(t)
	var runs atomic.Int64
	q := started(t, db, Work{Kind: "tea.make", Title: "Make tea", Attempts: 3, Do: func(context.Context) error {
		if runs.Add(1) < 3 {
			return errors.New("the kettle is cold")
		}
		return nil
	}})
	job, err := q.Wake(t.Context(), "tea.make")
	if err != nil {
		t.Fatal(err)
	}
	until(t, "the second attempt went wrong", func() bool { j := q.now(t, job.ID); return j.State == Again && j.Attempt == 2 })
	// By itself it would be tried again in 16 seconds.
	if again, err := q.Now(t.Context(), granted(t, policy.JobsManage), "tea.make"); err != nil || again.ID != job.ID {
		t.Fatalf("%+v, %v; it is job %d that waits", again, err, job.ID)
	}
	until(t, "the third attempt is done", func() bool { return q.now(t, job.ID).State == Done })
	faults := q.now(t, job.ID).Faults
	if len(faults) != 2 || faults[0].Text != "the kettle is cold" || faults[1].Attempt != 2 {
		t.Errorf("%+v", faults)
	}
	until(t, "all are counted", func() bool { c := q.Counts()["tea.make"]; return c.Done == 1 && c.Failed == 2 })
}

func TestWhatFailsForGoodMayBeAskedForAgain(t *testing.T) {
	db, _ := database(t)
	var cold atomic.Bool
	cold.Store(true)
	q := started(t, db, Work{Kind: "tea.make", Title: "Make tea", Attempts: 1, Do: func(context.Context) error {
		if cold.Load() {
			panic("the kettle exploded")
		}
		return nil
	}})
	job, err := q.Wake(t.Context(), "tea.make")
	if err != nil {
		t.Fatal(err)
	}
	until(t, "it failed", func() bool { return q.now(t, job.ID).State == Failed })
	if faults := q.now(t, job.ID).Faults; len(faults) != 1 || !strings.Contains(faults[0].Text, "exploded") {
		t.Errorf("%+v", faults)
	}
	cold.Store(false)
	again, err := q.Now(t.Context(), granted(t, policy.JobsManage), "tea.make")
	if err != nil || again.ID == job.ID {
		t.Fatalf("%+v, %v", again, err)
	}
	until(t, "it is done", func() bool { return q.now(t, again.ID).State == Done })
}

func TestAJobThatRunsIsStoppedFromAnotherProcess(t *testing.T) {
	db, url := database(t)
	begun := make(chan struct{})
	work := Work{Kind: "tea.make", Title: "Make tea", Do: func(ctx context.Context) error { close(begun); <-ctx.Done(); return ctx.Err() }}
	q := started(t, db, work)
	job, err := q.Wake(t.Context(), "tea.make")
	if err != nil {
		t.Fatal(err)
	}
	<-begun
	other := queue(t, reopen(t, url), work)
	if _, err := other.Cancel(t.Context(), granted(t, policy.JobsManage), job.ID); err != nil {
		t.Fatal(err)
	}
	until(t, "it is stopped", func() bool { return q.now(t, job.ID).State == Stopped })
	if _, err := other.Cancel(t.Context(), granted(t, policy.JobsManage), 4711); !errors.Is(err, ErrNoJob) {
		t.Errorf("one that is not there: %v", err)
	}
}

func TestAJobHasItsTimeAndNotMore(t *testing.T) {
	db, _ := database(t)
	q := started(t, db, Work{Kind: "tea.make", Title: "Make tea", Within: 50 * time.Millisecond, Attempts: 1,
		Do: func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }})
	job, err := q.Wake(t.Context(), "tea.make")
	if err != nil {
		t.Fatal(err)
	}
	until(t, "its time is over", func() bool { return q.now(t, job.ID).State == Failed })
}

func TestWhatIsDoneEverySoOftenIsDoneAtTheStartToo(t *testing.T) {
	db, _ := database(t)
	var hourly, often atomic.Int64
	started(t, db,
		Work{Kind: "tea.make", Title: "Make tea", Every: time.Hour, Do: func(context.Context) error { hourly.Add(1); return nil }},
		Work{Kind: "tea.pour", Title: "Pour tea", Every: time.Second, Do: func(context.Context) error { often.Add(1); return nil }})
	until(t, "three times", func() bool { return often.Load() >= 3 })
	if hourly.Load() != 1 {
		t.Errorf("what is done every hour was done %d times", hourly.Load())
	}
}

func TestOnlyWhoMayManageJobsDoes(t *testing.T) {
	db, _ := database(t)
	q := queue(t, db, Work{Kind: "tea.make", Title: "Make tea", Do: func(context.Context) error { return nil }})
	for name, grant := range map[string]policy.Grant{"none": {}, "to read a chart": granted(t, policy.ChartRead)} {
		_, now := q.Now(t.Context(), grant, "tea.make")
		_, stop := q.Cancel(t.Context(), grant, 1)
		_, list := q.Jobs(t.Context(), grant, Waiting)
		_, one := q.Job(t.Context(), grant, 1)
		_, latest := q.Latest(t.Context(), grant, "tea.make", Waiting)
		for what, err := range map[string]error{"ask": now, "stop": stop, "list": list, "find": one, "latest": latest} {
			if !errors.Is(err, postgres.ErrOutOfScope) {
				t.Errorf("%s with a grant %s: %v", what, name, err)
			}
		}
	}
}

func TestWorkIsCheckedBeforeItIsBegun(t *testing.T) {
	db, _ := database(t)
	do := func(context.Context) error { return nil }
	good := Work{Kind: "tea.make", Title: "Make tea", Do: do}
	for name, works := range map[string][]Work{
		"no kind":   {{Title: "Make tea", Do: do}},
		"no title":  {{Kind: "tea.make", Do: do}},
		"nothing":   {{Kind: "tea.make", Title: "Make tea"}},
		"too often": {{Kind: "tea.make", Title: "Make tea", Do: do, Every: time.Millisecond}},
		"twice":     {good, good},
	} {
		if _, err := New(db, Options{}, works...); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
}

// The role that the program works as may use the queue, and may not change its tables.
func TestTheTablesAreOpenToTheProgramAndNotItsOwn(t *testing.T) {
	url := pgtest.URL(t)
	first, err := postgres.MigrateWithReport(t.Context(), url, Tables())
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(first, func(m postgres.Migrated) bool { return strings.HasPrefix(m.File, "the queue's 001") }) {
		t.Errorf("applied: %+v", first)
	}
	// As if the first start had been stopped before the rights were given.
	pgtest.Exec(t, url, `REVOKE ALL ON river_job FROM signalbox_app`)
	again, err := postgres.MigrateWithReport(t.Context(), url, Tables())
	if err != nil || len(again) != 0 {
		t.Fatalf("a second time: %+v, %v", again, err)
	}
	if _, err := queue(t, reopen(t, url), Work{Kind: "tea.make", Title: "Make tea", Do: func(context.Context) error { return nil }}).Wake(t.Context(), "tea.make"); err != nil {
		t.Error(err)
	}
	owned := pgtest.SQL(t, url, `SELECT relname FROM pg_class WHERE relname LIKE 'river%' AND pg_has_role('signalbox_app', relowner, 'USAGE')`)
	if len(owned) != 0 {
		t.Errorf("the program owns %v", owned)
	}
}
