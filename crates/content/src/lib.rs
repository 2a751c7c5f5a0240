//! What a Kuvert message says: MIMI content in deterministic CBOR.
//!
//! A [`Content`] is what one message says, before it is sealed. [`Content::meaning`] tells what Kuvert understands of
//! it. The crate guarantees that decoding never panics, recurses no deeper than [`limits::MAX_DEPTH`], allocates no
//! more than a small multiple of the input, and that what it decodes encodes to the same bytes again: unknown media
//! types, dispositions, statuses and extensions included. It does no I/O, reads no clock, and makes no salts.
//!
//! Beside it stands what has to be done to files before a message can refer to them: [`clean`] takes the metadata out of
//! pictures, [`preview`] makes a small one, [`Sealer`] and [`Opener`] seal and open them in chunks.
//!
//! It leaves to others whether a sender may edit or delete a message, what expires when, and how Markdown is shown.
//!
//! # Sources
//!
//! draft-ietf-mimi-content-09 (July 2026) for contents and ids, draft-mahy-mimi-message-status-01 (March 2026) for
//! reports. What is done differently:
//!
//! - At most 64 parts where the draft advises 1024, at most 32 extensions, and texts of at most 16 KiB.
//! - A report travels as the single part of a content, like everything else; the draft leaves open what carries it.
//!   When it was made, which the draft does not say, stands in the private extension `kuvert.at`.
//! - An id whose first byte names an unknown hash function is kept. It names no message and does no harm, while
//!   refusing it would lose what the message says.
//! - Contents that are not in deterministic encoding are refused, for the sake of one id per message.
//!
//! The format with all of Kuvert's own parts is in `docs/protocol/content.cddl`.

mod attachment;
mod canonical;
mod content;
mod data;
mod error;
mod extensions;
mod file;
mod history;
mod id;
pub mod limits;
mod meaning;
mod mention;
mod name;
mod part;
mod picture;
mod profile;
mod report;
mod retention;

pub use attachment::{Attachment, Preview};
pub use content::{Content, Expires};
pub use data::{DESK_STATE_TYPE, DESK_TYPE, Data, DataKind, HISTORY_TYPE, RETENTION_TYPE, is_desk_event};
pub use error::ContentError;
pub use extensions::{ExtensionKey, Extensions};
pub use file::{
    FILE_CHUNK, FILE_ENC_ALG, FILE_TAG, FileError, FileKey, FileRef, Opener, Sealer, sealed_size,
};
pub use history::{History, Told};
pub use id::MessageId;
pub use meaning::{AT_EXTENSION, LEAVE_TYPE, Meaning, PLAIN_TEXT_TYPE, TEXT_TYPE};
pub use mention::{MENTION_SCHEME, mention, mentions};
pub use name::{harmless, media_type_of, name_parts, short_name};
pub use part::{Body, Disposition, External, Part, Semantics};
pub use picture::{CleanPicture, Orientation, PICTURE_HEAD, PictureError, PictureKind, clean, preview};
pub use profile::{ACCEPTANCE_TYPE, PROFILE_TYPE, Profile};
pub use report::{REPORT_TYPE, Report, Status};
pub use retention::Retention;
