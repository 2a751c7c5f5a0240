//! What can go wrong in the driver, by what the caller can do about it.

use std::io;
use std::path::PathBuf;

use kuvert_core::ClientError;
use kuvert_core::sealed_key::KeyError;

/// A profile folder cannot be used. Nothing in it was changed.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// There is no profile: make an identity.
    #[error("there is no profile in {}", folder.display())]
    Missing {
        /// The folder.
        folder: PathBuf,
    },
    /// What was named as the profile's folder is none: name another.
    #[error("{} is not a folder", folder.display())]
    NoFolder {
        /// What was named.
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
    /// The profile is locked, and no passphrase was given: ask for it.
    #[error("the profile is locked with a passphrase")]
    PassphraseNeeded,
    /// The profile is locked, and no key file was given: ask for it.
    #[error("the profile is locked with a key file")]
    KeyFileNeeded,
    /// Not the passphrase of this profile: ask again.
    #[error("this is not the passphrase of this profile")]
    WrongPassphrase,
    /// Not the key file of this profile: ask for the right one.
    #[error("this is not the key file of this profile")]
    WrongKeyFile,
    /// A secret was given for a profile that has none.
    #[error("this profile is not locked: it needs neither passphrase nor key file")]
    NotProtected,
    /// Too easy to guess.
    #[error("a passphrase has at least {} characters", crate::limits::MIN_PASSPHRASE)]
    PassphraseTooShort,
    /// Too easy to guess.
    #[error("a key file has at least {} bytes", crate::limits::MIN_KEY_FILE)]
    KeyFileTooShort,
    /// The wrapped key is damaged: put it back from a backup.
    #[error("the wrapped key is damaged, or of a newer version")]
    KeyRecord,
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

impl From<KeyError> for ProfileError {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::Record => Self::KeyRecord,
            KeyError::PassphraseNeeded => Self::PassphraseNeeded,
            KeyError::KeyFileNeeded => Self::KeyFileNeeded,
            KeyError::WrongPassphrase => Self::WrongPassphrase,
            KeyError::WrongKeyFile => Self::WrongKeyFile,
            KeyError::NotProtected => Self::NotProtected,
            KeyError::PassphraseTooShort => Self::PassphraseTooShort,
            KeyError::KeyFileTooShort => Self::KeyFileTooShort,
        }
    }
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
