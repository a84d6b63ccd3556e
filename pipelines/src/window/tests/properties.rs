use chrono::{Datelike, TimeDelta, TimeZone, Timelike};
use chrono_tz::Tz;
use proptest::prelude::*;

use super::super::{CompiledWindow, check_calendar};
use super::*;

const DAYS_SCANNED: i64 = 9;

/// Zones and instants a few days before their clocks change in 2026 (or never do).
const CHANGES: &[(&str, &str)] = &[
    ("Europe/Athens", "2026-03-27T00:00:00"),
    ("Europe/Athens", "2026-10-22T00:00:00"),
    ("America/New_York", "2026-03-06T00:00:00"),
    ("America/New_York", "2026-10-30T00:00:00"),
    ("Australia/Lord_Howe", "2026-04-02T00:00:00"),
    ("Australia/Lord_Howe", "2026-10-01T00:00:00"),
    ("Asia/Beirut", "2026-03-26T00:00:00"),
    ("Asia/Beirut", "2026-10-22T00:00:00"),
    ("America/Havana", "2026-10-30T00:00:00"),
    ("Africa/Casablanca", "2026-02-12T00:00:00"),
    ("Pacific/Apia", "2011-12-28T00:00:00"),
    ("Asia/Kathmandu", "2026-06-01T00:00:00"),
    ("UTC", "2026-06-01T00:00:00"),
];

/// The rule, read straight from the clock.
fn active(rule: &WindowRule, zone: Tz, at: DateTime<Utc>) -> bool {
    let local = zone.from_utc_datetime(&at.naive_utc());
    match rule {
        WindowRule::Weekly { days, from_minute, to_minute } => {
            let today = u8::try_from(local.weekday().number_from_monday()).unwrap();
            let yesterday = (today + 5) % 7 + 1;
            let minute = u16::try_from(local.hour() * 60 + local.minute()).unwrap();
            if to_minute > from_minute {
                days.contains(&today) && (*from_minute..*to_minute).contains(&minute)
            } else {
                (days.contains(&today) && minute >= *from_minute) || (days.contains(&yesterday) && minute < *to_minute)
            }
        }
        WindowRule::Dates { first, last } => {
            let day = local.date_naive().to_string();
            *first <= day && day <= *last
        }
    }
}

fn open(windows: &[Window], at: DateTime<Utc>) -> bool {
    let any = |rules: &[WindowRule], zone: Tz| rules.iter().any(|rule| active(rule, zone, at));
    let zone = |window: &Window| window.timezone.parse().unwrap();
    let denied = windows.iter().any(|window| any(&window.deny, zone(window)));
    let has_allow = windows.iter().any(|window| !window.allow.is_empty());
    let allowed = windows.iter().any(|window| any(&window.allow, zone(window)));
    !denied && (!has_allow || allowed)
}

/// The first minute with another answer, within [`DAYS_SCANNED`].
fn scanned_change(windows: &[Window], at: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let now = open(windows, at);
    let minute = at - TimeDelta::seconds(at.timestamp().rem_euclid(60));
    (1..=DAYS_SCANNED * 1440).map(|minutes| minute + TimeDelta::minutes(minutes)).find(|at| open(windows, *at) != now)
}

fn weekly_rule() -> impl Strategy<Value = WindowRule> {
    let time = prop_oneof![0u16..=1439, (0u16..24).prop_map(|hour| hour * 60), 0u16..240];
    let to = prop_oneof![1u16..=1440, Just(1440), 1u16..240];
    let days = prop_oneof![
        prop::collection::btree_set(1u8..=7, 1..=7),
        Just((1..=7).collect()),
        Just([7].into_iter().collect()),
        Just([6, 7].into_iter().collect())
    ];
    (days, time, to)
        .prop_filter("a rule has a length", |(_, from, to)| from != to)
        .prop_map(|(days, from_minute, to_minute)| WindowRule::Weekly { days: days.into_iter().collect(), from_minute, to_minute })
}

fn rule(around: DateTime<Utc>) -> impl Strategy<Value = WindowRule> {
    let date = move |days: i64| (around + TimeDelta::days(days)).date_naive().to_string();
    prop_oneof![
        4 => weekly_rule(),
        1 => (0i64..8, 0i64..4).prop_map(move |(first, length)| WindowRule::Dates { first: date(first), last: date(first + length) }),
    ]
}

