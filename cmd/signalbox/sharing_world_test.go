package main

import (
	"bytes"
	"encoding/csv"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/signalbox-health/signalbox/internal/demo"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins/registry"
	"github.com/signalbox-health/signalbox/web/session/provider/providertest"
)

// world is the figures that two installations hold, each those of its own trust.
type world struct {
	publishes, adopts measures.ODSCode
	files             []demo.File
	// known is the last period that the adopter has when it adopts.
	known measures.Date
}

// inventedWorld is that of the demonstration, where one trust gets better.
func inventedWorld(testing.TB) world {
	return world{publishes: "ZZB", adopts: "ZZA", known: measures.DateOf(2025, 5, 1), files: slices.DeleteFunc(demo.Files(demo.DefaultSeed), func(f demo.File) bool {
		return f.Dataset != "" && f.Dataset != "ae_provider" || f.As != ""
	})}
}

// publishedWorld is figures that NHS England publishes, where they are at hand.
func publishedWorld(t testing.TB) world {
	w := world{publishes: "RWG", adopts: "RQW", known: measures.DateOf(2025, 5, 1)}
	for _, f := range []demo.File{{Name: "ods_icbs.csv"}, {Name: "ods_trusts.csv"}, {Name: "ods_successions.csv"}, {Name: "nhs_ae_provider_monthly.csv", Dataset: "ae_provider"}} {
		content, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "data", f.Name))
		if err != nil {
			t.Skip("the published figures are not at hand: ", err)
		}
		f.Content = content
		w.files = append(w.files, f)
	}
	return w
}

// written writes the files of one trust's installation: the register, and the rows of
// the trust from one period to another.
func (w world) written(t testing.TB, trust measures.ODSCode, from, to measures.Date) []string {
	t.Helper()
	dir := t.TempDir()
	var paths []string
	for _, f := range w.files {
		content := f.Content
		if f.Dataset != "" {
			content = rowsOf(t, content, trust, from, to)
		}
		path := filepath.Join(dir, f.Name)
		write(t, path, string(content))
		paths = append(paths, path)
	}
	return paths
}

