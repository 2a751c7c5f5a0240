//! The engine's closed set of inputs and outputs.

use std::sync::Arc;

use kuvert_mls::IdentityKey;
use kuvert_store::{AttachmentId, ChangeSet, ContactId, ConversationId, MessageId, MessageState};
use kuvert_wire::{ErrorCode, PushSubscription};

use crate::line::{LineCommand, LineEvent};
use crate::{BlobOutcome, BlobTask, Card, DataKind, NewFile, Transfer};

/// A point in time: milliseconds since 1970 (UTC).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// Whole seconds since 1970.
    pub fn seconds(self) -> u64 {
        u64::try_from(self.0 / 1000).unwrap_or(0)
    }

    /// This time, later by milliseconds.
    pub fn plus_millis(self, millis: i64) -> Self {
        Self(self.0.saturating_add(millis))
    }
}

/// A relay's origin, as in `https://relay.example`. Cheap to clone, and obscured when printed for a log.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin(Arc<str>);

impl Origin {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Origin {
    fn from(origin: &str) -> Self {
        Self(origin.into())
    }
}

impl std::fmt::Debug for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Origin(..)")
    }
}

/// One of the sessions: who sends and who receives are never one connection.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Line {
    /// With the own relay. Receives; proves to own the inbox.
    Owner,
    /// With this relay, the own one or another. Posts, without saying who.
    Anonymous(Origin),
}

/// What happened.
#[derive(Debug, Clone)]
pub enum Input {
    /// The user wants something.
    Command(Command),
    /// A session was opened; its first frame will come.
    Connected(Line),
    /// A session was lost, or could not be opened.
    Disconnected(Line),
    /// A frame came.
    Frame(Line, Vec<u8>),
    /// A fetch ended.
    Fetched(FetchId, FetchOutcome),
    /// A file was moved, or a blob deleted.
    Blob(BlobOutcome),
    /// The time asked for by [`Output::WakeAt`] has come.
    Wake,
}

/// What to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// Keep this session open to the relay with this origin from now on, and again after every loss, with pauses that are
    /// each relay's own.
    Connect(Line, Origin),
    /// Close this session, and keep it closed. Nothing that came over it meanwhile is to be handed in any more.
    Disconnect(Line),
    /// Send a frame.
    Transmit(Line, Vec<u8>),
    /// Fetch over HTTP and answer with [`Input::Fetched`].
    Fetch(FetchRequest),
    /// Move a file, or delete a blob, and answer with [`Input::Blob`].
    Blob(BlobTask),
    /// The database changed.
    Changes(ChangeSet),
    /// Something to tell the user.
    Event(Event),
    /// Give [`Input::Wake`] at this time; the earliest one asked for counts.
    WakeAt(Timestamp),
}

