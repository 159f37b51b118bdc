//! What authors of plugins in Rust write against: one file, no crates.
//!
//! ```ignore
//! #[macro_use]
//! mod signalbox;
//! use signalbox::*;
//!
//! entries! { "fences" => fences }
//!
//! fn fences(q: &Question) -> Result<Vec<Chart>, Refusal> { ... }
//! ```
//!
//! Build with
//!
//! ```text
//! rustc --target wasm32-unknown-unknown --crate-type=cdylib -O -C panic=abort \
//!     -C strip=symbols -C lto=fat -C link-arg=-zstack-size=65536 -o plugin.wasm main.rs
//! ```
//!
//! A plugin is given its data and gives back charts. It has no clock, no chance,
//! no files and no network, and it is started anew for every question.
//! docs/plug-socket.md lays out every byte; nothing of that has to be known here.
//! A missing number is NaN in memory and never leaves the plugin as one.
#![allow(dead_code)]

/// Kinds of charts. The limits of a custom one are not verified by the host.
#[derive(Clone, Copy, PartialEq, Debug)]
#[repr(u8)]
pub enum Kind {
    Run,
    XmR,
    MR,
    P,
    PPrime,
    U,
    UPrime,
    C,
    NP,
    G,
    T,
    XBar,
    S,
    IPrime,
    Ewma,
    Cusum,
    Funnel,
    Custom,
}

/// The way a measure is wanted to go.
#[derive(Clone, Copy, PartialEq, Debug)]
#[repr(u8)]
pub enum Direction {
    Neutral,
    Increase,
    Decrease,
}

/// How much a point may be relied on.
#[derive(Clone, Copy, PartialEq, Debug)]
#[repr(u8)]
pub enum State {
    Final,
    Provisional,
    NotMeasured,
    Suppressed,
    Excluded,
}

/// The judgement on one point. A missing point has none.
#[derive(Clone, Copy, PartialEq, Debug)]
#[repr(u8)]
pub enum Cause {
    None,
    Common,
    Improvement,
    Concern,
    NeutralHigh,
    NeutralLow,
}

/// The icon that speaks of the last measured point.
#[derive(Clone, Copy, PartialEq, Debug)]
#[repr(u8)]
pub enum Variation {
    Empty,
    CommonCause,
    ImprovementHigh,
    ImprovementLow,
    ConcernHigh,
    ConcernLow,
    ShiftHigh,
    ShiftLow,
}

/// The icon that says where the target lies against the limits.
#[derive(Clone, Copy, PartialEq, Debug)]
#[repr(u8)]
pub enum Assurance {
    Empty,
    Pass,
    Fail,
    HitOrMiss,
}

/// Signals are bits; a point may have several.
pub const OUTSIDE_UPPER: u32 = 1 << 0;
pub const OUTSIDE_LOWER: u32 = 1 << 1;
pub const TREND_INCREASING: u32 = 1 << 2;
pub const TREND_DECREASING: u32 = 1 << 3;
pub const TWO_IN_THREE_ABOVE: u32 = 1 << 4;
pub const TWO_IN_THREE_BELOW: u32 = 1 << 5;
pub const SHIFT_ABOVE: u32 = 1 << 6;
pub const SHIFT_BELOW: u32 = 1 << 7;

const SIGNAL_NAMES: [&str; 20] = [
    "outside_upper",
    "outside_lower",
    "trend_increasing",
    "trend_decreasing",
    "two_in_three_above",
    "two_in_three_below",
    "shift_above",
    "shift_below",
    "we_1",
    "we_2",
    "we_3",
    "we_4",
    "nelson_1",
    "nelson_2",
    "nelson_3",
    "nelson_4",
    "nelson_5",
    "nelson_6",
    "nelson_7",
    "nelson_8",
];

/// Stands for null in the statistics of a phase.
pub const NO_NUMBER: i32 = -1;

