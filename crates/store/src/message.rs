//! Messages: written, found, paged through, edited and deleted.

use rusqlite::{OptionalExtension, Row, params};

use crate::{ConversationId, MessageId, StoreError, Tx};

/// Who wrote a message. The numbers are part of the file format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SenderKind {
    /// The user.
    Own = 0,
    /// The contact, or another member.
    Contact = 1,
    /// Kuvert itself.
    System = 2,
}

/// What a message is made of. The numbers are part of the file format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessageKind {
    /// A text.
    Text = 0,
    /// Something that only a newer version understands; its content is kept as it came.
    NeedsNewer = 1,
    /// Files, perhaps with a text; its content is kept as it came.
    Attachments = 2,
    /// It was deleted by who wrote it: nothing of it is left.
    Deleted = 3,
    /// Data that a user interface shows in its own way, with a text beside it; its content is kept as it came.
    Structured = 4,
    /// Data that says how satisfied the sender is: it waits for no answer, and nobody has to read it.
    Score = 5,
}

/// What became of a message. The numbers are part of the file format, and grow with progress from 0 to 3. From 6 up,
/// messages are not shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum MessageState {
    /// Written down; will be sent.
    Queued = 0,
    /// The relay has it.
    Sent = 1,
    /// On the contact's device; in a group, on a device of every member.
    Delivered = 2,
    /// Seen by the contact; in a group, by every member.
    Read = 3,
    /// Could not be sent; can be retried.
    Failed = 4,
    /// Came from the contact.
    Received = 5,
    /// For the other device, not for the eyes: a report or an acceptance that waits to be sent.
    Unseen = 6,
    /// Deleted here, or expired: only its id is left, so that it cannot come again.
    Gone = 7,
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
    /// Their identity key, unless it is the user or Kuvert; of what a colleague wrote for the same line, their device's key.
    pub author: Option<&'a [u8; 32]>,
    /// What it is made of.
    pub kind: MessageKind,
    /// Its text.
    pub text: &'a str,
    /// The content-derived id of the message that it answers.
    pub reply_to: Option<&'a [u8]>,
    /// Its content, as it travels; empty if nobody needs it any more.
    pub content: &'a [u8],
    /// When it was written: milliseconds since 1970.
    pub at: i64,
    /// What became of it.
    pub state: MessageState,
    /// It is deleted so many seconds after it was read.
    pub expires_after: Option<u32>,
    /// It is deleted at this time: milliseconds since 1970.
    pub expires_at: Option<i64>,
}

impl<'a> NewMessage<'a> {
    /// A text of the user that will be sent.
    pub fn own(
        conversation: ConversationId,
        mimi: &'a [u8],
        text: &'a str,
        content: &'a [u8],
        at: i64,
    ) -> Self {
        Self {
            conversation,
            mimi,
            sender: SenderKind::Own,
            author: None,
            kind: MessageKind::Text,
            text,
            reply_to: None,
            content,
            at,
            state: MessageState::Queued,
            expires_after: None,
            expires_at: None,
        }
    }
}

/// A stored message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageRow {
    /// Row id.
    pub id: MessageId,
    /// Where.
    pub conversation: ConversationId,
    /// Its content-derived id, which names its first version for ever.
    pub mimi: Vec<u8>,
    /// Who wrote it.
    pub sender: SenderKind,
    /// Their identity key, unless it is the user or Kuvert; of what a colleague wrote for the same line, their device's key.
    pub author: Option<[u8; 32]>,
    /// What it is made of.
    pub kind: MessageKind,
    /// Its text, as it was edited last.
    pub text: String,
    /// The content-derived id of the message that it answers.
    pub reply_to: Option<Vec<u8>>,
    /// When it was edited last, by its writer's clock: milliseconds since 1970.
    pub edited_at: Option<i64>,
    /// When it was written: milliseconds since 1970.
    pub at: i64,
    /// What became of it.
    pub state: MessageState,
    /// When it will be deleted: milliseconds since 1970.
    pub expires_at: Option<i64>,
}

impl MessageRow {
    /// Whether it is for the eyes.
    pub fn is_shown(&self) -> bool {
        self.state < MessageState::Unseen
    }

