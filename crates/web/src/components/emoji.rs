//! Reactions: six that are at hand, some more in a grid, and any other one typed.

use kuvert_view::{MessageId, UiCommand};
use leptos::ev::SubmitEvent;
use leptos::prelude::*;

use super::icon::{Icon, icon};
use crate::bridge;
use crate::i18n::t;
use crate::talk::Talk;

/// The reactions that are at hand.
pub(crate) const QUICK: [&str; 6] = ["👍", "❤️", "😂", "😮", "😢", "🙏"];

/// Those in the grid, by what they say.
const MORE: [&str; 48] = [
    "👍", "👎", "👌", "👏", "🙌", "🤝", "🙏", "💪", "❤️", "💛", "💚", "💙", "🖤", "💔", "🔥", "✨", "😀",
    "😂", "🤣", "😊", "😍", "😘", "🤗", "😎", "😉", "🙃", "🤔", "😮", "😱", "😢", "😭", "😡", "😴", "🤒",
    "🥳", "🎉", "🎂", "🌹", "☀️", "⭐", "☕", "🍕", "🍻", "✅", "❌", "❓", "💯", "👀",
];

/// Longest reaction, in bytes; the engine takes no longer one.
const REACTION_MAX: usize = 64;

/// A reaction as it will be sent; `None` if it is empty or too long.
fn valid_reaction(typed: &str) -> Option<String> {
    let reaction = typed.trim();
    let is_fine =
        !reaction.is_empty() && reaction.len() <= REACTION_MAX && !reaction.contains(char::is_control);
    is_fine.then(|| reaction.to_owned())
}

/// The grid, and a field for any other one.
pub(crate) fn picker(talk: Talk, message: MessageId) -> AnyView {
    let give = move |reaction: String| {
        bridge::post(&UiCommand::React { message, reaction });
        talk.overlay().set(None);
    };
    let one = move |(at, emoji): (usize, &'static str)| {
        view! {
            <button
                type="button"
                class="menu-reaction"
                data-first=(at == 0).then_some("")
                on:click=move |_| give(emoji.to_owned())
            >
                {emoji}
            </button>
        }
    };
    let typed = RwSignal::new(String::new());
    let wrong = RwSignal::new(false);
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        match typed.with_untracked(|typed| valid_reaction(typed)) {
            Some(reaction) => give(reaction),
            None => wrong.set(true),
        }
    };
    let words = t("failure-reaction-invalid");
    view! {
        <div class="overlay-body" data-testid="reaction-picker">
            {head(talk, "reactions-heading")}
            <div class="reaction-grid" role="group" aria-label=t("reactions-heading")>
                {MORE.into_iter().enumerate().map(one).collect::<Vec<_>>()}
            </div>
            <form class="paste-row" novalidate on:submit=submit>
                <div class="field">
                    <label for="any-reaction">{t("reactions-any")}</label>
                    <input
                        id="any-reaction"
                        type="text"
                        autocomplete="off"
                        aria-describedby="any-reaction-wrong"
                        aria-invalid=move || wrong.get().to_string()
                        prop:value=typed
                        on:input=move |event| {
                            typed.set(event_target_value(&event));
                            wrong.set(false);
                        }
                    />
                    <p class="wrong" id="any-reaction-wrong" role="alert">{move || wrong.get().then(words)}</p>
                </div>
                <button type="submit" class="button button-is-second">{t("reactions-give")}</button>
            </form>
        </div>
    }
    .into_any()
}

/// The heading of a dialog, and the way out of it.
pub(crate) fn head(talk: Talk, key: &'static str) -> AnyView {
    view! {
        <header class="dialog-head">
            <h2>{t(key)}</h2>
            <button
                type="button"
                class="button-icon"
                aria-label=t("dialog-close")
                on:click=move |_| talk.overlay().set(None)
            >
                {icon(Icon::Close)}
            </button>
        </header>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reaction_of_the_grid_stands_there_once_and_can_be_sent() {
        let different: std::collections::BTreeSet<_> = MORE.iter().collect();
        assert_eq!(different.len(), MORE.len());
        assert!(MORE.iter().chain(&QUICK).all(|emoji| valid_reaction(emoji).is_some()));
    }

    #[test]
    fn any_other_one_is_bounded() {
        assert_eq!(valid_reaction(" 👩‍👩‍👧 "), Some("👩‍👩‍👧".into()));
        assert_eq!(valid_reaction(" "), None);
        assert_eq!(valid_reaction(&"👩‍👩‍👧".repeat(9)), None);
    }
}
