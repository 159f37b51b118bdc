// Package governance is the third door: the rules in force, and the record of
// what was decided by them.
package governance

import (
	"bufio"
	"context"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"

	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/policy/ledger"
	"github.com/signalbox-health/signalbox/web/layout"
)

// Ledger knows how long the record is, and its head.
type Ledger interface {
	LedgerHead(context.Context) (ledger.Head, error)
}

// Pages are the pages behind the third door.
type Pages struct {
	Engine *policy.Engine
	Ledger Ledger
	Reader func(*http.Request) (policy.Actor, layout.Page)
}

type inForce struct {
	page         layout.Page
	grounds      []ruleText // what opens data
	bars         []ruleText // what must hold besides
	plugins      []ruleText // who may do what with plugins, which opens nobody's data
	policy, data string
	disclosure   policy.Disclosure
	records      int64
	head         string
}

// ruleText is a rule in plain words, and the file it stands in.
type ruleText struct{ title, file string }

// Home shows the national baseline in its own titles, the threshold for small
// numbers, and the head of the ledger.
func (p *Pages) Home(w http.ResponseWriter, r *http.Request) error {
	_, page := p.Reader(r)
	page.Title, page.Door = "Governance", layout.Governance
	modules, err := policy.Baseline()
	if err != nil {
		return fmt.Errorf("read the national baseline: %w", err)
	}
	reference, err := policy.NationalReference()
	if err != nil {
		return fmt.Errorf("read the national baseline: %w", err)
	}
	head, err := p.Ledger.LedgerHead(r.Context())
	if err != nil {
		return fmt.Errorf("head of the ledger: %w", err)
	}
	v := inForce{page: page, disclosure: reference.Suppression, records: head.Size, head: hex.EncodeToString(head.Root[:])}
	v.policy, v.data = p.Engine.Revisions()
	for _, m := range modules {
		v.readRules(m)
	}
	return homePage(v).Render(r.Context(), w)
}

// aboutPlugins is the policy file whose grounds open no data.
const aboutPlugins = "plugins.rego"

// readRules parts the METADATA titles of a policy file into what opens data, what
// must hold whatever opens it, and what is about plugins. Titles of other definitions explain the
// Rego to its authors and are left out.
func (v *inForce) readRules(m policy.Module) {
	title := ""
	lines := bufio.NewScanner(strings.NewReader(m.Source))
	for lines.Scan() {
		line := lines.Text()
		switch text, isTitle := strings.CutPrefix(line, "# title: "); {
		case isTitle:
			title = text
		case strings.HasPrefix(line, "#"):
		case title != "" && strings.HasPrefix(line, "ground contains") && m.Name == aboutPlugins:
			v.plugins = append(v.plugins, ruleText{title, m.Name})
			title = ""
		case title != "" && strings.HasPrefix(line, "ground contains"):
			v.grounds = append(v.grounds, ruleText{title, m.Name})
			title = ""
		case title != "" && strings.HasPrefix(line, "bar contains"):
			v.bars = append(v.bars, ruleText{title, m.Name})
			title = ""
		default:
			title = ""
		}
	}
}
