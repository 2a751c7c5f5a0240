//! The schema, as numbered steps that are never changed once they were released.

use rusqlite::{Connection, TransactionBehavior};

use crate::StoreError;

const STEPS: &[&str] = &[
    // 1: identity, contacts, direct conversations, text messages, outbox, MLS state
    "CREATE TABLE meta (
         key INTEGER PRIMARY KEY,
         value BLOB NOT NULL
     ) STRICT;
     CREATE TABLE contact (
         id INTEGER PRIMARY KEY,
         identity BLOB NOT NULL UNIQUE,
         name TEXT NOT NULL,
         state INTEGER NOT NULL,
         trust INTEGER NOT NULL
     ) STRICT;
     CREATE TABLE conversation (
         id INTEGER PRIMARY KEY,
         contact INTEGER NOT NULL UNIQUE REFERENCES contact(id),
         channel BLOB,
         unread INTEGER NOT NULL DEFAULT 0,
         introduction BLOB
     ) STRICT;
     CREATE TABLE mls_group (
         channel BLOB PRIMARY KEY,
         conversation INTEGER NOT NULL REFERENCES conversation(id),
         relay TEXT NOT NULL,
         intent INTEGER NOT NULL,
         rotated INTEGER NOT NULL
     ) STRICT, WITHOUT ROWID;
     CREATE TABLE message (
         id INTEGER PRIMARY KEY AUTOINCREMENT,
         conversation INTEGER NOT NULL REFERENCES conversation(id),
         mimi BLOB NOT NULL,
         sender INTEGER NOT NULL,
         text TEXT NOT NULL,
         content BLOB NOT NULL,
         at INTEGER NOT NULL,
         state INTEGER NOT NULL,
         UNIQUE (conversation, mimi)
     ) STRICT;
     CREATE INDEX message_by_conversation ON message (conversation, id);
     CREATE INDEX message_waiting ON message (conversation, id) WHERE state = 0;
     CREATE TABLE report (
         conversation INTEGER NOT NULL REFERENCES conversation(id),
         mimi BLOB NOT NULL,
         PRIMARY KEY (conversation, mimi)
     ) STRICT, WITHOUT ROWID;
     CREATE TABLE outbox (
         position INTEGER PRIMARY KEY AUTOINCREMENT,
         id BLOB NOT NULL UNIQUE,
         kind INTEGER NOT NULL,
         conversation INTEGER REFERENCES conversation(id),
         channel BLOB,
         message INTEGER REFERENCES message(id),
         frame BLOB NOT NULL
     ) STRICT;
     CREATE INDEX outbox_by_message ON outbox (message) WHERE message IS NOT NULL;
     CREATE INDEX outbox_by_channel ON outbox (channel) WHERE channel IS NOT NULL;
     CREATE TABLE mls (
         kind INTEGER NOT NULL,
         key BLOB NOT NULL,
         value BLOB NOT NULL,
         PRIMARY KEY (kind, key)
     ) STRICT, WITHOUT ROWID;
     CREATE TABLE mls_list (
         position INTEGER PRIMARY KEY AUTOINCREMENT,
         kind INTEGER NOT NULL,
         list BLOB NOT NULL,
         item BLOB NOT NULL,
         value BLOB NOT NULL
     ) STRICT;
     CREATE INDEX mls_list_by_list ON mls_list (kind, list, position);",
    // files of messages, and own blobs that nobody needs any more
    "CREATE TABLE attachment (
         id INTEGER PRIMARY KEY AUTOINCREMENT,
         message INTEGER NOT NULL REFERENCES message(id) ON DELETE CASCADE,
         state INTEGER NOT NULL,
         name TEXT NOT NULL,
         media_type TEXT NOT NULL,
         size INTEGER NOT NULL,
         url TEXT NOT NULL,
         key BLOB NOT NULL,
         hash BLOB NOT NULL,
         secret BLOB,
         file TEXT,
         refusals INTEGER NOT NULL DEFAULT 0
     ) STRICT;
     CREATE INDEX attachment_by_message ON attachment (message);
     CREATE INDEX attachment_moving ON attachment (id) WHERE state IN (0, 4);
     CREATE TABLE unwanted_blob (
         url TEXT PRIMARY KEY,
         secret BLOB NOT NULL
     ) STRICT, WITHOUT ROWID;
     CREATE TRIGGER attachment_deleted AFTER DELETE ON attachment WHEN OLD.secret IS NOT NULL BEGIN
         INSERT OR IGNORE INTO unwanted_blob (url, secret) VALUES (OLD.url, OLD.secret);
     END;",
];

pub(crate) fn run(connection: &mut Connection) -> Result<(), StoreError> {
    let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found: i64 = tx.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let known = STEPS.len() as i64;
    if found > known {
        return Err(StoreError::Newer { found, known });
    }
    for step in STEPS.iter().skip(usize::try_from(found).unwrap_or(0)) {
        tx.execute_batch(step)?;
    }
    tx.execute_batch(&format!("PRAGMA user_version = {known}"))?;
    tx.commit()?;
    Ok(())
}
