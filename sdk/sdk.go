// Package sdk is what authors of plugins in Go write against. A plugin's main
// package says in its init function what it can compute, and has nothing else
// to do:
//
//	func init() {
//		sdk.Handle("median", median)
//	}
//
//	func main() {}
//
//	func median(q sdk.Question) (sdk.Answer, error) { ... }
//
// Build it with
//
//	GOOS=wasip1 GOARCH=wasm go build -buildmode=c-shared -trimpath -ldflags="-s -w" -o median.wasm .
//
// A plugin is given its data and gives back charts. It has no clock, no chance,
// no files and no network, and it is started anew for every question.
package sdk

import (
	"errors"
	"fmt"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/sdk/wire"
)

// Question is what a plugin is asked.
type Question struct{ wire.Request }

// Answer is what it gives back: for every series, in order, one chart or a few.
type Answer struct{ Charts []measures.Chart }

// Handler computes the charts of one entry. An error is no fault: its text is
// shown to the reader as the reason why there is no chart, so it should speak
// of the data and not of the code.
type Handler func(Question) (Answer, error)

// ErrUnsupported says that a handler does not know a setting it was given.
var ErrUnsupported = errors.New("not supported")

// handlers are the entries of this plugin. They have to be a global: the
// functions that WebAssembly exports have no receiver.
var handlers = map[string]Handler{}

// Handle names the function that computes an entry. It panics on a name given
// twice, which would leave it to chance what is computed.
func Handle(entry string, h Handler) {
	if _, twice := handlers[entry]; twice {
		panic("sdk: entry " + entry + " is handled twice")
	}
	handlers[entry] = h
}

// Serve answers one payload with another. It is what the exported functions
// call, and what a test on the author's own machine may call too.
func Serve(payload []byte) []byte {
	request, err := wire.DecodeRequest(payload)
	if err != nil {
		return encode(refusal(wire.Unsupported, fmt.Sprintf("the question cannot be read: %v", err)))
	}
	h, ok := handlers[request.Entry]
	if !ok {
		return encode(refusal(wire.Unsupported, fmt.Sprintf("this plugin has no entry %q", request.Entry)))
	}
	answer, err := h(Question{request})
	switch {
	case errors.Is(err, ErrUnsupported):
		return encode(refusal(wire.Unsupported, err.Error()))
	case err != nil:
		return encode(refusal(wire.Unsuited, err.Error()))
	}
	return encode(wire.Answer{Charts: answer.Charts})
}

// refusal makes an answer of the text of an error, which may quote the data.
func refusal(status wire.Status, message string) wire.Answer {
	return wire.Answer{Status: status, Message: wire.Shown(message, wire.MaxMessage)}
}

// encode panics where a chart cannot be written: columns of unequal length or
// infinite numbers are mistakes of the plugin, and a panic is reported as one.
func encode(answer wire.Answer) []byte {
	payload, err := wire.AppendAnswer(nil, &answer)
	if err != nil {
		panic("sdk: the answer cannot be written: " + err.Error())
	}
	return payload
}
