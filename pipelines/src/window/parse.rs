use chrono::NaiveDate;
use chrono_tz::Tz;

use super::Error;
use crate::plan::WindowRule;

const DAYS: [&str; 7] = ["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"];
const MINUTES_A_DAY: u16 = 1440;

/// `MON-THU 09:00-16:00`, `MON,WED 09:00-12:00`, `SAT-SUN 00:00-24:00`, `FRI 22:00-06:00` (into Saturday);
/// without days: every day. Upper or lower case.
///
/// # Errors
/// The first part that does not fit.
pub fn parse_weekly(text: &str) -> Result<WindowRule, Error> {
    let words = words_of(text);
    let (days, times) = match words.as_slice() {
        [(offset, times)] => (vec![1, 2, 3, 4, 5, 6, 7], (*offset, *times)),
        [(offset, days), times] => (parse_days(*offset, days)?, *times),
        [] => return Err(Error::new(0, "the rule is empty: write one such as `MON-THU 09:00-16:00`")),
        [_, _, (offset, _), ..] => return Err(Error::new(*offset, "expected days and times only, such as `MON-THU 09:00-16:00`")),
    };
    let (offset, times) = times;
    let Some((from, to)) = times.split_once('-') else {
        return Err(Error::new(offset, format!("`{times}` is not a time of day from and to: write it as `09:00-16:00`")));
    };
    let from_minute = parse_time(offset, from)?;
    let to_offset = offset + from.len() + 1;
    let to_minute = parse_time(to_offset, to)?;
    if from_minute == MINUTES_A_DAY {
        return Err(Error::new(offset, "a rule cannot start at 24:00: write 00:00 of the next day"));
    }
    if from_minute == to_minute {
        return Err(Error::new(to_offset, "the rule ends when it starts: write 00:00-24:00 for the whole day"));
    }
    Ok(WindowRule::Weekly { days, from_minute, to_minute })
}

/// `2026-12-20..2027-01-03`, both days included, or one day alone.
///
/// # Errors
/// A date that is none, or a last day before the first.
pub fn parse_dates(text: &str) -> Result<WindowRule, Error> {
    let trimmed = text.trim();
    let offset = text.len() - text.trim_start().len();
    let (first, last, last_offset) = match trimmed.split_once("..") {
        Some((first, last)) => (first, last, offset + first.len() + 2),
        None => (trimmed, trimmed, offset),
    };
    let (first, last) = (first.trim_end(), last.trim());
    let first_day = parse_date(offset, first)?;
    let last_day = parse_date(last_offset, last)?;
    if last_day < first_day {
        return Err(Error::new(last_offset, format!("the last day, {last}, lies before the first, {first}")));
    }
    Ok(WindowRule::Dates { first: first_day.to_string(), last: last_day.to_string() })
}

/// An IANA name such as `Europe/Athens`.
///
/// # Errors
/// An unknown name, with the nearest known one.
pub fn parse_timezone(name: &str) -> Result<Tz, Error> {
    let Ok(zone) = name.parse::<Tz>() else {
        return Err(Error::new(0, format!("`{}` is not a time zone: {}", shortened(name), nearest_zone(name))));
    };
    Ok(zone)
}

/// A rule as [`parse_weekly`] or [`parse_dates`] reads it.
#[must_use]
pub fn rule_text(rule: &WindowRule) -> String {
    match rule {
        WindowRule::Weekly { days, from_minute, to_minute } => {
            let times = format!("{}-{}", time_text(*from_minute), time_text(*to_minute));
            let days = days_text(days);
            if days.is_empty() { times } else { format!("{days} {times}") }
        }
        WindowRule::Dates { first, last } if first == last => first.clone(),
        WindowRule::Dates { first, last } => format!("{first}..{last}"),
    }
}

