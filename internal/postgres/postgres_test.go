package postgres

import (
	"reflect"
	"strconv"
	"sync/atomic"
	"testing"
	"unsafe"

	"github.com/jackc/pgx/v5"

	"github.com/signalbox-health/signalbox/internal/postgres/pgtest"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
)

// open gives a migrated database of the test's own.
func open(t testing.TB) *DB {
	t.Helper()
	url := pgtest.URL(t)
	if err := Migrate(t.Context(), url); err != nil {
		t.Fatal(err)
	}
	return openURL(t, url)
}

func openEmpty(t testing.TB) string { return pgtest.URL(t) }

func openURL(t testing.TB, url string) *DB {
	t.Helper()
	db, err := Open(t.Context(), Config{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return db
}

// owner is a connection that may do anything, to lay out what a test needs.
func owner(t testing.TB, db *DB) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), db.ownerURL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(t.Context()) })
	return conn
}

var requests atomic.Int64

// decision is an allowing one, of any shape a test needs. Only an Engine seals
// decisions; a test of the database has to go round it, to try grants that no
// policy would give.
func decision(dataset measures.DatasetID, scope []measures.ODSCode, columns ...string) policy.Decision {
	d := policy.Decision{
		Request: policy.Request{
			ID: "request-" + strconv.FormatInt(requests.Add(1), 10), Now: 1800000000, Action: policy.ChartRead,
			Actor:    policy.Actor{ID: "demo-clinician", ODS: "RAA", Orgs: []measures.ODSCode{"RAA"}, Purpose: "improvement"},
			Resource: policy.Resource{Dataset: dataset, Columns: columns, ODS: "ENG", Grain: "aggregate", Stratifiers: []string{"type", "test"}},
		},
		Allow: true, Scope: scope, Rows: []policy.RowRule{{All: true}}, Columns: columns, PolicyRevision: "test", DataRevision: "test",
	}
	return seal(d)
}

// mayLoad are the grants of somebody who may load datasets for everybody.
func mayLoad(t testing.TB, datasets ...measures.Dataset) (grants []policy.Grant) {
	t.Helper()
	for _, d := range datasets {
		var columns []string
		for _, c := range d.Columns {
			columns = append(columns, c.Name)
		}
		made := decision(d.ID, []measures.ODSCode{policy.Everyone}, columns...)
		made.Request.Action = policy.DataLoad
		grants = append(grants, grantOf(t, made))
	}
	return grants
}

func seal(d policy.Decision) policy.Decision {
	field := reflect.ValueOf(&d).Elem().FieldByName("sealed")
	*(*bool)(unsafe.Pointer(field.UnsafeAddr())) = true
	return d
}

func grantOf(t testing.TB, d policy.Decision) policy.Grant {
	t.Helper()
	grant, err := policy.Recorded(d, 1).Grant()
	if err != nil {
		t.Fatal(err)
	}
	return grant
}
