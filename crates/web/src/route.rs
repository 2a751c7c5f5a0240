//! Where the user is, and how that is written into the browser's history.
//!
//! The history is kept on disk by the browser, so that neither a name nor a link's secret is written there: a
//! conversation stands in it by its number, an opened link by nothing but the address that the user opened.

use kuvert_view::ConversationId;

/// A screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Route {
    /// The conversation list alone.
    Home,
    /// A conversation.
    Conversation(ConversationId),
    /// The own link.
    MyLink,
    /// Language, look, own identity.
    Settings,
    /// Who or what is behind a conversation: a contact, or a group.
    About(ConversationId),
    /// How a contact is verified.
    Verify(ConversationId),
    /// Search in one conversation.
    SearchIn(ConversationId),
    /// A form of the line that a conversation is with, by its place among the line's.
    Form(ConversationId, u8),
    /// The ways to a new conversation.
    New,
    /// A new group.
    NewGroup,
    /// Somebody's link.
    OpenedLink(String),
    /// The team of a line.
    Team,
    /// What a line has of limited seats.
    Seats,
    /// How much a line did.
    Statistics,
    /// What a line says of itself.
    Describe,
    /// A link by which this device joins a line.
    Invitation(String),
    /// The link of a move: a profile is to come here.
    Arrival(String),
    /// Every component, for who designs them; has no entry in the history.
    Components,
}

impl Route {
    /// The entry for `history.state`: how many steps inside the app lie before it, and the screen.
    pub(crate) fn entry(&self, depth: u32) -> String {
        match self {
            Self::Home | Self::OpenedLink(_) | Self::Invitation(_) | Self::Arrival(_) | Self::Components => {
                format!("{depth} home")
            }
            Self::Conversation(id) => format!("{depth} conversation {}", id.0),
            Self::MyLink => format!("{depth} link"),
            Self::Settings => format!("{depth} settings"),
            Self::About(id) => format!("{depth} about {}", id.0),
            Self::Verify(id) => format!("{depth} verify {}", id.0),
            Self::SearchIn(id) => format!("{depth} search {}", id.0),
            Self::Form(id, place) => format!("{depth} form {} {place}", id.0),
            Self::New => format!("{depth} new"),
            Self::NewGroup => format!("{depth} group"),
            Self::Team => format!("{depth} team"),
            Self::Seats => format!("{depth} seats"),
            Self::Statistics => format!("{depth} statistics"),
            Self::Describe => format!("{depth} describe"),
        }
    }

    /// Reads what [`Route::entry`] wrote; anything else is the list.
    pub(crate) fn from_entry(entry: &str) -> (Self, u32) {
        let mut words = entry.split(' ');
        let depth = words.next().and_then(|word| word.parse().ok()).unwrap_or(0);
        let route = match (words.next(), words.next().and_then(|word| word.parse().ok())) {
            (Some("conversation"), Some(id)) => Self::Conversation(ConversationId(id)),
            (Some("about"), Some(id)) => Self::About(ConversationId(id)),
            (Some("verify"), Some(id)) => Self::Verify(ConversationId(id)),
            (Some("search"), Some(id)) => Self::SearchIn(ConversationId(id)),
            (Some("form"), Some(id)) => {
                let place = words.next().and_then(|word| word.parse().ok()).unwrap_or(0);
                Self::Form(ConversationId(id), place)
            }
            (Some("new"), _) => Self::New,
            (Some("group"), _) => Self::NewGroup,
            (Some("link"), _) => Self::MyLink,
            (Some("settings"), _) => Self::Settings,
            (Some("team"), _) => Self::Team,
            (Some("seats"), _) => Self::Seats,
            (Some("statistics"), _) => Self::Statistics,
            (Some("describe"), _) => Self::Describe,
            _ => Self::Home,
        };
        (route, depth)
    }

    /// The conversation that this screen shows.
    pub(crate) fn conversation(&self) -> Option<ConversationId> {
        match self {
            Self::Conversation(id) => Some(*id),
            _ => None,
        }
    }

    /// The conversation that this screen shows, or tells of.
    pub(crate) fn concerns(&self) -> Option<ConversationId> {
        match self {
            Self::Conversation(id)
            | Self::About(id)
            | Self::Verify(id)
            | Self::SearchIn(id)
            | Self::Form(id, _) => Some(*id),
            _ => None,
        }
    }
}

/// Whether a path of this origin belongs to a link.
pub(crate) fn is_link_path(path: &str) -> bool {
    path.strip_prefix("/c/").is_some_and(|id| !id.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn screens_survive_the_history() {
        let id = ConversationId(7);
        let about = [
            Route::About(id),
            Route::Verify(id),
            Route::SearchIn(id),
            Route::Form(id, 3),
            Route::New,
            Route::NewGroup,
        ];
        for route in about.into_iter().chain([
            Route::Home,
            Route::Conversation(id),
            Route::MyLink,
            Route::Settings,
            Route::Team,
            Route::Seats,
            Route::Describe,
        ]) {
            assert_eq!(Route::from_entry(&route.entry(3)), (route, 3));
        }
        assert_eq!(Route::from_entry("nonsense"), (Route::Home, 0));
        assert_eq!(Route::from_entry("1 conversation x"), (Route::Home, 1));
    }

    #[test]
    fn a_secret_is_not_written_into_the_history() {
        let entry = Route::OpenedLink("https://relay/c/abc#secret".into()).entry(1);
        assert!(!entry.contains("secret"));
    }

    #[test]
    fn only_paths_with_a_card_id_are_links() {
        assert!(is_link_path("/c/abc"));
        assert!(!is_link_path("/c/"));
        assert!(!is_link_path("/"));
    }
}
