//! What waits: entries for a commit or a blob, commits for the upload of their blobs, key packages for their end.

use rusqlite::{OptionalExtension, params};
use zeroize::Zeroizing;

use crate::{StoreError, Tx};

/// An entry of a channel that cannot be worked off yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptRow {
    /// Row id; earlier entries have lower ones.
    pub id: i64,
    /// The entry, encoded.
    pub entry: Vec<u8>,
}

/// A blob that has to be at its relay before a request leaves.
#[derive(Clone, PartialEq, Eq)]
pub struct UploadRow {
    /// Its name.
    pub id: [u8; 16],
    /// The channel of the request that waits for it.
    pub channel: [u8; 16],
    /// Origin of its relay.
    pub relay: String,
    /// The right to upload it.
    pub secret: Zeroizing<[u8; 32]>,
    /// Its bytes.
    pub body: Vec<u8>,
}

impl std::fmt::Debug for UploadRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UploadRow").finish_non_exhaustive()
    }
}

impl Tx<'_> {
    /// Keeps an entry for later, unless a channel has so many or so many bytes already: then it says no.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn keep_entry(
        &self,
        channel: &[u8; 16],
        entry: &[u8],
        (most, most_bytes): (u64, u64),
    ) -> Result<bool, StoreError> {
        let sql = "SELECT COUNT(*), COALESCE(SUM(LENGTH(entry)), 0) FROM kept WHERE channel = ?1";
        let (count, bytes): (i64, i64) = self
            .sql()
            .prepare_cached(sql)?
            .query_row(params![channel], |row| Ok((row.get(0)?, row.get(1)?)))?;
        if count.cast_unsigned() >= most || bytes.cast_unsigned() + entry.len() as u64 > most_bytes {
            return Ok(false);
        }
        self.sql()
            .prepare_cached("INSERT INTO kept (channel, entry) VALUES (?1, ?2)")?
            .execute(params![channel, entry])?;
        Ok(true)
    }

    /// What a channel keeps for later, oldest first.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn kept_entries(&self, channel: &[u8; 16]) -> Result<Vec<KeptRow>, StoreError> {
        let mut statement =
            self.sql().prepare_cached("SELECT id, entry FROM kept WHERE channel = ?1 ORDER BY id")?;
        let rows = statement
            .query_map(params![channel], |row| Ok(KeptRow { id: row.get(0)?, entry: row.get(1)? }))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Whether a channel keeps something for later.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn has_kept(&self, channel: &[u8; 16]) -> Result<bool, StoreError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM kept WHERE channel = ?1)";
        Ok(self.sql().prepare_cached(sql)?.query_row(params![channel], |row| row.get(0))?)
    }

    /// Channels that keep something for later.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn keeping(&self) -> Result<Vec<[u8; 16]>, StoreError> {
        let mut statement = self.sql().prepare_cached("SELECT DISTINCT channel FROM kept")?;
        let rows = statement.query_map([], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Forgets a kept entry.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn remove_kept(&self, id: i64) -> Result<(), StoreError> {
        self.sql().prepare_cached("DELETE FROM kept WHERE id = ?1")?.execute([id])?;
        Ok(())
    }

    /// Notes an own key package by the reference of its private half, and when it ends: seconds since 1970.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn add_own_package(&self, reference: &[u8], ends: u64) -> Result<(), StoreError> {
        self.sql()
            .prepare_cached("INSERT OR REPLACE INTO own_package (reference, ends) VALUES (?1, ?2)")?
            .execute(params![reference, ends.cast_signed()])?;
        Ok(())
    }

    /// Takes the references of key packages that have ended by `now` (seconds since 1970), at most `limit`.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn take_ended_packages(&self, now: u64, limit: u32) -> Result<Vec<Vec<u8>>, StoreError> {
        let mut statement = self.sql().prepare_cached(
            "DELETE FROM own_package WHERE reference IN
             (SELECT reference FROM own_package WHERE ends < ?1 ORDER BY ends LIMIT ?2) RETURNING reference",
        )?;
        let rows = statement.query_map(params![now.cast_signed(), limit], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// How many key packages have a private half here.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn own_packages(&self) -> Result<u64, StoreError> {
        let count: i64 = self.sql().query_row("SELECT COUNT(*) FROM own_package", [], |row| row.get(0))?;
        Ok(count.cast_unsigned())
    }

    /// Notes the group key that a group will have, once a commit from outside was accepted.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn set_prospect(&self, channel: &[u8; 16], key: &[u8; 32]) -> Result<(), StoreError> {
        self.sql().execute("UPDATE mls_group SET prospect = ?2 WHERE channel = ?1", params![channel, key])?;
        Ok(())
    }

    /// Takes that key.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn take_prospect(&self, channel: &[u8; 16]) -> Result<Option<Zeroizing<[u8; 32]>>, StoreError> {
        let sql = "SELECT prospect FROM mls_group WHERE channel = ?1";
        let key: Option<[u8; 32]> = self
            .sql()
            .prepare_cached(sql)?
            .query_row(params![channel], |row| row.get(0))
            .optional()?
            .flatten();
        self.sql().execute("UPDATE mls_group SET prospect = NULL WHERE channel = ?1", params![channel])?;
        Ok(key.map(Zeroizing::new))
    }

    /// Whether a request of a channel is held back.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn has_prepared(&self, channel: &[u8; 16]) -> Result<bool, StoreError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM prepared WHERE channel = ?1)";
        Ok(self.sql().prepare_cached(sql)?.query_row(params![channel], |row| row.get(0))?)
    }

    /// Holds a request back until the blobs of its channel are uploaded. There is one per channel.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn set_prepared(&self, channel: &[u8; 16], frame: &[u8]) -> Result<(), StoreError> {
        self.sql().execute(
            "INSERT OR REPLACE INTO prepared (channel, frame) VALUES (?1, ?2)",
            params![channel, frame],
        )?;
        Ok(())
    }

    /// Takes the request that was held back for a channel.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn take_prepared(&self, channel: &[u8; 16]) -> Result<Option<Vec<u8>>, StoreError> {
        let mut statement =
            self.sql().prepare_cached("DELETE FROM prepared WHERE channel = ?1 RETURNING frame")?;
        Ok(statement.query_row(params![channel], |row| row.get(0)).optional()?)
    }

    /// Adds a blob that has to be uploaded.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn add_upload(&self, row: &UploadRow) -> Result<(), StoreError> {
        self.sql().execute(
            "INSERT INTO upload (id, channel, relay, secret, body) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![row.id, row.channel, row.relay, row.secret.as_slice(), row.body],
        )?;
        Ok(())
    }

    /// All blobs that have to be uploaded.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn uploads(&self) -> Result<Vec<UploadRow>, StoreError> {
        let mut statement =
            self.sql().prepare_cached("SELECT id, channel, relay, secret, body FROM upload ORDER BY id")?;
        let rows = statement.query_map([], |row| {
            Ok(UploadRow {
                id: row.get(0)?,
                channel: row.get(1)?,
                relay: row.get(2)?,
                secret: Zeroizing::new(row.get(3)?),
                body: row.get(4)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Forgets a blob that was uploaded, or is not wanted any more.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn remove_upload(&self, id: &[u8; 16]) -> Result<(), StoreError> {
        self.sql().execute("DELETE FROM upload WHERE id = ?1", params![id])?;
        Ok(())
    }

    /// Forgets all blobs of a channel that have to be uploaded, and the request that waits for them.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn drop_prepared(&self, channel: &[u8; 16]) -> Result<(), StoreError> {
        self.sql().execute("DELETE FROM prepared WHERE channel = ?1", params![channel])?;
        self.sql().execute("DELETE FROM upload WHERE channel = ?1", params![channel])?;
        Ok(())
    }
}
