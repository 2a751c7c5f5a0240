//! Reading iCalendar, as tolerantly as calendars write it.

use super::Status;
use crate::time::{Date, LocalTime};

/// Largest file that is read, in bytes.
pub const MAX_CALENDAR: usize = 256 * 1024;
/// Most entries that are read from a file; what comes after them is not looked at.
pub const MAX_ENTRIES: usize = 64;
/// Longest line that is looked at, unfolded; of longer ones, the beginning.
const MAX_LINE: usize = 1024;
/// What Outlook calls Germany's time.
const WINDOWS_ZONE: &str = "W. Europe Standard Time";
/// Days of a week, seconds of a day.
const WEEK: i64 = 7 * 86_400;

/// Why a file is not read. Whoever sent it is to blame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CalendarError {
    /// Longer than [`MAX_CALENDAR`].
    #[error("{size} bytes, where at most {MAX_CALENDAR} are read")]
    TooLarge {
        /// Bytes of the file.
        size: usize,
    },
    /// It does not begin as an iCalendar object does.
    #[error("not an iCalendar object")]
    NotACalendar,
}

/// What is read of an event.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Entry {
    /// Its name. Events without one are not read.
    pub uid: String,
    /// How often it was changed; 0 if it does not say.
    pub sequence: u32,
    /// When it begins, in milliseconds since 1970 (UTC). `None` if it does not say so in UTC, in Germany's time or without
    /// a zone, which counts as Germany's. A day without a time begins with its midnight.
    pub start: Option<i64>,
    /// When it ends, likewise. An event that says how long it is ends that much after it began; one that says neither
    /// has no end.
    pub end: Option<i64>,
    /// Whether it stands, if it says so.
    pub status: Option<Status>,
}

/// The events of a file, in its order. Of an event that repeats, that is its first time, and each time that was changed.
///
/// # Errors
/// [`CalendarError`] if the file is too large or is no iCalendar object. Lines that make no sense are passed over.
pub fn read(file: &str) -> Result<Vec<Entry>, CalendarError> {
    if file.len() > MAX_CALENDAR {
        return Err(CalendarError::TooLarge { size: file.len() });
    }
    let mut lines = Lines { rest: file.trim_start_matches('\u{feff}').trim_start() };
    let begins = lines.next().is_some_and(|line| line.trim_end().eq_ignore_ascii_case("BEGIN:VCALENDAR"));
    if !begins {
        return Err(CalendarError::NotACalendar);
    }
    let mut entries = Vec::new();
    let mut event: Option<Event> = None;
    // How deep inside of other components the line is.
    let mut inside = 0_u32;
    for line in lines {
        let Some(property) = Property::of(&line) else { continue };
        let component = property.value.trim();
        match (property.is("BEGIN"), property.is("END"), &mut event) {
            (true, _, None) if component.eq_ignore_ascii_case("VEVENT") => event = Some(Event::default()),
            (true, _, Some(_)) => inside = inside.saturating_add(1),
            (_, true, Some(_)) if inside > 0 => inside -= 1,
            (_, true, Some(_)) => entries.extend(event.take().and_then(Event::entry)),
            (_, _, Some(event)) if inside == 0 => event.take(&property),
            _ => {}
        }
        if entries.len() == MAX_ENTRIES {
            break;
        }
    }
    Ok(entries)
}

/// An event as far as it was read.
#[derive(Default)]
struct Event {
    entry: Entry,
    /// How long it says it is, in seconds.
    duration: Option<i64>,
}

impl Event {
    /// Takes a property, where it says something new.
    fn take(&mut self, property: &Property<'_>) {
        let entry = &mut self.entry;
        let value = property.value.trim();
        if property.is("UID") && entry.uid.is_empty() {
            entry.uid = unescaped(value);
        } else if property.is("SEQUENCE") {
            entry.sequence = value.parse().unwrap_or(entry.sequence);
        } else if property.is("DTSTART") {
            entry.start = entry.start.or_else(|| property.moment());
        } else if property.is("DTEND") {
            entry.end = entry.end.or_else(|| property.moment());
        } else if property.is("DURATION") {
            self.duration = self.duration.or_else(|| duration(value));
        } else if property.is("STATUS") {
            entry.status = Status::ALL.into_iter().find(|status| value.eq_ignore_ascii_case(status.word()));
        }
    }

    fn entry(self) -> Option<Entry> {
        let Self { mut entry, duration } = self;
        let after = || entry.start?.checked_add(duration?.checked_mul(1000)?);
        entry.end = entry.end.or_else(after);
        (!entry.uid.is_empty()).then_some(entry)
    }
}

