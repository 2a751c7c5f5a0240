//! Inboxes: owning, acknowledging, depositing, and the gaps that stand for what was lost.

use std::collections::BTreeSet;

use kuvert_wire::{
    Deposit, Entry, ErrorCode, Generation, InboxId, InboxKeys, Invite, InviteHash, Owned, PlainEntry,
    RenewDepositKey, RevokeTokens, Token, TokenNonce, limits,
};

use super::{Answer, Outcome, Registration, Success, Work, refused};
use crate::day::Day;
use crate::seal::Sealing;
use crate::store::{
    EntryHead, GENERATION, InboxRow, LAST_RESORT, Pushing, StoreError, Table, fresh_generation, package_key,
};

/// No sealed gap is longer, in bytes.
const MAX_GAP: u64 = 80;

/// What an owner holds of an inbox.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Counted {
    /// The last seq.
    pub(crate) acknowledged: u64,
    /// The generation in which it was given out, if the owner knows.
    pub(crate) generation: Option<Generation>,
}

impl Counted {
    /// What this acknowledges in `generation`. The seqs of another one name other entries, or the same under other seqs:
    /// taken for these, they would let entries go that nobody has seen.
    pub(crate) fn within(self, generation: Generation) -> u64 {
        if self.generation == Some(generation) { self.acknowledged } else { 0 }
    }
}

impl Answer {
    /// For the owner of `row` who holds everything up to `acknowledged`, as counted in this `generation`.
    pub(crate) fn owned(row: &InboxRow, created: bool, acknowledged: u64, generation: Generation) -> Self {
        // A seq that was never given out belongs to an earlier inbox of this name; it acknowledges nothing of this one.
        let acknowledged =
            if acknowledged < row.next { acknowledged.max(row.acknowledged) } else { row.acknowledged };
        let key_packages = u16::try_from(row.packages()).unwrap_or(u16::MAX);
        let last_resort = row.last_resort;
        // The session adds the relay's keys.
        let subscribed = (row.push != Pushing::Off).then_some(true);
        let owned = Owned {
            created,
            key_packages,
            last_resort,
            acknowledged,
            generation,
            relay_key: None,
            push_key: None,
            subscribed,
        };
        Self::Owned { owned, acknowledged, last: row.next - 1 }
    }
}

impl Work<'_, '_> {
    /// Opens an inbox for its owner, or creates it.
    pub(super) fn own(
        &mut self,
        inbox: InboxId,
        counted: Counted,
        create: Option<&InboxKeys>,
    ) -> Result<Answer, StoreError> {
        let generation = self.generation()?;
        let acknowledged = counted.within(generation);
        let (mut row, created) = match (self.tx.inbox(inbox)?, create) {
            (Some(row), _) => (row, false),
            (None, Some(_)) if self.service.reserve.is_short() => {
                return Ok(Answer::NotOwned(ErrorCode::Busy));
            }
            (None, Some(keys)) => {
                if let Some(code) = self.register(keys.invite.as_ref())? {
                    return Ok(Answer::NotOwned(code));
                }
                (InboxRow::new(keys.seal_key, keys.deposit_key.clone(), self.today), true)
            }
            (None, None) => return Ok(Answer::NotOwned(ErrorCode::NoSuchInbox)),
        };
        if acknowledged < row.next {
            self.drop_acknowledged(inbox, &mut row, acknowledged)?;
        }
        row.used = self.today;
        row.rearm();
        self.tx.put_inbox(inbox, &row);
        Ok(Answer::owned(&row, created, acknowledged, generation))
    }

    /// The generation of the store, which begins with the first inbox.
    fn generation(&mut self) -> Result<Generation, StoreError> {
        if let Some(generation) = self.tx.generation()? {
            return Ok(generation);
        }
        let generation = fresh_generation();
        self.tx.put(Table::Meta, GENERATION, generation.as_bytes().to_vec());
        Ok(generation)
    }

    /// Drops what its owner holds. A seq that was acknowledged before, or never given out, changes nothing.
    pub(super) fn acknowledge(&mut self, inbox: InboxId, seq: u64) -> Result<(), StoreError> {
        let Some(mut row) = self.tx.inbox(inbox)? else { return Ok(()) };
        if seq > row.acknowledged && seq < row.next {
            self.drop_acknowledged(inbox, &mut row, seq)?;
            // A session may last longer than an unused inbox does.
            row.used = self.today;
            row.rearm();
            self.tx.put_inbox(inbox, &row);
        }
        Ok(())
    }

