//! Contacts, their conversations, and the MLS groups that carry these.

use rusqlite::{OptionalExtension, Row, params};
use zeroize::Zeroizing;

use crate::message::LastMessageRow;
use crate::{ContactId, ConversationId, GroupProfile, MessageId, StoreError, Tx};

/// Where first contact stands. The numbers are part of the file format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContactState {
    /// The user asked; the contact has not accepted yet.
    Requested = 0,
    /// The contact asked; the user has not accepted yet.
    Asking = 1,
    /// Both can write.
    Accepted = 2,
}

/// How well a contact is known. The numbers are part of the file format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    /// Known by a link only.
    New = 0,
    /// Introduced by a contact.
    Introduced = 1,
    /// Verified in person.
    Verified = 2,
    /// Another key than before.
    Changed = 3,
}

/// A contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactRow {
    /// Row id.
    pub id: ContactId,
    /// Public identity key (Ed25519).
    pub identity: [u8; 32],
    /// Display name.
    pub name: String,
    /// Where first contact stands.
    pub state: ContactState,
    /// How well the contact is known.
    pub trust: Trust,
    /// The user wants nothing to do with them.
    pub blocked: bool,
    /// How much the contact wrote.
    pub heard: Writing,
    /// How much the user wrote to them.
    pub wrote: Writing,
}

/// How much was written lately, in days on which it was; what is long ago counts less.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Writing {
    /// Days with at least one message, in thousandths, as they counted on the last one.
    pub days: u32,
    /// The last such day: days since 1970.
    pub last: i64,
}

/// A conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConversationRow {
    /// Row id.
    pub id: ConversationId,
    /// With whom, unless it is a group.
    pub contact: Option<ContactId>,
    /// Channel that carries what is sent, once there is one.
    pub channel: Option<[u8; 16]>,
    /// Messages not yet seen.
    pub unread: u32,
    /// The newest message when everything was last seen.
    pub read_to: MessageId,
    /// What is needed to reach the contact for the first time, until that is done.
    pub introduction: Option<Vec<u8>>,
}

/// A conversation with all that its line in the list shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConversationSummary {
    /// The conversation.
    pub conversation: ConversationRow,
    /// Its contact, or what its group is.
    pub peer: Peer,
    /// Its newest message.
    pub last: Option<LastMessageRow>,
}

/// With whom a conversation is.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(clippy::large_enum_variant)] // one per conversation in a list
pub enum Peer {
    /// With one contact.
    Contact(ContactRow),
    /// With a group.
    Group(GroupProfile),
}

impl ConversationSummary {
    /// The contact, unless it is a group.
    pub fn contact(&self) -> Option<&ContactRow> {
        match &self.peer {
            Peer::Contact(contact) => Some(contact),
            Peer::Group(_) => None,
        }
    }

    /// The group, if it is one.
    pub fn group(&self) -> Option<&GroupProfile> {
        match &self.peer {
            Peer::Contact(_) => None,
            Peer::Group(group) => Some(group),
        }
    }

    /// The contact's or the group's name; empty if it is not known.
    pub fn name(&self) -> &str {
        match &self.peer {
            Peer::Contact(contact) => &contact.name,
            Peer::Group(group) => &group.name,
        }
    }
}

/// An MLS group and the channel that orders it; the group's id is the channel's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupRow {
    /// The channel.
    pub channel: [u8; 16],
    /// The conversation that it carries.
    pub conversation: ConversationId,
    /// Origin of the relay that keeps the channel.
    pub relay: String,
    /// What the pending commit is for (numbers of `kuvert-core`), 0 for none.
    pub intent: u8,
    /// When this device last renewed its keys in the group: milliseconds since 1970.
    pub rotated: i64,
    /// The current group key.
    pub key: Zeroizing<[u8; 32]>,
    /// The epoch that the channel is known to have reached, where this device missed something; 0 if it has not.
    pub behind: u64,
    /// The epoch in which this device ceased to be a member.
    pub ended: Option<u64>,
    /// The token by which the group reaches this device was taken back, and there is no other yet.
    pub cut_off: bool,
}

const CONTACT: &str =
    "c.id, c.identity, c.name, c.state, c.trust, c.blocked, c.heard, c.heard_on, c.wrote, c.wrote_on";
const CONVERSATION: &str = "v.id, v.contact, v.channel, v.unread, v.read_to, v.introduction";
const GROUP: &str =
    "g.channel, g.conversation, g.relay, g.intent, g.rotated, g.key, g.behind, g.ended, g.cut_off";

