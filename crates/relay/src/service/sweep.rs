//! Removes what is too old: entries that nobody fetched, and inboxes, channels, cards and requests that nobody used.
//!
//! A sweep walks the tables in parts, so that requests are served in between.

use kuvert_wire::{InboxId, limits};

use super::Work;
use crate::day::Day;
use crate::store::{CardRow, ChannelRow, InboxRow, LAST_RESORT, StoreError, Table, package_key};

/// Tables in the order in which they are swept.
const ORDER: [Table; 4] = [Table::Repeats, Table::Inboxes, Table::Channels, Table::Cards];

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
        for key in &keys {
            match table {
                Table::Repeats => self.sweep_repeat(key)?,
                Table::Inboxes => self.sweep_inbox(key)?,
                Table::Channels => self.sweep_channel(key)?,
                _ => self.sweep_card(key)?,
            }
        }
        Ok(match keys.into_iter().nth(limits::MAX_SWEEP - 1) {
            Some(after) => Some(SweepFrom { table: from.table, after }),
            None if from.table + 1 < ORDER.len() => {
                Some(SweepFrom { table: from.table + 1, after: Vec::new() })
            }
            None => None,
        })
    }

    fn sweep_repeat(&mut self, key: &[u8]) -> Result<(), StoreError> {
        let day = key.first_chunk::<4>().ok_or(StoreError::Corrupt)?;
        if Day(u32::from_be_bytes(*day)).is_older_than(limits::REPEAT_DAYS - 1, self.today) {
            self.tx.remove(Table::Repeats, key.to_vec());
        }
        Ok(())
    }

    fn sweep_inbox(&mut self, key: &[u8]) -> Result<(), StoreError> {
        let inbox = InboxId::from_slice(key).ok_or(StoreError::Corrupt)?;
        let Some(mut row) = self.tx.inbox(inbox)? else { return Ok(()) };
        if row.used.is_older_than(limits::INBOX_DAYS, self.today) {
            self.remove_inbox(inbox, &row);
            return Ok(());
        }
        let mut expired = None;
        // A gap does not expire: its owner has to learn of it.
        let oldest = if row.lost > 0 { row.head + 1 } else { row.head };
        for seq in (oldest..row.next).take(limits::MAX_SWEEP) {
            let day = self.tx.entry_day(inbox, seq)?.ok_or(StoreError::Corrupt)?;
            if !day.is_older_than(limits::ENTRY_DAYS, self.today) {
                break;
            }
            expired = Some(seq);
        }
        if let Some(last) = expired {
            self.replace_by_gap(inbox, &mut row, last);
            self.tx.put_inbox(inbox, &row);
        }
        Ok(())
    }

    fn remove_inbox(&mut self, inbox: InboxId, row: &InboxRow) {
        self.tx.remove_entries(inbox, row.head, row.next);
        for place in row.package_head..row.package_next {
            self.tx.remove(Table::Packages, package_key(inbox, place));
        }
        self.tx.remove(Table::Packages, package_key(inbox, LAST_RESORT));
        self.tx.remove_inbox(inbox);
        // Should its owner come back, the new inbox begins at seq 1 again: never under the same keys.
        self.service.sealing.renew();
    }

    fn sweep_channel(&mut self, key: &[u8]) -> Result<(), StoreError> {
        let row = self.tx.row::<ChannelRow>(Table::Channels, key)?;
        if row.is_some_and(|row| row.used.is_older_than(limits::CHANNEL_DAYS, self.today)) {
            for table in [Table::Channels, Table::Fanouts, Table::GroupInfos] {
                self.tx.remove(table, key.to_vec());
            }
        }
        Ok(())
    }

    fn sweep_card(&mut self, key: &[u8]) -> Result<(), StoreError> {
        let row = self.tx.row::<CardRow>(Table::Cards, key)?;
        if row.is_some_and(|row| row.used.is_older_than(limits::CARD_DAYS, self.today)) {
            self.tx.remove(Table::Cards, key.to_vec());
        }
        Ok(())
    }
}
