// Package export writes charts for people and programs outside the site: JSON,
// CSV, and a drawing in the letters of a terminal. It computes nothing and asks
// nobody; what may leave was decided before charts come here.
package export

import (
	"strconv"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/measures/words"
)

// Item is one chart with what is said around it. Everything but the chart may
// be empty.
type Item struct {
	Title        string // names the measure
	Organisation string // name and code
	Chart        *measures.Chart
	Words        words.Subject
	// Targets are drawn as steps where there are several; Trajectory is the way
	// that was planned, one number a point, or nil.
	Targets    []measures.Target
	Trajectory []float64
}

// group names one group of a funnel: its number where nobody said its name.
func (item *Item) group(i int) string {
	if i < len(item.Words.Groups) {
		return item.Words.Groups[i]
	}
	return strconv.Itoa(int(item.Chart.X[i]))
}
