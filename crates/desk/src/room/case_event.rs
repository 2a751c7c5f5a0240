//! What a device says in the desk room about one conversation with a customer.
//!
//! The numbers of variants and fields are the format; they are never given to anything else.

use kuvert_content::MessageId;
use kuvert_wire::encode;
use minicbor::{Decode, Encode};

use super::event::{CASE_KINDS, Status, variant};
use super::ids::{CapacityId, DeviceKey, EventId, Hash, LabelId};

/// What a device says about one conversation with a customer. For agents, where nothing else is said. `Debug` tells its kind only.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub enum CaseEvent {
    /// The sender looks after it, if nobody does.
    #[n(1)]
    Claim,
    /// Nobody looks after it any more. Who claimed it, or a supervisor.
    #[n(2)]
    Release,
    /// Another member looks after it. Who claimed it, or a supervisor; anybody if nobody did.
    #[n(3)]
    HandOver {
        /// Who.
        #[n(0)]
        to: DeviceKey,
        /// What they should know; perhaps empty.
        #[n(1)]
        note: String,
    },
    /// The sender looks after it in the place of somebody else. Supervisors.
    #[n(4)]
    TakeOver,
    /// Writes a note that the customer does not see. The event's id names it.
    #[n(5)]
    AddNote {
        /// What it says.
        #[n(0)]
        text: String,
        /// Members whom it mentions.
        #[n(1)]
        mentions: Vec<DeviceKey>,
    },
    /// The sender's own note says something else.
    #[n(6)]
    EditNote {
        /// Which.
        #[n(0)]
        note: EventId,
        /// What it says.
        #[n(1)]
        text: String,
        /// Members whom it mentions.
        #[n(2)]
        mentions: Vec<DeviceKey>,
    },
    /// Takes the sender's own note back.
    #[n(7)]
    DeleteNote {
        /// Which.
        #[n(0)]
        note: EventId,
    },
    /// Puts a label on it.
    #[n(8)]
    AddLabel {
        /// Which.
        #[n(0)]
        label: LabelId,
    },
    /// Takes a label off it.
    #[n(9)]
    RemoveLabel {
        /// Which.
        #[n(0)]
        label: LabelId,
    },
    /// It stands elsewhere. Who claimed it, or a supervisor; anybody if nobody did. Done ends the claim.
    #[n(10)]
    SetStatus {
        /// Where; [`Status::New`] is where everything begins, and nothing comes back to.
        #[n(0)]
        status: Status,
    },
    /// A member is to be reminded. The event's id names it.
    #[n(11)]
    SetReminder {
        /// When.
        #[n(0)]
        at: i64,
        /// Who.
        #[n(1)]
        member: DeviceKey,
        /// Of what; perhaps empty.
        #[n(2)]
        text: String,
    },
    /// A reminder is not needed any more.
    #[n(12)]
    ClearReminder {
        /// Which.
        #[n(0)]
        reminder: EventId,
    },
    /// A request moved on. Who claimed the conversation, or a supervisor.
    #[n(13)]
    SetRequest {
        /// The customer's message with the request.
        #[n(0)]
        request: MessageId,
        /// Index of its state among those of its form.
        #[n(1)]
        state: u8,
    },
    /// Asks members to take a request; the first one has it. Who claimed the conversation, or a supervisor; anybody if nobody did.
    #[n(14)]
    Offer {
        /// The customer's message with the request.
        #[n(0)]
        request: MessageId,
        /// Whom; empty for everybody on duty.
        #[n(1)]
        to: Vec<DeviceKey>,
        /// Milliseconds until it is escalated if nobody took it.
        #[n(2)]
        ttl: u32,
    },
    /// Takes a request that was offered, and its conversation with it.
    #[n(15)]
    Take {
        /// The customer's message with the request.
        #[n(0)]
        request: MessageId,
    },
    /// The sender does not take a request that was offered.
    #[n(16)]
    Decline {
        /// The customer's message with the request.
        #[n(0)]
        request: MessageId,
    },
    /// Nobody took a request in time: now every agent may.
    #[n(17)]
    Escalated {
        /// The customer's message with the request.
        #[n(0)]
        request: MessageId,
    },
    /// Holds seats for a customer.
    #[n(18)]
    Reserve {
        /// Of what.
        #[n(0)]
        capacity: CapacityId,
        /// Of which kind.
        #[n(1)]
        lot: String,
        /// How many.
        #[n(2)]
        quantity: u32,
        /// The customer's message that asks for it.
        #[n(3)]
        request: MessageId,
        /// Until when; then they are free again if nobody confirmed.
        #[n(4)]
        hold_until: i64,
    },
    /// What is held for a request is the customer's.
    #[n(19)]
    Confirm {
        /// Of what.
        #[n(0)]
        capacity: CapacityId,
        /// The customer's message that asked for it.
        #[n(1)]
        request: MessageId,
    },
    /// What is held for a request, or was confirmed, is free again.
    #[n(20)]
    Cancel {
        /// Of what.
        #[n(0)]
        capacity: CapacityId,
        /// The customer's message that asked for it.
        #[n(1)]
        request: MessageId,
    },
    /// The customer said how it was. It is counted for the line and the day, and kept with nobody.
    #[n(21)]
    Score {
        /// The customer's message.
        #[n(0)]
        message: MessageId,
        /// 1 to 5, where 5 is best.
        #[n(1)]
        score: u8,
    },
    /// The customer is erased: of the conversation only a hash, the time, and which messages are business records stay. Supervisors.
    #[n(22)]
    Erase,
    /// A message is a business record, and kept.
    #[n(23)]
    Tag {
        /// Which.
        #[n(0)]
        message: MessageId,
        /// For how many years after the end of this one: 6, 8 or 10.
        #[n(1)]
        years: u8,
        /// Why.
        #[n(2)]
        reason: String,
    },
    /// A message is no business record. Supervisors.
    #[n(24)]
    Untag {
        /// Which.
        #[n(0)]
        message: MessageId,
    },
    /// The customer consented to something.
    #[n(25)]
    Consent {
        /// The customer's message.
        #[n(0)]
        message: MessageId,
        /// To what.
        #[n(1)]
        purpose: String,
        /// Hash of the text to which they consented.
        #[n(2)]
        text: Hash,
        /// Version of that text.
        #[n(3)]
        version: u32,
        /// When.
        #[n(4)]
        at: i64,
    },
    /// The customer asks for everything to be erased.
    #[n(60)]
    AskErasure {
        /// The customer's message.
        #[n(0)]
        message: MessageId,
        /// When.
        #[n(1)]
        at: i64,
    },
    /// The customer took a consent back.
    #[n(26)]
    WithdrawConsent {
        /// The customer's message.
        #[n(0)]
        message: MessageId,
        /// To what.
        #[n(1)]
        purpose: String,
        /// When.
        #[n(2)]
        at: i64,
    },
    /// The customer waits for an answer, or does not any more: for members whose devices are not in the conversation. Supervisors.
    #[n(27)]
    Waits {
        /// Since when.
        #[n(0)]
        since: Option<i64>,
    },
    /// Asks everybody on duty to take a request, unless somebody was asked before. What devices do by themselves: of several who
    /// do, the first one counts.
    #[n(80)]
    OfferOnce {
        /// The customer's message with the request.
        #[n(0)]
        request: MessageId,
        /// Milliseconds until it is escalated if nobody took it.
        #[n(1)]
        ttl: u32,
    },
}

impl CaseEvent {
    /// [`Event::kind`] of an event that says this.
    pub fn kind(&self) -> u16 {
        CASE_KINDS + variant(&encode(self))
    }
}

impl std::fmt::Debug for CaseEvent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "CaseEvent({})", self.kind())
    }
}
