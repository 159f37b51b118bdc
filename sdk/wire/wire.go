// Package wire lays out SBX1, the bytes that a plugin is given and gives back.
// Host and guest use the same code. docs/plug-socket.md describes every byte;
// the layout is frozen, so sections are added and never changed.
//
// Decoders trust nothing: every offset and length is held against the total
// before it is used, what is unknown is skipped, what is repeated or overlaps
// is refused, and memory grows in proportion to the payload, never to a number
// written in it.
package wire

import "github.com/signalbox-health/signalbox/measures"

// Request is one question to a plugin: many series at once, with settings.
type Request struct {
	Measure    string   // the measure asked for, for example "ae-4h"
	Entry      string   // the entry of the plugin that computes it
	Inputs     []string // names of the columns of every series, in their order
	Parameters []Parameter
	Series     []measures.Series
	// Whole says that the periods are whole numbers and not dates: the
	// twelfth patient, the thirtieth procedure.
	Whole bool
}

// Rows is the number of points in all series together.
func (q *Request) Rows() int {
	rows := 0
	for i := range q.Series {
		rows += len(q.Series[i].Periods)
	}
	return rows
}

// Answer is what a plugin gives back.
type Answer struct {
	Status  Status
	Message string // for the reader, where Status is not OK; at most MaxMessage bytes
	Charts  []measures.Chart
}

// Status says whether a plugin could answer. Anything else it may do, such as
// a trap or an exit, is a fault and has no status.
type Status uint16

const (
	OK          Status = 0 // charts follow
	Unsuited    Status = 1 // the data do not suit; Message says why
	Unsupported Status = 2 // the plugin does not know this entry or setting
)

// Known reports whether the value is one that this version knows.
func (s Status) Known() bool { return s <= Unsupported }

// ParameterType says what a parameter holds.
type ParameterType uint32

const (
	NumberType ParameterType = 1
	TextType   ParameterType = 2
	TruthType  ParameterType = 3
	DateType   ParameterType = 4
)

// Parameter is one setting of a chart. Only the field of its type counts.
type Parameter struct {
	Key    string
	Type   ParameterType
	Number float64 // finite
	Text   string
	Truth  bool
	Date   measures.Date
}

// Number makes a parameter that holds a number.
func Number(key string, value float64) Parameter {
	return Parameter{Key: key, Type: NumberType, Number: value}
}

// Text makes a parameter that holds text.
func Text(key, value string) Parameter { return Parameter{Key: key, Type: TextType, Text: value} }

// Truth makes a parameter that is true or false.
func Truth(key string, value bool) Parameter {
	return Parameter{Key: key, Type: TruthType, Truth: value}
}

// DateOf makes a parameter that holds a civil date.
func DateOf(key string, value measures.Date) Parameter {
	return Parameter{Key: key, Type: DateType, Date: value}
}

// What a payload may hold at most. A reader refuses more.
const (
	MaxSections = 64
	MaxColumns  = 128
	MaxMessage  = 4096 // bytes of an answer's message
	MaxNote     = 1024 // bytes of a note's text
	MaxCode     = 64   // bytes of a note's code
	MaxNotes    = 16   // notes of one chart
	MaxCharts   = 4    // charts of one series
	MaxName     = 256  // bytes of any other name, key or text
)

// AnswerLimit is the most bytes that an answer about so many points may have:
// 64 KiB and 192 for a point (a point with every column takes 95 at most, and
// there may be a chart of moving ranges beside), 8 MiB at most.
func AnswerLimit(rows int) int { return min(64<<10+192*rows, 8<<20) }
