package registry

import (
	"bytes"
	"io"
	"net/http"
	"strconv"
)

// Local is the registry of this very program, as others see it, without a network:
// what is pushed to it is looked at in the same way.
func Local(storage Storage, trusted Trusted) Remote {
	return Remote{Name: "local.invalid/" + OwnPath, Plain: true, Client: &http.Client{Transport: within{Server(storage, trusted)}}}
}

// OwnPath is the path under which a registry of our own keeps plugins.
const OwnPath = "signalbox"

// within asks a handler in the same program.
type within struct{ handler http.Handler }

func (w within) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.RequestURI = r.URL.RequestURI()
	if r.Body == nil {
		r.Body = http.NoBody
	}
	defer r.Body.Close()
	answer := &answer{header: http.Header{}, status: http.StatusOK}
	w.handler.ServeHTTP(answer, r)
	return &http.Response{StatusCode: answer.status, Status: http.StatusText(answer.status), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: answer.header, Body: io.NopCloser(bytes.NewReader(answer.body.Bytes())), ContentLength: answer.length(r), Request: r}, nil
}

// answer is what a handler writes.
type answer struct {
	header  http.Header
	status  int
	written bool
	body    bytes.Buffer
}

func (a *answer) Header() http.Header { return a.header }

func (a *answer) WriteHeader(status int) {
	if !a.written {
		a.status, a.written = status, true
	}
}

func (a *answer) Write(text []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	return a.body.Write(text)
}

// length is what the answer says of itself; a HEAD has no body to count.
func (a *answer) length(r *http.Request) int64 {
	if r.Method != http.MethodHead {
		return int64(a.body.Len())
	}
	n, err := strconv.ParseInt(a.header.Get("Content-Length"), 10, 64)
	if err != nil {
		return -1 // not said
	}
	return n
}
