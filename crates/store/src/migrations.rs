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
     ALTER TABLE contact ADD COLUMN reach_nonce BLOB;
     UPDATE mls_group SET key = zeroblob(32) WHERE length(key) <> 32;",
    // Up to which message the index goes: later ones enter it together
    "CREATE TABLE indexed (
         up_to INTEGER NOT NULL
     ) STRICT;
     INSERT INTO indexed SELECT COALESCE(MAX(id), 0) FROM message;",
    // State of groups that was set aside, for what still comes from the epochs that they have left
    "CREATE TABLE past (
         channel BLOB PRIMARY KEY,
         key BLOB NOT NULL,
         until INTEGER NOT NULL,
         since INTEGER NOT NULL,
         own BLOB
     ) STRICT, WITHOUT ROWID;",
    // What is being written, and for how long it will be kept
    "CREATE TABLE composing (
         conversation INTEGER PRIMARY KEY REFERENCES conversation(id),
         draft TEXT NOT NULL,
         expires_after INTEGER
     ) STRICT;",
    // Business lines: what a contact's card says of one, and the desk room's events with what they were folded into
    "ALTER TABLE contact ADD COLUMN line BLOB;
     ALTER TABLE conversation ADD COLUMN erase_at INTEGER;
     CREATE TABLE desk_event (
         position INTEGER PRIMARY KEY AUTOINCREMENT,
         id BLOB NOT NULL UNIQUE,
         device BLOB NOT NULL,
         at INTEGER NOT NULL,
         body BLOB NOT NULL
     ) STRICT;
     CREATE TABLE desk_state (
         key BLOB PRIMARY KEY,
         value BLOB NOT NULL
     ) STRICT, WITHOUT ROWID;",
    // Own posts to the desk room, until they come back in its order
    "CREATE TABLE desk_own (
         position INTEGER PRIMARY KEY AUTOINCREMENT,
         post BLOB NOT NULL UNIQUE,
         content BLOB NOT NULL
     ) STRICT;",
];

