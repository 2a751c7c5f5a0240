//! Germany's local time, without a table of time zones.
//!
//! Central European time has followed one rule since 1996 (directive 2000/84/EC and its forerunner 94/21/EC): clocks go
//! one hour forward at 01:00 UTC on the last Sunday of March and back at 01:00 UTC on the last Sunday of October.
//! Everything here is arithmetic on that rule and on the Gregorian calendar, for the years [`MIN_YEAR`] to [`MAX_YEAR`].
//! What lies outside is moved to the nearest moment or day inside: nothing panics, nothing overflows.
//!
//! Should the rule change by law, this module changes with it; what devices computed before keeps the old rule.

use std::fmt;

use minicbor::{Decode, Decoder, Encode, Encoder, decode, encode};

/// The first year that is known.
pub const MIN_YEAR: u16 = 1996;
/// The last year that is known.
pub const MAX_YEAR: u16 = 2199;

/// Milliseconds of an hour.
pub(crate) const HOUR: i64 = 3_600_000;
/// Milliseconds of a minute.
pub(crate) const MINUTE: i64 = 60_000;
/// Milliseconds of a day on which clocks do not change.
const DAY: i64 = 24 * HOUR;
/// Days of the Gregorian calendar's period of 400 years.
const DAYS_OF_ERA: i32 = 146_097;
/// Days from 1 March of year 0 to 1970.
const DAYS_TO_1970: i32 = 719_468;

/// A day of the week, in the order of ISO 8601.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Weekday {
    /// The first day of the week.
    Monday,
    /// The second.
    Tuesday,
    /// The third.
    Wednesday,
    /// The fourth.
    Thursday,
    /// The fifth.
    Friday,
    /// The sixth.
    Saturday,
    /// The last.
    Sunday,
}

impl Weekday {
    /// The days of a week in order.
    pub const ALL: [Self; 7] = [
        Self::Monday,
        Self::Tuesday,
        Self::Wednesday,
        Self::Thursday,
        Self::Friday,
        Self::Saturday,
        Self::Sunday,
    ];

    /// How many days after Monday: 0 to 6.
    pub const fn index(self) -> usize {
        self as usize
    }
}

/// A day of the Gregorian calendar, in the years [`MIN_YEAR`] to [`MAX_YEAR`].
///
/// Its encoding is the number of days since 1 January 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    year: u16,
    month: u8,
    day: u8,
}

impl Date {
    /// The first day that is known.
    pub const MIN: Self = Self { year: MIN_YEAR, month: 1, day: 1 };
    /// The last day that is known.
    pub const MAX: Self = Self { year: MAX_YEAR, month: 12, day: 31 };

    /// A day by its number in the month, both from 1. `None` if there is no such day, or its year is not known.
    pub fn new(year: u16, month: u8, day: u8) -> Option<Self> {
        let exists = (MIN_YEAR..=MAX_YEAR).contains(&year)
            && (1..=12).contains(&month)
            && (1..=days_of_month(year, month)).contains(&day);
        exists.then_some(Self { year, month, day })
    }

