//! Opening hours: when a line is open, when that changes, and how much open time passes.
//!
//! [`Hours`] are a week, public holidays of a federal state, and exceptions such as vacations or a long Saturday. All times
//! are those that clocks in Germany show; [`crate::time`] says what that means in the nights when they change: a span
//! opens and closes at the first moment at which clocks show its times or later ones. A night watch from 0:00 to 6:00
//! is thus seven hours long once a year, and five hours once.
//!
//! Hours from outside are to be [checked](Hours::check) before they are kept. Nothing here panics on those that were not:
//! spans that are none count as closed, days that are missing too.

use std::ops::Range;

use minicbor::{Decode, Encode};

use crate::holidays::{self, State};
use crate::time::{Date, LocalTime};

/// Most spans on one day.
pub const MAX_SPANS: usize = 4;
/// Most exceptions of a line.
pub const MAX_EXCEPTIONS: usize = 64;
/// Days that are looked ahead for a change. Longer than a year, so that whatever a week or a year brings is found.
pub const LOOK_AHEAD_DAYS: i32 = 370;

/// Minutes of a day.
const DAY_MINUTES: u16 = 24 * 60;

/// A part of a day, in minutes after midnight as clocks show them: open from `from` until before `to`. What goes on past
/// midnight is two spans, one on each day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub struct Span {
    /// When it begins, 0 to 1439.
    #[n(0)]
    pub from: u16,
    /// When it ends, after `from`, at most 1440.
    #[n(1)]
    pub to: u16,
}

impl Span {
    const fn is_valid(self) -> bool {
        self.from < self.to && self.to <= DAY_MINUTES
    }
}

/// Days on which neither the week nor holidays count: vacations, special days.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Encode, Decode)]
pub struct Exception {
    /// The first of the days.
    #[n(0)]
    pub first: Date,
    /// The last of the days; the same for a single one.
    #[n(1)]
    pub last: Date,
    /// When the line is open on each of them. None: closed.
    #[n(2)]
    pub spans: Vec<Span>,
}

/// When a line is open.
///
/// What counts on a day is the first exception that holds it; else nothing if it is a holiday; else the day of the week.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Encode, Decode)]
pub struct Hours {
    /// Seven days from Monday on, each with its spans in their order.
    #[n(0)]
    pub week: Vec<Vec<Span>>,
    /// Days on which other hours hold, in the order in which they are asked.
    #[n(1)]
    pub exceptions: Vec<Exception>,
    /// The state on whose public holidays the line is closed.
    #[n(2)]
    pub state: Option<State>,
    /// Whether the line is also closed on what only Catholic communities of that state keep.
    #[n(3)]
    pub catholic: bool,
}

/// Why hours cannot be kept. Whoever entered them is to correct them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HoursError {
    /// A week of other than seven days.
    #[error("a week has seven days, not {days}")]
    WrongWeek {
        /// How many there are.
        days: usize,
    },
    /// More than [`MAX_EXCEPTIONS`].
    #[error("more than {MAX_EXCEPTIONS} exceptions")]
    TooManyExceptions,
    /// An exception that ends before it begins.
    #[error("an exception ends before it begins, on {first}")]
    ExceptionReversed {
        /// When it begins.
        first: Date,
    },
    /// More than [`MAX_SPANS`] on a day.
    #[error("more than {MAX_SPANS} spans on {place}")]
    TooManySpans {
        /// Which day.
        place: Place,
    },
    /// A span that ends before it begins or with it, or after midnight.
    #[error("a span from {} to {} on {place} is none", span.from, span.to)]
    WrongSpan {
        /// Which day.
        place: Place,
        /// The span.
        span: Span,
    },
    /// Spans of a day that are not in their order, or overlap.
    #[error("spans overlap or are out of order on {place}")]
    SpansOverlap {
        /// Which day.
        place: Place,
    },
}

/// Where in [`Hours`] something is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// A day of the week, 0 for Monday.
    Weekday(usize),
    /// An exception, by its place in the list.
    Exception(usize),
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Weekday(index) => write!(f, "day {} of the week", index + 1),
            Self::Exception(index) => write!(f, "exception {}", index + 1),
        }
    }
}

impl Hours {
    /// A line that is never open. A start for who fills in hours.
    pub fn closed() -> Self {
        Self { week: vec![Vec::new(); 7], exceptions: Vec::new(), state: None, catholic: false }
    }

    /// Whether these hours keep what the others here rely on.
    ///
    /// # Errors
    /// The first thing that is wrong, in the order of the fields.
    pub fn check(&self) -> Result<(), HoursError> {
        if self.week.len() != 7 {
            return Err(HoursError::WrongWeek { days: self.week.len() });
        }
        for (index, spans) in self.week.iter().enumerate() {
            check_spans(spans, Place::Weekday(index))?;
        }
        if self.exceptions.len() > MAX_EXCEPTIONS {
            return Err(HoursError::TooManyExceptions);
        }
        for (index, exception) in self.exceptions.iter().enumerate() {
            if exception.last < exception.first {
                return Err(HoursError::ExceptionReversed { first: exception.first });
            }
            check_spans(&exception.spans, Place::Exception(index))?;
        }
        Ok(())
    }

    /// Whether the line is open at a moment.
    pub fn is_open(&self, at: i64) -> bool {
        self.openings_until(at, LocalTime::of(at).date()).piece().is_some_and(|piece| piece.contains(&at))
    }

