package host_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/signalbox-health/signalbox/plugins"
)

// shapeCases are modules built oddly: large, empty, out of order, overlong.
func shapeCases(t testing.TB) []hostileCase {
	with := func(change func(g *guest)) guest {
		one := truthful(t)
		change(&one)
		return one
	}
	g := truthful(t)
	whole := string(g.bytes())
	raw := func(name, module, cause string) hostileCase {
		return hostileCase{name, []byte(module), plugins.ErrRefused, cause}
	}
	functions := func(n int, one string) guest {
		return with(func(g *guest) { g.functions = repeated(n, one) })
	}
	var named []string
	for i := range 50_000 {
		named = append(named, text(fmt.Sprint("f", i))+"\x00\x00")
	}
	deep := func(n int, begin string) string { return vec() + strings.Repeat(begin, n) + strings.Repeat(opEnd, n) }
	// Every local lives on through every loop, so that each loop joins them all.
	joined := vec(leb(4000)+i32Type) + strings.Repeat(opLoop, 6000)
	for i := range 4000 {
		joined += get(i) + set((i+1)%4000)
	}
	joined += strings.Repeat(opEnd, 6000)
	switches := vec()
	for range 60 {
		switches += opBlock + i32(0) + "\x0e" + vec(repeated(950, "\x00")...) + "\x00" + opEnd
	}
	return []hostileCase{
		raw("no bytes", "", "not a core WebAssembly module"),
		raw("a header alone", whole[:8], "it exports no memory"),
		raw("version 2", "\x00asm\x02\x00\x00\x00"+whole[8:], "its version is 02000000"),
		raw("a component", "\x00asm\x0d\x00\x01\x00", "a component has to be built as a core module"),
		raw("text", "(module)", "not a core WebAssembly module"),
		raw("a byte behind the end", whole+"\x01", "section 1 is cut short"),
		raw("an unknown section", whole+section(13, ""), "section 13 is unknown, repeated or out of order"),
		raw("section 255", whole+section(255, ""), "section 255 is unknown"),
		raw("a type section twice", whole+section(1, vec()), "section 1 is unknown, repeated or out of order"),
		raw("data before types", whole[:8]+section(11, vec())+whole[8:], "section 1 is unknown, repeated or out of order"),
		raw("a section longer than the module", whole[:8]+"\x01\xff\xff\xff\xff\x0f", "section 1 is cut short"),
		raw("a length of eleven bytes", whole[:8]+"\x01"+strings.Repeat("\x80", 10)+"\x00", "section 1 is cut short"),
		refused("a start section", with(func(g *guest) { g.start, g.functions = leb(2), []string{vec() + forever} }), "a start section is not allowed"),
		refused("four milliard types", guest{before: "\x01\x05\xff\xff\xff\xff\x0f"}, "section 1 is malformed"),
		refused("a type with 1,001 values", with(func(g *guest) { g.types = []string{"\x60" + vec(repeated(1001, i32Type)...) + vec()} }), "a function type has 1001 values"),
		allowed("50,000 types", with(func(g *guest) { g.types = repeated(50_000, signature("ii:I")) })),
		allowed("50,000 exports", with(func(g *guest) { g.exports = named })),
		refused("an export twice", with(func(g *guest) { g.exports = repeated(2, named[0]) }), "exported twice"),
		refused("memory exported twice", with(func(g *guest) { g.exports = []string{text("memory") + "\x02\x00"} }), "exported twice"),
		refused("an export of nothing", with(func(g *guest) { g.exports = []string{text("x") + "\x00" + leb(999)} }), "compiling"),
		refused("an export with a name that is not UTF-8", with(func(g *guest) { g.exports = []string{text("\xff") + "\x00\x00"} }), "compiling"),
		refused("20,001 functions", functions(20_001, vec()), "functions; at most 20000"),
		allowed("19,000 functions", functions(19_000, vec())),
		refused("a function of 64 KiB and a byte", functions(1, vec()+strings.Repeat("\x01", 64<<10)), "bytes of code; at most 65536"),
		allowed("a function of 60,000 nops", functions(1, vec()+strings.Repeat("\x01", 60_000))),
		refused("4,097 locals", functions(1, vec(leb(4097)+i32Type)), "more than 4096 locals"),
		refused("locals that wrap round", functions(1, vec(leb(1<<32-1)+i32Type, leb(2)+i32Type)), "more than 4096 locals"),
		refused("a local that is a reference", functions(1, vec(leb(1)+"\x6f")), "function 2 has a local of type 0x6f"),
		refused("a local that is a vector", functions(1, vec(leb(1)+"\x7b")), "function 2 has a local of type 0x7b"),
		allowed("20,000 runs of no locals", functions(1, vec(repeated(20_000, "\x00"+i32Type)...))),
		allowed("2,000 blocks in each other", functions(1, deep(2_000, opBlock))),
		{"15,000 blocks in each other", functions(1, deep(15_000, opBlock)).bytes(), errEither, ""},
		{"15,000 loops in each other", functions(1, deep(15_000, opLoop)).bytes(), errEither, ""},
		{"10,000 questions in each other", functions(1, deep(10_000, i32(1)+opIf)).bytes(), errEither, ""},
		{"4,000 locals through 6,000 loops", functions(1, joined).bytes(), errEither, ""},
		{"branches by tables", functions(1, switches).bytes(), errEither, ""},
		{"120 functions of branches by tables", functions(120, switches).bytes(), errEither, ""},
		allowed("100,000 custom sections", with(func(g *guest) { g.after = strings.Repeat(custom("", ""), 100_000) })),
		allowed("a custom section within a custom section", with(func(g *guest) { g.after = custom("a", custom("b", custom("signalbox.manifest", "{"))) })),
		refused("a custom section without a name", with(func(g *guest) { g.after = "\x00\x00" }), "compiling"),
		refused("a name section that lies", with(func(g *guest) { g.after = custom("name", "\x01\xff\xff\xff\xff\x0f") }), "compiling"),
		allowed("a number longer than it need be", with(func(g *guest) { g.run = opBlock + opEnd + g.run; g.memory = "\x00\x84\x00" })),
		refused("a function that gives nothing", guest{run: "\x01"}, "compiling"),
		refused("a function that gives two", guest{run: i64(0) + i64(0)}, "compiling"),
		refused("a function that gives another type", guest{run: i32(0)}, "compiling"),
		refused("a block that never ends", guest{run: opBlock + i64(0)}, "compiling"),
		refused("an end too many", guest{run: i64(0) + opEnd + opEnd}, "compiling"),
		refused("a branch to nowhere", guest{run: branch(9) + i64(0)}, "compiling"),
		refused("a call of nobody", guest{run: call(999) + i64(0)}, "compiling"),
		refused("a local that is not there", guest{run: get(999) + opDrop + i64(0)}, "compiling"),
		refused("a global that is not there", guest{run: "\x23\x09" + opDrop + i64(0)}, "compiling"),
		refused("a global that changes what cannot change", guest{globals: []string{i32Type + "\x00" + i32(1) + opEnd}, run: i32(1) + "\x24\x00" + i64(0)}, "compiling"),
		refused("a global made by a loop", guest{globals: []string{i32Type + "\x00" + forever + opEnd}}, "compiling"),
		refused("a global whose expression never ends", guest{globals: []string{i32Type + "\x01"}}, "compiling"),
		refused("a global whose expression ends too late", guest{globals: []string{i32Type + "\x01" + i32(1)}}, "compiling"),
		refused("an instruction that does not exist", guest{run: "\xff" + i64(0)}, "compiling"),
		refused("sbx_alloc of another type", guest{before: section(1, vec(signature("I:i"))), run: ""}, "section 1 is unknown, repeated"),
	}
}

