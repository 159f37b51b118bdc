package host_test

import (
	"strings"
	"testing"
)

// truthful is a guest that answers truly. What a case does besides has to end
// before that, or must not.
func truthful(t testing.TB) guest { return answering(encoded(t, truth(t))) }

// first has a guest do something before it answers.
func (g guest) first(code string) guest {
	g.run = code + g.run
	return g
}

// addressCases play with the addresses of question and answer.
func addressCases(t testing.TB) []hostileCase {
	answer := encoded(t, truth(t))
	ends := func(pages int) int { return pages << 16 }
	with := func(change func(g *guest)) guest {
		g := answering(answer)
		change(&g)
		return g
	}
	alloc := func(at int64) guest { return with(func(g *guest) { g.alloc = i32(at) }) }
	gives := func(at, length int) guest { return with(func(g *guest) { g.run = result(at, length) }) }
	apart := strings.Repeat("\x00", 3) + answer // begins at 67
	return []hostileCase{
		faulty("alloc gives 0", alloc(0), "sbx_alloc returned 0"),
		faulty("alloc gives 4", alloc(4), "sbx_alloc returned 4, which is no address of 8-aligned room"),
		faulty("alloc gives an odd address", alloc(room+1), "which is no address of 8-aligned room"),
		faulty("alloc gives -8", alloc(-8), "outside its memory"),
		faulty("alloc gives -1", alloc(-1), "which is no address of 8-aligned room"),
		faulty("alloc gives the end", alloc(int64(ends(4))), "outside its memory"),
		faulty("alloc gives the last 8 bytes", alloc(int64(ends(4)-8)), "outside its memory"),
		faulty("alloc gives what is beyond 2 GiB", alloc(-1<<31), "outside its memory"),
		faulty("alloc gives the room of the answer", alloc(64), "malformed answer: envelope: kind 1"),
		allowed("alloc gives low memory", with(func(g *guest) {
			g.alloc = i32(8)
			g.data = []string{bytesAt(room, answer)}
			g.run = result(room, len(answer))
		})),
		faulty("alloc grows and gives what it did not get", with(func(g *guest) { g.alloc = i32(9999) + opGrow + opDrop + i32(9999<<16) }), "outside its memory"),
		faulty("alloc stops", with(func(g *guest) { g.alloc = opUnreachable }), "in sbx_alloc: trap: unreachable"),
		allowed("question and answer share their room", with(func(g *guest) {
			g.alloc = i32(room)
			g.run = i32(room) + i32(64) + i32(int64(len(answer))) + opCopy + result(room, len(answer))
		})),
		faulty("the answer is the question", with(func(g *guest) {
			g.run = get(0) + "\xad" + i64(32) + "\x86" + get(1) + "\xad" + "\x84"
		}), "malformed answer: envelope: kind 1"),
		faulty("the answer begins beyond memory", gives(ends(5), 16), "outside its memory"),
		faulty("the answer ends beyond memory", gives(ends(4)-8, 16), "outside its memory"),
		faulty("the answer wraps round", gives(-16, 32), "outside its memory"),
		faulty("the answer is of no length", gives(64, 0), "malformed answer: envelope: 0 bytes"),
		faulty("the answer is nowhere and of no length", gives(-1, 0), "outside its memory"),
		faulty("address and length are -1", gives(-1, -1), "its answer has 4294967295 bytes"),
		faulty("the answer is all of memory", gives(0, ends(4)), "its answer has 262144 bytes"),
		faulty("the answer begins a byte too late", gives(65, len(answer)-1), "malformed answer: envelope"),
		faulty("the answer is a byte short", gives(64, len(answer)-1), "malformed answer: envelope"),
		faulty("the answer is a byte long", gives(64, len(answer)+1), "malformed answer: envelope"),
		allowed("the answer lies at an odd address", with(func(g *guest) {
			g.data = []string{bytesAt(64, apart)}
			g.run = result(67, len(answer))
			g.alloc = i32(room)
		})),
	}
}

