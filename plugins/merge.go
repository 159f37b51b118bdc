package plugins

import (
	"cmp"
	"fmt"
	"slices"
)

// mergeGap is how many zero bytes between two stretches of data are worth
// writing out to have one stretch instead of two.
const mergeGap = 1 << 10

// MergeData gives the module with neighbouring stretches of its data made one.
// Go's linker leaves out every run of eight zeros and so makes tens of thousands
// of stretches, and an engine takes its time over each of them whenever an
// instance is made: more than over everything else together. The memory of an
// instance is the same afterwards. A module whose data are not plain is
// returned as it is.
func MergeData(module []byte) ([]byte, error) {
	out := []byte(wasmHeader)
	counted := false
	err := sections(module, func(id byte, body []byte) error {
		counted = counted || id == countSection // its code may speak of stretches by number
		if id == dataSection && !counted {
			body = mergeSegments(body)
		}
		out = appendSection(out, id, body)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("merge data: %w", err)
	}
	return out, nil
}

// segment is a stretch of data and where it goes.
type segment struct {
	offset int64
	data   []byte
}

// mergeSegments gives the body of a data section with fewer segments, or the
// body itself where it finds anything but plain data without overlaps, whose
// order makes no difference.
func mergeSegments(body []byte) []byte {
	r := &cursor{body}
	n, err := r.count()
	if err != nil {
		return body
	}
	list := make([]segment, n)
	for i := range list {
		var plain bool
		if list[i], plain = readSegment(r); !plain {
			return body
		}
	}
	slices.SortFunc(list, func(a, b segment) int { return cmp.Compare(a.offset, b.offset) })
	var merged []segment
	for _, s := range list {
		if len(merged) > 0 {
			last := &merged[len(merged)-1]
			gap := s.offset - last.offset - int64(len(last.data))
			if gap < 0 {
				return body
			}
			if gap <= mergeGap {
				last.data = append(append(last.data, make([]byte, gap)...), s.data...)
				continue
			}
		}
		merged = append(merged, segment{s.offset, slices.Clone(s.data)})
	}
	out := appendLEB(nil, uint64(len(merged)))
	for _, s := range merged {
		out = append(out, 0, i32Const)
		out = appendSigned(out, s.offset)
		out = appendLEB(append(out, end), uint64(len(s.data)))
		out = append(out, s.data...)
	}
	return out
}

// The instructions of a plain offset.
const (
	i32Const = 0x41
	end      = 0x0b
)

// readSegment reads an active segment of memory 0 whose offset is a number.
func readSegment(r *cursor) (segment, bool) {
	if flags, err := r.u32(); err != nil || flags != 0 || r.byte() != i32Const {
		return segment{}, false
	}
	offset, ok := r.signed()
	if !ok || offset < 0 || r.byte() != end {
		return segment{}, false
	}
	data, err := r.bytes()
	return segment{offset, data}, err == nil
}

// signed reads a signed LEB128 number of at most 32 bits.
func (r *cursor) signed() (int64, bool) {
	var v int64
	for i := range 5 {
		if len(r.b) == 0 {
			return 0, false
		}
		b := r.byte()
		v |= int64(b&0x7f) << (7 * i)
		if b&0x80 == 0 {
			if b&0x40 != 0 {
				v |= -1 << (7 * (i + 1))
			}
			return v, true
		}
	}
	return 0, false
}

func appendSigned(to []byte, v int64) []byte {
	for {
		b := byte(v & 0x7f)
		v >>= 7
		if v == 0 && b&0x40 == 0 || v == -1 && b&0x40 != 0 {
			return append(to, b)
		}
		to = append(to, b|0x80)
	}
}
