//! What is shown of the desk of a business line.

use minicbor::{Decode, Encode};

use crate::{
    CaseStatus, ConsentView, ConversationId, LabelId, LastMessage, MemberId, NoteId, OutsideId, QueueFilter,
    ReminderView, TeamRole,
};

/// What is wrong with the description of a line.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct FaultView {
    /// Where, by the names of [`LineDraft`]'s fields, as in `imprint.zip`; empty where it is about the whole.
    #[n(0)]
    pub field: String,
    /// Nothing stands there, and something has to.
    #[n(1)]
    pub is_missing: bool,
    /// What to do, in English.
    #[n(2)]
    pub words: String,
}

/// A line and its team, as a member sees them.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct DeskView {
    /// Name of the line.
    #[n(0)]
    pub name: String,
    /// The user.
    #[n(1)]
    pub me: MemberId,
    /// What the user may do; `None` as long as they are no member (any more).
    #[n(2)]
    pub role: Option<TeamRole>,
    /// Who is in the team, by name.
    #[n(3)]
    pub members: Vec<TeamMemberView>,
    /// Labels, by name.
    #[n(4)]
    pub labels: Vec<LabelView>,
    /// This device has not got all that the team knows yet.
    #[n(5)]
    pub is_behind: bool,
    /// In so many conversations the line's devices are still to be changed.
    #[n(6)]
    pub staffing: u64,
    /// How many conversations each filter has, in the order of [`QueueFilter`].
    #[n(7)]
    pub counts: [u32; 5],
    /// What customers see was published.
    #[n(8)]
    pub is_published: bool,
    /// So many customers wait longer than they are to.
    #[n(9)]
    pub overdue: u32,
    /// So many customers wait whose conversations the user's device is not in.
    #[n(10)]
    pub outside: u32,
}

/// A member of the team.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct TeamMemberView {
    /// Who.
    #[n(0)]
    pub id: MemberId,
    /// Their name.
    #[n(1)]
    pub name: String,
    /// What they may do.
    #[n(2)]
    pub role: TeamRole,
    /// They are on duty.
    #[n(3)]
    pub on_duty: bool,
    /// They sit at the desk, as far as this device heard.
    #[n(4)]
    pub is_here: bool,
}

/// A label.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct LabelView {
    /// Which.
    #[n(0)]
    pub id: LabelId,
    /// What it says.
    #[n(1)]
    pub name: String,
    /// Index of its colour.
    #[n(2)]
    pub colour: u8,
}

/// Conversations, those who wait longest first.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct QueueView {
    /// Which.
    #[n(0)]
    pub filter: QueueFilter,
    /// The first ones.
    #[n(1)]
    pub rows: Vec<QueueRowView>,
    /// How many there are in each, in the order of [`QueueFilter`].
    #[n(2)]
    pub counts: [u32; 5],
    /// The first ones that the user's device is not in: who waits longest comes first.
    #[n(3)]
    pub outside: Vec<OutsideRowView>,
}

/// A conversation that only devices of those are in who look after it, or lead the team.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct OutsideRowView {
    /// Which.
    #[n(0)]
    pub case: OutsideId,
    /// A few letters and digits by which people tell one from the other: the same on all devices.
    #[n(1)]
    pub code: String,
    /// Since when the customer waits for an answer: milliseconds since 1970.
    #[n(2)]
    pub waiting_since: Option<i64>,
    /// The user looks after it, and is about to be let in.
    #[n(3)]
    pub is_mine: bool,
    /// Labels on it.
    #[n(4)]
    pub labels: Vec<LabelId>,
}

/// A conversation in the queue.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct QueueRowView {
    /// Which.
    #[n(0)]
    pub conversation: ConversationId,
    /// The customer's name.
    #[n(1)]
    pub name: String,
    /// The newest message.
    #[n(2)]
    pub last: Option<LastMessage>,
    /// Since when the customer waits for an answer: milliseconds since 1970.
    #[n(3)]
    pub waiting_since: Option<i64>,
    /// The name of who looks after it.
    #[n(4)]
    pub claimed_by: Option<String>,
    /// It is the user.
    #[n(5)]
    pub is_mine: bool,
    /// Messages of the customer that nobody has seen on this device.
    #[n(6)]
    pub unread: u32,
    /// Labels on it.
    #[n(7)]
    pub labels: Vec<LabelId>,
    /// The customer waits longer than they are to.
    #[n(9)]
    pub is_overdue: bool,
    /// When the user is to be reminded of it, perhaps in the past: milliseconds since 1970.
    #[n(8)]
    pub remind_at: Option<i64>,
    /// The customer asks for everything to be erased.
    #[n(40)]
    pub asks_erasure: bool,
    /// The names of colleagues who write an answer at this moment.
    #[n(20)]
    pub answering: Vec<String>,
}

/// What the team knows of a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct CaseView {
    /// Which.
    #[n(0)]
    pub conversation: ConversationId,
    /// Where it stands.
    #[n(1)]
    pub status: CaseStatus,
    /// Who looks after it.
    #[n(2)]
    pub claimed_by: Option<MemberId>,
    /// What they were told when it was handed over; perhaps empty.
    #[n(3)]
    pub handed_over: String,
    /// Labels on it.
    #[n(4)]
    pub labels: Vec<LabelId>,
    /// Notes, oldest first.
    #[n(5)]
    pub notes: Vec<NoteView>,
    /// When what was said is to be erased: milliseconds since 1970.
    #[n(6)]
    pub erase_at: Option<i64>,
    /// What the customer consented to, in the order in which it was recorded.
    #[n(40)]
    pub consents: Vec<ConsentView>,
    /// When the customer asked for everything to be erased: milliseconds since 1970.
    #[n(41)]
    pub asked_erasure: Option<i64>,
    /// So many messages are business records.
    #[n(42)]
    pub records: u32,
    /// Reminders, the next one first.
    #[n(20)]
    pub reminders: Vec<ReminderView>,
    /// The names of colleagues who write an answer at this moment.
    #[n(21)]
    pub answering: Vec<String>,
}

/// A note that the customer does not see.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct NoteView {
    /// Which.
    #[n(0)]
    pub id: NoteId,
    /// The name of who wrote it.
    #[n(1)]
    pub author: String,
    /// It is the user's own.
    #[n(2)]
    pub is_own: bool,
    /// When: milliseconds since 1970.
    #[n(3)]
    pub at: i64,
    /// What it says.
    #[n(4)]
    pub text: String,
    /// It mentions the user.
    #[n(5)]
    pub mentions_me: bool,
}
