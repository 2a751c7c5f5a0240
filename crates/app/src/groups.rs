//! Groups: what is done in them, and as plain data for the eyes.

use kuvert_core::{
    ClientError, Command, ContactId, GroupProfile, GroupState, IdentityKey, KuvertId, MemberInfo, NotAdded,
    Notice, Person, Refusal,
};
use kuvert_view::{self as view, ConversationId, UiCommand};

use crate::{App, views};

impl App {
    /// What is done in groups.
    pub(crate) fn group_command(&mut self, wish: &UiCommand) -> Result<Option<Command>, ClientError> {
        Ok(Some(match wish {
            UiCommand::CreateGroup { name, with } => {
                Command::CreateGroup { name: name.clone(), contacts: self.contacts(with)? }
            }
            UiCommand::AddMembers { conversation, with } => Command::AddMembers {
                conversation: views::conversation_row(*conversation),
                contacts: self.contacts(with)?,
            },
            UiCommand::RemoveMember { conversation, kuvert_id } => Command::RemoveMember {
                conversation: views::conversation_row(*conversation),
                member: self.member(*conversation, kuvert_id)?,
            },
            UiCommand::LeaveGroup { conversation } => {
                Command::LeaveGroup { conversation: views::conversation_row(*conversation) }
            }
            UiCommand::RenameGroup { conversation, name } => Command::RenameGroup {
                conversation: views::conversation_row(*conversation),
                name: name.clone(),
            },
            UiCommand::SetAdmin { conversation, kuvert_id, admin } => Command::SetAdmin {
                conversation: views::conversation_row(*conversation),
                member: self.member(*conversation, kuvert_id)?,
                admin: *admin,
            },
            _ => return Ok(None),
        }))
    }

    /// The contacts of conversations.
    fn contacts(&mut self, with: &[ConversationId]) -> Result<Vec<ContactId>, ClientError> {
        let mut contacts = Vec::new();
        for conversation in with {
            let summary = self.client.conversation(views::conversation_row(*conversation))?;
            let contact = summary.as_ref().and_then(|summary| summary.contact());
            contacts.push(contact.ok_or(Refusal::Unknown)?.id);
        }
        Ok(contacts)
    }

    /// The member of a group with this Kuvert ID.
    fn member(&mut self, conversation: ConversationId, kuvert_id: &str) -> Result<IdentityKey, ClientError> {
        let id = KuvertId::parse(kuvert_id).map_err(|_| Refusal::NoMember)?;
        let members = self.client.members(views::conversation_row(conversation))?;
        let member = members.into_iter().find(|member| member.kuvert_id() == id);
        Ok(member.ok_or(Refusal::NoMember)?.identity)
    }
}

pub(crate) fn group(profile: &GroupProfile) -> view::GroupView {
    view::GroupView {
        standing: match profile.state {
            // No list shows the desk room.
            GroupState::Member | GroupState::Desk => view::GroupStanding::Member,
            GroupState::Invited => view::GroupStanding::Invited,
            GroupState::Leaving => view::GroupStanding::Leaving,
            GroupState::Left => view::GroupStanding::Left,
            GroupState::Removed => view::GroupStanding::Removed,
            GroupState::Broken => view::GroupStanding::Broken,
        },
        members: profile.members,
    }
}

/// A member, with the line of the conversation with them where they are a contact.
pub(crate) fn member(info: &MemberInfo, contact: Option<&view::ConversationView>) -> view::MemberView {
    view::MemberView {
        name: info.name.clone(),
        kuvert_id: info.kuvert_id().to_string(),
        admin: info.is_admin,
        own: info.is_own,
        trust: contact.map(|contact| contact.trust),
        conversation: contact.map(|contact| contact.id),
    }
}

