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
    // replies, edits, deletions, reactions, reports per person, expiry, search, blocking, familiarity
    "ALTER TABLE message ADD COLUMN author BLOB;
     ALTER TABLE message ADD COLUMN kind INTEGER NOT NULL DEFAULT 0;
     ALTER TABLE message ADD COLUMN reply_to BLOB;
     ALTER TABLE message ADD COLUMN edited_at INTEGER;
     ALTER TABLE message ADD COLUMN version BLOB;
     ALTER TABLE message ADD COLUMN expires_after INTEGER;
     ALTER TABLE message ADD COLUMN expires_at INTEGER;
     UPDATE message SET author = (SELECT c.identity FROM conversation v JOIN contact c ON c.id = v.contact
                                  WHERE v.id = message.conversation) WHERE sender = 1;
     UPDATE message SET kind = 1 WHERE sender = 1 AND text = '';
     DROP INDEX message_by_conversation;
     DROP INDEX message_waiting;
     CREATE INDEX message_shown ON message (conversation, id) WHERE state < 6;
     CREATE INDEX message_unsent ON message (conversation, id) WHERE sender = 0 AND state IN (0, 6);
     CREATE INDEX message_by_reply ON message (conversation, reply_to) WHERE reply_to IS NOT NULL;
     CREATE INDEX message_expiring ON message (expires_at) WHERE expires_at IS NOT NULL;
     ALTER TABLE conversation ADD COLUMN read_to INTEGER NOT NULL DEFAULT 0;
     UPDATE conversation SET read_to = COALESCE(
         (SELECT MAX(m.id) FROM message m WHERE m.conversation = conversation.id AND m.state < 6), 0);
     ALTER TABLE report ADD COLUMN status INTEGER NOT NULL DEFAULT 1;
     CREATE TABLE receipt (
         message INTEGER NOT NULL REFERENCES message(id) ON DELETE CASCADE,
         identity BLOB NOT NULL,
         delivered INTEGER NOT NULL,
         read INTEGER,
         PRIMARY KEY (message, identity)
     ) STRICT, WITHOUT ROWID;
     CREATE TABLE reaction (
         message INTEGER NOT NULL REFERENCES message(id) ON DELETE CASCADE,
         author BLOB NOT NULL,
         mimi BLOB NOT NULL,
         text TEXT NOT NULL,
         at INTEGER NOT NULL,
         PRIMARY KEY (message, author)
     ) STRICT, WITHOUT ROWID;
     CREATE INDEX reaction_by_mimi ON reaction (mimi);
     CREATE TABLE early (
         id INTEGER PRIMARY KEY AUTOINCREMENT,
         conversation INTEGER NOT NULL REFERENCES conversation(id) ON DELETE CASCADE,
         target BLOB NOT NULL,
         author BLOB NOT NULL,
         mimi BLOB NOT NULL,
         content BLOB NOT NULL,
         UNIQUE (conversation, mimi)
     ) STRICT;
     CREATE INDEX early_by_target ON early (conversation, target);
     CREATE TABLE revoking (
         nonce BLOB PRIMARY KEY,
         request BLOB NOT NULL
     ) STRICT, WITHOUT ROWID;
     ALTER TABLE contact ADD COLUMN blocked INTEGER NOT NULL DEFAULT 0;
     ALTER TABLE contact ADD COLUMN card BLOB;
     ALTER TABLE contact ADD COLUMN heard INTEGER NOT NULL DEFAULT 0;
     ALTER TABLE contact ADD COLUMN heard_on INTEGER NOT NULL DEFAULT 0;
     ALTER TABLE contact ADD COLUMN wrote INTEGER NOT NULL DEFAULT 0;
     ALTER TABLE contact ADD COLUMN wrote_on INTEGER NOT NULL DEFAULT 0;
     CREATE INDEX contact_by_card ON contact (card) WHERE card IS NOT NULL;
     CREATE VIRTUAL TABLE search USING fts5(
         text, content = '', columnsize = 0, tokenize = 'unicode61 remove_diacritics 2');
     INSERT INTO search (search, rank) VALUES ('secure-delete', 1);
     INSERT INTO search (rowid, text) SELECT id, replace(replace(text, 'ß', 'ss'), 'ẞ', 'SS')
         FROM message WHERE state < 6 AND text <> '';",
    // Requests wait for one relay or another: for which (origin), and since when (milliseconds since 1970)
    "ALTER TABLE outbox ADD COLUMN relay TEXT NOT NULL DEFAULT '';
     ALTER TABLE outbox ADD COLUMN since INTEGER NOT NULL DEFAULT 0;
     UPDATE outbox SET relay = coalesce((SELECT CAST(value AS TEXT) FROM meta WHERE key = 9), '');
     CREATE INDEX outbox_by_relay ON outbox (relay, position);",
    // Groups of many: their profiles, what is to be committed, what waits for a commit or a blob, key packages' ends. A
    // conversation may have no contact. Its table is made anew; what refers to it does so by name.
    "PRAGMA defer_foreign_keys = ON;
     CREATE TABLE conversation_before AS
         SELECT id, contact, channel, unread, introduction, read_to FROM conversation;
     CREATE TABLE early_before AS SELECT * FROM early;
     DROP TABLE conversation;
     CREATE TABLE conversation (
         id INTEGER PRIMARY KEY,
         contact INTEGER UNIQUE REFERENCES contact(id),
         channel BLOB,
         unread INTEGER NOT NULL DEFAULT 0,
         introduction BLOB,
         read_to INTEGER NOT NULL DEFAULT 0
     ) STRICT;
     INSERT INTO conversation (id, contact, channel, unread, introduction, read_to)
         SELECT * FROM conversation_before;
     DROP TABLE conversation_before;
     INSERT OR IGNORE INTO early SELECT * FROM early_before;
     DROP TABLE early_before;
     CREATE TABLE group_profile (
         conversation INTEGER PRIMARY KEY REFERENCES conversation(id),
         state INTEGER NOT NULL,
         name TEXT NOT NULL,
         picture BLOB NOT NULL,
         members INTEGER NOT NULL
     ) STRICT;
     CREATE TABLE person (
         identity BLOB PRIMARY KEY,
         name TEXT NOT NULL
     ) STRICT, WITHOUT ROWID;
     CREATE TABLE intent (
         id INTEGER PRIMARY KEY AUTOINCREMENT,
         conversation INTEGER NOT NULL REFERENCES conversation(id),
         body BLOB NOT NULL,
         state INTEGER NOT NULL,
         request BLOB,
         package BLOB,
         due INTEGER NOT NULL
     ) STRICT;
     CREATE INDEX intent_by_conversation ON intent (conversation, id);
     CREATE TABLE kept (
         id INTEGER PRIMARY KEY AUTOINCREMENT,
         channel BLOB NOT NULL,
         entry BLOB NOT NULL
     ) STRICT;
     CREATE INDEX kept_by_channel ON kept (channel, id);
     CREATE TABLE own_package (
         reference BLOB PRIMARY KEY,
         ends INTEGER NOT NULL
     ) STRICT, WITHOUT ROWID;
     CREATE TABLE prepared (
         channel BLOB PRIMARY KEY,
         frame BLOB NOT NULL
     ) STRICT, WITHOUT ROWID;
     CREATE TABLE upload (
         id BLOB PRIMARY KEY,
         channel BLOB NOT NULL,
         relay TEXT NOT NULL,
         secret BLOB NOT NULL,
         body BLOB NOT NULL
     ) STRICT, WITHOUT ROWID;
     ALTER TABLE mls_group ADD COLUMN key BLOB NOT NULL DEFAULT x'';
     ALTER TABLE mls_group ADD COLUMN prospect BLOB;
     ALTER TABLE mls_group ADD COLUMN behind INTEGER NOT NULL DEFAULT 0;
     ALTER TABLE mls_group ADD COLUMN ended INTEGER;
     ALTER TABLE contact ADD COLUMN reach BLOB;",
    // Groups whose token for the own inbox was revoked, until a commit puts another in its place; and the token by which a
    // contact adds the user to groups
    "ALTER TABLE mls_group ADD COLUMN cut_off INTEGER NOT NULL DEFAULT 0;
     ALTER TABLE contact ADD COLUMN reach_nonce BLOB;",
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
