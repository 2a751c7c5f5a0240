//! Whom a command means: WHO and TO are a Kuvert ID or a name.

use kuvert_client::Session;
use kuvert_core::KuvertId;
use kuvert_view::ConversationView;

use super::Failure;

/// Most names that are offered in place of one that nobody has.
const MAX_SUGGESTIONS: usize = 5;

/// The conversation with a contact, named by Kuvert ID or by name.
pub(super) fn find(session: &mut Session, who: &str) -> Result<ConversationView, Failure> {
    let all = session.app().conversations()?;
    choose(all, who)
}

fn choose(all: Vec<ConversationView>, who: &str) -> Result<ConversationView, Failure> {
    // What reads as an ID is an ID: nobody can take it over by calling oneself so.
    let id = KuvertId::parse(who);
    let name = who.trim().to_lowercase();
    let is_meant = |conversation: &ConversationView| match &id {
        Ok(id) => conversation.kuvert_id == id.to_string(),
        Err(_) => conversation.title.to_lowercase() == name,
    };
    let (mut meant, others): (Vec<_>, Vec<_>) = all.into_iter().partition(is_meant);
    match (meant.pop(), id) {
        (Some(one), _) if meant.is_empty() => Ok(one),
        (Some(one), _) => {
            meant.push(one);
            let ids = meant.into_iter().map(|conversation| conversation.kuvert_id).collect();
            Err(Failure::AmbiguousName { name: who.to_owned(), ids })
        }
        (None, Err(_)) if is_like_an_id(who) => Err(Failure::IdMistyped { id: who.to_owned() }),
        (None, _) => {
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
