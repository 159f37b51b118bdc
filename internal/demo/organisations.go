package demo

import "github.com/signalbox-health/signalbox/measures"

// board is an integrated care board.
type board struct {
	code         measures.ODSCode
	name, region string
	predecessors string
	merged       string
}

var boards = []board{
	{code: "ZZQNW", name: Label + "North Wexbourne ICB", region: "Demonstration North"},
	{code: "ZZQMV", name: Label + "Millbeck Vale ICB", region: "Demonstration North"},
	{code: "ZZQSC", name: Label + "Saltwick Coast ICB", region: "Demonstration South", predecessors: "ZZQSA;ZZQSB", merged: "2025-04-01"},
}

func boardOf(code measures.ODSCode) board {
	for _, b := range boards {
		if b.code == code {
			return b
		}
	}
	return board{}
}

// merger is the month in which ZZD took over ZZM.
var merger = measures.DateOf(2024, 10, 1)

// trust is an invented trust and the story its figures tell. Shares are between
// 0 and 1; attendances are a month, by type 1 to 3.
type trust struct {
	code   measures.ODSCode
	name   string
	before string // its name before the merger, if another
	icb    measures.ODSCode
	closed measures.Date // the first month it no longer existed

	attendances [3]plan
	within4h    [3]plan // share of each type that is seen within 4 hours
	wobble      float64 // standard deviation of the share of type 1
	gapFrom     measures.Date
	gapTo       measures.Date // the last month without a 4-hour result
	over12h     plan          // waits for a bed over 12 hours, a month
	exact       bool          // the last month is exactly on the 78% target

	cancer   plan // people treated a month
	within62 plan
	waiting  plan // people on the list for planned care
	within18 plan
	over52   plan // a share of the list
	tests    plan // people waiting for a test
	over6w   plan
}

