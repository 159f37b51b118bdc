package policy

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"testing"

	"github.com/signalbox-health/signalbox/measures"
)

// TestEveryFieldThatAPolicySeesIsInTheKey changes each field of a request in
// turn, by reflection, so that a field added later cannot be forgotten.
func TestEveryFieldThatAPolicySeesIsInTheKey(t *testing.T) {
	base := read(clinician(), "ae", "RQW")
	base.Plugin.Signers, base.Resource.Stratifiers = []string{"a"}, []string{"b"}
	base.Release = Release{ID: "pressure", Signers: []ReleaseSigner{{Holder: "ada", Role: "author"}}}
	seen := map[string]string{string(cacheKey(base)): "the request itself"}
	var visit func(path string, v reflect.Value, r *Request)
	visit = func(path string, v reflect.Value, r *Request) {
		if path == ".ID" || path == ".Actor.Name" {
			return // no policy sees them
		}
		old := reflect.ValueOf(v.Interface())
		switch v.Kind() {
		case reflect.Struct:
			for i := range v.NumField() {
				visit(path+"."+v.Type().Field(i).Name, v.Field(i), r)
			}
			return
		case reflect.String:
			v.SetString(v.String() + "x")
		case reflect.Int64, reflect.Int32, reflect.Int:
			v.SetInt(v.Int() + 61)
		case reflect.Bool:
			v.SetBool(!v.Bool())
		case reflect.Slice:
			if v.Len() > 0 && v.Index(0).Kind() == reflect.Struct {
				visit(path+"[0]", v.Index(0), r)
			}
			v.Set(reflect.Append(v, reflect.Zero(v.Type().Elem())))
		default:
			t.Fatalf("%s has kind %v", path, v.Kind())
		}
		key := string(cacheKey(*r))
		if other, taken := seen[key]; taken {
			t.Errorf("%s has the key of %s", path, other)
		}
		seen[key] = path
		v.Set(old)
	}
	visit("", reflect.ValueOf(&base).Elem(), &base)
	if len(seen) < 20 {
		t.Errorf("only %d fields were changed", len(seen))
	}
}

func TestTextsDoNotRunTogetherInTheKey(t *testing.T) {
	a, b := read(clinician(), "ae", "RQW"), read(clinician(), "ae", "RQW")
	a.Resource.Columns, b.Resource.Columns = []string{"ab", "c"}, []string{"a", "bc"}
	if string(cacheKey(a)) == string(cacheKey(b)) {
		t.Error("two requests share a key")
	}
}

func TestCachedAnswerEqualsAFreshOne(t *testing.T) {
	warm, fresh := engine(t), engine(t)
	for r := range questions() {
		decide(t, warm, r)
	}
	for r := range questions() {
		r.ID, r.Now = "another", r.Now+59
		want, err := fresh.live.Load().decide(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		want.sealed = true
		if got := decide(t, warm, r); !equalJSON(t, got.Document(), want.Document()) || got.Request.ID != "another" || !got.sealed {
			t.Fatalf("cached %+v\nfresh  %+v", got, want)
		}
	}
}

func TestAgreementEndsInTheCacheToo(t *testing.T) {
	e := engine(t) // the agreement DSA-1 ends 90 s after noon, so at the whole minute before
	ask := func(seconds int64) bool {
		r := read(clinician(), "diagnostics", "RXX")
		r.Now = noon + seconds
		return decide(t, e, r).Allow
	}
	for _, seconds := range []int64{0, 0, 59, 59, 60, 60, 89, 90, 3600} {
		if got, want := ask(seconds), seconds < 60; got != want {
			t.Errorf("%d s after noon: allowed %v, want %v", seconds, got, want)
		}
	}
}

func TestCallersCannotChangeWhatOthersAreTold(t *testing.T) {
	e := engine(t)
	r := read(clinician(), "diagnostics", "RQW")
	first := decide(t, e, r)
	for range 2 { // what was stored, and what was handed out from the store
		first.Scope[0], first.Columns[0], first.Rows[0].Conditions[0].Values[0] = "RXX", "names", "RXX"
		first.Grants[0].Code, first.Obligations[0] = "none", "none"
		again := decide(t, e, r)
		if again.Scope[0] != "RQW" || again.Columns[0] != "seen" || again.Rows[0].Conditions[0].Values[0] != "RQW" ||
			again.Grants[0].Code != "own_organisation" || again.Obligations[0] != "audit" {
			t.Errorf("%+v", again)
		}
		first = again
	}
}

func TestNewDataMakesOldAnswersVoid(t *testing.T) {
	e := engine(t)
	r := read(clinician(), "diagnostics", "RWG")
	if decide(t, e, r).Allow {
		t.Fatal("allowed before the agreement")
	}
	_, before := e.Revisions()
	data := reference(t)
	data.Agreements[KeyOf("RWG", "RQW", "diagnostics")] = Agreement{Ref: "DSA-9", Expires: noon + 3600, Purposes: []Purpose{"improvement"}}
	if err := e.SetData(context.Background(), data); err != nil {
		t.Fatal(err)
	}
	d := decide(t, e, r)
	if !d.Allow || d.DataRevision == before || d.Disclosure.MinCellCount != 8 || !slices.Equal(d.Grants, []GrantRef{{"agreement", "DSA-9"}}) {
		t.Errorf("%+v", d)
	}
	data.Agreements[KeyOf("RWG", "RQW", "diagnostics")] = Agreement{} // the engine keeps a copy
	if !decide(t, e, r).Allow {
		t.Error("the caller's table is the engine's table")
	}
}

func TestCacheForgetsTheOldest(t *testing.T) {
	c := newCache()
	for i := range 3 * generation {
		c.put([]byte(fmt.Sprint(i)), Decision{Scope: []measures.ODSCode{"RQW"}})
	}
	if n := len(c.young) + len(c.old); n > 2*generation {
		t.Errorf("%d answers are kept", n)
	}
	if _, ok := c.get([]byte(fmt.Sprint(3*generation - 1))); !ok {
		t.Error("the newest is gone")
	}
}
