package charts

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/signalbox-health/signalbox/internal/analysis"
	"github.com/signalbox-health/signalbox/internal/demo"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/measures/mix"
	"github.com/signalbox-health/signalbox/measures/words"
	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/web/layout"
	"github.com/signalbox-health/signalbox/web/plot"
)

// mixView is the change of one measure, split by its strata.
type mixView struct {
	page         layout.Page
	organisation measures.Organisation
	measure      *measures.Measure
	receipt      analysis.Receipt // of the chart
	split        *analysis.Mix
	reading      words.Reading
	picture      plot.MixPicture
	rows         []mixRow // the strata, and the whole as the last
	asked        string   // of the address
}

// mixRow is a stratum in the table, as written.
type mixRow struct{ name, before, after, shareBefore, shareAfter, within, mix string }

// Mix shows what of a measure's change lies within its strata: as a page, or as
// .csv or .json. A file leaves the building, so it is asked for as an export.
func (p *Pages) Mix(w http.ResponseWriter, r *http.Request) error {
	_, format := splitFormat(path.Base(r.URL.Path))
	subject, err := p.subject(r, "who was counted, and how they fared", format)
	if err != nil {
		return err
	}
	q := subject.question
	q.Split = true
	answers, err := p.Analysis.Ask(r.Context(), q)
	if err != nil {
		return err
	}
	if answers[0].Err != nil {
		return answers[0].Err
	}
	credit(&subject.page, answers, subject.organisation.ODS)
	v := newMixView(&answers[0], subject.page, subject.organisation)
	v.asked = r.URL.RawQuery
	err = answers[0].SplitErr
	if errors.Is(err, analysis.ErrNoMix) && format == "" {
		return noMixPage(v, PlainReason(err, analysis.ErrNoMix)).Render(r.Context(), w)
	}
	if err != nil {
		return err
	}
	if text := v.split.Dataset.Attribution; text != "" && !demo.Fictional(v.organisation.ODS) && !slices.Contains(v.page.Attribution, text) {
		v.page.Attribution = append(v.page.Attribution, text)
	}
	if format == "" {
		return mixPage(v).Render(r.Context(), w)
	}
	w.Header().Set("Content-Disposition", `attachment; filename="`+string(q.Organisation)+"-"+string(q.Measure)+"-mix."+format+`"`)
	if format == "csv" {
		w.Header().Set("Content-Type", "text/csv; charset=utf-8")
		return v.csv(w)
	}
	w.Header().Set("Content-Type", "application/json")
	return v.json(w)
}

// PlainReason is an error for a reader, without the words of the error it wraps.
func PlainReason(err, wrapped error) string {
	return capital(strings.TrimPrefix(err.Error(), wrapped.Error()+": ")) + "."
}

// newMixView puts the split of an answer into words and numbers, where it has one.
func newMixView(answer *analysis.Answer, page layout.Page, organisation measures.Organisation) mixView {
	v := mixView{page: page, organisation: organisation, measure: answer.Measure, receipt: answer.Receipt, split: answer.Split}
	if v.split != nil {
		v.fill()
	}
	return v
}

