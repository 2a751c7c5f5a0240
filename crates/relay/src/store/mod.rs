//! What the relay keeps: tables of rows under whole keys, changed in atomic, durable batches.
//!
//! There is one writer (see [`crate::writer`]) and any number of readers. The writer collects its changes in a [`Tx`];
//! nothing of it is visible or durable before [`Tx::commit`], and all of it is afterwards. A back end is a
//! [`RelayStore`]; what it must do is written in the conformance suite that every one of them passes. Rows are addressed
//! by whole keys, and scans only ever walk one inbox or one table in key order, which a back end over replicated streams
//! and key-value buckets can offer, too.

mod embedded;
mod memory;
mod rows;
mod tx;

#[cfg(test)]
mod conformance;
#[cfg(any(test, fuzzing))]
pub(crate) mod faulty;

use kuvert_wire::{CardId, Generation, InboxId};
use minicbor::Decode;

pub(crate) use bytes::Bytes as Value;
pub(crate) use embedded::Embedded;
pub(crate) use memory::Memory;
pub(crate) use rows::read as read_row;
pub(crate) use rows::{
    BlobRow, CardRow, ChannelRow, HealingRow, InboxRow, LAST_RESORT, OutboxRow, Pushing, RelayRow, RepeatRow,
    entry_key, handshake_key, outbox_key, package_key, repeat_key,
};
pub(crate) use tx::{Changes, Tx};

use crate::day::Day;
use crate::seal::random;

/// Bytes in front of a sealed entry, see [`EntryHead`].
const ENTRY_HEAD: usize = 12;

/// The store could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The storage engine failed.
    #[error("the storage engine failed: {0}")]
    Engine(#[from] fjall::Error),
    /// The disk failed, or is full.
    #[error("the data directory cannot be used: {0}")]
    Disk(#[from] std::io::Error),
    /// A row or the journal is not what the relay writes.
    #[error("a row of the store cannot be read")]
    Corrupt,
    /// Memory for changes is used up, because they cannot be moved to their tables.
    #[error("the store is full")]
    Full,
    /// The store was closed, or could not be opened again after a failure.
    #[error("the store is closed")]
    Closed,
}

impl StoreError {
    /// A word for log lines, which must not carry paths or keys (LOG-1).
    pub(crate) fn class(&self) -> &'static str {
        match self {
            Self::Engine(fjall::Error::Io(_)) | Self::Disk(_) => "disk",
            Self::Engine(fjall::Error::Poisoned) => "halted",
            Self::Engine(_) => "engine",
            Self::Corrupt => "corrupt",
            Self::Full => "full",
            Self::Closed => "closed",
        }
    }
}

/// The tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
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
    /// Nonces of revoked tokens, one behind the other, by inbox.
    Revoked,
    /// [`HealingRow`] by channel.
    Healing,
    /// Commits since the last GroupInfo by channel and place.
    Handshakes,
    /// The day of its making (4 bytes, big-endian) by an invitation's hash.
    Invites,
    /// [`BlobRow`] by [`crate::blobs::BlobName`].
    Blobs,
    /// [`RelayRow`] by [`crate::federation::RelayName`].
    Relays,
    /// [`OutboxRow`] by relay and place.
    Outbox,
    /// Sums over other tables, by name.
    Totals,
    /// What is said of the whole store: its generation, see [`GENERATION`].
    Meta,
    /// Sealed push subscription by inbox.
    Push,
}

impl Table {
    /// All tables with their names on disk, each at the place that its number says.
    pub(crate) const ALL: &'static [(Self, &'static str)] = &[
        (Self::Inboxes, "inboxes"),
        (Self::Queue, "queue"),
        (Self::Packages, "packages"),
        (Self::Channels, "channels"),
        (Self::Fanouts, "fanouts"),
        (Self::GroupInfos, "group-infos"),
        (Self::Cards, "cards"),
        (Self::Repeats, "repeats"),
        (Self::Revoked, "revoked"),
        (Self::Healing, "healing"),
        (Self::Handshakes, "handshakes"),
        (Self::Invites, "invites"),
        (Self::Blobs, "blobs"),
        (Self::Relays, "relays"),
        (Self::Outbox, "outbox"),
        (Self::Totals, "totals"),
        (Self::Meta, "meta"),
        (Self::Push, "push"),
    ];
}

