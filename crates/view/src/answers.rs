//! Answers to what a user interface asks for beside the lists: details, search, verification, settings.

use minicbor::{Decode, Encode};

use crate::{ConversationId, LineView, MessageView};

/// A message that a search found.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct FoundView {
    /// Where it stands.
    #[n(0)]
    pub conversation: ConversationId,
    /// The message.
    #[n(1)]
    pub message: MessageView,
}

/// Who has a message, and since when.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct DetailsView {
    /// Where it stands.
    #[n(0)]
    pub conversation: ConversationId,
    /// The message.
    #[n(1)]
    pub message: MessageView,
    /// What others reported of an own message: one line for each who did.
    #[n(2)]
    pub receipts: Vec<ReceiptView>,
    /// Who reacted, and how, the oldest first.
    #[n(3)]
    pub reactions: Vec<ReactedView>,
}

/// Since when somebody has a message.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct ReceiptView {
    /// Their name.
    #[n(0)]
    pub name: String,
    /// Their Kuvert ID in groups of four.
    #[n(1)]
    pub kuvert_id: String,
    /// On their device since: milliseconds since 1970 (UTC).
    #[n(2)]
    pub delivered: i64,
    /// Read since, where they say so.
    #[n(3)]
    pub read: Option<i64>,
}

/// Who reacted.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct ReactedView {
    /// Their name; empty for the user.
    #[n(0)]
    pub name: String,
    /// The reaction.
    #[n(1)]
    pub text: String,
    /// Whether it is the user's own.
    #[n(2)]
    pub own: bool,
    /// When: milliseconds since 1970 (UTC).
    #[n(3)]
    pub at: i64,
}

/// What is needed to verify a contact in person.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct VerificationView {
    /// The conversation with them.
    #[n(0)]
    pub conversation: ConversationId,
    /// Six words that both compare; the same in every language.
    #[n(1)]
    pub words: Vec<String>,
    /// What to show as a QR code; the contact scans it.
    #[n(2)]
    pub code: String,
}

/// What the page of a contact shows beside the line of the conversation with them.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct ContactView {
    /// The conversation with them.
    #[n(0)]
    pub conversation: ConversationId,
    /// Groups in which the user and the contact are together, the most recent first.
    #[n(1)]
    pub groups: Vec<ConversationId>,
    /// What a business line shows of itself; `None` for a person.
    #[n(2)]
    pub line: Option<Box<LineView>>,
    /// When what was said with a line will be deleted on both sides (milliseconds since 1970), if the line has said so.
    #[n(3)]
    pub erase_at: Option<i64>,
    /// The line asks how satisfied the user is, now that all is done.
    #[n(4)]
    pub asks_score: bool,
}

/// What the user has decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct SettingsView {
    /// Whether others are told what was read.
    #[n(0)]
    pub read_reports: bool,
}
