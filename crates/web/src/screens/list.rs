//! The conversation list.

use kuvert_view::{ContactState, ConversationId, ConversationView, LastMessage, Sender};
use leptos::prelude::*;

use crate::components::bubble::kind_words;
use crate::components::icon::{Icon, envelope, icon};
use crate::components::marks::{delivery_mark, trust_mark};
use crate::components::stamp::stamp;
use crate::dates;
use crate::i18n::{language, t, t1, text};
use crate::markdown::on_one_line;
use crate::model::shows_delivery;
use crate::navigation::navigation;
use crate::route::Route;
use crate::state::{Profile, state};

/// The pane with all conversations.
#[component]
pub(crate) fn List() -> impl IntoView {
    let navigation = navigation();
    let conversations = state().conversations();
    let ids = Memo::new(move |_| {
        conversations
            .with(|list| list.as_ref().map(|list| list.iter().map(|shown| shown.id).collect::<Vec<_>>()))
    });
    let is_empty = Memo::new(move |_| ids.with(|ids| ids.as_ref().is_some_and(Vec::is_empty)));
    view! {
        <nav class="list" aria-labelledby="list-heading">
            <header class="list-head">
                <p class="brand">{envelope()} {t("app-name")}</p>
                <button
                    type="button"
                    class="button-quiet"
                    on:click=move |_| navigation.go(Route::MyLink)
                >
                    {icon(Icon::Link)}
                    {t("nav-link")}
                </button>
            </header>
            <h1 class="list-heading" id="list-heading" tabindex="-1">{t("list-heading")}</h1>
            {move || is_empty.get().then(|| view! { <EmptyList/> })}
            <ul class="list-items">
                <For
                    each=move || ids.get().unwrap_or_default()
                    key=|id| *id
                    children=|id| view! { <Item id=id/> }
                />
            </ul>
            <ListFoot/>
        </nav>
    }
}

/// What a list without conversations says.
#[component]
fn EmptyList() -> impl IntoView {
    let navigation = navigation();
    view! {
        <div class="list-empty">
            <h2>{t("list-empty-heading")}</h2>
            <p>{t("list-empty-text")}</p>
            <button type="button" class="button" on:click=move |_| navigation.go(Route::MyLink)>
                {t("list-empty-button")}
            </button>
        </div>
    }
}

/// Who the user is, and the way to the settings.
#[component]
fn ListFoot() -> impl IntoView {
    let navigation = navigation();
    let profile = state().profile();
    let own = move || match profile.get() {
        Profile::Known(profile) => view! {
            {stamp(&profile.name, &profile.kuvert_id)}
            <span class="list-foot-name"><bdi>{profile.name}</bdi></span>
        }
        .into_any(),
        _ => ().into_any(),
    };
    view! {
        <footer class="list-foot">
            <button type="button" class="list-foot-button" on:click=move |_| navigation.go(Route::Settings)>
                {own}
                <span class="list-foot-settings">
                    {icon(Icon::Settings)}
                    {t("nav-settings")}
                </span>
            </button>
        </footer>
    }
}

/// One conversation of the list, which follows its changes.
#[component]
fn Item(
    /// Which conversation.
    id: ConversationId,
) -> impl IntoView {
    let navigation = navigation();
    let conversation = state().conversation(id);
    let route = navigation.route();
    let is_shown = Memo::new(move |_| route.with(|route| route.conversation() == Some(id)));
    let draft = state().talk().draft(id);
    view! {
        <li>
            <button
                type="button"
                class="item"
                data-testid="conversation-item"
                aria-current=move || is_shown.get().then_some("true")
                on:click=move |_| navigation.go(Route::Conversation(id))
            >
                {move || {
                    // While it is shown, what is being written there is in sight anyway.
                    let draft = if is_shown.get() { String::new() } else { draft.get() };
                    conversation.get().map(|shown| item(shown, &draft))
                }}
            </button>
        </li>
    }
}

fn item(shown: ConversationView, draft: &str) -> AnyView {
    let unread = shown.unread;
    view! {
        {stamp(&shown.title, &shown.kuvert_id)}
        <span class="item-lines">
            <span class="item-line">
                <span class="item-title"><bdi>{shown.title.clone()}</bdi></span>
                {shown.last.as_ref().map(|last| item_time(last.at))}
            </span>
            <span class="item-line item-line-is-last">
                {if draft.is_empty() { preview(shown.last) } else { draft_line(draft) }}
                {(unread > 0).then(|| unread_badge(unread))}
            </span>
            <span class="item-line item-marks">{trust_mark(shown.trust)} {state_mark(shown.state)}</span>
        </span>
    }
    .into_any()
}

fn item_time(at: i64) -> AnyView {
    let lang = language();
    view! { <time class="item-time">{move || dates::in_list(lang.get(), at)}</time> }.into_any()
}

fn preview(last: Option<LastMessage>) -> AnyView {
    let Some(last) = last else {
        return view! { <span class="item-preview item-preview-is-quiet">{t("list-nothing")}</span> }
            .into_any();
    };
    let lang = language();
    let mark = shows_delivery(&last).then(|| delivery_mark(last.delivery));
    let words = move || match last.from {
        Sender::Own => {
            let said = kind_words(lang.get(), last.kind).unwrap_or_else(|| on_one_line(&last.text));
            text(lang.get(), "list-own", &[("text", said.into())])
        }
        Sender::Contact => kind_words(lang.get(), last.kind).unwrap_or_else(|| on_one_line(&last.text)),
        Sender::System => last.text.clone(),
    };
    view! {
        {mark}
        <span class="item-preview" dir="auto">{words}</span>
    }
    .into_any()
}

/// The beginning of what was typed and not sent.
fn draft_line(draft: &str) -> AnyView {
    let beginning: String = draft.chars().take(200).collect();
    let line = beginning.split_whitespace().collect::<Vec<_>>().join(" ");
    view! {
        <span class="item-preview" dir="auto" data-testid="draft">
            <span class="item-draft">{t("list-draft")}</span>
            " "
            {line}
        </span>
    }
    .into_any()
}

/// How many messages are unread.
pub(crate) fn unread_badge(count: u32) -> AnyView {
    let shown = if count > 99 { "99+".to_owned() } else { count.to_string() };
    view! {
        <span class="badge" data-testid="unread">
            <span aria-hidden="true">{shown}</span>
            <span class="hidden-words">{t1("list-unread", "count", move || count)}</span>
        </span>
    }
    .into_any()
}

/// Where first contact stands, if it is not done with.
pub(crate) fn state_mark(state: ContactState) -> AnyView {
    let word = match state {
        ContactState::Asking => "list-request",
        ContactState::Requested => "list-requested",
        ContactState::Accepted => return ().into_any(),
    };
    view! { <span class="tag">{t(word)}</span> }.into_any()
}
