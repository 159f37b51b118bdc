// What authors of plugins in AssemblyScript write against: one file.
//
//     import { Answer, Kind, Question, entry } from "./signalbox";
//     export { sbx_alloc, sbx_run_v1 } from "./signalbox";
//
//     entry("fences", fences);
//
//     function fences(q: Question): Answer { ... }
//
// Build with
//
//     asc index.ts -O3 --runtime stub --use abort= --exportStart _initialize -o plugin.wasm
//
// A plugin is given its data and gives back charts. It has no clock, no chance,
// no files and no network, and it is started anew for every question: nothing
// needs to be freed. docs/plug-socket.md lays out every byte; nothing of that has
// to be known here. A missing number is NaN in memory and never leaves the plugin
// as one.

/** Kinds of charts. The limits of a custom one are not verified by the host. */
export namespace Kind {
  export const Run: u8 = 0;
  export const XmR: u8 = 1;
  export const MR: u8 = 2;
  export const P: u8 = 3;
  export const PPrime: u8 = 4;
  export const U: u8 = 5;
  export const UPrime: u8 = 6;
  export const C: u8 = 7;
  export const NP: u8 = 8;
  export const G: u8 = 9;
  export const T: u8 = 10;
  export const XBar: u8 = 11;
  export const S: u8 = 12;
  export const IPrime: u8 = 13;
  export const EWMA: u8 = 14;
  export const CUSUM: u8 = 15;
  export const Funnel: u8 = 16;
  export const Custom: u8 = 17;
}

/** The way a measure is wanted to go. */
export namespace Direction {
  export const Neutral: u8 = 0;
  export const Increase: u8 = 1;
  export const Decrease: u8 = 2;
}

/** How much a point may be relied on. */
export namespace State {
  export const Final: u8 = 0;
  export const Provisional: u8 = 1;
  export const NotMeasured: u8 = 2;
  export const Suppressed: u8 = 3;
  export const Excluded: u8 = 4;
}

/** The judgement on one point. A missing point has none. */
export namespace Cause {
  export const None: u8 = 0;
  export const Common: u8 = 1;
  export const Improvement: u8 = 2;
  export const Concern: u8 = 3;
  export const NeutralHigh: u8 = 4;
  export const NeutralLow: u8 = 5;
}

/** The icon that speaks of the last measured point. */
export namespace Variation {
  export const Empty: u8 = 0;
  export const CommonCause: u8 = 1;
  export const ImprovementHigh: u8 = 2;
  export const ImprovementLow: u8 = 3;
  export const ConcernHigh: u8 = 4;
  export const ConcernLow: u8 = 5;
  export const ShiftHigh: u8 = 6;
  export const ShiftLow: u8 = 7;
}

/** The icon that says where the target lies against the limits. */
export namespace Assurance {
  export const Empty: u8 = 0;
  export const Pass: u8 = 1;
  export const Fail: u8 = 2;
  export const HitOrMiss: u8 = 3;
}

/** Signals are bits; a point may have several. */
export namespace Signal {
  export const OutsideUpper: u32 = 1 << 0;
  export const OutsideLower: u32 = 1 << 1;
  export const TrendIncreasing: u32 = 1 << 2;
  export const TrendDecreasing: u32 = 1 << 3;
  export const TwoInThreeAbove: u32 = 1 << 4;
  export const TwoInThreeBelow: u32 = 1 << 5;
  export const ShiftAbove: u32 = 1 << 6;
  export const ShiftBelow: u32 = 1 << 7;
}

const signalNames: string[] = ["outside_upper", "outside_lower", "trend_increasing", "trend_decreasing", "two_in_three_above",
  "two_in_three_below", "shift_above", "shift_below", "we_1", "we_2", "we_3", "we_4", "nelson_1", "nelson_2", "nelson_3",
  "nelson_4", "nelson_5", "nelson_6", "nelson_7", "nelson_8"];

