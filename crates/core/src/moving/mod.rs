//! A profile moves to another device: all of it, and it goes on at one device only (ADR 20).
//!
//! The device that is left writes down that the profile moves; from then on its engine does nothing. A copy of the database goes as a sealed
//! blob to the relay ([`Departure`]), and the link has what opens it ([`Arrival`]). Then two devices have the same state of MLS, which
//! must not be used twice. Which of them goes on is decided at the relay ([`Decision`]), by who writes first into a blob whose name
//! stands in the database, the register. What is written is the hash of a secret that a device makes when it wants to go on: so
//! each can read whether it was itself, as often as it has to ask.
//!
//! Here stands which request is next and what its answer means. Drivers make the requests and keep the time.

mod arrival;
mod decision;
mod departure;
mod link;

pub use arrival::{Arrival, Parcel};
pub use decision::{Decision, Verdict};
pub use departure::Departure;
pub use link::MoveLink;

use kuvert_store::MetaKey;
use kuvert_wire::{BlobId, BlobSecret, decode, encode};
use minicbor::{Decode, Encode};

use crate::{Client, ClientError, Refusal, Timestamp};

/// Largest database that moves.
pub const MAX_DATABASE: usize = 256 * 1024 * 1024;
/// Milliseconds after which the relay may have forgotten who went on: blobs stay for thirty days.
const FORGOTTEN: i64 = 25 * 86_400_000;
/// Largest of what is written down of a move.
const MAX_MOVING: usize = 256;

/// What is written down of a profile that moves.
#[derive(Clone, Encode, Decode)]
pub(crate) struct Moving {
    /// Names the blob in which it stands who goes on.
    #[n(0)]
    register: BlobId,
    /// Since when: milliseconds since 1970.
    #[n(1)]
    since: i64,
    /// The right to write there, of a device that wants to go on. Made after the copy was, so no two devices have the same.
    #[n(2)]
    claim: Option<BlobSecret>,
}

/// A move did not get there, for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MoveError {
    /// The text is no link of a move.
    #[error("this is not a complete link of a move; copy it again, with the part after #")]
    NoLink,
    /// The relay does not take or give it.
    #[error("the relay refused this (status {0}); try again later")]
    Refused(u16),
    /// The relay has nothing under this link.
    #[error(
        "there is nothing under this link any more: it was taken already, taken back, or is older than 30 days"
    )]
    Gone,
    /// What came is not what was sent.
    #[error("what came is not what was sent; begin the move again at the other device")]
    Forged,
    /// The database is too large.
    #[error("this profile is too large to be moved")]
    TooLarge,
}

impl Client {
    /// Leaves this device: from now on the profile moves, and nothing but that is done here.
    ///
    /// # Errors
    /// [`Refusal::NoIdentity`] without an identity, [`Refusal::IsLine`] for a device of a business line, [`ClientError::Store`] if
    /// the database fails.
    pub fn leave(&mut self, now: Timestamp) -> Result<(), ClientError> {
        let account = self.account().ok_or(Refusal::NoIdentity)?;
        if account.is_line {
            return Err(Refusal::IsLine.into());
        }
        if self.moving.is_none() {
            let moving = Moving { register: BlobId::new(self.fresh_id()), since: now.0, claim: None };
            self.write_moving(Some(moving))?;
        }
        Ok(())
    }

    /// Whether the profile moves.
    pub fn is_moving(&self) -> bool {
        self.moving.is_some()
    }

    /// Whether a copy of the database may be made for another device: it moves, and this device has not said that it goes on.
    pub fn may_be_copied(&self) -> bool {
        self.moving.as_ref().is_some_and(|moving| moving.claim.is_none())
    }

    /// Wants to go on at this device. What becomes of that, the requests of the decision say, and then [`Self::decided`].
    ///
    /// # Errors
    /// [`Refusal::NotMoving`] if the profile does not move, [`ClientError::Store`] if the database fails. [`Refusal::TooLate`] if it moves for
    /// so long that the relay may have forgotten who went on: then `anyway` says that no other device did.
    pub fn decide(&mut self, now: Timestamp, anyway: bool) -> Result<Decision, ClientError> {
        let account = self.account().ok_or(Refusal::NoIdentity)?;
        let mut moving = self.moving.clone().ok_or(Refusal::NotMoving)?;
        if now.0.saturating_sub(moving.since) > FORGOTTEN && !anyway {
            return Err(Refusal::TooLate.into());
        }
        let claim = match moving.claim {
            Some(claim) => claim,
            None => {
                let claim = BlobSecret::new(self.rng().bytes());
                moving.claim = Some(claim.clone());
                // Written down before anybody hears of it: whoever asks again asks as the same one.
                self.write_moving(Some(moving.clone()))?;
                claim
            }
        };
        Ok(Decision::new(&account.relay, moving.register, claim, account.inbox(), account.token(self.rng())))
    }

    /// Asks who goes on, without wanting to.
    ///
    /// # Errors
    /// [`Refusal::NotMoving`] if the profile does not move.
    pub fn watch_move(&self) -> Result<Decision, ClientError> {
        let account = self.account().ok_or(Refusal::NoIdentity)?;
        let moving = self.moving.as_ref().ok_or(Refusal::NotMoving)?;
        Ok(Decision::watching(&account.relay, moving.register, moving.claim.as_ref()))
    }

    /// It was decided that the profile goes on here: it moves no more. Notifications are off then.
    ///
    /// # Errors
    /// [`ClientError::Store`] if the database fails.
    pub fn decided(&mut self) -> Result<(), ClientError> {
        // Notices went to the browser that was left, perhaps: the relay is told to send none, until they are turned on here.
        self.store(|tx| Ok(tx.set_meta(MetaKey::PushSubscription, &[])?))?;
        self.write_moving(None)?;
        self.begin()
    }

    fn write_moving(&mut self, moving: Option<Moving>) -> Result<(), ClientError> {
        let bytes = zeroize::Zeroizing::new(moving.as_ref().map(encode).unwrap_or_default());
        self.store(|tx| Ok(tx.set_meta(MetaKey::Moving, &bytes)?))?;
        self.moving = moving;
        Ok(())
    }
}

/// Reads what is written down of a move; `None` if the profile does not move.
pub(crate) fn load(tx: &kuvert_store::Tx<'_>) -> Result<Option<Moving>, ClientError> {
    match tx.meta(MetaKey::Moving)?.filter(|bytes| !bytes.is_empty()) {
        Some(bytes) => decode(&bytes, MAX_MOVING).map(Some).map_err(|_| ClientError::Damaged("a move")),
        None => Ok(None),
    }
}