    /// Whether it is for the eyes at `now`, and has not expired: milliseconds since 1970.
    pub fn is_shown_at(&self, now: i64) -> bool {
        self.is_shown() && self.expires_at.is_none_or(|at| at > now)
    }
}

/// The newest message of a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastMessageRow {
    /// Who wrote it.
    pub sender: SenderKind,
    /// What it is made of.
    pub kind: MessageKind,
    /// The first 200 characters of its text; of a message of files without one, the first file's name.
    pub text: String,
    /// When it was written: milliseconds since 1970.
    pub at: i64,
    /// What became of it.
    pub state: MessageState,
}

/// A later version of a message.
#[derive(Debug, Clone, Copy)]
pub struct Edit<'a> {
    /// The new text.
    pub text: &'a str,
    /// When it was edited, by its writer's clock: milliseconds since 1970.
    pub at: i64,
    /// The content-derived id of this version.
    pub version: &'a [u8],
}

/// The columns that [`message_row`] reads; the table is called `m`.
pub(crate) const MESSAGE: &str = "m.id, m.conversation, m.mimi, m.sender, m.author, m.kind, m.text, m.reply_to, \
                                  m.edited_at, m.at, m.state, m.expires_at";
/// Most messages that are told of a change to what they answer: the newest ones.
const MAX_TOLD: u32 = 100;

