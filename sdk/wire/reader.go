package wire

import (
	"cmp"
	"slices"
	"unicode/utf8"

	"github.com/signalbox-health/signalbox/measures"
)

// reader holds a payload whose directory and columns have been checked.
type reader struct {
	b        []byte
	status   uint16
	sections map[uint32][]byte
	strings  string // STRS
	columns  []column
	rows     int
	extents  []extent
}

// extent is a part of the payload that nothing else may share.
type extent struct{ from, to int }

type column struct {
	name  string
	kind  uint32
	data  []byte
	nulls []byte // nil where no row is missing
}

// open checks the envelope, the directory and the columns of a payload.
// Sections whose tags are not among known are skipped.
func open(b []byte, kind uint16, known ...uint32) (*reader, error) {
	if len(b) < envelopeSize || string(b[:4]) != magic {
		return nil, refuse(RuleEnvelope, "%d bytes that do not begin with SBX1", len(b))
	}
	if got := le.Uint16(b[4:]); got != kind {
		return nil, refuse(RuleEnvelope, "kind %d where %d is wanted (1 request, 2 answer)", got, kind)
	}
	if total := le.Uint32(b[8:]); uint64(total) != uint64(len(b)) {
		return nil, refuse(RuleEnvelope, "the envelope says %d bytes, there are %d", total, len(b))
	}
	count := le.Uint32(b[12:])
	if count > MaxSections {
		return nil, refuse(RuleDirectory, "%d sections; at most %d are read", count, MaxSections)
	}
	r := &reader{b: b, status: le.Uint16(b[6:]), sections: make(map[uint32][]byte, count)}
	directory, err := r.span("directory", 0, envelopeSize, int(count)*directorySize)
	if err != nil {
		return nil, err
	}
	seen := make(map[uint32]bool, count)
	for ; len(directory) > 0; directory = directory[directorySize:] {
		tag, flags := le.Uint32(directory), le.Uint32(directory[4:])
		if seen[tag] {
			return nil, refuse(RuleRepeated, "section %s appears twice", tagName(tag))
		}
		seen[tag] = true
		section, err := r.span("section "+tagName(tag), 8, int(le.Uint32(directory[8:])), int(le.Uint32(directory[12:])))
		if err != nil {
			return nil, err
		}
		if slices.Contains(known, tag) {
			r.sections[tag] = section
		} else if flags&mustUnderstand != 0 {
			return nil, refuse(RuleDirectory, "section %s must be understood and is not known here; a newer Signalbox is needed", tagName(tag))
		}
	}
	if r.strings, err = plainText("STRS", r.sections[tagStrings]); err != nil {
		return nil, err
	}
	if err := r.openColumns(); err != nil {
		return nil, err
	}
	return r, r.checkOverlap()
}

// span gives the bytes from offset on, and notes that they are taken.
func (r *reader) span(what string, align, offset, length int) ([]byte, error) {
	if offset < 0 || length < 0 || offset > len(r.b) || length > len(r.b)-offset {
		return nil, refuse(RuleBounds, "%s: %d bytes at %d are outside the payload of %d bytes", what, length, offset, len(r.b))
	}
	if length == 0 {
		return nil, nil
	}
	if align != 0 && offset%align != 0 {
		return nil, refuse(RuleAlignment, "%s: offset %d is not a multiple of %d", what, offset, align)
	}
	if offset < envelopeSize {
		return nil, refuse(RuleOverlap, "%s: offset %d is inside the envelope", what, offset)
	}
	r.extents = append(r.extents, extent{offset, offset + length})
	return r.b[offset : offset+length : offset+length], nil
}

func (r *reader) checkOverlap() error {
	slices.SortFunc(r.extents, func(a, b extent) int { return cmp.Compare(a.from, b.from) })
	for i := 1; i < len(r.extents); i++ {
		if before, here := r.extents[i-1], r.extents[i]; here.from < before.to {
			return refuse(RuleOverlap, "bytes %d to %d and bytes %d to %d share some", before.from, before.to, here.from, here.to)
		}
	}
	return nil
}

// entries gives a section of fixed-size entries and their number.
func (r *reader) entries(tag uint32, size int) ([]byte, int, error) {
	section := r.sections[tag]
	if len(section)%size != 0 {
		return nil, 0, refuse(RuleBounds, "section %s has %d bytes, not a multiple of its entries' %d", tagName(tag), len(section), size)
	}
	return section, len(section) / size, nil
}

// text gives the string whose place is written at the start of ref.
func (r *reader) text(what string, ref []byte, limit int) (string, error) {
	offset, length := le.Uint32(ref), le.Uint32(ref[4:])
	if length == 0 {
		return "", nil
	}
	if uint64(offset)+uint64(length) > uint64(len(r.strings)) {
		return "", refuse(RuleBounds, "%s: %d bytes at %d are outside STRS of %d bytes", what, length, offset, len(r.strings))
	}
	if uint64(length) > uint64(limit) {
		return "", refuse(RuleText, "%s: %d bytes; at most %d are allowed", what, length, limit)
	}
	rest := r.strings[offset:]
	if !utf8.RuneStart(rest[0]) || int(length) < len(rest) && !utf8.RuneStart(rest[length]) {
		return "", refuse(RuleText, "%s: it begins or ends inside a character", what)
	}
	return rest[:length], nil
}

