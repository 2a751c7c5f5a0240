//! Between a page and the engine's worker: commands that are carried out once, the lock, and a profile that is not open.

use minicbor::{Decode, Encode};
use zeroize::Zeroize;

use crate::UiCommand;

/// A command on its way from a page, which gives it again to the next worker if this one ends before it answered with
/// [`crate::ViewUpdate::Done`].
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Posted {
    /// Names the page: random, and another one whenever it is loaded.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub page: [u8; 16],
    /// Counts up from command to command. 0 for one that is not given again, and not answered.
    #[n(1)]
    pub number: u64,
    /// The command.
    #[n(2)]
    pub command: UiCommand,
}

/// A passphrase on its way to the worker. Obscured when printed, wiped when dropped.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(transparent)]
pub struct Passphrase(#[n(0)] String);

impl Passphrase {
    /// As it was typed.
    pub fn new(typed: String) -> Self {
        Self(typed)
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Passphrase(..)")
    }
}

impl Drop for Passphrase {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// Why the profile is not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Gate {
    /// It is locked: the passphrase is needed.
    #[n(0)]
    Locked,
    /// It is locked, and what was tried is not its passphrase.
    #[n(1)]
    WrongPassphrase,
    /// The browser threw the database away; its key is still there.
    #[n(2)]
    DatabaseGone,
    /// The browser threw the key away; the database is there, and can never be opened again.
    #[n(3)]
    KeyGone,
    /// The browser threw everything away.
    #[n(4)]
    AllGone,
    /// The browser does not let the app near its storage any more.
    #[n(5)]
    NoAccess,
    /// The database is there and does not open: it is damaged, or not this key's.
    #[n(6)]
    Unreadable,
    /// It cannot be opened now: its files are held by something that is ending, or there is no space.
    #[n(7)]
    Stuck,
    /// It moves to another device.
    #[n(8)]
    Moving,
}

/// How a move gets on.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum MoveView {
    /// A copy is on its way to the relay.
    #[n(0)]
    Leaving {
        /// So many bytes are there.
        #[n(0)]
        done: u64,
        /// Of so many.
        #[n(1)]
        of: u64,
    },
    /// It is there: whoever opens this link takes the profile.
    #[n(1)]
    Link {
        /// The link.
        #[n(0)]
        link: String,
    },
    /// The profile is on its way from the relay.
    #[n(2)]
    Coming {
        /// So many bytes are here.
        #[n(0)]
        done: u64,
        /// Of so many.
        #[n(1)]
        of: u64,
    },
    /// It went on at this device.
    #[n(3)]
    Here,
    /// It went on at another device, and was deleted here.
    #[n(4)]
    Elsewhere,
    /// Another device was interrupted while it said that it goes on: that is known within a day.
    #[n(5)]
    Undecided,
    /// It did not get on.
    #[n(6)]
    Failed(#[n(0)] MoveFault),
}

/// Why a move did not get on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum MoveFault {
    /// The text is no link of a move.
    #[n(0)]
    NoLink,
    /// The relay has nothing under this link any more.
    #[n(1)]
    Gone,
    /// What came is not what was sent.
    #[n(2)]
    Forged,
    /// The profile is too large.
    #[n(3)]
    TooLarge,
    /// The relay refuses it.
    #[n(4)]
    Refused,
    /// A passphrase locks the profile: it has to be taken off before.
    #[n(5)]
    Locked,
    /// Nothing is kept in this browser, so there is nothing to move, and no place to move to.
    #[n(6)]
    Passing,
    /// There is a profile here already.
    #[n(7)]
    InUse,
    /// The database of this browser cannot be read or written.
    #[n(8)]
    Database,
    /// It moves for so long that the relay may have forgotten whether another device has it.
    #[n(9)]
    LongAgo,
}

/// How the profile is locked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct LockView {
    /// Whether a passphrase is needed to open it.
    #[n(0)]
    pub passphrase: bool,
    /// What became of the wish to change that.
    #[n(1)]
    pub outcome: Option<LockOutcome>,
}

/// What became of the wish to set, change or remove the passphrase.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum LockOutcome {
    /// It is done.
    #[n(0)]
    Done,
    /// The passphrase of before was not the right one.
    #[n(1)]
    WrongPassphrase,
    /// The new one is too easy to guess.
    #[n(2)]
    TooShort,
    /// The browser could not write it down; everything is as before.
    #[n(3)]
    NotWritten,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_passphrase_is_not_printed() {
        let command = UiCommand::Unlock { passphrase: Passphrase::new("correct horse".into()) };
        assert!(!format!("{command:?}").contains("horse"));
        let posted = Posted { page: [7; 16], number: 3, command };
        assert_eq!(crate::decode_posted(&crate::encode_posted(&posted)), Ok(posted));
    }
}
