//! The whole state at one place in the order of events, for a device that came later.

use kuvert_wire::{DecodeError, decode, encode};
use minicbor::{Decode, Encode};

use super::case::Cases;
use super::ids::EventId;
use super::parts::check;
use super::team::Team;
use crate::limits::MAX_SNAPSHOT;

/// What all events up to one were folded into. Who has it goes on with the next event as if it had seen all of them.
///
/// `Debug` shows nothing of it.
#[derive(Clone, Encode, Decode)]
pub struct Snapshot {
    /// The last event that was folded, also one that changed nothing.
    #[n(0)]
    pub after: EventId,
    /// What the line has in common.
    #[n(1)]
    pub team: Team,
    /// Its conversations.
    #[n(2)]
    pub cases: Cases,
}

/// Why bytes are no state.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StateError {
    /// They cannot be read.
    #[error("not the state of a desk: {0}")]
    Malformed(#[from] DecodeError),
    /// More than a desk can have of something.
    #[error("a state that no desk can have")]
    OutOfBounds,
    /// The entries of the audit log do not fit together.
    #[error(transparent)]
    Tampered(#[from] super::audit::Tampered),
}

impl Snapshot {
    /// The bytes, at most a few times [`MAX_SNAPSHOT`] in theory and some megabytes in practice. The same state has the same bytes
    /// on every device.
    pub fn encode(&self) -> Vec<u8> {
        encode(self)
    }

    /// Reads a snapshot of at most [`MAX_SNAPSHOT`] bytes, which comes from a device of the line.
    ///
    /// # Errors
    /// [`StateError`] if it is no snapshot, is out of bounds, or its audit log was tampered with.
    pub fn decode(bytes: &[u8]) -> Result<Self, StateError> {
        let snapshot: Self = decode(bytes, MAX_SNAPSHOT)?;
        check(&snapshot.team, &snapshot.cases)?;
        snapshot.team.audit.verify()?;
        Ok(snapshot)
    }
}

impl std::fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Snapshot(..)")
    }
}
