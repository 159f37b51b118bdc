package child

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/sys"

	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/plugins/host"
)

// features are those of core WebAssembly 1.0 and the few additions that every
// compiler uses today. Tables cannot grow, and there are no threads.
const features = api.CoreFeaturesV1 | api.CoreFeatureBulkMemoryOperations | api.CoreFeatureMultiValue |
	api.CoreFeatureMutableGlobal | api.CoreFeatureNonTrappingFloatToIntConversion | api.CoreFeatureSignExtensionOps

var errNotCached = errors.New("not compiled for this engine yet")

// guest is one compiled module. Each has an engine of its own, so that nothing
// is shared between plugins.
type guest struct {
	ctx      context.Context
	runtime  wazero.Runtime
	compiled wazero.CompiledModule
	ready    *instance // made in advance, used once

	// globals are what has to be put back with the memory of an instance, and
	// first is what they and it were before any data. There is no snapshot where
	// more could change than that.
	restorable bool
	globals    []string
	first      *snapshot
}

// instance is one running copy of a module. It sees one question, and is gone,
// or is put back to what it was before.
type instance struct {
	ctx     context.Context
	module  api.Module
	mapped  *mapped
	globals []api.Global
	chance  *rand.ChaCha8
	alloc   api.Function
	run1    api.Function
}

// cached reports whether there is compiled code in the folder.
func cached(dir string) bool {
	found, err := filepath.Glob(filepath.Join(dir, "wazero-*-"+runtime.GOARCH+"-"+runtime.GOOS, "*[0-9a-f]"))
	return err == nil && len(found) > 0
}

// engine names what compiles: its code is good for no other.
func engine() string {
	version := "unknown"
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, dep := range info.Deps {
			if dep.Path == "github.com/tetratelabs/wazero" {
				version = dep.Version
			}
		}
	}
	return "wazero-" + version + "-" + runtime.GOOS + "-" + runtime.GOARCH
}

func newGuest(ctx context.Context, load host.Load, module []byte) (*guest, error) {
	cache, err := wazero.NewCompilationCacheWithDir(load.Dir)
	if err != nil {
		return nil, fmt.Errorf("open the cache of compiled code: %w", err)
	}
	config := wazero.NewRuntimeConfig().WithCoreFeatures(features).WithMemoryLimitPages(load.Pages).
		WithDebugInfoEnabled(false).WithCompilationCache(cache)
	g := &guest{ctx: ctx, runtime: wazero.NewRuntimeWithConfig(ctx, config), restorable: load.Restorable, globals: load.Globals}
	if err := instantiateInert(ctx, g.runtime); err != nil {
		return nil, fmt.Errorf("set up the inert system interface: %w", err)
	}
	if g.compiled, err = g.runtime.CompileModule(ctx, module); err != nil {
		return nil, fmt.Errorf("compile: %w", err)
	}
	return g, nil
}

// take gives an instance that nobody has used.
func (g *guest) take() (*instance, error) {
	if i := g.ready; i != nil {
		g.ready = nil
		return i, nil
	}
	return g.instantiate()
}

// prepare makes the next instance while nobody waits. Where that fails the next
// question will say so.
func (g *guest) prepare() {
	if g.ready == nil {
		g.ready, _ = g.instantiate()
	}
}

// retire takes an instance back after its question. One that did wrong, or whose
// memory grew, is gone.
func (g *guest) retire(i *instance, well bool) {
	if well && g.first != nil && g.first.restore(i) {
		g.ready = i
		return
	}
	i.close()
}

// instantiate makes an instance that has seen no data.
func (g *guest) instantiate() (*instance, error) {
	ctx, source := withChance(g.ctx)
	ctx, memory := withMemory(ctx)
	module, err := g.runtime.InstantiateModule(ctx, g.compiled, wazero.NewModuleConfig().WithName("").WithStartFunctions())
	if err != nil {
		return nil, fmt.Errorf("before anything ran: %w", err)
	}
	// Called here and not by the engine, to which an exit with status 0 is no error.
	if first := module.ExportedFunction("_initialize"); first != nil {
		if _, err := first.Call(ctx); err != nil {
			_ = module.Close(ctx)
			return nil, fmt.Errorf("in _initialize: %w", err)
		}
	}
	i := &instance{ctx: ctx, module: module, mapped: memory, chance: source}
	for _, name := range g.globals {
		i.globals = append(i.globals, module.ExportedGlobal(name))
	}
	i.connect()
	if g.restorable && g.first == nil {
		g.first = capture(i)
	}
	return i, nil
}