/// Why there is no chart. Neither is a fault: the text is shown to the reader.
pub enum Refusal {
    /// The data do not suit.
    Unsuited(String),
    /// The plugin does not know this entry, input or setting.
    Unsupported(String),
}

/// A phase as it was decided.
#[derive(Clone, Copy)]
pub struct Phase {
    /// The first point at or after it begins the phase.
    pub start: i32,
    /// So many points make the lines; 0 means all.
    pub baseline: u32,
}

/// A target in plotted units. From 0 means always.
#[derive(Clone, Copy)]
pub struct Target {
    pub from: i32,
    pub value: f64,
}

/// One series. Periods are days since 1970-01-01, or whole numbers.
pub struct Series {
    pub organisation: String,
    /// Empty for the whole organisation.
    pub stratum: String,
    pub periods: Vec<i32>,
    pub states: Vec<State>,
    /// One for each input of the question, NaN where it is missing.
    pub columns: Vec<Vec<f64>>,
    pub phases: Vec<Phase>,
    pub targets: Vec<Target>,
}

enum Setting {
    Number(f64),
    Text(String),
    Truth(bool),
    Date(i32),
}

/// What a plugin is asked.
pub struct Question {
    pub measure: String,
    pub entry: String,
    /// Periods are dates, and not whole numbers.
    pub dates: bool,
    pub inputs: Vec<String>,
    pub series: Vec<Series>,
    settings: Vec<(String, Setting)>,
}

/// One phase as it is met: the points from `from` up to but not including `to`.
/// The first `baseline` of them make the lines; 0 means all.
#[derive(Clone, Copy)]
pub struct Span {
    pub from: usize,
    pub to: usize,
    pub baseline: usize,
}

impl Span {
    /// The end of the part that makes the lines.
    pub fn base_end(&self) -> usize {
        if self.baseline > 0 && self.from + self.baseline < self.to {
            self.from + self.baseline
        } else {
            self.to
        }
    }
}

/// What was found in one phase; NO_NUMBER where there is nothing to say.
#[derive(Clone, Copy)]
pub struct Statistics {
    pub points: i32,
    pub useful: i32,
    pub longest_run: i32,
    pub longest_run_max: i32,
    pub crossings: i32,
    pub crossings_min: i32,
    pub runs: i32,
    pub runs_low: i32,
    pub runs_high: i32,
    pub signal: bool,
}

/// Advice to the reader: a code of at most 64 bytes, a text of at most 1024. A
/// chart takes 16 notes.
pub struct Note {
    pub code: String,
    pub text: String,
}

/// What is given back for one series. Columns have one entry a point.
pub struct Chart {
    pub series: usize,
    pub kind: Kind,
    pub direction: Direction,
    pub variation: Variation,
    pub assurance: Assurance,
    /// NaN where there is none.
    pub target: f64,
    pub x: Vec<i32>,
    pub y: Vec<f64>,
    pub n: Vec<f64>,
    pub centre: Vec<f64>,
    pub lower: Vec<f64>,
    pub upper: Vec<f64>,
    pub near_lower: Vec<f64>,
    pub near_upper: Vec<f64>,
    pub phase: Vec<i32>,
    pub signals: Vec<u32>,
    pub causes: Vec<Cause>,
    pub phases: Vec<Statistics>,
    pub notes: Vec<Note>,
}

impl Question {
    fn setting(&self, key: &str) -> Option<&Setting> {
        self.settings.iter().find(|(k, _)| k == key).map(|(_, v)| v)
    }

    /// A setting that is a number, or the default where it was not set.
    pub fn number(&self, key: &str, unset: f64) -> f64 {
        match self.setting(key) {
            Some(Setting::Number(v)) => *v,
            _ => unset,
        }
    }

    /// A setting that is text, or the default where it was not set.
    pub fn text<'a>(&'a self, key: &str, unset: &'a str) -> &'a str {
        match self.setting(key) {
            Some(Setting::Text(v)) => v,
            _ => unset,
        }
    }

