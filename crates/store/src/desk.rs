//! The desk room of a business line: its events in their order, and what they were folded into.
//!
//! Events are kept until the state that they were folded into is written, in one transaction with what goes.

use rusqlite::{OptionalExtension, params};

use crate::message::{MESSAGE, message_row};
use crate::{ContactId, ConversationId, MessageRow, StoreError, Tx};

/// An event of the desk room, as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeskEventRow {
    /// Grows with the room's order.
    pub position: i64,
    /// Its content-derived id.
    pub id: Vec<u8>,
    /// Public key of the device that sent it.
    pub device: [u8; 32],
    /// When it was sent, by that device's clock: milliseconds since 1970.
    pub at: i64,
    /// The event, as `kuvert-desk` encodes it.
    pub body: Vec<u8>,
}

/// What a conversation tells of who waits for an answer. Times are milliseconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeskFactsRow {
    /// Which.
    pub conversation: ConversationId,
    /// Its channel, which names it on all devices.
    pub channel: [u8; 16],
    /// Messages not yet seen here.
    pub unread: u32,
    /// When the customer wrote last.
    pub last_customer_at: Option<i64>,
    /// When the line answered last.
    pub last_answer_at: Option<i64>,
    /// When the customer wrote the first message since then.
    pub unanswered_since: Option<i64>,
}

/// An answer to a customer who had waited for it. Times are milliseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AnswerRow {
    /// The conversation's channel.
    pub channel: [u8; 16],
    /// When the customer wrote, after the line had written last.
    pub asked_at: i64,
    /// When the line wrote then.
    pub answered_at: i64,
}

/// A message as another device of the line is told of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToldRow {
    /// The message.
    pub message: MessageRow,
    /// Its content as it came; empty for a text.
    pub content: Vec<u8>,
    /// It is deleted so many seconds after it was read.
    pub expires_after: Option<u32>,
}

/// A part of the folded state: its key, and what it is.
pub type DeskStateRow = (Vec<u8>, Vec<u8>);

