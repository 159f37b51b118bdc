package jobs

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
)

// sooner is how soon these tests give up on a process.
const sooner = 2 * time.Second

// TestWorkUntilKilled is what the child of the next test runs: it takes a job and never
// ends it.
func TestWorkUntilKilled(t *testing.T) {
	url := os.Getenv("SIGNALBOX_TEST_WORK_URL")
	if url == "" {
		t.Skip("run by another test")
	}
	db, err := postgres.Open(context.Background(), postgres.Config{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	q, err := New(db, Options{Rescue: sooner}, Work{Kind: "tea.make", Title: "Make tea", Within: sooner / 2, Do: func(context.Context) error {
		fmt.Println("begun")
		select {} // deaf to its deadline, as one that hangs is
	}})
	if err == nil {
		err = q.Start(context.Background())
	}
	if err == nil {
		_, err = q.Wake(context.Background(), "tea.make")
	}
	if err != nil {
		t.Fatal(err)
	}
	select {}
}

// A worker is killed with kill -9 in the middle of a job, and it was the leader too. The
// next one finds the job, does it, and says what had happened.
func TestAJobOfAWorkerThatWasKilledIsDoneByTheNext(t *testing.T) {
	t.Parallel()
	_, url := database(t)
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestWorkUntilKilled$")
	child.Env = append(os.Environ(), "SIGNALBOX_TEST_WORK_URL="+url)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "begun\n" {
		t.Fatalf("the child says %q, %v", line, err)
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait() // it was killed
	// A minute passes: the lease of the leader that died runs out after 15 seconds, and
	// the job has had its time.
	pgtest.Exec(t, url, `UPDATE river_leader SET elected_at = elected_at - interval '1 minute', expires_at = expires_at - interval '1 minute'`)
	pgtest.Exec(t, url, `UPDATE river_job SET attempted_at = attempted_at - interval '1 minute'`)
	killed := time.Now()

	done := make(chan struct{}, 10)
	q, err := New(reopen(t, url), Options{Rescue: sooner, Log: quiet()}, Work{Kind: "tea.make", Title: "Make tea", Within: sooner / 2,
		Do: func(context.Context) error { done <- struct{}{}; return nil }})
	if err == nil {
		err = q.Start(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := q.Close(context.Background()); err != nil {
			t.Error(err)
		}
	}()
	select {
	case <-done:
	case <-time.After(90 * time.Second):
		t.Fatal("nobody has done it after 90 seconds")
	}
	t.Logf("done %.1f s after the kill", time.Since(killed).Seconds())
	until(t, "it is done", func() bool { list, err := q.jobs(t.Context(), Done); return err == nil && len(list) == 1 })
	list, err := q.jobs(t.Context(), Done)
	if err != nil || list[0].Attempt != 2 || len(list[0].Faults) != 1 || !strings.Contains(list[0].Faults[0].Text, "rescued") {
		t.Errorf("%+v, %v", list, err)
	}
}