/// Key in [`Table::Meta`] of the [`Generation`] in which the seqs of all inboxes count.
pub(crate) const GENERATION: &[u8] = b"generation";

/// Longest key of a row, in bytes.
pub(crate) const MAX_KEY: usize = 32;

/// The key of a row, at most [`MAX_KEY`] bytes. In order like the bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Key {
    bytes: [u8; MAX_KEY],
    len: u8,
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Key({} bytes)", self.len)
    }
}

impl Key {
    /// Takes the bytes; more than [`MAX_KEY`] are a mistake of the caller.
    pub(crate) fn new(key: &[u8]) -> Self {
        debug_assert!(key.len() <= MAX_KEY, "keys are short");
        let len = key.len().min(MAX_KEY);
        let mut bytes = [0; MAX_KEY];
        bytes[..len].copy_from_slice(&key[..len]);
        Self { bytes, len: u8::try_from(len).unwrap_or(u8::MAX) }
    }

    /// The bytes.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }
}

/// What happens to a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Change {
    /// The row is new: there was none under this key, ever or since it was last removed.
    Insert(Value),
    /// The row takes this value, whether or not it was there.
    Put(Value),
    /// The row goes, whether or not it was there.
    Remove,
}

impl Change {
    /// The new value.
    pub(crate) fn value(&self) -> Option<&Value> {
        match self {
            Self::Insert(value) | Self::Put(value) => Some(value),
            Self::Remove => None,
        }
    }

    /// The same where nothing is known of what lies below.
    fn over_any(self) -> Self {
        match self {
            Self::Insert(value) => Self::Put(value),
            change => change,
        }
    }
}

/// Changes that become visible and durable together, each key at most once.
pub(crate) type Batch = Vec<(Table, Key, Change)>;

/// Entries read for delivery, in order and without a hole between them.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Stretch {
    /// Seq of the first.
    pub(crate) first: u64,
    /// The sealed entries, at least one.
    pub(crate) sealed: Vec<Value>,
}

/// A back end.
pub(crate) trait RelayStore: Send + Sync {
    /// Reads a row. May wait for the disk.
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Value>, StoreError>;

    /// Reads entries of an inbox with a seq above `after`: at most `count`, and at most `bytes` unless the first alone is
    /// longer. The first may lie further than `after + 1` only where a `Gap` stands for what is missing. May wait for
    /// the disk.
    fn entries(
        &self,
        inbox: InboxId,
        after: u64,
        count: usize,
        bytes: usize,
    ) -> Result<Option<Stretch>, StoreError>;

    /// Like [`Self::entries`], but never waits: `None` may also mean that the disk has to be asked.
    fn recent_entries(&self, inbox: InboxId, after: u64, count: usize, bytes: usize) -> Option<Stretch>;

    /// Lists up to `count` keys of a table above `after`, in order.
    fn keys(&self, table: Table, after: &[u8], count: usize) -> Result<Vec<Vec<u8>>, StoreError>;

    /// Writes all of it or nothing, and returns when it is durable. After an error nothing of it is ever visible, unless
    /// the same changes are written again.
    fn write(&self, batch: Batch) -> Result<(), StoreError>;

    /// All rows as they are at one moment, for backups and statistics.
    fn snapshot(&self) -> Result<Box<dyn Snapshot>, StoreError>;

    /// Releases what the store holds. Everything fails with [`StoreError::Closed`] afterwards.
    fn close(&self);
}

/// Takes a row's key and value.
pub(crate) type Visit<'v> = dyn FnMut(&[u8], &[u8]) -> Result<(), StoreError> + 'v;

