use super::super::{CompiledWindow, check_calendar};
use super::*;

fn error(lines: &str) -> String {
    check_calendar(&calendar_text(lines)).map_or_else(|error| error.message, |()| panic!("no error in {lines}"))
}

#[test]
fn g7_a_whole_day_is_a_day_in_the_zone_of_the_window() {
    let lines = "BEGIN:VEVENT\nUID:1\nSUMMARY:Ohi Day\nDTSTART;VALUE=DATE:20261028\nEND:VEVENT";
    let window = calendar_window("Europe/Athens", lines);
    assert_eq!(changes(&window, "2026-10-01T00:00:00", 3), ["closed 2026-10-27T22:00:00", "open 2026-10-28T22:00:00", "never"]);
    assert_eq!(reason(&window, "2026-10-28T12:00:00"), "denied by holidays.ics: Ohi Day");
}

#[test]
fn g7_several_days_end_before_the_day_of_dtend() {
    let lines = "BEGIN:VEVENT\nUID:1\nDTSTART;VALUE=DATE:20261224\nDTEND;VALUE=DATE:20261227\nEND:VEVENT";
    assert_eq!(
        changes(&calendar_window("UTC", lines), "2026-12-01T00:00:00", 2),
        ["closed 2026-12-24T00:00:00", "open 2026-12-27T00:00:00"]
    );
    assert_eq!(reason(&calendar_window("UTC", lines), "2026-12-24T12:00:00"), "denied by holidays.ics");
}

#[test]
fn g7_times_are_read_in_utc_in_a_named_zone_or_in_the_windows() {
    let at = |start: &str, end: &str| {
        let lines = format!("BEGIN:VEVENT\n{start}\n{end}\nEND:VEVENT");
        changes(&calendar_window("Asia/Tokyo", &lines), "2026-06-01T00:00:00", 2)
    };
    assert_eq!(at("DTSTART:20260610T100000Z", "DTEND:20260610T113000Z"), ["closed 2026-06-10T10:00:00", "open 2026-06-10T11:30:00"]);
    assert_eq!(
        at("DTSTART;TZID=America/New_York:20260610T100000", "DTEND;TZID=\"Europe/Athens\":20260610T180000"),
        ["closed 2026-06-10T14:00:00", "open 2026-06-10T15:00:00"]
    );
    assert_eq!(at("DTSTART:20260610T100000", "DURATION:PT1H30M"), ["closed 2026-06-10T01:00:00", "open 2026-06-10T02:30:00"]);
    assert_eq!(at("dtstart:20260610T100000", "duration:P1W"), ["closed 2026-06-10T01:00:00", "open 2026-06-17T01:00:00"]);
}

#[test]
fn g7_a_repeating_event_keeps_its_time_on_the_clock_across_a_change() {
    let lines = "BEGIN:VEVENT\nDTSTART;TZID=Europe/Athens:20260301T120000\nDTEND;TZID=Europe/Athens:20260301T130000\nRRULE:FREQ=WEEKLY;BYDAY=SU\nEND:VEVENT";
    let window = calendar_window("UTC", lines);
    assert_eq!(changes(&window, "2026-03-22T00:00:00", 4)[0], "closed 2026-03-22T10:00:00");
    assert_eq!(changes(&window, "2026-03-23T00:00:00", 2), ["closed 2026-03-29T09:00:00", "open 2026-03-29T10:00:00"]);
    assert_eq!(changes(&window, "2036-03-24T00:00:00", 1), ["closed 2036-03-30T09:00:00"], "ten years on");
}

#[test]
fn g7_every_year_every_month_with_count_and_until() {
    let starts = |rule: &str| -> Vec<String> {
        let lines = format!("BEGIN:VEVENT\nDTSTART;VALUE=DATE:20260131\nRRULE:{rule}\nEND:VEVENT");
        changes(&calendar_window("UTC", &lines), "2026-01-01T00:00:00", 6)
            .into_iter()
            .filter_map(|change| change.strip_prefix("closed ").map(|at| at[..10].to_owned()))
            .collect()
    };
    assert_eq!(starts("FREQ=YEARLY"), ["2026-01-31", "2027-01-31", "2028-01-31"]);
    assert_eq!(starts("FREQ=MONTHLY;BYMONTHDAY=-1"), ["2026-01-31", "2026-02-28", "2026-03-31"]);
    assert_eq!(starts("FREQ=MONTHLY;COUNT=2"), ["2026-01-31", "2026-03-31"], "February has no 31st");
    assert_eq!(starts("FREQ=DAILY;INTERVAL=2;UNTIL=20260204"), ["2026-01-31", "2026-02-02", "2026-02-04"]);
}

#[test]
fn g7_until_in_utc_is_that_instant() {
    let lines =
        "BEGIN:VEVENT\nDTSTART;TZID=America/New_York:20260601T200000\nDURATION:PT1H\nRRULE:FREQ=DAILY;UNTIL=20260603T000000Z\nEND:VEVENT";
    // 20:00 on 2 June in New York is midnight in UTC, which is included.
    let window = calendar_window("UTC", lines);
    assert_eq!(
        changes(&window, "2026-06-01T00:00:00", 5),
        ["closed 2026-06-02T00:00:00", "open 2026-06-02T01:00:00", "closed 2026-06-03T00:00:00", "open 2026-06-03T01:00:00", "never"]
    );
}

