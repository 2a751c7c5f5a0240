//! One message, for the eyes.

use minicbor::{Decode, Encode};

use crate::{DataView, FileView, MessageId, NoticeView, RecordView};

/// One message.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct MessageView {
    /// Its id.
    #[n(0)]
    pub id: MessageId,
    /// Who wrote it.
    #[n(1)]
    pub from: Sender,
    /// Its text, as it was edited last; empty if it has none.
    #[n(2)]
    pub text: String,
    /// When it was written, by the writer's clock: milliseconds since 1970 (UTC).
    #[n(3)]
    pub at: i64,
    /// What became of it.
    #[n(4)]
    pub delivery: Delivery,
    /// What it is made of.
    #[n(5)]
    pub kind: MessageKind,
    /// The name of who wrote it; empty for the user and for Kuvert.
    #[n(6)]
    pub author: String,
    /// When it was edited last, by the writer's clock: milliseconds since 1970 (UTC).
    #[n(7)]
    pub edited_at: Option<i64>,
    /// The message that it answers.
    #[n(8)]
    pub reply: Option<ReplyView>,
    /// Reactions, the most frequent first.
    #[n(9)]
    pub reactions: Vec<ReactionView>,
    /// When it will be deleted: milliseconds since 1970 (UTC).
    #[n(10)]
    pub expires_at: Option<i64>,
    /// Whether it mentions the user.
    #[n(11)]
    pub mentions_me: bool,
    /// The files that it brings, in their order.
    #[n(12)]
    pub files: Vec<FileView>,
    /// What Kuvert itself says; `text` says the same in English.
    #[n(13)]
    pub notice: Option<NoticeView>,
    /// Data that it brings beside its text.
    #[n(14)]
    pub data: Option<DataView>,
    /// At a line's desk: it is a business record.
    #[n(20)]
    pub record: Option<RecordView>,
}

impl MessageView {
    /// A text with nothing around it.
    pub fn text(id: MessageId, from: Sender, text: &str, at: i64, delivery: Delivery) -> Self {
        Self {
            id,
            from,
            text: text.to_owned(),
            at,
            delivery,
            kind: MessageKind::Text,
            author: String::new(),
            edited_at: None,
            reply: None,
            reactions: Vec::new(),
            expires_at: None,
            mentions_me: false,
            files: Vec::new(),
            notice: None,
            data: None,
            record: None,
        }
    }
}

/// What a message is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum MessageKind {
    /// A text.
    #[n(0)]
    Text,
    /// Something that only a newer version understands.
    #[n(1)]
    NeedsNewer,
    /// Files, perhaps with a text.
    #[n(2)]
    Attachments,
    /// It was deleted by who wrote it.
    #[n(3)]
    Deleted,
    /// Data, with a text that says the same, and perhaps files.
    #[n(4)]
    Structured,
}

/// The message that another one answers.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct ReplyView {
    /// Its id; `None` if it is not on this device (any more).
    #[n(0)]
    pub message: Option<MessageId>,
    /// Who wrote it.
    #[n(1)]
    pub from: Sender,
    /// The name of who wrote it; empty for the user, and if it is not known.
    #[n(2)]
    pub author: String,
    /// The beginning of its text, on one line.
    #[n(3)]
    pub text: String,
    /// What it is made of; `Deleted` also if it is not here.
    #[n(4)]
    pub kind: MessageKind,
}

/// Equal reactions to a message.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct ReactionView {
    /// The reaction, usually one emoji.
    #[n(0)]
    pub text: String,
    /// How many people.
    #[n(1)]
    pub count: u32,
    /// Whether the user is one of them.
    #[n(2)]
    pub own: bool,
}

/// Who wrote a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Sender {
    /// The user.
    #[n(0)]
    Own,
    /// The other person.
    #[n(1)]
    Contact,
    /// Kuvert itself: one quiet line about the conversation.
    #[n(2)]
    System,
}

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Delivery {
    /// Written down on this device; will be sent.
    #[n(0)]
    Queued,
    /// The relay has it, durably.
    #[n(1)]
    Sent,
    /// It is on the other person's device.
    #[n(2)]
    Delivered,
    /// The other person has seen it.
    #[n(3)]
    Read,
    /// It could not be sent; can be retried.
    #[n(4)]
    Failed,
    /// It came from the other person.
    #[n(5)]
    Received,
}
