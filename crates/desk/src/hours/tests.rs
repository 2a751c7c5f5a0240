use super::*;
use crate::time::{HOUR, MINUTE};

fn date(text: &str) -> Date {
    Date::parse(text).expect("a day")
}

/// `2026-03-29 02:30`, as clocks show it first.
fn at(text: &str) -> i64 {
    let (day, time) = text.split_once(' ').expect("a day and a time");
    LocalTime::new(date(day), u32::from(minutes(time)) * 60_000).expect("within a day").at()
}

fn minutes(time: &str) -> u16 {
    let (hour, minute) = time.split_once(':').expect("hours and minutes");
    hour.parse::<u16>().expect("hours") * 60 + minute.parse::<u16>().expect("minutes")
}

/// `08:00-12:30 14:00-18:00`
fn spans(text: &str) -> Vec<Span> {
    let span = |text: &str| {
        let (from, to) = text.split_once('-').expect("a span");
        Span { from: minutes(from), to: minutes(to) }
    };
    text.split_whitespace().map(span).collect()
}

fn week(days: [&str; 7]) -> Hours {
    Hours { week: days.map(spans).to_vec(), ..Hours::closed() }
}

/// Monday to Friday with a break, and Saturday morning.
fn pharmacy() -> Hours {
    let day = "08:00-13:00 14:30-18:30";
    let mut hours = week([day, day, day, day, day, "09:00-13:00", ""]);
    hours.state = Some(State::By);
    hours.exceptions = vec![
        Exception { first: date("2026-08-12"), last: date("2026-08-12"), spans: spans("08:00-10:00") },
        Exception { first: date("2026-08-10"), last: date("2026-08-22"), spans: Vec::new() },
        Exception { first: date("2026-10-03"), last: date("2026-10-03"), spans: spans("10:00-12:00") },
    ];
    assert_eq!(hours.check(), Ok(()));
    hours
}

#[test]
fn a_line_is_open_from_the_first_minute_of_a_span_until_before_its_last() {
    let hours = pharmacy();
    for (moment, is_open) in [
        ("2026-07-01 07:59", false),
        ("2026-07-01 08:00", true),
        ("2026-07-01 12:59", true),
        ("2026-07-01 13:00", false),
        ("2026-07-01 14:30", true),
        ("2026-07-01 18:30", false),
        ("2026-07-04 12:59", true),
        ("2026-07-04 15:00", false),
        ("2026-07-05 10:00", false),
    ] {
        assert_eq!(hours.is_open(at(moment)), is_open, "{moment}");
    }
    assert!(!hours.is_open(at("2026-07-01 08:00") - 1));
}

#[test]
fn exceptions_come_before_holidays_and_these_before_the_week() {
    let hours = pharmacy();
    for (moment, is_open) in [
        ("2026-08-11 09:00", false),
        // The first exception that holds the day counts.
        ("2026-08-12 09:00", true),
        ("2026-08-12 10:00", false),
        ("2026-08-22 10:00", false),
        ("2026-08-24 10:00", true),
        // Epiphany is a holiday in Bavaria; Assumption Day only in some communities of it.
        ("2026-01-06 10:00", false),
        ("2025-08-15 10:00", true),
        // Open on a holiday, since an exception says so.
        ("2026-10-03 11:00", true),
        ("2026-12-25 10:00", false),
    ] {
        assert_eq!(hours.is_open(at(moment)), is_open, "{moment}");
    }
    let catholic = Hours { catholic: true, ..pharmacy() };
    assert!(!catholic.is_open(at("2025-08-15 10:00")));
    let anywhere = Hours { state: None, ..pharmacy() };
    assert!(anywhere.is_open(at("2026-01-06 10:00")));
}

