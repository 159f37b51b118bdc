// Package providertest gives tests a true OpenID Connect provider in a process of
// its own: discovery, keys, authorisation with PKCE, tokens, UserInfo. It can be
// told to misbehave in every way that a relying party has to notice. Only tests
// import it.
package providertest

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// Word as the first argument makes a test program the provider: see Main.
const Word = "provider-of-a-test"

// Main is for TestMain: it serves, and does not return, in a process that Start started.
func Main() {
	if len(os.Args) > 1 && os.Args[1] == Word {
		if err := serve(os.Args[2:]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
}

// Conduct is how the provider behaves from now on.
type Conduct struct {
	Claims   map[string]any `json:"claims"`   // in the ID token, beside the standard ones
	UserInfo map[string]any `json:"userinfo"` // what UserInfo says
	// Fault is one of: nonce, audience, issuer, expired, unsigned, none, secret, foreign-key,
	// other-subject, no-token, declined, wrong-iss.
	Fault string `json:"fault"`
	// Algorithm is RS256 or EdDSA; RS256 unless told.
	Algorithm string `json:"algorithm"`
	// Ask shows a page with a button, as a provider does whom the person has to tell who they are.
	Ask bool `json:"ask"`
}

// Provider is the other process.
type Provider struct {
	Issuer string
	cmd    *exec.Cmd
}

// ClientID and Secret are of the one client that the provider knows.
const (
	ClientID = "signalbox-under-test"
	Secret   = "a secret with % and + in it"
)

// Start starts a provider that sends people back to redirect only. It ends with the test.
func Start(t testing.TB, redirect string) *Provider {
	return StartAt(t, "127.0.0.1:0", redirect)
}

// StartAt is Start at an address of the test's choosing.
func StartAt(t testing.TB, address, redirect string) *Provider {
	t.Helper()
	p := &Provider{cmd: exec.Command(os.Args[0], Word, address, redirect)}
	p.cmd.Stderr = os.Stderr
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Kill)
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal("the provider did not start: ", err)
	}
	p.Issuer = strings.TrimSpace(line)
	return p
}

// Kill ends the provider as a crash would.
func (p *Provider) Kill() {
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait()
}

// Behave tells the provider how to go on.
func (p *Provider) Behave(t testing.TB, c Conduct) {
	t.Helper()
	text, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	p.post(t, "/test/conduct", text)
}

// RotateKeys makes the provider sign with new keys and forget the old.
func (p *Provider) RotateKeys(t testing.TB) {
	t.Helper()
	p.post(t, "/test/rotate", nil)
}

func (p *Provider) post(t testing.TB, path string, body []byte) {
	t.Helper()
	answer, err := http.Post(p.Issuer+path, "application/json", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusNoContent {
		t.Fatalf("the provider answers %s: %s", path, answer.Status)
	}
}
