//! What can go wrong with the database, by what the caller can do about it.

/// A failed database operation. The transaction that it happened in leaves no trace.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The key does not open this file, or the file is no database of Kuvert: ask for the right key.
    #[error("the database does not open with this key")]
    WrongKey,
    /// The file is damaged: restore it from a backup.
    #[error("the database is damaged")]
    Damaged,
    /// No space left: free some and try again.
    #[error("no space left for the database")]
    Full,
    /// Another program holds the database: close it first.
    #[error("the database is in use by another program")]
    InUse,
    /// The file was written by a newer version of Kuvert: update this one.
    #[error("the database was written by a newer version ({found}, this one knows {known})")]
    Newer {
        /// Schema version of the file.
        found: i64,
        /// Newest schema version that this program knows.
        known: i64,
    },
    /// A stored value does not have the shape it was written with.
    #[error("a stored value is malformed: {0}")]
    Malformed(&'static str),
    /// Any other fault of the database.
    #[error("database: {0}")]
    Sql(rusqlite::Error),
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode as Code;
        match error.sqlite_error_code() {
            // A page that does not open. If it is the first one, the key is wrong: see `Database::open`.
            Some(Code::NotADatabase | Code::DatabaseCorrupt) => Self::Damaged,
            Some(Code::DiskFull) => Self::Full,
            Some(Code::DatabaseBusy | Code::DatabaseLocked) => Self::InUse,
            _ => Self::Sql(error),
        }
    }
}
