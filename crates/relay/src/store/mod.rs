//! What the relay keeps on disk: eight tables over one log-structured engine, written in atomic, synced batches.
//!
//! There is one writer (see [`crate::writer`]) and any number of readers. The writer collects its changes in a [`Tx`];
//! nothing of it is visible or durable before [`Tx::commit`], and all of it is afterwards. Rows are addressed by whole
//! keys, and scans only ever walk one inbox or one table in key order: a back end over replicated streams and
//! key-value buckets can offer the same operations when it comes.

mod rows;
mod tx;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock, RwLockReadGuard};

use fjall::config::CompressionPolicy;
use fjall::{CompressionType, Database, Keyspace, KeyspaceCreateOptions, PersistMode, Readable};
use kuvert_wire::{CardId, InboxId, SealedEntry};

pub(crate) use rows::{
    CardRow, ChannelRow, InboxRow, LAST_RESORT, RepeatRow, entry_key, package_key, repeat_key,
};
pub(crate) use tx::Tx;

use crate::day::Day;

/// Memory for blocks read from disk, in bytes.
const CACHE: u64 = 32 * 1024 * 1024;
/// Journal size after which tables are flushed, in bytes.
const JOURNAL: u64 = 128 * 1024 * 1024;
/// Bytes in front of a sealed entry: the day it was queued.
const ENTRY_HEAD: usize = 4;

/// The store could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The disk or the storage engine failed.
    #[error("the storage engine failed: {0}")]
    Engine(#[from] fjall::Error),
    /// The data directory could not be made.
    #[error("the data directory cannot be used: {0}")]
    Directory(#[from] std::io::Error),
    /// A row is not what the relay writes.
    #[error("a row of the store cannot be read")]
    Corrupt,
    /// The store was closed, or could not be opened again after a failure.
    #[error("the store is closed")]
    Closed,
}

impl StoreError {
    /// A word for log lines, which must not carry paths or keys (LOG-1).
    pub(crate) fn class(&self) -> &'static str {
        match self {
            Self::Engine(fjall::Error::Io(_)) => "disk",
            Self::Engine(fjall::Error::Poisoned) => "halted",
            Self::Engine(_) => "engine",
            Self::Directory(_) => "directory",
            Self::Corrupt => "corrupt",
            Self::Closed => "closed",
        }
    }
}

/// The tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Table {
    /// [`InboxRow`] by inbox.
    Inboxes,
    /// Sealed entries by inbox and seq.
    Queue,
    /// Key packages by inbox and place.
    Packages,
    /// [`ChannelRow`] by channel.
    Channels,
    /// Sealed fan-out list by channel.
    Fanouts,
    /// Sealed GroupInfo by channel.
    GroupInfos,
    /// [`CardRow`] by card.
    Cards,
    /// [`RepeatRow`] by day and request.
    Repeats,
}

impl Table {
    const ALL: [(Self, &'static str); 8] = [
        (Self::Inboxes, "inboxes"),
        (Self::Queue, "queue"),
        (Self::Packages, "packages"),
        (Self::Channels, "channels"),
        (Self::Fanouts, "fanouts"),
        (Self::GroupInfos, "group-infos"),
        (Self::Cards, "cards"),
        (Self::Repeats, "repeats"),
    ];
}

/// Entries read for delivery, in order and without a hole between them.
#[derive(Debug)]
pub(crate) struct Stretch {
    /// Seq of the first.
    pub(crate) first: u64,
    /// At least one.
    pub(crate) sealed: Vec<SealedEntry>,
}

/// The relay's database.
pub(crate) struct Store {
    path: PathBuf,
    engine: RwLock<Option<Engine>>,
    /// Makes writes fail until the store is opened again, as a full disk does.
    #[cfg(test)]
    pub(crate) fails: std::sync::atomic::AtomicBool,
}

struct Engine {
    db: Database,
    tables: Vec<Keyspace>,
}

impl Engine {
    fn open(path: &Path) -> Result<Self, StoreError> {
        // Almost everything stored is ciphertext, which does not compress.
        let db = Database::builder(path)
            .cache_size(CACHE)
            .max_journaling_size(JOURNAL)
            .journal_compression(CompressionType::None)
            .open()?;
        let options =
            || KeyspaceCreateOptions::default().data_block_compression_policy(CompressionPolicy::disabled());
        let tables =
            Table::ALL.iter().map(|(_, name)| db.keyspace(name, options)).collect::<Result<_, _>>()?;
        Ok(Self { db, tables })
    }

    fn table(&self, table: Table) -> &Keyspace {
        &self.tables[table as usize]
    }
}

impl Store {
    /// Opens the store in `path`, which is made, for this user only, where it does not exist.
    pub(crate) fn open(path: &Path) -> Result<Self, StoreError> {
        private_directory(path)?;
        Ok(Self {
            engine: RwLock::new(Some(Engine::open(path)?)),
            path: path.to_owned(),
            #[cfg(test)]
            fails: false.into(),
        })
    }

    /// Closes and opens the engine, which takes no more writes once a write failed.
    pub(crate) fn reopen(&self) -> Result<(), StoreError> {
        let mut engine = self.engine.write().unwrap_or_else(PoisonError::into_inner);
        // The old one holds the directory's lock until it is gone.
        *engine = None;
        *engine = Some(Engine::open(&self.path)?);
        #[cfg(test)]
        self.fails.store(false, std::sync::atomic::Ordering::SeqCst);
        Ok(())
    }