pub(crate) fn run(connection: &mut Connection) -> Result<(), StoreError> {
    let known = STEPS.len() as i64;
    let found: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if found > known {
        return Err(StoreError::Newer { found, known });
    }
    if found == known {
        // Nothing is written: a profile can be looked at also when its disk is full.
        return Ok(());
    }
    let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for step in STEPS.iter().skip(usize::try_from(found).unwrap_or(0)) {
        tx.execute_batch(step)?;
    }
    tx.execute_batch(&format!("PRAGMA user_version = {known}"))?;
    tx.commit()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ContactState, Database, MessageState, OutboxKind, SenderKind};

    /// What a profile may hold after each step, in the order of the steps.
    const CONTENTS: &[&str] = &[
        "INSERT INTO meta VALUES (9, CAST('https://relay.example' AS BLOB));
         INSERT INTO contact (id, identity, name, state, trust) VALUES (1, zeroblob(32), 'Ben', 2, 2);
         INSERT INTO conversation (id, contact, channel, unread) VALUES (1, 1, zeroblob(16), 1);
         INSERT INTO mls_group (channel, conversation, relay, intent, rotated)
             VALUES (zeroblob(16), 1, 'https://relay.example', 0, 7);
         INSERT INTO message (id, conversation, mimi, sender, text, content, at, state) VALUES
             (1, 1, x'01', 0, 'Grüße aus Köln', x'', 1, 3),
             (2, 1, x'02', 1, 'Straße', x'', 2, 5),
             (3, 1, x'03', 1, '', x'aa', 3, 5),
             (4, 1, x'04', 0, 'waits', x'bb', 4, 0),
             (5, 1, x'05', 0, '', x'cc', 5, 6);
         INSERT INTO report (conversation, mimi) VALUES (1, x'02');
         INSERT INTO outbox (id, kind, conversation, channel, message, frame)
             VALUES (zeroblob(16), 3, 1, zeroblob(16), 4, x'dd');
         INSERT INTO mls VALUES (1, x'01', x'02');
         INSERT INTO mls_list (kind, list, item, value) VALUES (1, x'01', x'02', x'03');",
        "INSERT INTO attachment (message, state, name, media_type, size, url, key, hash, secret)
             VALUES (3, 3, 'a.jpg', 'image/jpeg', 9, 'u', x'01', x'02', x'03');
         INSERT INTO unwanted_blob VALUES ('v', x'04');",
        "INSERT INTO receipt VALUES (1, zeroblob(32), 5, NULL);
         INSERT INTO reaction VALUES (1, zeroblob(32), x'06', 'x', 5);
         INSERT INTO early (conversation, target, author, mimi, content)
             VALUES (1, x'99', zeroblob(32), x'98', x'97');
         INSERT INTO revoking VALUES (zeroblob(16), zeroblob(16));",
        "",
        "INSERT INTO conversation (id, contact) VALUES (2, NULL);
         INSERT INTO group_profile VALUES (2, 0, 'Choir', x'', 3);
         INSERT INTO person VALUES (x'11', 'Chris');
         INSERT INTO intent (conversation, body, state, due) VALUES (2, x'01', 0, 0);
         INSERT INTO kept (channel, entry) VALUES (zeroblob(16), x'01');
         INSERT INTO own_package VALUES (x'01', 9);
         INSERT INTO prepared VALUES (zeroblob(16), x'01');
         INSERT INTO upload VALUES (x'01', zeroblob(16), 'r', x'02', x'03');",
    ];

    /// How many rows every table has.
    fn rows(connection: &Connection) -> Vec<(String, i64)> {
        let sql = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'search%'
                   AND name NOT LIKE 'sqlite%' ORDER BY name";
        let mut names = connection.prepare(sql).expect("reads");
        let names: Vec<String> =
            names.query_map([], |row| row.get(0)).expect("reads").map(|name| name.expect("a name")).collect();
        let count = |name: String| {
            let sql = format!("SELECT COUNT(*) FROM {name}");
            let count = connection.query_row(&sql, [], |row| row.get(0)).expect("counts");
            (name, count)
        };
        names.into_iter().map(count).collect()
    }

    #[test]
    fn a_database_that_was_filled_at_any_earlier_step_comes_up_to_date_with_all_it_holds() {
        for step in 1..STEPS.len() {
            let dir = tempfile::tempdir().expect("a folder");
            let path = dir.path().join("plain.db");
            let connection = Connection::open(&path).expect("opens");
            connection.execute_batch("PRAGMA foreign_keys = ON").expect("sets");
            for (n, sql) in STEPS.iter().enumerate().take(step) {
                connection.execute_batch(&format!("BEGIN; {sql} COMMIT")).expect("a step");
                connection.execute_batch(CONTENTS.get(n).unwrap_or(&"")).expect("filled");
            }
            connection.execute_batch(&format!("PRAGMA user_version = {step}")).expect("sets");
            let before = rows(&connection);
            drop(connection);

            let mut db = Database::open_plain(&path).expect("migrates");
            let done = db.read(|tx| {
                let after = rows(tx.sql());
                for known in &before {
                    assert!(after.contains(known), "step {step}: {known:?} in {after:?}");
                }
                let broken: i64 =
                    tx.sql()
                        .query_row("SELECT COUNT(*) FROM pragma_foreign_key_check", [], |row| row.get(0))?;
                assert_eq!(broken, 0, "step {step}");
                let summary =
                    tx.conversations(0)?.into_iter().find(|one| one.contact().is_some()).expect("Ben");
                let contact = summary.contact().expect("a contact");
                assert_eq!((contact.name.as_str(), contact.state), ("Ben", ContactState::Accepted));
                assert!(!contact.blocked);
                let id = summary.conversation.id;
                let messages = tx.messages_before(id, None, 10, 0)?;
                let told: Vec<_> = messages.iter().map(|m| (m.sender, m.text.as_str(), m.state)).collect();
                let (own, other) = (SenderKind::Own, SenderKind::Contact);
                let expected = [
                    (own, "Grüße aus Köln", MessageState::Read),
                    (other, "Straße", MessageState::Received),
                    (other, "", MessageState::Received),
                    (own, "waits", MessageState::Queued),
                ];
                assert_eq!(told, expected, "step {step}");
                assert_eq!(messages[1].author, Some([0; 32]));
                assert_eq!(tx.search("strasse", None, None, 9, 0)?.len(), 1, "step {step}");
                assert_eq!(tx.search("gruss", None, None, 9, 0)?.len(), 1, "step {step}");
                let row = tx.outbox_row(&[0; 16])?.expect("a request");
                assert_eq!((row.kind, row.message), (OutboxKind::Post, Some(messages[3].id)));
                let group = tx.group(&[0; 16])?.expect("a group");
                assert_eq!(
                    (group.conversation, group.rotated, group.ended, group.cut_off),
                    (id, 7, None, false)
                );
                Ok::<_, StoreError>(row.relay)
            });
            assert_eq!(done.expect("reads"), "https://relay.example", "step {step}");
            // Once more is no step.
            drop(db);
            Database::open_plain(&path).expect("opens again");
        }
    }
}