    /// A setting that is true or false, or the default where it was not set.
    pub fn truth(&self, key: &str, unset: bool) -> bool {
        match self.setting(key) {
            Some(Setting::Truth(v)) => *v,
            _ => unset,
        }
    }

    /// A setting that is a date in days since 1970-01-01, or the default.
    pub fn date(&self, key: &str, unset: i32) -> i32 {
        match self.setting(key) {
            Some(Setting::Date(v)) => *v,
            _ => unset,
        }
    }

    /// The way the measure is wanted to go.
    pub fn direction(&self) -> Direction {
        match self.text("direction", "") {
            "increase" => Direction::Increase,
            "decrease" => Direction::Decrease,
            _ => Direction::Neutral,
        }
    }

    /// The column of an input by its name, as it was sent.
    pub fn input(&self, series: usize, name: &str) -> Option<&[f64]> {
        let at = self.inputs.iter().position(|i| i == name)?;
        Some(&self.series[series].columns[at])
    }

    /// What a chart plots: the value, or the numerator over the denominator where
    /// there is one; NaN where nothing was measured, where a point is suppressed,
    /// and where the denominator is 0. The second is the denominators.
    pub fn values(&self, series: usize) -> Result<(Vec<f64>, Option<&[f64]>), Refusal> {
        let from = self.input(series, "value").or_else(|| self.input(series, "numerator"));
        let from = match from {
            Some(column) => column,
            None => {
                let what = "not supported: an input \"value\" or \"numerator\" is needed";
                return Err(Refusal::Unsupported(what.to_string()));
            }
        };
        let denominators = self.input(series, "denominator");
        let states = &self.series[series].states;
        let values = (0..from.len()).map(|i| match (states[i], denominators) {
            (State::NotMeasured, _) | (State::Suppressed, _) => f64::NAN,
            (_, None) => from[i],
            (_, Some(d)) if d[i] > 0.0 => from[i] / d[i],
            _ => f64::NAN,
        });
        Ok((values.collect(), denominators))
    }

    /// Whether a point counts in statistics: it was not excluded.
    pub fn counts(&self, series: usize, point: usize) -> bool {
        self.series[series].states[point] != State::Excluded
    }

    /// The phases of a series. A phase begins at the first point at or after its
    /// start; one that meets no point before the next begins has none; points
    /// before the first phase are a phase of their own.
    pub fn spans(&self, series: usize) -> Vec<Span> {
        let s = &self.series[series];
        let mut spans = Vec::new();
        let mut from = 0;
        while from < s.periods.len() {
            let mut span = Span { from, to: s.periods.len(), baseline: 0 };
            for phase in &s.phases {
                if phase.start <= s.periods[from] {
                    span.baseline = phase.baseline as usize;
                    continue;
                }
                let rest = &s.periods[from + 1..];
                span.to = from + 1 + rest.iter().position(|p| *p >= phase.start).unwrap_or(rest.len());
                break;
            }
            spans.push(span);
            from = span.to;
        }
        spans
    }

    /// A chart of one series that is still empty: its points, phases, direction
    /// and latest target are the question's; every column of numbers is missing
    /// throughout; no point has a signal or a cause.
    pub fn chart(&self, series: usize, kind: Kind) -> Chart {
        let s = &self.series[series];
        let n = s.periods.len();
        let missing = || vec![f64::NAN; n];
        let mut c = Chart {
            series,
            kind,
            direction: self.direction(),
            variation: Variation::Empty,
            assurance: Assurance::Empty,
            target: f64::NAN,
            x: s.periods.clone(),
            y: missing(),
            n: missing(),
            centre: missing(),
            lower: missing(),
            upper: missing(),
            near_lower: missing(),
            near_upper: missing(),
            phase: vec![0; n],
            signals: vec![0; n],
            causes: vec![Cause::None; n],
            phases: Vec::new(),
            notes: Vec::new(),
        };
        for t in &s.targets {
            if t.from == 0 || n > 0 && t.from <= s.periods[n - 1] {
                c.target = t.value;
            }
        }
        for (number, span) in self.spans(series).iter().enumerate() {
            let mut points = 0;
            for i in span.from..span.to {
                c.phase[i] = number as i32 + 1;
                if self.counts(series, i) {
                    points += 1;
                }
            }
            c.phases.push(Statistics {
                points,
                useful: 0,
                longest_run: NO_NUMBER,
                longest_run_max: NO_NUMBER,
                crossings: NO_NUMBER,
                crossings_min: NO_NUMBER,
                runs: NO_NUMBER,
                runs_low: NO_NUMBER,
                runs_high: NO_NUMBER,
                signal: false,
            });
        }
        c
    }
}

