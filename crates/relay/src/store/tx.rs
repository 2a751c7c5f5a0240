//! Changes that become visible and durable together.

use std::collections::HashMap;
use std::collections::hash_map::Entry as Slot;

use kuvert_wire::{ChannelId, InboxId, SealedEntry, encode};
use minicbor::{Decode, Encode};

use super::{ChannelRow, ENTRY_HEAD, InboxRow, Store, StoreError, Table, entry_key, rows, split_entry};
use crate::day::Day;

/// A set of changes over the store. Reads see the changes made so far; nobody else does before [`Self::commit`].
pub(crate) struct Tx<'s> {
    store: &'s Store,
    /// `None` stands for a removed row.
    changes: HashMap<(Table, Vec<u8>), Option<Vec<u8>>>,
    size: usize,
}

impl<'s> Tx<'s> {
    /// Without changes.
    pub(crate) fn new(store: &'s Store) -> Self {
        Self { store, changes: HashMap::new(), size: 0 }
    }

    /// Bytes that the changes hold in memory, roughly.
    pub(crate) fn size(&self) -> usize {
        self.size
    }

    /// What lies below the changes.
    pub(crate) fn store(&self) -> &'s Store {
        self.store
    }

    /// Reads a value.
    pub(crate) fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        match self.changes.get(&(table, key.to_vec())) {
            Some(changed) => Ok(changed.clone()),
            None => self.store.get(table, key),
        }
    }

    /// Reads a row.
    pub(crate) fn row<T: for<'b> Decode<'b, ()>>(
        &self,
        table: Table,
        key: &[u8],
    ) -> Result<Option<T>, StoreError> {
        self.get(table, key)?.map(|bytes| rows::read(&bytes)).transpose()
    }

    /// Stores a value.
    pub(crate) fn put(&mut self, table: Table, key: Vec<u8>, value: Vec<u8>) {
        self.change(table, key, Some(value));
    }

    /// Stores a row.
    pub(crate) fn put_row<T: Encode<()>>(&mut self, table: Table, key: &[u8], row: &T) {
        self.put(table, key.to_vec(), encode(row));
    }

    /// Removes a value, whether or not there is one.
    pub(crate) fn remove(&mut self, table: Table, key: Vec<u8>) {
        self.change(table, key, None);
    }

    /// Reads an inbox.
    pub(crate) fn inbox(&self, inbox: InboxId) -> Result<Option<InboxRow>, StoreError> {
        self.row(Table::Inboxes, inbox.as_bytes())
    }

    /// Stores an inbox.
    pub(crate) fn put_inbox(&mut self, inbox: InboxId, row: &InboxRow) {
        debug_assert!(row.acknowledged < row.head && row.head <= row.next, "the queue is one stretch");
        self.put_row(Table::Inboxes, inbox.as_bytes(), row);
    }

    /// Reads a channel.
    pub(crate) fn channel(&self, channel: ChannelId) -> Result<Option<ChannelRow>, StoreError> {
        self.row(Table::Channels, channel.as_bytes())
    }

    /// Stores an entry that was queued on `day`.
    pub(crate) fn put_entry(&mut self, inbox: InboxId, seq: u64, day: Day, sealed: &SealedEntry) {
        let mut value = Vec::with_capacity(ENTRY_HEAD + sealed.bytes.len());
        value.extend_from_slice(&day.0.to_be_bytes());
        value.extend_from_slice(&sealed.bytes);
        self.put(Table::Queue, entry_key(inbox, seq), value);
    }

    /// The day on which an entry was queued.
    pub(crate) fn entry_day(&self, inbox: InboxId, seq: u64) -> Result<Option<Day>, StoreError> {
        let value = self.get(Table::Queue, &entry_key(inbox, seq))?;
        value.map(|value| Ok(split_entry(&value)?.0)).transpose()
    }

    /// Removes the entries `from..until`.
    pub(crate) fn remove_entries(&mut self, inbox: InboxId, from: u64, until: u64) {
        for seq in from..until {
            self.remove(Table::Queue, entry_key(inbox, seq));
        }
    }

    /// Makes all changes durable, or none.
    pub(crate) fn commit(self) -> Result<(), StoreError> {
        if self.changes.is_empty() {
            return Ok(());
        }
        self.store.write(self.changes.into_iter().map(|((table, key), value)| (table, key, value)))
    }

    fn change(&mut self, table: Table, key: Vec<u8>, value: Option<Vec<u8>>) {
        self.size += key.len() + value.as_ref().map_or(0, Vec::len);
        match self.changes.entry((table, key)) {
            Slot::Occupied(mut slot) => {
                self.size -= slot.key().1.len() + slot.get().as_ref().map_or(0, Vec::len);
                slot.insert(value);
            }
            Slot::Vacant(slot) => {
                slot.insert(value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transaction_reads_its_own_changes_and_nobody_else_does() {
        let dir = tempfile::tempdir().expect("a directory");
        let store = Store::open(dir.path()).expect("opens");
        let mut tx = Tx::new(&store);
        tx.put(Table::Fanouts, b"a".to_vec(), b"1".to_vec());
        assert_eq!(tx.get(Table::Fanouts, b"a").expect("reads"), Some(b"1".to_vec()));
        assert_eq!(store.get(Table::Fanouts, b"a").expect("reads"), None);
        tx.commit().expect("commits");
        assert_eq!(store.get(Table::Fanouts, b"a").expect("reads"), Some(b"1".to_vec()));

        let mut tx = Tx::new(&store);
        tx.remove(Table::Fanouts, b"a".to_vec());
        assert_eq!(tx.get(Table::Fanouts, b"a").expect("reads"), None);
        tx.put(Table::Fanouts, b"a".to_vec(), b"22".to_vec());
        assert_eq!(tx.size(), 3);
    }
}