// connect finds the functions of the socket, each with a stack of its own on
// which nothing lies yet.
func (i *instance) connect() {
	i.alloc, i.run1 = i.module.ExportedFunction("sbx_alloc"), i.module.ExportedFunction("sbx_run_v1")
}

// memory is all of it.
func (i *instance) memory() []byte {
	b, _ := i.module.Memory().Read(0, i.module.Memory().Size())
	return b
}

func (g *guest) close() { g.runtime.Close(g.ctx) }

func (i *instance) close() { i.module.Close(i.ctx) }

// run gives the payload to the instance and takes its answer, which lies in the
// instance's memory and is good until it is closed.
func (i *instance) run(payload []byte, limit int) ([]byte, error) {
	results, err := i.alloc.Call(i.ctx, uint64(len(payload)))
	if err != nil {
		return nil, fmt.Errorf("in sbx_alloc: %w", err)
	}
	pointer := uint32(results[0])
	if pointer == 0 || pointer%8 != 0 {
		return nil, badAnswer{fmt.Sprintf("sbx_alloc returned %d, which is no address of 8-aligned room", pointer)}
	}
	if !i.module.Memory().Write(pointer, payload) {
		return nil, badAnswer{fmt.Sprintf("sbx_alloc returned %d: %d bytes from there on are outside its memory of %d bytes", pointer, len(payload), i.module.Memory().Size())}
	}
	if results, err = i.run1.Call(i.ctx, uint64(pointer), uint64(len(payload))); err != nil {
		return nil, err
	}
	pointer, length := uint32(results[0]>>32), uint32(results[0])
	if uint64(length) > uint64(limit) {
		return nil, badAnswer{fmt.Sprintf("its answer has %d bytes; at most %d are allowed", length, limit)}
	}
	answer, ok := i.module.Memory().Read(pointer, length)
	if !ok {
		return nil, badAnswer{fmt.Sprintf("its answer of %d bytes at %d is outside its memory of %d bytes", length, pointer, i.module.Memory().Size())}
	}
	return answer, nil
}

// badAnswer says why what a plugin returned cannot be taken for an answer.
type badAnswer struct{ cause string }

func (b badAnswer) Error() string { return b.cause }

// wrongOf says what a plugin did.
func wrongOf(err error) host.Wrong {
	wrong := host.Wrong{Manner: plugins.Trapped, Cause: causeOf(err)}
	var exit *sys.ExitError
	var answer badAnswer
	switch {
	case errors.As(err, &exit):
		wrong.Manner = plugins.Exited
	case errors.As(err, &answer):
		wrong.Manner = plugins.Malformed
	}
	return wrong
}

// causeOf says it in a line.
func causeOf(err error) string {
	var exit *sys.ExitError
	if errors.As(err, &exit) {
		where := ""
		if strings.HasPrefix(err.Error(), "in _initialize") {
			where = " in _initialize"
		}
		return fmt.Sprintf("exited with status %d%s; a plugin returns its answer and does not exit", exit.ExitCode(), where)
	}
	text, _, _ := strings.Cut(err.Error(), "\n")
	text = strings.TrimSuffix(text, " (recovered by wazero)")
	text = strings.Replace(text, "wasm error: ", "trap: ", 1)
	if before, deep := strings.CutSuffix(text, "stack overflow"); deep && !strings.HasSuffix(before, "trap: ") {
		text = before + "trap: stack overflow"
	}
	if len(text) > 500 {
		text = text[:500]
	}
	return strings.ToValidUTF8(text, "?")
}
