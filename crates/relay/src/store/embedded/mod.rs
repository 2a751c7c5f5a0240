//! The embedded back end: a journal of our own in front of fjall's tables.
//!
//! A batch is durable when it is in the [journal]; then its rows are visible in memory, in a [layer](layers). A layer moves
//! to the [tables](base) when it is large or [`limits::MOVE_EVERY`] old, as one sorted run per table, and its turn of the
//! journal is destroyed. So most envelopes, which are fetched within seconds, never reach a table, and the tables do
//! not hold the order in which rows came.
//!
//! Rows are whole values, so that replaying a turn over tables that hold any part of it is right: a crash loses nothing.

mod base;
mod filter;
mod journal;
mod layers;
#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::thread::JoinHandle;
use std::time::Instant;

use kuvert_wire::{InboxId, limits};

use super::{Batch, Change, Key, RelayStore, Snapshot, StoreError, Stretch, Table, Value, entry_key, seq_of};
use crate::data::private_directory;
use base::Base;
use filter::DayFilter;
use journal::{Journal, Keys};
use layers::{Found, Layers};

/// Rows that are made visible while readers wait.
const PIECE: usize = 64;

/// See the [module](self).
pub(crate) struct Embedded {
    shared: Arc<Shared>,
    mover: Mutex<Option<JoinHandle<()>>>,
}

struct Shared {
    /// `None` once closed. Whoever holds it is the only one that writes or begins a turn.
    journal: Mutex<Option<Journal>>,
    layers: RwLock<Layers>,
    base: Base,
    /// Of [`Table::Repeats`], in layers and tables.
    repeats: Mutex<DayFilter>,
    keys: Arc<Keys>,
    moving: Mutex<Moving>,
    /// Held by who moves the frozen layer.
    turn: Mutex<()>,
    changed: Condvar,
}

/// What is to be moved to the tables.
#[derive(Default)]
struct Moving {
    /// Turn of the frozen layer.
    slot: Option<usize>,
    /// When the active layer got its first row.
    since: Option<Instant>,
    /// The active layer shall move now.
    wanted: bool,
    closing: bool,
    /// The last attempt failed.
    failing: bool,
}

impl Embedded {
    /// Opens the store in `path`, which is made, for this user only, where it does not exist.
    pub(crate) fn open(path: &Path) -> Result<Self, StoreError> {
        let shared = Arc::new(Shared::open(path)?);
        let mover = Arc::clone(&shared);
        let mover = std::thread::Builder::new().name("kuvert-mover".into()).spawn(move || {
            base::in_background();
            mover.run();
        })?;
        Ok(Self { shared, mover: Mutex::new(Some(mover)) })
    }
}

impl Shared {
    /// With all that is in the journal brought to the tables.
    fn open(path: &Path) -> Result<Self, StoreError> {
        private_directory(path)?;
        let base = Base::open(path.join("tables"))?;
        let (mut journal, replay) = Journal::open(path)?;
        for turn in replay {
            let mut layer = layers::Layer::default();
            journal.replay(&turn, &mut |batch| {
                // The tables may hold some of it already.
                layer.apply(batch.into_iter().map(|(table, key, change)| (table, key, change.over_any())));
                if layer.bytes() >= limits::MOVE_BYTES {
                    base.take_in(&std::mem::take(&mut layer))?;
                }
                Ok(())
            })?;
            base.take_in(&layer)?;
            journal.keys().retire(turn.slot)?;
        }
        journal.turn()?;
        Ok(Self {
            repeats: Mutex::new(base.repeats()?),
            keys: journal.keys(),
            journal: Mutex::new(Some(journal)),
            layers: RwLock::default(),
            base,
            moving: Mutex::default(),
            turn: Mutex::default(),
            changed: Condvar::new(),
        })
    }
}

impl RelayStore for Embedded {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Value>, StoreError> {
        if table == Table::Repeats && !self.shared.repeats().may_hold(key) {
            return Ok(None);
        }
        match self.shared.layers().find(table, &Key::new(key)) {
            Found::Value(value) => return Ok(Some(value.clone())),
            Found::Removed => return Ok(None),
            Found::Below => {}
        }
        // What was in no layer is in the tables, also if it moved there meanwhile.
        self.shared.base.get(table, key)
    }

