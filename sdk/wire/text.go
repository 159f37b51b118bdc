package wire

import (
	"strings"
	"unicode/utf8"
)

// shownText refuses what a page must not be asked to show. Pages escape all
// text; this keeps an author who writes HTML from finding that out on a page,
// and a page that forgets to from doing harm. What begins a tag is what HTML's
// own reader takes for the beginning of one: "<" before a letter or one of /!?.
// So "p < 0.05", "<5" and "<-" may be said.
func shownText(what, s string) error {
	if at := tagStart(s); at >= 0 {
		return refuse(RuleText, "%s: HTML (%.12q); text is shown as it is, so write words, and a space after a \"<\" that is none", what, s[at:])
	}
	for _, c := range s {
		if turns(c) {
			return refuse(RuleText, "%s: the control character %U", what, c)
		}
	}
	return nil
}

// tagStart is where the first tag of HTML begins in s, or -1.
func tagStart(s string) int {
	for i := range len(s) - 1 {
		if s[i] == '<' && opensTag(s[i+1]) {
			return i
		}
	}
	return -1
}

// opensTag reports whether a character makes a tag of the "<" before it.
func opensTag(c byte) bool {
	return c|0x20 >= 'a' && c|0x20 <= 'z' || c == '/' || c == '!' || c == '?'
}

// turns reports whether a character moves a cursor, ends a line, or turns round
// the order in which what follows it is read.
func turns(c rune) bool {
	switch {
	case c < ' ', c >= 0x7f && c < 0xa0:
		return true // control characters
	case c == 0x2028, c == 0x2029:
		return true // ends of line and paragraph
	case c >= 0x202a && c <= 0x202e, c >= 0x2066 && c <= 0x2069:
		return true // embeddings, overrides and isolates of direction
	}
	return false
}

// Shown makes any text fit for a message or a note of at most limit bytes, for
// texts that quote what others wrote: one line of UTF-8 without control
// characters, with a space where HTML would begin a tag.
func Shown(s string, limit int) string {
	s = strings.Map(func(c rune) rune {
		if turns(c) {
			return ' '
		}
		return c
	}, strings.ToValidUTF8(s, "?"))
	if tagStart(s) >= 0 {
		var apart strings.Builder
		for i := range len(s) {
			if i > 0 && s[i-1] == '<' && opensTag(s[i]) {
				apart.WriteByte(' ')
			}
			apart.WriteByte(s[i])
		}
		s = apart.String()
	}
	if len(s) > limit {
		for limit > 0 && !utf8.RuneStart(s[limit]) {
			limit--
		}
		s = s[:limit]
	}
	return s
}