// errEither marks a module that may be refused when it is compiled, for the time
// or the memory that takes, or may answer: both are well.
var errEither = fmt.Errorf("refused by the compiler's budget, or an answer")

func repeated(n int, one string) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = one
	}
	return list
}

// manifestCases are lies of the manifest that make a module unfit. Those that
// leave it fit to run are in TestLiesOfAManifestAreToldByItsCheck.
func manifestCases(t testing.TB) []hostileCase {
	manifest := func(texts ...string) guest {
		g := truthful(t)
		for _, one := range texts {
			g.after += custom("signalbox.manifest", one)
		}
		return g
	}
	sound := `{"id":"falls","version":"1.0.0","abi":1,"title":"t","publisher":"p","licence":"l","entries":["xmr"]}`
	return []hostileCase{
		allowed("a sound manifest", manifest(sound)),
		refused("two manifests", manifest(sound, sound), "two sections signalbox.manifest"),
		refused("no manifest in its section", manifest(""), "signalbox.manifest"),
		refused("half a manifest", manifest(sound[:40]), "signalbox.manifest"),
		refused("a manifest that goes on", manifest(sound+sound), "there is more behind its end"),
		refused("a list", manifest("[]"), "signalbox.manifest"),
		refused("a field nobody knows", manifest(`{"id":"falls","admin":true}`), "admin"),
		refused("a number beyond all", manifest(`{"abi":1e999}`), "signalbox.manifest"),
		refused("a number of 64 bits and more", manifest(`{"abi":99999999999999999999}`), "signalbox.manifest"),
		refused("a number for a name", manifest(`{"id":7}`), "signalbox.manifest"),
		refused("a million brackets", manifest(`{"measures":`+strings.Repeat("[", 1_000_000)), "signalbox.manifest"),
		refused("a manifest of 10 MB", manifest(`{"id":"`+strings.Repeat("x", 10<<20)+`"}`), "the module has"),
		allowed("a manifest of 7 MB", manifest(`{"id":"falls","title":"`+strings.Repeat("x", 7<<20)+`"}`)),
		refused("nuls", manifest(strings.Repeat("\x00", 1000)), "signalbox.manifest"),
	}
}