/** Stands for null in the statistics of a phase. */
export const NoNumber: i32 = -1;

/** A phase as it was decided: the first point at or after start begins it; so many points make the lines, 0 means all. */
export class Phase {
  constructor(public start: i32, public baseline: i32) {}
}

/** A target in plotted units. From 0 means always. */
export class Target {
  constructor(public from: i32, public value: f64) {}
}

/** One phase as it is met: the points from `from` up to but not including `to`. */
export class Span {
  constructor(public from: i32, public to: i32, public baseline: i32) {}

  /** The end of the part that makes the lines. */
  get baseEnd(): i32 {
    return this.baseline > 0 && this.from + this.baseline < this.to ? this.from + this.baseline : this.to;
  }
}

/** One series. Periods are days since 1970-01-01, or whole numbers. */
export class Series {
  organisation: string = "";
  /** Empty for the whole organisation. */
  stratum: string = "";
  periods: Int32Array = new Int32Array(0);
  states: Uint8Array = new Uint8Array(0);
  /** One for each input of the question, NaN where it is missing. */
  columns: Float64Array[] = [];
  phases: Phase[] = [];
  targets: Target[] = [];

  get length(): i32 {
    return this.periods.length;
  }
}

class Setting {
  constructor(public key: string, public type: u32, public number: f64, public text: string, public whole: i32) {}
}

/** What a plugin is asked. */
export class Question {
  measure: string = "";
  entry: string = "";
  /** Periods are dates, and not whole numbers. */
  dates: bool = false;
  inputs: string[] = [];
  series: Series[] = [];
  settings: Setting[] = [];

  private setting(key: string, type: u32): Setting | null {
    for (let i = 0; i < this.settings.length; i++) {
      if (this.settings[i].type == type && this.settings[i].key == key) return this.settings[i];
    }
    return null;
  }

  /** A setting that is a number, or the default where it was not set. */
  number(key: string, unset: f64): f64 {
    const s = this.setting(key, 1);
    return s ? s.number : unset;
  }

  /** A setting that is text, or the default where it was not set. */
  text(key: string, unset: string): string {
    const s = this.setting(key, 2);
    return s ? s.text : unset;
  }

  /** A setting that is true or false, or the default where it was not set. */
  truth(key: string, unset: bool): bool {
    const s = this.setting(key, 3);
    return s ? s.whole == 1 : unset;
  }

  /** A setting that is a date in days since 1970-01-01, or the default where it was not set. */
  date(key: string, unset: i32): i32 {
    const s = this.setting(key, 4);
    return s ? s.whole : unset;
  }

  /** The way the measure is wanted to go. */
  get direction(): u8 {
    const word = this.text("direction", "");
    return word == "increase" ? Direction.Increase : word == "decrease" ? Direction.Decrease : Direction.Neutral;
  }

  /** The column of an input by its name, as it was sent, or null. */
  input(series: i32, name: string): Float64Array | null {
    const at = this.inputs.indexOf(name);
    return at < 0 ? null : this.series[series].columns[at];
  }

  /**
   * What a chart plots: the value, or the numerator over the denominator where there is one; NaN where nothing was
   * measured, where a point is suppressed, and where the denominator is 0. Null where the measure has neither a value nor a
   * numerator: answer with unsupported(needValue) then.
   */
  values(series: i32): Float64Array | null {
    let from = this.input(series, "value");
    if (!from) from = this.input(series, "numerator");
    if (!from) return null;
    const denominators = this.input(series, "denominator");
    const states = this.series[series].states;
    const values = new Float64Array(from.length);
    for (let i = 0; i < from.length; i++) {
      let v = from[i];
      if (denominators) v = denominators[i] > 0 ? v / denominators[i] : NaN;
      values[i] = states[i] == State.NotMeasured || states[i] == State.Suppressed ? NaN : v;
    }
    return values;
  }

