//! Groups of many, as the conversation list knows them, and the people in them.

use rusqlite::{OptionalExtension, Row, params};

use crate::{ContactId, ConversationId, StoreError, Tx};

/// What a group is to the user. The numbers are part of the file format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GroupState {
    /// The user is a member.
    Member = 0,
    /// Somebody added the user who is no contact: to be accepted or left.
    Invited = 1,
    /// The user wants to leave, and waits for somebody to carry it out.
    Leaving = 2,
    /// The user left.
    Left = 3,
    /// The user was removed.
    Removed = 4,
    /// Somebody broke the group's rules at the relay, or this device lost it: nobody here can write to it any more.
    Broken = 5,
    /// It is the desk room of the own line, which no list shows.
    Desk = 6,
}

/// A group, as the conversation list shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupProfile {
    /// What the group is to the user.
    pub state: GroupState,
    /// Its name.
    pub name: String,
    /// Its picture; empty for none.
    pub picture: Vec<u8>,
    /// How many people are in it, the user included.
    pub members: u32,
}

impl Tx<'_> {
    /// Adds a conversation with a group.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn add_group_conversation(&self, profile: &GroupProfile) -> Result<ConversationId, StoreError> {
        self.sql().execute("INSERT INTO conversation (contact) VALUES (NULL)", [])?;
        let conversation = ConversationId(self.sql().last_insert_rowid());
        self.set_group_profile(conversation, profile)?;
        Ok(conversation)
    }

    /// Writes down what a group is.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn set_group_profile(&self, id: ConversationId, profile: &GroupProfile) -> Result<(), StoreError> {
        self.sql().execute(
            "INSERT OR REPLACE INTO group_profile (conversation, state, name, picture, members)
             VALUES (?1, ?2, ?3, ?4, ?5)",
            params![id.0, profile.state as i64, profile.name, profile.picture, profile.members],
        )?;
        self.note().conversations.insert(id);
        Ok(())
    }

    /// What a group is; `None` for a direct conversation.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn group_profile(&self, id: ConversationId) -> Result<Option<GroupProfile>, StoreError> {
        let sql = "SELECT state, name, picture, members FROM group_profile WHERE conversation = ?1";
        Ok(self.sql().prepare_cached(sql)?.query_row([id.0], profile).optional()?)
    }

    /// Remembers the name under which somebody was seen in a group.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn set_person(&self, identity: &[u8; 32], name: &str) -> Result<(), StoreError> {
        self.sql()
            .prepare_cached("INSERT OR REPLACE INTO person (identity, name) VALUES (?1, ?2)")?
            .execute(params![identity, name])?;
        Ok(())
    }

    /// The name of somebody: the contact's, or the one under which they were seen in a group; empty if neither is known.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn name_of(&self, identity: &[u8; 32]) -> Result<String, StoreError> {
        let sql = "SELECT COALESCE(NULLIF((SELECT name FROM contact WHERE identity = ?1), ''),
                                   (SELECT name FROM person WHERE identity = ?1), '')";
        Ok(self.sql().prepare_cached(sql)?.query_row(params![identity], |row| row.get(0))?)
    }

    /// How a contact's devices are reached to be added to groups, as the contact said (encoded by `kuvert-core`).
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn reach(&self, id: ContactId) -> Result<Option<Vec<u8>>, StoreError> {
        let mut statement = self.sql().prepare_cached("SELECT reach FROM contact WHERE id = ?1")?;
        Ok(statement.query_row([id.0], |row| row.get(0)).optional()?.flatten())
    }

    /// Notes how a contact's devices are reached.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn set_reach(&self, id: ContactId, reach: &[u8]) -> Result<(), StoreError> {
        self.sql().execute("UPDATE contact SET reach = ?2 WHERE id = ?1", params![id.0, reach])?;
        Ok(())
    }
}

fn profile(row: &Row<'_>) -> rusqlite::Result<GroupProfile> {
    Ok(GroupProfile {
        state: match row.get::<_, i64>(0)? {
            0 => GroupState::Member,
            1 => GroupState::Invited,
            2 => GroupState::Leaving,
            3 => GroupState::Left,
            4 => GroupState::Removed,
            6 => GroupState::Desk,
            _ => GroupState::Broken,
        },
        name: row.get(1)?,
        picture: row.get(2)?,
        members: row.get(3)?,
    })
}