/// The rows of one moment.
pub(crate) trait Snapshot: Send {
    /// Shows all rows of a table in key order, until `visit` returns an error.
    fn rows(&self, table: Table, visit: &mut Visit<'_>) -> Result<(), StoreError>;
}

/// A generation that there never was.
pub(crate) fn fresh_generation() -> Generation {
    let mut bytes = [0; Generation::LEN];
    bytes.copy_from_slice(&random()[..Generation::LEN]);
    Generation::new(bytes)
}

impl dyn RelayStore + '_ {
    /// Reads an inbox.
    pub(crate) fn inbox(&self, inbox: InboxId) -> Result<Option<InboxRow>, StoreError> {
        self.row(Table::Inboxes, inbox.as_bytes())
    }

    /// Reads the generation; there is none before the first inbox.
    pub(crate) fn generation(&self) -> Result<Option<Generation>, StoreError> {
        self.get(Table::Meta, GENERATION)?.map(|row| rows::generation(&row)).transpose()
    }

    /// Begins a generation: whoever counted in the one before goes on from what the store holds. To be called after a
    /// backup was restored, when all of its rows are written and before anybody is served.
    pub(crate) fn begin_generation(&self) -> Result<(), StoreError> {
        let generation = Value::from(fresh_generation().as_bytes().to_vec());
        self.write(vec![(Table::Meta, Key::new(GENERATION), Change::Put(generation))])
    }

    /// Reads a card.
    pub(crate) fn card(&self, card: CardId) -> Result<Option<CardRow>, StoreError> {
        self.row(Table::Cards, card.as_bytes())
    }

    /// Reads a row.
    pub(crate) fn row<T: for<'b> Decode<'b, ()>>(
        &self,
        table: Table,
        key: &[u8],
    ) -> Result<Option<T>, StoreError> {
        self.get(table, key)?.map(|row| rows::read(&row)).transpose()
    }
}

impl Stretch {
    /// Collects what follows `after`, from rows in the order of their seqs.
    fn collect(
        rows: impl IntoIterator<Item = Result<(u64, Value), StoreError>>,
        count: usize,
        bytes: usize,
    ) -> Result<Option<Self>, StoreError> {
        let mut stretch: Option<Self> = None;
        let mut size = 0;
        for row in rows.into_iter().take(count) {
            let (seq, row) = row?;
            if row.len() < ENTRY_HEAD {
                return Err(StoreError::Corrupt);
            }
            let sealed = row.slice(ENTRY_HEAD..);
            size += sealed.len();
            match &mut stretch {
                None => stretch = Some(Self { first: seq, sealed: vec![sealed] }),
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
}

/// The seq in a key of [`Table::Queue`].
fn seq_of(key: &[u8]) -> Result<u64, StoreError> {
    key.last_chunk::<8>().map(|seq| u64::from_be_bytes(*seq)).ok_or(StoreError::Corrupt)
}

/// What stands in front of a sealed entry: day (4 bytes) and start (8 bytes), both big-endian.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct EntryHead {
    /// When it was queued.
    pub(crate) day: Day,
    /// Bytes of all sealed entries before it, from the inbox's first on: what waits between two entries is known without
    /// looking at those in between.
    pub(crate) start: u64,
}

impl EntryHead {
    /// Reads the head of a row of [`Table::Queue`].
    fn of(value: &[u8]) -> Result<Self, StoreError> {
        let (day, rest) = value.split_first_chunk::<4>().ok_or(StoreError::Corrupt)?;
        let start = rest.first_chunk::<8>().ok_or(StoreError::Corrupt)?;
        Ok(Self { day: Day(u32::from_be_bytes(*day)), start: u64::from_be_bytes(*start) })
    }

    /// Begins a row of [`Table::Queue`], with room for `sealed` more bytes.
    pub(crate) fn followed_by(self, sealed: usize) -> Vec<u8> {
        let mut value = Vec::with_capacity(ENTRY_HEAD + sealed);
        value.extend_from_slice(&self.day.0.to_be_bytes());
        value.extend_from_slice(&self.start.to_be_bytes());
        value
    }
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
    fn keys_are_in_the_order_of_their_bytes() {
        let keys: [&[u8]; 5] = [b"", b"\0", b"\0\0", b"\0a", b"a"];
        for pair in keys.windows(2) {
            assert!(Key::new(pair[0]) < Key::new(pair[1]));
            assert_eq!(Key::new(pair[1]).as_bytes(), pair[1]);
        }
    }
}
