//! Epochs that a group has left while its inbox is still in them: where the inbox is, and until when that is kept.

use rusqlite::{OptionalExtension, params};
use zeroize::Zeroizing;

use crate::{StoreError, Tx};

/// The state of a group that was set aside for what still comes from before.
#[derive(Clone, PartialEq, Eq)]
pub struct PastRow {
    /// The channel.
    pub channel: [u8; 16],
    /// The group key in the epoch that was set aside.
    pub key: Zeroizing<[u8; 32]>,
    /// The first epoch that is not kept: the group itself has been in it.
    pub until: u64,
    /// Since when this epoch is kept: milliseconds since 1970.
    pub since: i64,
    /// The own commit that is pending in it.
    pub own: Option<[u8; 16]>,
}

impl std::fmt::Debug for PastRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PastRow").field("until", &self.until).finish_non_exhaustive()
    }
}

impl Tx<'_> {
    /// What was set aside of a channel's group.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn past(&self, channel: &[u8; 16]) -> Result<Option<PastRow>, StoreError> {
        let sql = "SELECT key, until, since, own FROM past WHERE channel = ?1";
        let mut statement = self.sql().prepare_cached(sql)?;
        let row = statement.query_row(params![channel], |row| {
            Ok(PastRow {
                channel: *channel,
                key: Zeroizing::new(row.get(0)?),
                until: row.get::<_, i64>(1)?.cast_unsigned(),
                since: row.get(2)?,
                own: row.get(3)?,
            })
        });
        Ok(row.optional()?)
    }

    /// Notes what was set aside.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn set_past(&self, row: &PastRow) -> Result<(), StoreError> {
        self.sql()
            .prepare_cached(
                "INSERT OR REPLACE INTO past (channel, key, until, since, own) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute(params![row.channel, row.key.as_slice(), row.until.cast_signed(), row.since, row.own])?;
        Ok(())
    }

    /// Forgets what was noted of a channel; says whether there was anything.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn remove_past(&self, channel: &[u8; 16]) -> Result<bool, StoreError> {
        Ok(self.sql().prepare_cached("DELETE FROM past WHERE channel = ?1")?.execute(params![channel])? > 0)
    }

    /// Channels of which something was set aside before a time, in milliseconds since 1970.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn past_since_before(&self, at: i64) -> Result<Vec<[u8; 16]>, StoreError> {
        let mut statement = self.sql().prepare_cached("SELECT channel FROM past WHERE since < ?1")?;
        let rows = statement.query_map([at], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