    /// Releases the data directory. Everything fails with [`StoreError::Closed`] afterwards.
    pub(crate) fn close(&self) {
        *self.engine.write().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Reads entries of an inbox with a seq above `after`: at most `count`, and at most `bytes` unless the first alone is
    /// longer. The first may lie further than `after + 1` only where a `Gap` stands for what is missing.
    pub(crate) fn entries(
        &self,
        inbox: InboxId,
        after: u64,
        count: usize,
        bytes: usize,
    ) -> Result<Option<Stretch>, StoreError> {
        let engine = self.read();
        let engine = engine.as_ref().ok_or(StoreError::Closed)?;
        // Without a snapshot, a batch that is just being applied could show its second entry and not yet its first.
        let snapshot = engine.db.snapshot();
        let from = entry_key(inbox, after.saturating_add(1));
        let mut stretch: Option<Stretch> = None;
        let mut size = 0;
        for guard in snapshot.range(engine.table(Table::Queue), from..=entry_key(inbox, u64::MAX)).take(count)
        {
            let (key, value) = guard.into_inner()?;
            let seq = key.last_chunk::<8>().map(|seq| u64::from_be_bytes(*seq)).ok_or(StoreError::Corrupt)?;
            let (_, sealed) = split_entry(&value)?;
            size += sealed.len();
            let sealed = SealedEntry { bytes: sealed.to_vec() };
            match &mut stretch {
                None => stretch = Some(Stretch { first: seq, sealed: vec![sealed] }),
                Some(so_far) => {
                    if seq != so_far.first + so_far.sealed.len() as u64 || size > bytes {
                        break;
                    }
                    so_far.sealed.push(sealed);
                }
            }
        }
        Ok(stretch)
    }

    /// Reads an inbox.
    pub(crate) fn inbox(&self, inbox: InboxId) -> Result<Option<InboxRow>, StoreError> {
        self.get(Table::Inboxes, inbox.as_bytes())?.map(|row| rows::read(&row)).transpose()
    }

    /// Reads a card.
    pub(crate) fn card(&self, card: CardId) -> Result<Option<CardRow>, StoreError> {
        self.get(Table::Cards, card.as_bytes())?.map(|row| rows::read(&row)).transpose()
    }

    /// Lists up to `count` keys of a table above `after`, in order.
    pub(crate) fn keys(&self, table: Table, after: &[u8], count: usize) -> Result<Vec<Vec<u8>>, StoreError> {
        let engine = self.read();
        let rows = engine.as_ref().ok_or(StoreError::Closed)?.table(table);
        let from = (std::ops::Bound::Excluded(after.to_vec()), std::ops::Bound::Unbounded);
        rows.range::<Vec<u8>, _>(from).take(count).map(|row| Ok(row.key()?.to_vec())).collect()
    }

    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let engine = self.read();
        let engine = engine.as_ref().ok_or(StoreError::Closed)?;
        Ok(engine.table(table).get(key)?.map(|value| value.to_vec()))
    }

    /// Writes all of it or nothing, and returns when it is on disk.
    fn write(
        &self,
        changes: impl Iterator<Item = (Table, Vec<u8>, Option<Vec<u8>>)>,
    ) -> Result<(), StoreError> {
        #[cfg(test)]
        if self.fails.load(std::sync::atomic::Ordering::SeqCst) {
            return Err(StoreError::Engine(fjall::Error::Poisoned));
        }
        let engine = self.read();
        let engine = engine.as_ref().ok_or(StoreError::Closed)?;
        let mut batch = engine.db.batch().durability(Some(PersistMode::SyncAll));
        for (table, key, value) in changes {
            match value {
                Some(value) => batch.insert(engine.table(table), key, value),
                None => batch.remove(engine.table(table), key),
            }
        }
        Ok(batch.commit()?)
    }

    fn read(&self) -> RwLockReadGuard<'_, Option<Engine>> {
        self.engine.read().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Splits a row of [`Table::Queue`] into the day it was queued and the sealed bytes.
fn split_entry(value: &[u8]) -> Result<(Day, &[u8]), StoreError> {
    let (day, sealed) = value.split_first_chunk::<ENTRY_HEAD>().ok_or(StoreError::Corrupt)?;
    Ok((Day(u32::from_be_bytes(*day)), sealed))
}

fn private_directory(path: &Path) -> std::io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_found_where_they_are_listed() {
        for (place, (table, _)) in Table::ALL.iter().enumerate() {
            assert_eq!(*table as usize, place);
        }
    }

    #[test]
    fn a_stretch_ends_at_its_bounds_and_at_a_hole() {
        let dir = tempfile::tempdir().expect("a directory");
        let store = Store::open(dir.path()).expect("opens");
        let inbox = InboxId::new([1; 16]);
        let mut tx = Tx::new(&store);
        for seq in [3, 4, 5, 7] {
            tx.put_entry(inbox, seq, Day(1), &SealedEntry { bytes: vec![9; 100] });
        }
        tx.commit().expect("commits");
        let read = |after, count, bytes| {
            let found = store.entries(inbox, after, count, bytes).expect("reads");
            found.map(|stretch| (stretch.first, stretch.sealed.len()))
        };
        assert_eq!(read(0, 10, 1000), Some((3, 3)));
        assert_eq!(read(3, 10, 1000), Some((4, 2)));
        assert_eq!(read(0, 2, 1000), Some((3, 2)));
        assert_eq!(read(0, 10, 250), Some((3, 2)));
        assert_eq!(read(0, 10, 1), Some((3, 1)));
        assert_eq!(read(5, 10, 1000), Some((7, 1)));
        assert_eq!(read(7, 10, 1000), None);
    }
}
