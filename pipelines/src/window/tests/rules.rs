use super::super::{CompiledWindow, State, state, union_state};
use super::*;

#[test]
fn g7_a_window_without_rules_is_always_open() {
    assert_eq!(state(&window("UTC", &[], &[]), utc("2026-06-01T00:00:00")), State::Open { closes_at: None });
}

#[test]
fn g7_an_allow_rule_is_open_within_its_times_in_its_zone() {
    let window = window("Europe/Athens", &[weekly("MON-THU 09:00-16:00")], &[]);
    // Athens is three hours ahead in summer; 2026-06-04 is a Thursday.
    assert_eq!(
        changes(&window, "2026-06-04T05:59:59", 4),
        ["open 2026-06-04T06:00:00", "closed 2026-06-04T13:00:00", "open 2026-06-08T06:00:00", "closed 2026-06-08T13:00:00"]
    );
    assert_eq!(reason(&window, "2026-06-05T10:00:00"), "outside the allowed times: MON-THU 09:00-16:00 (Europe/Athens)");
}

#[test]
fn g7_the_last_second_counts_and_the_end_does_not() {
    let window = window("UTC", &[weekly("MON 09:00-10:00")], &[]);
    let open = |at: &str| state(&window, utc(at)).is_open();
    assert!(
        !open("2026-06-01T08:59:59.999") && open("2026-06-01T09:00:00") && open("2026-06-01T09:59:59.999") && !open("2026-06-01T10:00:00")
    );
}

#[test]
fn g7_a_deny_closes_what_an_allow_opens() {
    let window = window("UTC", &[weekly("00:00-24:00")], &[weekly("FRI 12:00-24:00"), weekly("SAT-SUN 00:00-24:00")]);
    assert_eq!(
        changes(&window, "2026-06-03T00:00:00", 3),
        ["closed 2026-06-05T12:00:00", "open 2026-06-08T00:00:00", "closed 2026-06-12T12:00:00"]
    );
    assert_eq!(reason(&window, "2026-06-05T13:00:00"), "denied FRI 12:00-24:00 (UTC)");
}

#[test]
fn g7_dates_run_from_the_start_of_the_first_day_to_the_end_of_the_last() {
    let window = window("America/New_York", &[], &[dated("2026-12-20..2027-01-03")]);
    assert_eq!(changes(&window, "2026-12-01T00:00:00", 3), ["closed 2026-12-20T05:00:00", "open 2027-01-04T05:00:00", "never"]);
    assert_eq!(reason(&window, "2026-12-25T00:00:00"), "denied 2026-12-20..2027-01-03 (America/New_York)");
}

#[test]
fn g7_an_overnight_rule_belongs_to_the_day_it_starts_on() {
    let window = window("UTC", &[weekly("SUN 22:00-06:00")], &[]);
    assert_eq!(
        changes(&window, "2026-06-06T00:00:00", 3),
        ["open 2026-06-07T22:00:00", "closed 2026-06-08T06:00:00", "open 2026-06-14T22:00:00"]
    );
}

#[test]
fn g7_touching_rules_are_one_opening() {
    let window = window("UTC", &[weekly("MON 20:00-24:00"), weekly("TUE 00:00-04:00"), weekly("TUE 03:00-05:00")], &[]);
    assert_eq!(changes(&window, "2026-06-01T00:00:00", 2), ["open 2026-06-01T20:00:00", "closed 2026-06-02T05:00:00"]);
    let always = super::window("UTC", &[weekly("00:00-24:00")], &[]);
    assert_eq!(changes(&always, "2026-06-01T00:00:00", 1), ["never"]);
}

#[test]
fn g7_a_rule_that_a_spring_change_skips_is_as_much_shorter() {
    // 2026-03-08 02:00 → 03:00 in New York; 2026-03-29 03:00 → 04:00 in Athens; both Sundays.
    let half = window("America/New_York", &[weekly("SUN 02:30-03:30")], &[]);
    assert_eq!(
        changes(&half, "2026-03-07T00:00:00", 4),
        ["open 2026-03-08T07:00:00", "closed 2026-03-08T07:30:00", "open 2026-03-15T06:30:00", "closed 2026-03-15T07:30:00"]
    );
    let whole = window("Europe/Athens", &[weekly("SUN 03:00-04:00")], &[]);
    assert_eq!(changes(&whole, "2026-03-28T00:00:00", 2), ["open 2026-04-05T00:00:00", "closed 2026-04-05T01:00:00"]);
    let ends_inside = window("Europe/Athens", &[weekly("SUN 01:00-03:30")], &[]);
    assert_eq!(changes(&ends_inside, "2026-03-28T00:00:00", 2), ["open 2026-03-28T23:00:00", "closed 2026-03-29T01:00:00"]);
}

#[test]
fn g7_a_rule_within_the_hour_that_an_autumn_change_repeats_is_active_twice() {
    // 2026-11-01 02:00 → 01:00 in New York.
    let twice = window("America/New_York", &[weekly("SUN 01:15-01:45")], &[]);
    assert_eq!(
        changes(&twice, "2026-10-31T12:00:00", 4),
        ["open 2026-11-01T05:15:00", "closed 2026-11-01T05:45:00", "open 2026-11-01T06:15:00", "closed 2026-11-01T06:45:00"]
    );
    let around = window("America/New_York", &[weekly("SUN 00:30-02:30")], &[]);
    assert_eq!(changes(&around, "2026-10-31T12:00:00", 2), ["open 2026-11-01T04:30:00", "closed 2026-11-01T07:30:00"]);
}

