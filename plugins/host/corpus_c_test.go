package host_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/plugins/toolchain"
)

// inC are guests that go wrong as compiled code does. Each is what is done with
// the question before it is declined.
var inC = []struct {
	name, code string
	kind       error
	cause      string
}{
	{"declines", ``, plugins.ErrUnsuited, "declined"},
	{"writes through a null pointer", `*(volatile int *)0 = 1;`, plugins.ErrUnsuited, "declined"}, // its own memory
	{"writes over its own stack", `volatile char small[8]; for (unsigned i = 0; i < 1u << 26; i++) small[i] = 1;`, plugins.ErrFault, "trap: out of bounds memory access"},
	{"writes below its own stack", `volatile char small[8]; for (int i = 0; ; i--) small[i] = 1;`, plugins.ErrFault, ""},
	{"frees what is not its own", `free((void *)12345);`, nil, ""},
	{"frees twice", `void *p = malloc(64); free(p); free(p);`, nil, ""},
	{"takes memory until there is none", `while (malloc(1 << 20)) {} __builtin_trap();`, plugins.ErrFault, "trap: unreachable"},
	{"takes memory in small pieces", `while (1) { char *p = malloc(64); if (!p) __builtin_trap(); *p = 1; }`, plugins.ErrFault, ""},
	{"sorts slowly", `static double v[60000]; for (int i = 0; i < 60000; i++) v[i] = 60000 - i;
		for (int k = 0; k < 40; k++) for (int i = 0; i < 60000; i++) for (int j = 0; j + 1 < 60000; j++) if (v[j] > v[j + 1]) { double t = v[j]; v[j] = v[j + 1]; v[j + 1] = t; }
		if (v[0] > v[1]) __builtin_trap();`, plugins.ErrFault, strictDeadline},
	{"recurses without end", `if (deep(1) == 7) return;`, plugins.ErrFault, "trap: "},
	{"looks for primes", `unsigned found = 0; for (unsigned n = 2; n < 4000000000u; n++) { int prime = 1; for (unsigned d = 2; d * d <= n; d++) if (n % d == 0) { prime = 0; break; } found += prime; }
		if (found == 1) __builtin_trap();`, plugins.ErrFault, strictDeadline},
	{"calls what is no function", `void (*volatile f)(void) = (void (*)(void))99999; f();`, plugins.ErrFault, "trap: invalid table access"},
	{"calls a function as another", `void (*volatile f)(double, double) = (void (*)(double, double))deep; f(1, 2);`, plugins.ErrFault, "trap: indirect call type mismatch"},
	{"aborts", `abort();`, plugins.ErrFault, "trap: unreachable"},
	{"exits", `exit(0);`, plugins.ErrFault, "exited with status 0"},
	{"prints for ever", `for (;;) { printf("%s", "more and more and more\n"); fflush(stdout); }`, plugins.ErrFault, strictDeadline},
	{"waits for the time to pass", `time_t now = time(0); while (time(0) < now + 1) {}`, plugins.ErrFault, strictDeadline},
	{"opens the passwords", `FILE *f = fopen("/etc/passwd", "r"); if (f) __builtin_trap();`, plugins.ErrRefused, "is not allowed"},
	{"looks at its environment", `if (getenv("HOME") || getenv("PATH") || getenv("DATABASE_URL")) __builtin_trap();`, plugins.ErrUnsuited, "declined"},
	{"makes a folder", `if (!mkdir("/tmp/evil", 0777)) __builtin_trap();`, plugins.ErrRefused, "is not allowed"},
	{"hides an answer in NaN", `volatile double nan = 0.0 / 0.0; union { double d; unsigned char b[8]; } u = {nan}; if (u.b[0] == 77) return;`, plugins.ErrUnsuited, "declined"},
}

// withC wraps the code in a plugin without the SDK, so that nothing keeps it
// from going wrong.
func withC(code string) string {
	return `#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/stat.h>
static unsigned char question[1 << 17] __attribute__((aligned(8)));
static unsigned char answer[48] __attribute__((aligned(8))) = "SBX1\x02\0\x01\0\x28\0\0\0\x01\0\0\0" "MESG\0\0\0\0\x20\0\0\0\x08\0\0\0" "declined";
int deep(int n) { volatile char room[256]; room[n % 256] = n; return n ? deep(n + 1) + room[0] : 7; }
static void wrong(void) {` + code + `}
void *sbx_alloc(int size) { return size <= (int)sizeof question ? question : 0; }
unsigned long long sbx_run_v1(int at, int length) { wrong(); return (unsigned long long)(unsigned long)answer << 32 | 40; }
`
}

func TestGuestsInCThatGoWrongGetAClearAnswerAndHarmNobody(t *testing.T) {
	h, good := strictHost(t)
	for _, c := range inC {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "main.c"), []byte(withC(c.code)), 0o600); err != nil {
				t.Fatal(err)
			}
			module, err := toolchain.Compile(t.Context(), dir, "../../sdk/c")
			if errors.Is(err, toolchain.ErrNoCompiler) && os.Getenv("SIGNALBOX_TOOLCHAINS") != "required" {
				t.Skip(err)
			}
			if err != nil {
				t.Fatal(err)
			}
			err = end(t, h, module)
			if c.kind != nil {
				checkTold(t, module, err, c.kind, c.cause)
			} else if !errors.Is(err, plugins.ErrUnsuited) && !errors.Is(err, plugins.ErrFault) {
				t.Errorf("it ended with %v", err)
			}
			t.Log(err)
			good.check(t)
		})
	}
}
