//! Push subscriptions, and which owners are to be pushed to.
//!
//! An inbox with a subscription is *armed*: what is queued there is named to who pushes. When a push was taken by the push
//! service the owner is *told*, and nothing more is named until the owner was there again, by a session or an
//! acknowledgement. Both stand in the inbox's row, which is written anyway.

use kuvert_wire::{ErrorCode, InboxId, SetPush, limits};

use super::{Outcome, Success, Work, refused};
use crate::store::{InboxRow, Pushing, StoreError, Table, Value};

/// What became of a push.
#[derive(Debug)]
pub(crate) enum PushOp {
    /// The push service took one for the entry with this seq, or a later one.
    Told {
        /// Whose.
        inbox: InboxId,
        /// Of the first entry that the owner was told of.
        seq: u64,
    },
    /// The push service does not know the subscription any more.
    Gone {
        /// Whose.
        inbox: InboxId,
        /// The row that was tried: another one may have taken its place.
        sealed: Value,
    },
}

impl Work<'_, '_> {
    /// Registers or removes the subscription of an owner's inbox.
    pub(super) fn set_push(&mut self, inbox: InboxId, request: &SetPush) -> Outcome {
        let Some(mut row) = self.tx.inbox(inbox)? else { return refused(ErrorCode::NoSuchInbox) };
        match &request.subscription {
            None => {
                row.push = Pushing::Off;
                self.tx.remove(Table::Push, inbox.as_bytes());
            }
            Some(subscription) => {
                let Some(push) = &self.service.push else { return refused(ErrorCode::NoPush) };
                if subscription.endpoint.len() > limits::MAX_PUSH_ENDPOINT {
                    return refused(ErrorCode::TooLarge);
                }
                if !push.takes(subscription) {
                    return refused(ErrorCode::BadSubscription);
                }
                let sealed = push.seal(inbox, subscription);
                row.push = Pushing::Armed;
                self.tx.put(Table::Push, inbox.as_bytes(), sealed);
            }
        }
        self.tx.put_inbox(inbox, &row);
        Ok(Ok(Success::Accepted(0)))
    }

    /// Notes what became of a push.
    pub(super) fn push(&mut self, op: &PushOp) -> Result<(), StoreError> {
        match op {
            PushOp::Told { inbox, seq } => {
                let Some(mut row) = self.tx.inbox(*inbox)? else { return Ok(()) };
                // Who acknowledged it meanwhile was there, and is told of what comes next.
                if row.push == Pushing::Armed && row.acknowledged < *seq {
                    row.push = Pushing::Told;
                    self.tx.put_inbox(*inbox, &row);
                }
            }
            PushOp::Gone { inbox, sealed } => {
                let Some(mut row) = self.tx.inbox(*inbox)? else { return Ok(()) };
                if self.tx.get(Table::Push, inbox.as_bytes())?.as_ref() == Some(sealed) {
                    row.push = Pushing::Off;
                    self.tx.remove(Table::Push, inbox.as_bytes());
                    self.tx.put_inbox(*inbox, &row);
                }
            }
        }
        Ok(())
    }

    /// An entry was queued under `seq`: its owner may want to know.
    pub(super) fn name_for_push(&self, inbox: InboxId, row: &InboxRow, seq: u64) {
        if row.push == Pushing::Armed
            && let Some(push) = &self.service.push
        {
            push.nominations.name(inbox, seq);
        }
    }
}

impl InboxRow {
    /// Its owner is here: the next entry is worth a push again.
    pub(super) fn rearm(&mut self) {
        if self.push == Pushing::Told {
            self.push = Pushing::Armed;
        }
    }
}
