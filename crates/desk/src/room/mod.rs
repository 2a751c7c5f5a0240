//! The desk room: what a line's devices say to each other, in one order that all of them see alike, and what they fold it into.
//!
//! [`Event`] is what is said. [`Team::apply`] folds one event after the other into [`Team`], what the line has in common, and
//! [`Cases`], one [`Case`] for each conversation with a customer. An event that its sender has no right to, or that makes no sense
//! as things stand, changes nothing, and that on every device: so the first claim wins, a taxi goes to one driver, and the last seat
//! to one customer.
//!
//! ```
//! use kuvert_desk::room::{Cases, DeviceKey, Event, EventId, Meta, Outcome, Team};
//!
//! let (mut team, mut cases) = (Team::default(), Cases::default());
//! let meta = Meta { id: EventId::new([1; 32]), by: DeviceKey::new([7; 32]), at: 1_750_000_000_000 };
//! let event = Event::decode(&Event::Founded { name: "Anna".into() }.encode())?;
//! assert_eq!(team.apply(&mut cases, meta, &event), Outcome::Applied);
//! for part in cases.take_touched() {
//!     let (_key, _bytes) = (part.key(), part.encode(&team, &cases)); // to be written down
//! }
//! # Ok::<(), kuvert_wire::DecodeError>(())
//! ```
//!
//! It is left to the caller that an event is handed in once, that its author is who MLS says, and that events which say nothing
//! a device can read are passed over by all.

mod audit;
mod canned;
mod capacity;
mod case;
mod case_event;
mod due;
mod event;
mod fold;
mod ids;
mod parts;
mod presence;
mod queue;
mod snapshot;
mod statistics;
mod team;
mod text;

pub use audit::{AuditEntry, AuditLog, Tampered, verify};
pub use canned::{Fields, fill};
pub use capacity::{Capacity, Lot, Reservation};
pub use case::{
    Case, Cases, Claim, Consent, Note, Offer, PastClaim, Reminder, Request, Tag, Turn, conversation_hash,
};
pub use case_event::CaseEvent;
pub use due::{Due, Overdue, due, overdue};
pub use event::{Canned, Event, Meta, NewCapacity, Role, Status};
pub use fold::{Outcome, Reason};
pub use ids::{CannedId, CapacityId, DeviceKey, EventId, Hash, LabelId};
pub use parts::{Part, load, parts};
pub use presence::Presence;
pub use queue::{Counts, Facts, Queue, QueueRow, Standing, View, queue};
pub use snapshot::{Snapshot, StateError};
pub use statistics::{DayCount, FirstAnswer, LabelCount, MemberCount, Scope, Statistics, statistics};
pub use team::{Label, Member, Scores, Settings, Team};