// trusts are the cast. Each shows one thing above all.
var trusts = []trust{
	{ // A real improvement: only one type of department, so no mix can feign it.
		code: "ZZA", name: "Larkfield Hospitals Trust", icb: "ZZQNW",
		attendances: [3]plan{level(9400)}, within4h: [3]plan{ramp(0.61, 2025, 6, 3, 0.745)}, wobble: 0.014,
		over12h: ramp(520, 2025, 6, 4, 190),
		cancer:  level(165), within62: level(0.66), waiting: level(41000), within18: level(0.60), over52: level(0.021),
		tests: level(7200), over6w: ramp(0.26, 2025, 7, 4, 0.12),
	},
	{ // A concern that nobody has spoken about yet.
		code: "ZZB", name: "Harrowmere University Hospitals Trust", icb: "ZZQNW",
		attendances: [3]plan{level(11800), nil, level(3100)}, within4h: [3]plan{step(0.66, 2025, 10, 0.56), nil, level(0.965)}, wobble: 0.013,
		over12h: step(310, 2025, 10, 820),
		cancer:  level(210), within62: step(0.71, 2025, 11, 0.58), waiting: level(64000), within18: ramp(0.55, 2025, 6, 5, 0.64), over52: ramp(0.034, 2025, 6, 5, 0.012),
		tests: level(9800), over6w: level(0.21),
	},
	{ // Hit and miss: only common cause, and the target runs through it.
		code: "ZZC", name: "Saltwick Bay Hospitals Trust", icb: "ZZQSC",
		attendances: [3]plan{level(6100), nil, level(2900)}, within4h: [3]plan{level(0.685), nil, level(0.97)}, wobble: 0.022,
		over12h: level(95),
		cancer:  level(92), within62: level(0.845), waiting: level(24000), within18: level(0.63), over52: level(0.015),
		tests: level(4300), over6w: level(0.15),
	},
	{ // A merger: from October 2024 twice as large, and another hospital.
		code: "ZZD", name: "Thornley and Penwick Hospitals Trust", before: "Thornley Hospitals Trust", icb: "ZZQMV",
		attendances: [3]plan{step(5900, 2024, 10, 10900), nil, level(1800)}, within4h: [3]plan{step(0.71, 2024, 10, 0.60), nil, level(0.96)}, wobble: 0.013,
		over12h: step(120, 2024, 10, 330),
		cancer:  step(80, 2024, 10, 150), within62: step(0.74, 2024, 10, 0.67), waiting: step(22000, 2024, 10, 43000), within18: level(0.59), over52: level(0.02),
		tests: step(3900, 2024, 10, 7400), over6w: level(0.19),
	},
	{ // The trust that was taken over; its series stops.
		code: "ZZM", name: "Penwick General Hospital Trust", icb: "ZZQMV", closed: merger,
		attendances: [3]plan{level(5000)}, within4h: [3]plan{level(0.47)}, wobble: 0.015,
		over12h: level(210),
		cancer:  level(70), within62: level(0.59), waiting: level(21000), within18: level(0.58), over52: level(0.02),
		tests: level(3500), over6w: level(0.20),
	},
	{ // A gap: seven months in which nobody measured the four hours.
		code: "ZZE", name: "Ashcombe Vale Hospitals Trust", icb: "ZZQSC",
		attendances: [3]plan{level(7300), level(600), level(2000)}, within4h: [3]plan{level(0.63), level(0.98), level(0.97)}, wobble: 0.014,
		gapFrom: measures.DateOf(2024, 1, 1), gapTo: measures.DateOf(2024, 7, 1),
		over12h: level(260),
		cancer:  level(110), within62: level(0.69), waiting: level(30000), within18: level(0.61), over52: level(0.018),
		tests: level(5200), over6w: level(0.17),
	},
	{ // Denominators so large that a p chart would call every month special.
		code: "ZZF", name: "Wexbourne City Hospitals Trust", icb: "ZZQNW",
		attendances: [3]plan{level(31000), level(2400), level(14500)}, within4h: [3]plan{level(0.57), level(0.93), level(0.94)}, wobble: 0.021,
		over12h: level(1450),
		cancer:  level(420), within62: level(0.62), waiting: level(158000), within18: level(0.57), over52: level(0.025),
		tests: level(24500), over6w: level(0.23),
	},
	{ // A mix effect: a treatment centre opens, the whole looks better, type 1 is as it was.
		code: "ZZG", name: "Millbeck Valley Hospitals Trust", icb: "ZZQMV",
		attendances: [3]plan{level(8200), nil, ramp(2600, 2025, 6, 3, 8400)}, within4h: [3]plan{level(0.58), nil, level(0.972)}, wobble: 0.013,
		over12h: level(340),
		cancer:  level(130), within62: level(0.64), waiting: level(36000), within18: level(0.58), over52: level(0.022),
		tests: level(6100), over6w: level(0.22),
	},
	{ // Small numbers: an island with one small department.
		code: "ZZH", name: "Corrie Island Hospital Trust", icb: "ZZQSC",
		attendances: [3]plan{level(118)}, within4h: [3]plan{level(0.84)}, wobble: 0.02,
		over12h: level(1.2),
		cancer:  level(5), within62: level(0.75), waiting: level(640), within18: level(0.70), over52: level(0.006),
		tests: level(160), over6w: level(0.06),
	},
	{ // Steady, and never near the target.
		code: "ZZI", name: "Stonebridge Fen Hospitals Trust", icb: "ZZQMV",
		attendances: [3]plan{level(8800), nil, level(1700)}, within4h: [3]plan{level(0.56), nil, level(0.95)}, wobble: 0.014,
		over12h: level(610),
		cancer:  level(140), within62: level(0.57), waiting: level(45000), within18: level(0.52), over52: level(0.041),
		tests: level(7900), over6w: level(0.31),
	},
	{ // Treatment centres only: steady, always above the target, no cancer or planned care.
		code: "ZZJ", name: "Oakhaven Community Services Trust", icb: "ZZQSC",
		attendances: [3]plan{nil, nil, level(9100)}, within4h: [3]plan{nil, nil, level(0.975)},
		over12h: level(0),
	},
	{ // A real gain hidden by mix: type 1 better, its treatment centre handed over.
		code: "ZZK", name: "Drumlow Moor Hospitals Trust", icb: "ZZQMV",
		attendances: [3]plan{level(7000), nil, ramp(5700, 2025, 6, 3, 1750)}, within4h: [3]plan{ramp(0.58, 2025, 6, 3, 0.702), nil, level(0.97)}, wobble: 0.012,
		over12h: ramp(300, 2025, 6, 4, 160),
		cancer:  level(115), within62: level(0.65), waiting: level(33000), within18: level(0.60), over52: level(0.019),
		tests: level(5600), over6w: level(0.18),
	},
	{ // The last month is exactly on the target, by common cause alone.
		code: "ZZL", name: "Fairmead and Rowan Hospitals Trust", icb: "ZZQNW",
		attendances: [3]plan{level(7700)}, within4h: [3]plan{level(0.772)}, wobble: 0.014, exact: true,
		over12h: level(70),
		cancer:  level(105), within62: level(0.72), waiting: level(27000), within18: level(0.65), over52: level(0.011),
		tests: level(4700), over6w: level(0.14),
	},
}

