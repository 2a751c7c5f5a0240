//! What an operator asks of a relay's data: an inventory, a backup, a restore, invitations.
//!
//! Only one process uses a data directory. While a relay runs, it answers these questions itself, at a Unix socket in the
//! directory, which only its own user (and root) can open; otherwise the directory is used directly. Nothing here shows more
//! than counts, sizes and fresh codes, because there is no more.

mod client;
mod server;

use std::io;
use std::path::{Path, PathBuf};

use kuvert_wire::Invite;
use minicbor::{Decode, Encode};

pub use client::{backup, inspect, invite, restore};
pub(crate) use server::{Desk, serve};

use crate::backup::BackupError;
use crate::data::{self, BLOBS, DataError};
use crate::store::{RelayStore, StoreError};
use crate::{disk, tally};

/// The socket in the data directory.
const SOCKET: &str = "control";

/// Why a question was not answered.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// The directory cannot be used.
    #[error(transparent)]
    Data(#[from] DataError),
    /// There is no relay's data.
    #[error("there is no relay in {}", directory.display())]
    NoRelay {
        /// Where it was looked for.
        directory: PathBuf,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The backup failed.
    #[error(transparent)]
    Backup(#[from] BackupError),
    /// The running relay did not answer as it should.
    #[error("the running relay did not answer: {0}")]
    Connection(#[from] io::Error),
    /// The running relay says why not.
    #[error("the running relay answers: {0}")]
    Refused(String),
}

/// What is stored, in counts and sizes.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Inventory {
    /// The tables, in a fixed order.
    #[n(0)]
    pub tables: Vec<TableInventory>,
    /// Files of blobs.
    #[n(1)]
    pub blob_files: u64,
    /// Their bytes.
    #[n(2)]
    pub blob_bytes: u64,
    /// Bytes of all files in the data directory.
    #[n(3)]
    pub disk_bytes: u64,
    /// Free bytes on its disk.
    #[n(4)]
    pub free_bytes: u64,
}

/// One table.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct TableInventory {
    /// Its name.
    #[n(0)]
    pub name: String,
    /// Rows.
    #[n(1)]
    pub rows: u64,
    /// Bytes of keys and values.
    #[n(2)]
    pub bytes: u64,
    /// The largest value.
    #[n(3)]
    pub largest: u64,
}

/// A question to a running relay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
enum Question {
    #[n(0)]
    Inspect,
    #[n(1)]
    Invite(#[n(0)] u32),
    #[n(2)]
    Backup,
}

/// Its answer.
#[derive(Debug, Encode, Decode)]
enum Reply {
    #[n(0)]
    Inventory(#[n(0)] Inventory),
    #[n(1)]
    Invites(#[n(0)] Vec<String>),
    /// The backup follows, until the connection ends.
    #[n(2)]
    Backup,
    #[n(3)]
    Refused(#[n(0)] String),
}

/// Counts what `store` and its directory hold.
fn take_stock(store: &dyn RelayStore, data: &Path) -> Result<Inventory, AdminError> {
    let tables = tally::count(store)?.into_iter().map(|(name, tally)| TableInventory {
        name: name.to_owned(),
        rows: tally.rows,
        bytes: tally.bytes,
        largest: tally.largest,
    });
    let measure = |directory: &Path| {
        let (mut files, mut bytes) = (0, 0);
        data::walk(directory, &mut |file| {
            files += 1;
            bytes += file.metadata().map_or(0, |about| about.len());
            Ok(())
        })?;
        Ok::<(u64, u64), io::Error>((files, bytes))
    };
    let unusable = |source| DataError::Unusable { directory: data.to_owned(), source };
    let (blob_files, blob_bytes) = measure(&data.join(BLOBS)).map_err(unusable)?;
    let (_, disk_bytes) = measure(data).map_err(unusable)?;
    let free_bytes = disk::free(data).unwrap_or_default();
    Ok(Inventory { tables: tables.collect(), blob_files, blob_bytes, disk_bytes, free_bytes })
}

/// A fresh invitation.
fn new_invite() -> Invite {
    let chance = crate::seal::random();
    let mut bytes = zeroize::Zeroizing::new([0; 16]);
    bytes.copy_from_slice(&chance[..16]);
    Invite::new(*bytes)
}
