package words

import "github.com/signalbox-health/signalbox/measures"

// Outliers tells every group of a funnel that lies beyond its 99.8 percent
// limits: name, value and the limit it passed. They stand in order of name, since
// an order of values would be a ranking. It is empty for other kinds of chart.
func Outliers(s Subject, c *measures.Chart) []string {
	if c.Kind != measures.Funnel {
		return nil
	}
	v := look(s, c)
	var lines []string
	for _, i := range v.byName() {
		switch y := c.Y[i]; {
		case c.Signals[i]&measures.OutsideUpper != 0:
			lines = append(lines, v.group(i)+": "+v.value(y)+", above its limit of "+v.apart(c.Upper[i], y)+".")
		case c.Signals[i]&measures.OutsideLower != 0:
			lines = append(lines, v.group(i)+": "+v.value(y)+", below its limit of "+v.apart(c.Lower[i], y)+".")
		}
	}
	return lines
}
