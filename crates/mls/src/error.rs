//! What can go wrong with MLS, by whose fault it is.

use crate::{BlobRef, CertificateError, IdentityKey};

/// A failed MLS operation.
#[derive(Debug, thiserror::Error)]
pub enum MlsError {
    /// The other side sent something that does not hold: drop it.
    #[error("invalid message: {0}")]
    PeerFault(&'static str),
    /// A key package is past its time: take another.
    #[error("the key package has ended")]
    Ended,
    /// A device's certificate does not hold: drop what it came with.
    #[error("invalid certificate: {0}")]
    Certificate(#[from] CertificateError),
    /// A member's commit does what it may not do. It was accepted by the relay and is not merged.
    #[error("a commit breaks the rules of its group: {what}")]
    Violation {
        /// Whose commit.
        by: IdentityKey,
        /// What it does.
        what: &'static str,
    },
    /// Part of it lies in a blob: fetch that, and try again.
    #[error("a blob is needed")]
    NeedsBlob(Box<BlobRef>),
    /// The group's state does not allow this now.
    #[error("the group cannot do this now: {0}")]
    State(&'static str),
    /// Stored state cannot be read or written.
    #[error("stored MLS state failed: {0}")]
    Storage(String),
    /// A fault inside the library.
    #[error("MLS library fault: {0}")]
    Library(String),
}

impl MlsError {
    pub(crate) fn storage(error: impl std::fmt::Display) -> Self {
        Self::Storage(error.to_string())
    }

    pub(crate) fn library(error: impl std::fmt::Display) -> Self {
        Self::Library(error.to_string())
    }
}