  /** Whether a point counts in statistics: it was not excluded. */
  counts(series: i32, point: i32): bool {
    return this.series[series].states[point] != State.Excluded;
  }

  /**
   * The phases of a series. A phase begins at the first point at or after its start; one that meets no point before the next
   * begins has none; points before the first phase are a phase of their own.
   */
  spans(series: i32): Span[] {
    const s = this.series[series];
    const spans: Span[] = [];
    let from = 0;
    while (from < s.length) {
      const span = new Span(from, s.length, 0);
      for (let p = 0; p < s.phases.length; p++) {
        if (s.phases[p].start <= s.periods[from]) {
          span.baseline = s.phases[p].baseline;
          continue;
        }
        let to = from + 1;
        while (to < s.length && s.periods[to] < s.phases[p].start) to++;
        span.to = to;
        break;
      }
      spans.push(span);
      from = span.to;
    }
    return spans;
  }

  /**
   * A chart of one series that is still empty: its points, phases, direction and latest target are the question's; every
   * column of numbers is missing throughout; no point has a signal or a cause.
   */
  chart(series: i32, kind: u8): Chart {
    const s = this.series[series];
    const c = new Chart(series, kind, this.direction, s.periods);
    for (let i = 0; i < s.targets.length; i++) {
      const from = s.targets[i].from;
      if (from == 0 || (s.length > 0 && from <= s.periods[s.length - 1])) c.target = s.targets[i].value;
    }
    const spans = this.spans(series);
    for (let p = 0; p < spans.length; p++) {
      const statistics = new Statistics();
      for (let i = spans[p].from; i < spans[p].to; i++) {
        c.phase[i] = p + 1;
        if (this.counts(series, i)) statistics.points++;
      }
      c.phases.push(statistics);
    }
    return c;
  }
}

/** Why values gave nothing. */
export const needValue: string = "not supported: an input \"value\" or \"numerator\" is needed";

/** What was found in one phase; NoNumber where there is nothing to say. */
export class Statistics {
  points: i32 = 0;
  useful: i32 = 0;
  longestRun: i32 = NoNumber;
  longestRunMax: i32 = NoNumber;
  crossings: i32 = NoNumber;
  crossingsMin: i32 = NoNumber;
  runs: i32 = NoNumber;
  runsLow: i32 = NoNumber;
  runsHigh: i32 = NoNumber;
  signal: bool = false;
}

class Note {
  constructor(public code: string, public text: string) {}
}

function missing(n: i32): Float64Array {
  return new Float64Array(n).fill(NaN);
}

/** What is given back for one series. Columns have one entry a point. */
export class Chart {
  variation: u8 = Variation.Empty;
  assurance: u8 = Assurance.Empty;
  /** NaN where there is none. */
  target: f64 = NaN;
  y: Float64Array;
  n: Float64Array;
  centre: Float64Array;
  lower: Float64Array;
  upper: Float64Array;
  nearLower: Float64Array;
  nearUpper: Float64Array;
  phase: Int32Array;
  signals: Uint32Array;
  causes: Uint8Array;
  phases: Statistics[] = [];
  notes: Note[] = [];

  constructor(public series: i32, public kind: u8, public direction: u8, public x: Int32Array) {
    const n = x.length;
    this.y = missing(n);
    this.n = missing(n);
    this.centre = missing(n);
    this.lower = missing(n);
    this.upper = missing(n);
    this.nearLower = missing(n);
    this.nearUpper = missing(n);
    this.phase = new Int32Array(n);
    this.signals = new Uint32Array(n);
    this.causes = new Uint8Array(n);
  }

  /** The last point that has a value, or -1. */
  get last(): i32 {
    for (let i = this.y.length - 1; i >= 0; i--) {
      if (!isNaN(this.y[i])) return i;
    }
    return -1;
  }

  /** Advice to the reader: a code of at most 64 bytes, a text of at most 1024. A chart takes 16 notes, and drops more. */
  note(code: string, text: string): void {
    if (this.notes.length < 16) this.notes.push(new Note(code, text));
  }
}

