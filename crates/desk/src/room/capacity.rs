//! Seats, tables and appointments: a limited number, of which none is given away twice.

use std::collections::BTreeMap;

use kuvert_content::MessageId;
use kuvert_wire::ChannelId;
use minicbor::{Decode, Encode};

use crate::limits;

/// Something with a limited number of seats.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub struct Capacity {
    /// What it is.
    #[n(0)]
    pub title: String,
    /// Its seats, by kind.
    #[n(1)]
    pub lots: BTreeMap<String, Lot>,
    /// When nothing is reserved any more.
    #[n(2)]
    pub closes_at: i64,
    /// When it begins.
    #[n(3)]
    pub from: i64,
    /// When it ends.
    #[n(4)]
    pub until: i64,
    /// Who has seats, or holds some, in the order in which they came. A hold that is over may still stand here.
    #[n(5)]
    pub reservations: Vec<Reservation>,
}

/// Seats of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct Lot {
    /// How many there are.
    #[n(0)]
    pub seats: u32,
    /// How many of them belong to customers who were erased.
    #[n(1)]
    pub given: u32,
}

/// Seats of a customer.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub struct Reservation {
    /// The customer's message that asked for them.
    #[n(0)]
    pub request: MessageId,
    /// The customer's conversation.
    #[n(1)]
    pub conversation: ChannelId,
    /// Of which kind.
    #[n(2)]
    pub lot: String,
    /// How many.
    #[n(3)]
    pub quantity: u32,
    /// Until when they are held; `None` once they are the customer's.
    #[n(4)]
    pub hold_until: Option<i64>,
}

impl Reservation {
    /// Whether the seats are not free at a time.
    pub fn stands(&self, now: i64) -> bool {
        self.hold_until.is_none_or(|until| now < until)
    }
}

impl Capacity {
    /// How many seats of a kind are free at a time; none of a kind that there is not.
    pub fn free(&self, lot: &str, now: i64) -> u32 {
        self.lots.get(lot).map_or(0, |lot| lot.seats).saturating_sub(self.used(lot, now))
    }

    /// How many seats of a kind somebody has or holds at a time.
    pub fn used(&self, lot: &str, now: i64) -> u32 {
        let given = self.lots.get(lot).map_or(0, |lot| lot.given);
        let standing = self.reservations.iter().filter(|one| one.lot == lot && one.stands(now));
        standing.fold(given, |sum, one| sum.saturating_add(one.quantity))
    }

    pub(super) fn is_within_bounds(&self) -> bool {
        self.lots.len() <= limits::MAX_LOTS && self.reservations.len() <= limits::MAX_RESERVATIONS
    }
}
