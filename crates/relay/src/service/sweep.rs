//! Removes what is too old: entries that nobody fetched, and inboxes, channels, cards and requests that nobody used.
//!
//! A sweep walks the tables in parts, so that requests are served in between.

use kuvert_wire::{ChannelId, InboxId, limits};

use super::Work;
use crate::day::Day;
use crate::store::{CardRow, ChannelRow, StoreError, Table};

/// Tables in the order in which they are swept.
const ORDER: [Table; 7] = [
    Table::Repeats,
    Table::Inboxes,
    Table::Channels,
    Table::Cards,
    Table::Invites,
    Table::Blobs,
    Table::Relays,
];

/// Where a sweep goes on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct SweepFrom {
    table: usize,
    after: Vec<u8>,
}

impl Work<'_, '_> {
    /// Sweeps up to [`limits::MAX_SWEEP`] rows and says where to go on.
    pub(super) fn sweep(&mut self, from: &SweepFrom) -> Result<Option<SweepFrom>, StoreError> {
        let Some(table) = ORDER.get(from.table) else { return Ok(None) };
        let keys = self.tx.store().keys(*table, &from.after, limits::MAX_SWEEP)?;
        let mut after = &from.after;
        let began = self.tx.size();
        for key in &keys {
            if self.tx.size().saturating_sub(began) > limits::MAX_SWEEP_BYTES {
                return Ok(Some(SweepFrom { table: from.table, after: after.clone() }));
            }
            match table {
                Table::Repeats => {
                    if !self.sweep_repeat(key)? {
                        // Keys begin with the day: all that follow are fresh as well.
                        return Ok(Some(SweepFrom { table: from.table + 1, after: Vec::new() }));
                    }
                }
                Table::Inboxes => {
                    if self.sweep_inbox(key)? {
                        // There is more in this inbox: it comes again, after the requests that wait.
                        return Ok(Some(SweepFrom { table: from.table, after: after.clone() }));
                    }
                }
                Table::Relays => {
                    if self.sweep_relay(key)? {
                        return Ok(Some(SweepFrom { table: from.table, after: after.clone() }));
                    }
                }
                Table::Channels => self.sweep_channel(key)?,
                Table::Invites => self.sweep_invite(key)?,
                Table::Blobs => self.sweep_blob(key)?,
                _ => self.sweep_card(key)?,
            }
            after = key;
        }
        Ok(match keys.into_iter().nth(limits::MAX_SWEEP - 1) {
            Some(after) => Some(SweepFrom { table: from.table, after }),
            None if from.table + 1 < ORDER.len() => {
                Some(SweepFrom { table: from.table + 1, after: Vec::new() })
            }
            None => None,
        })
    }

    /// Returns whether it was old, and is gone.
    fn sweep_repeat(&mut self, key: &[u8]) -> Result<bool, StoreError> {
        let day = key.first_chunk::<4>().ok_or(StoreError::Corrupt)?;
        let is_old = Day(u32::from_be_bytes(*day)).is_older_than(limits::REPEAT_DAYS - 1, self.today);
        if is_old {
            self.tx.remove(Table::Repeats, key);
        }
        Ok(is_old)
    }

    /// Returns whether there is more to do than was done.
    fn sweep_inbox(&mut self, key: &[u8]) -> Result<bool, StoreError> {
        let inbox = InboxId::from_slice(key).ok_or(StoreError::Corrupt)?;
        let Some(mut row) = self.tx.inbox(inbox)? else { return Ok(false) };
        if row.used.is_older_than(limits::INBOX_DAYS, self.today) {
            self.remove_inbox(inbox, &row);
            return Ok(false);
        }
        // A gap does not expire: its owner has to learn of it.
        let oldest = if row.lost > 0 { row.head + 1 } else { row.head };
        let mut fresh = oldest;
        let until = row.next.min(oldest + limits::MAX_SWEEP as u64);
        while fresh < until {
            let head = self.tx.entry_head(inbox, fresh)?.ok_or(StoreError::Corrupt)?;
            if !head.day.is_older_than(limits::ENTRY_DAYS, self.today) {
                break;
            }
            fresh += 1;
        }
        if fresh > oldest {
            self.replace_by_gap(inbox, &mut row, fresh - 1)?;
            self.tx.put_inbox(inbox, &row);
        }
        Ok(fresh == until && until < row.next)
    }

    fn sweep_channel(&mut self, key: &[u8]) -> Result<(), StoreError> {
        let channel = ChannelId::from_slice(key).ok_or(StoreError::Corrupt)?;
        let Some(row) = self.tx.row::<ChannelRow>(Table::Channels, key)? else { return Ok(()) };
        if row.used.is_older_than(limits::CHANNEL_DAYS, self.today) {
            self.remove_channel(channel, &row);
        }
        Ok(())
    }

    fn sweep_invite(&mut self, key: &[u8]) -> Result<(), StoreError> {
        let Some(made) = self.tx.get(Table::Invites, key)? else { return Ok(()) };
        if Day::from_bytes(&made)?.is_older_than(limits::INVITE_DAYS, self.today) {
            self.tx.remove(Table::Invites, key);
        }
        Ok(())
    }

    fn sweep_card(&mut self, key: &[u8]) -> Result<(), StoreError> {
        let row = self.tx.row::<CardRow>(Table::Cards, key)?;
        if row.is_some_and(|row| row.used.is_older_than(limits::CARD_DAYS, self.today)) {
            self.tx.remove(Table::Cards, key);
        }
        Ok(())
    }
}
