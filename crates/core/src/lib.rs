//! The client engine: identity, first contact, conversations, outbox, reports.
//!
//! [`Client::handle`] takes one [`Input`] and runs it in one database transaction; [`Client::poll_output`] hands out
//! what follows from it, and **must be drained before the next input**. The engine is synchronous, has one owner, and
//! reads no clock, no network and no randomness but what it is given (CORE-1, CORE-2). Drivers carry its frames and
//! fetches, and keep its time.

mod account;
mod blob;
mod blocking;
mod card;
mod carriage;
mod changes;
mod client;
mod commands;
mod desk;
mod error;
mod expiry;
mod familiarity;
mod files;
mod group;
mod healing;
mod history;
mod inbox;
mod introduction;
mod io;
mod joining;
mod leaves;
pub mod limits;
mod line;
mod link;
mod loaded;
mod messages;
pub mod moving;
mod notice;
mod once;
mod outbox;
mod own_link;
mod past;
mod push;
mod queries;
mod relays;
mod reports;
mod retries;
pub mod sealed_key;
mod session;
mod staff;
mod step;
mod uploads;
mod verification;
mod wishes;

pub use blob::{
    BlobFailure, BlobOutcome, BlobTask, Deletion, Download, NewFile, Transfer, TransferStage, Upload,
};
pub use card::Card;
pub use client::{Client, Config};
pub use error::{ClientError, Refusal};
pub use familiarity::Familiarity;
pub use group::MemberInfo;
pub use io::{
    Admission, CardInfo, Command, DeletionScope, Event, FetchId, FetchMethod, FetchOutcome, FetchRequest,
    Input, Line, LinkFailure, MessageChange, Origin, Output, Timestamp,
};
/// Sealing and carrying of files, and cleaning of pictures, for drivers.
pub mod file {
    pub use crate::carriage::{Answer, Pace, UploadStep, Uploading, brings_part};
    pub use kuvert_content::limits::{MAX_FILE, MAX_FILE_NAME, MAX_FILES, MAX_PICTURE, MAX_PREVIEW};
    pub use kuvert_content::{
        CleanPicture, FILE_CHUNK, FILE_TAG, FileError, FileKey, Opener, Orientation, PICTURE_HEAD,
        PictureError, PictureKind, Sealer, clean, harmless, media_type_of, name_parts, preview, sealed_size,
        short_name,
    };
}
pub use desk::{DeskEvent, DeskStanding};
pub use kuvert_content::DataKind;
pub use kuvert_mls::{IdentityKey, KuvertId};
pub use kuvert_store::{
    AnswerRow, AttachmentId, AttachmentRow, AttachmentState, ChangeSet, ComposingRow, ContactId, ContactRow,
    ContactState, ConversationId, ConversationRow, ConversationSummary, DatabaseKey, DeskFactsRow,
    GroupProfile, GroupState, LastMessageRow, Location, MessageId, MessageKind, MessageRow, MessageState,
    Peer, ReactionRow, ReceiptRow, SenderKind, StoreError, Trust,
};
pub use line::{Fold, JoinedDevice, LineCommand, LineDevice, LineEvent};
pub use link::{Link, LinkError};
pub use notice::{NotAdded, Notice, Person};
pub use once::Ticket;
pub use push::{PushRelay, PushStanding};
pub use queries::{Epoch, MessageDetails, ShownMessage};
pub use verification::{SAFETY_WORDS, TrustEvent, safety_words, verification_code};
