//! Opening the database, and its transactions.

use std::cell::{Cell, RefCell, RefMut};

use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::{ChangeSet, MlsStorage, StoreError, migrations};

/// The 32 random bytes that encrypt a database. SQLCipher takes them raw, without a key derivation of its own.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct DatabaseKey([u8; 32]);

impl DatabaseKey {
    /// Wraps the bytes.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl std::fmt::Debug for DatabaseKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DatabaseKey(..)")
    }
}

/// Where a database lives.
#[derive(Debug, Clone, Copy)]
pub enum Location<'a> {
    /// A file, by its path in the platform's file system or in the browser's VFS.
    File(&'a str),
    /// In memory: gone when closed.
    Memory,
}

/// An open database. There is one connection and one writer; the type is not `Sync`.
pub struct Database {
    connection: Connection,
}

impl Database {
    /// Opens the database, creating it where it does not exist, and brings its schema up to date.
    ///
    /// # Errors
    /// [`StoreError::WrongKey`] if the key does not fit, [`StoreError::InUse`] if another program has it open,
    /// [`StoreError::Newer`] if a newer version wrote it.
    pub fn open(location: Location<'_>, key: &DatabaseKey) -> Result<Self, StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut connection = match location {
            Location::File(path) => Connection::open_with_flags(path, flags)?,
            Location::Memory => Connection::open_in_memory_with_flags(flags)?,
        };
        let mut hex = Zeroizing::new(String::with_capacity(64));
        for byte in key.0 {
            use std::fmt::Write as _;
            let _ = write!(hex, "{byte:02x}");
        }
        let pragma = Zeroizing::new(format!("PRAGMA key = \"x'{}'\";", hex.as_str()));
        connection.execute_batch("PRAGMA cipher_log_level = NONE;")?;
        connection.execute_batch(&pragma)?;
        prepare(&connection)?;
        migrations::run(&mut connection)?;
        Ok(Self { connection })
    }

    /// Opens a database that is not encrypted, and the same in everything else: what is in its file can be seen.
    #[cfg(test)]
    pub(crate) fn open_plain(path: &std::path::Path) -> Result<Self, StoreError> {
        let mut connection = Connection::open(path)?;
        prepare(&connection)?;
        migrations::run(&mut connection)?;
        Ok(Self { connection })
    }

    /// Runs `work` in one transaction. What it returns as an error rolls everything back; otherwise the changes are
    /// durable when this returns, together with the notices of what changed.
    ///
    /// # Errors
    /// The error of `work`, or [`StoreError`] if the commit fails.
    pub fn transaction<T, E: From<StoreError>>(
        &mut self,
        work: impl FnOnce(&Tx<'_>) -> Result<T, E>,
    ) -> Result<(T, ChangeSet), E> {
        let (value, changes, erased) = {
            let transaction = self
                .connection
                .transaction_with_behavior(TransactionBehavior::Immediate)
                .map_err(StoreError::from)?;
            let tx = Tx { transaction, changes: RefCell::default(), erased: Cell::new(false) };
            let value = work(&tx)?;
            let Tx { transaction, changes, erased } = tx;
            transaction.commit().map_err(StoreError::from)?;
            (value, changes.into_inner(), erased.get())
        };
        if erased {
            self.forget_earlier_pages();
        }
        Ok((value, changes))
    }

    /// Reads outside of a change.
    ///
    /// # Errors
    /// The error of `work`, or [`StoreError`].
    pub fn read<T, E: From<StoreError>>(
        &mut self,
        work: impl FnOnce(&Tx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let transaction = self.connection.transaction().map_err(StoreError::from)?;
        let tx = Tx { transaction, changes: RefCell::default(), erased: Cell::new(false) };
        let value = work(&tx)?;
        debug_assert!(tx.changes.borrow().is_empty(), "a read changes nothing");
        Ok(value)
    }

    /// Something was deleted for good: earlier forms of its pages must not stay in the write-ahead log (STORE-1).
    fn forget_earlier_pages(&self) {
        // What was deleted is deleted in any case; should the disk be full now, the next checkpoint does it.
        let _ = self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
    }
}

/// How every connection works, whatever encrypts it.
fn prepare(connection: &Connection) -> Result<(), StoreError> {
    // Whoever holds the file holds it for good: waiting would only delay the answer.
    connection.busy_timeout(std::time::Duration::ZERO)?;
    // An exclusive lock from the first read keeps a second program out (STORE-2); `synchronous = FULL` makes a
    // commit durable before anything that it sealed is sent (MLS-2).
    connection.execute_batch("PRAGMA locking_mode = EXCLUSIVE;")?;
    // This reads the first page alone, which opens with the right key only.
    connection.query_row("PRAGMA user_version", [], |_| Ok(())).map_err(|error| match error.into() {
        StoreError::Damaged => StoreError::WrongKey,
        error => error,
    })?;
    connection.execute_batch(
        "PRAGMA secure_delete = ON;
         PRAGMA foreign_keys = ON;
         PRAGMA temp_store = MEMORY;
         PRAGMA cache_size = -4096;",
    )?;
    // The exclusive lock lets it do without shared memory, which the browser's VFS does not have.
    connection.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(()))?;
    connection.execute_batch("PRAGMA synchronous = FULL;")?;
    Ok(())
}

