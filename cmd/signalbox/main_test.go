package main

import (
	"fmt"
	"os"
	"testing"

	"github.com/signalbox-health/signalbox/plugins/host/child"
	"github.com/signalbox-health/signalbox/policy/candidate"
	"github.com/signalbox-health/signalbox/web/session/provider/providertest"
)

// childWord makes the test program a sandbox, as the word "sandbox" makes one
// of the program itself.
const childWord = "sandbox-of-a-test"

// programWord makes the test program the program itself, with the arguments
// that follow: for tests of what may only happen to a whole process.
const programWord = "program-of-a-test"

func TestMain(m *testing.M) {
	providertest.Main()
	// The house that these tests open starts its sandboxes by the program's own word.
	if len(os.Args) > 1 && (os.Args[1] == childWord || os.Args[1] == "sandbox") {
		if err := child.Serve(os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	if len(os.Args) > 1 && os.Args[1] == policyBench {
		if err := candidate.Serve(os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	if len(os.Args) > 1 && os.Args[1] == programWord {
		os.Args = append(os.Args[:1], os.Args[2:]...)
		main()
	}
	status := m.Run()
	closeOpened()
	closeChartSandbox()
	os.Exit(status)
}