    /// Why no inbox can be made, if so. An invitation is used up by the transaction that makes the inbox.
    fn register(&mut self, invite: Option<&Invite>) -> Result<Option<ErrorCode>, StoreError> {
        match self.service.registration {
            Registration::Open => return Ok(None),
            Registration::Closed => return Ok(Some(ErrorCode::RegistrationClosed)),
            Registration::Invite => {}
        }
        let Some(invite) = invite.map(Invite::hash) else { return Ok(Some(ErrorCode::InviteNeeded)) };
        let made = self.tx.get(Table::Invites, invite.as_bytes())?;
        let Some(made) = made else { return Ok(Some(ErrorCode::InviteNeeded)) };
        self.tx.remove(Table::Invites, invite.as_bytes());
        let is_valid = !Day::from_bytes(&made)?.is_older_than(limits::INVITE_DAYS, self.today);
        Ok((!is_valid).then_some(ErrorCode::InviteNeeded))
    }

    /// Makes an invitation valid from today.
    pub(super) fn add_invite(&mut self, invite: &InviteHash) {
        self.tx.put(Table::Invites, invite.as_bytes(), self.today.0.to_be_bytes().to_vec());
    }

    /// Notes that the owners of these inboxes are here today.
    pub(super) fn use_inboxes(&mut self, inboxes: &[InboxId]) -> Result<(), StoreError> {
        for inbox in inboxes {
            if let Some(mut row) = self.tx.inbox(*inbox)?
                && row.used != self.today
            {
                row.used = self.today;
                self.tx.put_inbox(*inbox, &row);
            }
        }
        Ok(())
    }

    fn drop_acknowledged(&mut self, inbox: InboxId, row: &mut InboxRow, seq: u64) -> Result<(), StoreError> {
        debug_assert!(seq < row.next, "only what was given out can be acknowledged");
        row.acknowledged = row.acknowledged.max(seq);
        if seq >= row.head {
            row.head_bytes = self.start_of(inbox, row, seq + 1)?;
            self.tx.remove_entries(inbox, row.head, seq + 1);
            row.head = seq + 1;
            row.lost = 0;
        }
        Ok(())
    }

    /// Bytes of all sealed entries before the one at `seq`, which is stored or next.
    fn start_of(&self, inbox: InboxId, row: &InboxRow, seq: u64) -> Result<u64, StoreError> {
        if seq == row.next {
            return Ok(row.next_bytes);
        }
        Ok(self.tx.entry_head(inbox, seq)?.ok_or(StoreError::Corrupt)?.start)
    }

    /// The inbox, if there is one and `token` holds, or why not.
    pub(super) fn depositable(
        &self,
        inbox: InboxId,
        token: &Token,
    ) -> Result<Result<InboxRow, ErrorCode>, StoreError> {
        let Some(row) = self.tx.inbox(inbox)? else { return Ok(Err(ErrorCode::NoSuchInbox)) };
        let holds = row.deposit_key.made(token)
            && (row.revoked == 0 || !self.revoked(inbox)?.contains(&token.nonce()));
        Ok(if holds { Ok(row) } else { Err(ErrorCode::BadToken) })
    }

    fn revoked(&self, inbox: InboxId) -> Result<BTreeSet<TokenNonce>, StoreError> {
        let list = self.tx.get(Table::Revoked, inbox.as_bytes())?.unwrap_or_default();
        Ok(list.chunks_exact(TokenNonce::LEN).filter_map(TokenNonce::from_slice).collect())
    }

    /// Revokes tokens of an owner's inbox.
    pub(super) fn revoke_tokens(&mut self, inbox: InboxId, request: &RevokeTokens) -> Outcome {
        let Some(mut row) = self.tx.inbox(inbox)? else { return refused(ErrorCode::NoSuchInbox) };
        let mut revoked = self.revoked(inbox)?;
        revoked.extend(&request.nonces);
        if revoked.len() > limits::MAX_REVOKED {
            return refused(ErrorCode::TooLarge);
        }
        row.revoked = u16::try_from(revoked.len()).unwrap_or(u16::MAX);
        let list: Vec<u8> = revoked.iter().flat_map(|nonce| *nonce.as_bytes()).collect();
        self.tx.put(Table::Revoked, inbox.as_bytes(), list);
        self.tx.put_inbox(inbox, &row);
        Ok(Ok(Success::Accepted(0)))
    }

    /// Ends all tokens of an owner's inbox.
    pub(super) fn renew_deposit_key(&mut self, inbox: InboxId, request: &RenewDepositKey) -> Outcome {
        let Some(mut row) = self.tx.inbox(inbox)? else { return refused(ErrorCode::NoSuchInbox) };
        row.deposit_key = request.deposit_key.clone();
        row.revoked = 0;
        self.tx.remove(Table::Revoked, inbox.as_bytes());
        self.tx.put_inbox(inbox, &row);
        Ok(Ok(Success::Accepted(0)))
    }

