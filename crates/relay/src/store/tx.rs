//! Changes that become visible and durable together.

use std::collections::HashMap;
use std::collections::hash_map::Entry as Slot;
use std::sync::Arc;

use foldhash::fast::RandomState;
use kuvert_wire::{ChannelId, Generation, InboxId, encode};
use minicbor::{Decode, Encode};

use super::{
    Batch, Change, ChannelRow, EntryHead, GENERATION, InboxRow, Key, RelayStore, StoreError, Table, Value,
    entry_key, rows,
};

/// A set of changes over the store. Reads see the changes made so far; nobody else does before they are written.
pub(crate) struct Tx<'s> {
    store: &'s dyn RelayStore,
    /// Changes that are being written.
    below: Option<Arc<Changes>>,
    changes: Changes,
    size: usize,
}

/// The changes of a transaction.
#[derive(Default)]
pub(crate) struct Changes {
    rows: HashMap<(Table, Key), Change, RandomState>,
    /// Inboxes as rows: most requests change one, and many requests of a batch the same one.
    inboxes: HashMap<InboxId, InboxRow, RandomState>,
}

impl Changes {
    /// The row's new value, `None` in it if it was removed.
    fn value(&self, table: Table, key: &[u8]) -> Option<Option<Value>> {
        self.rows.get(&(table, Key::new(key))).map(|change| change.value().cloned())
    }

    fn inbox(&self, inbox: InboxId) -> Option<Option<InboxRow>> {
        if let Some(row) = self.inboxes.get(&inbox) {
            return Some(Some(row.clone()));
        }
        self.rows.contains_key(&(Table::Inboxes, Key::new(inbox.as_bytes()))).then_some(None)
    }

    /// The changes, to be written.
    pub(crate) fn batch(&self) -> Batch {
        let mut batch = Vec::with_capacity(self.rows.len() + self.inboxes.len());
        for (inbox, row) in &self.inboxes {
            batch.push((Table::Inboxes, Key::new(inbox.as_bytes()), Change::Put(encode(row).into())));
        }
        for ((table, key), change) in &self.rows {
            let made_again = *table == Table::Inboxes
                && InboxId::from_slice(key.as_bytes()).is_some_and(|inbox| self.inboxes.contains_key(&inbox));
            if !made_again {
                batch.push((*table, *key, change.clone()));
            }
        }
        batch
    }
}

impl<'s> Tx<'s> {
    /// Without changes.
    pub(crate) fn new(store: &'s dyn RelayStore) -> Self {
        Self::above(store, None)
    }

    /// Without changes, over those of another transaction that is being written. If that fails, this one must not be
    /// written either.
    pub(crate) fn above(store: &'s dyn RelayStore, below: Option<Arc<Changes>>) -> Self {
        Self { store, below, changes: Changes::default(), size: 0 }
    }

    /// Bytes that the changes hold in memory, roughly.
    pub(crate) fn size(&self) -> usize {
        self.size
    }

