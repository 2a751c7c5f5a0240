//! What becomes of messages: waiting, sent, and what others reported; and the reports owed to others.

use rusqlite::{OptionalExtension, params};

use crate::{ConversationId, MessageId, MessageState, SenderKind, StoreError, Tx};

/// What a report says of a message. The numbers are part of the file format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ReportKind {
    /// It is on a device.
    Delivered = 1,
    /// The person has seen it.
    Read = 2,
}

/// What became of a message at one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiptRow {
    /// Whose: an identity key.
    pub identity: [u8; 32],
    /// Since when they have it: milliseconds since 1970, by their clock or when the report came.
    pub delivered: i64,
    /// Since when they have read it.
    pub read: Option<i64>,
}

impl Tx<'_> {
    /// Moves a message to `state`; one that is further already stays there. An unseen message that was sent is
    /// forgotten; one that failed goes on waiting to be sealed, because nobody sees it who could try again.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn set_message_state(&self, id: MessageId, state: MessageState) -> Result<(), StoreError> {
        let Some(row) = self.message(id)? else { return Ok(()) };
        if row.state == MessageState::Unseen {
            if !matches!(state, MessageState::Queued | MessageState::Failed) {
                self.sql().prepare_cached("DELETE FROM message WHERE id = ?1")?.execute([id.0])?;
            }
            return Ok(());
        }
        let back = row.state <= MessageState::Read && state <= row.state && row.state != MessageState::Queued;
        if row.state == state || back || row.sender != SenderKind::Own || !row.is_shown() {
            return Ok(());
        }
        // The content of a text was needed to send it; its text stands beside it.
        self.sql()
            .prepare_cached(
                "UPDATE message SET state = ?2,
                 content = CASE WHEN kind = 0 AND ?2 BETWEEN 1 AND 3 THEN x'' ELSE content END WHERE id = ?1",
            )?
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
        let count: i64 = self.sql().prepare_cached(sql)?.query_row([], |row| row.get(0))?;
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

    /// Conversations in which something that is not for the eyes waits to be sealed.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn unseen_waiting(&self) -> Result<Vec<ConversationId>, StoreError> {
        let mut statement = self.sql().prepare_cached(
            "SELECT DISTINCT conversation FROM message m WHERE sender = 0 AND state IN (0, 6) AND state = 6
             AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.message = m.id) ORDER BY conversation",
        )?;
        let rows = statement.query_map([], |row| row.get(0).map(ConversationId))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Forgets what waits to be sealed in a conversation and is not for the eyes, but for the newest `keep`.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn forget_unseen(&self, conversation: ConversationId, keep: u32) -> Result<(), StoreError> {
        self.sql()
            .prepare_cached(
                "DELETE FROM message WHERE id IN (
                     SELECT id FROM message m WHERE conversation = ?1 AND sender = 0 AND state IN (0, 6) AND state = 6
                     AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.message = m.id)
                     ORDER BY id DESC LIMIT -1 OFFSET ?2)",
            )?
            .execute(params![conversation.0, keep])?;
        Ok(())
    }

    /// Whether a message other than `but` was sent in a conversation, or is on its way.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn has_sent(&self, conversation: ConversationId, but: MessageId) -> Result<bool, StoreError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM message WHERE conversation = ?1 AND sender = 0 AND id <> ?2
                                  AND state IN (0, 1, 2, 3, 7))";
        Ok(self.sql().prepare_cached(sql)?.query_row([conversation.0, but.0], |row| row.get(0))?)
    }

    /// Notes what a person reported of a message; the earliest time counts. Having read it, they have it.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn add_receipt(
        &self,
        id: MessageId,
        identity: &[u8; 32],
        kind: ReportKind,
        at: i64,
    ) -> Result<(), StoreError> {
        let read = (kind == ReportKind::Read).then_some(at);
        self.sql()
            .prepare_cached(
                "INSERT INTO receipt (message, identity, delivered, read) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT DO UPDATE SET delivered = MIN(delivered, excluded.delivered),
                 read = MIN(COALESCE(read, excluded.read), COALESCE(excluded.read, read))",
            )?
            .execute(params![id.0, identity, at, read])?;
        self.note_message(id)
    }

    /// What every person reported of a message, in the order of their identity keys.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn receipts(&self, id: MessageId) -> Result<Vec<ReceiptRow>, StoreError> {
        let sql = "SELECT identity, delivered, read FROM receipt WHERE message = ?1 ORDER BY identity";
        let mut statement = self.sql().prepare_cached(sql)?;
        let rows = statement.query_map([id.0], |row| {
            Ok(ReceiptRow { identity: row.get(0)?, delivered: row.get(1)?, read: row.get(2)? })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Notes that a received message is owed a report; one that says more takes the place of one that says less.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn owe_report(
        &self,
        conversation: ConversationId,
        mimi: &[u8],
        kind: ReportKind,
    ) -> Result<(), StoreError> {
        self.sql()
            .prepare_cached(
                "INSERT INTO report (conversation, mimi, status) VALUES (?1, ?2, ?3)
                 ON CONFLICT DO UPDATE SET status = MAX(status, excluded.status)",
            )?
            .execute(params![conversation.0, mimi, kind as i64])?;
        Ok(())
    }

    /// Conversations that owe reports and in which these may go out: not before a request was accepted, and not to who
    /// is blocked.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn owing_reports(&self) -> Result<Vec<ConversationId>, StoreError> {
        // From one conversation to the next by the key's order, so that many owed reports are not looked at one by one.
        let mut statement = self.sql().prepare_cached(
            "WITH RECURSIVE owing (id) AS (
                 SELECT MIN(conversation) FROM report
                 UNION ALL
                 SELECT (SELECT MIN(conversation) FROM report WHERE conversation > owing.id) FROM owing
                 WHERE owing.id IS NOT NULL)
             SELECT owing.id FROM owing JOIN conversation v ON v.id = owing.id
             LEFT JOIN contact c ON c.id = v.contact
             WHERE c.id IS NULL OR (c.state = 2 AND c.blocked = 0)",
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
    ) -> Result<Vec<(Vec<u8>, ReportKind)>, StoreError> {
        let mut statement =
            self.sql().prepare_cached("SELECT mimi, status FROM report WHERE conversation = ?1 LIMIT ?2")?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let taken: Vec<(Vec<u8>, ReportKind)> = statement
            .query_map(params![conversation.0, limit], |row| {
                let is_read = row.get::<_, i64>(1)? == ReportKind::Read as i64;
                Ok((row.get(0)?, if is_read { ReportKind::Read } else { ReportKind::Delivered }))
            })?
            .collect::<Result<_, _>>()?;
        let mut delete =
            self.sql().prepare_cached("DELETE FROM report WHERE conversation = ?1 AND mimi = ?2")?;
        for (mimi, _) in &taken {
            delete.execute(params![conversation.0, mimi])?;
        }
        Ok(taken)
    }

    /// Everything in a conversation was seen at `now`: nothing is unread, what is to expire after reading begins to, and
    /// with `reports`, who wrote it is owed a report.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn mark_read(&self, id: ConversationId, now: i64, reports: bool) -> Result<(), StoreError> {
        let sql = "SELECT read_to, unread, (SELECT MAX(m.id) FROM message m WHERE m.conversation = v.id AND m.state < 6)
                   FROM conversation v WHERE v.id = ?1";
        let found: Option<(i64, i64, Option<i64>)> = self
            .sql()
            .prepare_cached(sql)?
            .query_row([id.0], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .optional()?;
        let Some((before, unread, newest)) = found else { return Ok(()) };
        let newest = newest.unwrap_or(before).max(before);
        if newest == before && unread == 0 {
            return Ok(());
        }
        self.sql()
            .prepare_cached("UPDATE conversation SET unread = 0, read_to = ?2 WHERE id = ?1")?
            .execute([id.0, newest])?;
        if unread > 0 {
            self.note().conversations.insert(id);
        }
        if reports {
            self.sql()
                .prepare_cached(
                    "INSERT INTO report (conversation, mimi, status)
                     SELECT conversation, mimi, 2 FROM message
                     WHERE conversation = ?1 AND id > ?2 AND state < 6 AND sender = 1 AND kind IN (0, 2)
                     ON CONFLICT DO UPDATE SET status = 2",
                )?
                .execute([id.0, before])?;
        }
        self.start_expiry(id, before, now)
    }

    /// What was read now, after `before`, begins to expire.
    fn start_expiry(&self, id: ConversationId, before: i64, now: i64) -> Result<(), StoreError> {
        let sql = "UPDATE message SET expires_at = ?3 + expires_after * 1000, expires_after = NULL
                   WHERE conversation = ?1 AND id > ?2 AND state < 6 AND expires_after IS NOT NULL RETURNING id";
        let mut statement = self.sql().prepare_cached(sql)?;
        let begun = statement.query_map([id.0, before, now], |row| row.get(0).map(MessageId))?;
        for message in begun {
            self.note().messages.insert((id, message?));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ContactState, Database, DatabaseKey, Location, NewMessage, OutboxKind, OutboxRow};

    #[test]
    fn a_report_on_what_is_not_for_the_eyes_cannot_take_it_from_its_request() {
        let mut db = Database::open(Location::Memory, &DatabaseKey::new([0; 32])).expect("opens");
        let done = db.transaction(|tx| {
            let (_, conversation) = tx.add_contact(&[1; 32], "Ben", ContactState::Accepted)?;
            let unseen = NewMessage::own(conversation, b"id", "", b"acceptance", 0);
            let message = tx.add_message(&NewMessage { state: MessageState::Unseen, ..unseen })?;
            tx.push_outbox(&OutboxRow {
                id: [1; 16],
                kind: OutboxKind::Post,
                conversation,
                channel: None,
                message,
                frame: Vec::new(),
                relay: String::new(),
                since: 0,
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
