package wire

import (
	"encoding/binary"
	"math"

	"github.com/signalbox-health/signalbox/measures"
)

// writer appends one payload to a buffer. Sections come one after another, the
// strings last, because only then are they all known.
type writer struct {
	buf     []byte
	base    int // where the payload starts in buf
	next    int // directory entries used
	strings []byte
	columns []byte // the COLS section
	nulls   []byte // null bitmap of the column being written
}

var le = binary.LittleEndian

// newWriter reserves the envelope and a directory of the given number of sections.
func newWriter(dst []byte, sections int) *writer {
	w := &writer{buf: dst, base: len(dst)}
	w.buf = append(w.buf, make([]byte, envelopeSize+sections*directorySize)...)
	return w
}

func (w *writer) align() {
	for (len(w.buf)-w.base)%8 != 0 {
		w.buf = append(w.buf, 0)
	}
}

// begin starts a section and gives its offset from the start of the payload.
func (w *writer) begin() int {
	w.align()
	return len(w.buf) - w.base
}

// end closes the section that began at the offset.
func (w *writer) end(tag uint32, offset int) {
	at := w.base + envelopeSize + w.next*directorySize
	le.PutUint32(w.buf[at:], tag)
	le.PutUint32(w.buf[at+8:], uint32(offset))
	le.PutUint32(w.buf[at+12:], uint32(len(w.buf)-w.base-offset))
	w.next++
}

// finish writes the columns' directory, the strings and the envelope.
func (w *writer) finish(kind, status uint16) ([]byte, error) {
	offset := w.begin()
	w.buf = append(w.buf, w.columns...)
	w.end(tagColumns, offset)
	offset = w.begin()
	w.buf = append(w.buf, w.strings...)
	w.end(tagStrings, offset)
	w.align()
	total := len(w.buf) - w.base
	if total > math.MaxInt32 {
		return nil, refuse(RuleRequestLimit, "the payload would be %d bytes; at most 2 GiB can be written", total)
	}
	head := w.buf[w.base:]
	copy(head, magic)
	le.PutUint16(head[4:], kind)
	le.PutUint16(head[6:], status)
	le.PutUint32(head[8:], uint32(total))
	le.PutUint32(head[12:], uint32(w.next))
	return w.buf, nil
}

func (w *writer) u32(v uint32) { w.buf = le.AppendUint32(w.buf, v) }

func (w *writer) f64(v float64) { w.buf = le.AppendUint64(w.buf, math.Float64bits(v)) }

// text keeps a string for STRS and writes where it will be.
func (w *writer) text(s string) { w.buf = w.appendText(w.buf, s) }

func (w *writer) appendText(to []byte, s string) []byte {
	if s == "" {
		return append(to, 0, 0, 0, 0, 0, 0, 0, 0)
	}
	to = le.AppendUint32(to, uint32(len(w.strings)))
	w.strings = append(w.strings, s...)
	return le.AppendUint32(to, uint32(len(s)))
}

// column notes one column whose data began at offset and have just been written.
func (w *writer) column(name string, kind uint32, offset, rows int) {
	w.columns = w.appendText(w.columns, name)
	w.columns = le.AppendUint32(w.columns, kind)
	w.columns = le.AppendUint32(w.columns, uint32(offset))
	w.columns = le.AppendUint32(w.columns, uint32(rows*columnWidth(kind)))
	nulls := 0
	if w.nulls != nil {
		nulls = w.begin()
		w.buf = append(w.buf, w.nulls...)
		w.nulls = nil
	}
	w.columns = le.AppendUint32(w.columns, uint32(nulls))
	w.columns = le.AppendUint32(w.columns, uint32(rows))
	w.columns = append(w.columns, 0, 0, 0, 0)
}

// floats appends the rows from row on of an f64 column of the given total.
// Missing becomes zero with its null bit set.
func (w *writer) floats(values []float64, row, rows int) error {
	at := len(w.buf)
	w.buf = appendRaw(w.buf, values)
	for i, v := range values {
		if v-v == 0 {
			continue // neither missing nor infinite
		}
		if !measures.IsMissing(v) {
			return refuse(RuleNotFinite, "row %d is infinite; only numbers and missing can be written", row+i)
		}
		if w.nulls == nil {
			w.nulls = make([]byte, (rows+7)/8)
		}
		w.nulls[(row+i)/8] |= 1 << ((row + i) % 8)
		le.PutUint64(w.buf[at+8*i:], 0)
	}
	return nil
}
