//! What is being written in a conversation: kept encrypted like the messages themselves.

use rusqlite::params;

use crate::{ConversationId, StoreError, Tx};

/// What is being written in a conversation, and for how long it will be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComposingRow {
    /// Where.
    pub conversation: ConversationId,
    /// What was typed and not sent; perhaps empty.
    pub draft: String,
    /// What is written there is deleted everywhere so many seconds after it was read, unless decided otherwise.
    pub expires_after: Option<u32>,
}

impl Tx<'_> {
    /// Keeps what was typed and not sent, in the place of what was kept before. An empty text is forgotten (STORE-1).
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn set_draft(&self, conversation: ConversationId, draft: &str) -> Result<(), StoreError> {
        let before: Option<String> = self.composing_of(conversation)?.map(|row| row.draft);
        if before.as_deref().unwrap_or_default() == draft {
            return Ok(());
        }
        self.sql()
            .prepare_cached(
                "INSERT INTO composing (conversation, draft) VALUES (?1, ?2)
                 ON CONFLICT (conversation) DO UPDATE SET draft = ?2",
            )?
            .execute(params![conversation.0, draft])?;
        if draft.is_empty() {
            self.erase();
        }
        Ok(())
    }

    /// Decides for how long what is written in a conversation is kept after it was read, in seconds; `None` for ever.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn set_timer(&self, conversation: ConversationId, after: Option<u32>) -> Result<(), StoreError> {
        self.sql()
            .prepare_cached(
                "INSERT INTO composing (conversation, draft, expires_after) VALUES (?1, '', ?2)
                 ON CONFLICT (conversation) DO UPDATE SET expires_after = ?2",
            )?
            .execute(params![conversation.0, after])?;
        Ok(())
    }

    /// All that is being written, and the timers that were chosen.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn composing(&self) -> Result<Vec<ComposingRow>, StoreError> {
        let sql = "SELECT conversation, draft, expires_after FROM composing
                   WHERE draft <> '' OR expires_after IS NOT NULL ORDER BY conversation";
        let mut statement = self.sql().prepare_cached(sql)?;
        let rows = statement.query_map([], composing)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn composing_of(&self, conversation: ConversationId) -> Result<Option<ComposingRow>, StoreError> {
        let sql = "SELECT conversation, draft, expires_after FROM composing WHERE conversation = ?1";
        let mut statement = self.sql().prepare_cached(sql)?;
        let mut rows = statement.query_map([conversation.0], composing)?;
        Ok(rows.next().transpose()?)
    }
}

fn composing(row: &rusqlite::Row<'_>) -> rusqlite::Result<ComposingRow> {
    Ok(ComposingRow {
        conversation: ConversationId(row.get(0)?),
        draft: row.get(1)?,
        expires_after: row.get(2)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ContactState, Database};

    #[test]
    fn a_draft_is_kept_over_a_restart_and_leaves_nothing_in_the_files_once_it_is_gone() {
        // STORE-1, seen in a database without encryption: the pages are the same.
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("plain.db");
        let mut db = Database::open_plain(&path).expect("opens");
        let begun = db.transaction(|tx| {
            let (_, conversation) = tx.add_contact(&[1; 32], "Ben", ContactState::Accepted)?;
            tx.set_draft(conversation, "qxhalf a thought")?;
            tx.set_timer(conversation, Some(3600))?;
            Ok::<_, StoreError>(conversation)
        });
        let (conversation, _) = begun.expect("writes");
        drop(db);
        let mut db = Database::open_plain(&path).expect("opens again");
        let kept = db.read(|tx| tx.composing()).expect("reads");
        let expected =
            ComposingRow { conversation, draft: "qxhalf a thought".into(), expires_after: Some(3600) };
        assert_eq!(kept, [expected]);
        db.transaction(|tx| tx.set_draft(conversation, "")).expect("clears");
        let kept = db.read(|tx| tx.composing()).expect("reads");
        assert_eq!((kept[0].draft.as_str(), kept[0].expires_after), ("", Some(3600)), "the timer stays");
        db.transaction(|tx| tx.remove_conversation(conversation)).expect("removes");
        assert!(db.read(|tx| tx.composing()).expect("reads").is_empty());
        let wal = path.with_extension("db-wal");
        let files = [std::fs::read(&path).expect("a file"), std::fs::read(wal).unwrap_or_default()].concat();
        assert!(!files.windows(6).any(|window| window == b"qxhalf"), "the draft is still there");
    }
}