func TestLiesOfAManifestAreToldByItsCheck(t *testing.T) {
	h, good := strictHost(t)
	for want, change := range map[string]func(m *plugins.Manifest){
		`id:`:                            func(m *plugins.Manifest) { m.ID = "../../etc/passwd" },
		`manifest of "spc\x00"`:          func(m *plugins.Manifest) { m.ID = "spc\x00" },
		`manifest of "spc/../x"`:         func(m *plugins.Manifest) { m.ID = "spc/../x" },
		`manifest of "ｓpc"`:              func(m *plugins.Manifest) { m.ID = "ｓpc" },
		`version "1.0.0/../2"`:           func(m *plugins.Manifest) { m.Version = "1.0.0/../2" },
		`version "999`:                   func(m *plugins.Manifest) { m.Version = strings.Repeat("9", 40) },
		`abi -1`:                         func(m *plugins.Manifest) { m.ABI = -1 },
		`abi 2`:                          func(m *plugins.Manifest) { m.ABI = 2 },
		`entries: name at least one`:     func(m *plugins.Manifest) { m.Entries = nil },
		`publisher is missing`:           func(m *plugins.Manifest) { m.Publisher = "" },
		`a manifest without code brings`: func(m *plugins.Manifest) { m.ABI = 0 },
	} {
		m := plugins.Manifest{ID: "falls", Version: "1.0.0", ABI: 1, Title: "t", Publisher: "p", Licence: "l", Entries: []string{"xmr"}}
		change(&m)
		text, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		g := truthful(t)
		g.after = custom("signalbox.manifest", string(text))
		release, err := h.Install(within(t, strict().Page*100), g.bytes())
		if err != nil {
			t.Fatal(err)
		}
		if err := release.Manifest.Check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v; wanted is %s", err, want)
		}
	}
	good.check(t)
}

// reaching are the functions of WASI that reach out of the sandbox.
var reaching = []string{"fd_advise", "fd_allocate", "fd_datasync", "fd_fdstat_set_rights", "fd_filestat_get", "fd_filestat_set_size",
	"fd_filestat_set_times", "fd_pread", "fd_pwrite", "fd_readdir", "fd_renumber", "fd_sync", "fd_tell", "path_create_directory",
	"path_filestat_get", "path_filestat_set_times", "path_link", "path_open", "path_readlink", "path_remove_directory", "path_rename",
	"path_symlink", "path_unlink_file", "proc_raise", "sock_accept", "sock_recv", "sock_send", "sock_shutdown"}

