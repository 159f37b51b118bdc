package words

// terms are the words of the field, in the order of the alphabet.
var terms = []Entry{
	{Code: "term-assurance", Word: "Assurance", Text: "Where the target lies against the limits: whether the process, as it is, will meet it always, never, or by chance."},
	{Code: "term-autocorrelation", Word: "Autocorrelation", Text: "Neighbouring points resemble each other, as waiting lists do. Limits are then too narrow and runs mean less than they seem to."},
	{Code: "term-baseline", Word: "Baseline", Text: "The points that make the centre and the limits. Those after it are held against lines that they did not move."},
	{Code: "term-case-mix", Word: "Case mix", Text: "Who is counted: ages, tests, departments. When it changes, the figure can change though nobody fares differently."},
	{Code: "term-centre", Word: "Centre line", Text: "The mean of the baseline, or its median on a run chart and a g chart."},
	{Code: "term-common-cause", Word: "Common cause", Text: "Movement by chance: the sum of many small things that are always there. It asks for no explanation of single points; to change it, change the process."},
	{Code: "term-decision-limit", Word: "Decision limit", Text: "How far small differences in one direction may add up, on charts of sums, before they are more than chance."},
	{Code: "term-direction", Word: "Direction", Text: "The way a measure is wanted to go: up, down, or neither."},
	{Code: "term-excluded", Word: "Excluded", Text: "Measured and drawn, but left out of the limits, of runs and of trends, for a reason that is written down."},
	{Code: "term-funnel", Word: "Funnel", Text: "Limits that narrow as numbers grow, since chance moves small groups further than large ones."},
	{Code: "term-mean-moving-range", Word: "Mean moving range", Text: "The mean of the differences between each point and the one before. The limits of an XmR chart lie 2.66 of them from its mean."},
	{Code: "term-median", Word: "Median", Text: "The value in the middle: as many points lie above it as below."},
	{Code: "term-mix", Word: "Mix effect", Text: "The part of a change that comes of who was counted; the rest happened within the parts. The two add up exactly."},
	{Code: "term-moving-range", Word: "Moving range", Text: "The difference between a point and the one before, without its sign."},
	{Code: "term-not-measured", Word: "Not measured", Text: "Nobody measured it. It is drawn as a gap and never taken for zero."},
	{Code: "term-over-dispersion", Word: "Over-dispersion", Text: "More spread than counting chance gives, usual where thousands are counted. Limits that ignore it call nearly everything special."},
	{Code: "term-phase", Word: "Phase", Text: "A stretch that shares one set of lines. A new one takes a reason and a name."},
	{Code: "term-prime", Word: "Prime (Laney)", Text: "Limits of a p or u chart multiplied by how much its points really vary, after D. B. Laney (2002): p′ and u′."},
	{Code: "term-limits", Word: "Process limits", Text: "Where chance alone keeps nearly all points, about three sigma either side of the centre. They say what the process does, not what is wanted of it."},
	{Code: "term-provisional", Word: "Provisional", Text: "Measured, and may still be revised."},
	{Code: "term-rebase", Word: "Rebase", Text: "To begin a new phase with lines of its own. Signalbox proposes it; people decide. Limits are never redrawn by themselves."},
	{Code: "term-screening", Word: "Screening", Text: "To leave the largest moving ranges out when limits are made, once: those of 3.267 times their mean or more."},
	{Code: "term-sigma", Word: "Sigma", Text: "The step by which limits are measured, made from neighbouring points or from the number counted, not from the spread of all points together."},
	{Code: "term-signal", Word: "Signal", Text: "A rule that found its pattern at a point. All are kept, also where only one is shown."},
	{Code: "term-special-cause", Word: "Special cause", Text: "Change beyond chance: something is different. The chart says when, and never why."},
	{Code: "term-stratum", Word: "Stratum", Text: "A part of the whole that is looked at by itself, such as one test or one age group."},
	{Code: "term-suppressed", Word: "Suppressed", Text: "Measured, and hidden because the number is so small that somebody could be recognised."},
	{Code: "term-target", Word: "Target", Text: "A value that somebody wants reached. It moves no limit: whether the process can reach it is what assurance says."},
	{Code: "term-tau", Word: "Tau squared", Text: "How far groups differ beyond chance, as a variance: what the limits of a funnel allow for where over-dispersion is taken into account."},
	{Code: "term-trajectory", Word: "Trajectory", Text: "Targets that change from date to date on the way to the last one. The latest that has begun is the one that counts."},
	{Code: "term-variation", Word: "Variation", Text: "What the latest point says: improvement, concern, chance, or a change that is neither good nor bad."},
	{Code: "term-weight", Word: "Weight", Text: "How much a point rests on, such as the number of patients behind a mean."},
}

// icons are what the two icons beside a chart can show.
var icons = []Entry{
	{Code: "icon-improvement", Word: "Improvement", Text: "The latest point is beyond chance, in the direction wanted: H where it is high, L where it is low."},
	{Code: "icon-concern", Word: "Concern", Text: "The latest point is beyond chance, against the direction wanted."},
	{Code: "icon-changed", Word: "Changed", Text: "The latest point is beyond chance, and no direction is wanted: neither good nor bad."},
	{Code: "icon-common-cause", Word: "Common cause icon", Text: "The latest point is within what chance alone gives. That is good news: nothing is asked of it."},
	{Code: "icon-none", Word: "No icon yet", Text: "Too few points to tell. Nothing is said rather than guessed."},
	{Code: "icon-pass", Word: "Target within reach", Text: "Every value that chance gives meets the target."},
	{Code: "icon-fail", Word: "Target out of reach", Text: "No value that chance gives meets the target: only a change of the process will."},
	{Code: "icon-hit-or-miss", Word: "Hit or miss", Text: "The target lies between the limits: chance decides whether it is met."},
}