/// What the user can ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Makes identity, device and inbox keys.
    CreateIdentity {
        /// Display name, 1 to 64 characters.
        name: String,
        /// Origin of the own relay.
        relay: String,
        /// Invitation, where that relay asks for one.
        invite: Option<String>,
    },
    /// Shows another invitation to the own relay, which did not take the one before, or none.
    UseInvite {
        /// The invitation.
        invite: String,
    },
    /// Asks for the own link; answered by [`Event::OwnLink`].
    ShowLink,
    /// Takes the own link back; answered by [`Event::LinkRevoked`]. The next [`Command::ShowLink`] makes another.
    RevokeLink,
    /// Reads somebody's link; answered by [`Event::CardOpened`].
    OpenLink {
        /// The link.
        link: String,
    },
    /// First message to who stands behind an opened link; answered by [`Event::Requested`].
    Request {
        /// The link.
        link: String,
        /// The message.
        text: String,
    },
    /// Makes a group with contacts who can be added to groups; answered by [`Event::GroupCreated`].
    CreateGroup {
        /// Name of the group, 1 to 64 characters.
        name: String,
        /// Who is to be in it, beside the user.
        contacts: Vec<ContactId>,
    },
    /// Adds contacts to a group; for admins.
    AddMembers {
        /// The group.
        conversation: ConversationId,
        /// Who.
        contacts: Vec<ContactId>,
    },
    /// Removes a member from a group; for admins.
    RemoveMember {
        /// The group.
        conversation: ConversationId,
        /// Who.
        member: IdentityKey,
    },
    /// Leaves a group. The only admin has to name another before.
    LeaveGroup {
        /// The group.
        conversation: ConversationId,
    },
    /// Gives a group another name; for admins.
    RenameGroup {
        /// The group.
        conversation: ConversationId,
        /// 1 to 64 characters.
        name: String,
    },
    /// Gives a group another picture; for admins.
    SetGroupPicture {
        /// The group.
        conversation: ConversationId,
        /// At most 4 KiB, in a format that clients know; empty for none.
        picture: Vec<u8>,
    },
    /// Makes a member an admin, or an admin a member; for admins.
    SetAdmin {
        /// The group.
        conversation: ConversationId,
        /// Who.
        member: IdentityKey,
        /// What they are to be.
        admin: bool,
    },
    /// Accepts a request, or an invitation to a group.
    Accept {
        /// The conversation that it began.
        conversation: ConversationId,
    },
    /// Sends a message.
    Send {
        /// Where to.
        conversation: ConversationId,
        /// The message.
        text: String,
    },
    /// Sends a text, with more to say about it.
    Write {
        /// Where to.
        conversation: ConversationId,
        /// The message.
        text: String,
        /// The message of the same conversation that it answers.
        reply_to: Option<MessageId>,
        /// It is deleted everywhere so many seconds after it was read.
        expires_after: Option<u32>,
    },
    /// Changes the text of an own message, for everybody.
    Edit {
        /// Which.
        message: MessageId,
        /// The new text.
        text: String,
    },
    /// Deletes a message.
    Delete {
        /// Which.
        message: MessageId,
        /// Where.
        scope: DeletionScope,
    },
    /// Reacts to a message; an earlier own reaction gives way.
    React {
        /// To which.
        message: MessageId,
        /// 1 to 64 bytes, usually one emoji.
        reaction: String,
    },
    /// Takes the own reaction to a message back.
    Unreact {
        /// To which.
        message: MessageId,
    },
    /// Decides whether others are told what was read. They are, unless decided otherwise.
    SetReadReports {
        /// Whether.
        on: bool,
    },
    /// Keeps what was typed and not sent, or forgets it, if it is empty. It goes when something is sent there.
    SetDraft {
        /// Where.
        conversation: ConversationId,
        /// At most [`crate::limits::MAX_DRAFT`] bytes; of a longer one the beginning is kept.
        text: String,
    },
    /// Chooses when messages that the user writes are deleted, for who writes them: see [`Command::Write`].
    SetTimer {
        /// Where.
        conversation: ConversationId,
        /// So many seconds after they were read; `None` for never.
        expires_after: Option<u32>,
    },
    /// Decides how the relay wakes this device, if at all.
    SetPush {
        /// The browser's subscription; none for not at all.
        subscription: Option<PushSubscription>,
    },
    /// Turns a request down: nothing of it is left, and who asked is not told.
    Decline {
        /// The conversation that it began.
        conversation: ConversationId,
    },
    /// Blocks a contact: nothing of them arrives any more, and nothing goes to them. They are not told.
    Block {
        /// The conversation with them.
        conversation: ConversationId,
    },
    /// Lets a contact write again.
    Unblock {
        /// The conversation with them.
        conversation: ConversationId,
    },
    /// Verifies a contact by the code that they show.
    Verify {
        /// The conversation with them.
        conversation: ConversationId,
        /// What was scanned.
        code: String,
    },
    /// The safety words are the same on both sides: verifies a contact.
    ConfirmWords {
        /// The conversation with them.
        conversation: ConversationId,
    },
    /// Takes a verification back, or has looked at a change: the contact is new.
    Unverify {
        /// The conversation with them.
        conversation: ConversationId,
    },
    /// Sends files, perhaps with a text.
    SendFiles {
        /// Where to.
        conversation: ConversationId,
        /// The message, perhaps empty.
        text: String,
        /// At least one and at most 16.
        files: Vec<NewFile>,
        /// The message of the same conversation that it answers.
        reply_to: Option<MessageId>,
        /// It is deleted everywhere so many seconds after it was read.
        expires_after: Option<u32>,
    },
    /// Takes a message back whose files are not all at the relay.
    CancelFiles {
        /// Which.
        message: MessageId,
    },
    /// Fetches a file, and saves it.
    Download {
        /// Which.
        attachment: AttachmentId,
        /// The driver's name for where it goes.
        to: String,
    },
    /// Stops fetching a file.
    StopDownload {
        /// Which.
        attachment: AttachmentId,
    },
    /// Tries again to send a message that failed.
    Retry {
        /// Which.
        message: MessageId,
    },
    /// Sends data, with a text that says the same, and perhaps files.
    SendData {
        /// Where to.
        conversation: ConversationId,
        /// What the data is.
        kind: DataKind,
        /// The data: at most 16 KiB.
        data: Vec<u8>,
        /// What it says, for the eyes.
        text: String,
        /// At most 16.
        files: Vec<NewFile>,
        /// The message of the same conversation that it answers.
        reply_to: Option<MessageId>,
    },
    /// Deletes everything that was said in a conversation with a contact so far, on this device.
    EraseHere {
        /// Where.
        conversation: ConversationId,
        /// What follows at once; if it is refused, nothing is deleted.
        ask: Box<Command>,
    },
    /// What a business line does.
    Line(LineCommand),
    /// Everything in this conversation was seen.
    MarkRead {
        /// Which.
        conversation: ConversationId,
    },
}

