//! Full-text search over what messages say.
//!
//! The index holds words and message ids, no texts; a word that stands in no message any more is not in the file any
//! more (`secure-delete`). Case and accents do not count, and neither does the difference of ß and ss.

use std::borrow::Cow;

use rusqlite::params;

use crate::message::message_row;
use crate::{ConversationId, MessageId, MessageRow, StoreError, Tx};

/// Most words of a search that are looked at.
const MAX_WORDS: usize = 16;
/// Longest word of a search in characters.
const MAX_WORD: usize = 64;

impl Tx<'_> {
    /// Messages that have all of `words`, each as the beginning of a word, the newest first: at most `limit`, older than
    /// `before`, in one conversation or in all. Words of punctuation alone find nothing.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn search(
        &self,
        words: &str,
        conversation: Option<ConversationId>,
        before: Option<MessageId>,
        limit: u32,
    ) -> Result<Vec<MessageRow>, StoreError> {
        let Some(query) = query(words) else { return Ok(Vec::new()) };
        let sql = format!(
            "SELECT {} FROM search s JOIN message m ON m.id = s.rowid
             WHERE s.text MATCH ?1 AND s.rowid < ?2 AND m.state < 6 AND (?3 IS NULL OR m.conversation = ?3)
             ORDER BY s.rowid DESC LIMIT ?4",
            crate::message::MESSAGE
        );
        let mut statement = self.sql().prepare_cached(&sql)?;
        let before = before.map_or(i64::MAX, |id| id.0);
        let rows =
            statement.query_map(params![query, before, conversation.map(|id| id.0), limit], message_row)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    pub(crate) fn index(&self, id: MessageId, text: &str) -> Result<(), StoreError> {
        if !text.is_empty() {
            self.sql()
                .prepare_cached("INSERT INTO search (rowid, text) VALUES (?1, ?2)")?
                .execute(params![id.0, folded(text)])?;
        }
        Ok(())
    }

    /// Takes a message out of the index; `text` is what was indexed.
    pub(crate) fn unindex(&self, id: MessageId, text: &str) -> Result<(), StoreError> {
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