/** The cause of a signal that lies high or low, by the direction that is wanted. */
export function causeOf(high: bool, wanted: u8): u8 {
  if (wanted == Direction.Neutral) return high ? Cause.NeutralHigh : Cause.NeutralLow;
  return high == (wanted == Direction.Increase) ? Cause.Improvement : Cause.Concern;
}

/** The icon that speaks of a cause, by the direction that is wanted. */
export function variationOf(cause: u8, wanted: u8): u8 {
  const up = wanted == Direction.Increase;
  if (cause == Cause.Common) return Variation.CommonCause;
  if (cause == Cause.Improvement) return up ? Variation.ImprovementHigh : Variation.ImprovementLow;
  if (cause == Cause.Concern) return up ? Variation.ConcernLow : Variation.ConcernHigh;
  if (cause == Cause.NeutralHigh) return Variation.ShiftHigh;
  if (cause == Cause.NeutralLow) return Variation.ShiftLow;
  return Variation.Empty;
}

/** What a plugin gives back: charts in the order of their series, or the reason why there are none, for the reader. */
export class Answer {
  constructor(public charts: Chart[], public status: u16 = 0, public message: string = "") {}
}

/** There is no chart: the data do not suit. It is no fault. */
export function unsuited(why: string): Answer {
  return new Answer([], 1, why);
}

/** There is no chart: the plugin does not know this entry, input or setting. */
export function unsupported(what: string): Answer {
  return new Answer([], 2, what);
}

class Entry {
  constructor(public name: string, public compute: (q: Question) => Answer) {}
}

const entries: Entry[] = [];

/** Names the function that computes an entry of the plugin. */
export function entry(name: string, compute: (q: Question) => Answer): void {
  entries.push(new Entry(name, compute));
}

// ---- what the host calls ----

/** Room for the question. The host asks for it once. */
export function sbx_alloc(size: u32): usize {
  return (heap.alloc(<usize>size + 16) + 7) & ~(<usize>7);
}

export function sbx_run_v1(pointer: usize, length: u32): u64 {
  const q = new Reader(pointer, length).question();
  for (let i = 0; i < entries.length; i++) {
    if (entries[i].name == q.entry) return new Writer(entries[i].compute(q), q.dates).finish();
  }
  return new Writer(unsupported("this plugin has no entry \"" + q.entry + "\""), false).finish();
}

// ---- reading. The host writes sound questions; what leads outside stops the plugin. ----

class Section {
  constructor(public at: usize, public length: u32) {}
}

class Reader {
  strings: Section;

  constructor(private at: usize, private length: u32) {
    if (length < 16 || load<u32>(at) != 0x31584253 || load<u32>(at, 8) != length) unreachable();
    this.strings = new Section(at, 0);
    this.strings = this.section("STRS");
  }

  private part(offset: u32, length: u32): usize {
    if (offset > this.length || length > this.length - offset) unreachable();
    return this.at + offset;
  }

  private section(tag: string): Section {
    const word = tag.charCodeAt(0) | (tag.charCodeAt(1) << 8) | (tag.charCodeAt(2) << 16) | (tag.charCodeAt(3) << 24);
    const count = load<u32>(this.at, 12);
    this.part(16, 16 * count);
    for (let i: u32 = 0; i < count; i++) {
      const e = this.at + 16 + 16 * i;
      if (load<u32>(e) == <u32>word) return new Section(this.part(load<u32>(e, 8), load<u32>(e, 12)), load<u32>(e, 12));
    }
    return new Section(this.at, 0);
  }

  private text(e: usize): string {
    const offset = load<u32>(e), length = load<u32>(e, 4);
    if (length == 0) return "";
    if (offset > this.strings.length || length > this.strings.length - offset) unreachable();
    return String.UTF8.decodeUnsafe(this.strings.at + offset, length);
  }

