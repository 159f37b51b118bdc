package web

import (
	"testing"

	"github.com/signalbox-health/signalbox/policy"
)

// Whatever is denied that opens no data, its page says what was asked.
func TestEveryDenialSaysWhatWasAsked(t *testing.T) {
	for _, action := range policy.Actions() {
		if action.OpensData() {
			continue // the page of figures says which
		}
		said := stepped[action]
		if action.AboutPlugin() {
			said = plugged[action]
		}
		if action.AboutGovernance() {
			said = governed[action]
		}
		if said.title == "" || said.asked == "" {
			t.Errorf("a denial of %s has no title, or does not say what was asked", action)
		}
	}
}
