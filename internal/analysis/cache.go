package analysis

import (
	"crypto/sha256"
	"sync"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins"
)

// cacheCells bounds the cache by the points it holds: about 100 bytes each.
const cacheCells = 400_000

// cache keeps what plugins answered. Its key is the plugin's digest and the
// very bytes the plugin was given, data and parameters included, so a hit is
// exact and nothing has to be forgotten when data change: a plugin has no
// clock and no chance, and the same bytes give the same charts.
type cache struct {
	mu      sync.Mutex
	entries map[cacheKey]*cacheEntry
	cells   int
	clock   int64
}

type cacheKey [sha256.Size]byte

type cacheEntry struct {
	charts []measures.Chart
	cells  int
	used   int64
}

func keyOf(digest plugins.Digest, payload []byte) cacheKey {
	h := sha256.New()
	h.Write([]byte(digest))
	h.Write(payload)
	var key cacheKey
	h.Sum(key[:0])
	return key
}

// get gives the charts of a key. They are shared: whoever changes one copies it.
func (c *cache) get(key cacheKey) ([]measures.Chart, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	entry, ok := c.entries[key]
	if !ok {
		return nil, false
	}
	c.clock++
	entry.used = c.clock
	return entry.charts, true
}

func (c *cache) put(key cacheKey, charts []measures.Chart) {
	cells := 1
	for i := range charts {
		cells += charts[i].Len()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.entries == nil {
		c.entries = map[cacheKey]*cacheEntry{}
	}
	if _, there := c.entries[key]; there || cells > cacheCells {
		return
	}
	for c.cells+cells > cacheCells {
		c.dropOldest()
	}
	c.clock++
	c.entries[key] = &cacheEntry{charts: charts, cells: cells, used: c.clock}
	c.cells += cells
}

// dropOldest forgets the entry that was used longest ago. A few hundred entries
// at most make a walk cheaper than a list kept in order.
func (c *cache) dropOldest() {
	var oldest cacheKey
	used := int64(-1)
	for key, entry := range c.entries {
		if used < 0 || entry.used < used {
			oldest, used = key, entry.used
		}
	}
	c.cells -= c.entries[oldest].cells
	delete(c.entries, oldest)
}