  question(): Question {
    const q = new Question();
    const measure = this.section("MEAS");
    if (measure.length < 16) unreachable();
    q.measure = this.text(measure.at);
    q.entry = this.text(measure.at + 8);
    const settings = this.section("PARM");
    for (let e = settings.at; e + 32 <= settings.at + settings.length; e += 32) {
      const type = load<u32>(e, 8);
      q.settings.push(new Setting(this.text(e), type, type == 1 ? load<f64>(e, 16) : NaN, type == 2 ? this.text(e + 16) : "", load<i32>(e, 16)));
    }
    this.series(q);
    return q;
  }

  private series(q: Question): void {
    const all = this.section("COLS");
    let periods: usize = 0, states: usize = 0, rows: u32 = 0;
    const data: usize[] = [], nulls: usize[] = [];
    for (let e = all.at; e + 32 <= all.at + all.length; e += 32) {
      const name = this.text(e), type = load<u32>(e, 8);
      rows = load<u32>(e, 24);
      const at = this.part(load<u32>(e, 12), load<u32>(e, 16)), bitmap = load<u32>(e, 20);
      if (name == "period") {
        periods = at;
        q.dates = type == 2;
      } else if (name == "state") {
        states = at;
      } else if (type == 1 && name.startsWith("in:")) {
        q.inputs.push(name.substring(3));
        data.push(at);
        nulls.push(bitmap ? this.part(bitmap, (rows + 7) / 8) : 0);
      }
    }
    const phases = this.section("PHAS"), targets = this.section("TARG"), list = this.section("SERI");
    for (let e = list.at; e + 40 <= list.at + list.length; e += 40) {
      const s = new Series(), first = load<u32>(e, 16), count = load<u32>(e, 20);
      if (<u64>first + count > rows) unreachable();
      s.organisation = this.text(e);
      s.stratum = this.text(e + 8);
      s.periods = new Int32Array(count);
      s.states = new Uint8Array(count);
      memory.copy(s.periods.dataStart, periods + 4 * first, 4 * count);
      memory.copy(s.states.dataStart, states + first, count);
      for (let c = 0; c < data.length; c++) s.columns.push(this.numbers(data[c], nulls[c], first, count));
      const firstPhase = load<u32>(e, 24), phaseCount = load<u32>(e, 28);
      if (<u64>firstPhase + phaseCount > phases.length / 8) unreachable();
      for (let i = firstPhase; i < firstPhase + phaseCount; i++) {
        s.phases.push(new Phase(load<i32>(phases.at + 8 * i), load<i32>(phases.at + 8 * i, 4)));
      }
      const firstTarget = load<u32>(e, 32), targetCount = load<u32>(e, 36);
      if (<u64>firstTarget + targetCount > targets.length / 16) unreachable();
      for (let i = firstTarget; i < firstTarget + targetCount; i++) {
        s.targets.push(new Target(load<i32>(targets.at + 16 * i), load<f64>(targets.at + 16 * i, 8)));
      }
      q.series.push(s);
    }
  }

  private numbers(data: usize, nulls: usize, first: u32, count: u32): Float64Array {
    const to = new Float64Array(count);
    for (let i: u32 = 0; i < count; i++) {
      const row = first + i;
      const missing = nulls != 0 && ((load<u8>(nulls + row / 8) >> <u8>(row % 8)) & 1) == 1;
      to[i] = missing ? NaN : load<f64>(data + 8 * row);
    }
    return to;
  }
}

// ---- writing ----

class Buffer {
  at: usize = 0;
  length: u32 = 0;
  private room: u32 = 0;

  /** Room for n more bytes; gives where they go. */
  more(n: u32): usize {
    if (this.room - this.length < n) {
      const room = 2 * this.room + n + 1024;
      const at = (heap.alloc(room + 8) + 7) & ~(<usize>7);
      memory.copy(at, this.at, this.length);
      this.at = at;
      this.room = room;
    }
    this.length += n;
    return this.at + this.length - n;
  }

