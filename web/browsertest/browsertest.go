// Package browsertest gives tests a Chromium: pages as their readers get them,
// with everything that the browser complains of. Only tests import it.
//
// It reads one variable of the environment, SIGNALBOX_BROWSER: when that is
// "required", a test fails where it would otherwise be skipped for want of
// Chromium or of axe-core.
package browsertest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// ErrNoBrowser says that there is no Chromium on this machine.
var ErrNoBrowser = errors.New("no Chromium on this machine: apt-get install chromium, or brew install --cask chromium")

// startWithin is how long Chromium may take to come up on a busy machine.
const startWithin = time.Minute

// actWithin ends a step that hangs, so that the test says which one it was.
const actWithin = 45 * time.Second

// Browser is one Chromium with one tab, for one test after the other.
type Browser struct {
	ctx  context.Context
	stop []context.CancelFunc

	mu       sync.Mutex
	expected string // address whose own error status is no complaint
	problems []string
}

// View is how a reader looks at a page.
type View struct {
	Width  int64  // of the window, in CSS pixels
	Scheme string // "light" or "dark"
	Media  string // "print", or empty for a screen
}

func (v View) String() string {
	return strings.TrimSpace(fmt.Sprintf("%d px, %s %s", v.Width, v.Scheme, v.Media))
}

// watchPolicy keeps what the page's content security policy stopped: the
// console may merge messages, the event comes once for each.
const watchPolicy = `window.policyBroken = [];
document.addEventListener("securitypolicyviolation", e => window.policyBroken.push(e.violatedDirective + " stopped " + (e.blockedURI || e.sample)));`

// Start starts Chromium. Close it when the last test has looked.
func Start() (*Browser, error) {
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.Flag("disable-gpu", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-dev-shm-usage", true)) // containers have little of it
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox) // Chromium refuses to run as root with one
	}
	b := &Browser{}
	ctx, stop := chromedp.NewExecAllocator(context.Background(), options...)
	b.stop = append(b.stop, stop)
	b.ctx, stop = chromedp.NewContext(ctx)
	b.stop = append(b.stop, stop)
	if err := b.begin(); err != nil {
		b.Close()
		if errors.Is(err, exec.ErrNotFound) {
			return nil, ErrNoBrowser
		}
		return nil, fmt.Errorf("start Chromium: %w", err)
	}
	return b, nil
}

func (b *Browser) begin() error {
	// The tab lives as long as the context of its first call, so a limit on
	// that call must not be on its context.
	late := time.AfterFunc(startWithin, b.Close)
	defer late.Stop()
	if err := chromedp.Listen(b.ctx, b.listen); err != nil {
		return err
	}
	_, err := chromedp.Call(b.ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: watchPolicy})
	return err
}

// Close ends Chromium.
func (b *Browser) Close() {
	for i := len(b.stop) - 1; i >= 0; i-- {
		b.stop[i]()
	}
}

// Open starts Chromium for one test and closes it afterwards.
func Open(t testing.TB) *Browser {
	t.Helper()
	b, err := Start()
	if err != nil {
		Missing(t, err)
	}
	t.Cleanup(b.Close)
	return b
}

// Missing skips a test for want of err, or fails it where browsers are required.
func Missing(t testing.TB, err error) {
	t.Helper()
	if os.Getenv("SIGNALBOX_BROWSER") == "required" {
		t.Fatal(err)
	}
	t.Skip("this test looks at pages in a browser: ", err)
}

