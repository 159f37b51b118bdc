//! A plugin to begin from: where the middle half of the figures lies, and which
//! lie far beyond it. The examples in Go, C and AssemblyScript compute the same
//! and give the same bytes.
//!
//! Its lines are the quartiles and Tukey's fences (Tukey, Exploratory Data
//! Analysis, 1977). It asks nothing of how the figures are distributed.
#[macro_use]
mod signalbox;
use signalbox::*;

/// How many figures a phase needs before it has lines.
const LEAST_POINTS: usize = 8;

entries! { "fences" => fences }

fn fences(q: &Question) -> Result<Vec<Chart>, Refusal> {
    let multiply = q.number("multiply", 1.0);
    let mut measured = 0;
    let mut charts = Vec::new();
    for series in 0..q.series.len() {
        let (values, denominators) = q.values(series)?;
        let mut c = q.chart(series, Kind::Custom);
        for (i, v) in values.iter().enumerate() {
            if !v.is_nan() {
                c.y[i] = v * multiply;
                measured += 1;
            }
        }
        if let Some(d) = denominators {
            c.n.copy_from_slice(d);
        }
        for (number, span) in q.spans(series).iter().enumerate() {
            lines(q, &mut c, number, span);
        }
        judge(&mut c);
        charts.push(c);
    }
    if measured == 0 {
        return Err(Refusal::Unsuited("Nothing was measured.".to_string()));
    }
    Ok(charts)
}

/// Draws the median, the quartiles and the fences of one phase.
fn lines(q: &Question, c: &mut Chart, number: usize, span: &Span) {
    let counted = (span.from..span.base_end()).filter(|i| !c.y[*i].is_nan() && q.counts(c.series, *i));
    let mut sorted: Vec<f64> = counted.map(|i| c.y[i]).collect();
    if sorted.len() < LEAST_POINTS {
        let text = format!("Phase {} has {} figures; lines are drawn from {}.", number + 1, sorted.len(), LEAST_POINTS);
        c.note("few_points", text);
        return;
    }
    sorted.sort_by(|a, b| a.partial_cmp(b).expect("no figure is missing"));
    let (low, middle, high) = (quantile(&sorted, 0.25), quantile(&sorted, 0.5), quantile(&sorted, 0.75));
    let fence = 1.5 * (high - low);
    for i in span.from..span.to {
        c.centre[i] = middle;
        c.near_lower[i] = low;
        c.near_upper[i] = high;
        c.lower[i] = low - fence;
        c.upper[i] = high + fence;
    }
}

/// Lies between the two figures beside its place (Hyndman and Fan 1996,
/// definition 7).
fn quantile(sorted: &[f64], p: f64) -> f64 {
    let place = p * (sorted.len() - 1) as f64;
    let i = place as usize;
    if i + 1 == sorted.len() {
        return sorted[i];
    }
    sorted[i] + (place - i as f64) * (sorted[i + 1] - sorted[i])
}

/// Marks the figures beyond the fences, and says what the last one means.
fn judge(c: &mut Chart) {
    for i in 0..c.y.len() {
        if c.y[i].is_nan() {
            continue;
        }
        c.causes[i] = Cause::Common;
        if c.y[i] > c.upper[i] {
            c.signals[i] = OUTSIDE_UPPER;
            c.causes[i] = cause_of(true, c.direction);
        } else if c.y[i] < c.lower[i] {
            c.signals[i] = OUTSIDE_LOWER;
            c.causes[i] = cause_of(false, c.direction);
        }
    }
    if let Some(last) = c.last() {
        if !c.centre[last].is_nan() {
            c.variation = variation_of(c.causes[last], c.direction);
        }
    }
}