#[test]
fn g7_an_overnight_rule_across_a_change_ends_at_its_time_on_the_clock() {
    let spring = window("Europe/Athens", &[weekly("SAT 22:00-06:00")], &[]);
    assert_eq!(changes(&spring, "2026-03-28T12:00:00", 2), ["open 2026-03-28T20:00:00", "closed 2026-03-29T03:00:00"]);
    assert_eq!(changes(&spring, "2026-10-24T12:00:00", 2), ["open 2026-10-24T19:00:00", "closed 2026-10-25T04:00:00"]);
}

#[test]
fn g7_half_an_hour_of_daylight_saving_is_right_too() {
    // Lord Howe: 2026-04-05 02:00 (+11) → 01:30 (+10:30); 2026-10-04 02:00 (+10:30) → 02:30 (+11).
    let autumn = window("Australia/Lord_Howe", &[weekly("SUN 01:00-02:00")], &[]);
    assert_eq!(changes(&autumn, "2026-04-04T00:00:00", 2), ["open 2026-04-04T14:00:00", "closed 2026-04-04T15:30:00"]);
    let spring = window("Australia/Lord_Howe", &[weekly("SUN 02:00-03:00")], &[]);
    assert_eq!(changes(&spring, "2026-10-03T00:00:00", 2), ["open 2026-10-03T15:30:00", "closed 2026-10-03T16:00:00"]);
}

#[test]
fn g7_a_day_whose_midnight_does_not_exist_starts_when_the_clock_has_jumped() {
    // Beirut, 2026-03-29: 00:00 → 01:00.
    let window = window("Asia/Beirut", &[], &[dated("2026-03-29")]);
    assert_eq!(changes(&window, "2026-03-28T00:00:00", 2), ["closed 2026-03-28T22:00:00", "open 2026-03-29T21:00:00"]);
}

#[test]
fn g7_the_union_needs_no_deny_anywhere_and_one_allow_somewhere() {
    let organisation = window("UTC", &[], &[dated("2026-06-02")]);
    let pipeline = window("UTC", &[weekly("MON-WED 09:00-12:00")], &[]);
    let stage = window("UTC", &[weekly("MON-FRI 11:00-15:00")], &[]);
    let at = |text: &str| union_state(&[&organisation, &pipeline, &stage], utc(text));
    assert_eq!(at("2026-06-01T09:30:00"), State::Open { closes_at: Some(utc("2026-06-01T15:00:00")) });
    assert_eq!(
        at("2026-06-01T15:00:00"),
        State::Closed {
            reason: "outside the allowed times: MON-WED 09:00-12:00 (UTC); MON-FRI 11:00-15:00 (UTC)".to_owned(),
            opens_at: Some(utc("2026-06-03T09:00:00")),
        }
    );
    assert_eq!(
        at("2026-06-02T10:00:00"),
        State::Closed { reason: "denied 2026-06-02 (UTC)".to_owned(), opens_at: Some(utc("2026-06-03T09:00:00")) }
    );
}

#[test]
fn g7_what_never_opens_within_the_horizon_says_so_soon() {
    let never = window("Europe/Athens", &[weekly("MON-THU 09:00-16:00")], &[weekly("MON-FRI 00:00-24:00")]);
    assert_eq!(changes(&never, "2026-06-06T00:00:00", 1), ["never"]);
    let far = window("UTC", &[dated("2027-06-10")], &[]);
    assert_eq!(changes(&far, "2026-06-01T00:00:00", 1), ["never"], "374 days ahead");
    assert_eq!(changes(&far, "2026-06-06T00:00:00", 1), ["open 2027-06-10T00:00:00"]);
}

#[test]
fn g7_a_window_that_cannot_be_read_is_closed_and_says_so() {
    let wrong = window("Europe/Athen", &[], &[]);
    let expected = "the window cannot be read: `Europe/Athen` is not a time zone: did you mean Europe/Athens?";
    assert_eq!(state(&wrong, utc("2026-06-01T00:00:00")), State::Closed { reason: expected.to_owned(), opens_at: None });
    let dates = window("UTC", &[], &[WindowRule::Dates { first: "2026-13-01".to_owned(), last: "2026-13-02".to_owned() }]);
    assert!(reason(&dates, "2026-06-01T00:00:00").starts_with("the window cannot be read: `2026-13-01` is not a date"));
}

#[test]
fn g7_the_ends_of_time_do_not_panic() {
    let all = [
        window("Pacific/Apia", &[weekly("MON 09:00-10:00")], &[dated("9999-12-31")]),
        calendar_window("UTC", "BEGIN:VEVENT\nDTSTART:20260101T000000Z\nDURATION:P1D\nRRULE:FREQ=YEARLY\nEND:VEVENT"),
    ];
    for window in &all {
        let compiled = CompiledWindow::new(window).unwrap();
        for at in [DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC, utc("9999-12-31T23:59:59"), utc("0001-01-01T00:00:00")] {
            let _either = compiled.state(at);
        }
    }
}