#[test]
fn the_next_change_is_found_over_nights_weekends_and_vacations() {
    let hours = pharmacy();
    for (moment, change, opens) in [
        ("2026-07-01 03:00", "2026-07-01 08:00", true),
        ("2026-07-01 08:00", "2026-07-01 13:00", false),
        ("2026-07-01 13:00", "2026-07-01 14:30", true),
        ("2026-07-03 18:30", "2026-07-04 09:00", true),
        ("2026-07-04 13:00", "2026-07-06 08:00", true),
        ("2026-08-12 10:00", "2026-08-24 08:00", true),
        ("2026-12-24 18:30", "2026-12-28 08:00", true),
        ("2026-12-31 18:30", "2027-01-02 09:00", true),
    ] {
        assert_eq!(hours.next_change(at(moment)), Some((at(change), opens)), "{moment}");
    }
}

#[test]
fn what_goes_on_past_midnight_has_no_change_there() {
    let bar = week(["", "", "", "", "18:00-24:00", "00:00-03:00 18:00-24:00", "00:00-03:00"]);
    assert_eq!(bar.check(), Ok(()));
    assert_eq!(bar.next_change(at("2026-07-03 20:00")), Some((at("2026-07-04 03:00"), false)));
    assert!(bar.is_open(at("2026-07-04 00:00")));
    assert!(bar.is_open(at("2026-07-04 00:00") - 1));
    // The same where spans of one day touch.
    let two = week(["08:00-12:00 12:00-16:00", "", "", "", "", "", ""]);
    assert_eq!(two.check(), Ok(()));
    assert_eq!(two.next_change(at("2026-07-06 09:00")), Some((at("2026-07-06 16:00"), false)));
}

#[test]
fn a_line_that_never_changes_has_no_next_change() {
    let always = week(["00:00-24:00"; 7]);
    assert!(always.is_open(at("2026-07-01 00:00")));
    assert_eq!(always.next_change(at("2026-07-01 12:00")), None);
    assert_eq!(Hours::closed().next_change(at("2026-07-01 12:00")), None);
    assert!(!Hours::closed().is_open(at("2026-07-01 12:00")));
    // One day in the year is found, one that is further away is not.
    let mut rarely = Hours::closed();
    let day = date("2027-07-01");
    rarely.exceptions.push(Exception { first: day, last: day, spans: spans("10:00-11:00") });
    assert_eq!(rarely.next_change(at("2026-06-30 12:00")), Some((at("2027-07-01 10:00"), true)));
    assert_eq!(rarely.next_change(at("2026-06-20 12:00")), None);
    let mut closes_once = always.clone();
    closes_once.exceptions.push(Exception { first: day, last: day, spans: Vec::new() });
    assert_eq!(closes_once.next_change(at("2026-07-01 12:00")), Some((at("2027-07-01 00:00"), false)));
}

#[test]
fn a_night_watch_is_an_hour_longer_or_shorter_when_clocks_change() {
    let watch = week(["00:00-06:00"; 7]);
    let of = |day: &str| {
        let begin = at(&format!("{day} 00:00"));
        (watch.open_millis_between(begin, begin + 12 * HOUR)) / HOUR
    };
    assert_eq!([of("2026-03-28"), of("2026-03-29"), of("2026-10-24"), of("2026-10-25")], [6, 5, 6, 7]);
    let night = at("2026-10-24 23:00");
    assert_eq!(watch.next_change(night), Some((night + HOUR, true)));
    assert_eq!(watch.next_change(night + HOUR), Some((night + 8 * HOUR, false)));
    assert_eq!(watch.after_open_millis(night, 7 * HOUR), Some(night + 8 * HOUR));
}

