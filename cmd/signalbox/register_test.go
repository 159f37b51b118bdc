package main

import (
	"errors"
	"testing"
)

func TestMemoryKeepsAnswersUntilItForgets(t *testing.T) {
	var m memory[string, int]
	asked := 0
	ask := func() (int, error) { asked++; return asked, nil }
	for _, want := range []int{1, 1} {
		if got, err := m.get("a", ask); got != want || err != nil {
			t.Errorf("%d, %v, want %d", got, err, want)
		}
	}
	m.forget()
	if got, _ := m.get("a", ask); got != 2 {
		t.Errorf("after forgetting %d, want 2", got)
	}
	// An answer to a question from before is not kept as one of today.
	if got, _ := m.get("b", func() (int, error) { m.forget(); return ask() }); got != 3 {
		t.Errorf("%d, want 3", got)
	}
	if got, _ := m.get("b", ask); got != 4 {
		t.Errorf("an answer that was to be forgotten is kept: %d, want 4", got)
	}
	broken := errors.New("broken")
	if _, err := m.get("c", func() (int, error) { return 0, broken }); !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
	if got, err := m.get("c", ask); got != 5 || err != nil {
		t.Errorf("after an error %d, %v, want 5", got, err)
	}
}
