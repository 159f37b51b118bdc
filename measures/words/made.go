package words

import (
	"strings"

	"github.com/signalbox-health/signalbox/measures"
)

// made says how centre and limits were made, as far as it was told.
func (v *view) made() string {
	m, middle := v.s.Method, "the mean of the baseline"
	if m.Median {
		middle = "the median of the baseline"
	}
	if m.Given {
		middle = "a " + v.centreWord() + " given from outside"
	}
	switch v.c.Kind {
	case measures.Run:
		if m.Given {
			return "The line is " + middle + "; a run chart has no limits."
		}
		return "The line is the " + v.centreWord() + " of the baseline; a run chart has no limits."
	case measures.XmR:
		return "The centre is " + middle + "; limits lie " + v.ranges() + " from it" + v.screened() + "."
	case measures.MR:
		return "The centre is the mean moving range, the upper limit 3.267 times that."
	case measures.P, measures.U, measures.NP, measures.C:
		return "The centre is " + v.whole() + "; limits lie three sigma of a " + v.law() + " count from it."
	case measures.PPrime, measures.UPrime:
		return "The centre is " + v.whole() + "; limits lie three sigma of a " + v.law() + " count from it, multiplied by how much the points really vary (Laney)" + v.screened() + "."
	case measures.G:
		return "The centre is the median; the limits are those of a geometric number, three sigma from its mean and not below 0."
	case measures.T:
		return "Times were raised to the power of 1/3.6, charted as single values with limits " + v.ranges() + " from their mean, and turned back (Nelson 1994)" + v.screened() + "."
	case measures.XBar:
		return "The centre is " + v.wholeMean() + "; limits lie three sigma of a mean from it, by the spread within subgroups."
	case measures.S:
		return "The centre is the usual spread within subgroups; limits lie three sigma of a spread from it, not below 0."
	case measures.IPrime:
		return "The centre is the weighted mean of the baseline; limits come from moving ranges and are wider where the weight is small" + v.screened() + "."
	}
	return v.madeSpecial(middle)
}

// madeSpecial goes on with the kinds that are not Shewhart's.
func (v *view) madeSpecial(middle string) string {
	m := v.s.Method
	switch v.c.Kind {
	case measures.EWMA:
		return "A weighted mean in which the newest point has " + told(m.Lambda, "a weight of ", "a fixed weight") +
			" begins at " + middle + "; limits lie three sigma of it away."
	case measures.CUSUM:
		return "Differences from " + middle + ", in standard deviations by the moving ranges, are added up beyond an allowance of half the shift to find" +
			told(m.Shift, ", which is ", "") + told(m.HeadStart, ", beginning at ", "") + "."
	case measures.Bernoulli:
		return "Each " + v.oneCase() + " moves two sums by how much its outcome speaks for " + v.odds() + "; a sum that crosses its limit begins again at zero."
	case measures.VLAD:
		return "Expected less observed " + v.events() + " are added up; two sums weigh each " + v.oneCase() + " by its own risk for " + v.odds() +
			", and one that crosses its limit begins again at zero."
	case measures.Funnel:
		return v.madeFunnel()
	}
	return "Its lines are the plugin's own; they were not verified."
}

func (v *view) madeFunnel() string {
	m, line := v.s.Method, "what all have together"
	switch {
	case m.Given:
		line = "a value given from outside"
	case m.Ratio == "standardised":
		line = "as many as expected"
	}
	text := "The line is " + line + "; outer limits hold 99.8% of chance, inner ones 95%"
	if m.Exact {
		text += ", by exact probabilities"
	}
	if m.Additive {
		text += ", and allow for differences beyond chance (additive model, tau squared " + significant(v.c.Tau2) + ")"
	}
	return text + "."
}

// told is a setting with the words before it, or other words where it was not told.
func told(v float64, before, otherwise string) string {
	if v == 0 {
		return otherwise
	}
	return before + significant(v)
}

// significant writes a setting with as many decimals as it needs, up to six.
func significant(v float64) string {
	text := Number(v, 6)
	if strings.Contains(text, ".") {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	return text
}

func (v *view) odds() string {
	return "odds " + told(v.s.Method.OddsRatio, "multiplied or divided by ", "higher or lower than usual")
}

func (v *view) ranges() string {
	switch v.s.Method.Constant {
	case 2.66:
		return "2.66 mean moving ranges"
	case 1.128:
		return "3/1.128 mean moving ranges"
	}
	return "three sigma, by the mean moving range,"
}

func (v *view) screened() string {
	if v.s.Method.Screened {
		return ", ranges of 3.267 times their mean or more left out"
	}
	return ""
}

// whole is the centre of shares, rates and counts.
func (v *view) whole() string {
	switch {
	case v.s.Method.Given:
		return "a mean given from outside"
	case v.c.Kind == measures.C:
		return "the mean of the baseline"
	}
	return "that of the whole baseline together"
}

func (v *view) wholeMean() string {
	if v.s.Method.Given {
		return "a mean given from outside"
	}
	return "the mean of all measurements of the baseline"
}

// law names the distribution that chance follows.
func (v *view) law() string {
	switch v.c.Kind {
	case measures.P, measures.PPrime, measures.NP:
		return "binomial"
	}
	return "Poisson"
}
