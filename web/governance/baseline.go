package governance

import (
	"bufio"
	"context"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"

	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/web/layout"
)

// baseline is the rules that are in force for everybody.
type baseline struct {
	page         layout.Page
	grounds      []ruleText // what opens data
	bars         []ruleText // what must hold besides
	plugins      []ruleText // who may do what with plugins, which opens nobody's data
	releases     []ruleText // who makes, checks and ends releases, which opens none either
	adopting     []ruleText // what organisations run, and the evidence of it
	governing    []ruleText // who may do what about governance, which opens none
	policy, data string
	disclosure   policy.Disclosure
	records      int64
	head         string
}

// ruleText is a rule in plain words, and the file it stands in.
type ruleText struct{ title, file string }

// Baseline shows the national baseline in its own titles, the threshold for small
// numbers, and the head of the ledger.
func (p *Pages) Baseline(w http.ResponseWriter, r *http.Request) error {
	_, page := p.frame(r, "The national baseline", layout.Crumb{Name: "Governance", URL: "/governance"})
	v, err := p.baseline(r.Context(), page)
	if err != nil {
		return err
	}
	return baselinePage(v).Render(r.Context(), w)
}

func (p *Pages) baseline(ctx context.Context, page layout.Page) (baseline, error) {
	modules, err := policy.Baseline()
	if err != nil {
		return baseline{}, fmt.Errorf("read the national baseline: %w", err)
	}
	head, err := p.Ledger.LedgerHead(ctx)
	if err != nil {
		return baseline{}, fmt.Errorf("head of the ledger: %w", err)
	}
	v := baseline{page: page, disclosure: p.National.Suppression, records: head.Size, head: hex.EncodeToString(head.Root[:])}
	v.policy, v.data = p.Engine.Revisions()
	for _, m := range modules {
		v.readRules(m)
	}
	return v, nil
}

// shelf is the list that a file of the policy has for itself, all its grounds and bars;
// nil for the files whose grounds open data.
func (v *baseline) shelf(file string) *[]ruleText {
	switch file {
	case "plugins.rego", "work.rego":
		return &v.plugins
	case "releases.rego":
		return &v.releases
	case "adopting.rego":
		return &v.adopting
	case "governance.rego":
		return &v.governing
	}
	return nil
}

// isGround reports whether a line of a policy begins a ground: one that is enough
// by itself, or one that needs the training of staff besides.
func isGround(line string) bool {
	return strings.HasPrefix(line, "ground contains {") || strings.HasPrefix(line, "staff_ground contains {")
}

// isBar reports whether a line of a policy begins what must hold whatever else does.
func isBar(line string) bool {
	return strings.HasPrefix(line, "bar contains") || strings.HasPrefix(line, "not_running[") || strings.HasPrefix(line, "ground contains one")
}

// readRules parts the METADATA titles of a policy file into what opens data, what
// must hold whatever opens it, and what opens none. Titles of other definitions
// explain the Rego to its authors and are left out.
func (v *baseline) readRules(m policy.Module) {
	title := ""
	lines := bufio.NewScanner(strings.NewReader(m.Source))
	for lines.Scan() {
		line := lines.Text()
		text, isTitle := strings.CutPrefix(line, "# title: ")
		switch {
		case isTitle:
			title = text
			continue
		case strings.HasPrefix(line, "#"):
			continue
		}
		grounds, bars := &v.grounds, &v.bars
		if own := v.shelf(m.Name); own != nil {
			grounds, bars = own, own
		}
		switch {
		case title == "":
		case isGround(line):
			*grounds = append(*grounds, ruleText{title, m.Name})
		case isBar(line):
			*bars = append(*bars, ruleText{title, m.Name})
		}
		title = ""
	}
}