    /// A day by the days since 1 January 1970, moved to the nearest one that is known.
    pub fn from_days(days: i32) -> Self {
        if days <= Self::MIN.days() {
            return Self::MIN;
        }
        if days >= Self::MAX.days() {
            return Self::MAX;
        }
        // Years here begin in March, so that the leap day is their last: Howard Hinnant, "chrono-compatible low-level
        // date algorithms".
        let days = days + DAYS_TO_1970;
        let (era, of_era) = (days / DAYS_OF_ERA, days % DAYS_OF_ERA);
        let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / (DAYS_OF_ERA - 1)) / 365;
        let of_year = of_era - (365 * year + year / 4 - year / 100);
        let month = (5 * of_year + 2) / 153;
        let day = of_year - (153 * month + 2) / 5 + 1;
        let (month, next) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
        Self { year: (400 * era + year + next) as u16, month: month as u8, day: day as u8 }
    }

    /// Days since 1 January 1970.
    pub const fn days(self) -> i32 {
        let (month, before) =
            if self.month > 2 { (self.month as i32 - 3, 0) } else { (self.month as i32 + 9, 1) };
        let year = self.year as i32 - before;
        let of_year = (153 * month + 2) / 5 + self.day as i32 - 1;
        let of_era = year % 400 * 365 + year % 400 / 4 - year % 400 / 100 + of_year;
        year / 400 * DAYS_OF_ERA + of_era - DAYS_TO_1970
    }

    /// The year.
    pub const fn year(self) -> u16 {
        self.year
    }

    /// The month, 1 to 12.
    pub const fn month(self) -> u8 {
        self.month
    }

    /// The day of the month, from 1.
    pub const fn day(self) -> u8 {
        self.day
    }

    /// The day of the week.
    pub fn weekday(self) -> Weekday {
        // 1 January 1970 was a Thursday; days of known years are positive.
        Weekday::ALL[(self.days() + 3).unsigned_abs() as usize % 7]
    }

    /// The day that is so many days later, or earlier if negative.
    pub fn plus_days(self, days: i32) -> Self {
        Self::from_days(self.days().saturating_add(days))
    }

    /// Reads `2026-03-29`, and nothing else.
    pub fn parse(text: &str) -> Option<Self> {
        let [year @ .., b'-', m1, m2, b'-', d1, d2] = text.as_bytes() else { return None };
        let number = |digits: &[u8]| {
            digits.iter().try_fold(0_u16, |sum, digit| {
                digit.is_ascii_digit().then(|| sum * 10 + u16::from(digit - b'0'))
            })
        };
        if year.len() != 4 {
            return None;
        }
        let two = |digits: [u8; 2]| u8::try_from(number(&digits)?).ok();
        Self::new(number(year)?, two([*m1, *m2])?, two([*d1, *d2])?)
    }
}

fn days_of_month(year: u16, month: u8) -> u8 {
    match month {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

impl<C> Encode<C> for Date {
    fn encode<W: encode::Write>(&self, e: &mut Encoder<W>, _: &mut C) -> Result<(), encode::Error<W::Error>> {
        e.i32(self.days())?.ok()
    }
}

impl<'b, C> Decode<'b, C> for Date {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, decode::Error> {
        let days = d.i32()?;
        let date = Self::from_days(days);
        if date.days() == days { Ok(date) } else { Err(decode::Error::message("not a known day")) }
    }
}

/// What clocks in Germany show at a moment: a day, and the time of day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LocalTime {
    date: Date,
    millis: u32,
}

impl LocalTime {
    /// The time of day `millis` after midnight as clocks show it. `None` from 24 hours on.
    pub fn new(date: Date, millis: u32) -> Option<Self> {
        (i64::from(millis) < DAY).then_some(Self { date, millis })
    }

    /// Midnight, when `date` begins.
    pub const fn midnight(date: Date) -> Self {
        Self { date, millis: 0 }
    }

    /// What clocks show at a moment, in milliseconds since 1970 (UTC).
    pub fn of(at: i64) -> Self {
        let at = at.clamp(Self::midnight(Date::MIN).at(), Self::end_of(Date::MAX) - 1);
        let local = at + offset(at);
        let (days, millis) = (local.div_euclid(DAY), local.rem_euclid(DAY));
        // Both fit: the moment is one of known years.
        Self { date: Date::from_days(days as i32), millis: millis as u32 }
    }

    /// The first moment at which clocks show this time or a later one, in milliseconds since 1970 (UTC).
    ///
    /// A time that clocks show twice, in the night to the last Sunday of October, is the first of both. One that they
    /// skip, in March, is the moment when they skip it: 02:30 is then when they show 03:00.
    pub fn at(self) -> i64 {
        let shown = i64::from(self.date.days()) * DAY + i64::from(self.millis);
        let (forward, back) = changes(self.date.year);
        // In local time the skipped hour begins one hour after the change's time in UTC, and the repeated one at it
        // plus one: summer time is two hours ahead, and what it shows comes first.
        if shown < forward + HOUR {
            shown - HOUR
        } else if shown < forward + 2 * HOUR {
            forward
        } else if shown < back + 2 * HOUR {
            shown - 2 * HOUR
        } else {
            shown - HOUR
        }
    }

    /// The moment at which `date` is over: midnight as the next day begins.
    pub fn end_of(date: Date) -> i64 {
        if date == Date::MAX {
            Self::midnight(date).at() + DAY
        } else {
            Self::midnight(date.plus_days(1)).at()
        }
    }

    /// The day.
    pub const fn date(self) -> Date {
        self.date
    }

    /// Milliseconds that clocks show since midnight.
    pub const fn millis(self) -> u32 {
        self.millis
    }

    /// The hour, 0 to 23.
    pub const fn hour(self) -> u8 {
        (self.millis as i64 / HOUR) as u8
    }

    /// The minute of the hour, 0 to 59.
    pub const fn minute(self) -> u8 {
        (self.millis as i64 % HOUR / MINUTE) as u8
    }

    /// The second of the minute, 0 to 59.
    pub const fn second(self) -> u8 {
        (self.millis as i64 % MINUTE / 1000) as u8
    }
}

impl fmt::Display for LocalTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}T{:02}:{:02}:{:02}", self.date, self.hour(), self.minute(), self.second())?;
        match self.millis % 1000 {
            0 => Ok(()),
            rest => write!(f, ".{rest:03}"),
        }
    }
}

