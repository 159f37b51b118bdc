// A plugin to begin from: where the middle half of the figures lies, and which
// lie far beyond it. The examples in Go, Rust and C compute the same and give the
// same bytes.
//
// Its lines are the quartiles and Tukey's fences (Tukey, Exploratory Data
// Analysis, 1977). It asks nothing of how the figures are distributed.
import { Answer, Cause, Chart, Kind, Question, Signal, Span, causeOf, entry, needValue, unsuited, unsupported, variationOf } from "./signalbox";
export { sbx_alloc, sbx_run_v1 } from "./signalbox";

/** How many figures a phase needs before it has lines. */
const leastPoints: i32 = 8;

entry("fences", fences);

function fences(q: Question): Answer {
  const multiply = q.number("multiply", 1);
  const charts: Chart[] = [];
  let measured = 0;
  for (let series = 0; series < q.series.length; series++) {
    const values = q.values(series);
    if (!values) return unsupported(needValue);
    const c = q.chart(series, Kind.Custom);
    for (let i = 0; i < values.length; i++) {
      if (isNaN(values[i])) continue;
      c.y[i] = values[i] * multiply;
      measured++;
    }
    const denominators = q.input(series, "denominator");
    if (denominators) c.n = denominators;
    const spans = q.spans(series);
    for (let number = 0; number < spans.length; number++) lines(q, c, number, spans[number]);
    judge(c);
    charts.push(c);
  }
  return measured == 0 ? unsuited("Nothing was measured.") : new Answer(charts);
}

/** Draws the median, the quartiles and the fences of one phase. */
function lines(q: Question, c: Chart, number: i32, span: Span): void {
  const sorted: f64[] = [];
  for (let i = span.from; i < span.baseEnd; i++) {
    if (!isNaN(c.y[i]) && q.counts(c.series, i)) sorted.push(c.y[i]);
  }
  if (sorted.length < leastPoints) {
    const text = "Phase " + (number + 1).toString() + " has " + sorted.length.toString() + " figures; lines are drawn from " + leastPoints.toString() + ".";
    c.note("few_points", text);
    return;
  }
  sorted.sort((a: f64, b: f64) => i32(a > b) - i32(a < b));
  const low = quantile(sorted, 0.25), middle = quantile(sorted, 0.5), high = quantile(sorted, 0.75);
  const fence = 1.5 * (high - low);
  for (let i = span.from; i < span.to; i++) {
    c.centre[i] = middle;
    c.nearLower[i] = low;
    c.nearUpper[i] = high;
    c.lower[i] = low - fence;
    c.upper[i] = high + fence;
  }
}

/** Lies between the two figures beside its place (Hyndman and Fan 1996, definition 7). */
function quantile(sorted: f64[], p: f64): f64 {
  const place = p * f64(sorted.length - 1);
  const i = i32(place);
  if (i + 1 == sorted.length) return sorted[i];
  return sorted[i] + (place - f64(i)) * (sorted[i + 1] - sorted[i]);
}

/** Marks the figures beyond the fences, and says what the last one means. */
function judge(c: Chart): void {
  for (let i = 0; i < c.y.length; i++) {
    if (isNaN(c.y[i])) continue;
    c.causes[i] = Cause.Common;
    if (c.y[i] > c.upper[i]) {
      c.signals[i] = Signal.OutsideUpper;
      c.causes[i] = causeOf(true, c.direction);
    } else if (c.y[i] < c.lower[i]) {
      c.signals[i] = Signal.OutsideLower;
      c.causes[i] = causeOf(false, c.direction);
    }
  }
  const last = c.last;
  if (last >= 0 && !isNaN(c.centre[last])) c.variation = variationOf(c.causes[last], c.direction);
}
