//! The desk of a business line: what a team may ask for, and what it sees.

use kuvert_desk::form::Form;
use minicbor::{Decode, Encode};

use crate::{
    AgreedView, AppointmentView, BridgeError, CannedView, CapacityView, CaseView, CheckedTicket,
    ConversationId, DeskView, DispatchCommand, FaultView, FoundCasesView, LineDraft, MessageId, OfferView,
    QueueView, RightsUpdate, RightsWish, SeatsCommand, StatisticsView, ToolCommand,
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

/// Names a conversation that the user's device is not in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(transparent)]
pub struct OutsideId(#[cbor(n(0), with = "minicbor::bytes")] pub [u8; 16]);

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
    /// The user looks after a conversation that their device is not in; it is let in then.
    #[n(24)]
    ClaimOutside {
        /// Which.
        #[n(0)]
        case: OutsideId,
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
    /// Conversations that were looked for.
    #[n(42)]
    FoundCases(#[n(0)] FoundCasesView),
    /// What the line did.
    #[n(43)]
    Statistics(#[n(0)] StatisticsView),
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