impl Tx<'_> {
    /// Adds a contact together with its (empty) conversation.
    ///
    /// # Errors
    /// [`StoreError`] if the identity is known already or the database fails.
    pub fn add_contact(
        &self,
        identity: &[u8; 32],
        name: &str,
        state: ContactState,
    ) -> Result<(ContactId, ConversationId), StoreError> {
        self.sql().execute(
            "INSERT INTO contact (identity, name, state, trust) VALUES (?1, ?2, ?3, ?4)",
            params![identity, name, state as i64, Trust::New as i64],
        )?;
        let contact = ContactId(self.sql().last_insert_rowid());
        self.sql().execute("INSERT INTO conversation (contact) VALUES (?1)", [contact.0])?;
        let conversation = ConversationId(self.sql().last_insert_rowid());
        self.note().conversations.insert(conversation);
        Ok((contact, conversation))
    }

    /// Finds the contact with this identity key.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn contact_by_identity(&self, identity: &[u8; 32]) -> Result<Option<ContactRow>, StoreError> {
        let sql = format!("SELECT {CONTACT} FROM contact c WHERE c.identity = ?1");
        Ok(self.sql().prepare_cached(&sql)?.query_row(params![identity], |row| contact(row, 0)).optional()?)
    }

    /// Finds a contact by row id.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn contact(&self, id: ContactId) -> Result<Option<ContactRow>, StoreError> {
        let sql = format!("SELECT {CONTACT} FROM contact c WHERE c.id = ?1");
        Ok(self.sql().prepare_cached(&sql)?.query_row([id.0], |row| contact(row, 0)).optional()?)
    }

    /// The contact of a conversation.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn contact_of(&self, id: ConversationId) -> Result<Option<ContactRow>, StoreError> {
        let sql = format!(
            "SELECT {CONTACT} FROM contact c JOIN conversation v ON v.contact = c.id WHERE v.id = ?1"
        );
        Ok(self.sql().prepare_cached(&sql)?.query_row([id.0], |row| contact(row, 0)).optional()?)
    }

    /// Changes where first contact stands, and the name.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn update_contact(&self, id: ContactId, name: &str, state: ContactState) -> Result<(), StoreError> {
        self.sql().execute(
            "UPDATE contact SET name = ?2, state = ?3 WHERE id = ?1",
            params![id.0, name, state as i64],
        )?;
        if let Some(conversation) = self.conversation_with(id)? {
            self.note().conversations.insert(conversation.id);
        }
        Ok(())
    }

    /// The conversation with a contact.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn conversation_with(&self, id: ContactId) -> Result<Option<ConversationRow>, StoreError> {
        let sql = format!("SELECT {CONVERSATION} FROM conversation v WHERE v.contact = ?1");
        Ok(self.sql().prepare_cached(&sql)?.query_row([id.0], |row| conversation(row, 0)).optional()?)
    }

    /// Finds a conversation.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn conversation(&self, id: ConversationId) -> Result<Option<ConversationRow>, StoreError> {
        let sql = format!("SELECT {CONVERSATION} FROM conversation v WHERE v.id = ?1");
        Ok(self.sql().prepare_cached(&sql)?.query_row([id.0], |row| conversation(row, 0)).optional()?)
    }

    /// Writes or clears what is needed for first contact.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn set_introduction(
        &self,
        id: ConversationId,
        introduction: Option<&[u8]>,
    ) -> Result<(), StoreError> {
        self.sql().execute(
            "UPDATE conversation SET introduction = ?2 WHERE id = ?1",
            params![id.0, introduction],
        )?;
        Ok(())
    }

    /// Makes `channel` the one that carries what is sent.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn set_channel(&self, id: ConversationId, channel: &[u8; 16]) -> Result<(), StoreError> {
        self.sql().execute("UPDATE conversation SET channel = ?2 WHERE id = ?1", params![id.0, channel])?;
        Ok(())
    }

    /// All conversations, the most recent first, as they are at `now`.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn conversations(&self, now: i64) -> Result<Vec<ConversationSummary>, StoreError> {
        let sql = format!(
            "SELECT {CONVERSATION} FROM conversation v
             ORDER BY (SELECT MAX(m.id) FROM message m WHERE m.conversation = v.id AND m.state < 6) DESC, v.id DESC"
        );
        let mut statement = self.sql().prepare_cached(&sql)?;
        let rows = statement.query_map([], |row| conversation(row, 0))?;
        let rows = rows.collect::<Result<Vec<_>, _>>()?;
        rows.into_iter().map(|row| self.summarized(row, now)).collect()
    }

    /// One conversation with all that its line in the list shows at `now`.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn summary(&self, id: ConversationId, now: i64) -> Result<Option<ConversationSummary>, StoreError> {
        self.conversation(id)?.map(|row| self.summarized(row, now)).transpose()
    }

    fn summarized(&self, conversation: ConversationRow, now: i64) -> Result<ConversationSummary, StoreError> {
        let peer = match conversation.contact {
            Some(contact) => self.contact(contact)?.map(Peer::Contact),
            None => self.group_profile(conversation.id)?.map(Peer::Group),
        };
        let peer = peer.ok_or(StoreError::Malformed("a conversation with nobody"))?;
        let last = self.last_message(conversation.id, now)?;
        Ok(ConversationSummary { conversation, peer, last })
    }

    /// Adds a group.
    ///
    /// # Errors
    /// [`StoreError`] if the channel is known already or the database fails.
    pub fn add_group(&self, group: &GroupRow) -> Result<(), StoreError> {
        self.sql().execute(
            "INSERT OR REPLACE INTO mls_group
                 (channel, conversation, relay, intent, rotated, key, behind, ended, cut_off)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            params![
                group.channel,
                group.conversation.0,
                group.relay,
                group.intent,
                group.rotated,
                group.key.as_slice(),
                group.behind.cast_signed(),
                group.ended.map(u64::cast_signed),
                group.cut_off
            ],
        )?;
        Ok(())
    }

    /// Finds the group of a channel.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn group(&self, channel: &[u8; 16]) -> Result<Option<GroupRow>, StoreError> {
        let sql = format!("SELECT {GROUP} FROM mls_group g WHERE g.channel = ?1");
        Ok(self.sql().prepare_cached(&sql)?.query_row(params![channel], group_row).optional()?)
    }

    /// All groups of which this device is a member.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn groups(&self) -> Result<Vec<GroupRow>, StoreError> {
        let sql = format!("SELECT {GROUP} FROM mls_group g WHERE g.ended IS NULL ORDER BY g.channel");
        let mut statement = self.sql().prepare_cached(&sql)?;
        let rows = statement.query_map([], group_row)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Writes the group key down.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn set_group_key(&self, channel: &[u8; 16], key: &[u8; 32]) -> Result<(), StoreError> {
        self.sql().execute("UPDATE mls_group SET key = ?2 WHERE channel = ?1", params![channel, key])?;
        Ok(())
    }

    /// Notes which epoch the channel has reached while this device missed something; 0 if it has not.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn set_behind(&self, channel: &[u8; 16], epoch: u64) -> Result<(), StoreError> {
        self.sql().execute(
            "UPDATE mls_group SET behind = ?2 WHERE channel = ?1",
            params![channel, epoch.cast_signed()],
        )?;
        Ok(())
    }

    /// Notes that this device ceased to be a member in this epoch.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn end_group(&self, channel: &[u8; 16], epoch: u64) -> Result<(), StoreError> {
        self.sql().execute(
            "UPDATE mls_group SET ended = ?2, behind = 0, intent = 0, key = zeroblob(32) WHERE channel = ?1",
            params![channel, epoch.cast_signed()],
        )?;
        Ok(())
    }

    /// Conversations whose channel is at another relay than this one.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn conversations_elsewhere(&self, relay: &str) -> Result<Vec<ConversationId>, StoreError> {
        let mut statement = self.sql().prepare_cached(
            "SELECT v.id FROM conversation v JOIN mls_group g ON g.channel = v.channel WHERE g.relay <> ?1",
        )?;
        let rows = statement.query_map([relay], |row| row.get(0).map(ConversationId))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Notes when this device renewed its keys in a group.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn set_rotated(&self, channel: &[u8; 16], at: i64) -> Result<(), StoreError> {
        self.sql().execute("UPDATE mls_group SET rotated = ?2 WHERE channel = ?1", params![channel, at])?;
        Ok(())
    }

    /// Notes what the pending commit of a group is for; 0 for none.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn set_intent(&self, channel: &[u8; 16], intent: u8) -> Result<(), StoreError> {
        self.sql()
            .execute("UPDATE mls_group SET intent = ?2 WHERE channel = ?1", params![channel, intent])?;
        Ok(())
    }
}

