// Package layout holds what all pages share: the shell around them, and small
// pieces such as receipts, states, notes and form fields. Pieces carry their
// own roles and labels, so that a page made of them is accessible by default.
// Nothing here sets a style attribute: the site's headers forbid it.
package layout

import (
	"strconv"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/measures/words"
)

// Door is one of the three parts of the site.
type Door string

const (
	NoDoor     Door = ""
	Charts     Door = "/"
	Workshop   Door = "/plugins"
	Governance Door = "/governance"
)

var doors = []struct {
	door Door
	name string
}{{Charts, "Charts"}, {Workshop, "Workshop"}, {Governance, "Governance"}}

// Assets gives the address of a built file such as "site.css".
type Assets interface {
	URL(name string) string
}

// Page is what the shell needs to know of a page.
type Page struct {
	Title       string // names the page in the browser; the page writes its own h1
	Door        Door   // the part of the site it belongs to
	Crumbs      []Crumb
	Who         Who
	Demo        bool     // shows made-up trusts: says so at the top
	Attribution []string // who the data is from, one line each
	Assets      Assets
	Zoom        bool // has figures that the chart script may enhance
	// Scripts are built files that the page needs besides: passkeys cannot be had
	// without one.
	Scripts []string
	// Canonical is the address of the page as it is by itself, where this one shows
	// it in a way that a reader chose.
	Canonical string
}

// Crumb is a page above this one.
type Crumb struct {
	Name, URL string
}

// Who is the reader, as the page says it. Zero: nobody is signed in.
type Who struct {
	Name         string
	Role         string // "emergency medicine"
	Organisation string // "Princess Alexandra (RQW)"
	Purpose      string // "improvement"
}

// SignedIn reports whether somebody is.
func (w Who) SignedIn() bool { return w.Name != "" }

// line writes the reader in one line, without what is not known.
func (w Who) line() string {
	text := w.Name
	if w.Role != "" {
		text += ", " + w.Role
	}
	for _, part := range []string{w.Organisation, w.Purpose} {
		if part != "" {
			text += " · " + part
		}
	}
	return text
}

// Fact is one line of a receipt: what it is, its value, and a digest or code
// below it in fixed width.
type Fact struct {
	Term, Value, Code string
}

// Fault is something to correct in a form, and the field it is in.
type Fault struct {
	Field   string // id of the field
	Message string // says how to mend it: "Enter a date, for example 2026-05-01"
}

// Field is one field of a form.
type Field struct {
	ID, Name, Label string
	Hint            string
	Value           string
	Type            string // of an input: text unless told
	Autocomplete    string
	Rows            int // of a text area
	Fault           string
	Required        bool
}

// describedBy lists the ids of what explains the field.
func (f Field) describedBy() string {
	ids := ""
	if f.Hint != "" {
		ids = f.ID + "-hint"
	}
	if f.Fault != "" {
		if ids != "" {
			ids += " "
		}
		ids += f.ID + "-fault"
	}
	return ids
}

func (f Field) class() string {
	if f.Fault != "" {
		return "wrong"
	}
	return ""
}

func (f Field) inputType() string {
	if f.Type == "" {
		return "text"
	}
	return f.Type
}

func (f Field) rows() string { return strconv.Itoa(max(f.Rows, 4)) }

// Option is one entry of a select or one choice of a group.
type Option struct {
	Value, Name string
	Hint        string
	Chosen      bool
}

// choiceID is the id of one choice; the legend has the field's own.
func choiceID(f Field, i int) string {
	return f.ID + "-" + strconv.Itoa(i+1)
}

// pointWord names the state of one point: what is wrong with its number first,
// then its cause.
func pointWord(c *measures.Chart, i int) string {
	state := measures.Final
	if i < len(c.States) {
		state = c.States[i]
	}
	if state == measures.Suppressed {
		return "Hidden"
	}
	if measures.IsMissing(c.Y[i]) {
		return "Not measured"
	}
	if state == measures.Excluded {
		return "Left out of the limits"
	}
	word := "Measured"
	// A run chart judges the line as a whole and no point by itself.
	if i < len(c.Causes) && c.Kind != measures.Run {
		word = words.Cause(c.Causes[i])
	}
	if state == measures.Provisional {
		word += ", provisional"
	}
	return word
}
