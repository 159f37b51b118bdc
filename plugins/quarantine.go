package plugins

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Quarantine is a plugin that is not run any more, because it did wrong.
type Quarantine struct {
	Digest Digest
	Since  time.Time
	// Manners are how it went wrong, one entry a fault that counted. What was
	// wrong in detail is in the log only: a fault's text may quote data.
	Manners []Manner
}

// Cause says why, for whoever looks after the installation.
func (q *Quarantine) Cause() string {
	if len(q.Manners) == 1 {
		return "1 fault: " + string(q.Manners[0])
	}
	words := make([]string, len(q.Manners))
	for i, m := range q.Manners {
		words[i] = string(m)
	}
	slices.Sort(words)
	return fmt.Sprintf("%d faults: %s", len(words), strings.Join(slices.Compact(words), ", "))
}