#[test]
fn g7_exceptions_additions_and_replacements_of_a_series() {
    let lines = "BEGIN:VEVENT\nUID:series\nDTSTART:20260601T100000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=4\nEXDATE:20260602T100000Z\nRDATE:20260610T100000Z,20260611T100000Z\nEND:VEVENT\n\
        BEGIN:VEVENT\nUID:series\nRECURRENCE-ID:20260603T100000Z\nDTSTART:20260603T150000Z\nDURATION:PT1H\nEND:VEVENT\n\
        BEGIN:VEVENT\nUID:series\nRECURRENCE-ID:20260604T100000Z\nSTATUS:CANCELLED\nDTSTART:20260604T100000Z\nEND:VEVENT\n\
        BEGIN:VEVENT\nUID:other\nSTATUS:CANCELLED\nDTSTART:20260605T100000Z\nDURATION:PT1H\nEND:VEVENT";
    let closings: Vec<String> = changes(&calendar_window("UTC", lines), "2026-05-01T00:00:00", 20)
        .into_iter()
        .filter(|change| change.starts_with("closed"))
        .collect();
    assert_eq!(
        closings,
        ["closed 2026-06-01T10:00:00", "closed 2026-06-03T15:00:00", "closed 2026-06-10T10:00:00", "closed 2026-06-11T10:00:00"]
    );
}

#[test]
fn g7_a_time_that_does_not_exist_starts_when_the_clock_has_jumped() {
    let lines = "BEGIN:VEVENT\nDTSTART;TZID=America/New_York:20260308T023000\nDURATION:PT1H\nEND:VEVENT";
    assert_eq!(
        changes(&calendar_window("UTC", lines), "2026-03-01T00:00:00", 2),
        ["closed 2026-03-08T07:00:00", "open 2026-03-08T08:00:00"]
    );
    let days = "BEGIN:VEVENT\nDTSTART;TZID=America/New_York:20260307T120000\nDURATION:P1D\nEND:VEVENT";
    assert_eq!(
        changes(&calendar_window("UTC", days), "2026-03-01T00:00:00", 2),
        ["closed 2026-03-07T17:00:00", "open 2026-03-08T16:00:00"],
        "a day of 23 hours"
    );
}

#[test]
fn g7_folded_lines_escapes_alarms_and_foreign_components_are_read() {
    let lines = "X-WR-CALNAME:Holidays\nBEGIN:VTIMEZONE\nTZID:Europe/Athens\nBEGIN:STANDARD\nDTSTART:19701025T040000\nTZOFFSETFROM:+0300\nTZOFFSETTO:+0200\nEND:STANDARD\nEND:VTIMEZONE\n\
        BEGIN:VEVENT\nSUMMARY:Feast\\, with\n  a very long name\\; really\nDTSTART;VALUE=DATE:20260815\nBEGIN:VALARM\nTRIGGER:-PT15M\nDURATION:PT1M\nEND:VALARM\nEND:VEVENT";
    let window = calendar_window("Europe/Athens", lines);
    assert_eq!(reason(&window, "2026-08-15T12:00:00"), "denied by holidays.ics: Feast, with a very long name; really");
    assert_eq!(
        changes(&window, "2026-08-01T00:00:00", 2),
        ["closed 2026-08-14T21:00:00", "open 2026-08-15T21:00:00"],
        "the alarm's DURATION is not the event's"
    );
}

#[test]
fn g7_overlapping_events_are_one_closing_and_the_longest_is_named() {
    let lines = "BEGIN:VEVENT\nSUMMARY:short\nDTSTART:20260601T100000Z\nDURATION:PT2H\nEND:VEVENT\nBEGIN:VEVENT\nSUMMARY:long\nDTSTART:20260601T110000Z\nDURATION:PT5H\nEND:VEVENT";
    let window = calendar_window("UTC", lines);
    assert_eq!(changes(&window, "2026-06-01T00:00:00", 2), ["closed 2026-06-01T10:00:00", "open 2026-06-01T16:00:00"]);
    assert_eq!(reason(&window, "2026-06-01T11:30:00"), "denied by holidays.ics: long");
    assert_eq!(reason(&window, "2026-06-01T10:30:00"), "denied by holidays.ics: short");
}

#[test]
fn g7_an_event_longer_than_the_look_back_still_denies() {
    let lines = "BEGIN:VEVENT\nSUMMARY:freeze\nDTSTART;VALUE=DATE:20200101\nDTEND;VALUE=DATE:20300101\nEND:VEVENT";
    assert_eq!(reason(&calendar_window("UTC", lines), "2026-06-01T11:30:00"), "denied by holidays.ics: freeze");
}

