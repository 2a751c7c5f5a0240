//! The outbox: sealed requests that wait for the relay's answer.

use rusqlite::{OptionalExtension, Row, params};

use crate::{ConversationId, MessageId, StoreError, Tx};

/// What a request is for. The numbers are part of the file format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutboxKind {
    /// Takes a contact's key package.
    TakeKeyPackage = 0,
    /// Creates a channel.
    CreateChannel = 1,
    /// Moves a channel to its next epoch.
    Commit = 2,
    /// Posts a message.
    Post = 3,
    /// Puts an envelope into an inbox.
    Deposit = 4,
}

/// A request that waits for its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxRow {
    /// Request id, repeated with every try.
    pub id: [u8; 16],
    /// What for.
    pub kind: OutboxKind,
    /// For which conversation.
    pub conversation: ConversationId,
    /// To which channel, if to one.
    pub channel: Option<[u8; 16]>,
    /// With which message, if with one.
    pub message: Option<MessageId>,
    /// The encoded frame.
    pub frame: Vec<u8>,
    /// Origin of the relay that has to answer.
    pub relay: String,
    /// When it was written down: milliseconds since 1970.
    pub since: i64,
}

const OUTBOX: &str = "id, kind, conversation, channel, message, frame, relay, since";

impl Tx<'_> {
    /// Appends a request.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn push_outbox(&self, row: &OutboxRow) -> Result<(), StoreError> {
        self.sql()
            .prepare_cached(
                "INSERT INTO outbox (id, kind, conversation, channel, message, frame, relay, since)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            )?
            .execute(params![
                row.id,
                row.kind as i64,
                row.conversation.0,
                row.channel,
                row.message.map(|id| id.0),
                row.frame,
                row.relay,
                row.since
            ])?;
        Ok(())
    }

    /// All requests, in the order in which they have to be sent.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn outbox(&self) -> Result<Vec<OutboxRow>, StoreError> {
        let sql = format!("SELECT {OUTBOX} FROM outbox ORDER BY position");
        let mut statement = self.sql().prepare_cached(&sql)?;
        let rows = statement.query_map([], outbox_row)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// At most `limit` requests to one relay behind `position`, each with its position, in the order in which they have to
    /// be sent.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn outbox_to(
        &self,
        relay: &str,
        position: i64,
        limit: usize,
    ) -> Result<Vec<(i64, Vec<u8>)>, StoreError> {
        let mut statement = self.sql().prepare_cached(
            "SELECT position, frame FROM outbox WHERE relay = ?1 AND position > ?2 ORDER BY position LIMIT ?3",
        )?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let rows =
            statement.query_map(params![relay, position, limit], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Origins of the relays for which requests wait, first the one for which the oldest does.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn outbox_relays(&self) -> Result<Vec<String>, StoreError> {
        let sql = "SELECT relay FROM outbox GROUP BY relay ORDER BY MIN(position)";
        let mut statement = self.sql().prepare_cached(sql)?;
        let rows = statement.query_map([], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The request to a relay that has waited longest.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn oldest_outbox(&self, relay: &str) -> Result<Option<OutboxRow>, StoreError> {
        let sql = format!("SELECT {OUTBOX} FROM outbox WHERE relay = ?1 ORDER BY position LIMIT 1");
        Ok(self.sql().prepare_cached(&sql)?.query_row([relay], outbox_row).optional()?)
    }

    /// The request with this id.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn outbox_row(&self, id: &[u8; 16]) -> Result<Option<OutboxRow>, StoreError> {
        let sql = format!("SELECT {OUTBOX} FROM outbox WHERE id = ?1");
        Ok(self.sql().prepare_cached(&sql)?.query_row(params![id], outbox_row).optional()?)
    }

    /// How many requests wait.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn outbox_len(&self) -> Result<u64, StoreError> {
        let count: i64 = self.sql().query_row("SELECT COUNT(*) FROM outbox", [], |row| row.get(0))?;
        Ok(count.unsigned_abs())
    }

    /// Which kind of request waits under this id, if one does.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn outbox_kind(&self, id: &[u8; 16]) -> Result<Option<OutboxKind>, StoreError> {
        let mut statement = self.sql().prepare_cached("SELECT kind FROM outbox WHERE id = ?1")?;
        Ok(statement.query_row(params![id], |row| Ok(kind_of(row.get(0)?))).optional()?)
    }

    /// Takes the request with this id out.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn take_outbox(&self, id: &[u8; 16]) -> Result<Option<OutboxRow>, StoreError> {
        let row = self.outbox_row(id)?;
        if row.is_some() {
            self.sql().prepare_cached("DELETE FROM outbox WHERE id = ?1")?.execute(params![id])?;
        }
        Ok(row)
    }

    /// Takes all posts to a channel out, so that their messages are sealed anew.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn drop_posts(&self, channel: &[u8; 16]) -> Result<(), StoreError> {
        self.sql().execute(
            "DELETE FROM outbox WHERE channel = ?1 AND kind = ?2",
            params![channel, OutboxKind::Post as i64],
        )?;
        Ok(())
    }

    /// Puts the commits and posts to a channel behind everything else, in their order: the request that makes the channel
    /// goes before them.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn move_back(&self, channel: &[u8; 16]) -> Result<(), StoreError> {
        let sql = "SELECT position FROM outbox WHERE channel = ?1 AND kind <> ?2 ORDER BY position";
        let positions: Vec<i64> = self
            .sql()
            .prepare_cached(sql)?
            .query_map(params![channel, OutboxKind::CreateChannel as i64], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        for position in positions {
            // The table gives every position out once, so that the new one is the last.
            self.sql()
                .prepare_cached(
                    "INSERT OR REPLACE INTO outbox (id, kind, conversation, channel, message, frame, relay, since)
                     SELECT id, kind, conversation, channel, message, frame, relay, since FROM outbox
                     WHERE position = ?1",
                )?
                .execute([position])?;
        }
        Ok(())
    }

    /// Takes all commits to a channel out: another one won.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn drop_commits(&self, channel: &[u8; 16]) -> Result<(), StoreError> {
        self.sql().execute(
            "DELETE FROM outbox WHERE channel = ?1 AND kind = ?2",
            params![channel, OutboxKind::Commit as i64],
        )?;
        Ok(())
    }
}

