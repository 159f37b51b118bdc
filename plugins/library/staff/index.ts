// What staff say, wave by wave: the share of answers, how far chance reaches, and
// whether a wave differs from the one before by more than that.
//
// The interval of a share is Wilson's score interval (Wilson 1927, Journal of the
// American Statistical Association 22:209), 95 percent: with z = 1.96 and a share p
// of n answers,
//
//     (p + z²/2n ± z √(p(1-p)/n + z²/4n²)) / (1 + z²/n)
//
// Two waves are compared by Newcombe's interval of their difference, made of the
// Wilson intervals of both (Newcombe 1998, Statistics in Medicine 17:873, method
// 10). The change is beyond chance where that interval leaves out 0. Both hold for
// few answers and for shares near 0 and 100 percent, where the usual test of two
// proportions does not.
import { Answer, Cause, Chart, Direction, Kind, Question, causeOf, entry, unsuited, unsupported } from "./signalbox";
export { sbx_alloc, sbx_run_v1 } from "./signalbox";

/** The 97.5 percent point of the standard normal distribution. */
const z: f64 = 1.959963984540054;

/** With fewer answers only a very large change shows. */
const fewAnswers: f64 = 30;

entry("share", share);

/** The answers of one wave that can be compared with others. */
class Wave {
  p: f64;
  lower: f64;
  upper: f64;

  constructor(agreed: f64, public n: f64) {
    const p = agreed / n, z2n = (z * z) / n;
    const middle = p + z2n / 2, half = z * sqrt<f64>((p * (1 - p)) / n + z2n / (4 * n));
    this.p = p;
    this.lower = agreed == 0 ? 0 : max<f64>(0, (middle - half) / (1 + z2n));
    this.upper = agreed == n ? 1 : min<f64>(1, (middle + half) / (1 + z2n));
  }
}

/** How one wave differs from the wave before, as a share: Newcombe's interval. */
class Change {
  difference: f64;
  lower: f64;
  upper: f64;

  constructor(before: Wave, now: Wave) {
    this.difference = now.p - before.p;
    this.lower = this.difference - apart(now.p - now.lower, before.upper - before.p);
    this.upper = this.difference + apart(now.upper - now.p, before.p - before.lower);
  }

  get beyondChance(): bool {
    return this.lower > 0 || this.upper < 0;
  }
}

function apart(a: f64, b: f64): f64 {
  return sqrt<f64>(a * a + b * b);
}

function share(q: Question): Answer {
  const multiply = q.number("multiply", 1);
  const charts: Chart[] = [];
  let measured = 0;
  for (let series = 0; series < q.series.length; series++) {
    const agreed = q.input(series, "numerator"), asked = q.input(series, "denominator"), values = q.values(series);
    if (!agreed || !asked || !values) {
      return unsupported("not supported: a share needs the inputs \"numerator\", those who agreed, and \"denominator\", all who answered");
    }
    const c = q.chart(series, Kind.Custom);
    c.n = asked;
    for (let i = 0; i < values.length; i++) {
      if (isNaN(values[i])) continue;
      if (agreed[i] < 0 || agreed[i] > asked[i]) {
        return unsuited("More people agreed than answered, or fewer than none: one of the figures is wrong.");
      }
      c.y[i] = values[i] * multiply;
      measured++;
    }
    compare(q, c, agreed, asked, multiply);
    charts.push(c);
  }
  return measured == 0 ? unsuited("Nothing was measured.") : new Answer(charts);
}

/** Draws the interval of each wave and holds it against the wave before, in one phase: a new phase is another question. */
function compare(q: Question, c: Chart, agreed: Float64Array, asked: Float64Array, multiply: f64): void {
  let before: Wave | null = null, now: Wave | null = null, phase = 0, waves = 0;
  for (let i = 0; i < c.y.length; i++) {
    if (isNaN(c.y[i])) continue;
    const wave = new Wave(agreed[i], asked[i]);
    c.lower[i] = wave.lower * multiply;
    c.upper[i] = wave.upper * multiply;
    if (!q.counts(c.series, i)) continue;
    before = phase == c.phase[i] ? now : null;
    now = wave;
    phase = c.phase[i];
    waves++;
    if (before) c.causes[i] = causeBetween(before, wave, c.direction);
  }
  if (now) speak(c, before, now, waves);
}

function causeBetween(before: Wave, now: Wave, wanted: u8): u8 {
  const change = new Change(before, now);
  return change.beyondChance ? causeOf(change.difference > 0, wanted) : Cause.Common;
}

/** Says what the latest wave is worth. */
function speak(c: Chart, before: Wave | null, now: Wave, waves: i32): void {
  const now95 = percent(now.lower) + " to " + percent(now.upper);
  if (before) {
    const change = new Change(before, now);
    const text = percent(now.p) + " of " + whole(now.n) + " answers, " + percent(before.p) + " of " + whole(before.n) + " in the wave before: " +
      judgement(change, c.direction) + " The difference of " + points(change.difference) + " points could be " + points(change.lower) + " to " +
      points(change.upper) + " by chance, the latest share " + now95 + ".";
    c.note(change.beyondChance ? "beyond_chance" : "within_chance", text);
  } else {
    c.note("first_wave", percent(now.p) + " of " + whole(now.n) + " answers; there is no wave before it to compare with. By chance the share could be " + now95 + ".");
  }
  if (now.n < fewAnswers || (before && before.n < fewAnswers)) {
    c.note("few_answers", "Fewer than " + whole(fewAnswers) + " answers in a wave: only a very large change could be told from chance. This does not say that nothing changed.");
  }
  if (waves > 2) {
    c.note("many_waves", "Each wave is compared with the one before. Of 20 such comparisons one goes beyond chance although nothing has changed.");
  }
  c.note("who_answered", "The interval knows chance only. It does not know who was not asked, who did not answer, and that some answer every time.");
}

function judgement(change: Change, wanted: u8): string {
  if (!change.beyondChance) return "no more than chance explains.";
  const up = change.difference > 0;
  if (wanted == Direction.Neutral) return up ? "higher, by more than chance." : "lower, by more than chance.";
  return up == (wanted == Direction.Increase) ? "better, by more than chance." : "worse, by more than chance.";
}

// ---- numbers in words; the same in every language that might write this again ----

function percent(p: f64): string {
  return tenths(p * 100) + "%";
}

/** A difference in percentage points, with its sign. */
function points(d: f64): string {
  const text = tenths(abs<f64>(d) * 100);
  return text == "0.0" ? text : (d < 0 ? "-" : "+") + text;
}

function tenths(v: f64): string {
  const n = i64(floor<f64>(v * 10 + 0.5));
  return (n / 10).toString() + "." + (n % 10).toString();
}

/** Counts may be decimals: those that are whole are written so. */
function whole(v: f64): string {
  return floor<f64>(v) == v && v < 1e15 ? i64(v).toString() : tenths(v);
}
