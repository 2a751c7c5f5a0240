//! Edits, deletions and reactions that came before what they are about.

use rusqlite::params;

use crate::{ConversationId, StoreError, Tx};

/// A change that waits for its message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EarlyRow {
    /// Who sent it: an identity key.
    pub author: [u8; 32],
    /// Its content-derived id.
    pub mimi: Vec<u8>,
    /// Its content, as it came.
    pub content: Vec<u8>,
}

impl Tx<'_> {
    /// Keeps a change until the message `target` comes. Of more than `most` per conversation and sender, the oldest go.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn keep_early(
        &self,
        conversation: ConversationId,
        target: &[u8],
        change: &EarlyRow,
        most: u32,
    ) -> Result<(), StoreError> {
        self.sql()
            .prepare_cached(
                "INSERT OR IGNORE INTO early (conversation, target, author, mimi, content)
                 VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute(params![conversation.0, target, change.author, change.mimi, change.content])?;
        self.sql()
            .prepare_cached(
                "DELETE FROM early WHERE id IN (SELECT id FROM early WHERE conversation = ?1 AND author = ?2
                 ORDER BY id DESC LIMIT -1 OFFSET ?3)",
            )?
            .execute(params![conversation.0, change.author, most])?;
        Ok(())
    }

    /// Takes all changes that waited for `target`, in the order in which they came.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn take_early(
        &self,
        conversation: ConversationId,
        target: &[u8],
    ) -> Result<Vec<EarlyRow>, StoreError> {
        let mut statement = self.sql().prepare_cached(
            "SELECT author, mimi, content FROM early WHERE conversation = ?1 AND target = ?2 ORDER BY id",
        )?;
        let row = |row: &rusqlite::Row<'_>| {
            Ok(EarlyRow { author: row.get(0)?, mimi: row.get(1)?, content: row.get(2)? })
        };
        let taken: Vec<_> =
            statement.query_map(params![conversation.0, target], row)?.collect::<Result<_, _>>()?;
        if !taken.is_empty() {
            self.sql()
                .prepare_cached("DELETE FROM early WHERE conversation = ?1 AND target = ?2")?
                .execute(params![conversation.0, target])?;
        }
        Ok(taken)
    }
}
