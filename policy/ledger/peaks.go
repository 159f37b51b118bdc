package ledger

import "golang.org/x/mod/sumdb/tlog"

// Peaks are the places of the hashes that an append to a book of so many
// records may read: the roots of its complete subtrees, in order of place.
// Whoever remembers these, one for each bit of the size that is set, need not
// read the tables.
func Peaks(size int64) []int64 {
	var places []int64
	for level := 62; level >= 0; level-- {
		if size>>level&1 == 1 {
			places = append(places, tlog.StoredHashIndex(level, size>>level-1))
		}
	}
	return places
}