// fill writes numbers so that they add up as they are written.
func (v *mixView) fill() {
	a := v.split
	s, unit := &a.Split, v.measure.Unit
	change := words.Change{Unit: unit, Of: a.Division.Of, Before: v.stretchWords(a.Before), After: v.stretchWords(a.After),
		Total: s.Change * unit.Multiply, Within: s.Within * unit.Multiply, Mix: s.Mix * unit.Multiply, HalfWithin: s.HalfWithin(), Chance: a.Chance * unit.Multiply}
	if moved := mostMoved(s.Parts); moved != nil {
		change.Moved, change.ShareBefore, change.ShareThen = stratumName(moved.Name), moved.ShareBefore, moved.ShareAfter
	}
	v.reading = words.Mixed(change)
	decimals := max(1, unit.Decimals)
	total, insides, shares := change.Rounded()
	column := func(value func(mix.Part) float64) []float64 {
		list := make([]float64, len(s.Parts))
		for i, part := range s.Parts {
			list[i] = value(part)
		}
		return list
	}
	within := words.AddUp(column(func(p mix.Part) float64 { return p.Within * unit.Multiply }), insides, decimals)
	mixed := words.AddUp(column(func(p mix.Part) float64 { return p.Mix * unit.Multiply }), shares, decimals)
	before := words.AddUp(column(func(p mix.Part) float64 { return 100 * p.ShareBefore }), 100, 1)
	after := words.AddUp(column(func(p mix.Part) float64 { return 100 * p.ShareAfter }), 100, 1)
	v.picture = plot.MixPicture{Title: v.measure.Title + ", " + v.organisation.Name, Description: v.reading.String(), Before: v.stretch(a.Before), After: v.stretch(a.After), Unit: unit, ID: "mix"}
	for i, part := range s.Parts {
		v.picture.Parts = append(v.picture.Parts, plot.MixPart{Name: stratumName(part.Name), Within: within[i], Mix: mixed[i]})
		v.rows = append(v.rows, mixRow{stratumName(part.Name), words.Value(part.Before*unit.Multiply, unit), words.Value(part.After*unit.Multiply, unit),
			words.Number(before[i], 1) + "%", words.Number(after[i], 1) + "%", signed(within[i], decimals), signed(mixed[i], decimals)})
	}
	v.rows = append(v.rows, mixRow{"The whole: " + signed(total, decimals), words.Value(s.Before*unit.Multiply, unit), words.Value(s.After*unit.Multiply, unit),
		"100.0%", "100.0%", signed(insides, decimals), signed(shares, decimals)})
}

// mostMoved is the stratum whose share changed most; of two that changed alike,
// the one that grew. It is nil where no share changed by a tenth of a point.
func mostMoved(parts []mix.Part) *mix.Part {
	var most *mix.Part
	for i := range parts {
		moved := parts[i].ShareAfter - parts[i].ShareBefore
		if math.Abs(moved) < 0.001 {
			continue
		}
		if most == nil || math.Abs(moved) > math.Abs(most.ShareAfter-most.ShareBefore)+1e-9 || moved > 0 && math.Abs(moved) > math.Abs(most.ShareAfter-most.ShareBefore)-1e-9 {
			most = &parts[i]
		}
	}
	return most
}

// signed writes a difference with its sign, also where it is a gain.
func signed(v float64, decimals int) string {
	text := words.Number(v, decimals)
	if v > 0 && strings.Trim(text, "0.") != "" {
		return "+" + text
	}
	return text
}

// stretch names some periods: "June 2023 to May 2025".
func (v *mixView) stretch(s analysis.Stretch) string {
	grain := v.measure.Grain
	return words.Period(int32(s.First), grain) + " to " + words.Period(int32(s.Last), grain)
}

// stretchWords names them in a sentence: "the 24 months to May 2025".
func (v *mixView) stretchWords(s analysis.Stretch) string {
	grain := v.measure.Grain
	return "the " + countText(s.Periods, periodNoun(grain, 1), periodNoun(grain, 2)) + " to " + words.Period(int32(s.Last), grain)
}

// where is the line below the title.
func (v *mixView) where() string {
	a := v.split
	n := func(s analysis.Stretch) string {
		return countText(s.Periods, periodNoun(v.measure.Grain, 1), periodNoun(v.measure.Grain, 2))
	}
	return v.organisation.Name + " (" + string(v.organisation.ODS) + ") · by " + a.Division.Of + " · " + v.stretch(a.Before) + " (" + n(a.Before) + ") against " + v.stretch(a.After) + " (" + n(a.After) + ")"
}

