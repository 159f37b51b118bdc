package plot

import (
	"math"
	"slices"
)

// name is the name of a group beside its point.
type name struct {
	text   string
	own    bool
	box    box
	lead   bool // too far away to be understood without a line
	px, py float64
}

// box is a rectangle that something covers.
type box struct{ x0, y0, x1, y1 float64 }

func (a box) overlaps(b box) bool { return a.x0 < b.x1 && b.x0 < a.x1 && a.y0 < b.y1 && b.y0 < a.y1 }

// mostNames is how many names a drawing looks for room for.
const mostNames = 60

// namedAll is up to how many groups every one of them is named.
const namedAll = 25

// placeNames finds room for names: the reader's own, then those beyond the outer
// limits from the farthest, then those between the limits, and in a small funnel
// all. Of those that had to be named it gives the number that found no room.
func (d *funnel) placeNames() (unnamed int) {
	r := d.radius()
	points := make([]box, len(d.groups))
	for i, g := range d.groups {
		points[i] = box{g.x - r - 1, g.y - r - 1, g.x + r + 1, g.y + r + 1}
	}
	for k, i := range d.namingOrder() {
		g := d.groups[i]
		must := d.f.group(g.index).Own || d.f.place(g.index).beyond()
		if k >= mostNames || !d.findRoom(g, points, must) {
			if must {
				unnamed++
			}
		}
	}
	return unnamed
}

// namingOrder lists the groups that should have a name.
func (d *funnel) namingOrder() []int {
	rank := func(i int) int {
		switch g := d.groups[i]; {
		case d.f.group(g.index).Own:
			return 0
		case d.f.place(g.index).beyond():
			return 1
		case d.f.place(g.index) == between && d.size != Narrow:
			return 2
		case len(d.groups) <= namedAll && d.size != Narrow:
			return 3
		}
		return 4
	}
	var order []int
	for i := range d.groups {
		if rank(i) < 4 {
			order = append(order, i)
		}
	}
	far := func(i int) float64 { return math.Abs(at(d.f.Chart.Z, d.groups[i].index)) }
	slices.SortStableFunc(order, func(a, b int) int {
		if ra, rb := rank(a), rank(b); ra != rb {
			return ra - rb
		}
		switch fa, fb := far(a), far(b); {
		case fa > fb:
			return -1
		case fa < fb:
			return 1
		}
		return 0
	})
	return order
}

// findRoom puts a name beside its point, or further off with a line to it where
// it has to be named, and reports whether there was room.
func (d *funnel) findRoom(g spot, points []box, must bool) bool {
	group := d.f.group(g.index)
	text := group.Short
	if text == "" {
		text = group.Name
	}
	text = cut(text, max(d.nameLetters, 12))
	wide, high := textWidth(text, d.em), 1.15*d.em
	if group.Own {
		wide *= bold
	}
	r := d.radius() + 4
	if group.Own {
		r += 4
	}
	distances := [...]float64{0, 1.3, 2.4, 3.6, 5}
	for _, away := range distances {
		if away > 0 && !must {
			return false
		}
		out := r + away*d.em
		for _, side := range [...][2]float64{{1, 0}, {-1, 0}, {.8, -.7}, {-.8, -.7}, {.8, .7}, {-.8, .7}, {0, -1}, {0, 1}} {
			n := name{text: text, own: group.Own, lead: away > 0, px: g.x, py: g.y}
			x, y := g.x+side[0]*out, g.y+side[1]*(out+.2*d.em)
			switch {
			case side[0] > 0:
				n.box = box{x, y - high/2, x + wide, y + high/2}
			case side[0] < 0:
				n.box = box{x - wide, y - high/2, x, y + high/2}
			default:
				n.box = box{x - wide/2, y - high/2, x + wide/2, y + high/2}
			}
			if d.free(n, points, g) {
				d.names = append(d.names, n)
				return true
			}
		}
	}
	return false
}

// free reports whether a name covers nothing, and neither it nor its line
// crosses another name or its line.
func (d *funnel) free(n name, points []box, g spot) bool {
	if n.box.x0 < d.left+2 || n.box.x1 > d.right-2 || n.box.y0 < d.top-.4*d.em || n.box.y1 > d.bottom-2 {
		return false
	}
	for i, p := range points {
		if d.groups[i] != g && n.box.overlaps(p) {
			return false
		}
	}
	for _, other := range d.names {
		switch {
		case n.box.overlaps(other.box):
			return false
		case n.lead && crosses(n.px, n.py, n.box, other.box), other.lead && crosses(other.px, other.py, other.box, n.box):
			return false
		}
	}
	return true
}

// crosses reports whether the line from a point to its name's box meets another box.
func crosses(px, py float64, to, other box) bool {
	x, y := to.nearest(px, py)
	const steps = 12
	for k := range steps + 1 {
		t := float64(k) / steps
		at := box{px + t*(x-px) - 1, py + t*(y-py) - 1, px + t*(x-px) + 1, py + t*(y-py) + 1}
		if at.overlaps(other) {
			return true
		}
	}
	return false
}

// nearest is the point of a box that lies nearest to another.
func (b box) nearest(x, y float64) (float64, float64) {
	return math.Min(math.Max(x, b.x0), b.x1), math.Min(math.Max(y, b.y0), b.y1)
}

// leaders draws the lines from names to points that lie further away.
func (d *funnel) leaders() {
	r := d.radius()
	for _, n := range d.names {
		if !n.lead {
			continue
		}
		x, y := n.box.nearest(n.px, n.py)
		if long := math.Hypot(x-n.px, y-n.py); long > r+2 {
			d.line("lead", n.px+(x-n.px)*(r+1)/long, n.py+(y-n.py)*(r+1)/long, x, y)
		}
	}
}

func (d *funnel) writeNames() {
	for _, n := range d.names {
		class := "lm halo"
		if n.own {
			class = "lm halo v"
		}
		d.text(class, n.box.x0, (n.box.y0+n.box.y1)/2+.35*d.em, "")
		d.escaped(n.text)
		d.s("</text>")
	}
}
