//! What is to be committed to groups: each wish waits here until a commit that carries it out was accepted.

use rusqlite::{OptionalExtension, Row, params};

use crate::{ConversationId, IntentId, StoreError, Tx};

/// How far an intent is. The numbers are part of the file format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IntentState {
    /// It waits for its turn.
    Waiting = 0,
    /// It waits for a key package.
    Asking = 1,
    /// It has all that it needs.
    Ready = 2,
    /// The pending commit carries it out.
    Committing = 3,
}

/// Something that is to be committed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IntentRow {
    /// Row id; earlier wishes have lower ones.
    pub id: IntentId,
    /// To which group.
    pub conversation: ConversationId,
    /// What (encoded by `kuvert-core`).
    pub body: Vec<u8>,
    /// How far it is.
    pub state: IntentState,
    /// The request for a key package.
    pub request: Option<[u8; 16]>,
    /// The key package that came.
    pub package: Option<Vec<u8>>,
    /// Not before this time: milliseconds since 1970.
    pub due: i64,
}

const INTENT: &str = "id, conversation, body, state, request, package, due";

impl Tx<'_> {
    /// Adds something that is to be committed, not before `due` (milliseconds since 1970).
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn add_intent(
        &self,
        conversation: ConversationId,
        body: &[u8],
        due: i64,
    ) -> Result<IntentId, StoreError> {
        self.sql()
            .prepare_cached("INSERT INTO intent (conversation, body, state, due) VALUES (?1, ?2, 0, ?3)")?
            .execute(params![conversation.0, body, due])?;
        Ok(IntentId(self.sql().last_insert_rowid()))
    }

    /// Everything that is to be committed to a group, in the order in which it was wished.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn intents(&self, conversation: ConversationId) -> Result<Vec<IntentRow>, StoreError> {
        let sql = format!("SELECT {INTENT} FROM intent WHERE conversation = ?1 ORDER BY id");
        let mut statement = self.sql().prepare_cached(&sql)?;
        let rows = statement.query_map([conversation.0], intent)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The intent that waits for the answer to this request.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn intent_of_request(&self, request: &[u8; 16]) -> Result<Option<IntentRow>, StoreError> {
        let sql = format!("SELECT {INTENT} FROM intent WHERE request = ?1");
        Ok(self.sql().prepare_cached(&sql)?.query_row(params![request], intent).optional()?)
    }

    /// Groups with something to be committed, and the time from which the first of it is due.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn intended(&self) -> Result<Vec<(ConversationId, i64)>, StoreError> {
        let sql =
            "SELECT conversation, MIN(due) FROM intent GROUP BY conversation ORDER BY MIN(due), conversation";
        let mut statement = self.sql().prepare_cached(sql)?;
        let rows = statement.query_map([], |row| Ok((ConversationId(row.get(0)?), row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Writes state, request, key package and time of an intent down.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn set_intent_row(&self, row: &IntentRow) -> Result<(), StoreError> {
        self.sql()
            .prepare_cached(
                "UPDATE intent SET state = ?2, request = ?3, package = ?4, due = ?5 WHERE id = ?1",
            )?
            .execute(params![row.id.0, row.state as i64, row.request, row.package, row.due])?;
        Ok(())
    }

    /// Forgets an intent: it was carried out, or is moot.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn remove_intent(&self, id: IntentId) -> Result<(), StoreError> {
        self.sql().prepare_cached("DELETE FROM intent WHERE id = ?1")?.execute([id.0])?;
        Ok(())
    }
}

fn intent(row: &Row<'_>) -> rusqlite::Result<IntentRow> {
    Ok(IntentRow {
        id: IntentId(row.get(0)?),
        conversation: ConversationId(row.get(1)?),
        body: row.get(2)?,
        state: match row.get::<_, i64>(3)? {
            0 => IntentState::Waiting,
            1 => IntentState::Asking,
            2 => IntentState::Ready,
            _ => IntentState::Committing,
        },
        request: row.get(4)?,
        package: row.get(5)?,
        due: row.get(6)?,
    })
}
