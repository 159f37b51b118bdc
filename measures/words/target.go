package words

import "github.com/signalbox-health/signalbox/measures"

// targetSentence says where the target lies against the limits.
func (v *view) targetSentence() string {
	if v.c.Assurance == measures.AssuranceEmpty {
		return ""
	}
	return v.targetWords("the " + Target(v.c.Target, v.s.Unit) + " target")
}

func (v *view) targetBrief() string {
	if v.c.Assurance == measures.AssuranceEmpty {
		return ""
	}
	return v.targetWords("the target")
}

func (v *view) targetWords(target string) string {
	special := v.c.Causes[v.last] != measures.Common
	if v.c.Assurance == measures.HitOrMiss {
		switch {
		case !special:
			return "Some " + v.noun(2) + " will meet " + target + ", some will not."
		case v.brief:
			return ""
		}
		return capital(target) + " lies within the limits."
	}
	lies := " lies below "
	if v.c.Target > v.c.Upper[v.c.Len()-1] {
		lies = " lies above "
	}
	if v.against() > 0 && v.shifted() {
		if v.brief {
			return "New limits are due."
		}
		return capital(target) + lies + "these limits; they are the old ones: new limits are due."
	}
	if v.c.Causes[v.last] == measures.Improvement && v.c.Assurance == measures.Fail {
		lies = " still" + lies
	}
	switch {
	case v.brief:
		return capital(target) + lies + "its limits."
	case v.c.Assurance == measures.Fail:
		return capital(target) + lies + "the limits: without a change it will not be met."
	}
	return capital(target) + lies + "the limits: without a change it will be met."
}
