package words

import (
	"sort"
	"strconv"
	"strings"
)

// group names one point of a funnel.
func (v *view) group(i int) string {
	if i < len(v.s.Groups) && v.s.Groups[i] != "" {
		return v.s.Groups[i]
	}
	return capital(v.noun(1)) + " " + strconv.Itoa(int(v.c.X[i]))
}

// byName lists the points of a funnel in order of their names; those without
// one keep the order they came in.
func (v *view) byName() []int {
	order := make([]int, v.c.Len())
	for i := range order {
		order[i] = i
	}
	if len(v.s.Groups) > 0 {
		sort.SliceStable(order, func(a, b int) bool {
			return strings.ToLower(v.group(order[a])) < strings.ToLower(v.group(order[b]))
		})
	}
	return order
}