pub(crate) fn notice(notice: Option<&Notice>) -> view::NoticeView {
    use view::NoticeKind as Kind;
    let plain =
        |kind| view::NoticeView { kind, by: String::new(), what: String::new(), you: None, not_added: None };
    let by = |kind, who: &Person, what: &str| view::NoticeView {
        kind,
        by: who.name.clone(),
        what: what.to_owned(),
        you: who.you.then_some(view::Role::By),
        not_added: None,
    };
    let both = |kind, who: &Person, what: &Person| view::NoticeView {
        you: match (who.you, what.you) {
            (true, _) => Some(view::Role::By),
            (false, true) => Some(view::Role::What),
            (false, false) => None,
        },
        ..by(kind, who, &what.name)
    };
    match notice {
        None => plain(Kind::Unknown),
        Some(Notice::Created(who)) => by(Kind::Created, who, ""),
        Some(Notice::Added(who, what)) => both(Kind::Added, who, what),
        Some(Notice::Removed(who, what)) => both(Kind::Removed, who, what),
        Some(Notice::Left(who)) => by(Kind::Left, who, ""),
        Some(Notice::Renamed(who, name)) => by(Kind::Renamed, who, name),
        Some(Notice::Picture(who)) => by(Kind::Picture, who, ""),
        Some(Notice::Promoted(who, what)) => both(Kind::Promoted, who, what),
        Some(Notice::Demoted(who, what)) => both(Kind::Demoted, who, what),
        Some(Notice::Healed) => plain(Kind::Healed),
        Some(Notice::Broken(who)) => by(Kind::Broken, who, ""),
        Some(Notice::Lost) => plain(Kind::Lost),
        Some(Notice::NotAdded(who, why)) => view::NoticeView {
            not_added: Some(view::NotAddedView {
                kuvert_id: KuvertId::of(&who.identity).to_string(),
                why: why.map(not_added),
            }),
            ..by(Kind::NotAdded, who, "")
        },
    }
}

fn not_added(why: NotAdded) -> view::NotAdded {
    match why {
        NotAdded::Unreachable => view::NotAdded::Unreachable,
        NotAdded::Refused => view::NotAdded::Refused,
        NotAdded::OtherRelay => view::NotAdded::OtherRelay,
        NotAdded::Invalid => view::NotAdded::Invalid,
        NotAdded::NotTaken => view::NotAdded::NotTaken,
    }
}

fn why_not(why: view::NotAdded) -> &'static str {
    match why {
        view::NotAdded::Unreachable => {
            "it is not known how they are reached; exchange a message and add them again"
        }
        view::NotAdded::Refused => {
            "their relay does not let you; they may have blocked you, or use this device no more"
        }
        view::NotAdded::OtherRelay => {
            "their relay and the group's do not reach each other; who uses a browser is only in groups of their own relay"
        }
        view::NotAdded::Invalid => "what their relay handed out is not theirs; do not trust it, and ask them",
        view::NotAdded::NotTaken => "the group's relay did not take the change; add them again",
    }
}

/// A notice in English, for a terminal.
pub(crate) fn words(notice: &view::NoticeView) -> String {
    use view::NoticeKind as Kind;
    let name = |role, name: &str| match (notice.you == Some(role), name) {
        (true, _) => "you".to_owned(),
        (false, "") => "somebody".to_owned(),
        (false, name) => name.to_owned(),
    };
    let (by, what) = (name(view::Role::By, &notice.by), name(view::Role::What, &notice.what));
    match notice.kind {
        Kind::Created => format!("{by} made the group"),
        Kind::Added => format!("{by} added {what}"),
        Kind::Removed => format!("{by} removed {what}"),
        Kind::Left => format!("{by} left"),
        Kind::Renamed => format!("{by} named the group {}", notice.what),
        Kind::Picture => format!("{by} changed the picture"),
        Kind::Promoted => format!("{by} made {what} an admin"),
        Kind::Demoted => format!("{by} took {what} off the admins"),
        Kind::Healed => "this device had missed something; messages may be missing here".to_owned(),
        Kind::Broken => format!("{by} broke the rules of the group; nobody can write here any more"),
        Kind::Lost => "this device lost the group; ask an admin to add you again".to_owned(),
        Kind::NotAdded => match notice.not_added.as_ref().and_then(|one| one.why) {
            Some(why) => format!("{by} could not be added: {}", why_not(why)),
            None => format!("{by} could not be added"),
        },
        Kind::Unknown => "something that needs a newer version".to_owned(),
    }
}
