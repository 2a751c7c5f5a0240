use super::*;
use crate::time::{Date, HOUR, LocalTime};

fn at(text: &str) -> i64 {
    let (day, time) = text.split_once(' ').expect("a day and a time");
    let (hour, minute) = time.split_once(':').expect("hours and minutes");
    let minutes = hour.parse::<u32>().expect("hours") * 60 + minute.parse::<u32>().expect("minutes");
    LocalTime::new(Date::parse(day).expect("a day"), minutes * 60_000).expect("within a day").at()
}

fn appointment() -> Appointment {
    Appointment {
        uid: "a1b2@kuvert".to_owned(),
        sequence: 2,
        stamp: at("2026-07-01 09:00"),
        start: at("2026-07-03 14:30"),
        end: at("2026-07-03 15:00"),
        summary: "Impfung, 2. Termin; bitte pünktlich".to_owned(),
        description: "Bitte mitbringen:\n- Impfpass\r\n- C:\\Daten".to_owned(),
        location: "Apotheke am Markt, Markt 1".to_owned(),
        status: Status::Confirmed,
        organizer: Some(Party {
            name: "Apotheke \"am Markt\"".to_owned(),
            address: "mailto:a@example.org\r\nX:1".to_owned(),
        }),
        attendee: None,
        reminder: Some(60),
    }
}

const WRITTEN: &str = include_str!("tests/appointment.ics");

#[test]
fn an_appointment_is_written_as_it_always_was() {
    let written = write(&appointment(), Some(Method::Request));
    assert_eq!(written.replace("\r\n", "\n"), WRITTEN);
    assert_eq!(written.matches('\n').count(), written.matches("\r\n").count());
}

#[test]
fn no_line_is_longer_than_75_octets_and_no_character_is_divided() {
    for letter in ["x", "ß", "€", "😀", "\\", ",", "\n"] {
        for shift in 0..80 {
            let summary = format!("{}{}", "a".repeat(shift), letter.repeat(200));
            let written = write(&Appointment { summary: summary.clone(), ..appointment() }, None);
            assert!(written.split("\r\n").all(|line| line.len() <= 75));
            let unfolded = written.replace("\r\n ", "");
            let escaped = summary.replace('\\', "\\\\").replace(',', "\\,").replace('\n', "\\n");
            assert!(unfolded.contains(&format!("\r\nSUMMARY:{escaped}\r\n")), "{letter:?} {shift}");
        }
    }
}

#[test]
fn what_people_write_adds_no_lines_of_its_own() {
    let evil = "x\r\nATTACH:http://evil.example\r\nBEGIN:VALARM\u{85}\u{0}\u{b}".to_owned();
    let party = Some(Party { name: evil.clone(), address: evil.clone() });
    let written = write(
        &Appointment {
            uid: evil.clone(),
            summary: evil.clone(),
            description: evil.clone(),
            location: evil,
            organizer: party.clone(),
            attendee: party,
            reminder: None,
            ..appointment()
        },
        Some(Method::Publish),
    );
    assert!(
        !written.split("\r\n").any(|line| line.starts_with("ATTACH") || line.starts_with("BEGIN:VALARM"))
    );
    assert!(written.bytes().all(|byte| byte >= b' ' || byte == b'\r' || byte == b'\n'));
}

#[test]
fn the_second_run_of_the_repeated_hour_is_written_in_utc() {
    let first = at("2026-10-25 02:15");
    let of = |start| write(&Appointment { start, end: start, ..appointment() }, None);
    assert!(of(first).contains("DTSTART;TZID=Europe/Berlin:20261025T021500\r\n"));
    assert!(of(first + HOUR).contains("DTSTART:20261025T011500Z\r\n"));
    assert!(!of(first).contains("DTEND"), "an end that is not after the start");
    for start in [first, first + HOUR, first + 2 * HOUR, at("2026-03-29 03:00")] {
        assert_eq!(read(&of(start)).expect("a calendar")[0].start, Some(start));
    }
}

#[test]
fn what_was_written_is_read_again() {
    for status in Status::ALL {
        for method in [None, Some(Method::Cancel)] {
            let uid = "a;b,c\\d".repeat(40);
            let appointment = Appointment { status, uid: uid.clone(), ..appointment() };
            let expected = Entry {
                uid,
                sequence: 2,
                start: Some(appointment.start),
                end: Some(appointment.end),
                status: Some(status),
            };
            let written = write(&appointment, method);
            assert_eq!(read(&written), Ok(vec![expected.clone()]));
            assert_eq!(read(&written.replace("\r\n", "\n")), Ok(vec![expected]));
        }
    }
}

fn event(lines: &str) -> Entry {
    let file = format!("BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:a\n{lines}\nEND:VEVENT\nEND:VCALENDAR\n");
    let mut entries = read(&file).expect("a calendar");
    assert_eq!(entries.len(), 1);
    entries.remove(0)
}

