//! Inboxes: owning, acknowledging, depositing, and the gaps that stand for what was lost.

use kuvert_wire::{Deposit, Entry, ErrorCode, InboxId, InboxKeys, Owned, limits};

use super::{Answer, Outcome, Success, Work, refused};
use crate::seal::Sealing;
use crate::store::{InboxRow, StoreError};

impl Answer {
    /// For the owner of `row` who holds everything up to `acknowledged`.
    pub(crate) fn owned(row: &InboxRow, created: bool, acknowledged: u64) -> Self {
        // A seq that was never given out belongs to an earlier inbox of this name; it acknowledges nothing of this one.
        let acknowledged =
            if acknowledged < row.next { acknowledged.max(row.acknowledged) } else { row.acknowledged };
        let key_packages = u16::try_from(row.packages()).unwrap_or(u16::MAX);
        let owned = Owned { created, key_packages, last_resort: row.last_resort };
        Self::Owned { owned, acknowledged, last: row.next - 1 }
    }
}

impl Work<'_, '_> {
    /// Opens an inbox for its owner, or creates it.
    pub(super) fn own(
        &mut self,
        inbox: InboxId,
        acknowledged: u64,
        create: Option<&InboxKeys>,
    ) -> Result<Answer, StoreError> {
        let (mut row, created) = match (self.tx.inbox(inbox)?, create) {
            (Some(row), _) => (row, false),
            (None, Some(keys)) => (InboxRow::new(keys.seal_key, keys.deposit_key.clone(), self.today), true),
            (None, None) => return Ok(Answer::NoSuchInbox),
        };
        if acknowledged < row.next {
            self.drop_acknowledged(inbox, &mut row, acknowledged);
        }
        row.used = self.today;
        self.tx.put_inbox(inbox, &row);
        Ok(Answer::owned(&row, created, acknowledged))
    }

    /// Drops what its owner holds. A seq that was acknowledged before, or never given out, changes nothing.
    pub(super) fn acknowledge(&mut self, inbox: InboxId, seq: u64) -> Result<(), StoreError> {
        let Some(mut row) = self.tx.inbox(inbox)? else { return Ok(()) };
        if seq > row.acknowledged && seq < row.next {
            self.drop_acknowledged(inbox, &mut row, seq);
            // A session may last longer than an unused inbox does.
            row.used = self.today;
            self.tx.put_inbox(inbox, &row);
        }
        Ok(())
    }

    fn drop_acknowledged(&mut self, inbox: InboxId, row: &mut InboxRow, seq: u64) {
        debug_assert!(seq < row.next, "only what was given out can be acknowledged");
        row.acknowledged = row.acknowledged.max(seq);
        if seq >= row.head {
            self.tx.remove_entries(inbox, row.head, seq + 1);
            row.head = seq + 1;
            row.lost = 0;
        }
    }

    /// Queues an envelope for who has a token.
    pub(super) fn deposit(&mut self, request: &Deposit) -> Outcome {
        if request.body.len() > limits::MAX_BODY {
            return refused(ErrorCode::TooLarge);
        }
        let Some(row) = self.tx.inbox(request.inbox)? else { return refused(ErrorCode::NoSuchInbox) };
        if !row.deposit_key.made(&request.token) {
            return refused(ErrorCode::BadToken);
        }
        self.queue(request.inbox, row, &Entry::Deposit { body: request.body.clone() });
        Ok(Ok(Success::Accepted(0)))
    }

    /// Gives `entry` the inbox's next seq. The oldest entries make room where there is none.
    pub(super) fn queue(&mut self, inbox: InboxId, mut row: InboxRow, entry: &Entry) {
        if row.next - row.head >= limits::MAX_INBOX_ENTRIES {
            // Two go and the gap comes: one less.
            let last = row.head + 1;
            self.replace_by_gap(inbox, &mut row, last);
        }
        let sealed = self.service.sealing.seal(inbox, &row.seal_key, row.next, entry);
        self.tx.insert_entry(inbox, row.next, self.today, &sealed);
        self.stored.insert(inbox, row.next);
        row.next += 1;
        self.tx.put_inbox(inbox, &row);
    }

    /// Replaces the entries from the oldest up to `last` by one gap, which takes the place of `last` and counts what an
    /// earlier gap among them counted.
    pub(super) fn replace_by_gap(&mut self, inbox: InboxId, row: &mut InboxRow, last: u64) {
        debug_assert!(row.head <= last && last < row.next, "a gap stands for stored entries");
        let lost = row.lost.max(1) + (last - row.head);
        self.tx.remove_entries(inbox, row.head, last);
        // An entry with this seq may have been sealed in this window.
        let gap = Sealing::seal_once(inbox, &row.seal_key, last, &Entry::Gap { lost });
        self.tx.put_entry(inbox, last, self.today, &gap);
        row.head = last;
        row.lost = lost;
        self.stored.insert(inbox, row.next - 1);
    }
}
