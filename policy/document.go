package policy

import "github.com/signalbox-health/signalbox/measures"

// Document is a decision as it is written down: the very input that the policy
// saw, what it answered, and the revisions of rules and reference data that
// answered. It is enough to ask the same question again.
type Document struct {
	Input          Input              `json:"input"`
	Allow          bool               `json:"allow"`
	Reasons        []Reason           `json:"reasons"`
	Grants         []GrantRef         `json:"grants"`
	Scope          []measures.ODSCode `json:"ods_scope"`
	Rows           []RowRule          `json:"rows"`
	Columns        []string           `json:"visible_columns"`
	Disclosure     Disclosure         `json:"disclosure"`
	Obligations    []string           `json:"obligations"`
	CacheSeconds   int                `json:"cache_seconds"`
	PolicyRevision string             `json:"policy_revision"`
	DataRevision   string             `json:"data_revision"`
}

// Document gives the decision for the record. It has no null lists.
func (d Decision) Document() Document {
	return Document{
		Input: d.Request.Input(), Allow: d.Allow,
		Reasons: filled(d.Reasons), Grants: filled(d.Grants), Scope: filled(d.Scope),
		Rows: filled(d.Rows), Columns: filled(d.Columns), Disclosure: d.Disclosure,
		Obligations: filled(d.Obligations), CacheSeconds: d.CacheSeconds,
		PolicyRevision: d.PolicyRevision, DataRevision: d.DataRevision,
	}
}