impl Chart {
    /// The last point that has a value.
    pub fn last(&self) -> Option<usize> {
        self.y.iter().rposition(|y| !y.is_nan())
    }

    pub fn note(&mut self, code: &str, text: String) {
        if self.notes.len() < 16 {
            self.notes.push(Note { code: code.to_string(), text });
        }
    }
}

/// The cause of a signal that lies high or low, by the direction that is wanted.
pub fn cause_of(high: bool, wanted: Direction) -> Cause {
    match wanted {
        Direction::Neutral if high => Cause::NeutralHigh,
        Direction::Neutral => Cause::NeutralLow,
        _ if high == (wanted == Direction::Increase) => Cause::Improvement,
        _ => Cause::Concern,
    }
}

/// The icon that speaks of a cause, by the direction that is wanted.
pub fn variation_of(cause: Cause, wanted: Direction) -> Variation {
    let up = wanted == Direction::Increase;
    match cause {
        Cause::None => Variation::Empty,
        Cause::Common => Variation::CommonCause,
        Cause::Improvement if up => Variation::ImprovementHigh,
        Cause::Improvement => Variation::ImprovementLow,
        Cause::Concern if up => Variation::ConcernLow,
        Cause::Concern => Variation::ConcernHigh,
        Cause::NeutralHigh => Variation::ShiftHigh,
        Cause::NeutralLow => Variation::ShiftLow,
    }
}

/// Names the functions that compute the entries of a plugin.
#[allow(unused_macros)]
macro_rules! entries {
    ($($name:literal => $compute:path),+ $(,)?) => {
        #[no_mangle]
        pub extern "C" fn sbx_run_v1(pointer: u32, length: u32) -> u64 {
            signalbox::serve(pointer, length, |q| match q.entry.as_str() {
                $($name => $compute(q),)+
                other => Err(signalbox::Refusal::Unsupported(format!("this plugin has no entry \"{}\"", other))),
            })
        }
    };
}

// ---- what the host calls ----

/// Room for the question. Words of 64 bits make it 8-aligned; nothing is freed,
/// because an instance answers one question.
#[no_mangle]
pub extern "C" fn sbx_alloc(size: u32) -> u32 {
    let room = vec![0u64; size as usize / 8 + 1];
    Box::leak(room.into_boxed_slice()).as_mut_ptr() as u32
}

pub fn serve(pointer: u32, length: u32, compute: impl Fn(&Question) -> Result<Vec<Chart>, Refusal>) -> u64 {
    let bytes = unsafe { std::slice::from_raw_parts(pointer as *const u8, length as usize) };
    let q = read(bytes);
    let answer = match compute(&q) {
        Ok(charts) => write(0, "", &charts, q.dates),
        Err(Refusal::Unsuited(why)) => write(1, &why, &[], false),
        Err(Refusal::Unsupported(what)) => write(2, &what, &[], false),
    };
    let answer = Box::leak(answer.into_boxed_slice());
    (answer.as_ptr() as u64) << 32 | answer.len() as u64
}

// ---- reading. The host writes sound questions; what leads outside panics. ----

fn u32_at(b: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([b[at], b[at + 1], b[at + 2], b[at + 3]])
}

fn f64_at(b: &[u8], at: usize) -> f64 {
    let mut raw = [0; 8];
    raw.copy_from_slice(&b[at..at + 8]);
    f64::from_le_bytes(raw)
}

