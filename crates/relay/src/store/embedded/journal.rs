//! The journal: every batch, in order, durable before it is answered.
//!
//! Two files take turns. While one is written, the rows of the other move to the tables; then its key is
//! destroyed and its space is written anew. Each turn has a key of its own under which its records are encrypted
//! (ChaCha20-Poly1305), which does two things: the tag says where the journal ends, whatever an earlier turn left behind it in
//! the file; and when the key is gone, so is the order in which envelopes came, which the tables do not hold (RELAY-4).
//!
//! A record is `length (4) || number (8) || ciphertext || tag (16)`, the number counting records of a turn and being the nonce,
//! and zeros up to a whole number of blocks. It goes from here to the disk past the system's page cache where the file
//! system allows that: nobody reads it again before the relay starts anew.
//! A key file is `turn (8) || key (32) || first 8 bytes of their SHA-256`, or zeros. Numbers are little-endian.
//!
//! Space is written with zeros before it is used: syncing data into space that a file already has is several times
//! faster than syncing a file that grows.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::seal::{Cipher, random};
use crate::store::{Batch, Change, Key, StoreError, Table, Value};

/// File names of the two turns: records and key.
const NAMES: [(&str, &str); 2] = [("journal-a", "journal-a.key"), ("journal-b", "journal-b.key")];
/// Bytes in front of a record's ciphertext.
const HEAD: usize = 12;
/// Bytes of a record's tag.
const TAG: usize = 16;
/// Bytes of a key file.
const KEY_FILE: usize = 48;
/// Bytes by which a file grows.
const STEP: usize = 1024 * 1024;
/// Bytes to which records are aligned, in memory and in the file.
const BLOCK: usize = 4096;

/// See the [module](self).
pub(super) struct Journal {
    slots: [Slot; 2],
    keys: Arc<Keys>,
    /// Where records go.
    current: usize,
    turn: u64,
    cipher: Cipher,
    /// End of the last durable record.
    end: u64,
    /// There may be a record behind the end, which was refused.
    torn: bool,
    /// Number of the next record. Counts attempts, so that no nonce is used twice.
    number: u64,
    buffer: Blocks,
}

/// One file.
struct Slot {
    records: File,
    path: PathBuf,
    /// Writes go past the page cache.
    direct: bool,
    /// Bytes that the file is known to have.
    prepared: u64,
}

/// The keys of both turns.
pub(super) struct Keys([File; 2]);

/// A turn that was there when the journal was opened.
pub(super) struct Replay {
    turn: u64,
    cipher: Cipher,
    /// The slot to [retire](Keys::retire) once its batches are in the tables.
    pub(super) slot: usize,
}

impl Journal {
    /// Opens the journal in `directory` and finds what it holds: the turns in their order.
    pub(super) fn open(directory: &Path) -> Result<(Self, Vec<Replay>), StoreError> {
        let slots = [Slot::open(directory, 0)?, Slot::open(directory, 1)?];
        let keys = Arc::new(Keys([open(directory, NAMES[0].1)?, open(directory, NAMES[1].1)?]));
        let mut turns = Vec::new();
        for slot in 0..slots.len() {
            if let Some((turn, key)) = keys.read(slot)? {
                turns.push(Replay { turn, cipher: Cipher::new(&key), slot });
            }
        }
        turns.sort_by_key(|replay| replay.turn);
        let turn = turns.last().map_or(0, |replay| replay.turn);
        // No record is written before the first turn begins.
        let cipher = Cipher::new(&random());
        Ok((
            Self {
                slots,
                keys,
                current: 1,
                turn,
                cipher,
                end: 0,
                torn: false,
                number: 0,
                buffer: Blocks::default(),
            },
            turns,
        ))
    }

    /// Shows the batches of a turn in their order.
    pub(super) fn replay(
        &self,
        turn: &Replay,
        take: &mut dyn FnMut(Batch) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        self.slots[turn.slot].read_records(&turn.cipher, take)
    }

    /// The keys, which can be destroyed while the journal is written.
    pub(super) fn keys(&self) -> Arc<Keys> {
        Arc::clone(&self.keys)
    }

    /// Bytes of the current turn.
    pub(super) fn len(&self) -> u64 {
        self.end
    }

