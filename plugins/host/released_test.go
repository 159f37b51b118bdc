package host_test

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/plugins/host"
	"github.com/signalbox-health/signalbox/sdk/wire"
)

// firstRelease is a module of version 1 of the socket, kept byte for byte: every
// later host must run it, and get from it what this test says. It charts the
// first input of one series of up to 1,000 points as it is (kind custom, no
// lines), and declines any other question. It was written by hand, by
// firstReleaseSource; where that gives other bytes one day, these count.
func firstRelease(t testing.TB) []byte {
	t.Helper()
	module, err := hex.DecodeString(strings.Join(strings.Fields(firstReleaseHex), ""))
	if err != nil {
		t.Fatal(err)
	}
	return module
}

const firstReleaseDigest = plugins.Digest("sha256:34e23ce0e31c6518dc130d62fa8879aeb4d3ae837eec1e02c64a07a62b8652ec")

const firstReleaseHex = `
0061736d01000000010f0360000060017f017f60027f7f017e03030201020503010008072303066d656d6f72790200097362785f616c6c6f6300000a7362785f
72756e5f763100010ae903020600418080080bdf0301087f200041106a21022002200028020c41106c6a210302400340200220034f0d01200228020041c39eb1
9a05460440200020022802086a2106200228020c21070b200228020041d38ac9ca04460440200228020c21090b200241106a21020c000b0b2006210220062007
6a2103410021064100210702400340200220034f0d0120022802082105200541024620054103467204402000200228020c6a21062002280218210441e0012005
3602080b20054101462007457104402000200228020c6a2107200228021421080b200241206a21020c000b0b20074520044572200441e8074b72200941284772
044042b88080808080200f0b4198032006200441046cfc0a000041b8222007200441086cfc0a00002008044041f8e000200020086a200441076a410376fc0a00
000b4100210202400340200220044f0d01200241046c41013602f861200241c00020024103766a2d00b860200241077176410171453a00b8a001200241016a21
020c000b0b419001200436021041e001200441046c36021041e0012004360218418002200441086c360210418002200436021841a002200441046c36021041a0
02200436021841c002200441046c36021041c002200436021841e002200441016c36021041e002200436021842e0a7818080080b0b9a03020041c0000bd30253
42583102000000e0530000040000004348525400000000500000002800000053544154000000007800000028000000434f4c5300000000a0000000a000000053
54525300000000400100001300000000000000110000000000000000000000000000000000000001000000000000000000000000000000000000000000000000
00000000000000000000000000000000000000000000000000000000000000000000000100000002000000580100000400000000000000000000000000000001
0000000100000001000000f810000008000000383000000000000000000000020000000500000003000000b83000000400000000000000000000000000000007
000000070000000500000058400000040000000000000000000000000000000e0000000500000004000000f84f00000100000000000000000000000000000078
7970686173657369676e616c73636175736500418080020b38534258310200010038000000010000004d4553470000000020000000180000004f6e6520736572
6965732069732077616e7465642e202020
`

