package main

import (
	"os"
	"path/filepath"
	"testing"
)

// TestAFolderThatAChartWasDrawnInFirstWillHoldTheDatabase: drawing a chart of a
// file and checking a plugin make the data folder if it is not there. Run as root
// they must leave it open for PostgreSQL, which then is another user, to pass.
func TestAFolderThatAChartWasDrawnInFirstWillHoldTheDatabase(t *testing.T) {
	dir := filepath.Join(dataFolder(t), "new", "folder")
	figures := filepath.Join(t.TempDir(), "falls.csv")
	if err := os.WriteFile(figures, []byte("x,y\n2024-01-01,4\n2024-02-01,6\n2024-03-01,5\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p := launch(t, "chart", "--data", dir, figures)
	if status := p.status(t); status != 0 {
		t.Fatalf("the chart ended with status %d: %s", status, p.errors.String())
	}
	code, err := os.Stat(filepath.Join(dir, "plugins"))
	if err != nil || code.Mode().Perm() != 0o700 {
		t.Errorf("compiled code is kept in %v, %v: others may not look into it", code, err)
	}
	_, address := serveProgram(t, "--demo", "--data", dir)
	newVisitor(t).answers(t, address+"/readyz")
}
