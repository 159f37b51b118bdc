package spc

import "testing"

// Every golden case is a subtest named after its file. scripts/golden reads
// these two marks, with the results of the tests, to report them by family.

// deviates says that a case is answered otherwise on purpose. The test goes on
// to check our own answer; docs/deviations.md has the reason at length.
func deviates(t *testing.T, reason string) {
	t.Helper()
	t.Log("deviates: " + reason)
}

// notRunnable ends the test of a case that asks for something we do not have.
func notRunnable(t *testing.T, reason string) {
	t.Helper()
	t.Skip("not runnable: " + reason)
}
