//! Measures of digital programmes. Their figures are published a few times in as
//! many years: far too few to tell chance from change, so what is drawn is a
//! trajectory and never an SPC chart.
//!
//! The course runs straight from the first value to the first target that falls
//! due after it, on its date, from there straight to the next one, and level
//! behind the last. A value is on course where it has reached the course or lies
//! on its wanted side. No chance is considered in that, and the notes say so.
#[macro_use]
mod signalbox;
use signalbox::*;

/// From so many values on, an SPC chart has something to say.
const ENOUGH_FOR_SPC: usize = 12;

/// The mean length of a month in days; paces are told by the month.
const MONTH: f64 = 30.4375;

/// Whoever would get there later than in so many months does not get there.
const HORIZON: f64 = 600.0;

entries! { "trajectory" => trajectory }

fn trajectory(q: &Question) -> Result<Vec<Chart>, Refusal> {
    let multiply = q.number("multiply", 1.0);
    let mut charts = Vec::new();
    let mut measured = 0;
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
        draw(q, &mut c);
        charts.push(c);
    }
    if measured == 0 {
        return Err(Refusal::Unsuited("Nothing was measured.".to_string()));
    }
    Ok(charts)
}

/// A value or a target at its time, in days or steps.
#[derive(Clone, Copy)]
struct Mark {
    at: i32,
    value: f64,
}

/// Draws the course of one series, and says what there is to say of it.
fn draw(q: &Question, c: &mut Chart) {
    let counted = (0..c.y.len()).filter(|i| !c.y[*i].is_nan() && q.counts(c.series, *i));
    let values: Vec<Mark> = counted.map(|i| Mark { at: c.x[i], value: c.y[i] }).collect();
    if values.is_empty() {
        return;
    }
    let (first, last) = (values[0], values[values.len() - 1]);
    let course = course_from(&q.series[c.series].targets, first);
    if course.is_empty() {
        without_course(q, c, last);
    } else {
        for i in 0..c.x.len() {
            if c.x[i] >= first.at {
                c.centre[i] = height(&course, c.x[i]);
            }
        }
        let aim = course.iter().find(|m| m.at > first.at && m.at >= last.at);
        let aim = *aim.unwrap_or(&course[course.len() - 1]);
        if c.target.is_nan() {
            c.target = aim.value;
        }
        judge(q, c, &values, height(&course, last.at), aim);
    }
    let n = values.len();
    let text = if n < ENOUGH_FOR_SPC {
        format!("{}: too few to tell chance from change. This is no SPC chart.", count(n, "value"))
    } else {
        format!("{}: enough for an SPC chart, which would tell chance from change.", count(n, "value"))
    };
    c.note(if n < ENOUGH_FOR_SPC { "few_points" } else { "enough_points" }, text);
}

/// The corners of the course: the first value and the targets that fall due after
/// it. Where all were due before, the latest of them, level. Empty where no target
/// has a date.
fn course_from(targets: &[Target], first: Mark) -> Vec<Mark> {
    let mut dated: Vec<Mark> = targets.iter().filter(|t| t.from != 0).map(|t| Mark { at: t.from, value: t.value }).collect();
    dated.sort_by_key(|m| m.at);
    let mut corners = vec![first];
    corners.extend(dated.iter().filter(|m| m.at > first.at));
    if corners.len() > 1 {
        return corners;
    }
    dated.last().map(|due| vec![*due]).unwrap_or_default()
}

/// Where the course stands at a time that is not before its first corner.
fn height(course: &[Mark], at: i32) -> f64 {
    let next = match course.iter().position(|m| m.at > at) {
        Some(0) => return course[0].value,
        Some(next) => next,
        None => return course[course.len() - 1].value,
    };
    let (a, b) = (course[next - 1], course[next]);
    a.value + (b.value - a.value) * f64::from(at - a.at) / f64::from(b.at - a.at)
}

/// What can be said where there is no date to be on course for.
fn without_course(q: &Question, c: &mut Chart, last: Mark) {
    let text = match q.series[c.series].targets.last() {
        None => "No target has been set, so there is no course.".to_string(),
        Some(_) if reached(c.direction, last.value, c.target) => format!("{} reaches the target of {}.", number(last.value), number(c.target)),
        Some(_) => format!("No date has been set for the target of {}, so there is no course. {} is {} short of it.",
            number(c.target), number(last.value), number((c.target - last.value).abs())),
    };
    c.note("no_course", text);
}

