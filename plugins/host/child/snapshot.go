package child

import (
	"bytes"
	"math/rand/v2"

	"github.com/tetratelabs/wazero/api"
)

// snapshot is what an instance was before it saw any data: everything that can
// change in it, for a module that plugins.MakeRestorable has looked through.
type snapshot struct {
	size    uint32 // of its memory
	parts   []part // of its memory that are not all zeros
	globals []uint64
	chance  rand.ChaCha8
}

// part is a stretch of memory, of whole pages.
type part struct {
	at   uint32
	data []byte
}

const (
	page = 4 << 10
	// gap is how many pages of zeros are worth keeping, to have one part and not
	// two: copying them is quicker than asking the kernel for new ones.
	gap = 64
)

// capture keeps what an instance is now.
func capture(i *instance) *snapshot {
	s := &snapshot{size: i.module.Memory().Size(), chance: *i.chance}
	for _, g := range i.globals {
		s.globals = append(s.globals, g.Get())
	}
	b := i.memory()
	for at := 0; at < len(b); at += page {
		if isZero(b[at : at+page]) {
			continue
		}
		if n := len(s.parts); n > 0 {
			last := &s.parts[n-1]
			from := int(last.at) + len(last.data)
			if at-from <= gap*page {
				last.data = append(last.data, b[from:at+page]...)
				continue
			}
		}
		s.parts = append(s.parts, part{uint32(at), append([]byte(nil), b[at:at+page]...)})
	}
	return s
}

var zeros [page]byte

func isZero(b []byte) bool { return bytes.Equal(b, zeros[:]) }

// restore makes an instance what it was when the snapshot was taken. It gives
// false where its memory has grown and that could not be taken back.
func (s *snapshot) restore(i *instance) bool {
	b := i.memory()
	wipe(b[s.size:])
	if !i.mapped.shrink(i.module.Memory(), int(s.size)) {
		return false
	}
	b = b[:s.size]
	from := 0
	for _, p := range s.parts {
		wipe(b[from:p.at])
		from = int(p.at) + copy(b[p.at:], p.data)
	}
	wipe(b[from:])
	for k, g := range i.globals {
		g.(api.MutableGlobal).Set(s.globals[k])
	}
	*i.chance = s.chance
	i.connect()
	return true
}
