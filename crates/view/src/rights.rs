//! What a line owes to who writes to it: copies, erasure, business records, consents, and the log of who did what.

use minicbor::{Decode, Encode};

use crate::{ConversationId, MessageId};

/// A wish of somebody at the desk about the rights of customers.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum RightsWish {
    /// Keeps a message as a business record.
    #[n(0)]
    Keep {
        /// Which.
        #[n(0)]
        message: MessageId,
        /// For how many years after the end of this one: 6, 8 or 10.
        #[n(1)]
        years: u8,
        /// Why, on one line.
        #[n(2)]
        reason: String,
    },
    /// A message is no business record. Supervisors.
    #[n(1)]
    Unkeep {
        /// Which.
        #[n(0)]
        message: MessageId,
    },
    /// Makes the copy of what the line has of a customer (Art. 15 and 20 GDPR), a part of bounded size; answered by
    /// [`RightsUpdate::Paper`].
    #[n(2)]
    Export {
        /// The conversation with them.
        #[n(0)]
        conversation: ConversationId,
        /// `de` or `en`.
        #[n(1)]
        language: String,
        /// Behind which message the part begins: see [`PaperView::next`].
        #[n(2)]
        after: Option<MessageId>,
        /// Which part it is, from 1.
        #[n(3)]
        part: u32,
    },
    /// Erases a customer on both sides at once (Art. 17 GDPR), but for business records. Supervisors; answered by
    /// [`RightsUpdate::Paper`] with the receipt.
    #[n(3)]
    Erase {
        /// The conversation with them.
        #[n(0)]
        conversation: ConversationId,
        /// `de` or `en`.
        #[n(1)]
        language: String,
        /// What the customer is told; empty for nothing.
        #[n(2)]
        words: String,
    },
    /// Asks for the log of who did what. Supervisors; answered by [`RightsUpdate::Audit`].
    #[n(4)]
    ShowAudit {
        /// Entries before this one; `None` for the newest.
        #[n(0)]
        before: Option<u64>,
    },
    /// Makes a file of the log. Supervisors; answered by [`RightsUpdate::Paper`].
    #[n(5)]
    ExportAudit,
    /// Makes the list of the line's processing activities (Art. 30 GDPR). Owners; answered by [`RightsUpdate::Paper`].
    #[n(6)]
    Activities {
        /// `de` or `en`.
        #[n(0)]
        language: String,
        /// How to reach the data protection officer; perhaps empty.
        #[n(1)]
        officer: String,
        /// Who runs the relay on the line's behalf; empty if the line does so itself.
        #[n(2)]
        operator: String,
    },
}

/// What is shown of the rights of customers.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum RightsUpdate {
    /// Files to be saved.
    #[n(0)]
    Paper(#[n(0)] PaperView),
    /// The log that was asked for.
    #[n(1)]
    Audit(#[n(0)] AuditView),
}

/// Files to be saved, each of which says the same.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub struct PaperView {
    /// The files.
    #[n(0)]
    pub files: Vec<PaperFile>,
    /// With which conversation it is, if it is about one.
    #[n(1)]
    pub conversation: Option<ConversationId>,
    /// There is more: the next part begins behind this message.
    #[n(2)]
    pub next: Option<MessageId>,
    /// Which part it is, from 1.
    #[n(3)]
    pub part: u32,
}

/// A file to be saved.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub struct PaperFile {
    /// Under which name.
    #[n(0)]
    pub name: String,
    /// Its media type.
    #[n(1)]
    pub media_type: String,
    /// What stands in it.
    #[n(2)]
    pub text: String,
}

impl std::fmt::Debug for PaperView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PaperView({} files)", self.files.len())
    }
}

impl std::fmt::Debug for PaperFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PaperFile(..)")
    }
}

/// Who did what, and when.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct AuditView {
    /// The newest first.
    #[n(0)]
    pub entries: Vec<AuditEntryView>,
    /// Whether there are older ones: ask before the last.
    #[n(1)]
    pub has_older: bool,
    /// The number of the first entry that does not stand as it was written.
    #[n(2)]
    pub tampered: Option<u64>,
    /// The hash of the newest entry, in hexadecimal digits: who wrote it down can compare it later.
    #[n(3)]
    pub head: String,
}

/// That something was done.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct AuditEntryView {
    /// Counts the entries of the line from 0.
    #[n(0)]
    pub number: u64,
    /// What was done, as a word of [`crate::audit_word`].
    #[n(1)]
    pub word: String,
    /// The name of who did it; empty if they were forgotten.
    #[n(2)]
    pub by: String,
    /// When: milliseconds since 1970.
    #[n(3)]
    pub at: i64,
    /// The name of the customer, where the conversation is on this device.
    #[n(4)]
    pub customer: Option<String>,
}

/// What a customer consented to.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct ConsentView {
    /// To what.
    #[n(0)]
    pub purpose: String,
    /// The text that was shown; empty where only its hash is known.
    #[n(1)]
    pub text: String,
    /// Version of the text.
    #[n(2)]
    pub version: u32,
    /// When: milliseconds since 1970.
    #[n(3)]
    pub given_at: i64,
    /// When it was taken back: milliseconds since 1970.
    #[n(4)]
    pub withdrawn_at: Option<i64>,
}

/// That a message is a business record.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct RecordView {
    /// For how many years after the end of the one in which it was written.
    #[n(0)]
    pub years: u8,
    /// Why.
    #[n(1)]
    pub reason: String,
    /// When it may go: milliseconds since 1970.
    #[n(2)]
    pub until: i64,
}

/// The word for a kind of entries of the log; `other` for what a later version knows.
pub fn audit_word(kind: u16) -> &'static str {
    match kind {
        1 => "founded",
        2 => "joined",
        3 => "renamed",
        4 => "role",
        5 => "dismissed",
        6 => "duty",
        7 => "settings",
        8 | 9 => "label-defined",
        10 | 11 => "canned",
        12 | 13 => "capacity",
        17 => "reach",
        257 => "claimed",
        258 => "released",
        259 => "handed-over",
        260 => "taken-over",
        261 => "note",
        262 => "note-changed",
        263 => "note-deleted",
        264 | 265 => "label",
        266 => "status",
        267 | 268 => "reminder",
        269 => "request",
        270..=273 => "offer",
        274..=276 => "seats",
        277 => "score",
        278 => "erased",
        279 => "record",
        280 => "record-ended",
        281 => "consent",
        282 => "consent-withdrawn",
        316 => "erasure-asked",
        _ => "other",
    }
}
