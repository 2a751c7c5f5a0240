//! What a device says in the desk room.
//!
//! Every event is a wish: whether it changes anything is decided by [`super::Team::apply`], on each device alike. The numbers of
//! variants and fields are the format; they are never given to anything else.

use std::collections::BTreeMap;

use kuvert_wire::{ChannelId, DecodeError, encode};
use minicbor::{Decode, Decoder, Encode};

use super::case_event::CaseEvent;
use super::ids::{CannedId, CapacityId, DeviceKey, EventId, LabelId};
use crate::limits::MAX_EVENT;

/// What is known of an event beside what it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Meta {
    /// Names the event; no two have the same.
    pub id: EventId,
    /// The device that sent it, as MLS vouches for.
    pub by: DeviceKey,
    /// When it was sent, as the sender claims: milliseconds since 1970.
    pub at: i64,
}

/// What a member may do. Each one may do what those before may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum Role {
    /// Looks on.
    #[n(0)]
    ReadOnly,
    /// Answers customers.
    #[n(1)]
    Agent,
    /// Decides who answers, and what the line has in common but for its members and settings.
    #[n(2)]
    Supervisor,
    /// Holds the line's identity.
    #[n(3)]
    Owner,
}

/// Where a conversation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub enum Status {
    /// Nobody has looked after it yet.
    #[n(0)]
    New,
    /// Somebody has, and it is not over.
    #[n(1)]
    Open,
    /// Nothing to do before the customer answers, or before a time.
    #[n(2)]
    Waiting {
        /// The time, where there is one.
        #[n(0)]
        until: Option<i64>,
    },
    /// It is over.
    #[n(3)]
    Done,
}

/// A prepared answer in one language. `{name}`, `{line}` and `{agent}` in its text are filled in by [`super::fill`].
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub struct Canned {
    /// By which it is found. Answers in several languages have the same one.
    #[n(0)]
    pub title: String,
    /// Language tag.
    #[n(1)]
    pub language: String,
    /// The answer.
    #[n(2)]
    pub text: String,
}

/// Something with a limited number of seats: a performance, a table, an appointment. An appointment has one lot with one seat.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub struct NewCapacity {
    /// Its name; one that is there already is changed.
    #[n(0)]
    pub id: CapacityId,
    /// What it is.
    #[n(1)]
    pub title: String,
    /// How many seats there are of each kind.
    #[n(2)]
    pub lots: BTreeMap<String, u32>,
    /// When nothing is reserved any more.
    #[n(3)]
    pub closes_at: i64,
    /// When it begins.
    #[n(4)]
    pub from: i64,
    /// When it ends.
    #[n(5)]
    pub until: i64,
}

