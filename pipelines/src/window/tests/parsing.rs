use super::super::{parse_dates, parse_timezone, parse_weekly, rule_text};
use crate::plan::WindowRule;

fn days_of(text: &str) -> Vec<u8> {
    match parse_weekly(text) {
        Ok(WindowRule::Weekly { days, .. }) => days,
        other => panic!("{text}: {other:?}"),
    }
}

fn weekly_error(text: &str) -> String {
    parse_weekly(text).map_or_else(|error| format!("{}: {error}", error.offset), |rule| panic!("{text} is {rule:?}"))
}

fn dates_error(text: &str) -> String {
    parse_dates(text).map_or_else(|error| format!("{}: {error}", error.offset), |rule| panic!("{text} is {rule:?}"))
}

#[test]
fn weekly_rules_are_read() {
    assert_eq!(parse_weekly("MON-THU 09:00-16:00"), Ok(WindowRule::Weekly { days: vec![1, 2, 3, 4], from_minute: 540, to_minute: 960 }));
    assert_eq!(parse_weekly(" mon,WED  22:00-06:00 "), Ok(WindowRule::Weekly { days: vec![1, 3], from_minute: 1320, to_minute: 360 }));
    assert_eq!(parse_weekly("00:00-24:00"), Ok(WindowRule::Weekly { days: vec![1, 2, 3, 4, 5, 6, 7], from_minute: 0, to_minute: 1440 }));
    assert_eq!(days_of("SAT-SUN 00:00-24:00"), [6, 7]);
    assert_eq!(days_of("FRI-MON 00:00-24:00"), [1, 5, 6, 7]);
    assert_eq!(days_of("MON-TUE,TUE,SUN 00:00-24:00"), [1, 2, 7]);
}

#[test]
fn wrong_weekly_rules_say_where_and_what_was_expected() {
    assert_eq!(weekly_error(""), "0: the rule is empty: write one such as `MON-THU 09:00-16:00`");
    assert_eq!(weekly_error("MON-THU"), "0: `MON` is not a time of day: write it as 09:00, up to 24:00");
    assert_eq!(weekly_error("MON-DAY 09:00-16:00"), "4: `DAY` is not a day: write MON, TUE, WED, THU, FRI, SAT or SUN");
    assert_eq!(weekly_error("MON,,TUE 09:00-16:00"), "4: `` is not a day: write MON, TUE, WED, THU, FRI, SAT or SUN");
    assert_eq!(weekly_error("MON 9:00-16:00"), "4: `9:00` is not a time of day: write it as 09:00, up to 24:00");
    assert_eq!(weekly_error("MON 09:00-24:01"), "10: `24:01` is not a time of day: write it as 09:00, up to 24:00");
    assert_eq!(weekly_error("MON 09:00"), "4: `09:00` is not a time of day from and to: write it as `09:00-16:00`");
    assert_eq!(weekly_error("MON 09:00-09:00"), "10: the rule ends when it starts: write 00:00-24:00 for the whole day");
    assert_eq!(weekly_error("MON 24:00-09:00"), "4: a rule cannot start at 24:00: write 00:00 of the next day");
    assert_eq!(weekly_error("MON 09:00-10:00 UTC"), "16: expected days and times only, such as `MON-THU 09:00-16:00`");
    assert_eq!(weekly_error("MÖN 09:00-10:00"), "0: `MÖN` is not a day: write MON, TUE, WED, THU, FRI, SAT or SUN");
}

#[test]
fn dated_rules_are_read() {
    let dates = |first: &str, last: &str| Ok(WindowRule::Dates { first: first.to_owned(), last: last.to_owned() });
    assert_eq!(parse_dates("2026-12-20..2027-01-03"), dates("2026-12-20", "2027-01-03"));
    assert_eq!(parse_dates(" 2026-12-20 .. 2026-12-20 "), dates("2026-12-20", "2026-12-20"));
    assert_eq!(parse_dates("2028-02-29"), dates("2028-02-29", "2028-02-29"));
}

#[test]
fn wrong_dates_say_where() {
    assert_eq!(dates_error("2026-02-29"), "0: `2026-02-29` is not a date from 1970 on: write it as 2026-12-31");
    assert_eq!(dates_error("2026-12-20..2026-12-1"), "12: `2026-12-1` is not a date from 1970 on: write it as 2026-12-31");
    assert_eq!(dates_error("2027-01-03..2026-12-20"), "12: the last day, 2026-12-20, lies before the first, 2027-01-03");
    assert_eq!(dates_error("+26-12-200"), "0: `+26-12-200` is not a date from 1970 on: write it as 2026-12-31");
}

#[test]
fn time_zones_are_iana_names_and_near_ones_are_suggested() {
    let error = |name: &str| parse_timezone(name).map_or_else(|error| error.message, |zone| panic!("{zone}"));
    assert!(parse_timezone("Europe/Athens").is_ok() && parse_timezone("UTC").is_ok());
    assert_eq!(error("athens"), "`athens` is not a time zone: did you mean Europe/Athens?");
    assert_eq!(error("Europe/Atens"), "`Europe/Atens` is not a time zone: did you mean Europe/Athens?");
    assert_eq!(
        error("W. Europe Standard Time"),
        "`W. Europe Standard Time` is not a time zone: write an IANA name such as Europe/Athens or UTC"
    );
    assert!(error(&"x".repeat(10_000)).len() < 200);
}

#[test]
fn a_rule_is_written_as_it_is_read() {
    for text in ["MON-THU 09:00-16:00", "MON,WED 22:00-06:00", "SAT,SUN 00:00-24:00", "09:00-10:00", "FRI 08:05-09:10"] {
        assert_eq!(rule_text(&parse_weekly(text).unwrap()), text);
    }
    for text in ["2026-12-20..2027-01-03", "2026-12-20"] {
        assert_eq!(rule_text(&parse_dates(text).unwrap()), text);
    }
}
