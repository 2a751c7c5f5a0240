//! Reads out messages that arrive while their conversation is shown.

use leptos::prelude::*;

use crate::i18n::{language, text};
use crate::markdown::on_one_line;
use crate::navigation::navigation;
use crate::state::state;

/// Letters of a message that are read out; who wants more reads it.
const READ_OUT: usize = 500;

/// A region that only screen readers notice.
#[component]
pub(crate) fn Announcer() -> impl IntoView {
    let state = state();
    let route = navigation().route();
    let language = language();
    let said = move || {
        let message = state.talk().arrived().get()?;
        let conversation = route.with_untracked(|route| route.conversation())?;
        let name = state.conversations().with_untracked(|list| {
            list.iter().flatten().find(|shown| shown.id == conversation).map(|shown| shown.title.clone())
        })?;
        let values = [("name", name.into()), ("text", on_one_line(beginning(&message.text)).into())];
        Some(text(language.get_untracked(), "app-live-message", &values))
    };
    view! { <div class="hidden-words" role="status" aria-live="polite">{said}</div> }
}

fn beginning(text: &str) -> &str {
    let end = text.char_indices().nth(READ_OUT).map_or(text.len(), |(at, _)| at);
    &text[..end]
}
