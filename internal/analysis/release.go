package analysis

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"math"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/policy/disclosure"
)

// disclose replaces the charts by what may be released, and gives the number
// of points that are hidden in them.
func disclose(terms policy.Disclosure, charts []Chart) int {
	figures := make([]disclosure.Figure, len(charts))
	for i := range charts {
		figures[i] = charts[i].Figure
	}
	released, hidden := disclosure.Apply(terms, figures)
	for i := range charts {
		charts[i].Figure = released[i]
	}
	return hidden
}

// digestOf names what was released: organisations, strata, and every number and
// judgement of their charts, in order, and of a funnel which organisation each
// of its points is.
func digestOf(charts []Chart, groups ...measures.ODSCode) string {
	h := sha256.New()
	var word [8]byte
	number := func(v uint64) {
		binary.LittleEndian.PutUint64(word[:], v)
		h.Write(word[:])
	}
	text := func(s string) {
		number(uint64(len(s)))
		h.Write([]byte(s))
	}
	for _, code := range groups {
		text(string(code))
	}
	for i := range charts {
		f := &charts[i].Figure
		c := &f.Chart
		text(string(f.Organisation))
		text(f.Stratum)
		number(uint64(c.Len()))
		for _, column := range [][]float64{f.Numerator, f.Denominator, c.Y, c.N, c.Centre, c.Lower, c.Upper, c.Z} {
			number(uint64(len(column)))
			for _, v := range column {
				if measures.IsMissing(v) {
					v = measures.Missing // one bit pattern for all that is not there
				}
				number(math.Float64bits(v))
			}
		}
		for j := range c.X {
			number(uint64(uint32(c.X[j]))<<32 | uint64(c.Signals[j]))
			number(uint64(c.Causes[j])<<8 | uint64(c.States[j]))
		}
		number(uint64(c.Variation)<<8 | uint64(c.Assurance))
	}
	return "sha256:" + hex.EncodeToString(h.Sum(nil))
}

// problemOf is what the ledger says of an answer that was allowed and not
// given. It names the kind of problem only: an error's text may quote data.
func problemOf(err error) string {
	switch {
	case errors.Is(err, ErrRevealing):
		return "with earlier answers it would have told a hidden number"
	case errors.Is(err, plugins.ErrUnsuited):
		return "the plugin says the data do not suit it"
	case errors.Is(err, plugins.ErrQuarantined):
		return "the plugin is in quarantine"
	case errors.Is(err, plugins.ErrFault), errors.Is(err, plugins.ErrRefused):
		return "plugin fault"
	default:
		return "the answer could not be made"
	}
}
