// Command misbehave is a plugin for tests of the host. Its entries do what a
// plugin must not do: keep something from one question to the next, change what
// it was given, claim what is not true.
package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"time"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/sdk"
)

// calls counts the questions that this instance has seen.
var calls int

func main() {}

func init() {
	sdk.Handle("count", func(q sdk.Question) (sdk.Answer, error) {
		calls++
		return sdk.Answer{}, fmt.Errorf("question %d", calls)
	})
	sdk.Handle("clock", func(q sdk.Question) (sdk.Answer, error) {
		return sdk.Answer{}, fmt.Errorf("now %s, chance %d, %d variables, %d arguments",
			time.Now().UTC().Format(time.RFC3339), rand.Uint64(), len(os.Environ()), len(os.Args))
	})
	sdk.Handle("panic", func(q sdk.Question) (sdk.Answer, error) { panic("a mistake") })
	sdk.Handle("memory", func(q sdk.Question) (sdk.Answer, error) {
		var keep [][]byte
		for {
			keep = append(keep, make([]byte, 1<<20))
		}
	})
	sdk.Handle("long", func(q sdk.Question) (sdk.Answer, error) {
		return sdk.Answer{}, errors.New(strings.Repeat("long ", 2000))
	})
	for name, change := range changes {
		sdk.Handle(name, func(q sdk.Question) (sdk.Answer, error) {
			charts, err := sdk.ComputeCharts(measures.XmR, &q.Request)
			if err == nil {
				charts = change(charts)
			}
			return sdk.Answer{Charts: charts}, err
		})
	}
}

// changes turn true charts into answers that must not be taken.
var changes = map[string]func([]measures.Chart) []measures.Chart{
	"honest":      func(c []measures.Chart) []measures.Chart { return c },
	"untrue":      func(c []measures.Chart) []measures.Chart { c[0].Upper[3] *= 1.0000000000000002; return c },
	"rosy":        func(c []measures.Chart) []measures.Chart { c[0].Variation = measures.ImprovementHigh; return c },
	"silent":      func(c []measures.Chart) []measures.Chart { return c[1:] },
	"elsewhere":   func(c []measures.Chart) []measures.Chart { c[1].Series = 7; return c },
	"later":       func(c []measures.Chart) []measures.Chart { c[0].X[2]++; return c },
	"phaseless":   func(c []measures.Chart) []measures.Chart { c[0].Phase[0] = 2; return c },
	"unknown-bit": func(c []measures.Chart) []measures.Chart { c[0].Signals[0] |= 1 << 30; return c },
	"wordy": func(c []measures.Chart) []measures.Chart {
		c[0].Notes = append(c[0].Notes, measures.Note{Code: "x", Text: strings.Repeat("x", 1025)})
		return c
	},
	"garbled": func(c []measures.Chart) []measures.Chart {
		c[0].Notes = append(c[0].Notes, measures.Note{Code: "x", Text: "\xff"})
		return c
	},
	"unverified": func(c []measures.Chart) []measures.Chart {
		for i := range c {
			c[i].Kind, c[i].Upper[0] = measures.Custom, 1
		}
		return c
	},
}
