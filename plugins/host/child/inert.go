package child

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/sys"

	"github.com/signalbox-health/signalbox/plugins"
)

// Errors of the system interface, as its standard numbers them.
const (
	done        = 0
	errBadFile  = 8
	errFault    = 21
	errInvalid  = 28
	errCantSeek = 70
)

// standstill is what every clock says: the first moment of 2000, in nanoseconds.
// It is not zero, because Go's runtime takes a zero for a broken clock.
const standstill = 946_684_800_000_000_000

// maxVector bounds how many parts or events one call may name, so that a call
// takes no longer than a moment.
const maxVector = 1024

// inertFunctions do nothing that could be seen from outside, and give every
// instance the same answers.
var inertFunctions = map[string]func(ctx context.Context, m api.Module, p []uint64) uint32{
	"args_get":            nothing,
	"args_sizes_get":      twoZeros,
	"clock_res_get":       func(_ context.Context, m api.Module, p []uint64) uint32 { return put64(m, p[1], 1) },
	"clock_time_get":      func(_ context.Context, m api.Module, p []uint64) uint32 { return put64(m, p[2], standstill) },
	"environ_get":         nothing,
	"environ_sizes_get":   twoZeros,
	"fd_close":            nothing,
	"fd_fdstat_get":       describe,
	"fd_fdstat_set_flags": nothing,
	"fd_prestat_dir_name": noFile,
	"fd_prestat_get":      noFile,
	"fd_read":             endOfFile,
	"fd_seek":             func(context.Context, api.Module, []uint64) uint32 { return errCantSeek },
	"fd_write":            discard,
	"poll_oneoff":         poll,
	"proc_exit":           nil, // gives nothing back: see instantiateInert
	"random_get":          chance,
	"sched_yield":         nothing,
}

// instantiateInert offers the functions of plugins.Inert and no others.
func instantiateInert(ctx context.Context, r wazero.Runtime) error {
	b := r.NewHostModuleBuilder(plugins.InertModule)
	for name, signature := range plugins.Inert {
		parameters, results := valueTypes(signature)
		f, ok := inertFunctions[name]
		if !ok {
			return fmt.Errorf("%s has no function", name)
		}
		call := api.GoModuleFunc(func(ctx context.Context, m api.Module, stack []uint64) { stack[0] = uint64(f(ctx, m, stack)) })
		if name == "proc_exit" {
			call = exit
		}
		b.NewFunctionBuilder().WithGoModuleFunction(call, parameters, results).Export(name)
	}
	_, err := b.Instantiate(ctx)
	return err
}

func valueTypes(signature string) (parameters, results []api.ValueType) {
	to := &parameters
	for _, letter := range signature {
		switch letter {
		case ':':
			to = &results
		case 'i':
			*to = append(*to, api.ValueTypeI32)
		case 'I':
			*to = append(*to, api.ValueTypeI64)
		}
	}
	return parameters, results
}

func nothing(context.Context, api.Module, []uint64) uint32 { return done }

func noFile(context.Context, api.Module, []uint64) uint32 { return errBadFile }

func exit(ctx context.Context, m api.Module, stack []uint64) {
	status := uint32(stack[0])
	m.CloseWithExitCode(ctx, status)
	panic(sys.NewExitError(status))
}

func put32(m api.Module, at uint64, v uint32) uint32 {
	if !m.Memory().WriteUint32Le(uint32(at), v) {
		return errFault
	}
	return done
}

func put64(m api.Module, at, v uint64) uint32 {
	if !m.Memory().WriteUint64Le(uint32(at), v) {
		return errFault
	}
	return done
}

// offset adds to an address, and gives false where that is beyond all addresses:
// the sum must not begin again at 0.
func offset(base, more uint64) (uint32, bool) {
	sum := uint64(uint32(base)) + more
	return uint32(sum), sum <= math.MaxUint32
}

// twoZeros says that there are no arguments, or no environment, and that they
// take no bytes.
func twoZeros(_ context.Context, m api.Module, p []uint64) uint32 {
	if status := put32(m, p[0], 0); status != done {
		return status
	}
	return put32(m, p[1], 0)
}

// describe says that the three standard files are terminals without rights.
func describe(_ context.Context, m api.Module, p []uint64) uint32 {
	if uint32(p[0]) > 2 {
		return errBadFile
	}
	var stat [24]byte
	stat[0] = 2 // a character device
	if !m.Memory().Write(uint32(p[1]), stat[:]) {
		return errFault
	}
	return done
}

func endOfFile(_ context.Context, m api.Module, p []uint64) uint32 { return put32(m, p[3], 0) }

// discard says that everything was written. The bytes are not even looked at.
func discard(_ context.Context, m api.Module, p []uint64) uint32 {
	if uint32(p[0]) > 2 {
		return errBadFile
	}
	parts := uint32(p[2])
	if parts > maxVector {
		return errInvalid
	}
	total := uint64(0)
	for i := range parts {
		at, ok := offset(p[1], 8*uint64(i)+4)
		if !ok {
			return errFault
		}
		length, ok := m.Memory().ReadUint32Le(at)
		if !ok {
			return errFault
		}
		total += uint64(length)
	}
	if total > math.MaxUint32 {
		return errInvalid
	}
	return put32(m, p[3], uint32(total))
}

// poll says at once that whatever was waited for has happened.
func poll(_ context.Context, m api.Module, p []uint64) uint32 {
	const subscription, event = 48, 32
	n := uint32(p[2])
	if n == 0 || n > maxVector {
		return errInvalid
	}
	for i := range n {
		asked, ok := offset(p[0], subscription*uint64(i))
		told, fits := offset(p[1], event*uint64(i))
		if !ok || !fits {
			return errFault
		}
		from, ok := m.Memory().Read(asked, subscription)
		if !ok {
			return errFault
		}
		var happened [event]byte
		copy(happened[:8], from[:8]) // whose it is
		happened[10] = from[8]       // what it was
		if !m.Memory().Write(told, happened[:]) {
			return errFault
		}
	}
	return put32(m, p[3], n)
}

// chanceKey finds an instance's numbers in its context.
type chanceKey struct{}

// withChance gives an instance random numbers of its own, from the same seed as
// every other's.
func withChance(ctx context.Context) (context.Context, *rand.ChaCha8) {
	source := rand.NewChaCha8([32]byte([]byte("the same for every plugin's run.")))
	return context.WithValue(ctx, chanceKey{}, source), source
}

func chance(ctx context.Context, m api.Module, p []uint64) uint32 {
	to, ok := m.Memory().Read(uint32(p[0]), uint32(p[1]))
	if !ok {
		return errFault
	}
	if source, ok := ctx.Value(chanceKey{}).(*rand.ChaCha8); ok {
		source.Read(to)
	}
	return done
}
