//! Writing iCalendar.

use std::fmt::{Display, Write};

use super::{Appointment, Method, Party};
use crate::time::{Date, LocalTime};

/// Most octets of a line without its end (RFC 5545, section 3.1).
const LINE: usize = 75;
/// What made the object, as section 3.7.3 asks for.
const PRODUCT: &str = "-//Kuvert//Kuvert//DE";
/// The rule of Germany's time, as [`crate::time`] reckons with it.
const TIME_ZONE: &str = "BEGIN:VTIMEZONE\r\n\
    TZID:Europe/Berlin\r\n\
    BEGIN:DAYLIGHT\r\n\
    DTSTART:19960331T020000\r\n\
    RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU\r\n\
    TZOFFSETFROM:+0100\r\n\
    TZOFFSETTO:+0200\r\n\
    TZNAME:CEST\r\n\
    END:DAYLIGHT\r\n\
    BEGIN:STANDARD\r\n\
    DTSTART:19961027T030000\r\n\
    RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\r\n\
    TZOFFSETFROM:+0200\r\n\
    TZOFFSETTO:+0100\r\n\
    TZNAME:CET\r\n\
    END:STANDARD\r\n\
    END:VTIMEZONE\r\n";

/// An appointment as a file of `text/calendar`. Without a method it is as a CalDAV server keeps it, which forbids one
/// (RFC 4791, section 4.1).
///
/// Times are Germany's, except in the hour that clocks show twice: its second run is written in UTC, since local time
/// cannot name it. Control characters other than line breaks are left out of texts, empty texts are not written.
pub fn write(appointment: &Appointment, method: Option<Method>) -> String {
    let mut file = String::with_capacity(1024 + appointment.description.len());
    file.push_str("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n");
    line(&mut file, "PRODID:", PRODUCT);
    if let Some(method) = method {
        line(&mut file, "METHOD:", method.word());
    }
    file.push_str(TIME_ZONE);
    file.push_str("BEGIN:VEVENT\r\n");
    text(&mut file, "UID:", &appointment.uid);
    line(&mut file, "SEQUENCE:", appointment.sequence);
    line(&mut file, "DTSTAMP:", utc(appointment.stamp));
    time(&mut file, "DTSTART", appointment.start);
    if appointment.end > appointment.start {
        time(&mut file, "DTEND", appointment.end);
    }
    line(&mut file, "STATUS:", appointment.status.word());
    text(&mut file, "SUMMARY:", &appointment.summary);
    text(&mut file, "DESCRIPTION:", &appointment.description);
    text(&mut file, "LOCATION:", &appointment.location);
    party(&mut file, "ORGANIZER", appointment.organizer.as_ref());
    party(&mut file, "ATTENDEE", appointment.attendee.as_ref());
    if let Some(minutes) = appointment.reminder {
        file.push_str("BEGIN:VALARM\r\nACTION:DISPLAY\r\n");
        line(&mut file, "TRIGGER:", format_args!("-PT{minutes}M"));
        let shown = if appointment.summary.is_empty() { &appointment.uid } else { &appointment.summary };
        text(&mut file, "DESCRIPTION:", shown);
        file.push_str("END:VALARM\r\n");
    }
    file.push_str("END:VEVENT\r\nEND:VCALENDAR\r\n");
    file
}

/// Writes a property, folded so that no line is longer than [`LINE`] and no character is divided.
fn line(file: &mut String, name: &str, value: impl Display) {
    let mut folded = Folded { file, length: 0 };
    // Writing to a string does not fail.
    let _ = write!(folded, "{name}{value}");
    folded.file.push_str("\r\n");
}

/// Writes a text (section 3.3.11), unless it is empty.
fn text(file: &mut String, name: &str, value: &str) {
    if !value.is_empty() {
        line(file, name, Escaped(value));
    }
}

fn time(file: &mut String, name: &str, at: i64) {
    let shown = LocalTime::of(at);
    let seconds = shown.at().div_euclid(1000);
    if seconds == at.div_euclid(1000) {
        let (date, time) = (digits(shown.date()), Clock(shown));
        line(file, name, format_args!(";TZID=Europe/Berlin:{date}T{time}"));
    } else {
        line(file, name, format_args!(":{}", utc(at)));
    }
}

/// Writes an address of a calendar's user (section 3.3.3), unless there is none.
fn party(file: &mut String, name: &str, party: Option<&Party>) {
    let Some(party) = party.filter(|party| !party.address.is_empty()) else { return };
    // Quotation marks cannot be written in a parameter, nor anything of the kind in a URI.
    let called: String = party.name.chars().filter(|c| !c.is_control() && *c != '"').collect();
    let address: String = party.address.chars().filter(|c| !c.is_control() && !c.is_whitespace()).collect();
    line(file, name, format_args!(";CN=\"{called}\":{address}"));
}

/// A moment in UTC (section 3.3.5, form 2). Years that [`crate::time`] does not know become the nearest it does.
fn utc(at: i64) -> impl Display {
    let seconds = at.div_euclid(1000);
    let date = Date::from_days(seconds.div_euclid(86_400).clamp(i32::MIN.into(), i32::MAX.into()) as i32);
    let of_day = seconds.rem_euclid(86_400);
    let (hour, minute, second) = (of_day / 3600, of_day / 60 % 60, of_day % 60);
    format!("{}T{hour:02}{minute:02}{second:02}Z", digits(date))
}

fn digits(date: Date) -> String {
    format!("{:04}{:02}{:02}", date.year(), date.month(), date.day())
}

struct Clock(LocalTime);

impl Display for Clock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:02}{:02}{:02}", self.0.hour(), self.0.minute(), self.0.second())
    }
}

struct Escaped<'a>(&'a str);

impl Display for Escaped<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut letters = self.0.chars().peekable();
        while let Some(letter) = letters.next() {
            match letter {
                '\r' if letters.peek() == Some(&'\n') => {}
                '\r' | '\n' => f.write_str("\\n")?,
                '\\' | ';' | ',' => write!(f, "\\{letter}")?,
                '\t' => f.write_char(' ')?,
                _ if letter.is_control() => {}
                _ => f.write_char(letter)?,
            }
        }
        Ok(())
    }
}

/// A content line as it is written.
struct Folded<'a> {
    file: &'a mut String,
    length: usize,
}

impl Write for Folded<'_> {
    fn write_str(&mut self, part: &str) -> std::fmt::Result {
        for letter in part.chars() {
            if self.length + letter.len_utf8() > LINE {
                self.file.push_str("\r\n ");
                self.length = 1;
            }
            self.file.push(letter);
            self.length += letter.len_utf8();
        }
        Ok(())
    }
}
