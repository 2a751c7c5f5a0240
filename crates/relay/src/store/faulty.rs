//! A store whose writes fail on command, as on a full disk, or take their time, and else does what the one below it does.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use kuvert_wire::InboxId;

use super::{Batch, RelayStore, Snapshot, StoreError, Stretch, Table, Value};

/// See the [module](self).
pub(crate) struct Faulty {
    below: Arc<dyn RelayStore>,
    /// Whether writes fail.
    pub(crate) fails: AtomicBool,
    /// Whether writes do not end.
    pub(crate) stalls: AtomicBool,
}

impl Faulty {
    /// Over another store.
    pub(crate) fn over(below: Arc<dyn RelayStore>) -> Self {
        Self { below, fails: AtomicBool::new(false), stalls: AtomicBool::new(false) }
    }
}

impl RelayStore for Faulty {
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

    fn write(&self, batch: Batch) -> Result<(), StoreError> {
        while self.stalls.load(Ordering::SeqCst) {
            std::thread::yield_now();
        }
        if self.fails.load(Ordering::SeqCst) {
            return Err(StoreError::Disk(std::io::ErrorKind::StorageFull.into()));
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