fn windows_and_instant() -> impl Strategy<Value = (Vec<Window>, DateTime<Utc>)> {
    prop::sample::select(CHANGES).prop_flat_map(|(zone, around)| {
        let around = utc(around);
        let other = prop::sample::select(CHANGES).prop_map(|(zone, _)| zone);
        let window = (
            prop_oneof![3 => Just(zone), 1 => other],
            prop::collection::vec(rule(around), 0..3),
            prop::collection::vec(rule(around), 0..3),
        )
            .prop_map(|(timezone, allow, deny)| window(timezone, &allow, &deny));
        let at = (0i64..5 * 86_400).prop_map(move |seconds| around + TimeDelta::seconds(seconds));
        (prop::collection::vec(window, 1..3), at)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn g7_state_and_next_change_are_what_a_minute_by_minute_scan_finds((windows, at) in windows_and_instant()) {
        let compiled: Vec<CompiledWindow> = windows.iter().map(|window| CompiledWindow::new(window).unwrap()).collect();
        let state = CompiledWindow::union_state(&compiled.iter().collect::<Vec<_>>(), at);
        prop_assert_eq!(state.is_open(), open(&windows, at));
        let change = match state {
            State::Open { closes_at } => closes_at,
            State::Closed { opens_at, .. } => opens_at,
        };
        match scanned_change(&windows, at) {
            Some(scanned) => prop_assert_eq!(change, Some(scanned)),
            None => prop_assert!(change.is_none_or(|change| change > at + TimeDelta::days(DAYS_SCANNED) - TimeDelta::minutes(1)), "{:?}", change),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_makes_the_parsers_panic(text in "\\PC{0,40}") {
        let _either = (super::super::parse_weekly(&text), super::super::parse_dates(&text), super::super::parse_timezone(&text), check_calendar(&text));
    }

    #[test]
    fn no_calendar_panics(lines in prop::collection::vec(prop::sample::select(LINES), 0..8), noise in "[A-Z0-9;:=,TZ+-]{0,12}", cut in 0usize..400) {
        let text = calendar_text(&format!("BEGIN:VEVENT\nDTSTART;TZID=Europe/Athens:20260301T023000\n{}\n{noise}\nEND:VEVENT", lines.join("\n")));
        let _either = check_calendar(&text);
        let cut: String = text.chars().take(cut).collect();
        prop_assert!(check_calendar(&cut).is_err() || cut.len() == text.len() || text.trim_end() == cut.trim_end());
        let sound = calendar_text(&format!("BEGIN:VEVENT\nDTSTART;TZID=Europe/Athens:20260301T023000\n{}\nEND:VEVENT", lines.join("\n")));
        if check_calendar(&sound).is_ok() {
            let calendar = Calendar { path: "x.ics".to_owned(), text: sound };
            let window = Window { timezone: "Asia/Beirut".to_owned(), allow: vec![], deny: vec![], deny_calendars: vec![calendar] };
            let compiled = CompiledWindow::new(&window).unwrap();
            for at in ["2026-03-01T00:29:59", "2026-03-29T00:30:00", "2030-01-01T00:00:00"] {
                let state = compiled.state(utc(at));
                let change = match &state { State::Open { closes_at } => *closes_at, State::Closed { opens_at, .. } => *opens_at };
                if let Some(change) = change {
                    prop_assert!(change > utc(at));
                    prop_assert_ne!(compiled.state(change).is_open(), state.is_open());
                    prop_assert_eq!(compiled.state(change - TimeDelta::seconds(1)).is_open(), state.is_open());
                }
            }
        }
    }
}

const LINES: &[&str] = &[
    "DTEND;TZID=Europe/Athens:20260301T043000",
    "DTEND:20260302T000000Z",
    "DURATION:PT1H",
    "DURATION:P1DT2H",
    "DURATION:P999999W",
    "SUMMARY:x",
    "RRULE:FREQ=DAILY",
    "RRULE:FREQ=WEEKLY;BYDAY=SU,MO",
    "RRULE:FREQ=MONTHLY;BYDAY=-1SU",
    "RRULE:FREQ=YEARLY;BYWEEKNO=53",
    "RRULE:FREQ=DAILY;COUNT=3",
    "RRULE:FREQ=DAILY;UNTIL=20260401T000000Z",
    "RRULE:FREQ=YEARLY;BYSETPOS=-1;BYDAY=MO;BYMONTH=5",
    "RRULE:FREQ=DAILY;INTERVAL=0",
    "RRULE:FREQ=DAILY;INTERVAL=65535",
    "RRULE:FREQ=DAILY;BYHOUR=2,3;BYMINUTE=30",
    "RRULE:",
    "RRULE:FREQ=DAILY;COUNT=0",
    "EXDATE;TZID=Europe/Athens:20260301T023000",
    "EXDATE;VALUE=DATE:20260302",
    "RDATE:20260305T000000Z",
    "RECURRENCE-ID:20260301T003000Z",
    "STATUS:CANCELLED",
    "STATUS:CONFIRMED",
    "BEGIN:VALARM",
    "END:VALARM",
    "END:VEVENT",
    "BEGIN:VEVENT",
    "DTSTART:19700101",
    " folded",
    "TZID:x",
    "",
];