  u32(v: u32): void {
    store<u32>(this.more(4), v);
  }

  u8(v: u8): void {
    store<u8>(this.more(1), v);
  }

  f64(v: f64): void {
    store<f64>(this.more(8), v);
  }

  bytes(from: usize, n: u32): void {
    memory.copy(this.more(n), from, n);
  }

  begin(): u32 {
    while (this.length % 8 != 0) this.u8(0);
    return this.length;
  }
}

class Writer {
  private out: Buffer = new Buffer();
  private strings: Buffer = new Buffer();
  private columns: Buffer = new Buffer();
  private sections: u32 = 0;
  private rows: u32 = 0;

  constructor(private answer: Answer, private dates: bool) {}

  finish(): u64 {
    memory.fill(this.out.more(16 + 7 * 16), 0, 16 + 7 * 16);
    let offset = this.out.begin();
    const message = String.UTF8.encode(this.answer.message);
    this.out.bytes(changetype<usize>(message), message.byteLength);
    this.end(0x4753454d, offset); // MESG
    this.charts();
    this.signals();
    this.notes();
    this.allColumns();
    offset = this.out.begin();
    this.out.bytes(this.columns.at, this.columns.length);
    this.end(0x534c4f43, offset); // COLS
    offset = this.out.begin();
    this.out.bytes(this.strings.at, this.strings.length);
    this.end(0x53525453, offset); // STRS
    const total = this.out.begin();
    store<u32>(this.out.at, 0x31584253); // SBX1
    store<u16>(this.out.at, 2, 4);
    store<u16>(this.out.at, this.answer.status, 6);
    store<u32>(this.out.at, total, 8);
    store<u32>(this.out.at, this.sections, 12);
    return ((<u64>this.out.at) << 32) | total;
  }

  private end(tag: u32, offset: u32): void {
    const e = this.out.at + 16 + 16 * this.sections++;
    store<u32>(e, tag);
    store<u32>(e, offset, 8);
    store<u32>(e, this.out.length - offset, 12);
  }

  private text(to: Buffer, s: string): void {
    const bytes = String.UTF8.encode(s);
    to.u32(bytes.byteLength ? this.strings.length : 0);
    to.u32(bytes.byteLength);
    this.strings.bytes(changetype<usize>(bytes), bytes.byteLength);
  }

  private charts(): void {
    let offset = this.out.begin(), phase = 0;
    const charts = this.answer.charts;
    for (let i = 0; i < charts.length; i++) {
      const c = charts[i], aimed = !isNaN(c.target);
      this.out.u32(c.series);
      this.out.u8(c.kind);
      this.out.u8(0); // no rule set of the host's
      this.out.u8(c.direction);
      this.out.u8(c.variation);
      this.out.u8(c.assurance);
      this.out.u8(aimed ? 1 : 0);
      this.out.u8(0);
      this.out.u8(0);
      this.out.u32(this.rows);
      this.out.u32(c.x.length);
      this.out.u32(phase);
      this.out.u32(c.phases.length);
      this.out.u32(0);
      this.out.f64(aimed ? c.target : 0);
      this.rows += c.x.length;
      phase += c.phases.length;
    }
    this.end(0x54524843, offset); // CHRT
    offset = this.out.begin();
    for (let i = 0; i < charts.length; i++) {
      for (let p = 0; p < charts[i].phases.length; p++) {
        const s = charts[i].phases[p];
        this.out.u32(s.points);
        this.out.u32(s.useful);
        this.out.u32(s.longestRun);
        this.out.u32(s.longestRunMax);
        this.out.u32(s.crossings);
        this.out.u32(s.crossingsMin);
        this.out.u32(s.runs);
        this.out.u32(s.runsLow);
        this.out.u32(s.runsHigh);
        this.out.u32(s.signal ? 1 : 0);
      }
    }
    this.end(0x54415453, offset); // STAT
  }

