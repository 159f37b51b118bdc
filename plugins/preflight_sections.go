package plugins

import (
	"fmt"
	"strings"
)

// valueTypes names the types of core WebAssembly 1.0 in a letter each.
var valueTypes = map[byte]byte{0x7f: 'i', 0x7e: 'I', 0x7d: 'f', 0x7c: 'F'}

func (p *preflight) readType(r *cursor) error {
	if form := r.byte(); form != 0x60 {
		return fmt.Errorf("a type of form %#x is not allowed; only functions are", form)
	}
	var text strings.Builder
	for part := range 2 {
		n, err := r.count()
		if err != nil {
			return err
		}
		if n > 1000 {
			return fmt.Errorf("a function type has %d values; at most 1000 are allowed", n)
		}
		for range n {
			kind := r.byte()
			letter, ok := valueTypes[kind]
			if !ok {
				return fmt.Errorf("a value of type %#x is not allowed; i32, i64, f32 and f64 are", kind)
			}
			text.WriteByte(letter)
		}
		if part == 0 {
			text.WriteByte(':')
		}
	}
	p.types = append(p.types, text.String())
	return nil
}

func (p *preflight) typeOf(index uint32) string {
	if uint64(index) < uint64(len(p.types)) {
		return p.types[index]
	}
	return "unknown"
}

func (p *preflight) readImport(r *cursor) error {
	module, err := r.bytes()
	if err != nil {
		return err
	}
	name, err := r.bytes()
	if err != nil {
		return err
	}
	kind := r.byte()
	if kind != functionKind {
		what := map[byte]string{tableKind: "table", memoryKind: "memory", globalKind: "global"}[kind]
		return fmt.Errorf("import %.80q.%.80q is a %s; only functions may be imported", module, name, what)
	}
	index, err := r.u32()
	if err != nil {
		return err
	}
	want, ok := Inert[string(name)]
	if string(module) != InertModule || !ok {
		return fmt.Errorf("import %.80q.%.80q is not allowed; a plugin has no way out of the sandbox", module, name)
	}
	if got := p.typeOf(index); got != want {
		return fmt.Errorf("import %.80q.%.80q has type %s where %s is right", module, name, got, want)
	}
	p.functions = append(p.functions, index)
	p.imported++
	return nil
}

func (p *preflight) readFunction(r *cursor) error {
	index, err := r.u32()
	p.functions = append(p.functions, index)
	return err
}

// bounds reads the limits of a table or a memory: the least and the most.
func bounds(r *cursor) (least uint32, err error) {
	flags := r.byte()
	if flags > 1 {
		return 0, fmt.Errorf("shared or 64-bit memory is not allowed (flags %#x)", flags)
	}
	if least, err = r.u32(); err == nil && flags == 1 {
		_, err = r.u32()
	}
	return least, err
}

func (p *preflight) readTable(r *cursor) error {
	if kind := r.byte(); kind != 0x70 {
		return fmt.Errorf("a table of type %#x is not allowed; only functions are", kind)
	}
	least, err := bounds(r)
	if err != nil {
		return err
	}
	if uint64(least) > uint64(p.limits.Table) {
		return fmt.Errorf("a table has %d entries; at most %d are allowed", least, p.limits.Table)
	}
	return nil
}

func (p *preflight) readMemory(r *cursor) (err error) {
	p.memories++
	if p.pages, err = bounds(r); err != nil {
		return err
	}
	if p.pages > p.limits.MemoryPages() {
		return fmt.Errorf("its memory begins with %d pages of 64 KiB; at most %d are allowed", p.pages, p.limits.MemoryPages())
	}
	return nil
}

// readElement reads what goes into a table when an instance is made. Segments
// for later need instructions that change tables, and the engine does not stand
// them without the feature of reference types.
func readElement(r *cursor) error {
	flags, err := r.u32()
	if err != nil {
		return err
	}
	if flags != 0 {
		return fmt.Errorf("a segment of elements of kind %d is not allowed; only those of kind 0 are, which fill table 0 at the start", flags)
	}
	for instruction := byte(0); instruction != end; {
		if len(r.b) == 0 {
			return errShort
		}
		if instruction = r.byte(); !skipImmediates(r, instruction) {
			return fmt.Errorf("the place of a segment of elements is not a number")
		}
	}
	n, err := r.count()
	for range n {
		if err == nil {
			_, err = r.u32()
		}
	}
	return err
}

func (p *preflight) readExport(r *cursor) error {
	name, err := r.bytes()
	if err != nil {
		return err
	}
	kind := r.byte()
	index, err := r.u32()
	if err != nil {
		return err
	}
	if _, twice := p.exports[string(name)]; twice {
		return fmt.Errorf("%w: %.80q is exported twice", errNotCore, name)
	}
	p.exports[string(name)] = export{kind, index}
	return nil
}

func (p *preflight) readBody(r *cursor) error {
	body, err := r.bytes()
	if err != nil {
		return err
	}
	p.bodies++
	if len(body) > p.limits.BodyBytes {
		return fmt.Errorf("function %d has %d bytes of code; at most %d are allowed", p.imported+p.bodies-1, len(body), p.limits.BodyBytes)
	}
	// Locals are written as runs, so a few bytes can ask for millions.
	inner := &cursor{body}
	runs, err := inner.count()
	if err != nil {
		return err
	}
	locals := 0
	for range runs {
		n, err := inner.u32()
		if err != nil {
			return err
		}
		kind := inner.byte()
		if _, known := valueTypes[kind]; !known {
			return fmt.Errorf("function %d has a local of type %#x; i32, i64, f32 and f64 are allowed", p.imported+p.bodies-1, kind)
		}
		if locals += int(n); locals > p.limits.Locals || n > 1<<30 {
			return fmt.Errorf("function %d has more than %d locals", p.imported+p.bodies-1, p.limits.Locals)
		}
	}
	return nil
}
