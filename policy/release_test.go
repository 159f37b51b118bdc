package policy

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

func TestAGrantOpensOneStepOfOneRelease(t *testing.T) {
	given := Decision{Allow: true, sealed: true, Request: Request{Action: ReleaseCheck, Release: Release{Digest: "sha256:1"}}}
	grant, err := Recorded(given, 1).Grant()
	if err != nil {
		t.Fatal(err)
	}
	at := given
	at.Request.Resource.ODS = "RQW"
	elsewhere, err := Recorded(at, 2).Grant()
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		grant  Grant
		action Action
		digest string
		want   string // in the error; empty: it opens
	}{
		"that step":           {grant, ReleaseCheck, "sha256:1", ""},
		"another step":        {grant, ReleasePublish, "sha256:1", "release.check"},
		"another release":     {grant, ReleaseCheck, "sha256:2", "sha256:1"},
		"at an organisation":  {elsewhere, ReleaseCheck, "sha256:1", "the grant is for"},
		"nothing":             {Grant{}, ReleaseCheck, "sha256:1", "empty"},
		"adopted by somebody": {grant, ReleaseAdopt, "sha256:1", "no step that a release takes by itself"},
		"no step at all":      {grant, PolicyWrite, "sha256:1", "no step"},
	} {
		err := c.grant.ForRelease(c.action, c.digest)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

// publishedActions are those that the schema of a question names.
func publishedActions(t testing.TB) []Action {
	t.Helper()
	text, err := Schema("input")
	if err != nil {
		t.Fatal(err)
	}
	var schema struct {
		Properties struct {
			Action struct{ Enum []Action }
		}
	}
	if err := json.Unmarshal(text, &schema); err != nil {
		t.Fatal(err)
	}
	return schema.Properties.Action.Enum
}

// Every action is of one kind, so that no bar is forgotten for any.
func TestEveryActionIsOfOneKind(t *testing.T) {
	kinds := func(a Action) (n int) {
		for _, is := range []bool{a.AboutPlugin(), a.AboutGovernance(), a.AboutRelease(), a.AboutWork(), a.OpensData()} {
			if is {
				n++
			}
		}
		return n
	}
	if published := publishedActions(t); !slices.Equal(slices.Sorted(slices.Values(published)), slices.Sorted(slices.Values(Actions()))) {
		t.Errorf("the schema names %q, the program knows %q", published, Actions())
	}
	for _, a := range Actions() {
		if kinds(a) != 1 {
			t.Errorf("%s is of %d kinds", a, kinds(a))
		}
		if a.AboutAdoption() && !a.AboutRelease() {
			t.Errorf("%s is about no release", a)
		}
	}
}
