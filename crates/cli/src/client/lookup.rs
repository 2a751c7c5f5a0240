//! Whom a command means: WHO is a contact, GROUP a group, TO either of them, by ID or by name.

use kuvert_client::Session;
use kuvert_core::{KuvertId, Refusal};
use kuvert_view::{ConversationId, ConversationView, MemberView};

use super::Failure;

/// Most names that are offered in place of one that nobody has.
const MAX_SUGGESTIONS: usize = 5;
/// What the ID of a group begins with; its number on this device follows.
const GROUP: &str = "group-";

/// The conversation with a contact or a group.
pub(super) fn find(session: &mut Session, who: &str) -> Result<ConversationView, Failure> {
    choose(session.app().conversations()?, who)
}

/// The conversation with a contact.
pub(super) fn find_contact(session: &mut Session, who: &str) -> Result<ConversationView, Failure> {
    let mut all = session.app().conversations()?;
    all.retain(|one| one.group.is_none());
    choose(all, who)
}

/// The conversation with a group.
pub(super) fn find_group(session: &mut Session, group: &str) -> Result<ConversationView, Failure> {
    let mut all = session.app().conversations()?;
    all.retain(|one| one.group.is_some());
    choose(all, group).map_err(|failure| match failure {
        Failure::UnknownContact { who, similar } => Failure::UnknownGroup { name: who, similar },
        failure => failure,
    })
}

/// The Kuvert ID of a member of a group.
pub(super) fn find_member(members: &[MemberView], who: &str) -> Result<String, Failure> {
    let id = KuvertId::parse(who).map(|id| id.to_string());
    let name = who.trim().to_lowercase();
    let is_meant = |member: &&MemberView| match &id {
        Ok(id) => member.kuvert_id == *id,
        Err(_) => member.name.to_lowercase() == name,
    };
    let meant: Vec<String> = members.iter().filter(is_meant).map(|member| member.kuvert_id.clone()).collect();
    match meant.as_slice() {
        [one] => Ok(one.clone()),
        [] => Err(Failure::Group(Refusal::NoMember)),
        _ => Err(Failure::AmbiguousName { name: who.to_owned(), ids: meant }),
    }
}

/// What names a conversation in commands for sure: a Kuvert ID, or the ID of a group.
pub(super) fn id_of(one: &ConversationView) -> String {
    if one.group.is_some() { group_id(one.id) } else { one.kuvert_id.clone() }
}

/// How a group is named in commands, whatever its name is.
pub(super) fn group_id(id: ConversationId) -> String {
    format!("{GROUP}{}", id.0)
}

fn choose(all: Vec<ConversationView>, who: &str) -> Result<ConversationView, Failure> {
    // What reads as an ID is an ID: nobody can take it over by calling oneself so.
    let kuvert_id = KuvertId::parse(who).map(|id| id.to_string()).ok();
    let name = who.trim().to_lowercase();
    let number = name.strip_prefix(GROUP).filter(|number| number.parse::<u64>().is_ok());
    let is_id = kuvert_id.is_some() || number.is_some();
    let is_meant = |one: &ConversationView| match &kuvert_id {
        _ if number.is_some() => one.group.is_some() && id_of(one) == name,
        Some(id) => one.kuvert_id == *id,
        None => one.title.to_lowercase() == name,
    };
    let (mut meant, others): (Vec<_>, Vec<_>) = all.into_iter().partition(is_meant);
    match meant.pop() {
        Some(one) if meant.is_empty() => Ok(one),
        Some(one) => {
            meant.push(one);
            Err(Failure::AmbiguousName { name: who.to_owned(), ids: meant.iter().map(id_of).collect() })
        }
        None if !is_id && is_like_an_id(who) => Err(Failure::IdMistyped { id: who.to_owned() }),
        None => {
            // Only offered: a message must not go to somebody whose name is merely similar.
            let is_similar = |title: &String| !name.is_empty() && title.to_lowercase().contains(&name);
            let titles = others.into_iter().map(|conversation| conversation.title).filter(is_similar);
            let similar = titles.take(MAX_SUGGESTIONS).collect();
            Err(Failure::UnknownContact { who: who.to_owned(), similar })
        }
    }
}

/// Whether a text has the shape of a Kuvert ID, in groups.
fn is_like_an_id(text: &str) -> bool {
    text.contains('-')
        && text.chars().filter(|c| !matches!(c, '-' | ' ')).count() == 18
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | ' '))
}

#[cfg(test)]
mod tests {
    use kuvert_view::{ContactState, Familiarity, GroupStanding, GroupView, Trust};

    use super::*;

    fn conversation(id: u64, title: &str, is_group: bool) -> ConversationView {
        let group = GroupView { standing: GroupStanding::Member, members: 3 };
        ConversationView {
            id: ConversationId(id),
            title: title.into(),
            kuvert_id: if is_group { String::new() } else { "AAAA".into() },
            trust: Trust::New,
            state: ContactState::Accepted,
            last: None,
            unread: 0,
            blocked: false,
            familiarity: Familiarity::Stranger,
            group: is_group.then_some(group),
        }
    }

    #[test]
    fn a_name_means_one_conversation_or_none() {
        let all = || {
            vec![
                conversation(1, "Ben", false),
                conversation(2, "Garden", true),
                conversation(3, "garden", true),
                conversation(4, "group-2", false),
            ]
        };
        assert_eq!(choose(all(), " ben ").map(|one| one.id.0).ok(), Some(1));
        assert_eq!(choose(all(), "GROUP-3").map(|one| one.id.0).ok(), Some(3));
        assert_eq!(choose(all(), "group-2").map(|one| one.id.0).ok(), Some(2), "an ID goes before a name");
        assert!(matches!(choose(all(), "garden"), Err(Failure::AmbiguousName { ids, .. })
            if ids.len() == 2 && ids.contains(&"group-2".to_owned()) && ids.contains(&"group-3".to_owned())));
        assert!(
            matches!(choose(all(), "gar"), Err(Failure::UnknownContact { similar, .. }) if similar.len() == 2)
        );
        assert!(
            matches!(choose(all(), ""), Err(Failure::UnknownContact { similar, .. }) if similar.is_empty())
        );
    }
}
