// Package hub is the door for other installations: the registry that they fetch
// releases from and push them to, and the two signed files that say what there is
// and whom to believe. Nobody reads these as pages.
package hub

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"net/http"
	"path"
	"regexp"
	"strings"
	"time"

	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/web/session"
)

// Policy decides, and Ledger keeps what it decided.
type Policy interface {
	Decide(context.Context, policy.Request) (policy.Decision, error)
}

// Ledger keeps every decision.
type Ledger interface {
	RecordAll(context.Context, []policy.Decision) ([]policy.Record, error)
}

// Door is what other installations come in by.
type Door struct {
	// Served is the registry; who may use it is decided here, before it.
	Served http.Handler
	Policy Policy
	Ledger Ledger
	// Actor tells who asks; false where nobody is signed in.
	Actor func(*http.Request) (policy.Actor, bool)
	// Issued gives what this installation has issued as a hub.
	Issued func(ctx context.Context, kind string) (postgres.HubIssue, error)
	Now    func() time.Time
	Log    *slog.Logger

	publishers, index file
}

// named is an address in the protocol of OCI: below /v2/ stands the repository, and
// after it what is asked of it.
var named = regexp.MustCompile(`^/v2/(.+)/(?:blobs|manifests|tags|referrers)/`)

// pluginOf is the plugin that a request to the registry is about; empty where it is
// about none. What nodes say lies in a repository below that of the plugin.
func pluginOf(address string) string {
	found := named.FindStringSubmatch(address)
	if found == nil {
		return ""
	}
	return path.Base(strings.TrimSuffix(found[1], "/said"))
}

// Registry decides whether a request may reach the registry, records that, and
// hands it on. Reading is release.pull, everything else release.push.
func (d *Door) Registry(w http.ResponseWriter, r *http.Request) {
	actor, ok := d.Actor(r)
	if !ok {
		session.RefuseClient(w, http.StatusUnauthorized, "Sign in with a token, as the password; any user name will do. Tokens are made on your account page.", 0)
		return
	}
	action := policy.ReleasePush
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		action = policy.ReleasePull
	}
	if err := d.decide(r.Context(), actor, action, pluginOf(r.URL.Path)); err != nil {
		d.refuse(w, r, err)
		return
	}
	d.Served.ServeHTTP(w, r)
}

// decide asks the policy, and records what it said before anything is done.
func (d *Door) decide(ctx context.Context, actor policy.Actor, action policy.Action, plugin string) error {
	decision, err := d.Policy.Decide(ctx, policy.Request{ID: rand.Text()[:12], Now: d.Now().Unix(), Action: action, Actor: actor,
		Plugin: policy.Plugin{Signers: []string{}}, Release: policy.Release{ID: plugin},
		Resource: policy.Resource{Grain: "aggregate", Columns: []string{}, Stratifiers: []string{}}})
	if err != nil {
		return err
	}
	records, err := d.Ledger.RecordAll(ctx, []policy.Decision{decision})
	if err != nil {
		return err
	}
	_, err = records[0].Grant()
	return err
}

func (d *Door) refuse(w http.ResponseWriter, r *http.Request, err error) {
	denial := (*policy.Denial)(nil)
	switch {
	case errors.As(err, &denial):
		d.Log.Info("denied", "record", denial.Record.Sequence(), "path", r.URL.Path)
		session.RefuseClient(w, http.StatusForbidden, denial.Error(), 0)
	case errors.Is(err, session.ErrOutsideToken):
		d.Log.Info("a token was used for what it was not made for", "path", r.URL.Path, "error", err)
		session.RefuseClient(w, http.StatusForbidden, err.Error(), 0)
	default:
		d.Log.Error("registry: decide", "path", r.URL.Path, "error", err)
		session.RefuseClient(w, http.StatusServiceUnavailable, "Signalbox cannot decide just now whether you may. Nobody has refused you; try again in a minute.", 0)
	}
}