// shown gives a string that readers of a page will see.
func (r *reader) shown(what string, ref []byte, limit int) (string, error) {
	s, err := r.text(what, ref, limit)
	if err == nil {
		err = shownText(what, s)
	}
	return s, err
}

// plainText refuses what is not UTF-8 or would move a reader's cursor.
func plainText(what string, b []byte) (string, error) {
	if !utf8.Valid(b) {
		return "", refuse(RuleText, "%s: not UTF-8", what)
	}
	for _, c := range b {
		if c < ' ' || c == 0x7f {
			return "", refuse(RuleText, "%s: control characters", what)
		}
	}
	return string(b), nil
}

func (r *reader) openColumns() error {
	section, count, err := r.entries(tagColumns, columnSize)
	if err != nil {
		return err
	}
	if count > MaxColumns {
		return refuse(RuleColumn, "%d columns; at most %d are read", count, MaxColumns)
	}
	for i := range count {
		if err := r.openColumn(section[i*columnSize:], i == 0); err != nil {
			return err
		}
	}
	return nil
}

func (r *reader) openColumn(entry []byte, first bool) error {
	name, err := r.text("name of a column", entry, MaxName)
	if err != nil {
		return err
	}
	if r.column(name) != nil {
		return refuse(RuleRepeated, "column %q appears twice", name)
	}
	c := column{name: name, kind: le.Uint32(entry[8:])}
	nulls, rows := int(le.Uint32(entry[20:])), int(le.Uint32(entry[24:]))
	if rows < 0 || rows > len(r.b) {
		return refuse(RuleRowCount, "column %q has %d rows in a payload of %d bytes; a row takes a byte at least", name, rows, len(r.b))
	}
	if first {
		r.rows = rows
	}
	if rows != r.rows {
		return refuse(RuleRowCount, "column %q has %d rows, the first column has %d", name, rows, r.rows)
	}
	if c.data, err = r.span("column "+name, 8, int(le.Uint32(entry[12:])), int(le.Uint32(entry[16:]))); err != nil {
		return err
	}
	width := columnWidth(c.kind)
	if width == 0 {
		// A type of the future. It cannot be one that this reader needs.
		r.columns = append(r.columns, c)
		return nil
	}
	if len(c.data) != rows*width {
		return refuse(RuleColumn, "column %q has %d bytes where %d rows need %d", name, len(c.data), rows, rows*width)
	}
	if nulls != 0 {
		if c.kind != columnF64 {
			return refuse(RuleColumn, "column %q is not of numbers and cannot have missing rows", name)
		}
		if c.nulls, err = r.span("null bitmap of "+name, 8, nulls, (rows+7)/8); err != nil {
			return err
		}
	}
	r.columns = append(r.columns, c)
	return nil
}

func (r *reader) column(name string) *column {
	for i := range r.columns {
		if r.columns[i].name == name {
			return &r.columns[i]
		}
	}
	return nil
}

// need gives a column that must be there if there are rows at all.
func (r *reader) need(name string, kinds ...uint32) ([]byte, uint32, error) {
	c := r.column(name)
	if c == nil {
		if r.rows == 0 {
			return nil, kinds[0], nil
		}
		return nil, 0, refuse(RuleColumn, "column %q is missing", name)
	}
	if !slices.Contains(kinds, c.kind) {
		return nil, 0, refuse(RuleColumn, "column %q has type %d; wanted is one of %v", name, c.kind, kinds)
	}
	return c.data, c.kind, nil
}

// floats reads an f64 column into to, one entry a row; a column left out is
// missing throughout.
func (r *reader) floats(name string, to []float64) error {
	c := r.column(name)
	if c == nil {
		for i := range to {
			to[i] = measures.Missing
		}
		return nil
	}
	if c.kind != columnF64 {
		return refuse(RuleColumn, "column %q has type %d; wanted is %d, numbers", name, c.kind, columnF64)
	}
	readRaw(to, c.data)
	for i, v := range to {
		if v-v != 0 {
			return refuse(RuleNotFinite, "column %q, row %d is NaN or infinite; missing is said by the null bitmap", name, i)
		}
	}
	for i, b := range c.nulls {
		for bit := 0; b != 0 && bit < 8; bit++ {
			if row := i*8 + bit; b&(1<<bit) != 0 && row < len(to) {
				to[row] = measures.Missing
			}
		}
	}
	return nil
}

// exponentMask has the bits that are all set in NaN and the infinities alone.
const exponentMask = 0x7ff << 52

func (r *reader) ints(name string, kinds ...uint32) ([]int32, uint32, error) {
	data, kind, err := r.need(name, kinds...)
	if err != nil {
		return nil, 0, err
	}
	to := make([]int32, len(data)/4)
	readRaw(to, data)
	return to, kind, nil
}

// tile checks that an entry's stretch begins where the one before it ended and
// stays within the whole, and gives its end.
func tile(what string, from, length uint32, end, whole int) (int, error) {
	if int(from) != end || uint64(from)+uint64(length) > uint64(whole) {
		return 0, refuse(RuleRowCount, "%s: %d from %d on; it must begin at %d and end by %d", what, length, from, end, whole)
	}
	return end + int(length), nil
}

// tiled checks that the stretches of all entries covered the whole.
func tiled(what string, end, whole int) error {
	if end != whole {
		return refuse(RuleRowCount, "%s: %d of %d belong to no entry", what, whole-end, whole)
	}
	return nil
}
