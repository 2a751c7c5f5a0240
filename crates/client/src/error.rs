//! What can go wrong in the driver, by what the caller can do about it.

use std::io;
use std::path::PathBuf;

use kuvert_core::ClientError;

/// A profile folder cannot be used. Nothing in it was changed.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// There is no profile: make an identity.
    #[error("there is no profile in {}", folder.display())]
    Missing {
        /// The folder.
        folder: PathBuf,
    },
    /// Another process has the profile open: end it.
    #[error("the profile is in use by {}", if by.is_empty() { "another process" } else { by })]
    InUse {
        /// What it said of itself: a command and a process number; may be empty.
        by: String,
    },
    /// The database is there, its key is not: put the key back.
    #[error("the database is there, but its key {} is missing", key.display())]
    KeyMissing {
        /// Where the key should be.
        key: PathBuf,
    },
    /// The key file does not hold a key: put the right one back.
    #[error("{} does not hold a key of 32 bytes", key.display())]
    KeyInvalid {
        /// The file.
        key: PathBuf,
    },
    /// The path is not UTF-8, which the database needs.
    #[error("the path {} cannot be used: it is not UTF-8", folder.display())]
    Path {
        /// The folder.
        folder: PathBuf,
    },
    /// A file cannot be read or written.
    #[error("{}: {error}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The operating system gave no random bytes.
    #[error("the operating system gives no random bytes: {0}")]
    Random(getrandom::Error),
}

/// A session cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// The profile folder.
    #[error(transparent)]
    Profile(#[from] ProfileError),
    /// The engine: database or MLS state.
    #[error(transparent)]
    Engine(#[from] ClientError),
    /// TLS cannot be set up.
    #[error("TLS cannot be set up: {0}")]
    Tls(#[from] rustls::Error),
}
