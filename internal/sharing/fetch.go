package sharing

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/plugins/registry"
)

// The files of a hub.
const (
	listFile  = "publishers.json"
	indexFile = "index.json"
)

// fetched are the two files as they came, of which nothing is believed yet.
type fetched struct {
	list, index registry.Envelope
	tags        map[string]string // what the hub calls these versions of its files
}

// source is where the two files come from.
type source interface {
	// fetch gives both; nil where neither has changed since they were taken.
	fetch(context.Context, postgres.HubState) (*fetched, error)
	// took hears that what was fetched is known now.
	took(got *fetched, serial int64)
}

// opened decodes both.
func opened(list, index []byte) (*fetched, error) {
	var got fetched
	var err error
	if got.list, err = registry.DecodeList(list); err != nil {
		return nil, err
	}
	if got.index, err = registry.DecodeIndex(index); err != nil {
		return nil, err
	}
	return &got, nil
}

// stick is a folder that was brought.
type stick struct{ *os.Root }

func (s stick) fetch(context.Context, postgres.HubState) (*fetched, error) {
	list, err := s.read(listFile, registry.MaxList)
	if err != nil {
		return nil, err
	}
	index, err := s.read(indexFile, registry.MaxIndex)
	if err != nil {
		return nil, err
	}
	return opened(list, index)
}

func (s stick) took(*fetched, int64) {}

func (s stick) read(name string, most int64) ([]byte, error) {
	f, err := s.Open(name)
	if err != nil {
		return nil, fmt.Errorf("read what was brought from the hub: %w", err)
	}
	defer f.Close()
	return atMost(f, name, most)
}

// atMost reads a file that may not be longer.
func atMost(r io.Reader, name string, most int64) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(r, most+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("read %s: %w", name, err)
	case int64(len(text)) > most:
		return nil, fmt.Errorf("%s: %w; the most are %d bytes", name, registry.ErrOversize, most)
	}
	return text, nil
}

// seen remembers which versions of its files the hub gave last.
type seen struct {
	tags   map[string]string
	serial int64 // of the index among them
}

// website is a hub that is asked over the network.
type website struct{ *Node }

// fetch asks with what the hub called its files last time. Where one of them has
// changed, both are wanted: they are believed together.
func (w website) fetch(ctx context.Context, state postgres.HubState) (*fetched, error) {
	tags := w.seen.tags
	if state.IndexSerial < w.seen.serial {
		tags = nil // the database is another, or was brought back from a copy
	}
	list, listTag, err := w.get(ctx, listFile, tags[listFile], registry.MaxList)
	if err != nil {
		return nil, err
	}
	index, indexTag, err := w.get(ctx, indexFile, tags[indexFile], registry.MaxIndex)
	if err == nil && list == nil && index != nil {
		list, listTag, err = w.get(ctx, listFile, "", registry.MaxList)
	}
	if err == nil && list != nil && index == nil {
		index, indexTag, err = w.get(ctx, indexFile, "", registry.MaxIndex)
	}
	if err != nil || list == nil {
		return nil, err
	}
	got, err := opened(list, index)
	if err != nil {
		return nil, err
	}
	got.tags = map[string]string{listFile: listTag, indexFile: indexTag}
	return got, nil
}

func (w website) took(got *fetched, serial int64) { w.seen = seen{got.tags, serial} }

// get fetches one file; nothing if it is the one that has the tag.
func (w website) get(ctx context.Context, name, tag string, most int64) (text []byte, newTag string, err error) {
	address := strings.TrimSuffix(w.Hub, "/") + "/" + name
	fail := func(err error) ([]byte, string, error) {
		return nil, "", fmt.Errorf("ask the hub for %s: %w", address, err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return fail(err)
	}
	if tag != "" {
		request.Header.Set("If-None-Match", tag)
	}
	response, err := w.client().Do(request)
	if err != nil {
		return fail(err)
	}
	defer response.Body.Close()
	switch {
	case response.StatusCode == http.StatusNotModified && tag != "":
		return nil, tag, nil
	case response.StatusCode != http.StatusOK:
		return fail(fmt.Errorf("it answered %q", response.Status))
	}
	if text, err = atMost(response.Body, name, most); err != nil {
		return fail(err)
	}
	return text, response.Header.Get("ETag"), nil
}

// answersWithin is how long a hub may take to begin its answer.
const answersWithin = 20 * time.Second

// client is the same for all times that the hub is asked.
func (n *Node) client() *http.Client {
	if n.Client == nil {
		n.Client = NewHubClient(http.DefaultTransport.(*http.Transport).Clone())
	}
	return n.Client
}

// NewHubClient asks a hub over a transport. It refuses to be led out of TLS: a hub
// that is asked over it stays on it.
func NewHubClient(transport *http.Transport) *http.Client {
	transport.ResponseHeaderTimeout = answersWithin
	return &http.Client{Transport: transport, CheckRedirect: func(to *http.Request, via []*http.Request) error {
		switch {
		case len(via) >= 5:
			return fmt.Errorf("it leads on and on, to %s", to.URL)
		case via[0].URL.Scheme == "https" && to.URL.Scheme != "https":
			return fmt.Errorf("it leads to %s, which is not over TLS", to.URL)
		}
		return nil
	}}
}