struct Reader<'a> {
    bytes: &'a [u8],
    strings: &'a [u8],
}

impl<'a> Reader<'a> {
    fn section(&self, tag: &[u8]) -> &'a [u8] {
        for i in 0..u32_at(self.bytes, 12) as usize {
            let entry = &self.bytes[16 + 16 * i..32 + 16 * i];
            if &entry[..4] == tag {
                let offset = u32_at(entry, 8) as usize;
                return &self.bytes[offset..offset + u32_at(entry, 12) as usize];
            }
        }
        &[]
    }

    fn text(&self, entry: &[u8], at: usize) -> String {
        let (offset, length) = (u32_at(entry, at) as usize, u32_at(entry, at + 4) as usize);
        if length == 0 {
            return String::new();
        }
        String::from_utf8(self.strings[offset..offset + length].to_vec()).expect("text is UTF-8")
    }
}

fn read(bytes: &[u8]) -> Question {
    assert!(&bytes[..4] == b"SBX1" && u32_at(bytes, 8) as usize == bytes.len(), "not a question");
    let mut r = Reader { bytes, strings: &[] };
    r.strings = r.section(b"STRS");
    let measure = r.section(b"MEAS");
    let mut q = Question {
        measure: r.text(measure, 0),
        entry: r.text(measure, 8),
        dates: false,
        inputs: Vec::new(),
        series: Vec::new(),
        settings: Vec::new(),
    };
    for entry in r.section(b"PARM").chunks_exact(32) {
        let value = match u32_at(entry, 8) {
            1 => Setting::Number(f64_at(entry, 16)),
            2 => Setting::Text(r.text(entry, 16)),
            3 => Setting::Truth(u32_at(entry, 16) == 1),
            _ => Setting::Date(u32_at(entry, 16) as i32),
        };
        q.settings.push((r.text(entry, 0), value));
    }
    read_series(&r, &mut q);
    q
}

fn read_series(r: &Reader, q: &mut Question) {
    let (mut periods, mut states, mut columns): (&[u8], &[u8], Vec<Vec<f64>>) = (&[], &[], Vec::new());
    for entry in r.section(b"COLS").chunks_exact(32) {
        let (name, kind) = (r.text(entry, 0), u32_at(entry, 8));
        let (offset, length) = (u32_at(entry, 12) as usize, u32_at(entry, 16) as usize);
        let data = &r.bytes[offset..offset + length];
        if name == "period" {
            periods = data;
            q.dates = kind == 2;
        } else if name == "state" {
            states = data;
        } else if let (Some(input), 1) = (name.strip_prefix("in:"), kind) {
            q.inputs.push(input.to_string());
            columns.push(numbers(r.bytes, data, u32_at(entry, 20) as usize));
        }
    }
    let (phases, targets) = (r.section(b"PHAS"), r.section(b"TARG"));
    for entry in r.section(b"SERI").chunks_exact(40) {
        let at = |i: usize| u32_at(entry, 16 + 4 * i) as usize;
        let rows = at(0)..at(0) + at(1);
        q.series.push(Series {
            organisation: r.text(entry, 0),
            stratum: r.text(entry, 8),
            periods: rows.clone().map(|i| u32_at(periods, 4 * i) as i32).collect(),
            states: rows.clone().map(|i| state(states[i])).collect(),
            columns: columns.iter().map(|c| c[rows.clone()].to_vec()).collect(),
            phases: (at(2)..at(2) + at(3))
                .map(|i| Phase { start: u32_at(phases, 8 * i) as i32, baseline: u32_at(phases, 8 * i + 4) })
                .collect(),
            targets: (at(4)..at(4) + at(5))
                .map(|i| Target { from: u32_at(targets, 16 * i) as i32, value: f64_at(targets, 16 * i + 8) })
                .collect(),
        });
    }
}

