//! What the engine and its driver say to each other about files.
//!
//! The engine knows where a file lies, what opens it and how far it is; the driver moves the bytes. A name of a file on this
//! device is a driver's: the engine keeps it and hands it back. A network that fails is the driver's business: it rests and
//! goes on from where the relay or its disk has it, for as long as it runs.

use data_encoding::BASE64URL_NOPAD;
use kuvert_content::FileKey;
use kuvert_store::{AttachmentId, ConversationId, MessageId};
use kuvert_wire::{BlobSecret, InboxId, Token, headers};

/// A file to be sent. The driver has cleaned and sealed it, and keeps the sealed bytes until it is told to discard them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewFile {
    /// The driver's name for the sealed bytes.
    pub file: String,
    /// Name for the eyes, at most 255 bytes; what stands before a slash or backslash is left out.
    pub name: String,
    /// Media type, at most 127 bytes.
    pub media_type: String,
    /// Bytes of the file, before padding and sealing.
    pub size: u64,
    /// What it was sealed with.
    pub key: FileKey,
    /// SHA-256 of the sealed bytes.
    pub hash: [u8; 32],
    /// A small JPEG that shows it in the message; left out where it finds no room.
    pub preview: Option<Vec<u8>>,
}

/// Something for the driver to do with bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BlobTask {
    /// Bring sealed bytes to a relay.
    Upload(Upload),
    /// Fetch and open a file.
    Download(Download),
    /// Delete a blob at a relay.
    Delete(Deletion),
    /// Forget sealed bytes on this device.
    Discard(String),
    /// Stop moving this file. What was fetched of it, or waits here to be brought, can go.
    Stop(AttachmentId),
}

/// Brings sealed bytes to a relay. Answered by [`BlobOutcome::Done`] or [`BlobOutcome::Failed`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    /// Which file.
    pub attachment: AttachmentId,
    /// The driver's name for the sealed bytes.
    pub file: String,
    /// The blob.
    pub url: String,
    /// How many sealed bytes there are.
    pub size: u64,
    /// The right to write them.
    pub secret: BlobSecret,
    /// The inbox for which the relay is asked to store them.
    pub inbox: InboxId,
    /// A token of that inbox.
    pub token: Token,
}

impl Upload {
    /// Headers of the request that announces the blob.
    pub fn announcement(&self) -> Vec<(&'static str, String)> {
        vec![
            (headers::INBOX, text(self.inbox.as_bytes())),
            (headers::TOKEN, text(self.token.as_bytes())),
            (headers::SECRET_HASH, text(self.secret.hash().as_bytes())),
            (headers::UPLOAD_LENGTH, self.size.to_string()),
        ]
    }

    /// Headers of a request that appends bytes from `offset` on.
    pub fn append(&self, offset: u64) -> Vec<(&'static str, String)> {
        vec![(headers::SECRET, text(self.secret.as_bytes())), (headers::UPLOAD_OFFSET, offset.to_string())]
    }
}

/// Fetches and opens a file. Answered by [`BlobOutcome::Done`] or [`BlobOutcome::Failed`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Download {
    /// Which file.
    pub attachment: AttachmentId,
    /// The blob.
    pub url: String,
    /// Bytes of the opened file.
    pub size: u64,
    /// What opens it.
    pub key: FileKey,
    /// SHA-256 of the sealed bytes.
    pub hash: [u8; 32],
    /// The driver's name for where it goes.
    pub to: String,
}

/// Deletes a blob. Answered by [`BlobOutcome::Deleted`] or [`BlobOutcome::NotDeleted`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deletion {
    /// The blob.
    pub url: String,
    /// The right to delete it.
    pub secret: BlobSecret,
}

impl Deletion {
    /// Headers of the request.
    pub fn headers(&self) -> Vec<(&'static str, String)> {
        vec![(headers::SECRET, text(self.secret.as_bytes()))]
    }
}

fn text(bytes: &[u8]) -> String {
    BASE64URL_NOPAD.encode(bytes)
}

/// What became of a [`BlobTask`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BlobOutcome {
    /// Some bytes were moved. To be said a few times in a second at most.
    Moved {
        /// Which file.
        attachment: AttachmentId,
        /// So many bytes are where they should be.
        done: u64,
        /// Of so many.
        of: u64,
    },
    /// All of it is where it should be, durably.
    Done(AttachmentId),
    /// It will not get there.
    Failed(AttachmentId, BlobFailure),
    /// The blob is gone, or never was.
    Deleted {
        /// Which.
        url: String,
    },
    /// The blob could not be deleted for now.
    NotDeleted {
        /// Which.
        url: String,
    },
}

/// Why a file will not get where it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BlobFailure {
    /// The inbox or its token does not hold, or its allowance is used up.
    #[error("the relay does not store it for this device now; try again tomorrow")]
    NotAdmitted,
    /// It is larger than the relay takes.
    #[error("the relay takes no files of this size; send a smaller one, or several parts")]
    TooLarge,
    /// The relay has no room.
    #[error("the relay has no room for it now; try again later")]
    NoRoom,
    /// The relay does not have it any more.
    #[error("the relay does not have it any more; ask its sender to send it again")]
    Gone,
    /// What the relay has is not what was sent.
    #[error("what the relay has is not what was sent, and was thrown away; ask its sender to send it again")]
    Forged,
    /// The file on this device cannot be read or written.
    #[error("the file on this device cannot be read or written; check the disk and its permissions")]
    LocalFile,
    /// This device has no room for it.
    #[error("there is no room for the file on this device; make some, then try again")]
    NoSpace,
    /// This client cannot move files.
    #[error("this client cannot send or fetch files yet; use another one")]
    Unsupported,
}

/// How a file is getting on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Transfer {
    /// Where.
    pub conversation: ConversationId,
    /// Whose file it is.
    pub message: MessageId,
    /// Which.
    pub attachment: AttachmentId,
    /// How it is getting on.
    pub stage: TransferStage,
}

/// A stage of a [`Transfer`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransferStage {
    /// So many bytes are where they should be.
    Moved {
        /// So many.
        done: u64,
        /// Of so many.
        of: u64,
    },
    /// It got there.
    Done,
    /// It did not.
    Failed(BlobFailure),
}
