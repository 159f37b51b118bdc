package words

import "github.com/signalbox-health/signalbox/measures"

// KindText explains one kind of chart: the same text on the glossary page, in
// GLOSSARY.md and wherever a reader chooses between kinds.
type KindText struct {
	Kind    measures.Kind
	Name    string // "XmR chart"
	What    string // what it shows
	When    string // when to use it
	Read    string // how to read it
	Assumes string // what has to hold for it to tell the truth
}

// Code is the id of the kind on the glossary page.
func (k KindText) Code() string { return "kind-" + k.Kind.String() }

// KindName is "XmR chart".
func KindName(k measures.Kind) string { return KindExplained(k).Name }

// KindExplained gives the text of a kind of chart. A kind that is not known has
// the text of a chart made by a plugin in its own way.
func KindExplained(k measures.Kind) KindText {
	for _, text := range kindTexts {
		if text.Kind == k {
			return text
		}
	}
	return KindExplained(measures.Custom)
}

// Kinds gives the texts of all kinds of chart, the commonest first.
func Kinds() []KindText { return append([]KindText(nil), kindTexts...) }

var kindTexts = []KindText{
	{measures.Run, "Run chart",
		"Points in order of time around their median: half of them lie above it, half below.",
		"With few points, from about ten, for any kind of figure, and when nothing is known about how it varies.",
		"Look for long stretches on one side of the median and for a line that crosses it seldom. No single point is special on it.",
		"Points do not depend on each other. It asks nothing of their shape, and is slow to show one odd point."},
	{measures.XmR, "XmR chart",
		"Single values around their mean, with limits from how much each differs from the one before.",
		"For most things that are measured once in each period, shares and rates of large numbers among them. When in doubt, this one.",
		"Between the limits lies what chance gives. A point outside, a run, a trend or points near a limit say that something changed.",
		"Points do not depend on each other, and vary about as much at the end of the baseline as at its beginning."},
	{measures.MR, "Moving range chart",
		"How much each value differs from the one before: the part of an XmR chart that its limits are made from.",
		"Beside an XmR chart, to see whether the limits rest on one or two jumps.",
		"A range above the upper limit is a jump that chance does not give. Low ranges mean steadiness.",
		"As the XmR chart. Neighbouring ranges share a value, so a run of them means nothing."},
	{measures.P, "p chart",
		"Shares of a whole, such as patients seen in time out of all, with limits as wide as the number counted allows.",
		"For yes or no in each case, with different numbers of cases from period to period, up to a few hundred each.",
		"Limits are wider where fewer were counted. A point is held against the limits of its own period.",
		"Every case has the same chance as every other. With thousands of cases it hardly ever does: then p′ or XmR."},
	{measures.PPrime, "p′ chart",
		"A p chart whose limits are widened, or narrowed, by how much the shares really vary: Laney's prime.",
		"For shares of large numbers, where a p chart calls nearly every point special.",
		"As a p chart. Its limits still follow the numbers counted.",
		"Besides counting chance, the share itself drifts a little from period to period, as much at the end as at the beginning."},
	{measures.U, "u chart",
		"Events for each unit of exposure, such as falls per 1,000 bed days, with limits as wide as the exposure allows.",
		"For events that may happen more than once to one person or on one day, with different exposure from period to period.",
		"Limits are wider where there was less exposure. A point is held against the limits of its own period.",
		"Events happen one by one and do not bring each other about. An outbreak breaks that."},
	{measures.UPrime, "u′ chart",
		"A u chart whose limits are widened, or narrowed, by how much the rates really vary: Laney's prime.",
		"For rates over a large exposure, where a u chart calls nearly every point special.",
		"As a u chart.",
		"Besides counting chance, the rate itself drifts a little from period to period, as much at the end as at the beginning."},
	{measures.C, "c chart",
		"Counts of events in periods of about equal exposure.",
		"For counts when nothing better than the same ward and the same length of time says how many there could have been.",
		"A count outside the limits, or a run on one side, says that something changed.",
		"Exposure is the same in all periods, and events do not bring each other about."},
	{measures.NP, "np chart",
		"How many cases out of a known number had something, as counts and not as a share.",
		"For yes or no in each case where people think in numbers of patients; best with about equal numbers in each period.",
		"Centre and limits follow the number of cases in each period.",
		"Every case has the same chance as every other."},
	{measures.G, "g chart",
		"How many cases went well between one rare event and the next.",
		"For events so rare that most periods have none, when cases between them can be counted.",
		"High is long between events. A point above the upper limit is an unusually long stretch; a run above the median says that events became rarer. One event soon after another is rarely unusual.",
		"Every case has the same small chance of the event. The line is the median, the limits come from the mean."},
	{measures.T, "t chart",
		"How much time passed between one rare event and the next.",
		"For events so rare that most periods have none, when only their dates are known.",
		"High is long between events. As a g chart, with time in place of cases.",
		"The chance of the event is about the same on every day. Two events at the same moment cannot be drawn: use a g chart."},
	{measures.XBar, "x-bar chart",
		"The mean of a small group of measurements in each period.",
		"For measured values, such as minutes, when several are taken in each period.",
		"Limits are narrower where more were measured. Read the s chart beside it first: limits of means make sense only if the spread is stable.",
		"Measurements within a period differ by the same chance as those in every other."},
	{measures.S, "s chart",
		"The spread (standard deviation) of a small group of measurements in each period.",
		"Beside an x-bar chart.",
		"A point above its upper limit is a period that was unusually uneven.",
		"Measurements within a period are spread about evenly around their mean, without a long tail."},
	{measures.IPrime, "I′ chart",
		"Single values with limits that follow how much each rests on, its weight.",
		"For shares, rates and means of very different size from period to period, where an XmR chart would treat a small month as a large one.",
		"As an XmR chart, with limits that are wider where the weight is small.",
		"Chance shrinks with the square root of the weight."},
	{measures.EWMA, "EWMA chart",
		"A mean that weighs the newest points most and forgets older ones little by little.",
		"To find small lasting changes sooner than an XmR chart does.",
		"Look at the smooth line and its limits, not at the points: where the line leaves the limits, the level has moved.",
		"Points do not depend on each other. It says little about one odd point."},
	{measures.CUSUM, "CUSUM chart",
		"How far the points have drifted from their mean, added up: one sum for higher, one for lower.",
		"To find small lasting changes soon, and to see about when they began.",
		"A sum that crosses its decision limit says that the level has moved; the change began about where the sum last left zero.",
		"The mean and the spread to compare with are known or come from a stable baseline."},
	{measures.Bernoulli, "Bernoulli CUSUM chart",
		"One step for each case, up or down by how much its outcome speaks for changed odds.",
		"For yes or no in each case when nobody should wait for the end of a month.",
		"Above the decision limit the outcome has become more frequent, below the lower one less. After that the sum begins again at zero.",
		"Cases are alike, or near enough: use a VLAD chart where their risks differ."},
	{measures.VLAD, "VLAD chart",
		"Expected less observed events, added up case by case: the variable life-adjusted display.",
		"For outcomes of operations whose risk differs from patient to patient and is known for each.",
		"The line rises where there were fewer events than expected and falls where there were more. It wanders by chance; only its cumulative sums, beside it, say when that is more than chance.",
		"The risk of each case is right, on the whole: a poor risk model looks like good or bad care."},
	{measures.Funnel, "Funnel plot",
		"Groups, such as trusts, side by side: what each had against how much it counted, with limits that narrow as numbers grow.",
		"To compare groups at one time without a league table.",
		"Inside the outer limits lies what chance explains, together with the usual differences between groups where they are allowed for. A point outside asks for a look: at the data first, then at who was counted, then at care.",
		"Groups are alike but for their size, or differ in the way that is allowed for. With fewer than ten groups that allowance is unreliable."},
	{measures.Custom, "Other chart",
		"Points with lines that a plugin made in its own way.",
		"When the plugin's author says so.",
		"As its author says. Signalbox cannot verify its lines and says so.",
		"What its author states."},
}