    /// Begins a new turn in the other file, which must have been retired. Returns the slot of the turn that ends.
    pub(super) fn turn(&mut self) -> Result<usize, StoreError> {
        if self.torn {
            // What was refused must not be found behind this turn: later turns know nothing of it.
            let mut zeros = Blocks::default();
            let (buffer, start) = zeros.begin(BLOCK);
            buffer.resize(start + BLOCK, 0);
            self.slots[self.current].write(zeros.bytes(), self.end)?;
            self.slots[self.current].records.sync_data()?;
            self.torn = false;
        }
        let (turn, next) = (self.turn + 1, 1 - self.current);
        let key = random();
        self.keys.write(next, turn, &key)?;
        (self.turn, self.cipher, self.end, self.number) = (turn, Cipher::new(&key), 0, 0);
        Ok(std::mem::replace(&mut self.current, next))
    }

    /// Makes a batch durable. After an error nothing of it counts.
    pub(super) fn append(&mut self, batch: &Batch) -> Result<(), StoreError> {
        let number = self.number;
        self.number += 1;
        self.encode(batch, number)?;
        let record = self.buffer.bytes();
        let (slot, end) = (&mut self.slots[self.current], self.end + record.len() as u64);
        self.torn = true;
        let written = slot
            .prepare(end)
            .and_then(|()| slot.write(record, self.end))
            .and_then(|()| slot.records.sync_data());
        // If it failed, nobody knows what the disk holds of it. It does not count: the next record takes its place.
        written?;
        (self.end, self.torn) = (end, false);
        Ok(())
    }

    /// Fills the buffer with a record.
    fn encode(&mut self, batch: &Batch, number: u64) -> Result<(), StoreError> {
        let head = |key: &Key| 3 + usize::from(key.len) + 4;
        let size = |change: &Change| change.value().map_or(0, Value::len);
        let plain: usize = batch.iter().map(|(_, key, change)| head(key) + size(change)).sum();
        let (buffer, start) = self.buffer.begin(HEAD + plain + TAG);
        buffer.resize(start + HEAD, 0);
        for (table, key, change) in batch {
            let (kind, value): (u8, &[u8]) = match change {
                Change::Insert(value) => (0, value),
                Change::Put(value) => (1, value),
                Change::Remove => (2, &[]),
            };
            let size = u32::try_from(value.len()).map_err(|_| StoreError::Corrupt)?;
            buffer.extend_from_slice(&[*table as u8, kind, key.len]);
            buffer.extend_from_slice(key.as_bytes());
            buffer.extend_from_slice(&size.to_le_bytes());
            buffer.extend_from_slice(value);
        }
        debug_assert_eq!(buffer.len(), start + HEAD + plain, "the record has the size that was foreseen");
        let size = u32::try_from(plain).map_err(|_| StoreError::Corrupt)?.to_le_bytes();
        buffer[start..start + 4].copy_from_slice(&size);
        buffer[start + 4..start + HEAD].copy_from_slice(&number.to_le_bytes());
        self.cipher.seal(nonce(number), &size, buffer, start + HEAD);
        buffer.resize(start + aligned(buffer.len() - start), 0);
        Ok(())
    }
}

/// A buffer whose content begins at a multiple of [`BLOCK`] in memory.
#[derive(Default)]
struct Blocks {
    bytes: Vec<u8>,
    start: usize,
}

impl Blocks {
    /// Forgets the content, and makes room for another of `size` bytes and the zeros behind it, which begins at the
    /// returned place.
    fn begin(&mut self, size: usize) -> (&mut Vec<u8>, usize) {
        let needed = aligned(size) + BLOCK;
        self.bytes.clear();
        if self.bytes.capacity() < needed || self.bytes.capacity() > needed.max(STEP) * 4 {
            self.bytes = Vec::with_capacity(needed);
        }
        self.start = self.bytes.as_ptr().align_offset(BLOCK).min(BLOCK);
        self.bytes.resize(self.start, 0);
        (&mut self.bytes, self.start)
    }

    fn bytes(&self) -> &[u8] {
        &self.bytes[self.start..]
    }
}

/// The next multiple of [`BLOCK`].
fn aligned(size: usize) -> usize {
    size.next_multiple_of(BLOCK)
}

impl Slot {
    fn open(directory: &Path, place: usize) -> Result<Self, StoreError> {
        let path = directory.join(NAMES[place].0);
        // Not all file systems have a way past the page cache.
        let direct = i32::try_from(rustix::fs::OFlags::DIRECT.bits()).ok();
        let (records, direct) = match direct.map(|flag| options().custom_flags(flag).open(&path)) {
            Some(Ok(records)) => (records, true),
            Some(Err(_)) | None => (options().open(&path)?, false),
        };
        Ok(Self { records, path, direct, prepared: 0 })
    }