/// What a device says in the desk room. `Debug` tells its kind only.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub enum Event {
    /// What a later version says; it changes nothing.
    #[n(0)]
    Unknown,
    /// The first event: who sends it owns the line.
    #[n(1)]
    Founded {
        /// The owner's name.
        #[n(0)]
        name: String,
    },
    /// A device became one of the line's. Owners only.
    #[n(2)]
    Join {
        /// Which.
        #[n(0)]
        device: DeviceKey,
        /// Who operates it.
        #[n(1)]
        name: String,
        /// What they may do.
        #[n(2)]
        role: Role,
    },
    /// A member has another name. Supervisors, but an owner's name owners only.
    #[n(3)]
    Rename {
        /// Who.
        #[n(0)]
        device: DeviceKey,
        /// The name.
        #[n(1)]
        name: String,
    },
    /// A member may do other things. Owners only; one stays.
    #[n(4)]
    SetRole {
        /// Who.
        #[n(0)]
        device: DeviceKey,
        /// What.
        #[n(1)]
        role: Role,
    },
    /// Somebody is a member no longer; what they had claimed is free. Owners only; one stays.
    #[n(5)]
    Dismiss {
        /// Who.
        #[n(0)]
        device: DeviceKey,
    },
    /// A member goes on duty or off. The member, or a supervisor.
    #[n(6)]
    Duty {
        /// Who.
        #[n(0)]
        device: DeviceKey,
        /// On duty.
        #[n(1)]
        on: bool,
    },
    /// The line's settings. Owners only.
    #[n(7)]
    SetSettings {
        /// One more than that of the settings that they replace: who did not know those changes nothing.
        #[n(0)]
        version: u32,
        /// Mean nothing here.
        #[n(1)]
        #[cbor(with = "minicbor::bytes")]
        bytes: Vec<u8>,
    },
    /// Defines a label or changes it. Supervisors.
    #[n(8)]
    SetLabel {
        /// Which.
        #[n(0)]
        label: LabelId,
        /// What it says.
        #[n(1)]
        name: String,
        /// Index of its colour.
        #[n(2)]
        colour: u8,
    },
    /// A label is no more. Supervisors.
    #[n(9)]
    DropLabel {
        /// Which.
        #[n(0)]
        label: LabelId,
    },
    /// Adds a canned answer or changes it. Supervisors.
    #[n(10)]
    SetCanned {
        /// Which.
        #[n(0)]
        id: CannedId,
        /// What it says.
        #[n(1)]
        canned: Canned,
    },
    /// A canned answer is no more. Supervisors.
    #[n(11)]
    DropCanned {
        /// Which.
        #[n(0)]
        id: CannedId,
    },
    /// Offers seats or appointments, or changes them; all of them or none. Supervisors.
    #[n(12)]
    SetCapacities {
        /// Which.
        #[n(0)]
        capacities: Vec<NewCapacity>,
    },
    /// Something is not offered any more; what was reserved goes. Supervisors.
    #[n(13)]
    DropCapacity {
        /// Which.
        #[n(0)]
        id: CapacityId,
    },
    /// About one conversation with a customer.
    #[n(14)]
    Case {
        /// Which.
        #[n(0)]
        conversation: ChannelId,
        /// What.
        #[n(1)]
        event: CaseEvent,
    },
    /// The member is there. Not folded: see [`super::Presence`].
    #[n(15)]
    Present,
    /// The member writes an answer. Not folded: see [`super::Presence`].
    #[n(16)]
    Answering {
        /// To whom.
        #[n(0)]
        conversation: ChannelId,
    },
    /// How the member's device is reached by the others, to be added to conversations.
    #[n(17)]
    SetReach {
        /// Means nothing here.
        #[n(0)]
        #[cbor(with = "minicbor::bytes")]
        reach: Vec<u8>,
    },
}

/// Behind this number begin the kinds of events about a conversation.
pub(super) const CASE_KINDS: u16 = 256;

impl Event {
    /// An event about one conversation.
    pub const fn case(conversation: ChannelId, event: CaseEvent) -> Self {
        Self::Case { conversation, event }
    }

    /// The bytes that go into the desk room.
    pub fn encode(&self) -> Vec<u8> {
        encode(self)
    }

    /// Reads an event: at most [`MAX_EVENT`] bytes. What a later version says is [`Event::Unknown`].
    ///
    /// # Errors
    /// [`DecodeError`] if it is no event of any version.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        if bytes.len() > MAX_EVENT {
            return Err(DecodeError::TooLarge { size: bytes.len(), limit: MAX_EVENT });
        }
        let mut d = Decoder::new(bytes);
        let event = match d.decode() {
            Ok(event) => event,
            Err(error) if error.is_unknown_variant() => {
                d = Decoder::new(bytes);
                d.skip().map_err(|_| DecodeError::Malformed)?;
                Self::Unknown
            }
            Err(_) => return Err(DecodeError::Malformed),
        };
        if d.position() == bytes.len() { Ok(event) } else { Err(DecodeError::Trailing) }
    }

    /// The conversation that this is about.
    pub const fn conversation(&self) -> Option<ChannelId> {
        match self {
            Self::Case { conversation, .. } | Self::Answering { conversation } => Some(*conversation),
            _ => None,
        }
    }

    /// Whether somebody of the team did it, so that it belongs into the audit log: a device says by itself who waits.
    pub(super) const fn is_done_by_somebody(&self) -> bool {
        !matches!(self, Self::Case { event: CaseEvent::Waits { .. }, .. })
    }

    /// Its kind: the number of its variant, for one about a conversation 256 more than the number there.
    pub fn kind(&self) -> u16 {
        match self {
            Self::Case { event, .. } => event.kind(),
            _ => variant(&encode(self)),
        }
    }
}

/// The number of an encoded enum's variant.
pub(super) fn variant(encoded: &[u8]) -> u16 {
    let mut d = Decoder::new(encoded);
    let number = d.array().and_then(|_| d.u16()).unwrap_or_default();
    debug_assert!(number < CASE_KINDS);
    number
}

impl std::fmt::Debug for Event {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Event({})", self.kind())
    }
}
