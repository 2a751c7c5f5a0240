//! Messages that are to be deleted at a time: expired is deleted, on every device by itself.

use crate::limits::MAX_EXPIRED;
use crate::step::Step;
use crate::{ClientError, Output, Timestamp};

impl Step<'_, '_> {
    /// Deletes what has expired, and asks to be woken for what will.
    pub(crate) fn expire(&mut self) -> Result<(), ClientError> {
        for id in self.tx.expired(self.now.0, MAX_EXPIRED)? {
            self.tx.forget_message(id)?;
        }
        let next = self.tx.next_expiry()?;
        if next != self.sessions.next_expiry {
            self.sessions.next_expiry = next;
            if let Some(at) = next {
                // What is left of many is next at once.
                self.outputs.push(Output::WakeAt(Timestamp(at.max(self.now.0 + 1))));
            }
        }
        Ok(())
    }
}
