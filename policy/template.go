package policy

import (
	"embed"
	"fmt"
	"io/fs"
	"strings"

	"github.com/signalbox-health/signalbox/measures"
)

//go:embed template/*.rego
var template embed.FS

// Template gives an organisation a policy to start from: the baseline as it is,
// rules that make it narrower and are switched off, and the tests of both. It is
// to be looked at again on the day of review.
func Template(owner measures.ODSCode, review measures.Date) ([]Module, error) {
	if !owner.Valid() || owner == Everyone {
		return nil, fmt.Errorf("a policy to start from: %q is no ODS code of an organisation", owner)
	}
	folder, err := fs.Sub(template, "template")
	if err != nil {
		return nil, err
	}
	modules, err := ReadModules(folder)
	if err != nil {
		return nil, err
	}
	entry := trustEntry(owner)
	home := strings.TrimPrefix(entry[:len(entry)-1].String(), "data.")
	fill := strings.NewReplacer("signalbox.trusts.OWNER", home, `"OWNER"`, fmt.Sprintf("%q", owner), "REVIEW", review.String())
	for i := range modules {
		modules[i].Source = fill.Replace(modules[i].Source)
	}
	return modules, nil
}