    /// Writes whole blocks.
    fn write(&mut self, bytes: &[u8], at: u64) -> std::io::Result<()> {
        match self.records.write_all_at(bytes, at) {
            Err(error) if self.direct && error.kind() == std::io::ErrorKind::InvalidInput => {
                (self.records, self.direct) = (options().open(&self.path)?, false);
                self.records.write_all_at(bytes, at)
            }
            written => written,
        }
    }

    /// Reads records up to the first that is not of this turn, or was not written to its end.
    fn read_records(
        &self,
        cipher: &Cipher,
        take: &mut dyn FnMut(Batch) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let file = File::open(&self.path)?;
        let size = file.metadata()?.len();
        let (mut at, mut least) = (0, 0);
        let mut head = [0; HEAD];
        while at + (HEAD + TAG) as u64 <= size {
            file.read_exact_at(&mut head, at)?;
            let (len, number) = head.split_at(4);
            let len = u64::from(u32::from_le_bytes([len[0], len[1], len[2], len[3]]));
            let number = number.first_chunk().map_or(0, |number| u64::from_le_bytes(*number));
            let end = at + HEAD as u64 + len + TAG as u64;
            if end > size || number < least {
                break;
            }
            let mut record = vec![0; usize::try_from(len).map_err(|_| StoreError::Corrupt)? + TAG];
            file.read_exact_at(&mut record, at + HEAD as u64)?;
            if cipher.open(nonce(number), &head[..4], &mut record).is_none() {
                break;
            }
            record.truncate(record.len() - TAG);
            take(decode(&record.into())?)?;
            (at, least) = (end.next_multiple_of(BLOCK as u64), number + 1);
        }
        Ok(())
    }

    /// Makes sure that the file has space up to `end`.
    fn prepare(&mut self, end: u64) -> std::io::Result<()> {
        while self.prepared < end {
            let has = self.records.metadata()?.len() / BLOCK as u64 * BLOCK as u64;
            if has > self.prepared {
                // Written by an earlier turn or process.
                self.prepared = has;
                continue;
            }
            let mut zeros = Blocks::default();
            let (buffer, start) = zeros.begin(STEP);
            buffer.resize(start + STEP, 0);
            self.write(zeros.bytes(), self.prepared)?;
            self.prepared += STEP as u64;
        }
        Ok(())
    }
}

/// A turn's number and key.
type Turned = (u64, Zeroizing<[u8; 32]>);

impl Keys {
    /// The turn and its key, if there is a turn.
    fn read(&self, slot: usize) -> Result<Option<Turned>, StoreError> {
        let mut file = Zeroizing::new([0; KEY_FILE]);
        match self.0[slot].read_exact_at(&mut *file, 0) {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => return Ok(None),
            Err(error) => return Err(error.into()),
        }
        let (content, check) = file.split_at(KEY_FILE - 8);
        // A key that was half written has no record yet.
        if Sha256::digest(content)[..8] != *check {
            return Ok(None);
        }
        let (turn, key) = content.split_at(8);
        let turn = turn.first_chunk().map_or(0, |turn| u64::from_le_bytes(*turn));
        let mut copy = Zeroizing::new([0; 32]);
        copy.copy_from_slice(key);
        Ok(Some((turn, copy)))
    }

    fn write(&self, slot: usize, turn: u64, key: &[u8; 32]) -> Result<(), StoreError> {
        let mut file = Zeroizing::new([0; KEY_FILE]);
        file[..8].copy_from_slice(&turn.to_le_bytes());
        file[8..40].copy_from_slice(key);
        let check = Sha256::digest(&file[..40]);
        file[40..].copy_from_slice(&check[..8]);
        self.0[slot].write_all_at(&*file, 0)?;
        Ok(self.0[slot].sync_all()?)
    }

    /// Destroys the key of a turn whose rows are in the tables.
    pub(super) fn retire(&self, slot: usize) -> Result<(), StoreError> {
        self.0[slot].write_all_at(&[0; KEY_FILE], 0)?;
        Ok(self.0[slot].sync_data()?)
    }
}

fn open(directory: &Path, name: &str) -> std::io::Result<File> {
    options().open(directory.join(name))
}

fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false).mode(0o600);
    options
}

fn nonce(number: u64) -> [u8; 12] {
    let mut nonce = [0; 12];
    nonce[4..].copy_from_slice(&number.to_be_bytes());
    nonce
}