  private signals(): void {
    const charts = this.answer.charts, offset = this.out.begin();
    let used: u32 = 0;
    for (let i = 0; i < charts.length; i++) {
      for (let k = 0; k < charts[i].signals.length; k++) used |= charts[i].signals[k];
    }
    for (let bit = 0; bit < signalNames.length; bit++) {
      if (((used >> bit) & 1) == 0) continue;
      this.out.u32(bit);
      this.out.u32(0);
      this.text(this.out, signalNames[bit]);
    }
    this.end(0x4e474953, offset); // SIGN
  }

  private notes(): void {
    const charts = this.answer.charts, offset = this.out.begin();
    for (let i = 0; i < charts.length; i++) {
      for (let k = 0; k < charts[i].notes.length; k++) {
        this.out.u32(i);
        this.out.u32(0);
        this.text(this.out, charts[i].notes[k].code);
        this.text(this.out, charts[i].notes[k].text);
      }
    }
    this.end(0x45544f4e, offset); // NOTE
  }

  private column(name: string, type: u32, offset: u32, width: u32, nulls: Uint8Array | null): void {
    let bitmap: u32 = 0;
    if (nulls) {
      bitmap = this.out.begin();
      this.out.bytes(nulls.dataStart, nulls.length);
    }
    this.text(this.columns, name);
    this.columns.u32(type);
    this.columns.u32(offset);
    this.columns.u32(this.rows * width);
    this.columns.u32(bitmap);
    this.columns.u32(this.rows);
    this.columns.u32(0);
  }

  /** One column of numbers of all charts; left out where it is missing throughout. */
  private numbers(name: string, pick: (c: Chart) => Float64Array): void {
    const charts = this.answer.charts, nulls = new Uint8Array((this.rows + 7) / 8);
    let some = false, missing = false, row = 0;
    for (let i = 0; i < charts.length; i++) {
      const values = pick(charts[i]);
      for (let k = 0; k < values.length; k++, row++) {
        if (isNaN(values[k])) {
          nulls[row / 8] |= <u8>1 << <u8>(row % 8);
          missing = true;
        } else {
          some = true;
        }
      }
    }
    if (!some) return;
    const offset = this.out.begin();
    for (let i = 0; i < charts.length; i++) {
      const values = pick(charts[i]);
      for (let k = 0; k < values.length; k++) this.out.f64(isNaN(values[k]) ? 0 : values[k]);
    }
    this.column(name, 1, offset, 8, missing ? nulls : null);
  }

  private allColumns(): void {
    const charts = this.answer.charts;
    let offset = this.out.begin();
    for (let i = 0; i < charts.length; i++) this.out.bytes(charts[i].x.dataStart, charts[i].x.byteLength);
    this.column("x", this.dates && charts.length > 0 ? 2 : 3, offset, 4, null);
    this.numbers("y", (c: Chart) => c.y);
    this.numbers("n", (c: Chart) => c.n);
    this.numbers("centre", (c: Chart) => c.centre);
    this.numbers("lower", (c: Chart) => c.lower);
    this.numbers("upper", (c: Chart) => c.upper);
    this.numbers("near_lower", (c: Chart) => c.nearLower);
    this.numbers("near_upper", (c: Chart) => c.nearUpper);
    offset = this.out.begin();
    for (let i = 0; i < charts.length; i++) this.out.bytes(charts[i].phase.dataStart, charts[i].phase.byteLength);
    this.column("phase", 3, offset, 4, null);
    offset = this.out.begin();
    for (let i = 0; i < charts.length; i++) this.out.bytes(charts[i].signals.dataStart, charts[i].signals.byteLength);
    this.column("signals", 5, offset, 4, null);
    offset = this.out.begin();
    for (let i = 0; i < charts.length; i++) this.out.bytes(charts[i].causes.dataStart, charts[i].causes.byteLength);
    this.column("cause", 4, offset, 1, null);
  }
}
