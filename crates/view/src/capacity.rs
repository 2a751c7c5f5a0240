//! Limited seats and appointments, the tickets for them, and what was agreed on.

use minicbor::{Decode, Encode};

use crate::{AppointmentView, MessageId};

/// What somebody at the desk does with what is limited.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum SeatsCommand {
    /// Asks for all of it; answered by [`crate::DeskUpdate::Capacities`].
    #[n(0)]
    Show,
    /// Makes a performance or the like, or changes it. Supervisors.
    #[n(1)]
    Set(#[n(0)] CapacityDraft),
    /// Makes a series of appointments. Supervisors.
    #[n(2)]
    Series(#[n(0)] SeriesDraft),
    /// It is offered no longer, and what was reserved goes. Supervisors.
    #[n(3)]
    Drop {
        /// Which.
        #[cbor(n(0), with = "minicbor::bytes")]
        id: [u8; 16],
    },
    /// A form takes its seats or slots from there. Owners.
    #[n(4)]
    Use {
        /// From where.
        #[cbor(n(0), with = "minicbor::bytes")]
        id: [u8; 16],
        /// Which form.
        #[n(1)]
        form: String,
    },
    /// What a request has is free again.
    #[n(5)]
    Free {
        /// The message that made it.
        #[n(0)]
        message: MessageId,
    },
    /// Checks the code of a ticket; answered by [`crate::DeskUpdate::Ticket`].
    #[n(6)]
    CheckTicket {
        /// What was scanned or typed.
        #[n(0)]
        code: String,
        /// A valid one is used by this.
        #[n(1)]
        admit: bool,
    },
    /// Asks for what was agreed on with customers whom the user looks after; answered by [`crate::DeskUpdate::Agreed`].
    #[n(7)]
    ShowAgreed,
}

/// Something with limited seats.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct CapacityDraft {
    /// Which; `None` for a new one.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub id: Option<[u8; 16]>,
    /// What it is.
    #[n(1)]
    pub title: String,
    /// How many seats there are of each kind. A kind can be a time, as in `2026-11-24 20:00`.
    #[n(2)]
    pub lots: Vec<(String, u32)>,
    /// When it begins, as clocks at the line show it: `2026-11-24 20:00`, or with the end, `2026-11-24 20:00-22:10`. Empty where the
    /// kinds are times.
    #[n(3)]
    pub when: String,
}

/// A series of appointments.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct SeriesDraft {
    /// What they are.
    #[n(0)]
    pub title: String,
    /// The first day, as in `2026-11-24`.
    #[n(1)]
    pub first: String,
    /// The last day.
    #[n(2)]
    pub last: String,
    /// Days of the week, 0 for Monday.
    #[n(3)]
    pub weekdays: Vec<u8>,
    /// When the first one of a day begins: minutes after midnight.
    #[n(4)]
    pub from: u16,
    /// When the last one of a day is over.
    #[n(5)]
    pub to: u16,
    /// Minutes that each takes.
    #[n(6)]
    pub length: u16,
    /// Minutes between two.
    #[n(7)]
    pub gap: u16,
    /// How many customers each time is for.
    #[n(8)]
    pub each: u32,
}

/// Something with limited seats, as the team sees it.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct CapacityView {
    /// Which.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub id: [u8; 16],
    /// What it is.
    #[n(1)]
    pub title: String,
    /// When nothing is reserved any more: milliseconds since 1970.
    #[n(2)]
    pub closes_at: i64,
    /// Kinds of seats, or times.
    #[n(3)]
    pub lots: Vec<LotView>,
    /// Forms that take from it, by their names within the line.
    #[n(4)]
    pub forms: Vec<String>,
    /// Who has seats, or holds some.
    #[n(5)]
    pub holders: Vec<HolderView>,
}

/// Seats of one kind, or a time.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct LotView {
    /// Which.
    #[n(0)]
    pub name: String,
    /// How many are free.
    #[n(1)]
    pub free: u32,
    /// How many are held.
    #[n(2)]
    pub held: u32,
    /// How many are given away.
    #[n(3)]
    pub confirmed: u32,
}

/// A customer's seats.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct HolderView {
    /// The message that asked for them, where this device has it.
    #[n(0)]
    pub message: Option<MessageId>,
    /// The customer's name; perhaps empty.
    #[n(1)]
    pub name: String,
    /// Of which kind.
    #[n(2)]
    pub lot: String,
    /// How many.
    #[n(3)]
    pub quantity: u32,
    /// They are the customer's, and not only held.
    #[n(4)]
    pub is_confirmed: bool,
}

/// What is free of something, as customers see it.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct SeatsView {
    /// Which, as forms name it.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub id: [u8; 16],
    /// What it is.
    #[n(1)]
    pub title: String,
    /// Kinds of seats, or times, and how many are free of each.
    #[n(2)]
    pub lots: Vec<(String, u32)>,
}

/// What there is to say about a ticket.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum CheckedTicket {
    /// It counts.
    #[n(0)]
    Valid {
        /// For what it is.
        #[n(0)]
        title: String,
        /// Which seats.
        #[n(1)]
        seats: String,
        /// Whose it is.
        #[n(2)]
        name: String,
        /// It was used just now.
        #[n(3)]
        is_admitted: bool,
    },
    /// It was used, or its request is over.
    #[n(1)]
    Used {
        /// For what it was.
        #[n(0)]
        title: String,
        /// Whose it was.
        #[n(1)]
        name: String,
        /// Since when: milliseconds since 1970.
        #[n(2)]
        at: i64,
    },
    /// No seats belong to it.
    #[n(2)]
    Unknown,
}

/// Something on which a customer and the line agreed.
///
/// `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub struct AgreedView {
    /// Names it across all calendars.
    #[n(0)]
    pub uid: String,
    /// When and where.
    #[n(1)]
    pub appointment: AppointmentView,
    /// It does not take place.
    #[n(2)]
    pub is_cancelled: bool,
    /// The event, as a calendar's server keeps it.
    #[n(3)]
    pub calendar: String,
}

impl std::fmt::Debug for AgreedView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AgreedView(..)")
    }
}