/// The year is bounded so that no arithmetic on a date can leave the calendar.
pub(super) fn parse_date(offset: usize, text: &str) -> Result<NaiveDate, Error> {
    let shape = text.len() == 10
        && text.bytes().enumerate().all(|(at, byte)| if at == 4 || at == 7 { byte == b'-' } else { byte.is_ascii_digit() });
    let date = if shape { text.parse::<NaiveDate>().ok() } else { None };
    date.filter(|date| *date >= NaiveDate::default())
        .ok_or_else(|| Error::new(offset, format!("`{}` is not a date from 1970 on: write it as 2026-12-31", shortened(text))))
}

fn words_of(text: &str) -> Vec<(usize, &str)> {
    text.split_whitespace().map(|word| (word.as_ptr() as usize - text.as_ptr() as usize, word)).collect()
}

fn parse_days(offset: usize, text: &str) -> Result<Vec<u8>, Error> {
    let mut days = std::collections::BTreeSet::new();
    let mut position = offset;
    for item in text.split(',') {
        match item.split_once('-') {
            None => {
                days.insert(parse_day(position, item)?);
            }
            Some((first, last)) => {
                let first_day = parse_day(position, first)?;
                let last_day = parse_day(position + first.len() + 1, last)?;
                let mut day = first_day;
                days.insert(day);
                while day != last_day {
                    day = day % 7 + 1;
                    days.insert(day);
                }
            }
        }
        position += item.len() + 1;
    }
    Ok(days.into_iter().collect())
}

fn parse_day(offset: usize, text: &str) -> Result<u8, Error> {
    DAYS.iter()
        .zip(1..)
        .find(|(name, _)| name.eq_ignore_ascii_case(text))
        .map(|(_, day)| day)
        .ok_or_else(|| Error::new(offset, format!("`{}` is not a day: write MON, TUE, WED, THU, FRI, SAT or SUN", shortened(text))))
}

fn parse_time(offset: usize, text: &str) -> Result<u16, Error> {
    let wrong = || Error::new(offset, format!("`{}` is not a time of day: write it as 09:00, up to 24:00", shortened(text)));
    let (hours, minutes) = text.split_once(':').ok_or_else(wrong)?;
    let two_digits =
        |part: &str| if part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit()) { part.parse::<u16>().ok() } else { None };
    let hours = two_digits(hours).ok_or_else(wrong)?;
    let minutes = two_digits(minutes).filter(|minutes| *minutes < 60).ok_or_else(wrong)?;
    let minute = hours * 60 + minutes;
    if minute <= MINUTES_A_DAY { Ok(minute) } else { Err(wrong()) }
}

fn time_text(minute: u16) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

/// `MON-THU`, `MON,WED`; empty for all seven.
fn days_text(days: &[u8]) -> String {
    let names: Vec<&str> = days.iter().filter_map(|day| DAYS.get(usize::from(*day).wrapping_sub(1)).copied()).collect();
    let consecutive = days.windows(2).all(|pair| pair[1] == pair[0] + 1);
    match names.as_slice() {
        all if all.len() == 7 => String::new(),
        [first, .., last] if consecutive && names.len() > 2 => format!("{first}-{last}"),
        _ => names.join(","),
    }
}

fn nearest_zone(name: &str) -> String {
    let fits = |zone: &&Tz| zone.name().rsplit('/').next().is_some_and(|city| city.eq_ignore_ascii_case(name));
    let near = chrono_tz::TZ_VARIANTS.iter().find(fits).or_else(|| {
        let distance = |zone: &&Tz| strsim::damerau_levenshtein(&zone.name().to_ascii_lowercase(), &name.to_ascii_lowercase());
        if name.len() > 64 { None } else { chrono_tz::TZ_VARIANTS.iter().min_by_key(distance).filter(|zone| distance(zone) <= 4) }
    });
    match near {
        Some(zone) => format!("did you mean {}?", zone.name()),
        None => "write an IANA name such as Europe/Athens or UTC".to_owned(),
    }
}

/// Enough of a wrong text to recognise it.
pub(super) fn shortened(text: &str) -> String {
    if text.chars().count() <= 40 { text.to_owned() } else { text.chars().take(40).chain(['…']).collect() }
}
