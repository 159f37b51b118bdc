package toolchain

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

func findGo(string) error {
	if _, err := exec.LookPath("go"); err != nil {
		return missing("Go", "Go 1.26 or newer, from go.dev")
	}
	return nil
}

func compileGo(ctx context.Context, dir, _, out string) error {
	// -buildvcs=false: a commit elsewhere must not change the digest.
	return run(ctx, dir, []string{"GOOS=wasip1", "GOARCH=wasm", "CGO_ENABLED=0", "GOFLAGS=", "GOWORK=off"}, "go",
		"build", "-buildmode=c-shared", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", out, ".")
}

// clang finds a clang that can make WebAssembly: the target needs a linker and
// a C library of its own.
func clang() (string, bool) {
	for _, name := range []string{"clang", "clang-19", "clang-18", "clang-17", "clang-16", "clang-15", "clang-14"} {
		path, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		if exec.Command(path, "--target=wasm32-wasi", "-E", "-include", "stdlib.h", "-x", "c", os.DevNull, "-o", os.DevNull).Run() == nil &&
			linker(path) {
			return path, true
		}
	}
	return "", false
}

func linker(clang string) bool {
	out, err := exec.Command(clang, "--target=wasm32-wasi", "-print-prog-name=wasm-ld").Output()
	if err != nil {
		return false
	}
	_, err = exec.LookPath(strings.TrimSpace(string(out)))
	return err == nil
}

func findC(string) error {
	if _, ok := clang(); !ok {
		return missing("C", "the Debian packages clang, lld, wasi-libc and libclang-rt-dev-wasm32")
	}
	return nil
}

func compileC(ctx context.Context, dir, _, out string) error {
	compiler, _ := clang()
	sources, err := filepath.Glob(filepath.Join(dir, "*.c"))
	if err != nil {
		return err
	}
	// Contraction would join a product and a sum into one rounding.
	arguments := []string{"--target=wasm32-wasi", "-mexec-model=reactor", "-O2", "-ffp-contract=off", "-Wall", "-Wno-unused-function",
		"-Wl,--export=sbx_alloc,--export=sbx_run_v1,--strip-all", "-o", out}
	for _, source := range sources {
		arguments = append(arguments, filepath.Base(source))
	}
	return run(ctx, dir, nil, compiler, arguments...)
}

// wasmTarget is Rust's name for WebAssembly without a system.
const wasmTarget = "wasm32-unknown-unknown"

// rustc finds a compiler that has the target: the first on the path may lack it
// where another, such as the system's own, has it.
func rustc() (string, bool) {
	for _, folder := range append(filepath.SplitList(os.Getenv("PATH")), "/usr/bin", "/usr/local/bin") {
		path := filepath.Join(folder, "rustc")
		out, err := exec.Command(path, "--print", "target-libdir", "--target", wasmTarget).Output()
		if err != nil {
			continue
		}
		if _, err := os.Stat(strings.TrimSpace(string(out))); err == nil {
			return path, true
		}
	}
	return "", false
}

func findRust(string) error {
	if _, ok := rustc(); !ok {
		return missing("Rust", "the Debian packages rustc and libstd-rust-dev-wasm32, or run rustup target add "+wasmTarget)
	}
	return nil
}

func compileRust(ctx context.Context, dir, _, out string) error {
	compiler, _ := rustc()
	// A stack of 64 KiB: of the usual mebibyte every instance would be made of.
	return run(ctx, dir, nil, compiler, "--target", wasmTarget, "--crate-type=cdylib", "--crate-name=plugin", "--edition=2021", "-O",
		"-C", "panic=abort", "-C", "strip=symbols", "-C", "codegen-units=1", "-C", "lto=fat",
		"-C", "link-arg=-zstack-size=65536", "--remap-path-prefix", dir+"=.", "-o", out, "main.rs")
}

// asc finds AssemblyScript's compiler: where npm puts it in the plugin's folder
// or one above it, or beside the SDK, or on the path.
func asc(folder string) (string, bool) {
	dir, err := filepath.Abs(folder)
	if err != nil {
		return "", false
	}
	for {
		for _, below := range []string{"", filepath.Join("sdk", "assemblyscript")} {
			path := filepath.Join(dir, below, "node_modules", "assemblyscript", "bin", "asc.js")
			if _, err := os.Stat(path); err == nil {
				return path, true
			}
		}
		if filepath.Dir(dir) == dir {
			break
		}
		dir = filepath.Dir(dir)
	}
	path, err := exec.LookPath("asc")
	return path, err == nil
}

func findAssemblyScript(folder string) error {
	if _, err := exec.LookPath("node"); err != nil {
		return missing("AssemblyScript", "Node.js, and npm install assemblyscript in the folder of the plugin")
	}
	if _, ok := asc(folder); !ok {
		return missing("AssemblyScript", "it with npm install assemblyscript in the folder of the plugin")
	}
	return nil
}

func compileAssemblyScript(ctx context.Context, dir, from, out string) error {
	compiler, _ := asc(from)
	arguments := []string{"index.ts", "-O3", "--noAssert", "--runtime", "stub", "--use", "abort=", "--exportStart", "_initialize", "-o", out}
	if strings.HasSuffix(compiler, ".js") {
		return run(ctx, dir, nil, "node", append([]string{compiler}, arguments...)...)
	}
	return run(ctx, dir, nil, compiler, arguments...)
}