fn kind_of(number: i64) -> OutboxKind {
    match number {
        0 => OutboxKind::TakeKeyPackage,
        1 => OutboxKind::CreateChannel,
        2 => OutboxKind::Commit,
        4 => OutboxKind::Deposit,
        _ => OutboxKind::Post,
    }
}

fn outbox_row(row: &Row<'_>) -> rusqlite::Result<OutboxRow> {
    Ok(OutboxRow {
        id: row.get(0)?,
        kind: kind_of(row.get(1)?),
        conversation: ConversationId(row.get(2)?),
        channel: row.get(3)?,
        message: row.get::<_, Option<i64>>(4)?.map(MessageId),
        frame: row.get(5)?,
        relay: row.get(6)?,
        since: row.get(7)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ContactState, Database, DatabaseKey, Location};

    #[test]
    fn what_makes_a_channel_goes_before_all_that_waits_for_it() {
        let mut db = Database::open(Location::Memory, &DatabaseKey::new([0; 32])).expect("opens");
        let done = db.transaction(|tx| {
            let (_, conversation) = tx.add_contact(&[1; 32], "Ben", ContactState::Accepted)?;
            let row = |id: u8, kind, channel: u8| OutboxRow {
                id: [id; 16],
                kind,
                conversation,
                channel: Some([channel; 16]),
                message: None,
                frame: vec![id],
                relay: String::new(),
                since: i64::from(id),
            };
            tx.push_outbox(&row(1, OutboxKind::Post, 1))?;
            tx.push_outbox(&row(2, OutboxKind::Post, 2))?;
            tx.push_outbox(&row(3, OutboxKind::Commit, 1))?;
            tx.push_outbox(&row(4, OutboxKind::CreateChannel, 1))?;
            tx.move_back(&[1; 16])?;
            tx.outbox()
        });
        let (rows, _) = done.expect("nothing fails");
        let order: Vec<_> = rows.iter().map(|row| (row.id[0], row.frame[0], row.since)).collect();
        assert_eq!(order, [(2, 2, 2), (4, 4, 4), (1, 1, 1), (3, 3, 3)]);
    }
}
