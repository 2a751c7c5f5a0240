//! The client's database: one SQLCipher file that holds identity, contacts, conversations, messages, the outbox and
//! the MLS state of one device.
//!
//! Guarantees: one writer (STORE-2); nothing is visible outside a [`Tx`] before it committed, change notices
//! included ([`ChangeSet`]); deleted rows are overwritten (secure delete). What rows mean is for `kuvert-core`.

mod attachment;
mod changes;
mod composing;
mod contact;
mod database;
mod delivery;
mod desk;
mod early;
mod error;
mod group;
mod healing;
mod intent;
mod message;
mod meta;
mod migrations;
mod mls_storage;
mod outbox;
mod past;
mod reaction;
mod search;
mod standing;

pub use attachment::{AttachmentRow, AttachmentState, NewAttachment, UnwantedBlob};
pub use changes::ChangeSet;
pub use composing::ComposingRow;
pub use contact::{
    ContactRow, ContactState, ConversationRow, ConversationSummary, GroupRow, Peer, Trust, Writing,
};
pub use database::{Database, DatabaseKey, Location, Tx};
pub use delivery::{ReceiptRow, ReportKind};
pub use desk::{AnswerRow, DeskEventRow, DeskFactsRow, DeskStateRow, ToldRow};
pub use early::EarlyRow;
pub use error::StoreError;
pub use group::{GroupProfile, GroupState};
pub use healing::{KeptRow, UploadRow};
pub use intent::{IntentRow, IntentState};
pub use message::{Edit, LastMessageRow, MessageKind, MessageRow, MessageState, NewMessage, SenderKind};
pub use meta::MetaKey;
pub use mls_storage::{MlsStorage, MlsStorageError};
pub use outbox::{OutboxKind, OutboxRow};
pub use past::PastRow;
pub use reaction::ReactionRow;
pub use standing::RevokingRow;

/// Row id of a contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContactId(pub i64);

/// Row id of something that is to be committed to a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IntentId(pub i64);

/// Row id of a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConversationId(pub i64);

/// Row id of a message. Within a conversation, a later message has a higher id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageId(pub i64);

/// Row id of a file of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AttachmentId(pub i64);
