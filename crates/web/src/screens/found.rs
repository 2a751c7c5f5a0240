//! What a search found: in the list of conversations, and on a page of its own within one.

use std::time::Duration;

use kuvert_view::{ConversationId, FoundView, Sender};
use leptos::prelude::*;

use super::desk::PaneHead;
use crate::components::icon::{Icon, icon};
use crate::components::search_field::SearchField;
use crate::dates;
use crate::find::{Findings, Piece, Scope, excerpt, is_worth_it};
use crate::i18n::{language, t, text};
use crate::navigation::navigation;
use crate::people::People;
use crate::route::Route;
use crate::state::{AppState, state};

/// Rest after a key before messages are searched.
const REST: Duration = Duration::from_millis(180);

/// Searches for messages while the user types, and forgets what was found when the screen goes.
pub(crate) fn follow_typing(people: People, scope: Scope, typed: RwSignal<String>) {
    let turn = RwSignal::new(0_u32);
    Effect::new(move |_| {
        let words = typed.with(|typed| typed.trim().to_owned());
        let own = turn.try_update_untracked(|turn| {
            *turn = turn.wrapping_add(1);
            *turn
        });
        if !is_worth_it(&words) {
            people.stop_searching(scope);
            return;
        }
        let ask = move || {
            if turn.try_get_untracked() == own {
                people.search(scope, &words, None);
            }
        };
        set_timeout(ask, REST);
    });
    on_cleanup(move || people.stop_searching(scope));
}

/// Search within one conversation.
#[component]
pub(crate) fn SearchIn(
    /// Which.
    id: ConversationId,
) -> impl IntoView {
    let typed = RwSignal::new(String::new());
    let people = state().people();
    follow_typing(people, Some(id), typed);
    view! {
        <article class="page" aria-labelledby="screen-heading">
            <PaneHead deep=true>
                <h1 id="screen-heading" tabindex="-1">{t("search-heading")}</h1>
            </PaneHead>
            <div class="page-body">
                <SearchField label="search-in-label" value=typed testid="search-in"/>
                <Results scope=Some(id) typed=typed/>
            </div>
        </article>
    }
}

/// Messages that were found, the newest first.
#[component]
pub(crate) fn Results(
    /// Where was searched.
    scope: Scope,
    /// What is searched for.
    typed: RwSignal<String>,
) -> impl IntoView {
    let state = state();
    let people = state.people();
    let findings = people.findings(scope);
    let is_answered = Memo::new(move |_| {
        let words = typed.with(|typed| typed.trim().to_owned());
        is_worth_it(&words) && findings.with(|found| found.words == words)
    });
    let is_empty = Memo::new(move |_| is_answered.get() && findings.with(|found| found.messages.is_empty()));
    let has_older = Memo::new(move |_| is_answered.get() && findings.with(|found| found.has_older));
    let rows = move || {
        findings.with(|Findings { words, messages, .. }| {
            messages.iter().map(|found| result(state, scope, words, found)).collect::<Vec<_>>()
        })
    };
    let more = move |_| {
        let last = findings
            .with_untracked(|found| found.messages.last().map(|last| (found.words.clone(), last.message.id)));
        if let Some((words, before)) = last {
            people.search(scope, &words, Some(before));
        }
    };
    let nothing = t("search-nothing");
    view! {
        <p class="hint search-note" role="status">{move || is_empty.get().then(nothing)}</p>
        <ul class="results" data-testid="results">{rows}</ul>
        {move || has_older.get().then(|| view! {
            <button type="button" class="button-quiet results-more" on:click=more>{t("search-more")}</button>
        })}
    }
}

fn result(state: AppState, scope: Scope, words: &str, found: &FoundView) -> AnyView {
    let navigation = navigation();
    let lang = language();
    let (conversation, message, at) = (found.conversation, found.message.id, found.message.at);
    let title = state.conversations().with_untracked(|list| {
        let shown = list.iter().flatten().find(|shown| shown.id == conversation);
        shown.map(|shown| shown.title.clone()).unwrap_or_default()
    });
    let (is_own, author) = (found.message.from == Sender::Own, found.message.author.clone());
    let who = move || if is_own { text(lang.get(), "conversation-own", &[]) } else { author.clone() };
    let place = if scope.is_none() {
        view! { <span class="result-title"><bdi>{title}</bdi></span> }.into_any()
    } else {
        ().into_any()
    };
    let pieces = excerpt(&found.message.text, words);
    view! {
        <li>
            <button
                type="button"
                class="result"
                data-testid="result"
                on:click=move |_| state.show_message(navigation, conversation, message)
            >
                <span class="item-line">
                    {place}
                    <span class="result-who"><bdi>{who}</bdi></span>
                    <time class="item-time">{move || dates::in_list(lang.get(), at)}</time>
                </span>
                <span class="result-text" dir="auto">{marked(pieces)}</span>
            </button>
        </li>
    }
    .into_any()
}

/// Pieces of a text, with what was meant marked.
fn marked(pieces: Vec<Piece>) -> Vec<AnyView> {
    let piece = |piece: Piece| {
        if piece.is_hit { view! { <mark>{piece.text}</mark> }.into_any() } else { piece.text.into_any() }
    };
    pieces.into_iter().map(piece).collect()
}

/// The way to the search within a conversation, for its head.
pub(crate) fn search_button(id: ConversationId) -> AnyView {
    let navigation = navigation();
    view! {
        <button
            type="button"
            class="button-icon"
            aria-label=t("search-in-button")
            title=t("search-in-button")
            on:click=move |_| navigation.go(Route::SearchIn(id))
        >
            {icon(Icon::Search)}
        </button>
    }
    .into_any()
}