#[test]
fn times_that_are_skipped_or_repeated_open_and_close_once() {
    let odd = week(["", "", "", "", "", "", "02:15-02:45 03:00-04:00"]);
    // In March the first span is skipped whole.
    let forward = at("2026-03-29 03:00");
    assert_eq!(odd.next_change(forward - 3 * HOUR), Some((forward, true)));
    assert!(odd.is_open(forward) && !odd.is_open(forward - 1));
    let skipped = week(["", "", "", "", "", "", "02:15-02:45"]);
    assert_eq!(skipped.next_change(forward - 3 * HOUR), Some((at("2026-04-05 02:15"), true)));
    // In October it is there when clocks show it first, and not again.
    let first = at("2026-10-25 02:15");
    assert_eq!(odd.next_change(first - HOUR), Some((first, true)));
    assert_eq!(odd.next_change(first), Some((first + 30 * MINUTE, false)));
    assert!(!odd.is_open(first + HOUR));
    assert_eq!(odd.next_change(first + HOUR), Some((at("2026-10-25 03:00"), true)));
    // A span that begins in the gap begins at its end, and one that ends in the repeated hour ends when it is shown first.
    let rest = week(["", "", "", "", "", "", "02:30-04:00"]);
    assert_eq!(rest.open_millis_between(forward - HOUR, forward + 5 * HOUR), HOUR);
    let until = week(["", "", "", "", "", "", "01:00-02:30"]);
    assert_eq!(until.open_millis_between(first - 3 * HOUR, first + 5 * HOUR), 90 * MINUTE);
}

#[test]
fn open_time_is_counted_over_breaks_nights_and_holidays() {
    let hours = pharmacy();
    for (from, to, expected) in [
        ("2026-07-01 09:00", "2026-07-01 10:00", HOUR),
        ("2026-07-01 12:30", "2026-07-01 15:00", HOUR),
        ("2026-07-03 18:00", "2026-07-06 08:30", 5 * HOUR),
        ("2026-07-04 13:00", "2026-07-06 08:00", 0),
        ("2026-07-06 00:00", "2026-07-13 00:00", 49 * HOUR),
        ("2026-08-10 00:00", "2026-08-23 00:00", 2 * HOUR),
        ("2026-07-01 10:00", "2026-07-01 09:00", 0),
        ("2026-07-01 10:00", "2026-07-01 10:00", 0),
    ] {
        assert_eq!(hours.open_millis_between(at(from), at(to)), expected, "{from} to {to}");
    }
}

#[test]
fn a_waiting_time_in_opening_hours_ends_when_so_much_was_open() {
    let hours = pharmacy();
    for (from, wait, expected) in [
        ("2026-07-01 09:00", HOUR, "2026-07-01 10:00"),
        ("2026-07-01 12:30", HOUR, "2026-07-01 15:00"),
        ("2026-07-01 12:30", HOUR / 2, "2026-07-01 13:00"),
        ("2026-07-04 12:30", HOUR, "2026-07-06 08:30"),
        ("2026-07-04 15:00", 9 * HOUR, "2026-07-06 18:30"),
        ("2026-08-08 12:00", 2 * HOUR, "2026-08-12 09:00"),
    ] {
        assert_eq!(hours.after_open_millis(at(from), wait), Some(at(expected)), "{from}");
        assert_eq!(hours.open_millis_between(at(from), at(expected)), wait, "{from}");
    }
    let night = at("2026-07-01 03:00");
    assert_eq!(hours.after_open_millis(night, 0), Some(night));
    assert_eq!(hours.after_open_millis(night, -5), Some(night));
    assert_eq!(hours.after_open_millis(night, i64::MAX), None);
    assert_eq!(Hours::closed().after_open_millis(night, 1), None);
}

#[test]
fn openings_agree_with_what_is_open_at_every_quarter_of_a_year() {
    let hours = pharmacy();
    let (mut now, end) = (at("2026-01-01 00:00"), at("2027-01-01 00:00"));
    let (begin, mut open, mut change) = (now, 0, hours.next_change(now));
    while now < end {
        if change.is_some_and(|(moment, _)| moment <= now) {
            assert_eq!(change, Some((now, hours.is_open(now))), "a change is one, and comes at its time");
            change = hours.next_change(now);
        }
        assert_eq!(hours.is_open(now), change.is_some_and(|(_, opens)| !opens));
        open += if hours.is_open(now) { 15 * MINUTE } else { 0 };
        now += 15 * MINUTE;
    }
    assert_eq!(hours.open_millis_between(begin, end), open);
}