// memoryCases take what room there is and more.
func memoryCases(t testing.TB) []hostileCase {
	g := truthful(t)
	with := func(change func(g *guest)) guest {
		one := truthful(t)
		change(&one)
		return one
	}
	untilRefused := opLoop + i32(1) + opGrow + i32(-1) + opDiffers + branchIf(0) + opEnd
	touch := opLoop + get(2) + i32(1) + opStore8 + get(2) + i32(4096) + opAdd + "\x22\x02" + i32(16<<20) + opLess + branchIf(0) + opEnd
	counted := with(func(g *guest) { g.locals = vec(leb(1) + i32Type) })
	many := func(n int, one string) []string {
		list := make([]string, n)
		for i := range list {
			list[i] = one
		}
		return list
	}
	global := i32Type + "\x01" + i32(7) + opEnd
	return []hostileCase{
		allowed("grows until it is refused", g.first(untilRefused)),
		allowed("touches all that it may have", with(func(g *guest) {
			g.locals = counted.locals
			g.alloc = i32(15 << 20)
			g.memory, g.run = "\x00"+leb(256), get(0)+set(2)+touch+g.run
		})),
		faulty("touches a byte more", with(func(g *guest) { g.memory, g.run = "\x00"+leb(256), i32(16<<20)+i32(1)+opStore8+g.run }), "trap: out of bounds memory access"),
		allowed("asks for everything at once", g.first(i32(65535)+opGrow+opDrop)),
		allowed("asks for less than nothing", g.first(i32(-1)+opGrow+opDrop)),
		faulty("insists on more", g.first(i32(256)+opGrow+i32(-1)+opEqual+opIf+opUnreachable+opEnd), "trap: unreachable"),
		refused("begins with a page too many", with(func(g *guest) { g.memory = "\x00" + leb(257) }), "its memory begins with 257 pages of 64 KiB; at most 256"),
		refused("begins with all there is", with(func(g *guest) { g.memory = "\x00" + leb(65536) }), "its memory begins with 65536 pages"),
		refused("begins with more than there is", with(func(g *guest) { g.memory = "\x00" + leb(1<<31) }), "its memory begins with 2147483648 pages"),
		allowed("may grow to 4 GiB, it says", with(func(g *guest) { g.memory = "\x01" + leb(4) + leb(65536) }).first(untilRefused)),
		refused("may shrink, it says", with(func(g *guest) { g.memory = "\x01" + leb(4) + leb(3) }), "compiling"),
		faulty("has data outside its memory", with(func(g *guest) { g.data = append(g.data, bytesAt(4<<16-1, "xx")) }), "before anything ran: "),
		faulty("has data at -1", with(func(g *guest) { g.data = append(g.data, bytesAt(-1, "x")) }), "before anything ran: "),
		allowed("has 20,000 pieces of data", with(func(g *guest) { g.data = append(g.data, many(20_000, bytesAt(room, "x"))...) })),
		allowed("has 100,000 pieces of nothing", with(func(g *guest) { g.data = append(g.data, many(100_000, bytesAt(0, ""))...) })),
		allowed("has 20,000 globals", with(func(g *guest) { g.globals = many(20_000, global) })),
		refused("has a module of 9 MiB", with(func(g *guest) { g.after = custom("padding", strings.Repeat("x", 9<<20)) }), "the module has"),
		allowed("has a module of 7 MiB", with(func(g *guest) { g.after = custom("padding", strings.Repeat("x", 7<<20)) })),
		refused("has 65,537 places in a table", with(func(g *guest) { g.tables = []string{"\x70\x00" + leb(65_537)} }), "a table has 65537 entries"),
		allowed("has 65,536 places in a table", with(func(g *guest) { g.tables = []string{"\x70\x00" + leb(65_536)} })),
		refused("has a table of four milliard, at most", with(func(g *guest) { g.tables = []string{"\x70\x00" + leb(1<<32-1)} }), "a table has 4294967295 entries"),
		refused("has elements outside its table", with(func(g *guest) {
			g.tables, g.elements = []string{"\x70\x00\x01"}, []string{"\x00" + i32(1) + opEnd + vec("\x00")}
		}), "compiling"),
		faulty("fills what it does not have", g.first(i32(0)+i32(0)+i32(-1)+opFill), "trap: out of bounds memory access"),
		faulty("copies what it does not have", g.first(i32(0)+i32(1<<20)+i32(1<<20)+opCopy), "trap: out of bounds memory access"),
		faulty("reads beyond 4 GiB", g.first(i32(-1)+"\x28\x02"+leb(1<<32-1)+opDrop), "trap: out of bounds memory access"),
		faulty("writes at -1", g.first(i32(-1)+i32(1)+opStore8), "trap: out of bounds memory access"),
		allowed("keeps 16 MiB in every instance", with(func(g *guest) { g.init = i32(200) + opGrow + opDrop })),
	}
}