// firstReleaseSource is what the module of firstRelease was written with. Its
// answer has a fixed length, with room for 1,000 rows: sections and columns
// stand at the offsets below, from an address of 64.
func firstReleaseSource() guest {
	const (
		answer              = 64
		charts, statistics  = 80, 120
		columns, words      = 160, 320
		x, y, nulls         = 344, 4344, 12344
		phase, signals, why = 12472, 16472, 20472
		total               = 21472
		declined            = 32 << 10
	)
	u32 := func(list ...uint32) (b []byte) {
		for _, v := range list {
			b = binary.LittleEndian.AppendUint32(b, v)
		}
		return b
	}
	tag := func(s string) uint32 { return binary.LittleEndian.Uint32([]byte(s)) }
	head := append([]byte("SBX1"), u32(2, total, 4, tag("CHRT"), 0, charts, 40, tag("STAT"), 0, statistics, 40,
		tag("COLS"), 0, columns, 160, tag("STRS"), 0, words, 19)...)
	head = append(head, u32(0, uint32(measures.Custom), 0, 0, 0, 0, 1, 0, 0, 0)...)
	head = append(head, make([]byte, 40)...)
	for _, c := range [][]uint32{{0, 1, 2, x, 4, 0}, {1, 1, 1, y, 8, nulls}, {2, 5, 3, phase, 4, 0}, {7, 7, 5, signals, 4, 0}, {14, 5, 4, why, 1, 0}} {
		head = append(head, u32(append(c, 0, 0)...)...)
	}
	head = append(head, "xyphasesignalscause"...)
	decline := append(append([]byte("SBX1"), u32(2|1<<16, 56, 1, tag("MESG"), 0, 32, 24)...), "One series is wanted.   "...)

	load := func(address string, offset int) string { return address + "\x28\x02" + leb(offset) }
	store := func(address, value string, offset int) string { return address + value + "\x36\x02" + leb(offset) }
	times := func(value string, n int64) string { return value + i32(n) + opMul }
	each := func(local int, until, body string) string { // for local < until
		return opBlock + opLoop + get(local) + until + "\x4f" + branchIf(1) + body + branch(0) + opEnd + opEnd
	}
	when := func(condition, body string) string { return condition + opIf + body + opEnd }
	is := func(a string, v int64) string { return a + i32(v) + opEqual }
	const q, at, end, n, kind, xAt, yAt, nullsAt, series = 0, 2, 3, 4, 5, 6, 7, 8, 9
	entry := get(at)
	run := get(q) + i32(16) + opAdd + set(at) + get(at) + times(load(get(q), 12), 16) + opAdd + set(end)
	found := "" // the place and the end of COLS, kept in x and y until the directory is read
	found += when(is(load(entry, 0), int64(int32(tag("COLS")))), get(q)+load(entry, 8)+opAdd+set(xAt)+load(entry, 12)+set(yAt))
	found += when(is(load(entry, 0), int64(int32(tag("SERI")))), load(entry, 12)+set(series))
	run += each(at, get(end), found+get(at)+i32(16)+opAdd+set(at))
	run += get(xAt) + set(at) + get(xAt) + get(yAt) + opAdd + set(end) + i32(0) + set(xAt) + i32(0) + set(yAt)
	column := load(entry, 8) + set(kind)
	column += when(is(get(kind), 2)+is(get(kind), 3)+opOr, get(q)+load(entry, 12)+opAdd+set(xAt)+load(entry, 24)+set(n)+
		store(i32(answer+columns), get(kind), 8))
	column += when(is(get(kind), 1)+get(yAt)+opIsZero+opAnd, get(q)+load(entry, 12)+opAdd+set(yAt)+load(entry, 20)+set(nullsAt))
	run += each(at, get(end), column+get(at)+i32(32)+opAdd+set(at))
	run += when(get(yAt)+opIsZero+get(n)+opIsZero+opOr+get(n)+i32(1000)+"\x4b"+opOr+get(series)+i32(40)+opDiffers+opOr,
		result(declined, 56)+opReturn)
	run += i32(answer+x) + get(xAt) + times(get(n), 4) + opCopy + i32(answer+y) + get(yAt) + times(get(n), 8) + opCopy
	run += when(get(nullsAt), i32(answer+nulls)+get(q)+get(nullsAt)+opAdd+get(n)+i32(7)+opAdd+i32(3)+opShiftRight+opCopy)
	missing := i32(answer) + get(at) + i32(3) + opShiftRight + opAdd + "\x2d\x00" + leb(nulls) + get(at) + i32(7) + opAnd + opShiftRight + i32(1) + opAnd
	run += i32(0) + set(at) + each(at, get(n), store(times(get(at), 4), i32(1), answer+phase)+
		get(at)+missing+opIsZero+"\x3a\x00"+leb(answer+why)+get(at)+i32(1)+opAdd+set(at))
	run += store(i32(answer+charts), get(n), 16)
	for i, width := range []int64{4, 8, 4, 4, 1} {
		run += store(i32(answer+columns+int64(32*i)), times(get(n), width), 16) + store(i32(answer+columns+int64(32*i)), get(n), 24)
	}
	return guest{memory: "\x00\x08", alloc: i32(room), locals: vec(leb(8) + i32Type), run: run + result(answer, total),
		data: []string{bytesAt(answer, string(head)), bytesAt(declined, string(decline))}}
}

// rightCopies is right for the module that is kept: y is what was asked about.
func rightCopies(q *wire.Request, charts []measures.Chart) error {
	if len(charts) != 1 || charts[0].Kind != measures.Custom || len(charts[0].Phases) != 1 {
		return fmt.Errorf("charts %+v", charts)
	}
	for i, v := range q.Series[0].Columns[0] {
		if got := charts[0].Y[i]; math.Float64bits(got) != math.Float64bits(v) && !(measures.IsMissing(got) && measures.IsMissing(v)) {
			return fmt.Errorf("point %d is %v, asked about was %v", i, got, v)
		}
		if (charts[0].Causes[i] == measures.NoCause) != measures.IsMissing(v) {
			return fmt.Errorf("point %d is %v and has cause %q", i, v, charts[0].Causes[i])
		}
	}
	return nil
}

func TestAReleaseOfVersionOneRunsForEver(t *testing.T) {
	module := firstRelease(t)
	if digest := plugins.DigestOf(module); digest != firstReleaseDigest || len(module) > 1024 {
		t.Fatalf("its %d bytes are %s; they are kept as they were released, as %s", len(module), digest, firstReleaseDigest)
	}
	if source := firstReleaseSource().bytes(); !bytes.Equal(source, module) {
		t.Logf("today its source gives other bytes, which does not matter: %x", source)
	}
	h := newHost(t, func(o *host.Options) { o.Limits = patient() })
	release := install(t, h, module)
	for _, v := range exampleVectors() {
		one := len(v.Request.Series) == 1 && len(v.Request.Series[0].Periods) > 0 && len(v.Request.Series[0].Periods) <= 1000
		charts, err := h.Run(within(t, time.Minute), release.Digest, v.Request)
		if !one {
			wantCause(t, err, plugins.ErrUnsuited, "One series is wanted.")
			continue
		}
		if err == nil {
			err = rightCopies(&v.Request, charts)
		}
		if err != nil {
			t.Errorf("%s: %v", v.Name, err)
		}
	}
}