fn numbers(bytes: &[u8], data: &[u8], nulls: usize) -> Vec<f64> {
    let missing = |i: usize| nulls != 0 && bytes[nulls + i / 8] >> (i % 8) & 1 == 1;
    (0..data.len() / 8).map(|i| if missing(i) { f64::NAN } else { f64_at(data, 8 * i) }).collect()
}

fn state(v: u8) -> State {
    match v {
        0 => State::Final,
        1 => State::Provisional,
        2 => State::NotMeasured,
        3 => State::Suppressed,
        _ => State::Excluded,
    }
}

// ---- writing ----

struct Writer {
    out: Vec<u8>,
    strings: Vec<u8>,
    columns: Vec<u8>,
    sections: usize,
    rows: usize,
}

impl Writer {
    fn begin(&mut self) -> usize {
        while self.out.len() % 8 != 0 {
            self.out.push(0);
        }
        self.out.len()
    }

    fn end(&mut self, tag: &[u8], offset: usize) {
        let at = 16 + 16 * self.sections;
        let length = self.out.len() - offset;
        self.out[at..at + 4].copy_from_slice(tag);
        self.out[at + 8..at + 12].copy_from_slice(&(offset as u32).to_le_bytes());
        self.out[at + 12..at + 16].copy_from_slice(&(length as u32).to_le_bytes());
        self.sections += 1;
    }

    fn u32(&mut self, v: u32) {
        self.out.extend_from_slice(&v.to_le_bytes());
    }

    fn text(&mut self, s: &str) {
        let reference = self.reference(s);
        self.out.extend_from_slice(&reference);
    }

    fn reference(&mut self, s: &str) -> [u8; 8] {
        let mut to = [0; 8];
        if !s.is_empty() {
            to[..4].copy_from_slice(&(self.strings.len() as u32).to_le_bytes());
            to[4..].copy_from_slice(&(s.len() as u32).to_le_bytes());
            self.strings.extend_from_slice(s.as_bytes());
        }
        to
    }

    fn column(&mut self, name: &str, kind: u32, offset: usize, width: usize, nulls: Option<&[u8]>) {
        let mut bitmap = 0;
        if let Some(nulls) = nulls {
            bitmap = self.begin();
            self.out.extend_from_slice(nulls);
        }
        let reference = self.reference(name);
        self.columns.extend_from_slice(&reference);
        for v in [kind, offset as u32, (self.rows * width) as u32, bitmap as u32, self.rows as u32, 0] {
            self.columns.extend_from_slice(&v.to_le_bytes());
        }
    }

    /// One column of numbers of all charts; left out where it is missing throughout.
    fn numbers(&mut self, name: &str, charts: &[Chart], pick: fn(&Chart) -> &[f64]) {
        let all: Vec<f64> = charts.iter().flat_map(|c| pick(c).iter().copied()).collect();
        assert!(all.len() == self.rows, "column {} has {} values for {} points", name, all.len(), self.rows);
        if all.iter().all(|v| v.is_nan()) {
            return;
        }
        let offset = self.begin();
        let mut nulls = vec![0u8; (self.rows + 7) / 8];
        let mut missing = false;
        for (row, v) in all.iter().enumerate() {
            if v.is_nan() {
                nulls[row / 8] |= 1 << (row % 8);
                missing = true;
                self.out.extend_from_slice(&[0; 8]);
            } else {
                self.out.extend_from_slice(&v.to_le_bytes());
            }
        }
        self.column(name, 1, offset, 8, if missing { Some(&nulls) } else { None });
    }
}

