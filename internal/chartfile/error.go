package chartfile

import (
	"fmt"
	"strings"
)

// Error says what is wrong with a file, and where.
type Error struct {
	File   string
	Line   int    // from 1; 0 where no line is to blame
	Column string // the name of the column; empty where none is to blame
	Value  string // what stands there
	Want   string // what belongs there
}

func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.File)
	if e.Line > 0 {
		fmt.Fprintf(&b, ", line %d", e.Line)
	}
	if e.Column != "" {
		fmt.Fprintf(&b, ", column %s", e.Column)
	}
	b.WriteString(": ")
	if e.Value != "" {
		fmt.Fprintf(&b, "%q: ", short(e.Value))
	}
	b.WriteString(e.Want)
	return b.String()
}

// short keeps an error on one line, whatever the file holds.
func short(value string) string {
	if letters := []rune(value); len(letters) > 40 {
		return string(letters[:40]) + "…"
	}
	return value
}

func (r *reader) fault(line int, column, value, want string) error {
	return &Error{File: r.name, Line: line, Column: column, Value: value, Want: want}
}
