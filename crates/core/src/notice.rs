//! What Kuvert itself says in a conversation: who came and went, and what became of a group.

use kuvert_mls::{Change, IdentityKey};
use kuvert_store::{ConversationId, MessageId, MessageState, NewMessage, SenderKind};
use kuvert_wire::{decode, encode};
use minicbor::{Decode, Encode};

use crate::ClientError;
use crate::step::Step;

/// Largest encoded notice.
const MAX_NOTICE: usize = 4096;

/// A line between the messages. Names are those of the time when it was written; `you` tells whether somebody is the user.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Notice {
    /// The group was made.
    #[n(0)]
    Created(#[n(0)] Person),
    /// The first one added the second.
    #[n(1)]
    Added(#[n(0)] Person, #[n(1)] Person),
    /// The first one removed the second.
    #[n(2)]
    Removed(#[n(0)] Person, #[n(1)] Person),
    /// Somebody left.
    #[n(3)]
    Left(#[n(0)] Person),
    /// Somebody gave the group another name.
    #[n(4)]
    Renamed(#[n(0)] Person, #[n(1)] String),
    /// Somebody gave the group another picture.
    #[n(5)]
    Picture(#[n(0)] Person),
    /// The first one made the second an admin.
    #[n(6)]
    Promoted(#[n(0)] Person, #[n(1)] Person),
    /// The first one took the second's right to rule.
    #[n(7)]
    Demoted(#[n(0)] Person, #[n(1)] Person),
    /// This device had missed something and is back; messages in between may be missing.
    #[n(8)]
    Healed,
    /// Somebody broke the rules of the group at the relay. Nobody can write to it any more.
    #[n(9)]
    Broken(#[n(0)] Person),
    /// This device lost the group and finds no way back: it has to be added again.
    #[n(10)]
    Lost,
    /// Somebody could not be added, and why; older versions did not note that.
    #[n(11)]
    NotAdded(#[n(0)] Person, #[n(1)] Option<NotAdded>),
}

/// Why somebody could not be added to a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum NotAdded {
    /// It is not known how they are reached.
    #[n(0)]
    Unreachable,
    /// Their relay does not let the user add them: they took the right back, or their device is gone.
    #[n(1)]
    Refused,
    /// Their relay and the group's do not reach each other, or their device stays at its own, as a web page has to.
    #[n(2)]
    OtherRelay,
    /// What their relay handed out is not theirs.
    #[n(3)]
    Invalid,
    /// The group's relay did not take the change.
    #[n(4)]
    NotTaken,
}

/// Somebody in a [`Notice`].
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Person {
    /// Who.
    #[n(0)]
    pub identity: IdentityKey,
    /// The name as it was known then, perhaps empty.
    #[n(1)]
    pub name: String,
    /// It is the user.
    #[n(2)]
    pub you: bool,
}

impl Notice {
    /// Reads what [`crate::Client::notice`] finds.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        decode(bytes, MAX_NOTICE).ok()
    }
}

impl Step<'_, '_> {
    /// Somebody, by the best name that is known.
    pub(crate) fn person(&self, identity: IdentityKey, claimed: &str) -> Result<Person, ClientError> {
        let you = self.account()?.key() == identity;
        let known = self.tx.name_of(&identity.0)?;
        let name = match (you, known.is_empty()) {
            (true, _) => self.account()?.name.clone(),
            (false, true) => claimed.to_owned(),
            (false, false) => known,
        };
        Ok(Person { identity, name, you })
    }

    /// Writes a line between the messages. The same `mark` again is the same line, and not written twice.
    pub(crate) fn note(
        &mut self,
        conversation: ConversationId,
        notice: &Notice,
        mark: &[u8],
    ) -> Result<Option<MessageId>, ClientError> {
        let content = encode(notice);
        Ok(self.tx.add_message(&NewMessage {
            sender: SenderKind::System,
            state: MessageState::Received,
            ..NewMessage::own(conversation, mark, "", &content, self.now.0)
        })?)
    }

    /// What a commit changed, as lines.
    pub(crate) fn notices(
        &self,
        by: IdentityKey,
        by_name: &str,
        before: &kuvert_mls::GroupData,
        changes: &[Change],
    ) -> Result<Vec<Notice>, ClientError> {
        let by = self.person(by, by_name)?;
        let mut notices = Vec::new();
        for change in changes {
            match change {
                Change::Added(who, name) => {
                    notices.push(Notice::Added(by.clone(), self.person(*who, name)?));
                }
                Change::Removed(who, name) => {
                    notices.push(Notice::Removed(by.clone(), self.person(*who, name)?));
                }
                Change::Left(who, name) => notices.push(Notice::Left(self.person(*who, name)?)),
                Change::Data(data) => {
                    if data.name != before.name {
                        notices.push(Notice::Renamed(by.clone(), data.name.clone()));
                    }
                    if data.picture != before.picture {
                        notices.push(Notice::Picture(by.clone()));
                    }
                    for who in data.admins.difference(&before.admins) {
                        notices.push(Notice::Promoted(by.clone(), self.person(*who, "")?));
                    }
                    for who in before.admins.difference(&data.admins) {
                        notices.push(Notice::Demoted(by.clone(), self.person(*who, "")?));
                    }
                }
                // Others need not know that a device was away.
                Change::Rejoined(..) | Change::Away(..) => {}
            }
        }
        Ok(notices)
    }
}