// escapeCases try to get at something outside.
func escapeCases(t testing.TB) []hostileCase {
	var cases []hostileCase
	imports := func(module, name, what, cause string) {
		g := string(guest{}.bytes())
		types := section(1, vec(signature(":"), signature("i:i"), signature("ii:I")))
		at := strings.Index(g, types) + len(types)
		wrong := g[:at] + section(2, vec(text(module)+text(name)+what)) + g[at:]
		cases = append(cases, hostileCase{"imports " + module + "." + name + " " + fmt.Sprintf("%x", what), []byte(wrong), plugins.ErrRefused, cause})
	}
	aFunction := "\x00\x00"
	for _, name := range reaching {
		imports(plugins.InertModule, name, aFunction, fmt.Sprintf("%q is not allowed", name))
	}
	imports("wasi_unstable", "fd_write", aFunction, "is not allowed")
	imports("wasi_snapshot_preview2", "fd_write", aFunction, "is not allowed")
	imports("wasi_snapshot_preview1\x00", "fd_write", aFunction, "is not allowed")
	imports("wasi:sockets/tcp@0.2.0", "connect", aFunction, "is not allowed")
	imports("", "", aFunction, "is not allowed")
	imports("env", "abort", aFunction, "is not allowed")
	imports("go", "runtime.wasmExit", aFunction, "is not allowed")
	imports("gojs", "syscall/js.valueCall", aFunction, "is not allowed")
	imports("signalbox", "query", aFunction, "is not allowed")
	imports(plugins.InertModule, "fd_write", aFunction, "has type : where iiii:i is right")
	imports(plugins.InertModule, "fd_write", "\x00\x63", "has type unknown")
	imports("env", "memory", "\x02\x00\x01", "only functions may be imported")
	imports("env", "table", "\x01\x70\x00\x01", "only functions may be imported")
	imports("env", "global", "\x03\x7f\x00", "only functions may be imported")
	imports("env", "tag", "\x04\x00\x00", "only functions may be imported")

	refuses := func(name, call1 string, status int64, code string) hostileCase {
		g := truthful(t)
		g.imports = []string{call1}
		return allowed(name, g.first(code+call(0)+i32(status)+opDiffers+opIf+opUnreachable+opEnd))
	}
	started := truthful(t)
	started.functions, started.exports = []string{vec() + forever}, []string{text("_start") + "\x00\x02"}
	hidden := string(guest{}.bytes())
	return append(cases,
		allowed("exports a _start that never ends", started),
		hostileCase{"exports its memory by another name", []byte(strings.Replace(hidden, text("memory"), text("mem0ry"), 1)), plugins.ErrRefused, "it exports no memory"},
		hostileCase{"exports a function as its memory", []byte(strings.Replace(hidden, text("memory")+"\x02\x00", text("memory")+"\x00\x00", 1)), plugins.ErrRefused, "it exports no memory"},
		hostileCase{"exports its memory as sbx_alloc", []byte(strings.Replace(hidden, text("sbx_alloc")+"\x00\x00", text("sbx_alloc")+"\x02\x00", 1)), plugins.ErrRefused, "sbx_alloc is not a function"},
		hostileCase{"exports sbx_run_v2 alone", []byte(strings.Replace(hidden, "sbx_run_v1", "sbx_run_v2", 1)), plugins.ErrRefused, "it exports no sbx_run_v1"},
		refused("has an _initialize that asks for something", guest{exports: []string{text("_initialize") + "\x00\x00"}}, "its export _initialize has type i:i"),
		refused("has shared memory", guest{memory: "\x03\x01\x01"}, "shared or 64-bit memory"),
		refused("has 64-bit memory", guest{memory: "\x04\x01"}, "shared or 64-bit memory"),
		refused("has a table of references", guest{tables: []string{"\x6f\x00\x01"}}, "a table of type 0x6f"),
		refused("has a type of references", guest{types: []string{"\x60\x01\x6f\x00"}}, "a value of type 0x6f"),
		refused("has a type of structures", guest{types: []string{"\x5f\x00"}}, "a type of form 0x5f"),
		refused("has a group of types", guest{types: []string{"\x4e\x01\x60\x00\x00"}}, "a type of form 0x4e"),
		refuses("opens what cannot be opened", "fd_prestat_get", 8, i32(3)+i32(room)),
		refuses("reads from a file", "fd_fdstat_get", 8, i32(3)+i32(room)),
		refuses("writes to file 3", "fd_write", 8, i32(3)+i32(room)+i32(1)+i32(room)),
		refuses("writes what lies across the last address", "fd_write", 21, i32(1)+i32(-4)+i32(1)+i32(room)),
		refuses("writes four milliard pieces", "fd_write", 28, i32(1)+i32(room)+i32(-1)+i32(room)),
		refuses("writes from beyond its memory", "fd_write", 21, i32(1)+i32(-16)+i32(1)+i32(room)),
		refuses("is told of writing beyond its memory", "fd_write", 21, i32(1)+i32(room)+i32(1)+i32(-1)),
		refuses("draws numbers beyond its memory", "random_get", 21, i32(room)+i32(-1)),
		refuses("is told the time beyond its memory", "clock_time_get", 21, i32(0)+i64(0)+i32(-1)),
		refuses("waits for four milliard things", "poll_oneoff", 28, i32(room)+i32(room)+i32(-1)+i32(room)),
		refuses("waits for nothing", "poll_oneoff", 28, i32(room)+i32(room)+i32(0)+i32(room)),
		refuses("waits beyond its memory", "poll_oneoff", 21, i32(-8)+i32(room)+i32(1)+i32(room)),
		refuses("asks for its arguments beyond its memory", "args_sizes_get", 21, i32(-1)+i32(room)),
		refuses("asks for its environment beyond its memory", "environ_sizes_get", 21, i32(room)+i32(-1)),
	)
}

