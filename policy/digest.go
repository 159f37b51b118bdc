package policy

import (
	"slices"
	"strings"
)

// FilesDigest names the files of a policy by content, in the order of their
// names, tests included: it is what people approve, and they were shown the
// tests too.
func FilesDigest(modules []Module) string {
	var parts [][]byte
	for _, m := range slices.SortedFunc(slices.Values(modules), func(a, b Module) int { return strings.Compare(a.Name, b.Name) }) {
		parts = append(parts, []byte(m.Name), []byte(m.Source))
	}
	return digest(parts...)
}
