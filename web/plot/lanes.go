package plot

import "sort"

// markGap is the space between a mark's line and its label, in em.
const markGap = .4

// measure finds the stretch of x that a mark's label covers.
func (d *drawing) measure(m *mark) {
	wide := 0.0
	if m.letter != "" {
		wide = textWidth(m.letter, d.em) * bold
		if m.text != "" {
			wide += .6 * d.em
		}
	}
	wide += textWidth(m.text, d.em)
	gap := markGap * d.em
	m.flip = wide > 0 && m.x+gap+wide > d.width-2
	m.lo, m.hi = m.x+gap, m.x+gap+wide
	if m.flip {
		m.lo, m.hi = m.x-gap-wide, m.x-gap
	}
}

// findLanes lifts labels until no label crosses another mark's line and no two
// overlap. Where all the words need more lanes than there are, labels begin as
// letters and take their words back, or the beginning of them, phases and short
// ones first, as long as there is room: the list below the chart has all words.
func (d *drawing) findLanes() int {
	if lanes := d.tryLanes(); lanes <= d.lanes {
		return lanes
	}
	words := make([]string, len(d.marks))
	order := make([]int, len(d.marks))
	for i := range d.marks {
		words[i], order[i] = d.marks[i].text, i
		d.marks[i].text = ""
	}
	rank := func(i int) int {
		if d.marks[i].letter == "" {
			return 0
		}
		return len(words[i])
	}
	sort.SliceStable(order, func(a, b int) bool { return rank(order[a]) < rank(order[b]) })
	for _, i := range order {
		for _, letters := range [...]int{len(words[i]), 20, 12, 0} {
			d.marks[i].text = ""
			if letters > 0 {
				d.marks[i].text = cut(words[i], max(letters, 2))
			}
			if d.tryLanes() <= d.lanes {
				break
			}
		}
	}
	if lanes := d.tryLanes(); lanes <= d.lanes {
		return lanes
	}
	for i := range d.marks { // too many in one place even for letters
		d.marks[i].lane = min(d.marks[i].lane, d.lanes-1)
	}
	return d.lanes
}

// tryLanes places the labels as they are.
func (d *drawing) tryLanes() int {
	for i := range d.marks {
		d.measure(&d.marks[i])
		d.marks[i].lane = 0
	}
	return d.liftLabels()
}

// liftLabels raises lanes one at a time until nothing collides, and gives the
// number of lanes in use, or more than there are if it cannot be done.
func (d *drawing) liftLabels() int {
	for changed := true; changed; {
		changed = false
		for i := len(d.marks) - 1; i >= 0; i-- {
			a := &d.marks[i]
			for k := range d.marks {
				b := &d.marks[k]
				if i == k || a.hi == a.lo {
					continue
				}
				crosses := b.x > a.lo-2 && b.x < a.hi+2 && b.x != a.x && b.lane >= a.lane
				overlaps := b.hi > b.lo && b.lane == a.lane && a.lo < b.hi+6 && b.lo < a.hi+6 && i < k
				if !crosses && !overlaps {
					continue
				}
				a.lane = b.lane + 1
				changed = true
				if a.lane > d.lanes+1 {
					return a.lane
				}
			}
		}
	}
	lanes := 0
	for i := range d.marks {
		if d.marks[i].hi > d.marks[i].lo {
			lanes = max(lanes, d.marks[i].lane+1)
		}
	}
	return lanes
}
