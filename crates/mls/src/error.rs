//! What can go wrong with MLS, by whose fault it is.

use crate::CertificateError;

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
