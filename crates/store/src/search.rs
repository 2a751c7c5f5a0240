//! Full-text search over what messages say.
//!
//! The index holds words and message ids, no texts; a word that stands in no message any more is not in the file any
//! more (`secure-delete`). Case and accents do not count, and neither does the difference of ß and ss.
//!
//! Messages enter it some at a time. One by one, each would become a segment of its own, and merging these would cost the more
//! the longer the history is: most of what a message costs in the database. Until then a search indexes them for itself.

use std::borrow::Cow;

use rusqlite::params;

use crate::message::message_row;
use crate::{ConversationId, MessageId, MessageRow, StoreError, Tx};

/// Most words of a search that are looked at.
const MAX_WORDS: usize = 16;
/// Longest word of a search in characters.
const MAX_WORD: usize = 64;
/// So many messages that are not in the index, and it takes them.
const TOGETHER: i64 = 64;

impl Tx<'_> {
    /// Messages that have all of `words`, each as the beginning of a word, the newest first: at most `limit`, older than
    /// `before`, in one conversation or in all, and not expired at `now`. Words of punctuation alone find nothing.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn search(
        &self,
        words: &str,
        conversation: Option<ConversationId>,
        before: Option<MessageId>,
        limit: u32,
        now: i64,
    ) -> Result<Vec<MessageRow>, StoreError> {
        let Some(query) = query(words) else { return Ok(Vec::new()) };
        // Outside of a change this is undone with the transaction.
        self.index_waiting()?;
        let sql = format!(
            "SELECT {} FROM search s JOIN message m ON m.id = s.rowid
             WHERE s.text MATCH ?1 AND s.rowid < ?2 AND m.state < 6 AND (?3 IS NULL OR m.conversation = ?3)
             AND (m.expires_at IS NULL OR m.expires_at > ?5)
             ORDER BY s.rowid DESC LIMIT ?4",
            crate::message::MESSAGE
        );
        let mut statement = self.sql().prepare_cached(&sql)?;
        let before = before.map_or(i64::MAX, |id| id.0);
        let conversation = conversation.map(|id| id.0);
        let rows = statement.query_map(params![query, before, conversation, limit, now], message_row)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// A message is new: it waits for others, and enters the index with them.
    pub(crate) fn index_soon(&self, id: MessageId) -> Result<(), StoreError> {
        if id.0 - self.indexed_to()? >= TOGETHER { self.index_waiting() } else { Ok(()) }
    }

    /// Puts everything into the index that waits for it.
    fn index_waiting(&self) -> Result<(), StoreError> {
        let indexed_to = self.indexed_to()?;
        let mut waiting = self.sql().prepare_cached(
            "SELECT id, text FROM message WHERE id > ?1 AND state < 6 AND text <> '' ORDER BY id",
        )?;
        let mut rows = waiting.query([indexed_to])?;
        let mut newest = indexed_to;
        while let Some(row) = rows.next()? {
            newest = row.get(0)?;
            self.put(MessageId(newest), row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?)?;
        }
        if newest > indexed_to {
            self.sql().prepare_cached("UPDATE indexed SET up_to = ?1")?.execute([newest])?;
        }
        Ok(())
    }

    /// The last message that is in the index, or would be if it had a text.
    fn indexed_to(&self) -> Result<i64, StoreError> {
        Ok(self.sql().prepare_cached("SELECT up_to FROM indexed")?.query_row([], |row| row.get(0))?)
    }

    /// A message has another text; `before` is the one that it had. To be called before or after the message is written, but
    /// in its transaction.
    pub(crate) fn reindex(&self, id: MessageId, before: &str, text: &str) -> Result<(), StoreError> {
        if id.0 > self.indexed_to()? {
            return Ok(());
        }
        self.take_out(id, before)?;
        self.put(id, text)
    }

    /// Takes a message out of the index; `text` is its text until now.
    pub(crate) fn unindex(&self, id: MessageId, text: &str) -> Result<(), StoreError> {
        self.reindex(id, text, "")
    }

    fn put(&self, id: MessageId, text: &str) -> Result<(), StoreError> {
        if !text.is_empty() {
            self.sql()
                .prepare_cached("INSERT INTO search (rowid, text) VALUES (?1, ?2)")?
                .execute(params![id.0, folded(text)])?;
        }
        Ok(())
    }

    fn take_out(&self, id: MessageId, text: &str) -> Result<(), StoreError> {
        if !text.is_empty() {
            self.sql()
                .prepare_cached("INSERT INTO search (search, rowid, text) VALUES ('delete', ?1, ?2)")?
                .execute(params![id.0, folded(text)])?;
        }
        Ok(())
    }
}

/// The tokenizer takes accents away, but knows nothing of ß. The migration that filled the index does the same in SQL.
fn folded(text: &str) -> Cow<'_, str> {
    if text.contains(['ß', 'ẞ']) {
        Cow::Owned(text.replace('ß', "ss").replace('ẞ', "SS"))
    } else {
        Cow::Borrowed(text)
    }
}

/// The words as a query in which nothing of the query language can stand; `None` if there is no word.
fn query(words: &str) -> Option<String> {
    let mut query = String::new();
    for word in words.split_whitespace().filter(|word| word.contains(char::is_alphanumeric)).take(MAX_WORDS) {
        let word: String = word.chars().filter(|c| !matches!(c, '"' | '\0')).take(MAX_WORD).collect();
        query.push_str(&format!("\"{}\"* ", folded(&word)));
    }
    (!query.is_empty()).then_some(query)
}
