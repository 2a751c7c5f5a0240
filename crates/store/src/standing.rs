//! How one stands to a contact: trust, blocking, how much was written, tokens that were taken back.

use rusqlite::{OptionalExtension, params};

use crate::{ContactId, ConversationId, StoreError, Trust, Tx, Writing};

/// A token of the own inbox that the relay is to revoke.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevokingRow {
    /// Names the token.
    pub nonce: [u8; 16],
    /// Names the request, repeated with every try.
    pub request: [u8; 16],
}

impl Tx<'_> {
    /// Changes how well a contact is known.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn set_trust(&self, id: ContactId, trust: Trust) -> Result<(), StoreError> {
        self.sql().execute("UPDATE contact SET trust = ?2 WHERE id = ?1", params![id.0, trust as i64])?;
        self.note_contact(id)
    }

    /// Notes whether the user wants nothing to do with a contact.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn set_blocked(&self, id: ContactId, blocked: bool) -> Result<(), StoreError> {
        self.sql().execute("UPDATE contact SET blocked = ?2 WHERE id = ?1", params![id.0, blocked])?;
        self.note_contact(id)
    }

    /// Notes by which card a contact was found.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn set_contact_card(&self, id: ContactId, card: &[u8; 16]) -> Result<(), StoreError> {
        self.sql().execute("UPDATE contact SET card = ?2 WHERE id = ?1", params![id.0, card])?;
        Ok(())
    }

    /// Contacts that were found by a card and have another identity than `identity`.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn others_of_card(&self, card: &[u8; 16], identity: &[u8; 32]) -> Result<Vec<ContactId>, StoreError> {
        let sql = "SELECT id FROM contact WHERE card IS NOT NULL AND card = ?1 AND identity <> ?2";
        let mut statement = self.sql().prepare_cached(sql)?;
        let rows = statement.query_map(params![card, identity], |row| row.get(0).map(ContactId))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Notes that a contact wrote.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn set_heard(&self, id: ContactId, heard: Writing) -> Result<(), StoreError> {
        let mut statement =
            self.sql().prepare_cached("UPDATE contact SET heard = ?2, heard_on = ?3 WHERE id = ?1")?;
        statement.execute(params![id.0, heard.days, heard.last])?;
        Ok(())
    }

    /// Notes that the user wrote to a contact.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn set_wrote(&self, id: ContactId, wrote: Writing) -> Result<(), StoreError> {
        let mut statement =
            self.sql().prepare_cached("UPDATE contact SET wrote = ?2, wrote_on = ?3 WHERE id = ?1")?;
        statement.execute(params![id.0, wrote.days, wrote.last])?;
        Ok(())
    }

    /// Notes that a token of the own inbox is to be revoked at the relay by the request `request`.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn add_revoking(&self, nonce: &[u8; 16], request: &[u8; 16]) -> Result<(), StoreError> {
        let sql = "INSERT OR IGNORE INTO revoking (nonce, request) VALUES (?1, ?2)";
        self.sql().prepare_cached(sql)?.execute(params![nonce, request])?;
        Ok(())
    }

    /// Tokens that the relay does not know to be revoked, each with its request.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn revoking(&self) -> Result<Vec<RevokingRow>, StoreError> {
        let mut statement =
            self.sql().prepare_cached("SELECT nonce, request FROM revoking ORDER BY request")?;
        let rows =
            statement.query_map([], |row| Ok(RevokingRow { nonce: row.get(0)?, request: row.get(1)? }))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The relay has revoked what a request asked for. Says whether that was anything.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn revoked(&self, request: &[u8; 16]) -> Result<bool, StoreError> {
        let sql = "DELETE FROM revoking WHERE request = ?1";
        Ok(self.sql().prepare_cached(sql)?.execute(params![request])? > 0)
    }

    /// Notes whether the token by which a group reaches this device was taken back.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn set_cut_off(&self, channel: &[u8; 16], cut_off: bool) -> Result<(), StoreError> {
        self.sql()
            .execute("UPDATE mls_group SET cut_off = ?2 WHERE channel = ?1", params![channel, cut_off])?;
        Ok(())
    }

    /// Names the token that a contact has for adding the user to groups, if they have one.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn reach_nonce(&self, id: ContactId) -> Result<Option<[u8; 16]>, StoreError> {
        let mut statement = self.sql().prepare_cached("SELECT reach_nonce FROM contact WHERE id = ?1")?;
        Ok(statement.query_row([id.0], |row| row.get(0)).optional()?.flatten())
    }

    /// Notes which token a contact has for adding the user to groups.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn set_reach_nonce(&self, id: ContactId, nonce: Option<&[u8; 16]>) -> Result<(), StoreError> {
        self.sql().execute("UPDATE contact SET reach_nonce = ?2 WHERE id = ?1", params![id.0, nonce])?;
        Ok(())
    }

    /// The channels of all groups that carry or carried a conversation.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn channels_of(&self, id: ConversationId) -> Result<Vec<[u8; 16]>, StoreError> {
        let mut statement = self
            .sql()
            .prepare_cached("SELECT channel FROM mls_group WHERE conversation = ?1 AND ended IS NULL")?;
        let rows = statement.query_map([id.0], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Deletes a conversation with a contact, and the contact, with everything that was said. The MLS state of its groups
    /// is to be deleted before.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn remove_conversation(&self, id: ConversationId) -> Result<(), StoreError> {
        let Some(row) = self.conversation(id)? else { return Ok(()) };
        let mut texts =
            self.sql().prepare("SELECT id, text FROM message WHERE conversation = ?1 AND state < 6")?;
        let texts =
            texts.query_map([id.0], |row| Ok((crate::MessageId(row.get(0)?), row.get::<_, String>(1)?)))?;
        for text in texts {
            let (message, text) = text?;
            self.unindex(message, &text)?;
        }
        for table in ["kept", "prepared", "upload"] {
            let sql = format!(
                "DELETE FROM {table} WHERE channel IN (SELECT channel FROM mls_group WHERE conversation = ?1)"
            );
            self.sql().execute(&sql, [id.0])?;
        }
        for table in
            ["outbox", "report", "early", "message", "intent", "group_profile", "mls_group", "composing"]
        {
            self.sql().execute(&format!("DELETE FROM {table} WHERE conversation = ?1"), [id.0])?;
        }
        self.sql().execute("DELETE FROM conversation WHERE id = ?1", [id.0])?;
        self.sql().execute("DELETE FROM contact WHERE id = ?1", [row.contact.map(|contact| contact.0)])?;
        self.erase();
        self.note().removed.insert(id);
        Ok(())
    }

    /// Takes a conversation from this device: nothing of what was said, and no name. It may come again.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn take_conversation(&self, id: ConversationId) -> Result<(), StoreError> {
        let sql = "SELECT id FROM message WHERE conversation = ?1 AND state < 6";
        let mut statement = self.sql().prepare_cached(sql)?;
        let messages = statement.query_map([id.0], |row| row.get(0).map(crate::MessageId))?;
        for message in messages.collect::<Result<Vec<_>, _>>()? {
            self.forget_message(message)?;
        }
        self.set_draft(id, "")?;
        // What is left of messages would keep them away.
        self.sql().execute("DELETE FROM message WHERE conversation = ?1 AND state = 7", [id.0])?;
        let sql = "UPDATE contact SET name = '' WHERE id = (SELECT contact FROM conversation WHERE id = ?1)";
        self.sql().execute(sql, [id.0])?;
        self.note().removed.insert(id);
        Ok(())
    }

    fn note_contact(&self, id: ContactId) -> Result<(), StoreError> {
        let sql = "SELECT id FROM conversation WHERE contact = ?1";
        let found: Option<i64> =
            self.sql().prepare_cached(sql)?.query_row([id.0], |row| row.get(0)).optional()?;
        if let Some(conversation) = found {
            self.note().conversations.insert(ConversationId(conversation));
        }
        Ok(())
    }
}
