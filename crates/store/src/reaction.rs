//! Reactions to messages: one per person and message at most.

use rusqlite::{OptionalExtension, params};

use crate::{ConversationId, MessageId, StoreError, Tx};

/// A person's reaction to a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReactionRow {
    /// Whose: an identity key.
    pub author: [u8; 32],
    /// Its content-derived id.
    pub mimi: Vec<u8>,
    /// The reaction, usually one emoji; empty once it was taken back.
    pub text: String,
    /// When it was made, by its author's clock: milliseconds since 1970.
    pub at: i64,
}

impl Tx<'_> {
    /// Writes a person's reaction, unless a later one is there; of two made at once, the one with the higher id stays.
    /// So the order in which they come does not count, and neither does a repetition. Says whether it stands now.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn react(&self, id: MessageId, reaction: &ReactionRow) -> Result<bool, StoreError> {
        let changed = self
            .sql()
            .prepare_cached(
                "INSERT INTO reaction (message, author, mimi, text, at) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT DO UPDATE SET mimi = excluded.mimi, text = excluded.text, at = excluded.at
                 WHERE excluded.at > at OR (excluded.at = at AND excluded.mimi > mimi)",
            )?
            .execute(params![id.0, reaction.author, reaction.mimi, reaction.text, reaction.at])?;
        if changed > 0 {
            self.note_message(id)?;
        }
        Ok(changed > 0)
    }

    /// Takes a reaction back, if `author` made it. `at` is when that was wished. Says whether it stood until now.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn take_reaction_back(
        &self,
        id: MessageId,
        author: &[u8; 32],
        mimi: &[u8],
        at: i64,
    ) -> Result<bool, StoreError> {
        let changed = self
            .sql()
            .prepare_cached(
                "UPDATE reaction SET text = '', at = MAX(at, ?4)
                 WHERE message = ?1 AND author = ?2 AND mimi = ?3 AND text <> ''",
            )?
            .execute(params![id.0, author, mimi, at])?;
        if changed > 0 {
            self.note_message(id)?;
        }
        Ok(changed > 0)
    }

    /// The message to which the reaction with this content-derived id belongs.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn reacted(
        &self,
        conversation: ConversationId,
        mimi: &[u8],
    ) -> Result<Option<MessageId>, StoreError> {
        let sql = "SELECT m.id FROM reaction r JOIN message m ON m.id = r.message
                   WHERE r.mimi = ?2 AND m.conversation = ?1";
        let mut statement = self.sql().prepare_cached(sql)?;
        Ok(statement.query_row(params![conversation.0, mimi], |row| row.get(0)).optional()?.map(MessageId))
    }

    /// A person's reaction to a message, also one that was taken back.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn reaction_of(&self, id: MessageId, author: &[u8; 32]) -> Result<Option<ReactionRow>, StoreError> {
        let sql = "SELECT author, mimi, text, at FROM reaction WHERE message = ?1 AND author = ?2";
        Ok(self.sql().prepare_cached(sql)?.query_row(params![id.0, author], reaction).optional()?)
    }

    /// All reactions to a message that stand, the oldest first.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn reactions(&self, id: MessageId) -> Result<Vec<ReactionRow>, StoreError> {
        let sql =
            "SELECT author, mimi, text, at FROM reaction WHERE message = ?1 AND text <> '' ORDER BY at, mimi";
        let mut statement = self.sql().prepare_cached(sql)?;
        let rows = statement.query_map([id.0], reaction)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

fn reaction(row: &rusqlite::Row<'_>) -> rusqlite::Result<ReactionRow> {
    Ok(ReactionRow { author: row.get(0)?, mimi: row.get(1)?, text: row.get(2)?, at: row.get(3)? })
}