    fn entries(
        &self,
        inbox: InboxId,
        after: u64,
        count: usize,
        bytes: usize,
    ) -> Result<Option<Stretch>, StoreError> {
        if let Some(stretch) = self.recent_entries(inbox, after, count, bytes) {
            return Ok(Some(stretch));
        }
        let (from, until) = (queue_key(inbox, after.saturating_add(1)), queue_key(inbox, u64::MAX));
        let above = self.shared.layers().range(Table::Queue, from, until);
        let (mut rows, mut size) = (Vec::new(), 0);
        self.shared.base.merged(Table::Queue, (from, until), above, |key, value| {
            size += value.len();
            rows.push(seq_of(key.as_bytes()).map(|seq| (seq, value.clone())));
            rows.len() >= count || size > bytes.saturating_add(super::ENTRY_HEAD * count)
        })?;
        Stretch::collect(rows, count, bytes)
    }

    fn recent_entries(&self, inbox: InboxId, after: u64, count: usize, bytes: usize) -> Option<Stretch> {
        let layers = self.shared.layers();
        let rows = (after.checked_add(1)?..).map_while(|seq| {
            match layers.find(Table::Queue, &queue_key(inbox, seq)) {
                Found::Value(value) => Some(Ok((seq, value.clone()))),
                Found::Removed | Found::Below => None,
            }
        });
        Stretch::collect(rows, count, bytes).ok().flatten()
    }

    fn keys(&self, table: Table, after: &[u8], count: usize) -> Result<Vec<Vec<u8>>, StoreError> {
        let (from, until) = (Key::new(after), Key::new(&[0xff; super::MAX_KEY]));
        let above = self.shared.layers().range(table, from, until);
        let mut keys = Vec::new();
        self.shared.base.merged(table, (from, until), above, |key, _| {
            if keys.len() < count && key.as_bytes() != after {
                keys.push(key.as_bytes().to_vec());
            }
            keys.len() >= count
        })?;
        Ok(keys)
    }

    fn write(&self, batch: Batch) -> Result<(), StoreError> {
        let mut journal = self.shared.journal();
        let journal = journal.as_mut().ok_or(StoreError::Closed)?;
        if self.shared.layers().active.bytes() >= limits::MAX_LAYER || journal.len() >= limits::MAX_JOURNAL {
            self.shared.make_room(journal)?;
        }
        journal.append(&batch)?;
        self.shared.note_repeats(&batch);
        let first = self.shared.layers().active.is_empty();
        // It is durable: readers may see it piece by piece, and need not wait for all of it.
        let mut rows = batch.into_iter().peekable();
        while rows.peek().is_some() {
            self.shared.change_layers().active.apply(rows.by_ref().take(PIECE));
        }
        let full = self.shared.layers().active.bytes() >= limits::MOVE_BYTES
            || journal.len() >= limits::MOVE_JOURNAL;
        if first || full {
            let mut moving = self.shared.moving();
            moving.since.get_or_insert_with(Instant::now);
            moving.wanted |= full;
            drop(moving);
            self.shared.changed.notify_all();
        }
        if full && let Err(error) = self.shared.freeze(journal) {
            // The batch is durable all the same; the next one tries again.
            tracing::error!(class = error.class(), "the journal cannot begin a new turn");
        }
        Ok(())
    }

    fn snapshot(&self) -> Result<Box<dyn Snapshot>, StoreError> {
        // Most of it moves while others write.
        self.shared.make_room(self.shared.journal().as_mut().ok_or(StoreError::Closed)?)?;
        self.shared.wait_until_moved()?;
        // While the journal is held nothing is written: what the tables hold afterwards is everything.
        let mut journal = self.shared.journal();
        let journal = journal.as_mut().ok_or(StoreError::Closed)?;
        self.shared.make_room(journal)?;
        self.shared.wait_until_moved()?;
        self.shared.base.snapshot()
    }

    fn close(&self) {
        self.shared.moving().closing = true;
        self.shared.changed.notify_all();
        let mover = self.mover.lock().unwrap_or_else(PoisonError::into_inner).take();
        if mover.is_some_and(|mover| mover.join().is_err()) {
            tracing::error!("the store did not end as it should");
        }
        *self.shared.journal() = None;
        *self.shared.change_layers() = Layers::default();
        self.shared.base.close();
    }
}

impl Drop for Embedded {
    fn drop(&mut self) {
        self.close();
    }
}

