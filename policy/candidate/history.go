package candidate

import (
	"encoding/json"
	"fmt"

	"github.com/signalbox-health/signalbox/policy"
)

// maxRecorded bounds how many different questions are replayed: a child has a
// bound to its memory.
const maxRecorded = 500_000

// history is what was asked before, each question once. Two questions are the
// same if a policy cannot tell them apart: it sees no id, and time in minutes.
type history struct {
	seen  map[string]int // by the bytes of the input
	asked []asked
	total int
}

// asked is one question, and how often it was asked.
type asked struct {
	request policy.Request // of the latest time
	times   int
}

func newHistory() *history { return &history{seen: map[string]int{}} }

// add takes in recorded questions, the newest last.
func (h *history) add(questions []question) error {
	for _, q := range questions {
		h.total++
		if i, again := h.seen[string(q.Input)]; again {
			h.asked[i].times++
			h.asked[i].request.ID = q.ID
			continue
		}
		if len(h.asked) == maxRecorded {
			return fmt.Errorf("more than %d different questions; ask about fewer days", maxRecorded)
		}
		var in policy.Input
		if err := json.Unmarshal(q.Input, &in); err != nil {
			return fmt.Errorf("recorded question %s: %w", q.ID, err)
		}
		h.seen[string(q.Input)] = len(h.asked)
		in.RequestID = q.ID
		h.asked = append(h.asked, asked{in.Request(), 1})
	}
	return nil
}
