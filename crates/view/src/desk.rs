//! The desk of a business line: what a team may ask for, and what it sees.

use kuvert_desk::form::Form;
use minicbor::{Decode, Encode};

use crate::{
    AgreedView, AppointmentView, BridgeError, CannedView, CapacityView, CheckedTicket, ConsentView,
    ConversationId, DispatchCommand, LastMessage, LineDraft, MessageId, OfferView, ReminderView,
    RightsUpdate, RightsWish, SeatsCommand, ToolCommand,
};

/// Names a member of the team: the public key of their device.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(transparent)]
pub struct MemberId(#[cbor(n(0), with = "minicbor::bytes")] pub [u8; 32]);

impl std::fmt::Debug for MemberId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MemberId(..)")
    }
}

/// Names a label of the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(transparent)]
pub struct LabelId(#[cbor(n(0), with = "minicbor::bytes")] pub [u8; 16]);

/// Names a note.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(transparent)]
pub struct NoteId(#[cbor(n(0), with = "minicbor::bytes")] pub [u8; 32]);

/// What a member may do. Each one may do what those before may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum TeamRole {
    /// Looks on.
    #[n(0)]
    ReadOnly,
    /// Answers customers.
    #[n(1)]
    Agent,
    /// Decides who answers.
    #[n(2)]
    Supervisor,
    /// Holds the line's identity.
    #[n(3)]
    Owner,
}

/// Which conversations are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum QueueFilter {
    /// Those that need somebody.
    #[n(0)]
    New,
    /// Those that the user looks after.
    #[n(1)]
    Mine,
    /// All that are not over.
    #[n(2)]
    All,
    /// Those in which there is nothing to do for now.
    #[n(3)]
    Waiting,
    /// Those that are over, the last one first.
    #[n(4)]
    Done,
}

/// Where a conversation is to stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub enum CaseStatus {
    /// Nobody has looked after it yet.
    #[n(0)]
    New,
    /// Somebody has, and it is not over.
    #[n(1)]
    Open,
    /// Nothing to do before the customer answers, or before a time.
    #[n(2)]
    Waiting {
        /// Milliseconds since 1970, where there is a time.
        #[n(0)]
        until: Option<i64>,
    },
    /// It is over.
    #[n(3)]
    Done,
}

