//! The conversation list.

use kuvert_view::words::fits;
use kuvert_view::{ContactState, ConversationId, ConversationView, GroupView, LastMessage, Sender};
use leptos::prelude::*;

use super::found::{Results, follow_typing};
use crate::components::attachments::or_files;
use crate::components::bubble::kind_words;
use crate::components::icon::{Icon, envelope, icon};
use crate::components::marks::{delivery_mark, trust_mark};
use crate::components::search_field::SearchField;
use crate::components::stamp::stamp;
use crate::dates;
use crate::i18n::{language, t, t1, text};
use crate::markdown::on_one_line;
use crate::model::shows_delivery;
use crate::navigation::navigation;
use crate::route::Route;
use crate::state::{Profile, state};

/// What the list shows: requests first, then the rest, as far as they fit what is searched for.
fn order(list: &[ConversationView], typed: &str) -> (Vec<ConversationId>, Vec<ConversationId>) {
    let fitting = list.iter().filter(|shown| fits(&shown.title, typed));
    let (requests, others): (Vec<_>, Vec<_>) =
        fitting.partition(|shown| shown.state == ContactState::Asking && !shown.blocked);
    let ids = |shown: Vec<&ConversationView>| shown.into_iter().map(|shown| shown.id).collect();
    (ids(requests), ids(others))
}

/// The pane with all conversations.
#[component]
pub(crate) fn List() -> impl IntoView {
    let conversations = state().conversations();
    let typed = RwSignal::new(String::new());
    follow_typing(state().people(), None, typed);
    let ordered = Memo::new(move |_| {
        let typed = typed.get();
        conversations.with(|list| list.as_ref().map(|list| order(list, &typed)))
    });
    let is_empty = Memo::new(move |_| conversations.with(|list| list.as_ref().is_some_and(Vec::is_empty)));
    let is_searching = Memo::new(move |_| typed.with(|typed| !typed.trim().is_empty()));
    let requests = Memo::new(move |_| ordered.get().unwrap_or_default().0);
    let others = Memo::new(move |_| ordered.get().unwrap_or_default().1);
    let has_requests = Memo::new(move |_| !requests.with(Vec::is_empty));
    let fits_none =
        Memo::new(move |_| is_searching.get() && !has_requests.get() && others.with(Vec::is_empty));
    view! {
        <nav class="list" aria-labelledby="list-heading">
            {list_head()}
            <h1 class="list-heading" id="list-heading" tabindex="-1">{t("list-heading")}</h1>
            {move || is_empty.get().then(|| view! { <EmptyList/> })}
            {move || (!is_empty.get()).then(|| view! {
                <SearchField label="search-label" value=typed testid="search"/>
            })}
            <div class="list-scroll">
                {move || has_requests.get().then(|| view! {
                    <h2 class="list-part" id="requests-heading">{t("list-requests")}</h2>
                    <ul class="list-items" aria-labelledby="requests-heading" data-testid="requests">
                        <For each=move || requests.get() key=|id| *id children=|id| view! { <Item id=id/> }/>
                    </ul>
                })}
                {move || (has_requests.get() || is_searching.get()).then(|| view! {
                    <h2 class="list-part">{t("list-others")}</h2>
                })}
                {move || fits_none.get().then(|| view! { <p class="hint list-note">{t("search-no-name")}</p> })}
                <ul class="list-items">
                    <For each=move || others.get() key=|id| *id children=|id| view! { <Item id=id/> }/>
                </ul>
                {move || is_searching.get().then(|| view! {
                    <h2 class="list-part">{t("search-messages")}</h2>
                    <Results scope=None typed=typed/>
                })}
            </div>
            <ListFoot/>
        </nav>
    }
}

/// The brand, the own link, and the way to a new conversation.
fn list_head() -> AnyView {
    let navigation = navigation();
    view! {
        <header class="list-head">
            <p class="brand">{envelope()} {t("app-name")}</p>
            <div class="list-ways">
                <button type="button" class="button-quiet" on:click=move |_| navigation.go(Route::MyLink)>
                    {icon(Icon::Link)}
                    {t("nav-link")}
                </button>
                <button
                    type="button"
                    class="button-icon button-new"
                    data-testid="new"
                    aria-label=t("new-heading")
                    title=t("new-heading")
                    on:click=move |_| navigation.go(Route::New)
                >
                    {icon(Icon::Plus)}
                </button>
            </div>
        </header>
    }
    .into_any()
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
    let is_shown = Memo::new(move |_| route.with(|route| route.concerns() == Some(id)));
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
            <span class="item-line item-marks">
                {match shown.group {
                    Some(group) => group_mark(group),
                    None => trust_mark(shown.trust),
                }}
                {if shown.blocked { blocked_mark() } else { state_mark(shown.state) }}
            </span>
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
            let said = kind_words(lang.get(), last.kind)
                .unwrap_or_else(|| on_one_line(&or_files(lang.get(), &last)));
            text(lang.get(), "list-own", &[("text", said.into())])
        }
        Sender::Contact => {
            kind_words(lang.get(), last.kind).unwrap_or_else(|| on_one_line(&or_files(lang.get(), &last)))
        }
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

/// That it is a group, and of how many.
fn group_mark(group: GroupView) -> AnyView {
    view! {
        <span class="item-group">
            {icon(Icon::People)}
            {t1("group-members", "count", move || group.members)}
        </span>
    }
    .into_any()
}

/// That the contact is blocked.
fn blocked_mark() -> AnyView {
    view! { <span class="tag">{t("list-blocked")}</span> }.into_any()
}

#[cfg(test)]
mod tests {
    use kuvert_view::{Familiarity, Trust};

    use super::*;

    fn shown(id: u64, title: &str, state: ContactState) -> ConversationView {
        ConversationView {
            id: ConversationId(id),
            title: title.into(),
            kuvert_id: String::new(),
            trust: Trust::New,
            state,
            last: None,
            unread: 0,
            blocked: false,
            familiarity: Familiarity::Stranger,
            group: None,
        }
    }

    #[test]
    fn requests_stand_apart_and_a_search_keeps_the_order() {
        let mut list = vec![
            shown(1, "Ben", ContactState::Accepted),
            shown(2, "Chris", ContactState::Asking),
            shown(3, "Bärbel", ContactState::Requested),
        ];
        let ids = |ids: &[u64]| ids.iter().copied().map(ConversationId).collect::<Vec<_>>();
        assert_eq!(order(&list, ""), (ids(&[2]), ids(&[1, 3])));
        assert_eq!(order(&list, "b"), (ids(&[]), ids(&[1, 3])));
        assert_eq!(order(&list, "bar"), (ids(&[]), ids(&[3])));
        list[1].blocked = true;
        assert_eq!(order(&list, ""), (ids(&[]), ids(&[1, 2, 3])));
    }
}
