package policy

// Why says how a decision came about, for the reader of the log: which floor
// decided, by which rule, and what was missing where the answer was no.
type Why struct {
	Allowed bool
	Floor   string // that decided: host, national or trust
	Rule    string // code of the ground that allowed, or of the reason against
	Title   string // of the rule, as its METADATA says it
	File    string // of the rule; empty for the host's invariants
	Line    int    // from 1; 0 where File is empty
	Grant   *GrantRef
	// Nearest is the title of the ground that came nearest to allowing, and
	// Missing the one fact it lacked, in words; both are empty for a yes.
	Nearest string
	Missing string
	Checks  []Check
	// SameRevision reports whether the rules and the reference data that explain
	// are those that decided. Where it is false, the answer may have been another
	// then, and SameAnswer says whether it still is the recorded one.
	SameRevision bool
	SameAnswer   bool
}
