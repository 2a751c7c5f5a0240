//! What a user interface shows of files.

use minicbor::{Decode, Encode};

use crate::{ConversationId, MessageId};

/// Most bytes of a file that are opened at once, in memory, to be shown or saved. A larger one is saved where the browser lets it
/// be written a slice at a time.
pub const MAX_SHOWN: u64 = 256 * 1024 * 1024;
/// Most bytes of a picture that is fetched without being asked for.
pub const MAX_UNASKED: u64 = 4 * 1024 * 1024;

/// Names a file of a message on this device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(transparent)]
pub struct FileId(#[n(0)] pub u64);

/// A file of a message.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct FileView {
    /// Its id.
    #[n(0)]
    pub id: FileId,
    /// Its name, as its sender says; may be empty, and is never a path.
    #[n(1)]
    pub name: String,
    /// Its media type, as its sender says.
    #[n(2)]
    pub media_type: String,
    /// Bytes.
    #[n(3)]
    pub size: u64,
    /// How far it is.
    #[n(4)]
    pub state: FileState,
    /// Where it is saved, or will be; a name of the driver's.
    #[n(5)]
    pub path: Option<String>,
}

/// How far a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum FileState {
    /// An own file on its way to the relay.
    #[n(0)]
    Uploading,
    /// An own file that did not reach the relay; the message can be sent again.
    #[n(1)]
    NotUploaded,
    /// An own file that is at the relay.
    #[n(2)]
    Uploaded,
    /// It can be fetched.
    #[n(3)]
    Offered,
    /// It is being fetched.
    #[n(4)]
    Downloading,
    /// It could not be fetched; can be tried again.
    #[n(5)]
    NotDownloaded,
    /// It was saved.
    #[n(6)]
    Saved,
}

/// How a file is getting on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct TransferView {
    /// In which conversation.
    #[n(0)]
    pub conversation: ConversationId,
    /// With which message.
    #[n(1)]
    pub message: MessageId,
    /// Which file.
    #[n(2)]
    pub file: FileId,
    /// How it is getting on.
    #[n(3)]
    pub stage: TransferStage,
}

/// A stage of a transfer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub enum TransferStage {
    /// So many bytes are where they should be.
    #[n(0)]
    Moved {
        /// So many.
        #[n(0)]
        done: u64,
        /// Of so many.
        #[n(1)]
        of: u64,
    },
    /// It got there.
    #[n(1)]
    Done,
    /// It did not.
    #[n(2)]
    Failed(#[n(0)] TransferFailure),
}

/// Why a file will not get where it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum TransferFailure {
    /// The relay does not store it for this device now.
    #[n(0)]
    NotAdmitted,
    /// It is larger than the relay takes.
    #[n(1)]
    TooLarge,
    /// The relay has no room.
    #[n(2)]
    NoRoom,
    /// The relay does not have it any more.
    #[n(3)]
    Gone,
    /// What the relay has is not what was sent.
    #[n(4)]
    Forged,
    /// The file on this device cannot be read or written.
    #[n(5)]
    LocalFile,
    /// This client cannot move files.
    #[n(6)]
    Unsupported,
    /// This device has no room for it.
    #[n(7)]
    NoSpace,
}

/// Why files could not be sent. Nothing of them was sent or kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub enum NotTaken {
    /// A file cannot be read (any more).
    #[n(0)]
    Unreadable,
    /// A file is larger than 4 GiB.
    #[n(1)]
    TooLarge,
    /// A picture is so large that what it tells of place and time cannot be taken out.
    #[n(2)]
    PictureTooLarge,
    /// A picture is damaged, so that what it tells of place and time cannot be taken out.
    #[n(3)]
    PictureDamaged,
    /// This device has no room for the sealed files.
    #[n(4)]
    NoSpace,
    /// The sealed files cannot be written.
    #[n(5)]
    Unwritable,
    /// The user wanted it so.
    #[n(6)]
    Cancelled,
    /// The message cannot be sent.
    #[n(7)]
    Refused(#[n(0)] crate::Failure),
}

/// A small picture of a file.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct PreviewView {
    /// Its media type.
    #[n(0)]
    pub media_type: String,
    /// As it came; to be decoded with care.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub picture: Vec<u8>,
    /// Width and height in pixels, where they are known.
    #[n(2)]
    pub size: Option<(u32, u32)>,
}
