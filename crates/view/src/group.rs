//! Groups, for the eyes.

use minicbor::{Decode, Encode};

use crate::{ConversationId, Trust};

/// What is special about a conversation with a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct GroupView {
    /// What the group is to the user.
    #[n(0)]
    pub standing: GroupStanding,
    /// How many people are in it, the user included.
    #[n(1)]
    pub members: u32,
}

/// What a group is to the user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum GroupStanding {
    /// The user is a member.
    #[n(0)]
    Member,
    /// Somebody who is no contact added the user: to be accepted or left.
    #[n(1)]
    Invited,
    /// The user has left, and the others are about to know it.
    #[n(2)]
    Leaving,
    /// The user left.
    #[n(3)]
    Left,
    /// The user was removed.
    #[n(4)]
    Removed,
    /// The group cannot be used on this device any more.
    #[n(5)]
    Broken,
}

/// A member of a group.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct MemberView {
    /// The name of the contact, or the one that they claim.
    #[n(0)]
    pub name: String,
    /// Kuvert ID in groups of four.
    #[n(1)]
    pub kuvert_id: String,
    /// Whether they may add, remove and change.
    #[n(2)]
    pub admin: bool,
    /// Whether it is the user.
    #[n(3)]
    pub own: bool,
    /// How well they are known; `None` for the user, and for who is no contact.
    #[n(4)]
    pub trust: Option<Trust>,
    /// The conversation with them, where they are a contact.
    #[n(5)]
    pub conversation: Option<ConversationId>,
}

/// What Kuvert itself says in a conversation. Names are empty where it is the user, or nobody.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct NoticeView {
    /// What happened.
    #[n(0)]
    pub kind: NoticeKind,
    /// Who did it.
    #[n(1)]
    pub by: String,
    /// To whom, or the group's new name.
    #[n(2)]
    pub what: String,
    /// Who of them is the user.
    #[n(3)]
    pub you: Option<Role>,
    /// Who could not be added, and why; with [`NoticeKind::NotAdded`].
    #[n(4)]
    pub not_added: Option<NotAddedView>,
}

/// Somebody who could not be added to a group.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct NotAddedView {
    /// Kuvert ID in groups of four.
    #[n(0)]
    pub kuvert_id: String,
    /// Why, if it is known.
    #[n(1)]
    pub why: Option<NotAdded>,
}

/// Why somebody could not be added to a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum NotAdded {
    /// It is not known how they are reached.
    #[n(0)]
    Unreachable,
    /// Their relay does not let the user add them.
    #[n(1)]
    Refused,
    /// Their relay and the group's do not reach each other, or they use a browser, which stays at its own.
    #[n(2)]
    OtherRelay,
    /// What their relay handed out is not theirs.
    #[n(3)]
    Invalid,
    /// The group's relay did not take the change.
    #[n(4)]
    NotTaken,
}

/// A part in what happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Role {
    /// Who did it.
    #[n(0)]
    By,
    /// To whom it was done.
    #[n(1)]
    What,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum NoticeKind {
    /// The group was made.
    #[n(0)]
    Created,
    /// Somebody was added.
    #[n(1)]
    Added,
    /// Somebody was removed.
    #[n(2)]
    Removed,
    /// Somebody left.
    #[n(3)]
    Left,
    /// The group has another name.
    #[n(4)]
    Renamed,
    /// The group has another picture.
    #[n(5)]
    Picture,
    /// Somebody became an admin.
    #[n(6)]
    Promoted,
    /// Somebody ceased to be an admin.
    #[n(7)]
    Demoted,
    /// This device had missed something; messages may be missing.
    #[n(8)]
    Healed,
    /// Somebody broke the group's rules at the relay.
    #[n(9)]
    Broken,
    /// This device lost the group.
    #[n(10)]
    Lost,
    /// Somebody could not be added.
    #[n(11)]
    NotAdded,
    /// Something that only a newer version understands.
    #[n(12)]
    Unknown,
}