#[test]
fn times_are_read_as_calendars_write_them() {
    let noon = Some(at("2026-07-03 12:00"));
    for line in [
        "DTSTART:20260703T100000Z",
        "DTSTART:20260703T120000",
        "dtstart;tzid=Europe/Berlin:20260703T120000",
        "DTSTART;TZID=\"Europe/Berlin\";X=1:20260703T120000",
        "DTSTART;X=\"a:b;c\";TZID=/citadel.org/20250101_1/Europe/Berlin:20260703T120000",
        "DTSTART;TZID=W. Europe Standard Time:20260703T120000",
        "DTSTART;TZID=Europe/\n Berlin:20260703\n\tT120000 ",
        "DTSTART:20260703T120060\nDTSTART:20260703T120000",
    ] {
        let start = event(line).start;
        let expected = if line.contains("120060") { noon.map(|at| at + 59_000) } else { noon };
        assert_eq!(start, expected, "{line}");
    }
    assert_eq!(event("DTSTART;VALUE=DATE:20260703").start, Some(at("2026-07-03 00:00")));
    for line in [
        "DTSTART;TZID=America/New_York:20260703T120000",
        "DTSTART:20260732T120000",
        "DTSTART:20260703T240000",
        "DTSTART:20260703T126000",
        "DTSTART:20260703T12",
        "DTSTART:2026070",
        "DTSTART:2026+7+3T120000",
        "DTSTART:€€€",
        "DTSTART:",
        "DTSTART",
        "X-DTSTART:20260703T120000",
    ] {
        assert_eq!(event(line).start, None, "{line}");
    }
}

#[test]
fn an_event_may_say_how_long_it_is_instead_of_when_it_ends() {
    let of = |duration: &str| {
        let entry = event(&format!("DURATION:{duration}\nDTSTART:20260703T120000"));
        Some((entry.end? - entry.start?) / 1000)
    };
    assert_eq!(of("PT1H30M"), Some(5400));
    assert_eq!(of("+P1DT12S"), Some(86_412));
    assert_eq!(of("P2W"), Some(14 * 86_400));
    for wrong in
        ["", "P", "PT", "1H", "-PT1H", "PT1", "P1H", "PTH", "PT1D", "P99999999999999999999D", "P99999999W"]
    {
        let expected = if matches!(wrong, "P" | "PT") { Some(0) } else { None };
        assert_eq!(of(wrong), expected, "{wrong}");
    }
    let both = event("DURATION:PT1H\nDTSTART:20260703T120000\nDTEND:20260703T123000");
    assert_eq!(both.end, Some(at("2026-07-03 12:30")));
}

#[test]
fn only_what_stands_in_an_event_is_read() {
    let file = "\u{feff}\r\nBEGIN:vcalendar\r\nUID:outside\r\nBEGIN:VTIMEZONE\r\nDTSTART:20260101T000000\r\nEND:VTIMEZONE\r\n\
        BEGIN:VEVENT\r\nBEGIN:VALARM\r\nUID:alarm\r\nDURATION:PT5M\r\nEND:VALARM\r\nSTATUS:cancelled\r\nSEQUENCE:x\r\n\
        UID:one\r\nUID:two\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nDTSTART:20260703T100000Z\r\nEND:VEVENT\r\nBEGIN:VTODO\r\n\
        UID:todo\r\nEND:VTODO\r\nBEGIN:VEVENT\r\nUID:open";
    let one = Entry { uid: "one".to_owned(), status: Some(Status::Cancelled), ..Entry::default() };
    assert_eq!(read(file), Ok(vec![one]));
    assert_eq!(event("STATUS:NEEDS-ACTION").status, None);
    assert_eq!(event("SEQUENCE:4294967295").sequence, u32::MAX);
    assert_eq!(event("SEQUENCE:4294967296").sequence, 0);
}

#[test]
fn what_is_no_calendar_or_too_much_of_one_is_refused() {
    for file in ["", "\r\n", "BEGIN:VCARD\r\n", "hello", "BEGIN:VEVENT"] {
        assert_eq!(read(file), Err(CalendarError::NotACalendar), "{file}");
    }
    let size = MAX_CALENDAR + 1;
    assert_eq!(read(&" ".repeat(size)), Err(CalendarError::TooLarge { size }));
    let events = "BEGIN:VEVENT\nUID:a\nEND:VEVENT\n".repeat(MAX_ENTRIES + 1);
    let entries = read(&format!("BEGIN:VCALENDAR\n{events}")).expect("a calendar");
    assert_eq!(entries.len(), MAX_ENTRIES);
    let long = event(&format!("UID:x\nX:{}", "ä\n ".repeat(40_000)));
    assert_eq!(long.uid, "a");
    let uid = "ä".repeat(5000);
    let file = format!("BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:{uid}\nEND:VEVENT\n");
    assert_eq!(read(&file).expect("a calendar")[0].uid, uid[..1020]);
}
