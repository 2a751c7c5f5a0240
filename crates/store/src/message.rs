//! Messages, and the reports owed for them.

use rusqlite::{OptionalExtension, Row, params};

use crate::{ConversationId, MessageId, StoreError, Tx};

/// Who wrote a message. The numbers are part of the file format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SenderKind {
    /// The user.
    Own = 0,
    /// The contact.
    Contact = 1,
    /// Kuvert itself.
    System = 2,
}

/// What became of a message. The numbers are part of the file format, and grow with progress from 0 to 3.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum MessageState {
    /// Written down; will be sent.
    Queued = 0,
    /// The relay has it.
    Sent = 1,
    /// On the contact's device.
    Delivered = 2,
    /// Seen by the contact.
    Read = 3,
    /// Could not be sent; can be retried.
    Failed = 4,
    /// Came from the contact.
    Received = 5,
    /// For the other device, not for the eyes: a report or an acceptance that waits to be sent.
    Unseen = 6,
}

/// A message to be written.
#[derive(Debug, Clone)]
pub struct NewMessage<'a> {
    /// Where.
    pub conversation: ConversationId,
    /// Its content-derived id.
    pub mimi: &'a [u8],
    /// Who wrote it.
    pub sender: SenderKind,
    /// Its text.
    pub text: &'a str,
    /// Its content, as it travels.
    pub content: &'a [u8],
    /// When it was written: milliseconds since 1970.
    pub at: i64,
    /// What became of it.
    pub state: MessageState,
}

/// A stored message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageRow {
    /// Row id.
    pub id: MessageId,
    /// Where.
    pub conversation: ConversationId,
    /// Its content-derived id.
    pub mimi: Vec<u8>,
    /// Who wrote it.
    pub sender: SenderKind,
    /// Its text.
    pub text: String,
    /// When it was written: milliseconds since 1970.
    pub at: i64,
    /// What became of it.
    pub state: MessageState,
}

/// The newest message of a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastMessageRow {
    /// Who wrote it.
    pub sender: SenderKind,
    /// The first 200 characters of its text.
    pub text: String,
    /// When it was written: milliseconds since 1970.
    pub at: i64,
    /// What became of it.
    pub state: MessageState,
}

const MESSAGE: &str = "id, conversation, mimi, sender, text, at, state";