impl Shared {
    /// The mover: brings layers to the tables until the store closes, and then what is left.
    fn run(&self) {
        while self.wait_for_work() {
            if self.moving().slot.is_none() {
                let frozen = self.journal().as_mut().map_or(Ok(()), |journal| self.freeze(journal));
                if let Err(error) = frozen {
                    self.rest(&error);
                    continue;
                }
            }
            if let Err(error) = self.move_frozen() {
                self.rest(&error);
                if let Err(error) = self.base.reopen() {
                    tracing::error!(class = error.class(), "the tables could not be opened again");
                }
            }
        }
    }

    /// Waits until a layer is to be moved. Returns `false` when the store closes and nothing is left to move.
    fn wait_for_work(&self) -> bool {
        let mut moving = self.moving();
        loop {
            let since = moving.since;
            if moving.slot.is_some() || (since.is_some() && (moving.wanted || moving.closing)) {
                // A store that cannot write keeps what it has in its journal.
                return !(moving.closing && moving.failing);
            }
            if moving.closing {
                return false;
            }
            let Some(since) = since else {
                moving = self.changed.wait(moving).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            let left = limits::MOVE_EVERY.saturating_sub(since.elapsed());
            if left.is_zero() {
                return true;
            }
            moving = self.changed.wait_timeout(moving, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Begins a new turn of the journal and a new active layer; the one before is then to be moved. Does nothing while
    /// one is on its way.
    fn freeze(&self, journal: &mut Journal) -> Result<(), StoreError> {
        if self.moving().slot.is_some() {
            return Ok(());
        }
        if journal.len() > 0 {
            let ended = journal.turn()?;
            let mut layers = self.change_layers();
            if layers.active.is_empty() {
                // All that came went again.
                self.keys.retire(ended)?;
            } else {
                let next = layers::Layer::expecting(layers.active.repeats());
                layers.frozen = Some(Arc::new(std::mem::replace(&mut layers.active, next)));
                self.moving().slot = Some(ended);
            }
        }
        let mut moving = self.moving();
        (moving.since, moving.wanted) = (None, false);
        self.changed.notify_all();
        Ok(())
    }

    /// Moves the frozen layer to the tables, if there is one.
    fn move_frozen(&self) -> Result<(), StoreError> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let frozen = self.layers().frozen.clone();
        let slot = self.moving().slot;
        if let (Some(frozen), Some(slot)) = (frozen, slot) {
            self.base.take_in(&frozen)?;
            self.keys.retire(slot)?;
            self.change_layers().frozen = None;
            let mut moving = self.moving();
            (moving.slot, moving.failing) = (None, false);
        }
        self.changed.notify_all();
        Ok(())
    }

    /// Rests after a failure. The rows stay in memory and in the journal.
    fn rest(&self, error: &StoreError) {
        let mut moving = self.moving();
        if !std::mem::replace(&mut moving.failing, true) {
            tracing::error!(
                class = error.class(),
                "rows cannot be moved to their tables; they stay in the journal"
            );
        }
        self.changed.notify_all();
        if !moving.closing {
            drop(self.changed.wait_timeout_while(moving, limits::REOPEN_AFTER, |moving| !moving.closing));
        }
    }

    /// Freezes the active layer, once the one before has moved.
    fn make_room(&self, journal: &mut Journal) -> Result<(), StoreError> {
        self.wait_until_moved()?;
        self.freeze(journal)
    }

    /// Returns when no layer is on its way. Fails at once where layers cannot be moved.
    fn wait_until_moved(&self) -> Result<(), StoreError> {
        let moving = self.moving();
        if moving.slot.is_some() && moving.failing {
            return Err(StoreError::Full);
        }
        drop(moving);
        // Not left to the mover: who calls this holds the journal, and for that the mover may be waiting.
        self.move_frozen()
    }

    fn journal(&self) -> MutexGuard<'_, Option<Journal>> {
        self.journal.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn moving(&self) -> MutexGuard<'_, Moving> {
        self.moving.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn repeats(&self) -> MutexGuard<'_, DayFilter> {
        self.repeats.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets the filter know which requests are remembered from now on.
    fn note_repeats(&self, batch: &Batch) {
        let mut repeats = self.repeats();
        for (table, key, change) in batch {
            if *table == Table::Repeats && *change != Change::Remove {
                repeats.add(key.as_bytes());
            }
        }
    }

    fn layers(&self) -> RwLockReadGuard<'_, Layers> {
        self.layers.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn change_layers(&self) -> RwLockWriteGuard<'_, Layers> {
        self.layers.write().unwrap_or_else(PoisonError::into_inner)
    }
}

fn queue_key(inbox: InboxId, seq: u64) -> Key {
    Key::new(&entry_key(inbox, seq))
}
