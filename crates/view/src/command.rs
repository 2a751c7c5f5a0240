//! What a user can ask for.

use minicbor::{Decode, Encode};

use crate::{ConversationId, FileId, FilledForm, MessageId, Passphrase, SubscriptionView};

/// A wish of the user. Each is answered by one or more [`crate::ViewUpdate`]s; a wish that cannot be fulfilled, by
/// [`crate::ViewUpdate::Failed`].
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum UiCommand {
    /// The user interface is there: opens the profile and answers with `Profile`, then `Conversations`.
    #[n(0)]
    Start,
    /// Makes the identity. The name is what contacts see first; 1 to 64 characters after trimming.
    #[n(1)]
    CreateIdentity {
        /// Display name.
        #[n(0)]
        name: String,
        /// Invitation, where the relay asks for one.
        #[n(1)]
        invite: Option<String>,
    },
    /// Asks for the own link; answered by `Link` once the relay holds the card.
    #[n(2)]
    ShowLink,
    /// Reads somebody's link; answered by `Card`. Needs no identity.
    #[n(3)]
    OpenLink {
        /// As scanned or typed: `https://relay/c/<card id>#<secret>`.
        #[n(0)]
        link: String,
    },
    /// First message to the person behind a link: a request. Answered by `Requested`.
    #[n(4)]
    SendRequest {
        /// A link for which `Card` was shown.
        #[n(0)]
        link: String,
        /// Text of the first message.
        #[n(1)]
        text: String,
    },
    /// Accepts the request that a conversation began with.
    #[n(5)]
    Accept {
        /// Which.
        #[n(0)]
        conversation: ConversationId,
    },
    /// Sends a text message.
    #[n(6)]
    Send {
        /// Where to.
        #[n(0)]
        conversation: ConversationId,
        /// At most 16 KiB.
        #[n(1)]
        text: String,
    },
    /// Tries again to send a message that failed.
    #[n(7)]
    Retry {
        /// Which.
        #[n(0)]
        message: MessageId,
    },
    /// Shows a conversation: answered by `Timeline`, after which its changes follow; marks it read.
    #[n(8)]
    OpenConversation {
        /// Which.
        #[n(0)]
        conversation: ConversationId,
    },
    /// No conversation is being read any more. Changes of the one that was still follow, until another one is opened: the page
    /// may only be out of view.
    #[n(9)]
    CloseConversation,
    /// Asks for messages before the oldest one shown; answered by `Older`.
    #[n(10)]
    LoadOlder {
        /// Which conversation.
        #[n(0)]
        conversation: ConversationId,
        /// The oldest message shown.
        #[n(1)]
        before: MessageId,
    },
    /// Shows another invitation to the own relay, which did not take the one before, or none.
    #[n(11)]
    UseInvite {
        /// As it was handed on.
        #[n(0)]
        invite: String,
    },
    /// Takes the own link back; answered by `LinkRevoked` once the relay knows it. The next `ShowLink` makes another.
    #[n(12)]
    RevokeLink,
    /// Sends a text message, with more to say about it.
    #[n(13)]
    Write {
        /// Where to.
        #[n(0)]
        conversation: ConversationId,
        /// At most 16 KiB.
        #[n(1)]
        text: String,
        /// The message of the same conversation that it answers.
        #[n(2)]
        reply_to: Option<MessageId>,
        /// It is deleted everywhere so many seconds after it was read.
        #[n(3)]
        expires_after: Option<u32>,
    },
    /// Changes the text of an own message, for everybody.
    #[n(14)]
    Edit {
        /// Which.
        #[n(0)]
        message: MessageId,
        /// The new text; at most 16 KiB.
        #[n(1)]
        text: String,
    },
    /// Deletes a message.
    #[n(15)]
    Delete {
        /// Which.
        #[n(0)]
        message: MessageId,
        /// For everybody, which goes for own messages only; else here alone, answered by `MessageGone`.
        #[n(1)]
        everywhere: bool,
    },
    /// Reacts to a message; an earlier own reaction gives way.
    #[n(16)]
    React {
        /// To which.
        #[n(0)]
        message: MessageId,
        /// 1 to 64 bytes, usually one emoji.
        #[n(1)]
        reaction: String,
    },
    /// Takes the own reaction to a message back.
    #[n(17)]
    Unreact {
        /// To which.
        #[n(0)]
        message: MessageId,
    },
    /// Asks who has a message, and since when; answered by `Details`.
    #[n(18)]
    ShowDetails {
        /// Which.
        #[n(0)]
        message: MessageId,
    },
    /// Finds messages that have all of these words, each as the beginning of a word; answered by `Found`.
    #[n(19)]
    Search {
        /// As typed.
        #[n(0)]
        words: String,
        /// Only there.
        #[n(1)]
        conversation: Option<ConversationId>,
        /// Older than this one; for the next page.
        #[n(2)]
        before: Option<MessageId>,
    },
    /// Turns a request down: nothing of it is left. Answered by `ConversationGone`.
    #[n(20)]
    Decline {
        /// The conversation that it began.
        #[n(0)]
        conversation: ConversationId,
    },
    /// Blocks a contact: nothing of them arrives any more. They are not told.
    #[n(21)]
    Block {
        /// The conversation with them.
        #[n(0)]
        conversation: ConversationId,
    },
    /// Lets a contact write again.
    #[n(22)]
    Unblock {
        /// The conversation with them.
        #[n(0)]
        conversation: ConversationId,
    },
    /// Asks for what is needed to verify a contact; answered by `Verification`.
    #[n(23)]
    ShowVerification {
        /// The conversation with them.
        #[n(0)]
        conversation: ConversationId,
    },
    /// Verifies a contact by the code that they show.
    #[n(24)]
    Verify {
        /// The conversation with them.
        #[n(0)]
        conversation: ConversationId,
        /// What was scanned.
        #[n(1)]
        code: String,
    },
    /// The safety words are the same on both sides: verifies a contact.
    #[n(25)]
    ConfirmWords {
        /// The conversation with them.
        #[n(0)]
        conversation: ConversationId,
    },
    /// Takes a verification back, or has looked at a change: the contact is new.
    #[n(26)]
    Unverify {
        /// The conversation with them.
        #[n(0)]
        conversation: ConversationId,
    },
    /// Asks for the settings; answered by `Settings`.
    #[n(27)]
    ShowSettings,
    /// Decides whether others are told what was read; answered by `Settings`.
    #[n(28)]
    SetReadReports {
        /// Whether.
        #[n(0)]
        on: bool,
    },
    /// Makes a group; answered by `GroupCreated`.
    #[n(50)]
    CreateGroup {
        /// 1 to 64 characters.
        #[n(0)]
        name: String,
        /// Conversations with the contacts who are to be in it.
        #[n(1)]
        with: Vec<ConversationId>,
    },
    /// Adds contacts to a group.
    #[n(51)]
    AddMembers {
        /// The group.
        #[n(0)]
        conversation: ConversationId,
        /// Conversations with them.
        #[n(1)]
        with: Vec<ConversationId>,
    },
    /// Removes a member from a group.
    #[n(52)]
    RemoveMember {
        /// The group.
        #[n(0)]
        conversation: ConversationId,
        /// The member's Kuvert ID.
        #[n(1)]
        kuvert_id: String,
    },
    /// Leaves a group.
    #[n(53)]
    LeaveGroup {
        /// The group.
        #[n(0)]
        conversation: ConversationId,
    },
    /// Gives a group another name.
    #[n(54)]
    RenameGroup {
        /// The group.
        #[n(0)]
        conversation: ConversationId,
        /// 1 to 64 characters.
        #[n(1)]
        name: String,
    },
    /// Makes a member an admin, or an admin a member.
    #[n(55)]
    SetAdmin {
        /// The group.
        #[n(0)]
        conversation: ConversationId,
        /// The member's Kuvert ID.
        #[n(1)]
        kuvert_id: String,
        /// What they are to be.
        #[n(2)]
        admin: bool,
    },
    /// Asks who is in a group; answered by `Members`.
    #[n(56)]
    ShowMembers {
        /// The group.
        #[n(0)]
        conversation: ConversationId,
    },
    /// Opens a locked profile; answered by `Gate`. This and what follows is for the worker, and nothing to a terminal.
    #[n(80)]
    Unlock {
        /// As typed.
        #[n(0)]
        passphrase: Passphrase,
    },
    /// Sets, changes or removes the passphrase; answered by `Lock`.
    #[n(81)]
    SetPassphrase {
        /// The one of before, if there is one.
        #[n(0)]
        current: Option<Passphrase>,
        /// The one from now on; `None` for none.
        #[n(1)]
        new: Option<Passphrase>,
    },
    /// Closes the profile; answered by `Gate`.
    #[n(82)]
    Lock,
    /// Throws away what is left of a profile that cannot be opened, and begins a new one.
    #[n(83)]
    BeginAnew,
    /// Moves the profile to another device: it ends here, and a link leads there; answered by `Gate` and `Move`.
    #[n(223)]
    MoveOut,
    /// Ends a move: the profile goes on here, unless it does elsewhere; answered by `Gate` and `Move`.
    #[n(224)]
    MoveStay {
        /// Also where the relay may have forgotten whether another device has it.
        #[n(0)]
        anyway: bool,
    },
    /// Takes a profile from another device, where there is none yet; answered by `Move`.
    #[n(225)]
    MoveIn {
        /// The link that the other device shows.
        #[n(0)]
        link: String,
    },
    /// Asks how the profile is locked; answered by `Lock`.
    #[n(84)]
    ShowLock,
    /// Keeps what was typed and not sent; empty forgets it. It goes by itself when something is sent there.
    #[n(100)]
    SetDraft {
        /// Where.
        #[n(0)]
        conversation: ConversationId,
        /// As typed; of what is longer than 64 KiB the beginning is kept.
        #[n(1)]
        text: String,
    },
    /// Chooses for how long what the user writes in a conversation is kept; [`UiCommand::Write`] says it for each message.
    #[n(101)]
    SetTimer {
        /// Where.
        #[n(0)]
        conversation: ConversationId,
        /// So many seconds after it was read; `None` for ever.
        #[n(1)]
        expires_after: Option<u32>,
    },
    /// Asks for messages after the newest one shown; answered by `Newer`.
    #[n(102)]
    LoadNewer {
        /// Which conversation.
        #[n(0)]
        conversation: ConversationId,
        /// The newest message shown.
        #[n(1)]
        after: MessageId,
    },
    /// Asks for a message with those before and after it; answered by `Around`.
    #[n(103)]
    LoadAround {
        /// Which conversation.
        #[n(0)]
        conversation: ConversationId,
        /// Which message. If it is gone, the one after it takes its place.
        #[n(1)]
        message: MessageId,
    },
    /// Asks for the first message of a day, or of any later one, with those before and after it; answered by `Around`.
    #[n(104)]
    LoadSince {
        /// Which conversation.
        #[n(0)]
        conversation: ConversationId,
        /// When the day begins: milliseconds since 1970 (UTC).
        #[n(1)]
        at: i64,
    },
    /// Asks for what the page of a contact shows; answered by `Contact`.
    #[n(120)]
    ShowContact {
        /// The conversation with them.
        #[n(0)]
        conversation: ConversationId,
    },
    /// Asks how it stands with being woken; answered by `Push`, and again whenever that changes.
    #[n(140)]
    ShowPush,
    /// Decides how the relay wakes this device while it is not connected; answered by `Push`.
    #[n(141)]
    SetPush {
        /// The browser's subscription; none for not at all.
        #[n(0)]
        subscription: Option<SubscriptionView>,
    },
    /// Sends files, which travel beside the command, one for each name. Answered by `FilesSealing` a few times, then by
    /// `FilesTaken` or `FilesNotTaken`.
    #[n(60)]
    SendFiles {
        /// The user interface's own number for this wish.
        #[n(0)]
        ticket: u64,
        /// Where to.
        #[n(1)]
        conversation: ConversationId,
        /// Perhaps empty; at most 16 KiB.
        #[n(2)]
        text: String,
        /// What the files are called; 1 to 16.
        #[n(3)]
        names: Vec<String>,
        /// The message of the same conversation that it answers.
        #[n(4)]
        reply_to: Option<MessageId>,
        /// It is deleted everywhere so many seconds after it was read.
        #[n(5)]
        expires_after: Option<u32>,
        /// The form to whose answers these files belong; then `text` does not count.
        #[n(6)]
        form: Option<FilledForm>,
    },
    /// Ends the sealing of files that are to be sent; answered by `FilesNotTaken`, unless it is too late.
    #[n(61)]
    CancelSending {
        /// Of `SendFiles`.
        #[n(0)]
        ticket: u64,
    },
    /// Takes a message back whose files are not all at the relay; answered by `MessageGone`.
    #[n(62)]
    CancelFiles {
        /// Which.
        #[n(0)]
        message: MessageId,
    },
    /// Fetches a file, and keeps it sealed on this device; `Transfer` says how it is getting on.
    #[n(63)]
    FetchFile {
        /// Which.
        #[n(0)]
        file: FileId,
    },
    /// Stops fetching a file.
    #[n(64)]
    StopFetching {
        /// Which.
        #[n(0)]
        file: FileId,
    },
    /// Asks for the small picture in a message; answered by `Preview`.
    #[n(65)]
    ShowPreview {
        /// Of which file.
        #[n(0)]
        file: FileId,
    },
    /// Opens a file that is on this device; answered by `FileShown`, with the opened file beside it, or by `FileNotShown`.
    #[n(66)]
    ShowFile {
        /// Which.
        #[n(0)]
        file: FileId,
    },
    /// A wish of somebody at the desk of a business line: see [`crate::DeskCommand::encode`]. It travels encoded, so that who shows
    /// no desk need not know what is said there.
    #[n(200)]
    Desk(#[cbor(n(0), with = "minicbor::bytes")] Vec<u8>),
    /// Sends a form of a line that the user filled in, without files; with files, [`UiCommand::SendFiles`] does.
    #[n(201)]
    SubmitForm {
        /// The conversation with the line.
        #[n(0)]
        conversation: ConversationId,
        /// What was answered.
        #[n(1)]
        form: FilledForm,
    },
    /// Asks what is wrong with what the user filled in; answered by `FormChecked`.
    #[n(202)]
    CheckForm {
        /// The conversation with the line.
        #[n(0)]
        conversation: ConversationId,
        /// What was answered.
        #[n(1)]
        form: FilledForm,
        /// How many files go with it.
        #[n(2)]
        files: u8,
    },
    /// Tells a line how satisfied the user is.
    #[n(203)]
    Rate {
        /// The conversation with the line.
        #[n(0)]
        conversation: ConversationId,
        /// 1 to 5, where 5 is best.
        #[n(1)]
        score: u8,
        /// What the line is told, for the eyes.
        #[n(2)]
        words: String,
    },
    /// Deletes everything of a conversation with a line here, and asks the line to delete all that it has of the user (Art. 17 GDPR).
    #[n(221)]
    AskErasure {
        /// Which.
        #[n(0)]
        conversation: ConversationId,
        /// What the line is told, for the eyes.
        #[n(1)]
        words: String,
    },
    /// Makes a copy of everything that was said with a line, a part of bounded size; answered by `Paper`.
    #[n(222)]
    Export {
        /// The conversation.
        #[n(0)]
        conversation: ConversationId,
        /// `de` or `en`.
        #[n(1)]
        language: String,
        /// Behind which message the part begins: see [`crate::PaperView::next`].
        #[n(2)]
        after: Option<MessageId>,
        /// Which part it is, from 1.
        #[n(3)]
        part: u32,
    },
    /// Fulfils a wish although its text holds what [`crate::ViewUpdate::Guarded`] asked about. What is refused stays so.
    #[n(220)]
    Anyway(#[n(0)] Box<UiCommand>),
    /// Writes a file that is on this device to where the user wants it, which travels beside the command; answered by
    /// `FileSaved` or `FileNotShown`.
    #[n(67)]
    SaveFile {
        /// Which.
        #[n(0)]
        file: FileId,
    },
}