impl Tx<'_> {
    /// Writes a message, unless the conversation has it already.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn add_message(&self, message: &NewMessage<'_>) -> Result<Option<MessageId>, StoreError> {
        let added = self
            .sql()
            .prepare_cached(
                "INSERT INTO message (conversation, mimi, sender, text, content, at, state)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO NOTHING",
            )?
            .execute(params![
                message.conversation.0,
                message.mimi,
                message.sender as i64,
                message.text,
                message.content,
                message.at,
                message.state as i64
            ])?;
        if added == 0 {
            return Ok(None);
        }
        let id = MessageId(self.sql().last_insert_rowid());
        if message.sender == SenderKind::Contact {
            self.sql()
                .prepare_cached("UPDATE conversation SET unread = unread + 1 WHERE id = ?1")?
                .execute([message.conversation.0])?;
        }
        if message.state != MessageState::Unseen {
            self.note().messages.insert((message.conversation, id));
            self.note().conversations.insert(message.conversation);
        }
        Ok(Some(id))
    }

    /// Finds a message.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn message(&self, id: MessageId) -> Result<Option<MessageRow>, StoreError> {
        let sql = format!("SELECT {MESSAGE} FROM message WHERE id = ?1");
        Ok(self.sql().prepare_cached(&sql)?.query_row([id.0], message).optional()?)
    }

    /// The newest messages that are older than `before` (or the newest of all), at most `limit`, oldest first.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn messages_before(
        &self,
        conversation: ConversationId,
        before: Option<MessageId>,
        limit: u32,
    ) -> Result<Vec<MessageRow>, StoreError> {
        let sql = format!(
            "SELECT {MESSAGE} FROM message WHERE conversation = ?1 AND id < ?2 AND state <> {}
             ORDER BY id DESC LIMIT ?3",
            MessageState::Unseen as i64
        );
        let mut statement = self.sql().prepare_cached(&sql)?;
        let before = before.map_or(i64::MAX, |id| id.0);
        let rows = statement.query_map(params![conversation.0, before, limit], message)?;
        let mut messages = rows.collect::<Result<Vec<_>, _>>()?;
        messages.reverse();
        Ok(messages)
    }

    /// How many messages of the contact a conversation holds.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn received_count(&self, conversation: ConversationId) -> Result<u64, StoreError> {
        let sql = "SELECT COUNT(*) FROM message WHERE conversation = ?1 AND sender = ?2";
        let count: i64 =
            self.sql().query_row(sql, [conversation.0, SenderKind::Contact as i64], |row| row.get(0))?;
        Ok(count.unsigned_abs())
    }

    /// Moves a message to `state`; one that is further already stays there. An unseen message that was sent is
    /// forgotten.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn set_message_state(&self, id: MessageId, state: MessageState) -> Result<(), StoreError> {
        let Some(row) = self.message(id)? else { return Ok(()) };
        if row.state == MessageState::Unseen {
            if state != MessageState::Queued {
                self.sql().execute("DELETE FROM message WHERE id = ?1", [id.0])?;
            }
            return Ok(());
        }
        let back = row.state <= MessageState::Read && state <= row.state && row.state != MessageState::Queued;
        if row.state == state || back || row.sender != SenderKind::Own {
            return Ok(());
        }
        self.sql()
            .prepare_cached("UPDATE message SET state = ?2 WHERE id = ?1")?
            .execute([id.0, state as i64])?;
        self.note().messages.insert((row.conversation, id));
        self.note().conversations.insert(row.conversation);
        Ok(())
    }

    /// Finds an own message by its content-derived id. One that is not for the eyes is not found: nobody reports on it,
    /// and it must not go before the request that carries it.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn own_message(
        &self,
        conversation: ConversationId,
        mimi: &[u8],
    ) -> Result<Option<MessageId>, StoreError> {
        let sql =
            "SELECT id FROM message WHERE conversation = ?1 AND mimi = ?2 AND sender = 0 AND state <> 6";
        let mut statement = self.sql().prepare_cached(sql)?;
        Ok(statement.query_row(params![conversation.0, mimi], |row| row.get(0)).optional()?.map(MessageId))
    }

    /// How many messages wait to be accepted by the relay, those not for the eyes included.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn queued_count(&self) -> Result<u64, StoreError> {
        let sql = "SELECT COUNT(*) FROM message WHERE sender = 0 AND state IN (0, 6)";
        let count: i64 = self.sql().query_row(sql, [], |row| row.get(0))?;
        Ok(count.unsigned_abs())
    }

    /// Messages that wait to be sealed, oldest first: written down, not failed, not in the outbox, and with all their files
    /// at the relay.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn unsealed(&self, conversation: ConversationId) -> Result<Vec<(MessageId, Vec<u8>)>, StoreError> {
        let mut statement = self.sql().prepare_cached(
            "SELECT id, content FROM message m WHERE conversation = ?1 AND sender = 0 AND state IN (0, 6)
             AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.message = m.id)
             AND NOT EXISTS (SELECT 1 FROM attachment a WHERE a.message = m.id AND a.state < 2) ORDER BY id",
        )?;
        let rows = statement.query_map([conversation.0], |row| Ok((MessageId(row.get(0)?), row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Notes that a received message is owed a report.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn owe_report(&self, conversation: ConversationId, mimi: &[u8]) -> Result<(), StoreError> {
        self.sql()
            .prepare_cached("INSERT OR IGNORE INTO report (conversation, mimi) VALUES (?1, ?2)")?
            .execute(params![conversation.0, mimi])?;
        Ok(())
    }

    /// Conversations that owe reports and whose contact is accepted.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn owing_reports(&self) -> Result<Vec<ConversationId>, StoreError> {
        let mut statement = self.sql().prepare_cached(
            "SELECT DISTINCT r.conversation FROM report r JOIN conversation v ON v.id = r.conversation
             JOIN contact c ON c.id = v.contact WHERE c.state = 2",
        )?;
        let rows = statement.query_map([], |row| row.get(0).map(ConversationId))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Takes at most `limit` owed reports of a conversation.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn take_reports(
        &self,
        conversation: ConversationId,
        limit: usize,
    ) -> Result<Vec<Vec<u8>>, StoreError> {
        let mut statement =
            self.sql().prepare_cached("SELECT mimi FROM report WHERE conversation = ?1 LIMIT ?2")?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let taken: Vec<Vec<u8>> = statement
            .query_map(params![conversation.0, limit], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        let mut delete =
            self.sql().prepare_cached("DELETE FROM report WHERE conversation = ?1 AND mimi = ?2")?;
        for mimi in &taken {
            delete.execute(params![conversation.0, mimi])?;
        }
        Ok(taken)
    }

    pub(crate) fn last_message(&self, id: ConversationId) -> Result<Option<LastMessageRow>, StoreError> {
        let mut statement = self.sql().prepare_cached(
            "SELECT sender, substr(text, 1, 200), at, state FROM message
             WHERE conversation = ?1 AND state <> 6 ORDER BY id DESC LIMIT 1",
        )?;
        let last = |row: &Row<'_>| {
            Ok(LastMessageRow {
                sender: sender(row.get(0)?),
                text: row.get(1)?,
                at: row.get(2)?,
                state: state(row.get(3)?),
            })
        };
        Ok(statement.query_row([id.0], last).optional()?)
    }
}

fn message(row: &Row<'_>) -> rusqlite::Result<MessageRow> {
    Ok(MessageRow {
        id: MessageId(row.get(0)?),
        conversation: ConversationId(row.get(1)?),
        mimi: row.get(2)?,
        sender: sender(row.get(3)?),
        text: row.get(4)?,
        at: row.get(5)?,
        state: state(row.get(6)?),
    })
}

fn sender(number: i64) -> SenderKind {
    match number {
        0 => SenderKind::Own,
        1 => SenderKind::Contact,
        _ => SenderKind::System,
    }
}

fn state(number: i64) -> MessageState {
    match number {
        0 => MessageState::Queued,
        1 => MessageState::Sent,
        2 => MessageState::Delivered,
        3 => MessageState::Read,
        4 => MessageState::Failed,
        5 => MessageState::Received,
        _ => MessageState::Unseen,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ContactState, Database, DatabaseKey, Location, OutboxKind, OutboxRow};

    #[test]
    fn a_report_on_what_is_not_for_the_eyes_cannot_take_it_from_its_request() {
        let mut db = Database::open(Location::Memory, &DatabaseKey::new([0; 32])).expect("opens");
        let done = db.transaction(|tx| {
            let (_, conversation) = tx.add_contact(&[1; 32], "Ben", ContactState::Accepted)?;
            let message = tx.add_message(&NewMessage {
                conversation,
                mimi: b"id",
                sender: SenderKind::Own,
                text: "",
                content: b"acceptance",
                at: 0,
                state: MessageState::Unseen,
            })?;
            tx.push_outbox(&OutboxRow {
                id: [1; 16],
                kind: OutboxKind::Post,
                conversation,
                channel: None,
                message,
                frame: Vec::new(),
            })?;
            if let Some(reported) = tx.own_message(conversation, b"id")? {
                tx.set_message_state(reported, MessageState::Delivered)?;
            }
            tx.take_outbox(&[1; 16])
        });
        let (row, _) = done.expect("nothing fails");
        assert!(row.is_some_and(|row| row.message.is_some()));
    }
}