    /// What lies below the changes.
    pub(crate) fn store(&self) -> &'s dyn RelayStore {
        self.store
    }

    /// Reads a value. Inboxes are read by [`Self::inbox`].
    pub(crate) fn get(&self, table: Table, key: &[u8]) -> Result<Option<Value>, StoreError> {
        debug_assert!(table != Table::Inboxes, "inboxes are kept as rows");
        let mut changes = std::iter::once(&self.changes).chain(self.below.as_deref());
        match changes.find_map(|changes| changes.value(table, key)) {
            Some(value) => Ok(value),
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
    pub(crate) fn put(&mut self, table: Table, key: impl AsRef<[u8]>, value: impl Into<Value>) {
        self.change(table, Key::new(key.as_ref()), Change::Put(value.into()));
    }

    /// Stores a value under a key that holds none.
    pub(crate) fn insert(&mut self, table: Table, key: impl AsRef<[u8]>, value: impl Into<Value>) {
        self.change(table, Key::new(key.as_ref()), Change::Insert(value.into()));
    }

    /// Stores a row.
    pub(crate) fn put_row<T: Encode<()>>(&mut self, table: Table, key: &[u8], row: &T) {
        self.put(table, key, encode(row));
    }

    /// Removes a value, whether or not there is one.
    pub(crate) fn remove(&mut self, table: Table, key: impl AsRef<[u8]>) {
        self.change(table, Key::new(key.as_ref()), Change::Remove);
    }

    /// Reads an inbox.
    pub(crate) fn inbox(&self, inbox: InboxId) -> Result<Option<InboxRow>, StoreError> {
        let mut changes = std::iter::once(&self.changes).chain(self.below.as_deref());
        match changes.find_map(|changes| changes.inbox(inbox)) {
            Some(row) => Ok(row),
            None => self.store.inbox(inbox),
        }
    }

    /// Stores an inbox.
    pub(crate) fn put_inbox(&mut self, inbox: InboxId, row: &InboxRow) {
        debug_assert!(row.acknowledged < row.head && row.head <= row.next, "the queue is one stretch");
        if self.changes.inboxes.insert(inbox, row.clone()).is_none() {
            self.size += size_of::<InboxRow>();
        }
    }

    /// Removes an inbox's row.
    pub(crate) fn remove_inbox(&mut self, inbox: InboxId) {
        self.changes.inboxes.remove(&inbox);
        self.change(Table::Inboxes, Key::new(inbox.as_bytes()), Change::Remove);
    }

    /// Reads the generation.
    pub(crate) fn generation(&self) -> Result<Option<Generation>, StoreError> {
        self.get(Table::Meta, GENERATION)?.map(|row| rows::generation(&row)).transpose()
    }

    /// Reads a channel.
    pub(crate) fn channel(&self, channel: ChannelId) -> Result<Option<ChannelRow>, StoreError> {
        self.row(Table::Channels, channel.as_bytes())
    }

    /// Stores an entry under a seq that had none.
    /// An entry is its [`EntryHead`] and the sealed bytes.
    pub(crate) fn insert_entry(&mut self, inbox: InboxId, seq: u64, entry: Vec<u8>) {
        self.insert(Table::Queue, entry_key(inbox, seq), entry);
    }

    /// Stores an entry in place of another.
    pub(crate) fn put_entry(&mut self, inbox: InboxId, seq: u64, entry: Vec<u8>) {
        self.put(Table::Queue, entry_key(inbox, seq), entry);
    }

    /// When an entry was queued, and where it starts.
    pub(crate) fn entry_head(&self, inbox: InboxId, seq: u64) -> Result<Option<EntryHead>, StoreError> {
        self.get(Table::Queue, &entry_key(inbox, seq))?.map(|value| EntryHead::of(&value)).transpose()
    }

    /// Removes the entries `from..until`.
    pub(crate) fn remove_entries(&mut self, inbox: InboxId, from: u64, until: u64) {
        for seq in from..until {
            self.remove(Table::Queue, entry_key(inbox, seq));
        }
    }

    /// The changes, to be written.
    pub(crate) fn finish(self) -> Changes {
        self.changes
    }

    /// Makes all changes durable, or none.
    pub(crate) fn commit(self) -> Result<(), StoreError> {
        let (store, batch) = (self.store, self.finish().batch());
        if batch.is_empty() { Ok(()) } else { store.write(batch) }
    }

    fn change(&mut self, table: Table, key: Key, change: Change) {
        let weight = |change: &Change| size_of::<Key>() + change.value().map_or(0, Value::len);
        self.size += weight(&change);
        match self.changes.rows.entry((table, key)) {
            Slot::Occupied(mut slot) => {
                self.size -= weight(slot.get());
                match (slot.get(), change) {
                    // It was never there for anybody else.
                    (Change::Insert(_), Change::Remove) => {
                        self.size -= size_of::<Key>();
                        slot.remove();
                    }
                    (Change::Insert(_), Change::Put(value)) => {
                        slot.insert(Change::Insert(value));
                    }
                    (_, Change::Insert(value)) => {
                        slot.insert(Change::Put(value));
                    }
                    (_, change) => {
                        slot.insert(change);
                    }
                }
            }
            Slot::Vacant(slot) => {
                slot.insert(change);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Memory;

    #[test]
    fn a_transaction_reads_its_own_changes_and_nobody_else_does() {
        let store = Memory::default();
        let mut tx = Tx::new(&store);
        tx.put(Table::Fanouts, b"a", &b"1"[..]);
        assert_eq!(tx.get(Table::Fanouts, b"a").expect("reads"), Some(Value::from_static(b"1")));
        assert_eq!(store.get(Table::Fanouts, b"a").expect("reads"), None);
        tx.commit().expect("commits");
        assert_eq!(store.get(Table::Fanouts, b"a").expect("reads"), Some(Value::from_static(b"1")));

        let mut tx = Tx::new(&store);
        tx.remove(Table::Fanouts, b"a");
        assert_eq!(tx.get(Table::Fanouts, b"a").expect("reads"), None);
        tx.put(Table::Fanouts, b"a", &b"22"[..]);
        assert_eq!(tx.size(), size_of::<Key>() + 2);
    }

    #[test]
    fn what_comes_and_goes_in_one_transaction_leaves_no_change() {
        let store = Memory::default();
        let mut tx = Tx::new(&store);
        tx.insert(Table::Queue, b"a", &b"1"[..]);
        tx.put(Table::Queue, b"a", &b"2"[..]);
        tx.remove(Table::Queue, b"a");
        assert_eq!((tx.changes.rows.len(), tx.size()), (0, 0));
        tx.remove(Table::Queue, b"b");
        tx.insert(Table::Queue, b"b", &b"1"[..]);
        assert_eq!(tx.changes.rows.values().next(), Some(&Change::Put(Value::from_static(b"1"))));
    }

    #[test]
    fn an_inbox_that_was_removed_can_be_made_again_in_the_same_transaction() {
        let store = Memory::default();
        let inbox = InboxId::new([1; 16]);
        let row = crate::service::fixtures::inbox_row();
        let mut tx = Tx::new(&store);
        tx.put_inbox(inbox, &row);
        tx.commit().expect("commits");
        let mut tx = Tx::new(&store);
        tx.remove_inbox(inbox);
        assert_eq!(tx.inbox(inbox).expect("reads"), None);
        let again = InboxRow { next: 7, head: 7, ..row };
        tx.put_inbox(inbox, &again);
        tx.commit().expect("commits");
        let store: &dyn RelayStore = &store;
        assert_eq!(store.inbox(inbox).expect("reads"), Some(again));
    }

    #[test]
    fn a_transaction_over_another_reads_what_that_one_will_write() {
        let store = Memory::default();
        let (gone, kept) = (InboxId::new([1; 16]), InboxId::new([2; 16]));
        let row = crate::service::fixtures::inbox_row();
        let mut tx = Tx::new(&store);
        tx.put_inbox(gone, &row);
        tx.put(Table::Fanouts, b"a", &b"1"[..]);
        tx.put(Table::Fanouts, b"b", &b"1"[..]);
        tx.commit().expect("commits");

        let mut tx = Tx::new(&store);
        tx.remove_inbox(gone);
        tx.put_inbox(kept, &row);
        tx.put(Table::Fanouts, b"a", &b"2"[..]);
        tx.remove(Table::Fanouts, b"b");
        let mut above = Tx::above(&store, Some(Arc::new(tx.finish())));
        assert_eq!(above.inbox(gone).expect("reads"), None);
        assert_eq!(above.inbox(kept).expect("reads"), Some(row));
        assert_eq!(above.get(Table::Fanouts, b"a").expect("reads"), Some(Value::from_static(b"2")));
        assert_eq!(above.get(Table::Fanouts, b"b").expect("reads"), None);
        above.put(Table::Fanouts, b"b", &b"3"[..]);
        assert_eq!(above.get(Table::Fanouts, b"b").expect("reads"), Some(Value::from_static(b"3")));
        assert_eq!(above.finish().batch().len(), 1, "what lies below is written by others");
    }
}