/// Where a message is deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeletionScope {
    /// On all devices of everybody; for own messages only.
    Everywhere,
    /// On this device.
    Here,
}

/// Something to tell the user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The own link; its card is at the relay.
    OwnLink(String),
    /// Own links that were taken back lead nowhere any more: the relay knows it.
    LinkRevoked,
    /// The card behind a link.
    CardOpened(CardInfo),
    /// A group was written down; who is to be in it is added as soon as their devices can be.
    GroupCreated(ConversationId),
    /// Somebody added the user to a group.
    GroupJoined(ConversationId),
    /// A group cannot be used any more on this device: a notice in the conversation says why.
    GroupLost(ConversationId),
    /// A request was written down and will be sent.
    Requested(ConversationId),
    /// A link could not be read.
    LinkFailed {
        /// The link, empty for the own one.
        link: String,
        /// Why.
        reason: LinkFailure,
    },
    /// The owner session has caught up: what follows is live.
    CaughtUp,
    /// Entries were lost at the relay before this device fetched them.
    Gap {
        /// How many; 0 where the relay has forgotten the inbox, or was set back: nobody knows whether anything waited there.
        lost: u64,
    },
    /// A relay cannot be reached for now. What waits for it goes on waiting: said once, until it was reached again.
    Unreachable(Origin),
    /// A file is on its way, got there, or did not.
    Transfer(Transfer),
    /// An own message is further than before, by what others reported: first delivered, then read, each once.
    Progressed {
        /// Where.
        conversation: ConversationId,
        /// Which.
        message: MessageId,
        /// [`MessageState::Delivered`] or [`MessageState::Read`].
        state: MessageState,
    },
    /// Somebody else edited or deleted a message that is here, or reacted to it.
    Changed {
        /// Where.
        conversation: ConversationId,
        /// Which.
        message: MessageId,
        /// Who did it.
        by: IdentityKey,
        /// What they did.
        change: MessageChange,
    },
    /// A relay refused something for good, and why: it does not go as it is. Messages that it was for have failed.
    Refused(ErrorCode),
    /// It stands otherwise with being woken, see [`crate::Client::push_standing`].
    Push,
    /// Something about the business line of which this is a device.
    Line(LineEvent),
    /// Another session of this profile took over.
    TakenOver,
    /// The own relay makes no inbox for this device: nothing can be received, and what is sent waits.
    NotAdmitted(Admission),
    /// Something from outside was invalid, and dropped.
    Dropped(&'static str),
}

/// What somebody did to a message.
#[derive(Clone, PartialEq, Eq)]
pub enum MessageChange {
    /// This is its text now.
    Edited(String),
    /// Nothing of it is left.
    Deleted,
    /// This is their reaction now.
    Reacted(String),
    /// They took their reaction back.
    Unreacted,
}

impl std::fmt::Debug for MessageChange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Edited(_) => "Edited(..)",
            Self::Deleted => "Deleted",
            Self::Reacted(_) => "Reacted(..)",
            Self::Unreacted => "Unreacted",
        })
    }
}

/// Why a relay makes no inbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// It takes nobody new.
    Closed,
    /// It wants an invitation that was not used yet: see [`Command::UseInvite`].
    InviteNeeded,
}

/// Why a link could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkFailure {
    /// The relay cannot be reached.
    Unreachable,
    /// The relay does not hold the card (any more).
    Gone,
    /// The card does not open with this link, or does not hold.
    Invalid,
}

/// What stands on an opened card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CardInfo {
    /// The link.
    pub link: String,
    /// The card.
    pub card: Card,
    /// The conversation, where this person is a contact already.
    pub conversation: Option<ConversationId>,
    /// It is the user's own.
    pub own: bool,
}

/// Names a fetch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FetchId(pub u64);

/// A request over HTTP, without cookies or credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FetchRequest {
    /// Names the answer.
    pub id: FetchId,
    /// How.
    pub method: FetchMethod,
    /// Absolute URL.
    pub url: String,
    /// Headers, by name.
    pub headers: Vec<(&'static str, String)>,
    /// Largest answer in bytes.
    pub limit: usize,
}

/// How to fetch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FetchMethod {
    /// Reads.
    Get,
    /// Writes these bytes.
    Put(Vec<u8>),
    /// Appends these bytes.
    Patch(Vec<u8>),
    /// Deletes, by these bytes.
    Delete(Vec<u8>),
}

/// How a fetch ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FetchOutcome {
    /// The server answered.
    Answered {
        /// HTTP status.
        status: u16,
        /// At most as long as the request's limit.
        body: Vec<u8>,
    },
    /// No answer.
    Failed,
}
