//! Appointments as iCalendar: written for calendars and mail, read back from CalDAV.
//!
//! [`write()`] makes one iCalendar object with one event (RFC 5545, with the method of RFC 5546) in Germany's local time, with
//! the rule of that time in it. [`read()`] takes back what an appointment needs to know: its name, its version, when it is
//! and whether it is. Everything else in a calendar is left to calendars.

mod read;
mod write;

pub use read::{CalendarError, Entry, MAX_CALENDAR, MAX_ENTRIES, read};
pub use write::write;

/// Whether an appointment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Status {
    /// Asked for, not confirmed.
    Tentative,
    /// It stands.
    Confirmed,
    /// It does not take place.
    Cancelled,
}

impl Status {
    const ALL: [Self; 3] = [Self::Tentative, Self::Confirmed, Self::Cancelled];

    /// The word of RFC 5545, section 3.8.1.11.
    const fn word(self) -> &'static str {
        match self {
            Self::Tentative => "TENTATIVE",
            Self::Confirmed => "CONFIRMED",
            Self::Cancelled => "CANCELLED",
        }
    }
}

/// What an iCalendar object is sent for (RFC 5546, section 3.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    /// To know of it. No answer is awaited.
    Publish,
    /// To be answered, or an update of what was sent before.
    Request,
    /// It does not take place.
    Cancel,
}

impl Method {
    const fn word(self) -> &'static str {
        match self {
            Self::Publish => "PUBLISH",
            Self::Request => "REQUEST",
            Self::Cancel => "CANCEL",
        }
    }
}

/// Somebody in an appointment.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Party {
    /// What they are called.
    pub name: String,
    /// A URI, such as `mailto:praxis@example.org` or a Kuvert address.
    pub address: String,
}

/// One appointment.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Appointment {
    /// Names it for all time, across all calendars.
    pub uid: String,
    /// How often it was changed.
    pub sequence: u32,
    /// When this version was made, in milliseconds since 1970 (UTC).
    pub stamp: i64,
    /// When it begins, likewise. Calendars count in seconds: what is beyond is dropped.
    pub start: i64,
    /// When it ends. Not written unless it is after the start.
    pub end: i64,
    /// What it is, in a line.
    pub summary: String,
    /// What else is to be said.
    pub description: String,
    /// Where it is.
    pub location: String,
    /// Whether it stands.
    pub status: Status,
    /// Who invites. RFC 5546 asks for it wherever there is a method.
    pub organizer: Option<Party>,
    /// Who is invited. RFC 5546 asks for it in a request.
    pub attendee: Option<Party>,
    /// How many minutes before the start a calendar shall remind its user.
    pub reminder: Option<u32>,
}

#[cfg(test)]
mod tests;