// notes are what to know before the split is quoted.
func (v *mixView) notes() []string {
	a, unit := v.split, v.measure.Unit
	var list []string
	if v.measure.Grain == measures.Month && (a.Before.Periods%12 != 0 || a.After.Periods%12 != 0) {
		list = append(list, "The two stretches are not whole years, so a part of any difference may be the season.")
	}
	if a.After.Provisional {
		list = append(list, "The latest figures are provisional and may still change.")
	}
	if a.Dataset.Census {
		list = append(list, "These are counts of who is there at the end of each "+periodNoun(v.measure.Grain, 1)+": somebody who is there at the end of several counts in each of them.")
	}
	if a.Differs() {
		list = append(list, fmt.Sprintf("The strata come from other figures (%s) than the chart, whose own change over the same %s is %s points; theirs is %s.", a.Dataset.Title,
			periodNoun(v.measure.Grain, 2), signed(a.Own*unit.Multiply, max(1, unit.Decimals)), signed(a.Split.Change*unit.Multiply, max(1, unit.Decimals))))
	}
	if hidden := hiddenRange(a.Receipt.Disclosure); hidden != "" {
		list = append(list, "Counts are rounded before they are split.")
		if len(a.Together) > 0 {
			names := make([]string, len(a.Together))
			for i, name := range a.Together {
				names[i] = stratumName(name)
			}
			list = append(list, "Together stand "+strings.Join(names, ", ")+", because some of their counts are from "+hidden+" or would give such a count away.")
		}
	}
	return list
}

// facts are the receipt: no plugin splits, so none is named.
func (v *mixView) facts() []layout.Fact {
	r := v.split.Receipt
	return []layout.Fact{
		{Term: "Split", Value: "Kitagawa, by " + v.split.Division.Of},
		{Term: "Data", Value: v.receipt.DataVersion + " of " + string(v.measure.Dataset) + "; " + r.DataVersion + " of " + string(v.split.Dataset.ID)},
		{Term: "Policy", Value: grantText(r), Code: shortRevision(r.PolicyRevision)},
		{Term: "Records", Value: fmt.Sprintf("numbers %d and %d", v.receipt.Record, r.Record)},
	}
}

// address is that of this page in a format, with what it was asked.
func (v *mixView) address(format string) string {
	return withQuery(mixAddress(v.organisation.ODS, v.measure.ID)+format, v.asked)
}

func withQuery(address, query string) string {
	if query == "" {
		return address
	}
	return address + "?" + query
}

// mixAddress is the address of the split of a chart's change.
func mixAddress(code measures.ODSCode, measure measures.MeasureID) string {
	return chartAddress(code, measure) + "/mix"
}

// csv writes a row for each stratum, and one for the whole, in full precision.
func (v *mixView) csv(w io.Writer) error {
	a := v.split
	out := csv.NewWriter(w)
	number := func(f float64) string {
		if measures.IsMissing(f) {
			return ""
		}
		return strconv.FormatFloat(f, 'g', -1, 64)
	}
	rows := [][]string{{"stratum", "before_first", "before_last", "after_first", "after_last", "before_numerator", "before_denominator", "after_numerator", "after_denominator",
		"rate_before", "rate_after", "share_before", "share_after", "within", "mix"}}
	dates := []string{a.Before.First.String(), a.Before.Last.String(), a.After.First.String(), a.After.Last.String()}
	var whole mix.Stratum
	for i, s := range a.Strata {
		part := a.Split.Parts[i]
		rows = append(rows, slices.Concat([]string{s.Name}, dates, []string{number(s.Before.Numerator), number(s.Before.Denominator), number(s.After.Numerator), number(s.After.Denominator),
			number(part.Before), number(part.After), number(part.ShareBefore), number(part.ShareAfter), number(part.Within), number(part.Mix)}))
		whole.Before.Numerator, whole.Before.Denominator = whole.Before.Numerator+s.Before.Numerator, whole.Before.Denominator+s.Before.Denominator
		whole.After.Numerator, whole.After.Denominator = whole.After.Numerator+s.After.Numerator, whole.After.Denominator+s.After.Denominator
	}
	rows = append(rows, slices.Concat([]string{""}, dates, []string{number(whole.Before.Numerator), number(whole.Before.Denominator), number(whole.After.Numerator), number(whole.After.Denominator),
		number(a.Split.Before), number(a.Split.After), "1", "1", number(a.Split.Within), number(a.Split.Mix)}))
	if err := out.WriteAll(rows); err != nil {
		return fmt.Errorf("write the split of %s: %w", v.measure.ID, err)
	}
	return nil
}

