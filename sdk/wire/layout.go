package wire

import "fmt"

// Numbers of the layout. They are frozen.
const (
	magic       = "SBX1"
	kindRequest = 1
	kindAnswer  = 2

	envelopeSize  = 16
	directorySize = 16 // one entry
	stringSize    = 8
	measureSize   = 16
	parameterSize = 32
	seriesSize    = 40
	phaseSize     = 8
	targetSize    = 16
	columnSize    = 32
	chartSize     = 40
	statisticSize = 40
	signalSize    = 16
	noteSize      = 24
	spreadSize    = 24

	// mustUnderstand is the flag of a section that may not be skipped by a
	// reader who does not know its tag.
	mustUnderstand = 1
)

// Tags are four letters read as a little-endian number.
const (
	tagStrings    = 'S' | 'T'<<8 | 'R'<<16 | 'S'<<24
	tagColumns    = 'C' | 'O'<<8 | 'L'<<16 | 'S'<<24
	tagMeasure    = 'M' | 'E'<<8 | 'A'<<16 | 'S'<<24
	tagParameters = 'P' | 'A'<<8 | 'R'<<16 | 'M'<<24
	tagSeries     = 'S' | 'E'<<8 | 'R'<<16 | 'I'<<24
	tagPhases     = 'P' | 'H'<<8 | 'A'<<16 | 'S'<<24
	tagTargets    = 'T' | 'A'<<8 | 'R'<<16 | 'G'<<24
	tagCharts     = 'C' | 'H'<<8 | 'R'<<16 | 'T'<<24
	tagStatistics = 'S' | 'T'<<8 | 'A'<<16 | 'T'<<24
	tagSignals    = 'S' | 'I'<<8 | 'G'<<16 | 'N'<<24
	tagNotes      = 'N' | 'O'<<8 | 'T'<<16 | 'E'<<24
	tagMessage    = 'M' | 'E'<<8 | 'S'<<16 | 'G'<<24
	tagDispersion = 'D' | 'I'<<8 | 'S'<<16 | 'P'<<24
)

// Types of columns.
const (
	columnF64  = 1
	columnDate = 2 // i32, days since 1970-01-01
	columnI32  = 3
	columnU8   = 4
	columnU32  = 5
)

func columnWidth(kind uint32) int {
	switch kind {
	case columnF64:
		return 8
	case columnDate, columnI32, columnU32:
		return 4
	case columnU8:
		return 1
	}
	return 0
}

// Names of columns that are not inputs of the measure. Inputs are told from
// them by the mark, which no name of an input may bear.
const (
	inputMark    = "in:"
	periodColumn = "period"
	stateColumn  = "state"

	xColumn         = "x"
	yColumn         = "y"
	nColumn         = "n"
	centreColumn    = "centre"
	lowerColumn     = "lower"
	upperColumn     = "upper"
	nearLowerColumn = "near_lower"
	nearUpperColumn = "near_upper"
	ewmaColumn      = "ewma"
	cusumHighColumn = "cusum_high"
	cusumLowColumn  = "cusum_low"
	vladColumn      = "vlad"
	zColumn         = "z"
	phaseColumn     = "phase"
	signalsColumn   = "signals"
	causeColumn     = "cause"
)

// Rule names what a payload did wrong.
type Rule string

const (
	RuleEnvelope     Rule = "envelope"          // not SBX1, wrong kind, wrong total, unknown status
	RuleDirectory    Rule = "directory"         // too many sections, one needed or not to be skipped
	RuleRepeated     Rule = "repeated"          // a tag, column, parameter or signal given twice
	RuleBounds       Rule = "bounds"            // an offset or length outside what holds it
	RuleAlignment    Rule = "alignment"         // a section or column not at a multiple of 8
	RuleOverlap      Rule = "overlap"           // two parts share bytes
	RuleColumn       Rule = "column"            // a column missing, of the wrong type or length
	RuleRowCount     Rule = "row-count"         // columns, series or charts do not tile their rows
	RuleNotFinite    Rule = "not-finite"        // NaN or infinity; only the null bitmap says missing
	RuleText         Rule = "text"              // not UTF-8, control characters, HTML, too long
	RuleValue        Rule = "value"             // a number that stands for nothing known
	RuleOrder        Rule = "order"             // periods or charts out of order
	RuleSignal       Rule = "undeclared-signal" // a signal bit without a declared meaning
	RuleSeries       Rule = "series-index"      // a chart of a series that was not asked about, or none
	RuleX            Rule = "x"                 // x is not the request's
	RulePhase        Rule = "phase"             // phases do not count up from 1
	RuleInvented     Rule = "invented"          // a value where nothing was measured
	RuleMessage      Rule = "message"           // a message too long, or charts beside one
	RuleNote         Rule = "note"              // a note too long, too many, or of no chart
	RuleRequestLimit Rule = "request-limit"     // more than a payload can say
)

// Refusal says why a payload was refused. It is the only kind of error that
// this package gives.
type Refusal struct {
	Rule   Rule
	Detail string
}

func (r *Refusal) Error() string { return string(r.Rule) + ": " + r.Detail }

func refuse(rule Rule, format string, args ...any) error {
	return &Refusal{Rule: rule, Detail: fmt.Sprintf(format, args...)}
}

// tagName writes a tag for an error message.
func tagName(tag uint32) string {
	return fmt.Sprintf("%q", []byte{byte(tag), byte(tag >> 8), byte(tag >> 16), byte(tag >> 24)})
}