// opcodeCases use instructions of later WebAssembly.
func opcodeCases() []hostileCase {
	var cases []hostileCase
	for name, code := range map[string]string{
		"a tail call": "\x12\x00", "a tail call through a table": "\x13\x00\x00", "a call by reference": "\x14\x00", "a tail call by reference": "\x15\x00",
		"an exception": "\x08\x00", "a try": "\x06\x40\x0b", "a try table": "\x1f\x40\x00\x0b", "an exception by reference": "\x0a",
		"no reference": "\xd0\x70" + opDrop, "a reference to a function": "\xd2\x00" + opDrop, "whether a reference is none": "\xd0\x70\xd1" + opDrop,
		"a place read from a table": i32(0) + "\x25\x00" + opDrop, "a place of a table written": i32(0) + "\xd0\x70" + "\x26\x00",
		"a table that grows": "\xd0\x70" + i32(9) + "\xfc\x0f\x00" + opDrop, "the size of a table": "\xfc\x10\x00" + opDrop,
		"a table that is filled":  i32(0) + "\xd0\x70" + i32(1) + "\xfc\x11\x00",
		"a choice of references":  "\xd0\x70\xd0\x70" + i32(1) + "\x1c\x01\x70" + opDrop,
		"a vector":                "\xfd\x0c" + strings.Repeat("\x00", 16) + opDrop,
		"an atomic wait":          i32(0) + i32(0) + i64(-1) + "\xfe\x01\x02\x00" + opDrop,
		"an atomic fence":         "\xfe\x03\x00",
		"a structure":             "\xfb\x01\x00" + opDrop,
		"a number as a reference": i32(1) + "\xfb\x1c" + opDrop,
		"a second memory":         "\x3f\x01" + opDrop,
		"a load of memory 1":      i32(0) + "\x28\x42\x01\x00" + opDrop,
		"a wide addition":         i64(1) + i64(1) + i64(1) + i64(1) + "\xfc\x13" + opDrop + opDrop,
		"data that is dropped":    "\xfc\x09\x05",
		"data that is not there":  i32(0) + i32(0) + i32(0) + "\xfc\x08\x05\x00",
	} {
		g := guest{run: code + i64(0), tables: []string{"\x70\x00\x01"}}
		cases = append(cases, refused(name, g, "compiling"))
	}
	return cases
}