fn contact(row: &Row<'_>, at: usize) -> rusqlite::Result<ContactRow> {
    Ok(ContactRow {
        id: ContactId(row.get(at)?),
        identity: row.get(at + 1)?,
        name: row.get(at + 2)?,
        state: match row.get::<_, i64>(at + 3)? {
            0 => ContactState::Requested,
            1 => ContactState::Asking,
            _ => ContactState::Accepted,
        },
        trust: match row.get::<_, i64>(at + 4)? {
            1 => Trust::Introduced,
            2 => Trust::Verified,
            3 => Trust::Changed,
            _ => Trust::New,
        },
        blocked: row.get(at + 5)?,
        heard: Writing { days: row.get(at + 6)?, last: row.get(at + 7)? },
        wrote: Writing { days: row.get(at + 8)?, last: row.get(at + 9)? },
    })
}

fn conversation(row: &Row<'_>, at: usize) -> rusqlite::Result<ConversationRow> {
    Ok(ConversationRow {
        id: ConversationId(row.get(at)?),
        contact: row.get::<_, Option<i64>>(at + 1)?.map(ContactId),
        channel: row.get(at + 2)?,
        unread: row.get(at + 3)?,
        read_to: MessageId(row.get(at + 4)?),
        introduction: row.get(at + 5)?,
    })
}

fn group_row(row: &Row<'_>) -> rusqlite::Result<GroupRow> {
    Ok(GroupRow {
        channel: row.get(0)?,
        conversation: ConversationId(row.get(1)?),
        relay: row.get(2)?,
        intent: row.get(3)?,
        rotated: row.get(4)?,
        key: Zeroizing::new(row.get(5)?),
        behind: row.get::<_, i64>(6)?.cast_unsigned(),
        ended: row.get::<_, Option<i64>>(7)?.map(i64::cast_unsigned),
        cut_off: row.get(8)?,
    })
}