// timeCases never end, or not soon.
func timeCases(t testing.TB) []hostileCase {
	with := func(change func(g *guest)) guest {
		one := truthful(t)
		change(&one)
		return one
	}
	again := func(code string) guest { return truthful(t).first(opLoop + code + branch(0) + opEnd) }
	counter := func(g guest) guest { g.locals = vec(leb(2)+i32Type, leb(1)+f64Type); return g }
	importing := func(code string, names ...string) guest {
		g := again(code)
		g.imports = names
		return g
	}
	return []hostileCase{
		faulty("a loop", again(""), strictDeadline),
		faulty("a loop in sbx_alloc", with(func(g *guest) { g.alloc = forever + opUnreachable }), strictDeadline),
		faulty("a loop in _initialize", with(func(g *guest) { g.init = forever }), "400ms"),
		faulty("a loop within loops", again(opLoop+opLoop+i32(0)+branchIf(0)+opEnd+opEnd), strictDeadline),
		faulty("a loop that adds", counter(again(get(2)+i32(1)+opAdd+set(2))), strictDeadline),
		faulty("a milliard of milliards", counter(truthful(t).first(opLoop+i32(0)+set(3)+
			opLoop+get(3)+i32(1)+opAdd+"\x22\x03"+i32(1_000_000_000)+opLess+branchIf(0)+opEnd+
			get(2)+i32(1)+opAdd+"\x22\x02"+i32(1_000_000_000)+opLess+branchIf(0)+opEnd)), strictDeadline),
		faulty("roots for ever", counter(again(f64(2)+"\x9f"+get(4)+"\xa0"+"\x9f"+set(4))), strictDeadline),
		faulty("remainders for ever", counter(again(get(2)+i32(7)+opAdd+i32(3)+"\x70"+set(2))), strictDeadline),
		faulty("filling for ever", again(i32(0)+i32(1)+i32(room)+opFill), strictDeadline),
		faulty("copying for ever", again(i32(8)+i32(0)+i32(room)+opCopy), strictDeadline),
		faulty("growing by nothing for ever", again(i32(0)+opGrow+opDrop), strictDeadline),
		faulty("asking for memory for ever", again(i32(65535)+opGrow+opDrop), strictDeadline),
		faulty("branching by a table for ever", again(opBlock+opBlock+opBlock+i32(2)+"\x0e"+vec("\x00", "\x01")+"\x02"+opEnd+opEnd+opEnd), strictDeadline),
		faulty("calling through a table for ever", with(func(g *guest) {
			g.tables, g.elements = []string{"\x70\x00\x01"}, []string{"\x00" + i32(0) + opEnd + vec("\x02")}
			g.functions = []string{vec()}
			g.run = opLoop + i32(0) + "\x11\x00\x00" + branch(0) + opEnd + g.run
		}), strictDeadline),
		faulty("calling for ever", with(func(g *guest) {
			g.functions = []string{vec()}
			g.run = opLoop + call(2) + branch(0) + opEnd + g.run
		}), strictDeadline),
		faulty("a tree of calls without a loop", with(func(g *guest) {
			for i := range 40 { // each calls the next twice
				g.functions = append(g.functions, vec()+call(i+3)+call(i+3))
			}
			g.functions = append(g.functions, vec())
			g.run = call(2) + g.run
		}), strictDeadline),
		faulty("sleeping for ever", importing(i32(room)+i32(room+64)+i32(1)+i32(room+128)+call(0)+opDrop, "poll_oneoff"), strictDeadline),
		faulty("yielding for ever", importing(call(0)+opDrop, "sched_yield"), strictDeadline),
		faulty("reading the clock for ever", importing(i32(0)+i64(1)+i32(room)+call(0)+opDrop, "clock_time_get"), strictDeadline),
		faulty("drawing numbers for ever", importing(i32(room)+i32(room)+call(0)+opDrop, "random_get"), strictDeadline),
		faulty("reading standard input for ever", importing(i32(0)+i32(room)+i32(1)+i32(room)+call(0)+opDrop, "fd_read"), strictDeadline),
		faulty("a flood on standard output", importing(i32(1)+i32(room)+i32(1024)+i32(8)+call(0)+opDrop, "fd_write"), strictDeadline),
		faulty("a flood on standard error", importing(i32(2)+i32(room)+i32(1024)+i32(8)+call(0)+opDrop, "fd_write"), strictDeadline),
		faulty("closing everything for ever", importing(i32(1)+call(0)+opDrop, "fd_close"), strictDeadline),
		allowed("one long sleep", func() guest {
			g := truthful(t)
			g.imports = []string{"poll_oneoff"}
			g.data = append(g.data, bytesAt(room, strings.Repeat("\xff", 8)+"\x00"+strings.Repeat("\x00", 15)+strings.Repeat("\xff", 24)))
			g.alloc = i32(room + 4096)
			return g.first(i32(room) + i32(room+64) + i32(1) + i32(room+128) + call(0) + opIf + opUnreachable + opEnd)
		}()),
	}
}