// rowsOf are the rows of a table about one organisation, with its header.
func rowsOf(t testing.TB, table []byte, code measures.ODSCode, from, to measures.Date) []byte {
	t.Helper()
	records, err := csv.NewReader(bytes.NewReader(table)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	at, when := slices.Index(records[0], "org_code"), slices.Index(records[0], "period")
	own := slices.DeleteFunc(slices.Clone(records[1:]), func(row []string) bool {
		period, err := measures.ParseDate(row[when])
		return err != nil || row[at] != string(code) || period < from || period > to
	})
	if len(own) == 0 {
		t.Fatalf("no rows of %s from %s to %s", code, from, to)
	}
	var out bytes.Buffer
	if err := csv.NewWriter(&out).WriteAll(append([][]string{records[0]}, own...)); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

const (
	everFrom measures.Date = -1 << 30
	everTo   measures.Date = 1 << 30
)

// party is one of several installations on this machine, with a database, policies,
// keys and an identity provider of its own.
type party struct {
	*openedSite
	cfg     *config
	trust   measures.ODSCode
	idp     *providertest.Provider
	readers map[string]*reader
}

// founded makes an installation for a trust and starts it. lay puts whom it believes
// into its folder.
func founded(t *testing.T, trust measures.ODSCode, files []string, lay func(cfg *config)) *party {
	t.Helper()
	dir := dataFolder(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	cfg := &config{dataDir: dir, path: os.Getenv("PATH"), tempDir: os.TempDir(), publicURL: localURL(listener.Addr())}
	p := &party{cfg: cfg, trust: trust, readers: map[string]*reader{}}
	p.idp = providertest.Start(t, cfg.publicURL+"/sign-in/return")
	cfg.identityFile = staffFile(t, p.idp.Issuer)
	if err := os.MkdirAll(cfg.trustDir(), 0o755); err != nil {
		t.Fatal(err)
	}
	lay(cfg)
	h, err := build(t.Context(), cfg, false, slog.New(slog.NewTextHandler(t.Output(), nil)))
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: h.site.Handler(), ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() {
		_ = server.Close()
		h.close()
	})
	p.openedSite = &openedSite{house: h, address: cfg.publicURL, dir: dir, cookies: map[string]string{}}
	p.load(t, files)
	return p
}

// load takes files in with a program of its own, as a data manager would.
func (p *party) load(t *testing.T, files []string) {
	t.Helper()
	p.program(t, append([]string{"load", "--refused", t.TempDir()}, files...)...)
	if err := p.house.look(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// program runs a command beside the site, on the same folder, and gives what it prints.
func (p *party) program(t *testing.T, args ...string) string {
	t.Helper()
	child := launch(t, append(args, "--data", p.dir)...)
	if status := child.status(t); status != 0 {
		t.Fatalf("signalbox %s: status %d\n%s%s", strings.Join(args, " "), status, child.out.String(), child.errors.String())
	}
	return child.out.String()
}

// staffFile writes identity.json for a provider that names roles as Signalbox does.
func staffFile(t *testing.T, issuer string) string {
	t.Helper()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "mapping.json"), `{"about": "", "subject": ["sub"], "name": ["name"], "assurance": {"claim": "level", "values": {"3": "aal3"}},
		"selected": "selected_roleid", "listed": [{"claim": "nhsid_nrbac_roles", "organisation": "org_code", "role": "role_code", "role_name": "role_name",
			"ref": "person_roleid", "after": ":", "roles": {"LEAD": "improvement_lead", "GOVERN": "governance_lead", "AUTHOR": "innovator",
				"CHECK": "plugin_checker", "OPERATE": "operator"}}]}`)
	write(t, filepath.Join(dir, "identity.json"), `{"name": "Test Identity", "issuer": "`+issuer+`", "client_id": "`+providertest.ClientID+`",
		"client_secret_file": "secret", "scopes": ["openid"], "user_info": false, "acr_values": "", "mapping": "mapping.json"}`)
	write(t, filepath.Join(dir, "secret"), providertest.Secret)
	return filepath.Join(dir, "identity.json")
}

// as is somebody of the trust, signed in: "LEAD" for improvement, say.
func (p *party) as(t *testing.T, role, purpose string) *reader {
	t.Helper()
	if r := p.readers[role]; r != nil {
		return r
	}
	p.idp.Behave(t, providertest.Conduct{Claims: smartcard(strings.ToLower(role)+"-"+string(p.trust), string(p.trust)+":"+role)})
	r := p.newReader(t)
	r.client.Timeout = 60 * time.Second // a release is examined while its author waits
	if answer, at := r.come(t, "/plugins", purpose); at != "/plugins" || answer.StatusCode != http.StatusOK {
		t.Fatalf("%s at %s signs in and is at %q, %s", role, p.trust, at, answer.Status)
	}
	p.readers[role] = r
	return r
}

// issuer is whoever runs the hub: the root keys, and whom their list names.
type issuer struct {
	dir         string
	root, index registry.Key
	serial      int64
	keys        []registry.PublisherKey
	nodes       []registry.Node
}

const publisherID, publisherNames = "harbour-health-lab", "harbour-*"

// newIssuer makes all keys, each in a file of its own: author.pem, checker.pem.
func newIssuer(t *testing.T) *issuer {
	t.Helper()
	i := &issuer{dir: t.TempDir()}
	i.root, i.index = i.key(t, "root"), i.key(t, "index")
	for who, role := range map[string]string{"author": registry.RoleAuthor, "checker": registry.RoleChecker} {
		i.keys = append(i.keys, registry.PublisherKey{Key: i.key(t, who).Public(), Holder: who, Role: role, From: time.Now().AddDate(-1, 0, 0).UTC().Truncate(time.Second)})
	}
	return i
}

func (i *issuer) file(name string) string { return filepath.Join(i.dir, name) }

func (i *issuer) key(t *testing.T, who string) registry.Key {
	t.Helper()
	key, _, err := registry.OpenOrMakeKey(filepath.Join(i.dir, "keys", who+".pem"))
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// knows lists an installation as one that speaks for a trust.
func (i *issuer) knows(t *testing.T, cfg *config, trust measures.ODSCode) {
	t.Helper()
	key, _, err := registry.OpenOrMakeKey(cfg.nodeKey())
	if err != nil {
		t.Fatal(err)
	}
	i.nodes = append(i.nodes, registry.Node{ID: "node-of-" + strings.ToLower(string(trust)), Name: "Node of " + string(trust), Organisations: []measures.ODSCode{trust},
		Key: key.Public(), From: time.Now().Add(-time.Minute).UTC().Truncate(time.Second)})
}

// lists writes the next signed list of publishers into a folder, and gives the file.
func (i *issuer) lists(t *testing.T) string {
	t.Helper()
	i.serial++
	now := time.Now().UTC().Truncate(time.Second)
	list := registry.List{Serial: i.serial, Issued: now, Expires: now.AddDate(0, 3, 0), Nodes: i.nodes,
		Index: &registry.Root{Keys: []registry.PublicKey{i.index.Public()}, Threshold: 1},
		Publishers: []registry.Publisher{{ID: publisherID, Name: "Harbour Health Lab (fictional)", Class: "charity", Names: []string{publisherNames},
			Threshold: 2, Keys: i.keys}}}
	e, err := list.Seal(i.root)
	if err != nil {
		t.Fatal(err)
	}
	return i.writes(t, "publishers.json", e)
}

func (i *issuer) writes(t *testing.T, name string, e registry.Envelope) string {
	t.Helper()
	text, err := e.Encode()
	if err != nil {
		t.Fatal(err)
	}
	write(t, i.file(name), string(text))
	return i.file(name)
}