/// Says whether the latest value lies on the course, and what pace would reach
/// the target on its date.
fn judge(q: &Question, c: &mut Chart, values: &[Mark], course: f64, aim: Mark) {
    let (first, last) = (values[0], values[values.len() - 1]);
    let at = |x: i32| if q.dates { format!("on {}", day(x)) } else { format!("at {}", x) };
    if values.len() > 1 {
        let apart = last.value - course;
        let lies = match (number(apart.abs()).as_str(), apart > 0.0) {
            ("0", _) => "lies on the course".to_string(),
            (by, true) => format!("lies {} above the course, which stands at {}", by, number(course)),
            (by, false) => format!("lies {} below the course, which stands at {}", by, number(course)),
        };
        let (code, word) = match c.direction {
            Direction::Neutral => ("course", ""),
            _ if reached(c.direction, last.value, course) => ("on_course", "On course: "),
            _ => ("behind", "Behind: "),
        };
        c.note(code, format!("{}{} {} {}.", word, number(last.value), at(last.at), lies));
    }
    let met = reached(c.direction, last.value, aim.value);
    if aim.at <= last.at {
        let word = if met { "was met" } else { "was missed" };
        if c.direction != Direction::Neutral {
            c.note("due", format!("The target of {} was due {} and {}.", number(aim.value), at(aim.at), word));
        }
        return;
    }
    if met && c.direction != Direction::Neutral {
        c.note("early", format!("The target of {}, due {}, is reached already.", number(aim.value), at(aim.at)));
        return;
    }
    let unit = if q.dates { MONTH } else { 1.0 };
    let needed = pace(last, aim, unit);
    let mut text = format!("To reach {} {} it takes {}.", number(aim.value), at(aim.at), rate(needed, q.dates));
    if values.len() > 1 {
        text += &format!(" From the first value to the latest it was {}.", rate(pace(first, last, unit), q.dates));
    }
    c.note("pace", text);
    if values.len() > 1 {
        expect(q, c, values, aim, unit);
    }
}

/// Says when the target would be reached at the pace of all values, and at that of
/// the last two: a range without any claim to chance.
fn expect(q: &Question, c: &mut Chart, values: &[Mark], aim: Mark, unit: f64) {
    let (before, last) = (values[values.len() - 2], values[values.len() - 1]);
    let when = |from: Mark| match arrival(pace(from, last, unit), last, aim, unit) {
        Some(x) if q.dates => format!("in {}", month(x)),
        Some(x) => format!("at {}", x),
        None => "never".to_string(),
    };
    let (all, lately) = (when(values[0]), when(before));
    let text = if values.len() == 2 || all == lately {
        format!("At the pace so far {} would be reached {}.", number(aim.value), all)
    } else {
        format!("At the pace of all values {} would be reached {}; at that of the last two, {}.", number(aim.value), all, lately)
    };
    c.note("expected", text);
}

/// When a pace would bring the latest value to the aim.
fn arrival(pace: f64, last: Mark, aim: Mark, unit: f64) -> Option<i32> {
    let left = aim.value - last.value;
    if pace == 0.0 || (left > 0.0) != (pace > 0.0) || left / pace > HORIZON {
        return None;
    }
    Some(last.at + (left / pace * unit).ceil() as i32)
}

/// The change from one mark to a later one, by the unit of time.
fn pace(from: Mark, to: Mark, unit: f64) -> f64 {
    (to.value - from.value) / f64::from(to.at - from.at) * unit
}

fn reached(wanted: Direction, value: f64, target: f64) -> bool {
    match wanted {
        Direction::Decrease => value <= target,
        _ => value >= target,
    }
}

// ---- words ----

fn count(n: usize, what: &str) -> String {
    format!("{} {}{}", n, what, if n == 1 { "" } else { "s" })
}

/// A number with one decimal, or with none where it would be 0.
fn number(v: f64) -> String {
    let text = format!("{:.1}", v);
    let text = text.strip_suffix(".0").unwrap_or(&text);
    (if text == "-0" { "0" } else { text }).to_string()
}

/// A pace with two decimals and the way it goes.
fn rate(v: f64, dates: bool) -> String {
    let per = if dates { "month" } else { "step" };
    match format!("{:.2}", v.abs()).as_str() {
        "0.00" => "no change".to_string(),
        size => format!("{} a {} {}", size, per, if v > 0.0 { "up" } else { "down" }),
    }
}

const MONTHS: [&str; 12] = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
];

/// Year, month from 1, and day of days since 1970-01-01, by eras of 400 years that
/// begin in March.
fn civil(days: i32) -> (i64, usize, i64) {
    let shifted = i64::from(days) + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    (year + 400 * era + i64::from(month <= 2), month as usize, day)
}

fn day(days: i32) -> String {
    let (year, month, day) = civil(days);
    format!("{} {} {}", day, MONTHS[month - 1], year)
}

fn month(days: i32) -> String {
    let (year, month, _) = civil(days);
    format!("{} {}", MONTHS[month - 1], year)
}
