package spc

import "github.com/signalbox-health/signalbox/measures"

// run draws a run chart: the median of the baseline, or a centre given from
// outside, and no limits.
func (w *work) run(s span) {
	centre := w.given()
	if measures.IsMissing(centre) {
		centre = w.median(s.base())
	}
	w.centre(s, centre)
	none := measures.Missing
	w.limits(s, none, none, none, none)
}