/// How far Germany's clocks are ahead of UTC at a moment, in milliseconds: one hour, in summer two.
pub fn offset(at: i64) -> i64 {
    // The changes are far from where the years begin, so that the year in winter time is right for all of them.
    let days = at.saturating_add(HOUR).div_euclid(DAY);
    let year = Date::from_days(days.clamp(i64::from(i32::MIN), i64::from(i32::MAX)) as i32).year;
    let (forward, back) = changes(year);
    if (forward..back).contains(&at) { 2 * HOUR } else { HOUR }
}

/// When clocks go forward and back in a year, in milliseconds since 1970 (UTC).
fn changes(year: u16) -> (i64, i64) {
    let at = |month| {
        let last = Date { year, month, day: 31 };
        let sunday = last.days() - (last.weekday().index() as i32 + 1) % 7;
        i64::from(sunday) * DAY + HOUR
    };
    (at(3), at(10))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> Date {
        Date::parse(text).expect("a day")
    }

    /// `2026-03-29 02:30`
    fn local(text: &str) -> LocalTime {
        let (day, time) = text.split_once(' ').expect("a day and a time");
        let (hour, minute) = time.split_once(':').expect("hours and minutes");
        let minutes = hour.parse::<u32>().expect("hours") * 60 + minute.parse::<u32>().expect("minutes");
        LocalTime::new(date(day), minutes * 60_000).expect("within a day")
    }

    /// 2026-03-29 01:00 UTC.
    const FORWARD: i64 = 1_774_746_000_000;
    /// 2026-10-25 01:00 UTC.
    const BACK: i64 = 1_792_890_000_000;

    #[test]
    fn every_known_day_has_its_number_and_the_next_weekday() {
        let mut day = Date::MIN;
        assert_eq!((day.days(), day.weekday()), (9496, Weekday::Monday));
        let mut count = 1;
        while day < Date::MAX {
            let next = Date::from_days(day.days() + 1);
            assert!(next > day);
            assert_eq!(next.days(), day.days() + 1);
            assert_eq!(next.weekday().index(), (day.weekday().index() + 1) % 7);
            assert_eq!(Date::new(next.year(), next.month(), next.day()), Some(next));
            assert_eq!(Date::parse(&next.to_string()), Some(next));
            (day, count) = (next, count + 1);
        }
        // 204 years, 50 of them leap years: 2100 is none.
        assert_eq!(count, 204 * 365 + 50);
    }

    #[test]
    fn days_that_are_not_in_the_calendar_are_refused() {
        for text in [
            "2026-02-29",
            "2100-02-29",
            "2026-04-31",
            "2026-00-01",
            "2026-13-01",
            "2026-01-00",
            "1995-12-31",
            "2200-01-01",
            "02026-01-01",
            "2026-1-01",
            "2026-01-1",
            "+026-01-01",
            "2026-01-01T",
            "",
        ] {
            assert_eq!(Date::parse(text), None, "{text}");
        }
        assert_eq!(date("2000-02-29").plus_days(1), date("2000-03-01"));
        assert_eq!(date("2096-02-29").plus_days(366), date("2097-03-01"));
    }

    #[test]
    fn summer_begins_and_ends_at_one_oclock_utc_on_the_last_sunday() {
        for (before, after) in [(FORWARD - 1, "03:00:00"), (BACK - 1, "02:00:00")] {
            assert!(LocalTime::of(before + 1).to_string().ends_with(after));
        }
        assert_eq!(LocalTime::of(FORWARD - 1).to_string(), "2026-03-29T01:59:59.999");
        assert_eq!(LocalTime::of(BACK - 1).to_string(), "2026-10-25T02:59:59.999");
        for (year, forward, back) in [
            (1996, "1996-03-31", "1996-10-27"),
            (2018, "2018-03-25", "2018-10-28"),
            (2024, "2024-03-31", "2024-10-27"),
            (2027, "2027-03-28", "2027-10-31"),
            (2199, "2199-03-31", "2199-10-27"),
        ] {
            let (summer, winter) = changes(year);
            assert_eq!(LocalTime::of(summer).date(), date(forward));
            assert_eq!(LocalTime::of(winter).date(), date(back));
            assert_eq!((offset(summer - 1), offset(summer)), (HOUR, 2 * HOUR));
            assert_eq!((offset(winter - 1), offset(winter)), (2 * HOUR, HOUR));
        }
    }

    #[test]
    fn a_repeated_time_is_the_first_of_both_and_a_skipped_one_the_end_of_the_gap() {
        assert_eq!(local("2026-10-25 02:00").at(), BACK - HOUR);
        assert_eq!(local("2026-10-25 02:30").at(), BACK - HOUR / 2);
        assert_eq!(local("2026-10-25 03:00").at(), BACK + HOUR);
        assert_eq!(LocalTime::of(BACK + HOUR / 2), local("2026-10-25 02:30"));
        for skipped in ["02:00", "02:30", "02:59", "03:00"] {
            assert_eq!(local(&format!("2026-03-29 {skipped}")).at(), FORWARD, "{skipped}");
        }
        assert_eq!(local("2026-03-29 01:59").at(), FORWARD - MINUTE);
    }

    #[test]
    fn moments_survive_the_way_to_local_time_and_back_except_in_the_repeated_hour() {
        let mut at = Date::MIN.days() as i64 * DAY;
        let mut repeated = 0;
        while at < LocalTime::midnight(Date::MAX).at() {
            let back = LocalTime::of(at).at();
            if back != at {
                assert_eq!(back, at - HOUR);
                repeated += 1;
            }
            at += HOUR;
        }
        assert_eq!(repeated, 204, "one hour of each year");
    }

    #[test]
    fn new_year_and_midnight_are_those_of_germany() {
        assert_eq!(local("2026-01-01 00:00").at(), 1_767_222_000_000);
        assert_eq!(LocalTime::of(1_767_221_999_999).to_string(), "2025-12-31T23:59:59.999");
        assert_eq!(LocalTime::midnight(date("2026-07-01")).at(), 1_782_856_800_000);
        let noon = local("2026-07-01 12:34");
        assert_eq!((noon.hour(), noon.minute(), noon.second()), (12, 34, 0));
        assert_eq!(LocalTime::new(Date::MIN, 86_400_000), None);
    }

    #[test]
    fn what_is_not_known_is_moved_to_the_nearest_that_is() {
        for (at, expected) in [
            (i64::MIN, "1996-01-01T00:00:00"),
            (0, "1996-01-01T00:00:00"),
            (i64::MAX, "2199-12-31T23:59:59.999"),
        ] {
            assert_eq!(LocalTime::of(at).to_string(), expected);
            assert!([HOUR, 2 * HOUR].contains(&offset(at)));
        }
        assert_eq!(Date::from_days(i32::MIN), Date::MIN);
        assert_eq!(Date::from_days(i32::MAX), Date::MAX);
        assert_eq!(Date::MAX.plus_days(i32::MAX), Date::MAX);
        assert_eq!(Date::MIN.plus_days(-1), Date::MIN);
    }

    #[test]
    fn a_day_is_encoded_as_its_number_and_no_other_number_is_read() {
        let day = date("2026-03-29");
        assert_eq!(kuvert_wire::encode(&day), [0x19, 0x50, 0x3d]);
        assert_eq!(kuvert_wire::decode::<Date>(&[0x19, 0x50, 0x3d], 16), Ok(day));
        for days in [0_i32, 9495, i32::MIN, i32::MAX, -1] {
            assert!(kuvert_wire::decode::<Date>(&kuvert_wire::encode(&days), 16).is_err(), "{days}");
        }
    }
}