impl Tx<'_> {
    /// Writes a message, unless the conversation has it already, or had it.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn add_message(&self, message: &NewMessage<'_>) -> Result<Option<MessageId>, StoreError> {
        let added = self
            .sql()
            .prepare_cached(
                "INSERT INTO message (conversation, mimi, sender, author, kind, text, reply_to, content, at, state,
                                      expires_after, expires_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12) ON CONFLICT DO NOTHING",
            )?
            .execute(params![
                message.conversation.0,
                message.mimi,
                message.sender as i64,
                message.author,
                message.kind as i64,
                message.text,
                message.reply_to,
                message.content,
                message.at,
                message.state as i64,
                message.expires_after,
                message.expires_at
            ])?;
        if added == 0 {
            return Ok(None);
        }
        let id = MessageId(self.sql().last_insert_rowid());
        if message.sender == SenderKind::Contact && message.kind != MessageKind::Score {
            self.sql()
                .prepare_cached("UPDATE conversation SET unread = unread + 1 WHERE id = ?1")?
                .execute([message.conversation.0])?;
        }
        if message.state < MessageState::Unseen {
            self.index_soon(id)?;
            self.note().messages.insert((message.conversation, id));
            self.note().conversations.insert(message.conversation);
        }
        Ok(Some(id))
    }

    /// Finds a message by its row id, also one that is not shown.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn message(&self, id: MessageId) -> Result<Option<MessageRow>, StoreError> {
        let sql = format!("SELECT {MESSAGE} FROM message m WHERE m.id = ?1");
        Ok(self.sql().prepare_cached(&sql)?.query_row([id.0], message_row).optional()?)
    }

    /// Finds a message by its content-derived id, also one that is gone. One that is not for the eyes is not found.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn find_message(
        &self,
        conversation: ConversationId,
        mimi: &[u8],
    ) -> Result<Option<MessageRow>, StoreError> {
        let sql = format!(
            "SELECT {MESSAGE} FROM message m WHERE m.conversation = ?1 AND m.mimi = ?2 AND m.state <> 6"
        );
        Ok(self
            .sql()
            .prepare_cached(&sql)?
            .query_row(params![conversation.0, mimi], message_row)
            .optional()?)
    }

    /// The content of a message as it came; empty for a text, and for what was deleted.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn message_content(&self, id: MessageId) -> Result<Option<Vec<u8>>, StoreError> {
        let mut statement = self.sql().prepare_cached("SELECT content FROM message WHERE id = ?1")?;
        Ok(statement.query_row([id.0], |row| row.get(0)).optional()?)
    }

    /// The newest messages that answer one and bring data, at most `limit`, by who sent them and with what they hold.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn data_answering(
        &self,
        conversation: ConversationId,
        mimi: &[u8],
        limit: u32,
    ) -> Result<Vec<(SenderKind, Vec<u8>)>, StoreError> {
        let sql =
            "SELECT sender, content FROM message WHERE conversation = ?1 AND reply_to = ?2 AND kind = ?3
             AND state < 6 ORDER BY id DESC LIMIT ?4";
        let mut statement = self.sql().prepare_cached(sql)?;
        let kind = MessageKind::Structured as i64;
        let rows = statement.query_map(params![conversation.0, mimi, kind, limit], |row| {
            Ok((sender(row.get(0)?), row.get(1)?))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Whether this side has said in a conversation how satisfied it is, as far as that is not deleted.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn has_own_score(&self, conversation: ConversationId) -> Result<bool, StoreError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM message WHERE conversation = ?1 AND kind = ?2 AND sender = ?3 AND state < 6)";
        let (kind, sender) = (MessageKind::Score as i64, SenderKind::Own as i64);
        let mut statement = self.sql().prepare_cached(sql)?;
        Ok(statement.query_row(params![conversation.0, kind, sender], |row| row.get(0))?)
    }

    /// The messages of a conversation that bring data, the newest first, at most `limit`.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn with_data(&self, conversation: ConversationId, limit: u32) -> Result<Vec<MessageRow>, StoreError> {
        let sql = format!(
            "SELECT {MESSAGE} FROM message m WHERE m.conversation = ?1 AND m.kind = ?2 AND m.state < 6
             ORDER BY m.id DESC LIMIT ?3"
        );
        let mut statement = self.sql().prepare_cached(&sql)?;
        let kind = MessageKind::Structured as i64;
        let rows = statement.query_map(params![conversation.0, kind, limit], message_row)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The messages of contacts that bring data, among the newest `among` messages of all; the oldest first.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn data_of_contacts(&self, among: u32) -> Result<Vec<MessageRow>, StoreError> {
        let sql = format!(
            "SELECT {MESSAGE} FROM message m
             WHERE m.id > (SELECT coalesce(max(id), 0) FROM message) - ?1 AND m.kind = ?2 AND m.sender = ?3 AND m.state < 6
             ORDER BY m.id"
        );
        let mut statement = self.sql().prepare_cached(&sql)?;
        let (kind, sender) = (MessageKind::Structured as i64, SenderKind::Contact as i64);
        let rows = statement.query_map(params![among, kind, sender], message_row)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The newest messages that are older than `before` (or the newest of all), at most `limit`, oldest first. Those that have
    /// expired at `now` are left out, also while they are still here.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn messages_before(
        &self,
        conversation: ConversationId,
        before: Option<MessageId>,
        limit: u32,
        now: i64,
    ) -> Result<Vec<MessageRow>, StoreError> {
        let sql = format!(
            "SELECT {MESSAGE} FROM message m WHERE m.conversation = ?1 AND m.id < ?2 AND m.state < 6
             AND (m.expires_at IS NULL OR m.expires_at > ?4) ORDER BY m.id DESC LIMIT ?3"
        );
        let mut statement = self.sql().prepare_cached(&sql)?;
        let before = before.map_or(i64::MAX, |id| id.0);
        let rows = statement.query_map(params![conversation.0, before, limit, now], message_row)?;
        let mut messages = rows.collect::<Result<Vec<_>, _>>()?;
        messages.reverse();
        Ok(messages)
    }

    /// The oldest messages that are newer than `after`, or that one itself and newer ones, at most `limit`, oldest first. Those
    /// that have expired at `now` are left out, also while they are still here.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn messages_after(
        &self,
        conversation: ConversationId,
        after: MessageId,
        with_it: bool,
        limit: u32,
        now: i64,
    ) -> Result<Vec<MessageRow>, StoreError> {
        let sql = format!(
            "SELECT {MESSAGE} FROM message m WHERE m.conversation = ?1 AND m.id > ?2 AND m.state < 6
             AND (m.expires_at IS NULL OR m.expires_at > ?4) ORDER BY m.id LIMIT ?3"
        );
        let mut statement = self.sql().prepare_cached(&sql)?;
        let after = if with_it { after.0.saturating_sub(1) } else { after.0 };
        let rows = statement.query_map(params![conversation.0, after, limit, now], message_row)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The first message that was written at `at` (milliseconds since 1970) or later.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn message_since(
        &self,
        conversation: ConversationId,
        at: i64,
    ) -> Result<Option<MessageId>, StoreError> {
        let sql =
            "SELECT id FROM message WHERE conversation = ?1 AND state < 6 AND at >= ?2 ORDER BY id LIMIT 1";
        let mut statement = self.sql().prepare_cached(sql)?;
        Ok(statement.query_row(params![conversation.0, at], |row| row.get(0).map(MessageId)).optional()?)
    }

    /// How many messages of the contact, or other members, are there; counted to `most`.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn received(&self, conversation: ConversationId, most: u32) -> Result<u32, StoreError> {
        let sql =
            "SELECT count(*) FROM (SELECT 1 FROM message WHERE conversation = ?1 AND sender = ?2 LIMIT ?3)";
        let mut statement = self.sql().prepare_cached(sql)?;
        let contact = SenderKind::Contact as i64;
        Ok(statement.query_row(params![conversation.0, contact, most], |row| row.get(0))?)
    }

    /// Gives a message a later version of its text. Of several, the one edited last stays, whichever comes first; of two
    /// edited at once, the one with the higher id. Says whether this one is shown now.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn edit_message(&self, id: MessageId, edit: Edit<'_>) -> Result<bool, StoreError> {
        let Some(row) = self.message(id)? else { return Ok(false) };
        // What waits to be sent still needs its content.
        let changed = self
            .sql()
            .prepare_cached(
                "UPDATE message SET text = ?2, edited_at = ?3, version = ?4,
                                    content = CASE WHEN state IN (0, 4) THEN content ELSE x'' END
                 WHERE id = ?1 AND kind = 0 AND state < 6
                 AND (edited_at IS NULL OR ?3 > edited_at OR (?3 = edited_at AND ?4 > version))",
            )?
            .execute(params![id.0, edit.text, edit.at, edit.version])?;
        if changed == 0 {
            return Ok(false);
        }
        self.reindex(id, &row.text, edit.text)?;
        self.erase();
        self.note_changed(&row)?;
        Ok(true)
    }

    /// Deletes what a message says and everything about it; that there was one stays visible. What was not sent yet will
    /// not be.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn delete_message(&self, id: MessageId) -> Result<(), StoreError> {
        self.wipe(id, "kind = 3, state = CASE WHEN sender = 0 THEN MAX(MIN(state, 3), 1) ELSE state END")
    }

    /// Deletes a message here, as if it had never been; its id is left, so that it cannot come again.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn forget_message(&self, id: MessageId) -> Result<(), StoreError> {
        let Some(row) = self.message(id)? else { return Ok(()) };
        self.sql().execute(
            "UPDATE conversation SET unread = MAX(unread - 1, 0) WHERE id = ?1 AND read_to < ?2 AND ?3",
            params![row.conversation.0, id.0, is_unread(&row)],
        )?;
        self.sql().execute("DELETE FROM receipt WHERE message = ?1", [id.0])?;
        self.wipe(id, "kind = 3, state = 7")
    }

    fn wipe(&self, id: MessageId, marks: &str) -> Result<(), StoreError> {
        let Some(row) = self.message(id)?.filter(MessageRow::is_shown) else { return Ok(()) };
        let sql = format!(
            "UPDATE message SET {marks}, text = '', content = x'', reply_to = NULL, edited_at = NULL, version = NULL,
                                expires_after = NULL, expires_at = NULL WHERE id = ?1"
        );
        self.sql().prepare_cached(&sql)?.execute([id.0])?;
        // The keys of its files first.
        self.sql().execute("DELETE FROM attachment WHERE message = ?1", [id.0])?;
        self.sql().execute("DELETE FROM reaction WHERE message = ?1", [id.0])?;
        self.sql().execute("DELETE FROM outbox WHERE message = ?1", [id.0])?;
        self.unindex(id, &row.text)?;
        self.erase();
        self.note_changed(&row)
    }

    /// Messages that have expired, at most `limit`.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn expired(&self, now: i64, limit: u32) -> Result<Vec<MessageId>, StoreError> {
        let sql = "SELECT id FROM message WHERE expires_at IS NOT NULL AND expires_at <= ?1 ORDER BY expires_at LIMIT ?2";
        let mut statement = self.sql().prepare_cached(sql)?;
        let rows = statement.query_map(params![now, limit], |row| row.get(0).map(MessageId))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// When the next message expires: milliseconds since 1970.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn next_expiry(&self) -> Result<Option<i64>, StoreError> {
        let sql = "SELECT MIN(expires_at) FROM message WHERE expires_at IS NOT NULL";
        Ok(self.sql().prepare_cached(sql)?.query_row([], |row| row.get(0))?)
    }

    /// A message changed in what its own line shows.
    pub(crate) fn note_message(&self, id: MessageId) -> Result<(), StoreError> {
        if let Some(row) = self.message(id)?.filter(MessageRow::is_shown) {
            self.note().messages.insert((row.conversation, id));
        }
        Ok(())
    }

    /// A message changed, with all that quotes it.
    fn note_changed(&self, row: &MessageRow) -> Result<(), StoreError> {
        self.note().messages.insert((row.conversation, row.id));
        self.note().conversations.insert(row.conversation);
        let mut statement = self.sql().prepare_cached(
            "SELECT id FROM message WHERE conversation = ?1 AND reply_to IS NOT NULL AND reply_to = ?2 AND state < 6
             ORDER BY id DESC LIMIT ?3",
        )?;
        let told =
            statement.query_map(params![row.conversation.0, row.mimi, MAX_TOLD], |told| told.get(0))?;
        for id in told {
            self.note().messages.insert((row.conversation, MessageId(id?)));
        }
        Ok(())
    }

    pub(crate) fn last_message(
        &self,
        id: ConversationId,
        now: i64,
    ) -> Result<Option<LastMessageRow>, StoreError> {
        let mut statement = self.sql().prepare_cached(
            "SELECT sender, kind, substr(CASE text WHEN '' THEN COALESCE(
                 (SELECT name FROM attachment WHERE message = m.id ORDER BY id LIMIT 1), '') ELSE text END, 1, 200), at, state
             FROM message m WHERE conversation = ?1 AND state < 6 AND sender <> 2
             AND (expires_at IS NULL OR expires_at > ?2) ORDER BY id DESC LIMIT 1",
        )?;
        let last = |row: &Row<'_>| {
            Ok(LastMessageRow {
                sender: sender(row.get(0)?),
                kind: kind(row.get(1)?),
                text: row.get(2)?,
                at: row.get(3)?,
                state: state(row.get(4)?),
            })
        };
        Ok(statement.query_row([id.0, now], last).optional()?)
    }
}