/// A wish of somebody at the desk.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum DeskCommand {
    /// Makes a line; answered by [`DeskUpdate::Desk`].
    #[n(0)]
    CreateLine {
        /// The line's name, 1 to 64 characters.
        #[n(0)]
        name: String,
        /// The user's own name, for colleagues.
        #[n(1)]
        person: String,
        /// Invitation, where the relay asks for one.
        #[n(2)]
        invite: Option<String>,
    },
    /// Makes this device one of a line's.
    #[n(1)]
    JoinLine {
        /// The link that an owner handed out.
        #[n(0)]
        invitation: String,
        /// The user's own name, for colleagues.
        #[n(1)]
        person: String,
        /// Invitation, where the relay asks for one.
        #[n(2)]
        invite: Option<String>,
    },
    /// Asks for the desk; answered by [`DeskUpdate::Desk`].
    #[n(2)]
    ShowDesk,
    /// Makes a link by which one device joins; answered by [`DeskUpdate::Invitation`].
    #[n(3)]
    Invite {
        /// What they may do.
        #[n(0)]
        role: TeamRole,
    },
    /// Asks for conversations; answered by [`DeskUpdate::Queue`].
    #[n(4)]
    ShowQueue {
        /// Which.
        #[n(0)]
        filter: QueueFilter,
    },
    /// Asks what the team knows of a conversation; answered by [`DeskUpdate::Case`].
    #[n(5)]
    ShowCase {
        /// Which.
        #[n(0)]
        conversation: ConversationId,
    },
    /// The user looks after a conversation, if nobody does.
    #[n(6)]
    Claim {
        /// Which.
        #[n(0)]
        conversation: ConversationId,
    },
    /// Nobody looks after it any more.
    #[n(7)]
    Release {
        /// Which.
        #[n(0)]
        conversation: ConversationId,
    },
    /// Another member looks after it.
    #[n(8)]
    HandOver {
        /// Which.
        #[n(0)]
        conversation: ConversationId,
        /// Who.
        #[n(1)]
        to: MemberId,
        /// What they should know; perhaps empty.
        #[n(2)]
        note: String,
    },
    /// The user looks after it in the place of somebody else.
    #[n(9)]
    TakeOver {
        /// Which.
        #[n(0)]
        conversation: ConversationId,
    },
    /// Writes a note that the customer does not see.
    #[n(10)]
    AddNote {
        /// Where.
        #[n(0)]
        conversation: ConversationId,
        /// What it says.
        #[n(1)]
        text: String,
        /// Members whom it mentions.
        #[n(2)]
        mentions: Vec<MemberId>,
    },
    /// Takes an own note back.
    #[n(11)]
    DeleteNote {
        /// Where.
        #[n(0)]
        conversation: ConversationId,
        /// Which.
        #[n(1)]
        note: NoteId,
    },
    /// It stands elsewhere.
    #[n(12)]
    SetStatus {
        /// Which.
        #[n(0)]
        conversation: ConversationId,
        /// Where; [`CaseStatus::New`] is where everything begins, and nothing comes back to.
        #[n(1)]
        status: CaseStatus,
    },
    /// Defines a label of the line, or changes it.
    #[n(13)]
    SetLabel {
        /// Which; `None` for a new one.
        #[n(0)]
        label: Option<LabelId>,
        /// What it says.
        #[n(1)]
        name: String,
        /// Index of its colour.
        #[n(2)]
        colour: u8,
    },
    /// Puts a label on a conversation, or takes it off.
    #[n(14)]
    Label {
        /// Which conversation.
        #[n(0)]
        conversation: ConversationId,
        /// Which label.
        #[n(1)]
        label: LabelId,
        /// On.
        #[n(2)]
        on: bool,
    },
    /// The user, or a member, goes on duty or off.
    #[n(15)]
    Duty {
        /// Who; `None` for the user.
        #[n(0)]
        member: Option<MemberId>,
        /// On duty.
        #[n(1)]
        on: bool,
    },
    /// A member belongs to the line no longer.
    #[n(16)]
    Dismiss {
        /// Who.
        #[n(0)]
        member: MemberId,
    },
    /// A member may do other things.
    #[n(17)]
    SetRole {
        /// Who.
        #[n(0)]
        member: MemberId,
        /// What.
        #[n(1)]
        role: TeamRole,
    },
    /// Everything that was said in a conversation so far is to be erased on both sides, at a time.
    #[n(18)]
    EraseAt {
        /// Which.
        #[n(0)]
        conversation: ConversationId,
        /// Seconds since 1970; `None` takes it back.
        #[n(1)]
        at: Option<u32>,
    },
    /// Says what the line is, and publishes it; answered by [`crate::ViewUpdate::Link`] or [`DeskUpdate::NotPublished`].
    #[n(19)]
    Publish {
        /// What the owner says of it.
        #[n(0)]
        draft: Box<LineDraft>,
    },
    /// Asks what the line says of itself, or, as long as it says nothing, what a line of this kind could begin with; answered by
    /// [`DeskUpdate::Description`].
    #[n(20)]
    ShowDescription {
        /// As in [`LineDraft::kind`].
        #[n(0)]
        kind: String,
    },
    /// Asks for the poster of the line; answered by [`DeskUpdate::Poster`].
    #[n(21)]
    ShowPoster {
        /// The line's link.
        #[n(0)]
        link: String,
        /// What the poster is for, in the reader's language.
        #[n(1)]
        sentence: String,
        /// A6 for a counter, and not A4 for a door.
        #[n(2)]
        small: bool,
    },
    /// A request of a customer stands elsewhere, which the customer is told.
    #[n(22)]
    SetRequest {
        /// The message that made it.
        #[n(0)]
        message: MessageId,
        /// One of [`crate::RequestView::ways`], or where it stands already, to say something about it.
        #[n(1)]
        state: u8,
        /// What to say about it; perhaps empty.
        #[n(2)]
        note: String,
        /// What was agreed on.
        #[n(3)]
        appointment: Option<AppointmentView>,
    },
    /// Offers requests to members, and takes them.
    #[n(80)]
    Dispatch(#[n(0)] DispatchCommand),
    /// Seats, slots and tickets.
    #[n(81)]
    Seats(#[n(0)] SeatsCommand),
    /// Asks for forms that a line of this kind could begin with; answered by [`DeskUpdate::FormTemplates`].
    #[n(23)]
    ShowFormTemplates {
        /// As in [`LineDraft::kind`].
        #[n(0)]
        kind: String,
    },
    /// About the rights of customers.
    #[n(60)]
    Rights(#[n(0)] RightsWish),
    /// A tool of the queue.
    #[n(40)]
    Tool(#[n(0)] ToolCommand),
}

impl DeskCommand {
    /// The bytes of [`crate::UiCommand::Desk`].
    pub fn encode(&self) -> Vec<u8> {
        crate::encode(self)
    }

    /// Reads what [`Self::encode`] wrote.
    ///
    /// # Errors
    /// [`BridgeError`] if it was another version.
    pub fn decode(bytes: &[u8]) -> Result<Self, BridgeError> {
        minicbor::decode(bytes).map_err(|_| BridgeError)
    }
}

impl DeskUpdate {
    /// The bytes of [`crate::ViewUpdate::Desk`].
    pub fn encode(&self) -> Vec<u8> {
        crate::encode(self)
    }

    /// Reads what [`Self::encode`] wrote.
    ///
    /// # Errors
    /// [`BridgeError`] if it was another version.
    pub fn decode(bytes: &[u8]) -> Result<Self, BridgeError> {
        minicbor::decode(bytes).map_err(|_| BridgeError)
    }
}

/// A change to what is shown of the desk.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum DeskUpdate {
    /// The line and its team; `None` where this profile is no device of a line.
    #[n(0)]
    Desk(#[n(0)] Option<DeskView>),
    /// The link by which one device joins the line. Whoever has it can.
    #[n(1)]
    Invitation {
        /// `https://relay/desk#...`.
        #[n(0)]
        link: String,
    },
    /// The conversations that were asked for.
    #[n(2)]
    Queue(#[n(0)] QueueView),
    /// What the team knows of a conversation.
    #[n(3)]
    Case(#[n(0)] CaseView),
    /// The user does not belong to the line any more.
    #[n(4)]
    Dismissed,
    /// The line was not published as it was described, and why.
    #[n(5)]
    NotPublished {
        /// One after the other.
        #[n(0)]
        faults: Vec<FaultView>,
    },
    /// What the line says of itself, or could begin with.
    #[n(6)]
    Description(#[n(0)] Box<LineDraft>),
    /// The poster that was asked for.
    #[n(7)]
    Poster {
        /// A file of `application/pdf`.
        #[cbor(n(0), with = "minicbor::bytes")]
        pdf: Vec<u8>,
        /// As it was asked for.
        #[n(1)]
        small: bool,
    },
    /// Forms that a line could begin with.
    #[n(8)]
    FormTemplates(#[n(0)] Vec<Form>),
    /// About the rights of customers.
    #[n(60)]
    Rights(#[n(0)] RightsUpdate),
    /// The canned answers, by title. Comes again when they change.
    #[n(40)]
    Canned(#[n(0)] Vec<CannedView>),
    /// The text of a canned answer for a customer.
    #[n(41)]
    Filled {
        /// For whom.
        #[n(0)]
        conversation: ConversationId,
        /// What it says.
        #[n(1)]
        text: String,
    },
    /// Requests that are offered to the user.
    #[n(80)]
    Offers(#[n(0)] Vec<OfferView>),
    /// The user took a request too late: the name of who has it.
    #[n(81)]
    TakenBy(#[n(0)] String),
    /// Everything with limited seats.
    #[n(82)]
    Capacities(#[n(0)] Vec<CapacityView>),
    /// A ticket was checked.
    #[n(83)]
    Ticket(#[n(0)] CheckedTicket),
    /// What was agreed on with customers, as a file for a calendar each.
    #[n(84)]
    Agreed(#[n(0)] Vec<AgreedView>),
}

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