// trapCases end by themselves.
func trapCases() []hostileCase {
	run := func(code string) guest { return guest{run: code + i64(0)} }
	recursive := func(locals, code string) guest {
		return guest{run: call(2) + i64(0), functions: []string{locals + code + call(2)}}
	}
	table := func(of, code string) guest {
		return guest{run: code + i64(0), tables: []string{"\x70\x00\x02"}, elements: []string{"\x00" + i32(0) + opEnd + vec(of)}}
	}
	exits := func(status int64) guest {
		return guest{imports: []string{"proc_exit"}, run: i32(status) + call(0) + i64(0)}
	}
	inAlloc, inInit := exits(0), exits(0)
	inAlloc.alloc, inAlloc.run = i32(7)+call(0)+i32(room), ""
	inInit.init, inInit.run = i32(3)+call(0), ""
	return []hostileCase{
		faulty("unreachable", run(opUnreachable), "trap: unreachable"),
		faulty("a division by nought", run(i32(1)+i32(0)+"\x6d"+opDrop), "trap: integer divide by zero"),
		faulty("a remainder by nought", run(i64(1)+i64(0)+"\x82"+opDrop), "trap: integer divide by zero"),
		faulty("the least number divided by -1", run(i32(-1<<31)+i32(-1)+"\x6d"+opDrop), "trap: integer overflow"),
		faulty("a number too large for 32 bits", run(f64(1e300)+"\xaa"+opDrop), "trap: integer overflow"),
		faulty("no number as a whole one", run(f64(0)+f64(0)+"\xa3"+"\xaa"+opDrop), "trap: invalid conversion to integer"),
		faulty("recursion", recursive(vec(), ""), "trap: stack overflow"),
		faulty("recursion with 4,096 locals", recursive(vec(leb(4096)+i64Type), ""), "trap: stack overflow"),
		faulty("recursion through a table", guest{run: call(2) + i64(0), functions: []string{vec() + i32(0) + "\x11\x00\x00"},
			tables: []string{"\x70\x00\x01"}, elements: []string{"\x00" + i32(0) + opEnd + vec("\x02")}}, "trap: stack overflow"),
		faulty("recursion of sbx_run_v1", guest{run: get(0) + get(1) + call(1)}, "trap: stack overflow"),
		faulty("recursion in _initialize", guest{init: call(2)}, "in _initialize: trap: stack overflow"),
		faulty("a trap in _initialize", guest{init: opUnreachable}, "in _initialize: trap: unreachable"),
		faulty("a place beyond the table", table("\x00", i32(9)+"\x11\x00\x00"), "trap: invalid table access"),
		faulty("an empty place in the table", table("\x00", i32(1)+"\x11\x00\x00"), "trap: invalid table access"),
		faulty("a function of another type", table("\x00", i32(0)+"\x11\x00\x00"), "trap: indirect call type mismatch"),
		faulty("an exit with 0", exits(0), "exited with status 0"),
		faulty("an exit with 255", exits(255), "exited with status 255"),
		faulty("an exit with -1", exits(-1), "exited with status 4294967295"),
		faulty("an exit in sbx_alloc", inAlloc, "exited with status 7"),
		faulty("an exit in _initialize", inInit, "exited with status 3 in _initialize"),
	}
}
