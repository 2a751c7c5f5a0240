//! What the team knows of one conversation with a customer, and of all of them.

use std::collections::{BTreeMap, BTreeSet};

use kuvert_content::MessageId;
use kuvert_wire::ChannelId;
use minicbor::{Decode, Encode};
use sha2::{Digest, Sha256};

use super::event::Status;
use super::ids::{DeviceKey, EventId, Hash, LabelId};
use super::parts::Part;
use crate::limits;

/// What the team knows of one conversation with a customer. Times are those of events.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub struct Case {
    /// When it began: its first event.
    #[n(0)]
    pub opened_at: i64,
    /// Where it stands.
    #[n(1)]
    pub status: Status,
    /// Since when.
    #[n(2)]
    pub since: i64,
    /// Who looks after it.
    #[n(3)]
    pub claim: Option<Claim>,
    /// Who did before, oldest first.
    #[n(4)]
    pub past_claims: Vec<PastClaim>,
    /// Where it stood, oldest first; the last one is where it stands.
    #[n(5)]
    pub turns: Vec<Turn>,
    /// Labels on it. One that the team defines no longer is not shown: see [`super::Team::labels_of`].
    #[n(6)]
    pub labels: BTreeSet<LabelId>,
    /// Notes, oldest first.
    #[n(7)]
    pub notes: Vec<Note>,
    /// Reminders, in the order in which they were set.
    #[n(8)]
    pub reminders: Vec<Reminder>,
    /// Where the customer's requests stand.
    #[n(9)]
    pub requests: BTreeMap<MessageId, Request>,
    /// Which requests are offered to members, or were.
    #[n(10)]
    pub offers: BTreeMap<MessageId, Offer>,
    /// Messages that are business records.
    #[n(11)]
    pub tags: BTreeMap<MessageId, Tag>,
    /// What the customer consented to, in the order in which it was recorded.
    #[n(12)]
    pub consents: Vec<Consent>,
    /// Messages in which the customer said how it was; not what. In the order in which they came.
    #[n(13)]
    pub scored: Vec<MessageId>,
    /// Since when the customer waits for an answer, as far as that was said for members whose devices are not in the conversation.
    #[n(14)]
    pub waits: Option<i64>,
    /// When the customer asked for everything to be erased.
    #[n(40)]
    pub asked_erasure: Option<i64>,
}

/// Who looks after a conversation.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub struct Claim {
    /// The member.
    #[n(0)]
    pub member: DeviceKey,
    /// Since when.
    #[n(1)]
    pub since: i64,
    /// What they were told when it was handed over; perhaps empty.
    #[n(2)]
    pub note: String,
}

/// Who looked after a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct PastClaim {
    /// The member.
    #[n(0)]
    pub member: DeviceKey,
    /// Since when.
    #[n(1)]
    pub from: i64,
    /// Until when.
    #[n(2)]
    pub until: i64,
}

/// A change of where a conversation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct Turn {
    /// Where it stands since then.
    #[n(0)]
    pub status: Status,
    /// When.
    #[n(1)]
    pub at: i64,
    /// Who changed it.
    #[n(2)]
    pub by: DeviceKey,
}

/// A note that the customer does not see.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub struct Note {
    /// Names it.
    #[n(0)]
    pub id: EventId,
    /// Who wrote it.
    #[n(1)]
    pub by: DeviceKey,
    /// When.
    #[n(2)]
    pub at: i64,
    /// When it was changed.
    #[n(3)]
    pub edited_at: Option<i64>,
    /// What it says.
    #[n(4)]
    pub text: String,
    /// Members whom it mentions.
    #[n(5)]
    pub mentions: BTreeSet<DeviceKey>,
}

/// A member is to be reminded.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub struct Reminder {
    /// Names it.
    #[n(0)]
    pub id: EventId,
    /// When.
    #[n(1)]
    pub at: i64,
    /// Who.
    #[n(2)]
    pub member: DeviceKey,
    /// Of what; perhaps empty.
    #[n(3)]
    pub text: String,
}

/// Where a request stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct Request {
    /// Index of its state among those of its form.
    #[n(0)]
    pub state: u8,
    /// Since when.
    #[n(1)]
    pub at: i64,
    /// Who said so.
    #[n(2)]
    pub by: DeviceKey,
}

/// A request that members are asked to take.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub struct Offer {
    /// Who offers it.
    #[n(0)]
    pub by: DeviceKey,
    /// Since when.
    #[n(1)]
    pub at: i64,
    /// When it is escalated if nobody took it.
    #[n(2)]
    pub until: i64,
    /// To whom; empty for everybody on duty.
    #[n(3)]
    pub to: BTreeSet<DeviceKey>,
    /// Who does not take it.
    #[n(4)]
    pub declined: BTreeSet<DeviceKey>,
    /// Since when every agent may take it.
    #[n(5)]
    pub escalated_at: Option<i64>,
    /// Who took it.
    #[n(6)]
    pub taken_by: Option<DeviceKey>,
    /// When.
    #[n(7)]
    pub taken_at: Option<i64>,
}

