package spc

import (
	"testing"

	"github.com/signalbox-health/signalbox/measures"
)

// notRunnable are cases of settings that we do not have, with the reason.
var notRunnable = map[string]string{
	"qic_cdi_run_quarterly": "months are summed to quarters by the intake, not by the chart",
	"qic_edge_i_yneg_false": "limits of an XmR chart are never clamped (docs/deviations.md, 5)",
}

// deviations are cases in which we mean to differ from the peer: why, and what
// we answer instead. docs/deviations.md tells the same story at length.
var deviations = map[string]struct {
	reason string
	check  func(*testing.T, *measures.Chart)
}{}
