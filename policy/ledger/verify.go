package ledger

// Record is one line of the book as it was found.
type Record struct {
	Sequence  int64
	Canonical []byte
}
