//! Backups: one file with all rows of all tables as they were at one moment, the relay's own keys, and the blobs' files.
//!
//! A backup holds what the relay's disk holds, and is as silent: ciphertext, days, counts. The keys belong to it, because
//! other relays hold what is sealed to the one, and browsers bind their push subscriptions to the other. It begins with a line that names its
//! version and ends with a checksum over everything before, so that a file that was cut or changed is recognised before
//! anything of it is used. In between are records, each behind its length.

use std::fs::{self, File, FileTimes, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Component, Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use kuvert_wire::{decode, encode, limits};
use minicbor::bytes::{ByteArray, ByteVec};
use minicbor::{Decode, Encode};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::data::{BLOBS, DataDir, private_directory, walk};
use crate::key_file::{PUSH, RELAY};
use crate::store::{Batch, Change, Key, MAX_KEY, RelayStore, StoreError, Table};

/// The first bytes of a backup.
const BEGIN: &[u8] = b"kuvert backup 1\n";
/// What the first bytes of all versions have in common.
const NAME: &[u8] = b"kuvert backup ";
/// Bytes of a file in one record.
const CHUNK: usize = 64 * 1024;
/// Bytes of rows written to a store at once.
const BATCH: usize = 4 * 1024 * 1024;
const DAY: u64 = 24 * 60 * 60;
const CHECKSUM: usize = 32;

/// Why a backup was not made or not restored.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// A file or connection failed.
    #[error("the backup cannot be read or written: {0}")]
    Io(#[from] io::Error),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The file is not a backup.
    #[error("this is not a backup of a Kuvert relay")]
    NotABackup,
    /// The file is a backup of another version.
    #[error("this backup was made by another version of Kuvert; restore it with that version")]
    OtherVersion,
    /// The file is not as it was written.
    #[error("the backup is damaged or not complete; nothing of it was restored")]
    Damaged,
    /// The relay stops.
    #[error("the relay is stopping; the backup is not complete")]
    Stopping,
}

/// One part of a backup.
#[derive(Debug, PartialEq, Encode, Decode)]
enum Record {
    /// The rows that follow are of this table.
    #[n(0)]
    Table(#[n(0)] String),
    /// A row: its key and value.
    #[n(1)]
    Row(#[n(0)] ByteVec, #[n(1)] ByteVec),
    /// The chunks that follow are of this file, named relative to the blobs' directory.
    #[n(2)]
    File(#[n(0)] String),
    /// The next bytes of the file.
    #[n(3)]
    Chunk(#[n(0)] ByteVec),
    /// The checksum follows.
    #[n(4)]
    End,
    /// The relay's own key, if it has one.
    #[n(5)]
    RelayKey(#[n(0)] ByteArray<32>),
    /// The key for pushes, if there is one.
    #[n(6)]
    PushKey(#[n(0)] ByteArray<32>),
}

/// Writes a backup of what `store` holds now, and of the blobs in `data`. `may_go_on` is asked often.
pub(crate) fn write(
    store: &dyn RelayStore,
    data: &Path,
    out: &mut dyn Write,
    may_go_on: &dyn Fn() -> bool,
) -> Result<(), BackupError> {
    let mut out = Writing { out: io::BufWriter::with_capacity(CHUNK, out), hash: Sha256::new() };
    out.bytes(BEGIN)?;
    if let Some(secret) = RELAY.read(data)? {
        out.record(&Record::RelayKey((*secret).into()))?;
    }
    if let Some(secret) = PUSH.read(data)? {
        out.record(&Record::PushKey((*secret).into()))?;
    }
    // Rows first: a file's row says how much of it counts, and files only grow.
    let snapshot = store.snapshot()?;
    for (table, name) in Table::ALL {
        out.record(&Record::Table((*name).to_owned()))?;
        let mut failed = None;
        let shown = snapshot.rows(*table, &mut |key, value| {
            let row = Record::Row(key.to_vec().into(), value.to_vec().into());
            let written = if may_go_on() {
                out.record(&row).map_err(BackupError::from)
            } else {
                Err(BackupError::Stopping)
            };
            written.map_err(|error| {
                failed = Some(error);
                StoreError::Closed
            })
        });
        match failed {
            Some(error) => return Err(error),
            None => shown?,
        }
    }
    let blobs = data.join(BLOBS);
    walk(&blobs, &mut |path| {
        let Some(name) = path.strip_prefix(&blobs).ok().and_then(Path::to_str) else { return Ok(()) };
        match File::open(path) {
            // Deleted meanwhile.
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            file => out.file(name, &mut file?, may_go_on),
        }
    })?;
    if !may_go_on() {
        return Err(BackupError::Stopping);
    }
    out.record(&Record::End)?;
    let checksum = out.hash.finalize();
    out.out.write_all(&checksum)?;
    Ok(out.out.flush()?)
}

struct Writing<W: Write> {
    out: W,
    hash: Sha256,
}

impl<W: Write> Writing<W> {
    fn bytes(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.hash.update(bytes);
        self.out.write_all(bytes)
    }

    fn record(&mut self, record: &Record) -> io::Result<()> {
        let record = encode(record);
        let length = u32::try_from(record.len()).map_err(|_| io::ErrorKind::FileTooLarge)?;
        self.bytes(&length.to_be_bytes())?;
        self.bytes(&record)
    }

    fn file(&mut self, name: &str, file: &mut File, may_go_on: &dyn Fn() -> bool) -> io::Result<()> {
        self.record(&Record::File(name.to_owned()))?;
        let mut chunk = Vec::with_capacity(CHUNK);
        while may_go_on() {
            chunk.clear();
            if file.take(CHUNK as u64).read_to_end(&mut chunk)? == 0 {
                break;
            }
            self.record(&Record::Chunk(chunk.clone().into()))?;
        }
        Ok(())
    }
}

/// Reads a backup, showing its records, and checks that it is whole.
fn read(
    input: impl Read,
    show: &mut dyn FnMut(Record) -> Result<(), BackupError>,
) -> Result<(), BackupError> {
    let mut input = io::BufReader::with_capacity(CHUNK, input);
    let mut hash = Sha256::new();
    let mut take = |bytes: &mut [u8], counts: bool| -> Result<(), BackupError> {
        input.read_exact(bytes).map_err(cut)?;
        if counts {
            hash.update(&*bytes);
        }
        Ok(())
    };
    let mut begin = [0; BEGIN.len()];
    take(&mut begin, true).map_err(|error| match error {
        BackupError::Damaged => BackupError::NotABackup,
        other => other,
    })?;
    if begin != BEGIN {
        let is_other = begin.starts_with(NAME);
        return Err(if is_other { BackupError::OtherVersion } else { BackupError::NotABackup });
    }
    loop {
        let mut length = [0; 4];
        take(&mut length, true)?;
        let length = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX);
        if length > limits::MAX_BACKUP_RECORD {
            return Err(BackupError::Damaged);
        }
        let mut record = vec![0; length];
        take(&mut record, true)?;
        let record = decode(&record, limits::MAX_BACKUP_RECORD).map_err(|_| BackupError::Damaged)?;
        if record == Record::End {
            break;
        }
        show(record)?;
    }
    let mut checksum = [0; CHECKSUM];
    take(&mut checksum, false)?;
    let ends = input.read(&mut [0])? == 0;
    if !ends || hash.finalize()[..] != checksum {
        return Err(BackupError::Damaged);
    }
    Ok(())
}

fn cut(error: io::Error) -> BackupError {
    if error.kind() == io::ErrorKind::UnexpectedEof { BackupError::Damaged } else { error.into() }
}

/// Checks that `file` is a whole backup of this version.
pub(crate) fn verify(file: &Path) -> Result<(), BackupError> {
    let mut check = Restoring { table: None, file: None };
    read(File::open(file)?, &mut |record| check.place(&record))
}

/// Fills the store and the blobs' directory of `data` from `file`, which was verified.
pub(crate) fn restore(file: &Path, store: &dyn RelayStore, data: &DataDir) -> Result<(), BackupError> {
    let blobs = data.path().join(BLOBS);
    let mut places = Restoring { table: None, file: None };
    let mut batch = Batch::new();
    let mut size = 0;
    let mut open: Option<File> = None;
    read(File::open(file)?, &mut |record| {
        places.place(&record)?;
        match record {
            Record::Row(key, value) => {
                let Some(table) = places.table else { return Err(BackupError::Damaged) };
                size += value.len();
                batch.push((table, Key::new(&key), Change::Put(Vec::from(value).into())));
                if size > BATCH {
                    store.write(std::mem::take(&mut batch))?;
                    size = 0;
                }
            }
            Record::File(name) => {
                if let Some(file) = open.take() {
                    close(&file)?;
                }
                open = Some(create(&blobs.join(name))?);
            }
            Record::Chunk(bytes) => {
                let Some(file) = &mut open else { return Err(BackupError::Damaged) };
                file.write_all(&bytes)?;
            }
            Record::RelayKey(secret) => RELAY.store(data.path(), &Zeroizing::new(secret.into()))?,
            Record::PushKey(secret) => PUSH.store(data.path(), &Zeroizing::new(secret.into()))?,
            Record::Table(_) | Record::End => {}
        }
        Ok(())
    })?;
    if let Some(file) = open {
        close(&file)?;
    }
    store.write(batch)?;
    // Seqs may be given out again that owners know for other entries.
    store.begin_generation()?;
    // Before it counts as complete: files whose names are lost are lost.
    sync_names(data.path())?;
    Ok(data.complete()?)
}

/// Which table and file the records at hand belong to.
struct Restoring {
    table: Option<Table>,
    file: Option<PathBuf>,
}

impl Restoring {
    /// Takes note of a record, and refuses what this version would not write.
    fn place(&mut self, record: &Record) -> Result<(), BackupError> {
        match record {
            Record::Table(name) => {
                let known = Table::ALL.iter().find(|(_, known)| known == name);
                self.table = Some(known.ok_or(BackupError::OtherVersion)?.0);
            }
            Record::File(name) => {
                let path = PathBuf::from(name);
                let is_plain = path.components().all(|part| matches!(part, Component::Normal(_)));
                if !is_plain || name.is_empty() {
                    return Err(BackupError::Damaged);
                }
                self.file = Some(path);
            }
            Record::Row(key, _) if self.table.is_none() || key.len() > MAX_KEY => {
                return Err(BackupError::Damaged);
            }
            Record::Chunk(_) if self.file.is_none() => return Err(BackupError::Damaged),
            Record::Row(..) | Record::Chunk(_) | Record::RelayKey(_) | Record::PushKey(_) | Record::End => {}
        }
        Ok(())
    }
}

fn create(path: &Path) -> io::Result<File> {
    if let Some(directory) = path.parent() {
        private_directory(directory)?;
    }
    create_here(path)
}

/// Makes a new file that only this user can read.
fn create_here(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Makes the names below a directory durable.
fn sync_names(directory: &Path) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            sync_names(&entry.path())?;
        }
    }
    File::open(directory)?.sync_all()
}

/// Makes a file durable. Its times are whole days, as the relay keeps them (RELAY-4).
fn close(file: &File) -> io::Result<()> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let day = UNIX_EPOCH + Duration::from_secs(now / DAY * DAY);
    file.set_times(FileTimes::new().set_accessed(day).set_modified(day))?;
    file.sync_all()
}

/// A backup's file while it is written: under another name until it is whole and durable, for this user only.
pub struct BackupFile {
    path: PathBuf,
    partial: PathBuf,
    file: File,
}

impl BackupFile {
    /// Begins a file that will be called `path`.
    ///
    /// # Errors
    /// Also if there is a file of this name: no backup replaces another.
    pub fn create(path: &Path) -> io::Result<Self> {
        if path.exists() {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let mut partial = path.as_os_str().to_owned();
        partial.push(".partial");
        let partial = PathBuf::from(partial);
        // Left over from an attempt that did not end.
        let _ = fs::remove_file(&partial);
        let file = create_here(&partial)?;
        Ok(Self { path: path.to_owned(), partial, file })
    }

    /// Where to write to.
    pub fn writer(&mut self) -> &mut dyn Write {
        &mut self.file
    }

    /// Checks what was written, makes it durable and gives it its name.
    ///
    /// # Errors
    /// [`BackupError::Damaged`] if it is not a whole backup, for instance because the relay stopped meanwhile.
    pub fn finish(self) -> Result<(), BackupError> {
        self.file.sync_all()?;
        verify(&self.partial)?;
        fs::rename(&self.partial, &self.path)?;
        let directory = self.path.parent().filter(|path| !path.as_os_str().is_empty());
        File::open(directory.unwrap_or(Path::new(".")))?.sync_all()?;
        Ok(())
    }

    /// Removes what was written.
    pub fn discard(self) {
        let _ = fs::remove_file(&self.partial);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Embedded;

    fn filled(dir: &Path) -> Embedded {
        let store = Embedded::open(dir).expect("opens");
        let put = |value: Vec<u8>| Change::Put(value.into());
        let mut batch: Batch =
            (0..100u8).map(|n| (Table::Queue, Key::new(&[n; 24]), put(vec![n; 1_000]))).collect();
        batch.push((Table::Cards, Key::new(&[1; 16]), put(vec![2; 60_000])));
        store.write(batch).expect("written");
        let blob = dir.join(BLOBS).join("ab/cd");
        fs::create_dir_all(&blob).expect("made");
        fs::write(blob.join("abcd"), vec![7; 3 * CHUNK + 1]).expect("written");
        fs::write(blob.join("empty"), b"").expect("written");
        store
    }

    type Rows = Vec<(String, Vec<u8>, Vec<u8>)>;

    fn rows(store: &dyn RelayStore) -> Rows {
        let snapshot = store.snapshot().expect("a snapshot");
        let mut all = Vec::new();
        for (table, name) in Table::ALL {
            let mut visit = |key: &[u8], value: &[u8]| {
                all.push(((*name).to_owned(), key.to_vec(), value.to_vec()));
                Ok(())
            };
            snapshot.rows(*table, &mut visit).expect("rows");
        }
        all
    }

    fn backup(dir: &Path) -> (Rows, Vec<u8>) {
        let store = filled(dir);
        (&store as &dyn RelayStore).begin_generation().expect("writes");
        let mut bytes = Vec::new();
        write(&store, dir, &mut bytes, &|| true).expect("a backup");
        (rows(&store), bytes)
    }

    #[test]
    fn what_was_backed_up_is_restored_row_by_row_and_file_by_file() {
        let dir = tempfile::tempdir().expect("a directory");
        let (before, bytes) = backup(&dir.path().join("one"));
        let file = dir.path().join("backup");
        fs::write(&file, bytes).expect("written");
        verify(&file).expect("whole");
        let data = DataDir::begin_restore(&dir.path().join("two")).expect("a new one");
        let store = Embedded::open(data.path()).expect("opens");
        restore(&file, &store, &data).expect("restored");
        // But for its generation, which is another one: RELAY-2.
        let of_inboxes = |rows: Rows| -> Rows { rows.into_iter().filter(|row| row.0 != "meta").collect() };
        assert!(of_inboxes(rows(&store)) == of_inboxes(before.clone()), "all rows are there");
        let generation = before.iter().find(|row| row.0 == "meta").map(|row| row.2.clone());
        let store: &dyn RelayStore = &store;
        let begun = store.generation().expect("reads").expect("a generation");
        assert_ne!(Some(begun.as_bytes().to_vec()), generation);
        let blob = data.path().join("blobs/ab/cd");
        assert_eq!(fs::read(blob.join("abcd")).expect("read"), vec![7; 3 * CHUNK + 1]);
        assert_eq!(fs::read(blob.join("empty")).expect("read"), b"");
        let changed = fs::metadata(blob.join("abcd")).and_then(|about| about.modified()).expect("a time");
        assert_eq!(changed.duration_since(UNIX_EPOCH).expect("after 1970").as_secs() % DAY, 0);
    }

    #[test]
    fn the_relays_own_keys_are_restored_for_its_user_alone() {
        let dir = tempfile::tempdir().expect("a directory");
        let store = filled(&dir.path().join("one"));
        let (secret, push) = (Zeroizing::new([9; 32]), Zeroizing::new([8; 32]));
        RELAY.store(&dir.path().join("one"), &secret).expect("written");
        PUSH.store(&dir.path().join("one"), &push).expect("written");
        let file = dir.path().join("backup");
        write(&store, &dir.path().join("one"), &mut File::create(&file).expect("a file"), &|| true)
            .expect("a backup");
        let data = DataDir::begin_restore(&dir.path().join("two")).expect("a new one");
        let store = Embedded::open(data.path()).expect("opens");
        restore(&file, &store, &data).expect("restored");
        assert_eq!(RELAY.read(data.path()).expect("read"), Some(secret));
        assert_eq!(PUSH.read(data.path()).expect("read"), Some(push));
        #[cfg(unix)]
        for file in ["relay.key", "push.key"] {
            use std::os::unix::fs::PermissionsExt;
            let about = fs::metadata(data.path().join(file)).expect("there");
            assert_eq!(about.permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn a_backup_that_was_cut_or_changed_anywhere_is_refused() {
        let dir = tempfile::tempdir().expect("a directory");
        let (_, bytes) = backup(&dir.path().join("one"));
        let file = dir.path().join("backup");
        let said = |bytes: &[u8]| {
            fs::write(&file, bytes).expect("written");
            verify(&file).expect_err("refused")
        };
        for place in (0..bytes.len()).step_by(bytes.len() / 40) {
            assert!(matches!(said(&bytes[..place]), BackupError::Damaged | BackupError::NotABackup));
            let mut changed = bytes.clone();
            changed[place] ^= 1;
            said(&changed);
        }
        assert!(matches!(said(&[&bytes[..], b"x"].concat()), BackupError::Damaged));
        assert!(matches!(said(b"something else entirely"), BackupError::NotABackup));
        assert!(matches!(said(b"kuvert backup 9\n"), BackupError::OtherVersion));
        // RELAY-5: MAX_BACKUP_RECORD
        let huge = u32::try_from(limits::MAX_BACKUP_RECORD + 1).expect("fits").to_be_bytes();
        assert!(matches!(said(&[BEGIN, &huge, &[0; 100]].concat()), BackupError::Damaged));
    }

    #[test]
    fn no_name_in_a_backup_leads_out_of_the_blobs_directory() {
        for name in ["../secret", "/etc/passwd", "", "a/../../b", "./a"] {
            let mut places = Restoring { table: None, file: None };
            assert!(places.place(&Record::File(name.to_owned())).is_err(), "{name}");
        }
    }

    #[test]
    fn a_backup_ends_when_the_relay_stops_and_leaves_no_file() {
        let dir = tempfile::tempdir().expect("a directory");
        let store = filled(&dir.path().join("one"));
        let path = dir.path().join("backup");
        let mut file = BackupFile::create(&path).expect("a file");
        let asked = std::cell::Cell::new(0);
        let few = || {
            asked.set(asked.get() + 1);
            asked.get() < 10
        };
        let stopped = write(&store, &dir.path().join("one"), file.writer(), &few);
        assert!(matches!(stopped, Err(BackupError::Stopping)));
        assert!(matches!(file.finish(), Err(BackupError::Damaged)));
        assert!(!path.exists());
        let mut file = BackupFile::create(&path).expect("a file");
        write(&store, &dir.path().join("one"), file.writer(), &|| true).expect("a backup");
        file.finish().expect("finished");
        assert!(BackupFile::create(&path).is_err(), "no backup replaces another");
    }
}
