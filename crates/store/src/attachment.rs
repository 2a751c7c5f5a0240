//! Files of messages: where they lie, what opens them, and how far they are.

use rusqlite::{OptionalExtension, Row, params};
use zeroize::Zeroizing;

use crate::{AttachmentId, ConversationId, MessageId, StoreError, Tx};

/// How far a file is. The numbers are part of the file format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttachmentState {
    /// An own file on its way to the relay.
    Uploading = 0,
    /// An own file that did not reach the relay; can be tried again.
    NotUploaded = 1,
    /// An own file that is at the relay.
    Uploaded = 2,
    /// It can be fetched.
    Offered = 3,
    /// It is being fetched.
    Downloading = 4,
    /// It could not be fetched; can be tried again.
    NotDownloaded = 5,
    /// It was saved where the user wanted it.
    Saved = 6,
}

/// A file to be written down with its message.
#[derive(Clone)]
pub struct NewAttachment<'a> {
    /// Suggested name, perhaps empty.
    pub name: &'a str,
    /// Media type, as its sender says.
    pub media_type: &'a str,
    /// Bytes of the file.
    pub size: u64,
    /// Where the sealed bytes lie.
    pub url: &'a str,
    /// What opens them.
    pub key: &'a [u8; 39],
    /// SHA-256 of the sealed bytes.
    pub hash: &'a [u8; 32],
    /// What uploads and deletes them at the relay, if they are the user's own.
    pub secret: Option<&'a [u8; 32]>,
    /// The driver's name for the sealed bytes on this device.
    pub file: Option<&'a str>,
    /// How far it is.
    pub state: AttachmentState,
}

/// A file of a message. `Debug` shows nothing that is secret or said.
#[derive(Clone, PartialEq, Eq)]
pub struct AttachmentRow {
    /// Row id. Within a message, files are in the order of their ids.
    pub id: AttachmentId,
    /// Whose file it is.
    pub message: MessageId,
    /// The message's conversation.
    pub conversation: ConversationId,
    /// How far it is.
    pub state: AttachmentState,
    /// Suggested name, perhaps empty. It comes from outside: never a path to write to as it is.
    pub name: String,
    /// Media type, as its sender says.
    pub media_type: String,
    /// Bytes of the file.
    pub size: u64,
    /// Where the sealed bytes lie.
    pub url: String,
    /// What opens them: key, then nonce.
    pub key: Zeroizing<[u8; 39]>,
    /// SHA-256 of the sealed bytes.
    pub hash: [u8; 32],
    /// What uploads and deletes them at the relay, if they are the user's own.
    pub secret: Option<Zeroizing<[u8; 32]>>,
    /// The driver's name for the file on this device: the sealed bytes while they go out, or where it is saved.
    pub file: Option<String>,
    /// How often an upload was refused.
    pub refusals: u32,
}

impl std::fmt::Debug for AttachmentRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AttachmentRow")
            .field("id", &self.id)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

/// An own blob that nobody needs any more, as long as its relay does not know it.
#[derive(Clone, PartialEq, Eq)]
pub struct UnwantedBlob {
    /// Where it lies.
    pub url: String,
    /// What deletes it.
    pub secret: Zeroizing<[u8; 32]>,
}

const ATTACHMENT: &str = "a.id, a.message, m.conversation, a.state, a.name, a.media_type, a.size, a.url, a.key, a.hash, a.secret, a.file, \
     a.refusals";
const FROM: &str = "attachment a JOIN message m ON m.id = a.message";

