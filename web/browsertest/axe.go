package browsertest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// rules are those of WCAG 2.2 AA, and what axe-core holds to be good practice.
const rules = `["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]`

// Axe runs axe-core on the part of the open page that a selector names and
// lists what it finds wrong.
func (b *Browser) Axe(t testing.TB, part string) []string {
	t.Helper()
	if !Eval[bool](t, b, "typeof window.axe === 'object'") {
		source, err := axeSource()
		if err != nil {
			Missing(t, err)
		}
		Eval[any](t, b, source+";null")
	}
	return Eval[[]string](t, b, fmt.Sprintf(`axe.run(%q, {resultTypes: ["violations"], runOnly: %s}).then(r =>
		r.violations.map(v => v.id + ": " + v.help + " (" + v.nodes.length + ", first " + v.nodes[0].html.slice(0, 200) + " " +
			(v.nodes[0].failureSummary ?? "").replace(/\s+/g, " ").slice(0, 300) + ")"))`, part, rules))
}

func axeSource() (string, error) {
	root, err := repository()
	if err != nil {
		return "", err
	}
	text, err := os.ReadFile(filepath.Join(root, "web", "assets", "node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		return "", fmt.Errorf("axe-core is not installed, run make assets: %w", err)
	}
	return string(text), nil
}

// repository is the folder of go.mod, from wherever the test runs.
func repository() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", errors.New("no go.mod above the folder of the test")
		}
		dir = filepath.Dir(dir)
	}
}