pub(crate) fn message_row(row: &Row<'_>) -> rusqlite::Result<MessageRow> {
    Ok(MessageRow {
        id: MessageId(row.get(0)?),
        conversation: ConversationId(row.get(1)?),
        mimi: row.get(2)?,
        sender: sender(row.get(3)?),
        author: row.get(4)?,
        kind: kind(row.get(5)?),
        text: row.get(6)?,
        reply_to: row.get(7)?,
        edited_at: row.get(8)?,
        at: row.get(9)?,
        state: state(row.get(10)?),
        expires_at: row.get(11)?,
    })
}

/// Whether a message counts among those not yet seen, if it is behind what was.
fn is_unread(row: &MessageRow) -> bool {
    row.sender == SenderKind::Contact && row.kind != MessageKind::Score && row.is_shown()
}

fn sender(number: i64) -> SenderKind {
    match number {
        0 => SenderKind::Own,
        1 => SenderKind::Contact,
        _ => SenderKind::System,
    }
}

fn kind(number: i64) -> MessageKind {
    match number {
        0 => MessageKind::Text,
        2 => MessageKind::Attachments,
        3 => MessageKind::Deleted,
        4 => MessageKind::Structured,
        5 => MessageKind::Score,
        _ => MessageKind::NeedsNewer,
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
        6 => MessageState::Unseen,
        _ => MessageState::Gone,
    }
}

#[cfg(test)]
#[path = "message_tests.rs"]
mod tests;