    /// Deletes an owner's inbox.
    pub(super) fn delete_inbox(&mut self, inbox: InboxId) -> Outcome {
        let Some(row) = self.tx.inbox(inbox)? else { return refused(ErrorCode::NoSuchInbox) };
        self.remove_inbox(inbox, &row);
        Ok(Ok(Success::Accepted(0)))
    }

    /// Removes an inbox with everything in it.
    pub(super) fn remove_inbox(&mut self, inbox: InboxId, row: &InboxRow) {
        self.tx.remove_entries(inbox, row.head, row.next);
        for place in row.package_head..row.package_next {
            self.tx.remove(Table::Packages, package_key(inbox, place));
        }
        self.tx.remove(Table::Packages, package_key(inbox, LAST_RESORT));
        self.tx.remove(Table::Revoked, inbox.as_bytes());
        self.tx.remove(Table::Push, inbox.as_bytes());
        self.tx.remove_inbox(inbox);
        // Should its owner come back, the new inbox begins at seq 1 again: never under the same keys.
        self.service.sealing.forget(inbox);
    }

    /// Queues an envelope for who has a token.
    pub(super) fn deposit(&mut self, request: &Deposit) -> Outcome {
        if request.body.len() > limits::MAX_BODY {
            return refused(ErrorCode::TooLarge);
        }
        let row = match self.depositable(request.inbox, &request.token)? {
            Ok(row) => row,
            Err(code) => return refused(code),
        };
        self.queue(request.inbox, row, &PlainEntry::deposit(&request.body))?;
        Ok(Ok(Success::Accepted(0)))
    }

    /// Gives `entry` the inbox's next seq. The oldest entries make room where there is none.
    pub(super) fn queue(
        &mut self,
        inbox: InboxId,
        mut row: InboxRow,
        entry: &PlainEntry<'_>,
    ) -> Result<(), StoreError> {
        let size = entry.sealed_len() as u64;
        if let Some(last) = self.last_to_go(inbox, &row, size)? {
            self.replace_by_gap(inbox, &mut row, last)?;
        }
        let head = EntryHead { day: self.today, start: row.next_bytes };
        let mut value = head.followed_by(entry.sealed_len());
        self.service.sealing.seal(inbox, &row.seal_key, row.next, entry, &mut value);
        self.tx.insert_entry(inbox, row.next, value);
        self.stored.insert(inbox, row.next);
        self.name_for_push(inbox, &row, row.next);
        self.counts.queued += 1;
        row.next += 1;
        row.next_bytes += size;
        self.tx.put_inbox(inbox, &row);
        Ok(())
    }

    /// The last of the oldest entries that make room, together, for another of `size` bytes, if there is not enough.
    fn last_to_go(&self, inbox: InboxId, row: &InboxRow, size: u64) -> Result<Option<u64>, StoreError> {
        let is_full = row.next - row.head >= limits::MAX_INBOX_ENTRIES;
        // Two go and the gap comes: one less.
        let by_count = is_full.then_some(row.head + 1);
        if row.bytes() + size <= limits::MAX_INBOX_BYTES {
            return Ok(by_count);
        }
        // What begins before this has to go. Entries lie in the order of their starts: halving finds the first that stays.
        let needed = (row.next_bytes + size + MAX_GAP).saturating_sub(limits::MAX_INBOX_BYTES);
        let (mut goes, mut stays) = (row.head, row.next);
        while goes + 1 < stays {
            let middle = goes + (stays - goes) / 2;
            if self.start_of(inbox, row, middle)? < needed {
                goes = middle;
            } else {
                stays = middle;
            }
        }
        Ok(by_count.max(Some(goes)))
    }

    /// Replaces the entries from the oldest up to `last` by one gap, which takes the place of `last` and counts what an
    /// earlier gap among them counted.
    pub(super) fn replace_by_gap(
        &mut self,
        inbox: InboxId,
        row: &mut InboxRow,
        last: u64,
    ) -> Result<(), StoreError> {
        debug_assert!(row.head <= last && last < row.next, "a gap stands for stored entries");
        let lost = row.lost.max(1) + (last - row.head);
        self.counts.lost += lost - row.lost;
        let end = self.start_of(inbox, row, last + 1)?;
        self.tx.remove_entries(inbox, row.head, last);
        // An entry with this seq may have been sealed in this window.
        let gap = PlainEntry::of(&Entry::Gap { lost });
        let start = end.saturating_sub(gap.sealed_len() as u64);
        let mut value = EntryHead { day: self.today, start }.followed_by(gap.sealed_len());
        Sealing::seal_once(inbox, &row.seal_key, last, &gap, &mut value);
        self.tx.put_entry(inbox, last, value);
        row.head = last;
        row.head_bytes = start;
        row.lost = lost;
        self.stored.insert(inbox, row.next - 1);
        Ok(())
    }
}