impl Tx<'_> {
    /// Writes a file of a message down.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn add_attachment(
        &self,
        message: MessageId,
        new: &NewAttachment<'_>,
    ) -> Result<AttachmentId, StoreError> {
        self.sql()
            .prepare_cached(
                "INSERT INTO attachment (message, state, name, media_type, size, url, key, hash, secret, file)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            )?
            .execute(params![
                message.0,
                new.state as i64,
                new.name,
                new.media_type,
                i64::try_from(new.size).unwrap_or(i64::MAX),
                new.url,
                new.key.as_slice(),
                new.hash.as_slice(),
                new.secret.map(<[u8; 32]>::as_slice),
                new.file,
            ])?;
        Ok(AttachmentId(self.sql().last_insert_rowid()))
    }

    /// The files of a message, in their order.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn attachments(&self, message: MessageId) -> Result<Vec<AttachmentRow>, StoreError> {
        let sql = format!("SELECT {ATTACHMENT} FROM {FROM} WHERE a.message = ?1 ORDER BY a.id");
        let mut statement = self.sql().prepare_cached(&sql)?;
        let rows = statement.query_map([message.0], attachment)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Finds a file.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn attachment(&self, id: AttachmentId) -> Result<Option<AttachmentRow>, StoreError> {
        let sql = format!("SELECT {ATTACHMENT} FROM {FROM} WHERE a.id = ?1");
        Ok(self.sql().prepare_cached(&sql)?.query_row([id.0], attachment).optional()?)
    }

    /// The oldest files that are on their way, up or down, with an id above `after`; at most `limit`.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn moving_attachments(
        &self,
        after: AttachmentId,
        limit: u32,
    ) -> Result<Vec<AttachmentRow>, StoreError> {
        let sql = format!(
            "SELECT {ATTACHMENT} FROM {FROM} WHERE a.state IN (0, 4) AND a.id > ?1 ORDER BY a.id LIMIT ?2"
        );
        let mut statement = self.sql().prepare_cached(&sql)?;
        let rows = statement.query_map([after.0, i64::from(limit)], attachment)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The driver's names for sealed files that are still needed on this device.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn sealed_files(&self) -> Result<Vec<String>, StoreError> {
        let sql = "SELECT file FROM attachment WHERE state IN (0, 1) AND file IS NOT NULL";
        let mut statement = self.sql().prepare_cached(sql)?;
        let rows = statement.query_map([], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// All of the driver's names for files of messages.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn kept_files(&self) -> Result<Vec<String>, StoreError> {
        let mut statement =
            self.sql().prepare_cached("SELECT file FROM attachment WHERE file IS NOT NULL")?;
        let rows = statement.query_map([], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Says how far a file is, and what it is called on this device.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn set_attachment(
        &self,
        row: &AttachmentRow,
        state: AttachmentState,
        file: Option<&str>,
    ) -> Result<(), StoreError> {
        self.sql()
            .prepare_cached("UPDATE attachment SET state = ?2, file = ?3, refusals = 0 WHERE id = ?1")?
            .execute(params![row.id.0, state as i64, file])?;
        self.note().messages.insert((row.conversation, row.message));
        Ok(())
    }

    /// Counts a refused upload, which stays on its way.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn count_refusal(&self, id: AttachmentId) -> Result<(), StoreError> {
        let sql = "UPDATE attachment SET refusals = refusals + 1 WHERE id = ?1";
        self.sql().prepare_cached(sql)?.execute([id.0])?;
        Ok(())
    }

    /// What a message says, as it travels.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn content(&self, message: MessageId) -> Result<Option<Vec<u8>>, StoreError> {
        let mut statement = self.sql().prepare_cached("SELECT content FROM message WHERE id = ?1")?;
        Ok(statement.query_row([message.0], |row| row.get(0)).optional()?)
    }

    /// Own blobs that nobody needs any more, at most `limit`.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn unwanted_blobs(&self, limit: u32) -> Result<Vec<UnwantedBlob>, StoreError> {
        let mut statement = self.sql().prepare_cached("SELECT url, secret FROM unwanted_blob LIMIT ?1")?;
        let rows = statement.query_map([limit], |row| {
            Ok(UnwantedBlob { url: row.get(0)?, secret: Zeroizing::new(row.get(1)?) })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The relay knows that nobody needs this blob.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn forget_blob(&self, url: &str) -> Result<(), StoreError> {
        self.sql().prepare_cached("DELETE FROM unwanted_blob WHERE url = ?1")?.execute([url])?;
        Ok(())
    }
}

fn attachment(row: &Row<'_>) -> rusqlite::Result<AttachmentRow> {
    Ok(AttachmentRow {
        id: AttachmentId(row.get(0)?),
        message: MessageId(row.get(1)?),
        conversation: ConversationId(row.get(2)?),
        state: match row.get::<_, i64>(3)? {
            0 => AttachmentState::Uploading,
            1 => AttachmentState::NotUploaded,
            2 => AttachmentState::Uploaded,
            3 => AttachmentState::Offered,
            4 => AttachmentState::Downloading,
            5 => AttachmentState::NotDownloaded,
            _ => AttachmentState::Saved,
        },
        name: row.get(4)?,
        media_type: row.get(5)?,
        size: row.get::<_, i64>(6)?.unsigned_abs(),
        url: row.get(7)?,
        key: Zeroizing::new(row.get(8)?),
        hash: row.get(9)?,
        secret: row.get::<_, Option<[u8; 32]>>(10)?.map(Zeroizing::new),
        file: row.get(11)?,
        refusals: row.get(12)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ContactState, Database, DatabaseKey, Location, MessageKind, NewMessage};

    fn written(tx: &Tx<'_>) -> Result<(ConversationId, MessageId), StoreError> {
        let (_, conversation) = tx.add_contact(&[7; 32], "Bob", ContactState::Accepted)?;
        let message = tx.add_message(&NewMessage {
            kind: MessageKind::Attachments,
            ..NewMessage::own(conversation, b"id", "", b"files", 0)
        })?;
        for (url, state) in [("a", AttachmentState::Uploading), ("b", AttachmentState::Uploaded)] {
            tx.add_attachment(
                message.expect("new"),
                &NewAttachment {
                    name: "name",
                    media_type: "text/plain",
                    size: 5,
                    url,
                    key: &[1; 39],
                    hash: &[2; 32],
                    secret: Some(&[3; 32]),
                    file: Some("sealed"),
                    state,
                },
            )?;
        }
        Ok((conversation, message.expect("new")))
    }

    #[test]
    fn a_message_is_not_sealed_before_all_its_files_are_at_the_relay() {
        let mut db = Database::open(Location::Memory, &DatabaseKey::new([0; 32])).expect("opens");
        let done = db.transaction(|tx| {
            let (conversation, message) = written(tx)?;
            assert!(tx.unsealed(conversation)?.is_empty());
            let moving = tx.moving_attachments(AttachmentId(0), 10)?;
            assert_eq!(moving.iter().map(|row| row.url.as_str()).collect::<Vec<_>>(), ["a"]);
            tx.set_attachment(&moving[0], AttachmentState::NotUploaded, Some("sealed"))?;
            assert!(tx.unsealed(conversation)?.is_empty());
            assert_eq!(tx.sealed_files()?, ["sealed"]);
            assert_eq!(tx.kept_files()?, ["sealed", "sealed"]);
            tx.set_attachment(&moving[0], AttachmentState::Uploaded, None)?;
            assert_eq!(tx.unsealed(conversation)?.len(), 1);
            assert!(tx.sealed_files()?.is_empty());
            assert_eq!(tx.kept_files()?, ["sealed"], "what is at the relay and here");
            assert_eq!(tx.attachments(message)?.len(), 2);
            Ok::<_, StoreError>(())
        });
        done.expect("nothing fails");
    }

    #[test]
    fn blobs_of_a_deleted_message_are_unwanted_until_the_relay_knows() {
        let mut db = Database::open(Location::Memory, &DatabaseKey::new([0; 32])).expect("opens");
        let done = db.transaction(|tx| {
            let (_, message) = written(tx)?;
            tx.sql().execute("DELETE FROM message WHERE id = ?1", [message.0])?;
            let urls = |tx: &Tx<'_>| {
                Ok::<_, StoreError>(
                    tx.unwanted_blobs(10)?.into_iter().map(|blob| blob.url).collect::<Vec<_>>(),
                )
            };
            assert!(tx.attachments(message)?.is_empty());
            assert_eq!(urls(tx)?, ["a", "b"]);
            tx.forget_blob("a")?;
            assert_eq!(urls(tx)?, ["b"]);
            Ok::<_, StoreError>(())
        });
        done.expect("nothing fails");
    }
}
