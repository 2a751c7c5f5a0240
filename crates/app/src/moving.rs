//! A profile that moves to another device: see `kuvert_core::moving`.

use kuvert_core::moving::{Decision, Departure};
use kuvert_core::{ClientError, Timestamp};

use crate::App;

impl App {
    /// Leaves this device: nothing but the move is done here from now on.
    ///
    /// # Errors
    /// [`ClientError::Refused`] without an identity, and for a device of a business line.
    pub fn leave(&mut self, now: Timestamp) -> Result<(), ClientError> {
        self.client.leave(now)
    }

    /// Whether the profile moves.
    pub fn is_moving(&self) -> bool {
        self.client.is_moving()
    }

    /// Whether a copy may be made for another device.
    pub fn may_be_copied(&self) -> bool {
        self.client.may_be_copied()
    }

    /// Seals a copy of the closed database, with its key.
    ///
    /// # Errors
    /// [`ClientError::Refused`] if no copy may be made, or the database is too large.
    pub fn depart(&mut self, key: &[u8; 32], database: Vec<u8>) -> Result<Departure, ClientError> {
        self.client.depart(key, database)
    }

    /// Wants to go on at this device.
    ///
    /// # Errors
    /// [`ClientError`] if it does not move, or the database fails; too late, unless `anyway`: see `kuvert_core::Client::decide`.
    pub fn decide(&mut self, now: Timestamp, anyway: bool) -> Result<Decision, ClientError> {
        self.client.decide(now, anyway)
    }

    /// Asks who goes on.
    ///
    /// # Errors
    /// [`ClientError`] if it does not move.
    pub fn watch_move(&self) -> Result<Decision, ClientError> {
        self.client.watch_move()
    }

    /// The profile goes on here.
    ///
    /// # Errors
    /// [`ClientError`] if the database fails.
    pub fn decided(&mut self) -> Result<(), ClientError> {
        self.client.decided()?;
        self.drain()
    }
}
