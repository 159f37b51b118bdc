package plugins

import (
	"bytes"
	"testing"
)

// spread writes the stretches of a data section into a memory, as an engine does.
func spread(t *testing.T, m []byte) ([]byte, int) {
	t.Helper()
	memory, n := make([]byte, 8<<10), 0
	err := sections(m, func(id byte, body []byte) error {
		if id != dataSection {
			return nil
		}
		r := &cursor{body}
		var err error
		if n, err = r.count(); err != nil {
			return err
		}
		for range n {
			s, ok := readSegment(r)
			if !ok {
				t.Fatal("not plain")
			}
			copy(memory[s.offset:], s.data)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return memory, n
}

// stretch is one plain stretch of data.
func stretch(offset int64, data string) string {
	return string(append(appendSigned([]byte{0, i32Const}, offset), end)) + text(data)
}

func data(stretches ...string) []byte {
	body := appendLEB(nil, uint64(len(stretches)))
	for _, s := range stretches {
		body = append(body, s...)
	}
	return module(section(dataSection, body...))
}

func TestMergedDataFillTheSameMemory(t *testing.T) {
	for _, test := range []struct {
		name   string
		module []byte
		want   int
	}{
		{"neighbours", data(stretch(8, "one"), stretch(64, "two"), stretch(67, "three")), 1},
		{"far apart", data(stretch(8, "one"), stretch(4000, "two")), 2},
		{"out of order", data(stretch(4000, "two"), stretch(8, "one"), stretch(4010, "x")), 2},
		{"one over another", data(stretch(8, "over"), stretch(9, "two")), 2},
		{"nothing", data(), 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			before, _ := spread(t, test.module)
			merged, err := MergeData(test.module)
			if err != nil {
				t.Fatal(err)
			}
			after, n := spread(t, merged)
			if !bytes.Equal(before, after) || n != test.want {
				t.Errorf("%d stretches, %d wanted; the same memory: %v", n, test.want, bytes.Equal(before, after))
			}
		})
	}
}

func TestDataThatAreNotPlainAreLeftAlone(t *testing.T) {
	passive := module(section(dataSection, []byte("\x02\x01"+text("a")+"\x01"+text("b"))...))
	computed := module(section(dataSection, []byte("\x01\x00\x23\x00\x0b"+text("a"))...))
	below := data(stretch(-8, "a"), stretch(0, "b"))
	counted := module(section(countSection, 2), section(dataSection, []byte("\x02"+stretch(8, "one")+stretch(16, "two"))...))
	for name, m := range map[string][]byte{"passive": passive, "computed": computed, "below zero": below, "counted": counted} {
		if merged, err := MergeData(m); err != nil || !bytes.Equal(merged, m) {
			t.Errorf("%s: changed, or %v", name, err)
		}
	}
	if _, err := MergeData(passive[:len(passive)-1]); err == nil {
		t.Error("a module that is cut short was taken")
	}
}
