//! Notices of what a transaction changed.

use std::collections::BTreeSet;

use crate::{ConversationId, MessageId};

/// What one committed transaction changed; published only after the commit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChangeSet {
    /// The own identity was made or changed.
    pub profile: bool,
    /// Conversations whose line in the list is new or changed.
    pub conversations: BTreeSet<ConversationId>,
    /// Conversations that are gone.
    pub removed: BTreeSet<ConversationId>,
    /// Events came to the desk room, or it stands otherwise with it.
    pub desk: bool,
    /// Messages that are new, changed or gone, with their conversation.
    pub messages: BTreeSet<(ConversationId, MessageId)>,
}

impl ChangeSet {
    /// Whether nothing changed.
    pub fn is_empty(&self) -> bool {
        !self.profile
            && !self.desk
            && self.conversations.is_empty()
            && self.removed.is_empty()
            && self.messages.is_empty()
    }
}