// listen keeps what a reader's console would show in red or yellow. It is
// called before the answer to the command that caused the message.
func (b *Browser) listen(event any) {
	var said string
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		said = "exception: " + e.ExceptionDetails.Text
		if e.ExceptionDetails.Exception != nil {
			said += " " + e.ExceptionDetails.Exception.Description
		}
	case *runtime.EventConsoleAPICalled:
		if e.Type != "error" && e.Type != "warning" && e.Type != "assert" {
			return
		}
		said = "console " + string(e.Type) + ":"
		for _, arg := range e.Args {
			said += " " + string(arg.Value) + arg.Description
		}
	case *cdplog.EventEntryAdded:
		if e.Entry.Level != "error" && e.Entry.Level != "warning" {
			return
		}
		said = string(e.Entry.Source) + " " + string(e.Entry.Level) + ": " + e.Entry.Text + " " + e.Entry.URL
	default:
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if entry, ok := event.(*cdplog.EventEntryAdded); ok && b.expected != "" && entry.Entry.Source == "network" && entry.Entry.URL == b.expected {
		return
	}
	b.problems = append(b.problems, said)
}

// do runs steps with a limit of time.
func (b *Browser) do(t testing.TB, what string, steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, actWithin)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}

// Do runs steps of chromedp, such as keys and clicks.
func (b *Browser) Do(t testing.TB, steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	b.do(t, "act in the page", steps...)
}

// Visit opens an address and forgets the complaints about the page before. The
// answer's status must be the one that is wanted.
func (b *Browser) Visit(t testing.TB, address string, status int64) {
	t.Helper()
	b.mu.Lock()
	b.expected, b.problems = "", nil
	if status >= 400 {
		b.expected = address
	}
	b.mu.Unlock()
	ctx, cancel := context.WithTimeout(b.ctx, actWithin)
	defer cancel()
	answer, err := chromedp.RunResponse(ctx, chromedp.Navigate(address))
	if err != nil {
		t.Fatalf("open %s: %v", address, err)
	}
	if answer.Status != status {
		t.Fatalf("%s answers %d, want %d", address, answer.Status, status)
	}
}

// Look changes how the page that is open is looked at: nothing is loaded anew.
func (b *Browser) Look(t testing.TB, v View) {
	t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, actWithin)
	defer cancel()
	_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: v.Media,
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: v.Scheme}}})
	if err == nil {
		err = chromedp.Do(ctx, chromedp.EmulateViewport(v.Width, 900))
	}
	if err != nil {
		t.Fatalf("look at %s: %v", v, err)
	}
}

// Scripts switches the page's own scripts on or off, from the next visit on.
func (b *Browser) Scripts(t testing.TB, on bool) {
	t.Helper()
	_, err := chromedp.Call(b.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !on})
	if err != nil {
		t.Fatalf("switch scripts: %v", err)
	}
}

// Cookie sets a cookie for a site, or clears all cookies if value is empty.
func (b *Browser) Cookie(t testing.TB, site, name, value string) {
	t.Helper()
	var err error
	if value == "" {
		_, err = chromedp.Call(b.ctx, network.ClearBrowserCookies, struct{}{})
	} else {
		_, err = chromedp.Call(b.ctx, network.SetCookie, network.SetCookieParams{Name: name, Value: value, URL: site})
	}
	if err != nil {
		t.Fatalf("set the cookie %s: %v", name, err)
	}
}

// Complaints are the messages and policy violations since the last visit. It
// waits until the page has drawn itself twice, by when its messages are there.
func (b *Browser) Complaints(t testing.TB) []string {
	t.Helper()
	broken := Eval[[]string](t, b, `new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => done(window.policyBroken ?? []), 20))))`)
	b.mu.Lock()
	defer b.mu.Unlock()
	all := append(broken, b.problems...)
	b.problems = nil
	return all
}

// Eval runs a script in the page, waits for its promise if it gives one, and
// decodes what comes back.
func Eval[T any](t testing.TB, b *Browser, script string) T {
	t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, actWithin)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatalf("evaluate %.100q: %v", script, err)
	}
	return v
}

// Get runs one action that gives something back, such as a picture.
func Get[T any](t testing.TB, b *Browser, action chromedp.Action[T]) T {
	t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, actWithin)
	defer cancel()
	v, err := chromedp.Run(ctx, action)
	if err != nil {
		t.Fatalf("ask the browser: %v", err)
	}
	return v
}

// Context is the tab's, for steps of chromedp that have no method here.
func (b *Browser) Context() context.Context { return b.ctx }
