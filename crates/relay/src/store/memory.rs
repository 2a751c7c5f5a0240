//! A store in memory: for tests and simulations. Nothing survives it.

use std::collections::BTreeMap;
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use kuvert_wire::InboxId;

use super::{Batch, Key, RelayStore, Snapshot, StoreError, Stretch, Table, Value, Visit, entry_key, seq_of};

type Rows = BTreeMap<(Table, Key), Value>;

/// See the [module](self).
pub(crate) struct Memory(RwLock<Option<Rows>>);

impl Default for Memory {
    fn default() -> Self {
        Self(RwLock::new(Some(Rows::new())))
    }
}

impl Memory {
    /// What it holds now, as another store.
    pub(crate) fn copy(&self) -> Self {
        Self(RwLock::new(self.read().clone()))
    }

    fn read(&self) -> RwLockReadGuard<'_, Option<Rows>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self) -> RwLockWriteGuard<'_, Option<Rows>> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl RelayStore for Memory {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Value>, StoreError> {
        let rows = self.read();
        Ok(rows.as_ref().ok_or(StoreError::Closed)?.get(&(table, Key::new(key))).cloned())
    }

    fn entries(
        &self,
        inbox: InboxId,
        after: u64,
        count: usize,
        bytes: usize,
    ) -> Result<Option<Stretch>, StoreError> {
        let rows = self.read();
        let key = |seq| (Table::Queue, Key::new(&entry_key(inbox, seq)));
        let range = key(after.saturating_add(1))..=key(u64::MAX);
        let rows = rows.as_ref().ok_or(StoreError::Closed)?.range(range);
        Stretch::collect(
            rows.map(|((_, key), value)| Ok((seq_of(key.as_bytes())?, value.clone()))),
            count,
            bytes,
        )
    }

    fn recent_entries(&self, inbox: InboxId, after: u64, count: usize, bytes: usize) -> Option<Stretch> {
        self.entries(inbox, after, count, bytes).ok().flatten()
    }

    fn keys(&self, table: Table, after: &[u8], count: usize) -> Result<Vec<Vec<u8>>, StoreError> {
        let rows = self.read();
        let rows = rows.as_ref().ok_or(StoreError::Closed)?;
        let from = (std::ops::Bound::Excluded((table, Key::new(after))), std::ops::Bound::Unbounded);
        let keys = rows.range(from).map(|(key, _)| key).take_while(|(other, _)| *other == table);
        Ok(keys.take(count).map(|(_, key)| key.as_bytes().to_vec()).collect())
    }

    fn write(&self, batch: Batch) -> Result<(), StoreError> {
        let mut rows = self.change();
        let rows = rows.as_mut().ok_or(StoreError::Closed)?;
        for (table, key, change) in batch {
            match change.value() {
                Some(value) => rows.insert((table, key), value.clone()),
                None => rows.remove(&(table, key)),
            };
        }
        Ok(())
    }

    fn snapshot(&self) -> Result<Box<dyn Snapshot>, StoreError> {
        let rows = self.read();
        Ok(Box::new(rows.as_ref().ok_or(StoreError::Closed)?.clone()))
    }

    fn close(&self) {
        *self.change() = None;
    }
}

impl Snapshot for Rows {
    fn rows(&self, table: Table, visit: &mut Visit<'_>) -> Result<(), StoreError> {
        for ((other, key), value) in self {
            if *other == table {
                visit(key.as_bytes(), value)?;
            }
        }
        Ok(())
    }
}