/// A message is a business record.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub struct Tag {
    /// For how many years after the end of the one it is of.
    #[n(0)]
    pub years: u8,
    /// Why.
    #[n(1)]
    pub reason: String,
    /// Who says so.
    #[n(2)]
    pub by: DeviceKey,
    /// Since when.
    #[n(3)]
    pub at: i64,
}

/// What a customer consented to.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub struct Consent {
    /// To what.
    #[n(0)]
    pub purpose: String,
    /// Hash of the text.
    #[n(1)]
    pub text: Hash,
    /// Version of the text.
    #[n(2)]
    pub version: u32,
    /// When.
    #[n(3)]
    pub at: i64,
    /// The customer's message.
    #[n(4)]
    pub message: MessageId,
    /// When it was taken back.
    #[n(5)]
    pub withdrawn_at: Option<i64>,
    /// The customer's message that took it back.
    #[n(6)]
    pub withdrawn_by: Option<MessageId>,
}

impl Case {
    pub(super) fn new(at: i64) -> Self {
        Self {
            opened_at: at,
            status: Status::New,
            since: at,
            claim: None,
            past_claims: Vec::new(),
            turns: Vec::new(),
            labels: BTreeSet::new(),
            notes: Vec::new(),
            reminders: Vec::new(),
            requests: BTreeMap::new(),
            offers: BTreeMap::new(),
            tags: BTreeMap::new(),
            consents: Vec::new(),
            scored: Vec::new(),
            waits: None,
            asked_erasure: None,
        }
    }

    /// What stays of a case whose customer is erased: that messages are business records.
    pub(super) fn archived(self, at: i64) -> Self {
        Self { status: Status::Done, tags: self.tags, ..Self::new(at) }
    }

    /// Whether this is what stayed when the customer was erased, and nobody began anew.
    pub(super) fn is_archived(&self) -> bool {
        self.status == Status::Done && self.turns.is_empty()
    }

    /// The member who looks after it.
    pub fn claimed_by(&self) -> Option<DeviceKey> {
        self.claim.as_ref().map(|claim| claim.member)
    }

    /// The consents that hold, in the order in which they were recorded.
    pub fn consents_that_hold(&self) -> impl Iterator<Item = &Consent> {
        self.consents.iter().filter(|consent| consent.withdrawn_at.is_none())
    }

    pub(super) fn is_within_bounds(&self) -> bool {
        self.past_claims.len() <= limits::MAX_PAST_CLAIMS
            && self.turns.len() <= limits::MAX_TURNS
            && self.labels.len() <= limits::MAX_CASE_LABELS
            && self.notes.len() <= limits::MAX_NOTES
            && self.reminders.len() <= limits::MAX_REMINDERS
            && self.requests.len() <= limits::MAX_REQUESTS
            && self.offers.len() <= limits::MAX_OFFERS
            && self.tags.len() <= limits::MAX_TAGS
            && self.consents.len() <= limits::MAX_CONSENTS
            && self.scored.len() <= limits::MAX_SCORED
            && self.notes.iter().all(|note| {
                note.text.len() <= limits::MAX_NOTE && note.mentions.len() <= limits::MAX_MENTIONS
            })
            && self.offers.values().all(|offer| offer.to.len() <= limits::MAX_OFFERED)
    }
}

impl std::fmt::Debug for Case {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Case({:?}, ..)", self.status)
    }
}

/// All conversations with customers of which the team knows something, and what of the state changed since it was written down.
///
/// `Debug` tells how many.
#[derive(Clone, Default, Encode, Decode)]
pub struct Cases {
    #[n(0)]
    pub(super) cases: BTreeMap<ChannelId, Case>,
    /// Hashes of conversations that were erased, and when.
    #[n(1)]
    pub(super) tombstones: BTreeMap<Hash, i64>,
    #[cbor(skip)]
    pub(super) touched: BTreeSet<Part>,
}

impl Cases {
    /// What is known of a conversation.
    pub fn get(&self, conversation: ChannelId) -> Option<&Case> {
        self.cases.get(&conversation)
    }

    /// All of them, by id.
    pub fn iter(&self) -> impl Iterator<Item = (ChannelId, &Case)> {
        self.cases.iter().map(|(id, case)| (*id, case))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.cases.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.cases.is_empty()
    }

    /// When a conversation was erased, if it was.
    pub fn erased_at(&self, conversation: ChannelId) -> Option<i64> {
        self.tombstones.get(&conversation_hash(conversation)).copied()
    }

    /// The parts of the state, the team's among them, that changed since this was called last.
    pub fn take_touched(&mut self) -> BTreeSet<Part> {
        std::mem::take(&mut self.touched)
    }

    pub(super) fn touch(&mut self, part: Part) {
        self.touched.insert(part);
    }
}

impl std::fmt::Debug for Cases {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Cases({})", self.cases.len())
    }
}

/// What stands for a conversation in the audit log and after it was erased. Ids are random: nobody guesses one from it.
pub fn conversation_hash(conversation: ChannelId) -> Hash {
    let digest =
        Sha256::new().chain_update(b"kuvert desk conversation v1").chain_update(conversation.as_bytes());
    Hash::new(digest.finalize().into())
}