#[test]
fn a_calendar_that_cannot_be_read_says_why() {
    let event = |lines: &str| error(&format!("BEGIN:VEVENT\n{lines}\nEND:VEVENT"));
    assert_eq!(event("SUMMARY:x"), "the event `x` has no DTSTART");
    assert_eq!(event("DTSTART:2026-12-24"), "DTSTART:2026-12-24 is not a time such as 20261224, 20261224T180000 or 20261224T180000Z");
    assert_eq!(
        event("DTSTART;TZID=W. Europe Standard Time:20261224T180000"),
        "DTSTART: TZID `W. Europe Standard Time` is not a time zone: write an IANA name such as Europe/Athens or UTC"
    );
    assert_eq!(event("DTSTART:20261224T180000Z\nDTEND:20261223T180000Z"), "the event ends before it begins");
    assert_eq!(event("DTSTART:20261224T180000Z\nDTEND;VALUE=DATE:20261225"), "DTSTART and DTEND must both be days or both be times");
    assert_eq!(event("DTSTART:20261224T180000Z\nDURATION:1h"), "`1h` is not a duration such as P1D or PT2H");
    assert_eq!(event("DTSTART:20261224T180000Z\nDURATION:PT"), "`PT` is not a duration such as P1D or PT2H");
    assert_eq!(
        event("DTSTART:20261224T180000Z\nRRULE:FREQ=SECONDLY"),
        "RRULE:FREQ=SECONDLY: a calendar that denies repeats by day, week, month or year"
    );
    assert!(event("DTSTART:20261224T180000Z\nRRULE:FREQ=SOMETIMES").starts_with("RRULE:FREQ=SOMETIMES: "));
    assert_eq!(
        event("DTSTART:20261224T180000Z\nRRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"),
        "RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30: it never happens"
    );
    assert_eq!(event("DTSTART:20261224T180000Z\nRRULE:FREQ=DAILY\nRRULE:FREQ=WEEKLY"), "an event has one RRULE at most");
    assert_eq!(event("just words"), "`just words` is not a calendar line such as DTSTART:20261224T180000Z");
    assert_eq!(error("BEGIN:VEVENT\nEND:VTODO"), "END:VTODO does not fit: expected END:VEVENT");
    assert_eq!(check_calendar("").unwrap_err().message, "this is not an iCalendar text: it has no BEGIN:VCALENDAR");
    assert_eq!(check_calendar("<html>").unwrap_err().message, "`<html>` is not a calendar line such as DTSTART:20261224T180000Z");
    let whole = calendar_text("BEGIN:VEVENT\nDTSTART:20261224\nEND:VEVENT");
    assert_eq!(check_calendar(&whole), Ok(()));
    let cut = check_calendar(whole.split("END:VCALENDAR").next().unwrap()).unwrap_err();
    assert_eq!(cut.message, "the calendar is cut off: END:VCALENDAR is missing");
    let place = check_calendar(&whole.replace("20261224", "today")).unwrap_err();
    assert_eq!(&whole[place.offset..place.offset + 7], "DTSTART");
}

#[test]
fn a_calendar_is_bounded_in_size_depth_and_repetitions() {
    let deep = "BEGIN:VEVENT\n".repeat(100_000 / 13);
    assert_eq!(error(&deep), "components nest deeper than 8");
    assert!(check_calendar(&" ".repeat((1 << 20) + 1)).unwrap_err().message.contains("larger than"));
    let daily = "BEGIN:VEVENT\nDTSTART:19700101T000000Z\nDURATION:PT1M\nRRULE:FREQ=DAILY\nEND:VEVENT\n".repeat(10);
    assert_eq!(error(&daily), "the events repeat more than 200000 times until 2050: start them later, or use a weekly rule");
    assert!(
        error("BEGIN:VEVENT\nDTSTART:20260101T000000Z\nRRULE:FREQ=DAILY;BYHOUR=1,2,3,4,5;BYMINUTE=1,2,3,4,5\nEND:VEVENT")
            .ends_with("it repeats more than 24 times a day")
    );
    let holidays = "BEGIN:VEVENT\nDTSTART:19700101\nRRULE:FREQ=YEARLY\nEND:VEVENT\n".repeat(200);
    assert_eq!(check_calendar(&calendar_text(&holidays)), Ok(()));
    let many = "BEGIN:VEVENT\nDTSTART:20260101\nEND:VEVENT\n".repeat(10_001);
    assert_eq!(error(&many), "the calendar has more than 10000 events");
}

#[test]
fn g7_asking_in_any_order_gives_the_same_answers() {
    let lines = "BEGIN:VEVENT\nDTSTART;TZID=Europe/Athens:20200301T120000\nDURATION:PT3H\nRRULE:FREQ=WEEKLY;BYDAY=SU\nEND:VEVENT";
    let window = calendar_window("UTC", lines);
    let compiled = CompiledWindow::new(&window).unwrap();
    for at in [
        "2026-03-22T11:00:00",
        "2031-03-22T11:00:00",
        "2020-03-01T09:00:00",
        "2026-03-22T11:00:00",
        "2028-08-08T08:08:08",
        "2019-01-01T00:00:00",
    ] {
        assert_eq!(compiled.state(utc(at)), super::super::state(&window, utc(at)), "{at}");
    }
}