    /// The next moment after `at` at which the line opens (`true`) or closes (`false`). `None` if that is more than
    /// [`LOOK_AHEAD_DAYS`] away: the line stays as it is.
    pub fn next_change(&self, at: i64) -> Option<(i64, bool)> {
        let mut openings = self.openings(at);
        let first = openings.next()?;
        if first.start > at {
            return Some((first.start, true));
        }
        // An opening that is as long as what was looked at has no end that is known.
        let end = first.end;
        (end < openings.horizon()).then_some((end, false))
    }

    /// How many milliseconds of the time from `from` until before `to` the line is open. Nothing if `to` is not later.
    pub fn open_millis_between(&self, from: i64, to: i64) -> i64 {
        self.openings_until(from, LocalTime::of(to).date())
            .map(|opening| opening.end.min(to).saturating_sub(opening.start.max(from)).max(0))
            .sum()
    }

    /// The moment at which the line was open for so many milliseconds since `at`: when a waiting time that counts in
    /// opening hours is over. `at` itself if there is nothing to wait for. `None` if that is more than
    /// [`LOOK_AHEAD_DAYS`] away.
    pub fn after_open_millis(&self, at: i64, millis: i64) -> Option<i64> {
        if millis <= 0 {
            return Some(at);
        }
        let mut left = millis;
        for opening in self.openings(at) {
            let start = opening.start.max(at);
            let length = opening.end - start;
            if left <= length {
                return Some(start + left);
            }
            left -= length;
        }
        None
    }

    /// When the line is open from `at` on, as far as is looked ahead.
    fn openings(&self, at: i64) -> Openings<'_> {
        self.openings_until(at, LocalTime::of(at).date().plus_days(LOOK_AHEAD_DAYS))
    }

    fn openings_until(&self, at: i64, last: Date) -> Openings<'_> {
        let day = LocalTime::of(at).date();
        Openings { hours: self, at, day: Some(day), last, of_day: Vec::new(), holidays: Vec::new(), year: 0 }
    }
}

fn check_spans(spans: &[Span], place: Place) -> Result<(), HoursError> {
    if spans.len() > MAX_SPANS {
        return Err(HoursError::TooManySpans { place });
    }
    if let Some(span) = spans.iter().find(|span| !span.is_valid()) {
        return Err(HoursError::WrongSpan { place, span: *span });
    }
    if spans.windows(2).any(|pair| matches!(pair, [a, b] if b.from < a.to)) {
        return Err(HoursError::SpansOverlap { place });
    }
    Ok(())
}

/// The times at which a line is open, from a moment on, day by day: in their order, none empty, and none touching the
/// next.
struct Openings<'a> {
    hours: &'a Hours,
    /// What ended before is left out.
    at: i64,
    /// The next day to look at.
    day: Option<Date>,
    /// The last day to look at.
    last: Date,
    /// What is left of the days before, the next at the end.
    of_day: Vec<Range<i64>>,
    /// Days of `year` on which the line is closed.
    holidays: Vec<Date>,
    year: u16,
}

impl Openings<'_> {
    /// Until when is looked ahead.
    fn horizon(&self) -> i64 {
        LocalTime::end_of(self.last)
    }

    /// The next opening, which may touch the one after it.
    fn piece(&mut self) -> Option<Range<i64>> {
        loop {
            if let Some(piece) = self.of_day.pop() {
                if piece.end > self.at {
                    return Some(piece);
                }
                continue;
            }
            let day = self.day.filter(|day| *day <= self.last)?;
            self.day = Some(day.plus_days(1)).filter(|next| *next > day);
            self.fill(day);
        }
    }

    /// Takes the openings of a day.
    fn fill(&mut self, day: Date) {
        let spans = self.spans_on(day);
        let moment = |minutes: u16| {
            LocalTime::new(day, u32::from(minutes) * 60_000).map_or(LocalTime::end_of(day), LocalTime::at)
        };
        let pieces = spans.iter().take(MAX_SPANS).filter(|span| span.is_valid());
        let mut of_day: Vec<Range<i64>> = Vec::new();
        for piece in pieces.map(|span| moment(span.from)..moment(span.to)).filter(|piece| !piece.is_empty()) {
            // They are in their order already, unless nobody checked them.
            let place = of_day.partition_point(|later| later.start > piece.start);
            of_day.insert(place, piece);
        }
        self.of_day = of_day;
    }

    fn spans_on(&mut self, day: Date) -> &[Span] {
        let hours = self.hours;
        let holds = |exception: &&Exception| (exception.first..=exception.last).contains(&day);
        if let Some(exception) = hours.exceptions.iter().take(MAX_EXCEPTIONS).find(holds) {
            return &exception.spans;
        }
        if self.is_holiday(day) {
            return &[];
        }
        hours.week.get(day.weekday().index()).map_or(&[], Vec::as_slice)
    }

    fn is_holiday(&mut self, day: Date) -> bool {
        let Some(state) = self.hours.state else { return false };
        if self.year != day.year() {
            self.year = day.year();
            let mut kept = holidays::holidays(state, self.year);
            if self.hours.catholic {
                kept.extend(holidays::catholic_holidays(state, self.year));
            }
            self.holidays = kept.into_iter().map(|(date, _)| date).collect();
        }
        self.holidays.contains(&day)
    }
}

impl Iterator for Openings<'_> {
    type Item = Range<i64>;

    fn next(&mut self) -> Option<Range<i64>> {
        let mut opening = self.piece()?;
        while let Some(next) = self.piece() {
            if next.start > opening.end {
                self.of_day.push(next);
                break;
            }
            opening.end = opening.end.max(next.end);
        }
        Some(opening)
    }
}

#[cfg(test)]
mod tests;
