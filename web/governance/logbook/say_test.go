package logbook

import (
	"slices"
	"testing"

	"github.com/signalbox-health/signalbox/policy"
)

// A reader of the log meets no action by its name in the program.
func TestEveryActionHasWords(t *testing.T) {
	for _, action := range policy.Actions() {
		at := slices.IndexFunc(acts, func(a act) bool { return a.action == action })
		if at < 0 || acts[at].name == "" || acts[at].said == "" {
			t.Errorf("%s has no words in the log", action)
		}
	}
}