#[test]
fn what_is_wrong_with_hours_is_told() {
    let wrong = |change: fn(&mut Hours)| {
        let mut hours = pharmacy();
        change(&mut hours);
        hours.check().expect_err("wrong")
    };
    assert_eq!(wrong(|hours| drop(hours.week.pop())), HoursError::WrongWeek { days: 6 });
    assert_eq!(
        wrong(|hours| hours.week[2] = spans("08:00-09:00 10:00-11:00 12:00-13:00 14:00-15:00 16:00-17:00")),
        HoursError::TooManySpans { place: Place::Weekday(2) }
    );
    for text in ["09:00-09:00", "10:00-09:00", "23:00-24:01"] {
        let mut hours = pharmacy();
        hours.exceptions[1].spans = spans(text);
        let span = hours.exceptions[1].spans[0];
        assert_eq!(hours.check(), Err(HoursError::WrongSpan { place: Place::Exception(1), span }));
    }
    assert_eq!(
        wrong(|hours| hours.week[6] = spans("10:00-12:00 11:59-13:00")),
        HoursError::SpansOverlap { place: Place::Weekday(6) }
    );
    assert_eq!(
        wrong(|hours| hours.exceptions[0].last = Date::MIN),
        HoursError::ExceptionReversed { first: date("2026-08-12") }
    );
    assert_eq!(
        wrong(|hours| hours.exceptions = vec![hours.exceptions[0].clone(); MAX_EXCEPTIONS + 1]),
        HoursError::TooManyExceptions
    );
    let full = Hours { exceptions: vec![pharmacy().exceptions[0].clone(); MAX_EXCEPTIONS], ..pharmacy() };
    assert_eq!(full.check(), Ok(()));
    let error = HoursError::WrongSpan { place: Place::Weekday(0), span: Span { from: 9, to: 8 } };
    assert_eq!(error.to_string(), "a span from 9 to 8 on day 1 of the week is none");
}

#[test]
fn hours_that_were_not_checked_do_no_harm() {
    let odd = Hours {
        week: vec![vec![
            Span { from: 900, to: 60_000 },
            Span { from: 700, to: 600 },
            Span { from: 540, to: 660 },
            Span { from: 480, to: 600 },
            Span { from: 0, to: 1440 },
        ]],
        ..Hours::closed()
    };
    let monday = at("2026-07-06 08:30");
    assert_eq!(odd.next_change(monday), Some((at("2026-07-06 11:00"), false)));
    assert_eq!(odd.open_millis_between(monday, monday + 48 * HOUR), 150 * MINUTE);
    assert!(!odd.is_open(at("2026-07-07 09:00")), "a day that is missing");
    for hours in [odd, pharmacy(), week(["00:00-24:00"; 7])] {
        for moment in [i64::MIN, -1, 0, i64::MAX] {
            let _ = (hours.is_open(moment), hours.next_change(moment));
            let _ = hours.after_open_millis(moment, i64::MAX);
        }
        assert!(hours.open_millis_between(i64::MIN, i64::MAX) > 0);
    }
    let always = week(["00:00-24:00"; 7]);
    let known = LocalTime::end_of(Date::MAX) - LocalTime::midnight(Date::MIN).at();
    assert_eq!(always.open_millis_between(i64::MIN, i64::MAX), known);
}

#[test]
fn hours_are_encoded_as_they_always_were() {
    let mut hours = week(["08:00-12:00", "", "", "", "", "", ""]);
    hours.state = Some(State::Nw);
    let day = date("2026-12-24");
    hours.exceptions.push(Exception { first: day, last: day, spans: Vec::new() });
    let bytes = kuvert_wire::encode(&hours);
    let shown: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(shown, "8487818219 01e0 1902d0 80808080 8080 81 83 19514b 19514b 80 09 f4".replace(' ', ""));
    assert_eq!(kuvert_wire::decode(&bytes, 1024), Ok(hours));
}