impl Tx<'_> {
    /// Appends an event, unless it is there. Says whether it was new.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn add_desk_event(
        &self,
        id: &[u8],
        device: &[u8; 32],
        at: i64,
        body: &[u8],
    ) -> Result<bool, StoreError> {
        let sql =
            "INSERT INTO desk_event (id, device, at, body) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING";
        let added = self.sql().prepare_cached(sql)?.execute(params![id, device, at, body])?;
        self.note().desk |= added > 0;
        Ok(added > 0)
    }

    /// At most `limit` events that were not folded, in their order.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn unfolded_desk_events(&self, limit: u32) -> Result<Vec<DeskEventRow>, StoreError> {
        let sql = "SELECT position, id, device, at, body FROM desk_event WHERE body <> x''
                   ORDER BY position LIMIT ?1";
        let mut statement = self.sql().prepare_cached(sql)?;
        let rows = statement.query_map([limit], |row| {
            Ok(DeskEventRow {
                position: row.get(0)?,
                id: row.get(1)?,
                device: row.get(2)?,
                at: row.get(3)?,
                body: row.get(4)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The position of an event that is there, folded or not.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn desk_position(&self, id: &[u8]) -> Result<Option<i64>, StoreError> {
        let mut statement = self.sql().prepare_cached("SELECT position FROM desk_event WHERE id = ?1")?;
        Ok(statement.query_row([id], |row| row.get(0)).optional()?)
    }

    /// The id of the event at a position.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn desk_event_id(&self, position: i64) -> Result<Option<Vec<u8>>, StoreError> {
        let mut statement = self.sql().prepare_cached("SELECT id FROM desk_event WHERE position = ?1")?;
        Ok(statement.query_row([position], |row| row.get(0)).optional()?)
    }

    /// Ids of the last `limit` events that were folded.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn folded_desk_events(&self, limit: u32) -> Result<Vec<Vec<u8>>, StoreError> {
        let sql = "SELECT id FROM desk_event WHERE body = x'' ORDER BY position DESC LIMIT ?1";
        let mut statement = self.sql().prepare_cached(sql)?;
        let rows = statement.query_map([limit], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// An event was folded elsewhere: it is not to be folded here.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn skip_desk_event(&self, id: &[u8]) -> Result<(), StoreError> {
        let sql = "INSERT INTO desk_event (id, device, at, body) VALUES (?1, zeroblob(32), 0, x'')
                   ON CONFLICT (id) DO UPDATE SET body = x''";
        self.sql().prepare_cached(sql)?.execute([id])?;
        Ok(())
    }

    /// The position of the newest event; 0 if there never was one.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn last_desk_position(&self) -> Result<i64, StoreError> {
        let mut statement = self.sql().prepare_cached("SELECT coalesce(max(position), 0) FROM desk_event")?;
        Ok(statement.query_row([], |row| row.get(0))?)
    }

    /// Remembers what an own post to the desk room says, by the id under which the relay gets it. Of more than `most`, the oldest go.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn add_own_desk_post(&self, post: &[u8; 16], content: &[u8], most: i64) -> Result<(), StoreError> {
        let sql = "INSERT INTO desk_own (post, content) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
        self.sql().prepare_cached(sql)?.execute(params![post, content])?;
        let sql = "DELETE FROM desk_own WHERE position <= (SELECT max(position) FROM desk_own) - ?1";
        self.sql().prepare_cached(sql)?.execute([most])?;
        Ok(())
    }

    /// What an own post to the desk room says, which came back. It is forgotten, under whatever ids it was posted.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn take_own_desk_post(&self, post: &[u8; 16]) -> Result<Option<Vec<u8>>, StoreError> {
        let mut statement = self.sql().prepare_cached("SELECT content FROM desk_own WHERE post = ?1")?;
        let content: Option<Vec<u8>> = statement.query_row([post], |row| row.get(0)).optional()?;
        if let Some(content) = &content {
            self.sql().prepare_cached("DELETE FROM desk_own WHERE content = ?1")?.execute([content])?;
        }
        Ok(content)
    }

    /// How many own posts to the desk room have not come back.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn own_desk_posts(&self) -> Result<u64, StoreError> {
        // What was posted again under another id is one.
        let mut statement = self.sql().prepare_cached("SELECT count(DISTINCT content) FROM desk_own")?;
        let count: i64 = statement.query_row([], |row| row.get(0))?;
        Ok(count.unsigned_abs())
    }

    /// What own posts say that have not come back.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn own_desk_contents(&self) -> Result<Vec<Vec<u8>>, StoreError> {
        let mut statement = self.sql().prepare_cached("SELECT DISTINCT content FROM desk_own")?;
        let rows = statement.query_map([], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// An own post does not come back any more: it is in the state that was taken.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn forget_own_desk_post(&self, content: &[u8]) -> Result<(), StoreError> {
        self.sql().prepare_cached("DELETE FROM desk_own WHERE content = ?1")?.execute([content])?;
        Ok(())
    }

    /// It stands otherwise with the desk room: who shows it is told.
    pub fn note_desk(&self) {
        self.note().desk = true;
    }

    /// Events up to `position` were folded: what they said goes, and only the ids of the last `most` are kept, so that none is
    /// taken twice.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn forget_desk_events(&self, position: i64, most: i64) -> Result<(), StoreError> {
        self.sql()
            .execute("UPDATE desk_event SET body = x'' WHERE position <= ?1 AND body <> x''", [position])?;
        self.sql().execute("DELETE FROM desk_event WHERE position <= ?1", [position.saturating_sub(most)])?;
        Ok(())
    }

    /// Writes a part of the folded state, or takes it away.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn set_desk_state(&self, key: &[u8], value: Option<&[u8]>) -> Result<(), StoreError> {
        match value {
            Some(value) => {
                let sql = "INSERT OR REPLACE INTO desk_state (key, value) VALUES (?1, ?2)";
                self.sql().prepare_cached(sql)?.execute(params![key, value])?;
            }
            None => {
                self.sql().prepare_cached("DELETE FROM desk_state WHERE key = ?1")?.execute([key])?;
            }
        }
        Ok(())
    }

    /// One part of the folded state.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn desk_state_of(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let mut statement = self.sql().prepare_cached("SELECT value FROM desk_state WHERE key = ?1")?;
        Ok(statement.query_row([key], |row| row.get(0)).optional()?)
    }

    /// All of the folded state.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn desk_state(&self) -> Result<Vec<DeskStateRow>, StoreError> {
        let mut statement = self.sql().prepare_cached("SELECT key, value FROM desk_state ORDER BY key")?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Forgets the parts whose keys begin like this.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn clear_desk_state_under(&self, prefix: &[u8]) -> Result<(), StoreError> {
        let sql = "DELETE FROM desk_state WHERE substr(key, 1, length(?1)) = ?1";
        self.sql().prepare_cached(sql)?.execute([prefix])?;
        Ok(())
    }

    /// Forgets all of the folded state, because another one takes its place.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn clear_desk_state(&self) -> Result<(), StoreError> {
        self.sql().execute("DELETE FROM desk_state", [])?;
        Ok(())
    }

    /// Everything that was said in a conversation so far is to be deleted at `erase_at` (milliseconds since 1970), but for what
    /// is `kept`; what is to go earlier by itself still does. `None` takes an earlier wish back.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn erase_later(
        &self,
        conversation: ConversationId,
        erase_at: Option<i64>,
        kept: &[&[u8]],
    ) -> Result<(), StoreError> {
        let sql = "UPDATE message SET expires_at = NULL WHERE conversation = ?1 AND state < 6
                   AND expires_at = (SELECT erase_at FROM conversation WHERE id = ?1)";
        self.sql().prepare_cached(sql)?.execute([conversation.0])?;
        let sql = "UPDATE conversation SET erase_at = ?2 WHERE id = ?1";
        self.sql().prepare_cached(sql)?.execute(params![conversation.0, erase_at])?;
        if let Some(at) = erase_at {
            let sql = "UPDATE message SET expires_at = min(coalesce(expires_at, ?2), ?2)
                       WHERE conversation = ?1 AND state < 6";
            self.sql().prepare_cached(sql)?.execute(params![conversation.0, at])?;
            let sql = "UPDATE message SET expires_at = NULL
                       WHERE conversation = ?1 AND mimi = ?2 AND expires_at = ?3";
            for mimi in kept {
                self.sql().prepare_cached(sql)?.execute(params![conversation.0, mimi, at])?;
            }
        }
        self.note().conversations.insert(conversation);
        Ok(())
    }

    /// When what was said in a conversation is to be deleted: milliseconds since 1970.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn erase_at(&self, conversation: ConversationId) -> Result<Option<i64>, StoreError> {
        let mut statement = self.sql().prepare_cached("SELECT erase_at FROM conversation WHERE id = ?1")?;
        Ok(statement.query_row([conversation.0], |row| row.get(0)).optional()?.flatten())
    }

    /// What all direct conversations tell of who waits for an answer. Those that were taken from this device, with all that was
    /// said, are left out.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn desk_facts(&self, only: Option<ConversationId>) -> Result<Vec<DeskFactsRow>, StoreError> {
        let sql = "SELECT v.id, v.channel, v.unread,
                (SELECT m.at FROM message m WHERE m.conversation = v.id AND m.state < 6 AND m.sender = 1
                 AND m.kind <> 5 ORDER BY m.id DESC LIMIT 1),
                (SELECT m.at FROM message m WHERE m.conversation = v.id AND m.state < 6 AND m.sender = 0
                 ORDER BY m.id DESC LIMIT 1),
                (SELECT m.at FROM message m WHERE m.conversation = v.id AND m.state < 6 AND m.sender = 1
                 AND m.kind <> 5 AND m.id > coalesce((SELECT o.id FROM message o WHERE o.conversation = v.id AND o.state < 6
                                      AND o.sender = 0 ORDER BY o.id DESC LIMIT 1), 0) ORDER BY m.id LIMIT 1)
             FROM conversation v
             WHERE v.contact IS NOT NULL AND v.channel IS NOT NULL AND v.id = coalesce(?1, v.id)
             AND (EXISTS (SELECT 1 FROM message m WHERE m.conversation = v.id AND m.state < 6)
                  OR NOT EXISTS (SELECT 1 FROM mls_group g WHERE g.channel = v.channel AND g.ended IS NOT NULL))";
        let mut statement = self.sql().prepare_cached(sql)?;
        let rows = statement.query_map([only.map(|id| id.0)], |row| {
            Ok(DeskFactsRow {
                conversation: ConversationId(row.get(0)?),
                channel: row.get(1)?,
                unread: row.get(2)?,
                last_customer_at: row.get(3)?,
                last_answer_at: row.get(4)?,
                unanswered_since: row.get(5)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// What another device of the line is told of what was said in a conversation: the newest messages that were sent, the newest
    /// first and at most `limit`, with their contents and how many seconds after being read they expire. Those that have expired
    /// at `now` are left out, and so are those that were deleted.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn told(
        &self,
        conversation: ConversationId,
        limit: u32,
        now: i64,
    ) -> Result<Vec<ToldRow>, StoreError> {
        let sql = format!(
            "SELECT {MESSAGE}, m.content, m.expires_after FROM message m
             WHERE m.conversation = ?1 AND m.state IN (1, 2, 3, 5) AND m.sender < 2 AND m.kind <> 3
             AND (m.expires_at IS NULL OR m.expires_at > ?3) ORDER BY m.id DESC LIMIT ?2"
        );
        let mut statement = self.sql().prepare_cached(&sql)?;
        let rows = statement.query_map(params![conversation.0, limit, now], |row| {
            Ok(ToldRow { message: message_row(row)?, content: row.get(12)?, expires_after: row.get(13)? })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Answers since a time to customers who had waited for them, at most `limit`: the newest conversations' first.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn answers_since(&self, since: i64, limit: u32) -> Result<Vec<AnswerRow>, StoreError> {
        let sql = "WITH said AS (
                SELECT m.conversation, m.id, m.at, m.sender,
                    lag(m.sender) OVER (PARTITION BY m.conversation ORDER BY m.id) AS before
                FROM message m JOIN conversation v ON v.id = m.conversation
                WHERE v.contact IS NOT NULL AND v.channel IS NOT NULL AND m.state < 6 AND m.sender IN (0, 1)
                    AND m.kind <> 5),
            turns AS (
                SELECT conversation, at, sender,
                    lag(at) OVER (PARTITION BY conversation ORDER BY id) AS asked_at
                FROM said WHERE before IS NOT sender)
            SELECT v.channel, t.asked_at, t.at FROM turns t JOIN conversation v ON v.id = t.conversation
            WHERE t.sender = 0 AND t.asked_at IS NOT NULL AND t.at >= ?1
            ORDER BY t.conversation DESC LIMIT ?2";
        let mut statement = self.sql().prepare_cached(sql)?;
        let rows = statement.query_map(params![since, limit], |row| {
            Ok(AnswerRow { channel: row.get(0)?, asked_at: row.get(1)?, answered_at: row.get(2)? })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// When customers wrote first, if that was since a time: their conversations' channels, and milliseconds since 1970.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn begun_since(&self, since: i64) -> Result<Vec<([u8; 16], i64)>, StoreError> {
        let sql = "SELECT v.channel, min(m.at) FROM message m JOIN conversation v ON v.id = m.conversation
             WHERE v.contact IS NOT NULL AND v.channel IS NOT NULL AND m.state < 6 AND m.sender = 1
             GROUP BY v.id HAVING min(m.at) >= ?1";
        let mut statement = self.sql().prepare_cached(sql)?;
        let rows = statement.query_map([since], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// At most `limit` direct conversations behind one, by their row ids.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn customers_after(
        &self,
        after: ConversationId,
        limit: usize,
    ) -> Result<Vec<ConversationId>, StoreError> {
        let sql = "SELECT id FROM conversation WHERE contact IS NOT NULL AND id > ?1 ORDER BY id LIMIT ?2";
        let mut statement = self.sql().prepare_cached(sql)?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let rows = statement.query_map(params![after.0, limit], |row| row.get(0).map(ConversationId))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// How many direct conversations there are behind one.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn count_customers_after(&self, after: ConversationId) -> Result<u64, StoreError> {
        let sql = "SELECT count(*) FROM conversation WHERE contact IS NOT NULL AND id > ?1";
        let count: i64 = self.sql().prepare_cached(sql)?.query_row([after.0], |row| row.get(0))?;
        Ok(count.unsigned_abs())
    }

    /// What the card of a contact says of the business line that it is; `None` for a person.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn contact_line(&self, id: ContactId) -> Result<Option<Vec<u8>>, StoreError> {
        let mut statement = self.sql().prepare_cached("SELECT line FROM contact WHERE id = ?1")?;
        Ok(statement.query_row([id.0], |row| row.get(0)).optional()?.flatten())
    }

    /// Writes down what the card of a contact says of the business line that it is.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn set_contact_line(&self, id: ContactId, line: &[u8]) -> Result<(), StoreError> {
        self.sql().execute("UPDATE contact SET line = ?2 WHERE id = ?1", params![id.0, line])?;
        Ok(())
    }
}