// nameIn is the trust's name in a month.
func (t *trust) nameIn(month measures.Date) string {
	if t.before != "" && month < merger {
		return Label + t.before
	}
	return Label + t.name
}

func (t *trust) open(month measures.Date) bool { return t.closed == 0 || month < t.closed }

func (t *trust) measured(month measures.Date) bool { return month < t.gapFrom || month > t.gapTo }

// regions have no published list of their own; boards and trusts name them.
var regions = []struct {
	code measures.ODSCode
	name string
}{{"ZZRNO", "Demonstration North"}, {"ZZRSO", "Demonstration South"}}

func regionFile() []byte {
	t := newTable("region_code", "region_name")
	for _, r := range regions {
		t.row(string(r.code), r.name)
	}
	return t.bytes()
}

// boardFile has the columns of the list of integrated care boards.
func boardFile() []byte {
	t := newTable("ods_code", "name", "region", "predecessor_codes", "merger_date")
	for _, b := range boards {
		t.row(string(b.code), b.name, b.region, b.predecessors, b.merged)
	}
	return t.bytes()
}

// trustFile has the columns of the list of current trusts.
func trustFile() []byte {
	t := newTable("ods_code", "name", "trust_type", "region", "ics_short", "icb_code", "icb_name", "predecessor_codes", "merger_date", "has_ae_series")
	for _, o := range trusts {
		if o.closed != 0 {
			continue // known from its figures and its succession, as closed trusts are
		}
		icb, predecessors, merged := boardOf(o.icb), "", ""
		if o.before != "" {
			predecessors, merged = "ZZM", merger.String()
		}
		kind := "Acute and Acute & Community Trusts"
		if len(o.attendances[0]) == 0 {
			kind = "Community Trusts"
		}
		t.row(string(o.code), o.nameIn(lastMonth), kind, icb.region, "", string(icb.code), icb.name, predecessors, merged, "y")
	}
	return t.bytes()
}

func successionFile() []byte {
	t := newTable("predecessor_code", "successor_code", "effective_from", "last_period_in_ae_data", "basis", "note")
	t.row("ZZM", "ZZD", merger.String(), merger.AddMonths(-1).String(), "demonstration", "invented")
	for _, closed := range []string{"ZZQSA", "ZZQSB"} {
		t.row(closed, "ZZQSC", "2025-04-01", "", "demonstration", "invented")
	}
	return t.bytes()
}

// eventFile has the columns of the chart notes.
func eventFile() []byte {
	t := newTable("org_code", "start", "end", "kind", "text", "basis")
	event := func(code, start, end, kind, text string) { t.row(code, start, end, kind, Label+text, "demonstration") }
	event("ZZA", "2025-07-01", "", "intervention", "streaming nurse at the front door, seven days a week")
	event("ZZA", "2025-08-01", "", "intervention", "test slots on Saturdays")
	event("ZZD", merger.String(), "", "rebase", "merger: took over Penwick General Hospital Trust (ZZM)")
	event("ZZE", "2024-01-01", "2024-07-31", "not_measured", "new patient record: attendances published, 4-hour results not")
	event("ZZG", "2025-07-01", "", "intervention", "urgent treatment centre opened on the hospital site")
	event("ZZK", "2025-07-01", "", "intervention", "rapid assessment in the emergency department; treatment centre handed to another provider")
	return t.bytes()
}