/// A content line: `NAME;PARAM=a;PARAM="b:c":value`.
struct Property<'a> {
    name: &'a str,
    parameters: &'a str,
    value: &'a str,
}

impl<'a> Property<'a> {
    fn of(line: &'a str) -> Option<Self> {
        let mut is_quoted = false;
        let colon = line.bytes().position(|byte| {
            is_quoted ^= byte == b'"';
            byte == b':' && !is_quoted
        })?;
        let (head, value) = line.split_at_checked(colon)?;
        let (name, parameters) = head.split_once(';').unwrap_or((head, ""));
        Some(Self { name: name.trim(), parameters, value: value.get(1..)? })
    }

    fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    /// The zone that is named, without quotation marks.
    fn zone(&self) -> Option<&'a str> {
        let mut named = self.parameters.split(';').filter_map(|parameter| parameter.split_once('='));
        let (_, zone) = named.find(|(name, _)| name.trim().eq_ignore_ascii_case("TZID"))?;
        Some(zone.trim().trim_matches('"'))
    }

    /// The moment that is meant: `20260329`, `20260329T023000` or `20260329T003000Z`.
    fn moment(&self) -> Option<i64> {
        let value = self.value.trim();
        let (day, time) = value.split_once(['T', 't']).unwrap_or((value, "000000"));
        let (year, month_and_day) = day.split_at_checked(4)?;
        let (month, day) = month_and_day.split_at_checked(2)?;
        let date = Date::new(number(year)?, number(month)?.try_into().ok()?, number(day)?.try_into().ok()?)?;
        let (clock, is_utc) = match time.strip_suffix(['Z', 'z']) {
            Some(clock) => (clock, true),
            None => (time, false),
        };
        let (hour, minute_and_second) = clock.split_at_checked(2)?;
        let (minute, second) = minute_and_second.split_at_checked(2)?;
        let [hour, minute, second] = [number(hour)?, number(minute)?, number(second)?].map(u32::from);
        if hour > 23 || minute > 59 || second > 60 {
            return None;
        }
        // There are no leap seconds in this reckoning: the last of a minute stands for it.
        let seconds = hour * 3600 + minute * 60 + second.min(59);
        if is_utc {
            return Some((i64::from(date.days()) * 86_400 + i64::from(seconds)) * 1000);
        }
        let is_known = |zone: &str| zone.ends_with("Europe/Berlin") || zone == WINDOWS_ZONE;
        if !self.zone().is_none_or(is_known) {
            return None;
        }
        Some(LocalTime::new(date, seconds * 1000)?.at())
    }
}

/// A number of decimal digits alone.
fn number(digits: &str) -> Option<u16> {
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse().ok().filter(|_| is_number)
}

/// How many seconds a duration is (section 3.3.6), such as `PT1H30M` or `P1D`. None that is negative.
fn duration(value: &str) -> Option<i64> {
    let (mut sum, mut count, mut is_time) = (0_i64, None::<i64>, false);
    for letter in value.strip_prefix('+').unwrap_or(value).strip_prefix('P')?.bytes() {
        let unit = match (letter, is_time) {
            (b'0'..=b'9', _) => {
                let digit = i64::from(letter - b'0');
                count = Some(count.unwrap_or(0).checked_mul(10)?.checked_add(digit)?);
                continue;
            }
            (b'T', false) => {
                is_time = true;
                continue;
            }
            (b'W', false) => WEEK,
            (b'D', false) => 86_400,
            (b'H', true) => 3600,
            (b'M', true) => 60,
            (b'S', true) => 1,
            _ => return None,
        };
        sum = sum.checked_add(count.take()?.checked_mul(unit)?)?;
    }
    Some(sum).filter(|sum| count.is_none() && *sum < 1 << 40)
}

fn unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => match letters.next() {
                Some('n' | 'N') => plain.push('\n'),
                Some(escaped) => plain.push(escaped),
                None => {}
            },
            _ => plain.push(letter),
        }
    }
    plain
}

/// The lines of a file, unfolded. Line breaks may lack their carriage return.
struct Lines<'a> {
    rest: &'a str,
}

impl Iterator for Lines<'_> {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        let mut line = String::new();
        if self.rest.is_empty() {
            return None;
        }
        loop {
            let (part, rest) = self.rest.split_once('\n').unwrap_or((self.rest, ""));
            self.rest = rest;
            let part = part.strip_suffix('\r').unwrap_or(part);
            let room = MAX_LINE.saturating_sub(line.len());
            line.push_str(&part[..part.floor_char_boundary(room)]);
            match rest.strip_prefix([' ', '\t']) {
                Some(more) => self.rest = more,
                None => return Some(line),
            }
        }
    }
}