fn decode(record: &Value) -> Result<Batch, StoreError> {
    let mut batch = Vec::new();
    let mut at = 0;
    let mut take = |len: usize| {
        let end = at + len;
        if end > record.len() {
            return Err(StoreError::Corrupt);
        }
        let taken = record.slice(at..end);
        at = end;
        Ok((taken, end == record.len()))
    };
    let mut done = record.is_empty();
    while !done {
        let (head, _) = take(3)?;
        let table = Table::ALL.get(usize::from(head[0])).ok_or(StoreError::Corrupt)?.0;
        let (key, _) = take(usize::from(head[2]))?;
        let (size, end) = take(4)?;
        let size = size.first_chunk().map_or(0, |size| u32::from_le_bytes(*size));
        let value = if size == 0 { (Value::new(), end) } else { take(size as usize)? };
        // A copy: a slice would keep its whole record in memory.
        let copy = || Value::copy_from_slice(&value.0);
        let change = match head[1] {
            0 => Change::Insert(copy()),
            1 => Change::Put(copy()),
            2 => Change::Remove,
            _ => return Err(StoreError::Corrupt),
        };
        batch.push((table, Key::new(&key), change));
        done = value.1;
    }
    Ok(batch)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch(n: u8) -> Batch {
        vec![
            (Table::Cards, Key::new(&[n]), Change::Put(Value::copy_from_slice(&[n; 1000]))),
            (Table::Queue, Key::new(&[n; 24]), Change::Insert(Value::new())),
            (Table::Cards, Key::new(b"other"), Change::Remove),
        ]
    }

    fn replayed(directory: &Path) -> Vec<Vec<Batch>> {
        let (journal, turns) = Journal::open(directory).expect("opens");
        let read = |turn: &Replay| {
            let mut batches = Vec::new();
            let mut take = |batch| {
                batches.push(batch);
                Ok(())
            };
            journal.replay(turn, &mut take).expect("reads");
            batches
        };
        turns.iter().map(read).collect()
    }

    #[test]
    fn what_was_appended_is_read_back_turn_by_turn() {
        let dir = tempfile::tempdir().expect("a directory");
        let (mut journal, replay) = Journal::open(dir.path()).expect("opens");
        assert!(replay.is_empty());
        journal.turn().expect("begins");
        journal.append(&batch(1)).expect("appends");
        journal.append(&batch(2)).expect("appends");
        let first = journal.turn().expect("turns");
        journal.append(&batch(3)).expect("appends");
        assert_eq!(replayed(dir.path()), [vec![batch(1), batch(2)], vec![batch(3)]]);
        journal.keys.retire(first).expect("retires");
        assert_eq!(replayed(dir.path()), [vec![batch(3)]]);
        assert_eq!(journal.turn().expect("turns"), 1 - first);
        journal.append(&batch(4)).expect("appends");
        assert_eq!(replayed(dir.path()), [vec![batch(3)], vec![batch(4)]], "nothing of an earlier turn");
    }

    #[test]
    fn a_record_cut_at_any_byte_ends_the_journal_there() {
        // RELAY-1: what was half written was not accepted; what was accepted lies before it.
        let dir = tempfile::tempdir().expect("a directory");
        let (mut journal, _) = Journal::open(dir.path()).expect("opens");
        journal.turn().expect("begins");
        journal.append(&batch(1)).expect("appends");
        let sound = journal.len();
        journal.append(&batch(2)).expect("appends");
        let file = open(dir.path(), NAMES[journal.current].0).expect("opens");
        let padding = journal.buffer.bytes().iter().rev().take_while(|byte| **byte == 0).count();
        for cut in (sound..journal.end - padding as u64).rev().step_by(7) {
            file.write_all_at(&[0xff], cut).expect("writes");
            assert_eq!(replayed(dir.path()), [vec![batch(1)]], "cut at {cut}");
        }
    }

    #[test]
    fn a_failed_record_is_written_over() {
        let dir = tempfile::tempdir().expect("a directory");
        let (mut journal, _) = Journal::open(dir.path()).expect("opens");
        journal.turn().expect("begins");
        journal.append(&batch(1)).expect("appends");
        let end = journal.end;
        journal.append(&batch(2)).expect("appends");
        // As if the sync of the second had failed.
        journal.end = end;
        journal.append(&batch(3)).expect("appends");
        assert_eq!(replayed(dir.path()), [vec![batch(1), batch(3)]]);

        let end = journal.end;
        journal.append(&batch(4)).expect("appends");
        (journal.end, journal.torn) = (end, true);
        journal.turn().expect("turns");
        assert_eq!(replayed(dir.path()), [vec![batch(1), batch(3)], vec![]], "nothing refused comes back");
    }
}
