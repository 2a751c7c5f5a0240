//! What a user interface shows.

use minicbor::{Decode, Encode};

use crate::{
    AnswerFaultView, Connection, ContactView, Delivery, DetailsView, Failure, FileId, FoundView, Gate,
    GroupView, GuardedView, LineView, LockView, MemberView, MessageKind, MessageView, MoveView, NotTaken,
    PaperView, PreviewView, PushView, Sender, SettingsView, Storage, TransferFailure, TransferView,
    VerificationView,
};

/// Names a conversation on this device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(transparent)]
pub struct ConversationId(#[n(0)] pub u64);

/// Names a message on this device. Within a conversation, a later message has a higher id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(transparent)]
pub struct MessageId(#[n(0)] pub u64);

/// A change to what is shown.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum ViewUpdate {
    /// Who the user is; `None` before an identity was made.
    #[n(0)]
    Profile(#[n(0)] Option<ProfileView>),
    /// All conversations, the most recent first.
    #[n(1)]
    Conversations(#[n(0)] Vec<ConversationView>),
    /// One conversation is new or changed; its place follows from `last`.
    #[n(2)]
    Conversation(#[n(0)] ConversationView),
    /// The newest messages of the conversation that was opened, oldest first.
    #[n(3)]
    Timeline {
        /// Which conversation.
        #[n(0)]
        conversation: ConversationId,
        /// Oldest first.
        #[n(1)]
        messages: Vec<MessageView>,
        /// Whether there are older ones.
        #[n(2)]
        has_older: bool,
    },
    /// Messages before those shown, oldest first.
    #[n(4)]
    Older {
        /// Which conversation.
        #[n(0)]
        conversation: ConversationId,
        /// Oldest first.
        #[n(1)]
        messages: Vec<MessageView>,
        /// Whether there are still older ones.
        #[n(2)]
        has_older: bool,
    },
    /// One message of the shown conversation is new or changed.
    #[n(5)]
    Message {
        /// Which conversation.
        #[n(0)]
        conversation: ConversationId,
        /// The message.
        #[n(1)]
        message: MessageView,
    },
    /// The own link.
    #[n(6)]
    Link {
        /// `https://relay/c/<card id>#<secret>`.
        #[n(0)]
        link: String,
    },
    /// The card behind a link.
    #[n(7)]
    Card(#[n(0)] CardView),
    /// A request was written down and will be sent; its conversation can be shown.
    #[n(8)]
    Requested {
        /// The new conversation.
        #[n(0)]
        conversation: ConversationId,
    },
    /// State of the connection to the relay.
    #[n(9)]
    Connection(#[n(0)] Connection),
    /// Where this device keeps its data.
    #[n(10)]
    Storage(#[n(0)] Storage),
    /// A wish could not be fulfilled. Nothing was lost.
    #[n(11)]
    Failed(#[n(0)] Failure),
    /// The command with this number could not be fulfilled, in the place of [`ViewUpdate::Failed`] where commands are numbered.
    /// Nothing was lost.
    #[n(86)]
    Refused {
        /// See [`crate::Posted`].
        #[n(0)]
        number: u64,
        /// Why.
        #[n(1)]
        failure: Failure,
    },
    /// Entries expired, or were lost, at the relay before this device fetched them. Said once.
    #[n(12)]
    Lost {
        /// How many entries: messages, reports and changes of keys; 0 if that is not known, or whether there were any.
        #[n(0)]
        entries: u64,
    },
    /// The relay of a contact cannot be reached for now. What is for it waits, and goes out when it is back.
    #[n(20)]
    RelayUnreachable {
        /// Its origin.
        #[n(0)]
        relay: String,
    },
    /// The own link was taken back, and the relay knows it.
    #[n(13)]
    LinkRevoked,
    /// A message of the shown conversation is gone: deleted here, or expired.
    #[n(14)]
    MessageGone {
        /// Which conversation.
        #[n(0)]
        conversation: ConversationId,
        /// The message.
        #[n(1)]
        message: MessageId,
    },
    /// A conversation is gone, with all that was said.
    #[n(15)]
    ConversationGone {
        /// Which.
        #[n(0)]
        conversation: ConversationId,
    },
    /// Who has a message, and since when.
    #[n(16)]
    Details(#[n(0)] DetailsView),
    /// What a search found, the newest first.
    #[n(17)]
    Found {
        /// What was searched for.
        #[n(0)]
        words: String,
        /// Messages, each with its conversation.
        #[n(1)]
        messages: Vec<FoundView>,
        /// Whether there may be older ones: search before the last.
        #[n(2)]
        has_older: bool,
    },
    /// What is needed to verify a contact.
    #[n(18)]
    Verification(#[n(0)] VerificationView),
    /// What the user has decided.
    #[n(19)]
    Settings(#[n(0)] SettingsView),
    /// A file is on its way, got there, or did not.
    #[n(21)]
    Transfer(#[n(0)] TransferView),
    /// What is wrong with what the user filled in; nothing if it can be sent.
    #[n(201)]
    FormChecked {
        /// The conversation with the line.
        #[n(0)]
        conversation: ConversationId,
        /// In the order of the form's fields.
        #[n(1)]
        faults: Vec<AnswerFaultView>,
    },
    /// A change to what is shown of the desk of a business line: see [`crate::DeskUpdate::decode`].
    #[n(200)]
    Desk(#[cbor(n(0), with = "minicbor::bytes")] Vec<u8>),
    /// A copy of what was said, to be saved.
    #[n(221)]
    Paper(#[n(0)] PaperView),
    /// A text was not sent because of what stands in it: the user decides, or it cannot be sent at all.
    #[n(220)]
    Guarded(#[n(0)] GuardedView),
    /// A group was written down; who is to be in it follows.
    #[n(50)]
    GroupCreated {
        /// The conversation with it.
        #[n(0)]
        conversation: ConversationId,
    },
    /// Who is in a group.
    #[n(51)]
    Members {
        /// The group.
        #[n(0)]
        conversation: ConversationId,
        /// By their place in it.
        #[n(1)]
        members: Vec<MemberView>,
    },
    /// What the page of a contact shows. Comes unasked for the conversation that is shown, if it is with a business line: with
    /// its opening, and whenever something of it changed.
    #[n(120)]
    Contact(#[n(0)] ContactView),
    /// Somebody else did something to a message of the shown conversation. What is shown of it comes as [`Self::Message`].
    #[n(52)]
    Changed {
        /// Which conversation.
        #[n(0)]
        conversation: ConversationId,
        /// The message.
        #[n(1)]
        message: MessageId,
        /// The name of who did it.
        #[n(2)]
        by: String,
        /// What they did.
        #[n(3)]
        change: ChangeView,
    },
    /// An own message of the shown conversation is further than before: first delivered, then read, each once.
    #[n(53)]
    Progressed {
        /// Which conversation.
        #[n(0)]
        conversation: ConversationId,
        /// The message.
        #[n(1)]
        message: MessageId,
        /// [`Delivery::Delivered`] or [`Delivery::Read`].
        #[n(2)]
        delivery: Delivery,
    },
    /// Commands up to this number were carried out or refused, and their answers were given.
    #[n(80)]
    Done {
        /// See [`crate::Posted`].
        #[n(0)]
        number: u64,
    },
    /// Why the profile is not open; `None` once it is.
    #[n(81)]
    Gate(#[n(0)] Option<Gate>),
    /// How a move to another device, or from one, gets on.
    #[n(230)]
    Move(#[n(0)] MoveView),
    /// How the profile is locked.
    #[n(82)]
    Lock(#[n(0)] LockView),
    /// What is being written, and the timers that were chosen; after `Conversations`.
    #[n(100)]
    Composing(#[n(0)] Vec<ComposingView>),
    /// Messages after those shown, oldest first.
    #[n(101)]
    Newer {
        /// Which conversation.
        #[n(0)]
        conversation: ConversationId,
        /// Oldest first.
        #[n(1)]
        messages: Vec<MessageView>,
        /// Whether there are still newer ones.
        #[n(2)]
        has_newer: bool,
    },
    /// A part of a conversation, somewhere in it.
    #[n(102)]
    Around {
        /// Which conversation.
        #[n(0)]
        conversation: ConversationId,
        /// The message that was asked for, or the one that stands in its place; `None` if nothing comes after it.
        #[n(1)]
        message: Option<MessageId>,
        /// Oldest first.
        #[n(2)]
        messages: Vec<MessageView>,
        /// Whether there are older ones.
        #[n(3)]
        has_older: bool,
        /// Whether there are newer ones.
        #[n(4)]
        has_newer: bool,
    },
    /// What was unread in a conversation when it was opened; comes before its `Timeline`.
    #[n(103)]
    Opened {
        /// Which conversation.
        #[n(0)]
        conversation: ConversationId,
        /// Up to which message everything had been read.
        #[n(1)]
        read_to: MessageId,
        /// How many messages had not been.
        #[n(2)]
        unread: u32,
    },
    /// How it stands with being woken.
    #[n(140)]
    Push(#[n(0)] PushView),
    /// Files that are to be sent are being sealed.
    #[n(60)]
    FilesSealing {
        /// Of the wish.
        #[n(0)]
        ticket: u64,
        /// So many bytes are sealed.
        #[n(1)]
        done: u64,
        /// Of so many.
        #[n(2)]
        of: u64,
    },
    /// Files are sealed and their message is written down; from here on it survives everything.
    #[n(61)]
    FilesTaken {
        /// Of the wish.
        #[n(0)]
        ticket: u64,
    },
    /// Files could not be sent, none of them.
    #[n(62)]
    FilesNotTaken {
        /// Of the wish.
        #[n(0)]
        ticket: u64,
        /// Which of them, from 0, if it is one's fault.
        #[n(1)]
        position: Option<u32>,
        /// Why.
        #[n(2)]
        why: NotTaken,
    },
    /// The small picture of a file, if its message brought one.
    #[n(63)]
    Preview {
        /// Which file.
        #[n(0)]
        file: FileId,
        /// The picture.
        #[n(1)]
        preview: Option<PreviewView>,
    },
    /// A file was opened, and travels beside the update.
    #[n(64)]
    FileShown {
        /// Which.
        #[n(0)]
        file: FileId,
        /// Under which name it can be saved on every system.
        #[n(1)]
        name: String,
        /// Whether it is a picture that can be shown.
        #[n(2)]
        is_picture: bool,
    },
    /// A file could not be opened, or not be saved.
    #[n(65)]
    FileNotShown {
        /// Which.
        #[n(0)]
        file: FileId,
        /// Why.
        #[n(1)]
        why: TransferFailure,
    },
    /// A file was written to where the user wanted it.
    #[n(66)]
    FileSaved {
        /// Which.
        #[n(0)]
        file: FileId,
    },
}

/// What is being written in a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct ComposingView {
    /// Where.
    #[n(0)]
    pub conversation: ConversationId,
    /// What was typed and not sent.
    #[n(1)]
    pub draft: String,
    /// What is written there is deleted everywhere so many seconds after it was read.
    #[n(2)]
    pub expires_after: Option<u32>,
}

/// What somebody did to a message.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum ChangeView {
    /// This is its text now.
    #[n(0)]
    Edited(#[n(0)] String),
    /// Nothing of it is left.
    #[n(1)]
    Deleted,
    /// This is their reaction now.
    #[n(2)]
    Reacted(#[n(0)] String),
    /// They took their reaction back.
    #[n(3)]
    Unreacted,
}

/// The user's own identity.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct ProfileView {
    /// Display name.
    #[n(0)]
    pub name: String,
    /// Kuvert ID in groups of four, as in `ABCD-EFGH-JKMN-PQRS-TV`.
    #[n(1)]
    pub kuvert_id: String,
    /// Origin of the own relay.
    #[n(2)]
    pub relay: String,
}

/// One line of the conversation list.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct ConversationView {
    /// Its id.
    #[n(0)]
    pub id: ConversationId,
    /// The contact's or the group's name.
    #[n(1)]
    pub title: String,
    /// The contact's Kuvert ID in groups of four; empty for a group.
    #[n(2)]
    pub kuvert_id: String,
    /// How well the contact is known.
    #[n(3)]
    pub trust: Trust,
    /// Where first contact stands.
    #[n(4)]
    pub state: ContactState,
    /// The newest message.
    #[n(5)]
    pub last: Option<LastMessage>,
    /// Messages not yet seen.
    #[n(6)]
    pub unread: u32,
    /// The contact is blocked: nothing of them arrives, and nothing can be sent.
    #[n(7)]
    pub blocked: bool,
    /// How often and how recently both sides wrote.
    #[n(8)]
    pub familiarity: Familiarity,
    /// What is special about a group; `None` for a conversation with a contact.
    #[n(9)]
    pub group: Option<GroupView>,
}

/// How often and how recently both sides wrote; known on this device only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum Familiarity {
    /// One side has not written for long, or ever.
    #[n(0)]
    Stranger,
    /// Both wrote, on one or two days lately.
    #[n(1)]
    Acquainted,
    /// Both wrote on several days.
    #[n(2)]
    Familiar,
    /// Both write often.
    #[n(3)]
    Close,
}

/// The newest message of a conversation, for the list.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct LastMessage {
    /// The beginning of its text, on one line.
    #[n(0)]
    pub text: String,
    /// Milliseconds since 1970 (UTC).
    #[n(1)]
    pub at: i64,
    /// Who wrote it.
    #[n(2)]
    pub from: Sender,
    /// What became of it.
    #[n(3)]
    pub delivery: Delivery,
    /// What it is made of.
    #[n(4)]
    pub kind: MessageKind,
}

/// How well a contact is known; shown in words and colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Trust {
    /// Known by a link only (grey).
    #[n(0)]
    New,
    /// Introduced by a contact (yellow).
    #[n(1)]
    Introduced,
    /// Verified in person (green).
    #[n(2)]
    Verified,
    /// Another key than before (red).
    #[n(3)]
    Changed,
}

/// Where first contact stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum ContactState {
    /// The user asked; the other person has not accepted yet. No further message can be sent.
    #[n(0)]
    Requested,
    /// The other person asked; the user can accept.
    #[n(1)]
    Asking,
    /// Both can write.
    #[n(2)]
    Accepted,
}

/// The card behind a link.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct CardView {
    /// The link that was opened.
    #[n(0)]
    pub link: String,
    /// Display name.
    #[n(1)]
    pub name: String,
    /// Kuvert ID in groups of four.
    #[n(2)]
    pub kuvert_id: String,
    /// Origin of the relay.
    #[n(3)]
    pub relay: String,
    /// The conversation, where this person is a contact already.
    #[n(4)]
    pub conversation: Option<ConversationId>,
    /// The link is the user's own.
    #[n(5)]
    pub own: bool,
    /// What a business line shows of itself; `None` for a person.
    #[n(6)]
    pub line: Option<Box<LineView>>,
}