/// A transaction: the only way to read and write.
pub struct Tx<'a> {
    transaction: Transaction<'a>,
    changes: RefCell<ChangeSet>,
    /// Something was deleted that must not be found in the file any more.
    erased: Cell<bool>,
}

impl Tx<'_> {
    /// The MLS state, within this transaction.
    pub fn mls(&self) -> MlsStorage<'_> {
        MlsStorage::new(&self.transaction)
    }

    /// Runs `work` so that its failure undoes what it wrote, and nothing else of this transaction.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails; the error of `work` comes back inside.
    pub fn attempt<T, E>(&self, work: impl FnOnce() -> Result<T, E>) -> Result<Result<T, E>, StoreError> {
        self.sql().execute_batch("SAVEPOINT attempt")?;
        let result = work();
        let end = if result.is_ok() { "RELEASE attempt" } else { "ROLLBACK TO attempt; RELEASE attempt" };
        self.sql().execute_batch(end)?;
        Ok(result)
    }

    /// Something is deleted for good in this transaction: after it, the file holds no earlier form of it (STORE-1).
    pub fn erase(&self) {
        self.erased.set(true);
    }

    pub(crate) fn note(&self) -> RefMut<'_, ChangeSet> {
        self.changes.borrow_mut()
    }

    pub(crate) fn sql(&self) -> &Connection {
        &self.transaction
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MetaKey;

    fn open(path: &std::path::Path, key: u8) -> Result<Database, StoreError> {
        Database::open(Location::File(path.to_str().expect("UTF-8")), &DatabaseKey::new([key; 32]))
    }

    #[test]
    fn a_database_opens_with_its_key_only_and_shows_nothing_without() {
        let dir = tempfile::tempdir().expect("temporary folder");
        let path = dir.path().join("kuvert.db");
        let mut db = open(&path, 1).expect("creates");
        let written = db.transaction(|tx| tx.set_meta(MetaKey::Name, b"Annabella Probe"));
        written.expect("writes");
        drop(db);
        let bytes = std::fs::read(&path).expect("file");
        assert!(!bytes.windows(15).any(|w| w == b"Annabella Probe"));
        assert!(!bytes.starts_with(b"SQLite format 3"));
        assert!(matches!(open(&path, 2), Err(StoreError::WrongKey)));
        let mut db = open(&path, 1).expect("opens again");
        let name = db.read(|tx| tx.meta(MetaKey::Name)).expect("reads");
        assert_eq!(name.as_ref().map(|name| name.as_slice()), Some(b"Annabella Probe".as_slice()));
    }

    #[test]
    fn a_damaged_or_newer_database_is_said_and_left_as_it_is() {
        let dir = tempfile::tempdir().expect("temporary folder");
        let path = dir.path().join("kuvert.db");
        let mut db = open(&path, 1).expect("creates");
        let filled = db.transaction(|tx| {
            (0..200)
                .try_for_each(|n| tx.add_contact(&[n; 32], "Ben", crate::ContactState::Accepted).map(drop))
        });
        filled.expect("writes");
        drop(db);
        let whole = std::fs::read(&path).expect("file");
        // Every other page, as a dying disk would leave it.
        let mut damaged = whole.clone();
        for page in damaged.chunks_exact_mut(4096).skip(1).step_by(2) {
            page.fill(0xee);
        }
        std::fs::write(&path, &damaged).expect("written");
        let read = open(&path, 1).and_then(|mut db| db.read(|tx| tx.conversations(0).map(drop)));
        assert!(matches!(read, Err(StoreError::Damaged)), "{read:?}");
        assert_eq!(std::fs::read(&path).expect("file"), damaged);

        std::fs::write(&path, &whole).expect("written");
        let db = open(&path, 1).expect("opens");
        db.connection.execute_batch("PRAGMA user_version = 99").expect("writes");
        drop(db);
        let newer = std::fs::read(&path).expect("file");
        assert!(matches!(open(&path, 1), Err(StoreError::Newer { found: 99, .. })));
        assert_eq!(std::fs::read(&path).expect("file"), newer);
    }

    #[test]
    fn a_second_program_is_kept_out() {
        // STORE-2: one writer per database.
        let dir = tempfile::tempdir().expect("temporary folder");
        let path = dir.path().join("kuvert.db");
        let _first = open(&path, 1).expect("creates");
        assert!(matches!(open(&path, 1), Err(StoreError::InUse)));
    }

    #[test]
    fn a_full_disk_is_said_leaves_no_trace_and_is_over_when_there_is_room_again() {
        let dir = tempfile::tempdir().expect("temporary folder");
        let path = dir.path().join("kuvert.db");
        let mut db = open(&path, 1).expect("creates");
        db.transaction(|tx| tx.set_meta(MetaKey::Name, b"before")).expect("writes");
        let pages: i64 = db.connection.query_row("PRAGMA page_count", [], |row| row.get(0)).expect("reads");
        let limit = |db: &Database, pages: i64| {
            let sql = format!("PRAGMA max_page_count = {pages}");
            db.connection.query_row(&sql, [], |_| Ok(())).expect("sets");
        };
        limit(&db, pages);
        let large = vec![7; 100_000];
        let full = db.transaction(|tx| {
            tx.set_meta(MetaKey::Name, b"after")?;
            tx.set_meta(MetaKey::Link, &large)
        });
        assert!(matches!(full, Err(StoreError::Full)), "{full:?}");
        let name = |db: &mut Database| {
            db.read(|tx| tx.meta(MetaKey::Name)).expect("reads").expect("a name").to_vec()
        };
        assert_eq!(name(&mut db), b"before");
        limit(&db, pages + 100);
        db.transaction(|tx| tx.set_meta(MetaKey::Link, &large)).expect("writes");
        drop(db);
        assert_eq!(name(&mut open(&path, 1).expect("opens")), b"before");
    }

    #[test]
    fn a_failed_transaction_leaves_no_trace() {
        let mut db = Database::open(Location::Memory, &DatabaseKey::new([0; 32])).expect("opens");
        let failed = db.transaction(|tx| {
            tx.set_meta(MetaKey::Name, b"x")?;
            Err::<(), _>(StoreError::Full)
        });
        assert!(matches!(failed, Err(StoreError::Full)));
        assert!(db.read(|tx| tx.meta(MetaKey::Name)).expect("reads").is_none());
    }
}
