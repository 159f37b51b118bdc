package policy

import (
	"encoding/binary"
	"slices"
	"strconv"
	"sync"
)

// generation is how many answers are kept before the older half is dropped.
const generation = 8192

// cache keeps the answers of one pair of revisions; it is thrown away with
// them. An answer depends on nothing but its key: policies are pure, see the
// time in whole minutes and do not see the id of the request, and agreements
// end on whole minutes.
type cache struct {
	mu         sync.RWMutex
	young, old map[string]Decision
}

func newCache() *cache { return &cache{young: map[string]Decision{}} }

func (c *cache) get(key []byte) (Decision, bool) {
	c.mu.RLock()
	d, ok := c.young[string(key)]
	if !ok {
		d, ok = c.old[string(key)]
	}
	c.mu.RUnlock()
	if !ok {
		return Decision{}, false
	}
	return d.clone(), true
}

func (c *cache) put(key []byte, d Decision) {
	d = d.clone()
	d.Request = Request{} // every request brings its own name and person
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.young) >= generation {
		c.young, c.old = map[string]Decision{}, c.young
	}
	c.young[string(key)] = d
}

// clone keeps callers from changing what others will be told.
func (d Decision) clone() Decision {
	d.Reasons = slices.Clone(d.Reasons)
	d.Grants = slices.Clone(d.Grants)
	d.Scope = slices.Clone(d.Scope)
	d.Columns = slices.Clone(d.Columns)
	d.Obligations = slices.Clone(d.Obligations)
	d.Rows = slices.Clone(d.Rows)
	for i := range d.Rows {
		d.Rows[i].Conditions = slices.Clone(d.Rows[i].Conditions)
		for j := range d.Rows[i].Conditions {
			d.Rows[i].Conditions[j].Values = slices.Clone(d.Rows[i].Conditions[j].Values)
		}
	}
	return d
}

// cacheKey writes everything that a policy sees of a request, each text with
// its length before it, so that two requests never share a key.
func cacheKey(r Request) []byte {
	b := make([]byte, 0, 512)
	b = binary.AppendVarint(b, minute(r.Now))
	b = binary.AppendVarint(b, int64(r.Resource.Period.From))
	b = binary.AppendVarint(b, int64(r.Resource.Period.To))
	b = binary.AppendVarint(b, int64(r.Actor.TrainedOn))
	b = appendTexts(b, string(r.Action), r.Actor.ID, string(r.Actor.ODS), string(r.Actor.Purpose), r.Actor.Assurance,
		r.Plugin.ID, r.Plugin.Version, r.Plugin.Digest, r.Plugin.Approval,
		string(r.Resource.Dataset), string(r.Resource.ODS), r.Resource.Grain,
		r.Change.Kind, r.Change.Ref, r.Change.Author)
	b = appendList(b, r.Actor.Orgs)
	b = appendList(b, r.Actor.Roles)
	b = appendList(b, r.Plugin.Signers)
	b = appendList(b, r.Resource.Columns)
	b = appendList(b, r.Change.Approvers)
	b = appendList(b, r.Resource.Stratifiers)
	return r.Release.appendKey(b)
}

func (r Release) appendKey(b []byte) []byte {
	b = appendTexts(b, r.ID, r.Version, r.Digest, r.Publisher, string(r.State))
	b = appendList(b, r.Authors)
	b = appendList(b, r.Datasets)
	b = binary.AppendUvarint(b, uint64(len(r.Signers)))
	for _, s := range r.Signers {
		b = appendTexts(b, s.Holder, s.Role)
	}
	for _, n := range []int{r.Threshold, r.Errors, r.Advice, r.Cost.Milliseconds, r.Cost.Mebibytes} {
		b = binary.AppendVarint(b, int64(n))
	}
	return strconv.AppendBool(b, r.Verified)
}

func appendTexts(b []byte, list ...string) []byte {
	for _, s := range list {
		b = append(binary.AppendUvarint(b, uint64(len(s))), s...)
	}
	return b
}

func appendList[S ~string](b []byte, list []S) []byte {
	b = binary.AppendUvarint(b, uint64(len(list)))
	for _, s := range list {
		b = append(binary.AppendUvarint(b, uint64(len(s))), s...)
	}
	return b
}
