package plugins

import "fmt"

// Inert lists what a module may import from wasi_snapshot_preview1, with the
// types: what standard runtimes need to start, and nothing that reaches out of
// the sandbox. The clock stands still, chance is the same every time, and
// there are no arguments, no environment and no files.
var Inert = map[string]string{
	"args_get":            "ii:i",
	"args_sizes_get":      "ii:i",
	"clock_res_get":       "ii:i",
	"clock_time_get":      "iIi:i",
	"environ_get":         "ii:i",
	"environ_sizes_get":   "ii:i",
	"fd_close":            "i:i",
	"fd_fdstat_get":       "ii:i",
	"fd_fdstat_set_flags": "ii:i",
	"fd_prestat_dir_name": "iii:i",
	"fd_prestat_get":      "ii:i",
	"fd_read":             "iiii:i",
	"fd_seek":             "iIii:i",
	"fd_write":            "iiii:i",
	"poll_oneoff":         "iiii:i",
	"proc_exit":           "i:",
	"random_get":          "ii:i",
	"sched_yield":         ":i",
}

// InertModule is the only module that a plugin may import from.
const InertModule = "wasi_snapshot_preview1"

// The exports of the socket, with their types.
var (
	wantedExports = map[string]string{"sbx_alloc": "i:i", "sbx_run_v1": "ii:I"}
	initialize    = "_initialize"
)

// preflight is what is known of a module while its sections go by.
type preflight struct {
	limits    Limits
	types     []string // "ii:I" for (i32, i32) -> i64
	functions []uint32 // type of every function, imported ones first
	imported  int
	memories  int
	pages     uint32
	exports   map[string]export
	last      int
	bodies    int
}

type export struct {
	kind  byte
	index uint32
}

// Kinds of imports and exports.
const (
	functionKind = 0
	tableKind    = 1
	memoryKind   = 2
	globalKind   = 3
)

// Preflight reads a module without compiling it and says what is against the
// rules of the socket, naming the rule and the number. It does not decode the
// code itself: that is done when it is compiled, in a child process.
func Preflight(module []byte, limits Limits) error {
	if len(module) > limits.ModuleBytes {
		return fmt.Errorf("the module has %d bytes; at most %d are allowed", len(module), limits.ModuleBytes)
	}
	p := preflight{limits: limits, exports: map[string]export{}}
	if err := sections(module, p.section); err != nil {
		return err
	}
	if p.bodies != len(p.functions)-p.imported {
		return fmt.Errorf("%w: %d functions are declared and %d have code", errNotCore, len(p.functions)-p.imported, p.bodies)
	}
	return p.socket()
}

// order is where a section belongs; custom sections may stand anywhere.
func order(id byte) int {
	switch {
	case id == countSection:
		return 2*elementSection + 1 // between elements and code
	case id <= dataSection:
		return 2 * int(id)
	}
	return -1
}

func (p *preflight) section(id byte, body []byte) error {
	if id == customSection {
		return nil
	}
	place := order(id)
	if place < 0 || place <= p.last {
		return fmt.Errorf("%w: section %d is unknown, repeated or out of order", errNotCore, id)
	}
	p.last = place
	r := &cursor{body}
	if id == startSection {
		return fmt.Errorf("a start section is not allowed; export %s instead", initialize)
	}
	read := map[byte]func(*cursor) error{
		typeSection: p.readType, importSection: p.readImport, functionSection: p.readFunction, tableSection: p.readTable,
		memorySection: p.readMemory, exportSection: p.readExport, elementSection: readElement, codeSection: p.readBody,
	}[id]
	if read == nil {
		return nil
	}
	n, err := r.count()
	if err != nil {
		return fmt.Errorf("%w: section %d is malformed", errNotCore, id)
	}
	if id == functionSection && p.imported+n > p.limits.Functions || id == importSection && n > p.limits.Functions {
		return fmt.Errorf("the module has %d functions; at most %d are allowed", p.imported+n, p.limits.Functions)
	}
	for range n {
		if err := read(r); err == errShort {
			return fmt.Errorf("%w: section %d is malformed", errNotCore, id)
		} else if err != nil {
			return err
		}
	}
	if len(r.b) != 0 {
		return fmt.Errorf("%w: section %d has %d bytes too many", errNotCore, id, len(r.b))
	}
	return nil
}

// socket checks what the module shows to the host.
func (p *preflight) socket() error {
	if memory, ok := p.exports["memory"]; !ok || memory.kind != memoryKind {
		return fmt.Errorf("it exports no memory; export it as \"memory\"")
	}
	if p.memories != 1 {
		return fmt.Errorf("it has %d memories; exactly one is needed", p.memories)
	}
	for _, name := range []string{"sbx_alloc", "sbx_run_v1"} {
		if _, ok := p.exports[name]; !ok {
			return fmt.Errorf("it exports no %s; this host speaks version 1 of the socket", name)
		}
		if err := p.checkExport(name, wantedExports[name]); err != nil {
			return err
		}
	}
	if _, ok := p.exports[initialize]; ok {
		return p.checkExport(initialize, ":")
	}
	return nil
}

func (p *preflight) checkExport(name, want string) error {
	e := p.exports[name]
	if e.kind != functionKind || uint64(e.index) >= uint64(len(p.functions)) {
		return fmt.Errorf("its export %s is not a function", name)
	}
	if got := p.typeOf(p.functions[e.index]); got != want {
		return fmt.Errorf("its export %s has type %s where %s is wanted (i for i32, I for i64; what it takes, a colon, what it gives)", name, got, want)
	}
	return nil
}
