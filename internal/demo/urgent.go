package demo

import "github.com/signalbox-health/signalbox/measures"

// department is one trust's urgent care in one month. Arrays go by type 1 to 3.
type department struct {
	month       measures.Date
	attendances [3]int
	over4h      [3]int
	measured    bool // whether over4h is known
	admitted1   int
	admitted    int
	other       int
	bed4h       int
	bed12h      int
}

func sum(counts [3]int) int { return counts[0] + counts[1] + counts[2] }

// departments makes a trust's urgent care, month by month. Two files are drawn
// from it, so they agree.
func departments(seed uint64, t *trust) []department {
	var (
		busy    = noiseFor(seed, t.code, "attendances")
		quick   = noiseFor(seed, t.code, "within 4 hours")
		centre  = noiseFor(seed, t.code, "treatment centre")
		beds    = noiseFor(seed, t.code, "beds")
		twelve  = noiseFor(seed, t.code, "12 hours")
		records []department
	)
	for _, month := range monthsFrom(firstMonth) {
		if !t.open(month) {
			break
		}
		d := department{month: month, measured: t.measured(month)}
		crowd := season(month) + busy.next(0.02)
		share := quick.next(t.wobble)
		quiet := centre.next(0.004)
		for i, size := range t.attendances {
			n := round(size.at(month) * crowd)
			if t.exact && month == lastMonth {
				n = n / 50 * 50 // so that 22% of it is a whole number
			}
			within := t.within4h[i].at(month)
			if i == 0 {
				within += share
			} else {
				within += quiet
			}
			d.attendances[i] = n
			d.over4h[i] = max(0, round(float64(n)*(1-min(within, 1))))
			if t.exact && month == lastMonth {
				d.over4h[i] = n * 22 / 100
			}
		}
		d.admitted1 = round(float64(d.attendances[0]) * (0.28 + beds.next(0.006)))
		d.admitted = d.admitted1 + round(float64(d.attendances[1]+d.attendances[2])*0.01)
		d.other = round(float64(d.attendances[0]) * 0.08)
		d.bed12h = min(twelve.wait(t.over12h.at(month)), d.admitted1)
		d.bed4h = min(d.bed12h+round(float64(d.over4h[0])*0.3), d.admitted1)
		records = append(records, d)
	}
	return records
}

// wait gives a count of long waits. They come in clusters, so they vary more
// than independent people would.
func (n *noise) wait(expected float64) int {
	return max(0, round(expected+n.next(0.5+float64(0.13*expected))))
}

// providerFile has the columns of the monthly provider workbooks. An empty cell
// is not measured.
func providerFile(seed uint64) []byte {
	f := newTable("period", "org_code", "org_name", "region",
		"attendances_type1", "attendances_type2", "attendances_type3", "attendances_total",
		"over4h_type1", "over4h_type2", "over4h_type3", "over4h_total",
		"admissions_via_type1", "admissions_via_ae", "other_emergency_admissions", "dta_waits_over4h", "dta_waits_over12h")
	for i := range trusts {
		t := &trusts[i]
		for _, d := range departments(seed, t) {
			over := [4]string{}
			if d.measured {
				over = [4]string{whole(d.over4h[0]), whole(d.over4h[1]), whole(d.over4h[2]), whole(sum(d.over4h))}
			}
			f.row(d.month.String(), string(t.code), t.nameIn(d.month), boardOf(t.icb).region,
				whole(d.attendances[0]), whole(d.attendances[1]), whole(d.attendances[2]), whole(sum(d.attendances)),
				over[0], over[1], over[2], over[3],
				whole(d.admitted1), whole(d.admitted), whole(d.other), whole(d.bed4h), whole(d.bed12h))
		}
	}
	return f.bytes()
}

// tidyHeader is the contract for figures of any dataset.
var tidyHeader = []string{"measure", "org_code", "period", "numerator", "denominator", "value", "stratifier", "stratum", "status", "note"}

// fourHourFile is tidy. Its last month is provisional, as each month is when it
// is first published.
func fourHourFile(seed uint64) []byte {
	f := newTable(tidyHeader...)
	for i := range trusts {
		t := &trusts[i]
		for _, d := range departments(seed, t) {
			numerator, status := whole(sum(d.attendances)-sum(d.over4h)), "final"
			switch {
			case !d.measured:
				numerator, status = "", "not_measured"
			case d.month == lastMonth:
				status = "provisional"
			}
			f.row("ae-4h", string(t.code), d.month.String(), numerator, whole(sum(d.attendances)), "", "", "", status, "")
		}
	}
	return f.bytes()
}