// json writes the split as fractions of 1, in full precision.
func (v *mixView) json(w io.Writer) error {
	a := v.split
	type stretch struct {
		First   string `json:"first"`
		Last    string `json:"last"`
		Periods int    `json:"periods"`
	}
	type stratum struct {
		Name        string     `json:"name"`
		Before      [2]float64 `json:"before"` // numerator, denominator
		After       [2]float64 `json:"after"`
		ShareBefore float64    `json:"share_before"`
		ShareAfter  float64    `json:"share_after"`
		Within      float64    `json:"within"`
		Mix         float64    `json:"mix"`
	}
	document := struct {
		Measure    measures.MeasureID `json:"measure"`
		ODS        measures.ODSCode   `json:"organisation"`
		By         string             `json:"by"`
		Before     stretch            `json:"before"`
		After      stretch            `json:"after"`
		RateBefore float64            `json:"rate_before"`
		RateAfter  float64            `json:"rate_after"`
		Change     float64            `json:"change"`
		Within     float64            `json:"within"`
		Mix        float64            `json:"mix"`
		Strata     []stratum          `json:"strata"`
		Sentence   string             `json:"sentence"`
		Notes      []string           `json:"notes"`
	}{v.measure.ID, v.organisation.ODS, a.Division.By,
		stretch{a.Before.First.String(), a.Before.Last.String(), a.Before.Periods}, stretch{a.After.First.String(), a.After.Last.String(), a.After.Periods},
		a.Split.Before, a.Split.After, a.Split.Change, a.Split.Within, a.Split.Mix, []stratum{}, v.reading.String(), append([]string{}, v.notes()...)}
	for i, s := range a.Strata {
		part := a.Split.Parts[i]
		document.Strata = append(document.Strata, stratum{s.Name, [2]float64{s.Before.Numerator, s.Before.Denominator}, [2]float64{s.After.Numerator, s.After.Denominator},
			part.ShareBefore, part.ShareAfter, part.Within, part.Mix})
	}
	return json.NewEncoder(w).Encode(document)
}

// divided is what the pages about strata are asked for.
type divided struct {
	organisation measures.Organisation
	measure      *measures.Measure
	page         layout.Page
	question     analysis.Question
}

// subject reads organisation, measure and question of an address about strata.
func (p *Pages) subject(r *http.Request, title, format string) (divided, error) {
	d := divided{}
	code, id := measures.ODSCode(r.PathValue("ods")), measures.MeasureID(r.PathValue("measure"))
	defined, err := p.Analysis.Catalogue.MeasureAt(id, code)
	if err != nil {
		return d, err
	}
	d.measure = defined.Measure
	if d.organisation, err = p.Register.Organisation(r.Context(), code, p.today()); err != nil {
		return d, fmt.Errorf("strata of %s at %s: %w", id, code, err)
	}
	actor, page := p.frame(r, d.measure.Title+", "+d.organisation.Name+": "+title, layout.Crumb{Name: "What changed", URL: "/"},
		layout.Crumb{Name: d.organisation.Name + " (" + string(code) + ")", URL: trustAddress(code)}, layout.Crumb{Name: d.measure.Title, URL: chartAddress(code, id)})
	d.page = page
	d.question = analysis.Question{Actor: actor, Action: policy.ChartRead, Measure: id, Organisation: code}
	if format != "" {
		d.question.Action = policy.DataExport
	}
	form := r.URL.Query()
	d.question.Everything = form.Has("all")
	for key, date := range map[string]*measures.Date{"from": &d.question.Period.From, "to": &d.question.Period.To} {
		if text := form.Get(key); text != "" {
			if *date, err = measures.ParseDate(text); err != nil {
				return d, fmt.Errorf("%w: %s: %w", ErrBadAddress, key, err)
			}
		}
	}
	return d, readLoad(form, &d.question.AsOf)
}
