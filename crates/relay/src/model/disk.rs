//! The disk of a relay that is simulated: it outlives crashes, can be full, and can be made to lie.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use kuvert_wire::InboxId;

use crate::store::{Batch, Change, Memory, RelayStore, Snapshot, StoreError, Stretch, Table, Value};

/// What becomes of a row on its way to the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It is written, or removed, as it should be.
    Kept,
    /// The change is lost; the row stays as it was.
    Lost,
    /// The row goes instead.
    Removed,
}

/// A change on its way to the disk.
#[derive(Debug, Clone, Copy)]
pub struct Written<'w> {
    /// The table's name on disk.
    pub table: &'static str,
    /// The row's key.
    pub key: &'w [u8],
    /// The new value; `None` if the row is to go.
    pub value: Option<&'w [u8]>,
}

/// Decides what a lying disk does with the changes of a batch, which come sorted: one fate for each, and what is left out is
/// kept.
pub type Meddler = Box<dyn FnMut(&[Written<'_>]) -> Vec<Fate> + Send>;

/// Rows that outlive a relay. Copies of the value are the same disk.
#[derive(Clone, Default)]
pub struct Disk(Arc<Rows>);

#[derive(Default)]
struct Rows {
    below: Memory,
    full: AtomicBool,
    meddler: Mutex<Option<Meddler>>,
}

impl Disk {
    /// Makes writes fail from now on, or work again.
    pub fn set_full(&self, full: bool) {
        self.0.full.store(full, Ordering::SeqCst);
    }

    /// Another disk that holds what this one holds now.
    pub fn copy(&self) -> Self {
        Self(Arc::new(Rows { below: self.0.below.copy(), ..Rows::default() }))
    }

    /// Lets `meddler` decide over every batch from now on.
    pub fn meddle(&self, meddler: Meddler) {
        *self.0.meddler.lock().unwrap_or_else(PoisonError::into_inner) = Some(meddler);
    }

    pub(super) fn store(&self) -> Arc<dyn RelayStore> {
        Arc::clone(&self.0) as _
    }
}

impl RelayStore for Rows {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Value>, StoreError> {
        self.below.get(table, key)
    }

    fn entries(
        &self,
        inbox: InboxId,
        after: u64,
        count: usize,
        bytes: usize,
    ) -> Result<Option<Stretch>, StoreError> {
        self.below.entries(inbox, after, count, bytes)
    }

    fn recent_entries(&self, inbox: InboxId, after: u64, count: usize, bytes: usize) -> Option<Stretch> {
        self.below.recent_entries(inbox, after, count, bytes)
    }

    fn keys(&self, table: Table, after: &[u8], count: usize) -> Result<Vec<Vec<u8>>, StoreError> {
        self.below.keys(table, after, count)
    }

    fn write(&self, mut batch: Batch) -> Result<(), StoreError> {
        if self.full.load(Ordering::SeqCst) {
            return Err(StoreError::Disk(std::io::ErrorKind::StorageFull.into()));
        }
        let mut meddler = self.meddler.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(meddler) = meddler.as_mut() {
            // A batch comes in any order; who meddles sees the same one every time.
            batch.sort_by_key(|(table, key, _)| (*table, *key));
            let written = batch.iter().map(|(table, key, change)| Written {
                table: Table::ALL[*table as usize].1,
                key: key.as_bytes(),
                value: change.value().map(|value| value.as_ref()),
            });
            let mut fates = meddler(&written.collect::<Vec<_>>()).into_iter();
            batch.retain_mut(|(_, _, change)| match fates.next() {
                Some(Fate::Lost) => false,
                Some(Fate::Removed) => {
                    *change = Change::Remove;
                    true
                }
                Some(Fate::Kept) | None => true,
            });
        }
        self.below.write(batch)
    }

    fn snapshot(&self) -> Result<Box<dyn Snapshot>, StoreError> {
        self.below.snapshot()
    }

    fn close(&self) {
        self.below.close();
    }
}