fn write(status: u16, message: &str, charts: &[Chart], dates: bool) -> Vec<u8> {
    let mut w = Writer { out: vec![0; 16 + 7 * 16], strings: Vec::new(), columns: Vec::new(), sections: 0, rows: 0 };
    let offset = w.begin();
    w.out.extend_from_slice(message.as_bytes());
    w.end(b"MESG", offset);
    write_charts(&mut w, charts);
    write_signals_and_notes(&mut w, charts);
    write_columns(&mut w, charts, dates);
    let offset = w.begin();
    let columns = std::mem::take(&mut w.columns);
    w.out.extend_from_slice(&columns);
    w.end(b"COLS", offset);
    let offset = w.begin();
    let strings = std::mem::take(&mut w.strings);
    w.out.extend_from_slice(&strings);
    w.end(b"STRS", offset);
    let total = w.begin() as u32;
    w.out[..4].copy_from_slice(b"SBX1");
    w.out[4..6].copy_from_slice(&2u16.to_le_bytes());
    w.out[6..8].copy_from_slice(&status.to_le_bytes());
    w.out[8..12].copy_from_slice(&total.to_le_bytes());
    let sections = (w.sections as u32).to_le_bytes();
    w.out[12..16].copy_from_slice(&sections);
    w.out
}

fn write_charts(w: &mut Writer, charts: &[Chart]) {
    let offset = w.begin();
    let (mut row, mut phase) = (0, 0);
    for c in charts {
        let aimed = !c.target.is_nan();
        w.u32(c.series as u32);
        let (variation, assurance) = (c.variation as u8, c.assurance as u8);
        w.out.extend_from_slice(&[c.kind as u8, 0, c.direction as u8, variation, assurance, aimed as u8, 0, 0]);
        for v in [row, c.x.len(), phase, c.phases.len(), 0] {
            w.u32(v as u32);
        }
        w.out.extend_from_slice(&(if aimed { c.target } else { 0.0 }).to_le_bytes());
        row += c.x.len();
        phase += c.phases.len();
    }
    w.end(b"CHRT", offset);
    w.rows = row;
    let offset = w.begin();
    for p in charts.iter().flat_map(|c| &c.phases) {
        let runs = [p.points, p.useful, p.longest_run, p.longest_run_max, p.crossings, p.crossings_min, p.runs, p.runs_low, p.runs_high];
        for v in runs {
            w.u32(v as u32);
        }
        w.u32(p.signal as u32);
    }
    w.end(b"STAT", offset);
}

fn write_signals_and_notes(w: &mut Writer, charts: &[Chart]) {
    let used = charts.iter().flat_map(|c| &c.signals).fold(0, |all, s| all | s);
    let offset = w.begin();
    for (bit, name) in SIGNAL_NAMES.iter().enumerate() {
        if used >> bit & 1 == 1 {
            w.u32(bit as u32);
            w.u32(0);
            w.text(name);
        }
    }
    w.end(b"SIGN", offset);
    let offset = w.begin();
    for (i, c) in charts.iter().enumerate() {
        for note in &c.notes {
            w.u32(i as u32);
            w.u32(0);
            w.text(&note.code);
            w.text(&note.text);
        }
    }
    w.end(b"NOTE", offset);
}

fn write_columns(w: &mut Writer, charts: &[Chart], dates: bool) {
    let offset = w.begin();
    for x in charts.iter().flat_map(|c| &c.x) {
        w.u32(*x as u32);
    }
    w.column("x", if dates && !charts.is_empty() { 2 } else { 3 }, offset, 4, None);
    w.numbers("y", charts, |c| &c.y);
    w.numbers("n", charts, |c| &c.n);
    w.numbers("centre", charts, |c| &c.centre);
    w.numbers("lower", charts, |c| &c.lower);
    w.numbers("upper", charts, |c| &c.upper);
    w.numbers("near_lower", charts, |c| &c.near_lower);
    w.numbers("near_upper", charts, |c| &c.near_upper);
    let offset = w.begin();
    for phase in charts.iter().flat_map(|c| &c.phase) {
        w.u32(*phase as u32);
    }
    w.column("phase", 3, offset, 4, None);
    let offset = w.begin();
    for signals in charts.iter().flat_map(|c| &c.signals) {
        w.u32(*signals);
    }
    w.column("signals", 5, offset, 4, None);
    let offset = w.begin();
    for cause in charts.iter().flat_map(|c| &c.causes) {
        w.out.push(*cause as u8);
    }
    w.column("cause", 4, offset, 1, None);
}
