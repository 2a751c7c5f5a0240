//! Who is behind a conversation: the page of a contact, or of a group.

use kuvert_view::{ContactState, ConversationId, ConversationView, Familiarity, Trust, UiCommand};
use leptos::prelude::*;

use super::desk::PaneHead;
use super::group_page::GroupPage;
use crate::bridge;
use crate::components::dialog::Confirm;
use crate::components::icon::{Icon, icon};
use crate::components::line_card::line_card;
use crate::components::marks::{trust_hint, trust_mark};
use crate::components::stamp::stamp;
use crate::i18n::{language, t, t1, text};
use crate::navigation::navigation;
use crate::rights::Rights;
use crate::route::Route;
use crate::state::state;

/// The page about a conversation.
#[component]
pub(crate) fn About(
    /// Which conversation.
    id: ConversationId,
) -> impl IntoView {
    let conversation = state().conversation(id);
    let is_group =
        Memo::new(move |_| conversation.with(|shown| shown.as_ref().map(|shown| shown.group.is_some())));
    move || match is_group.get() {
        Some(true) => view! { <GroupPage id=id/> }.into_any(),
        Some(false) => view! { <ContactPage id=id/> }.into_any(),
        None => view! {
            <article class="page" aria-labelledby="screen-heading">
                <PaneHead deep=true>
                    <h1 id="screen-heading" tabindex="-1">{t("about-title")}</h1>
                </PaneHead>
                <p class="pane-note">{t("conversation-gone")}</p>
            </article>
        }
        .into_any(),
    }
}

/// A contact: who they are, how well they are known, and what one can do.
#[component]
fn ContactPage(
    /// The conversation with them.
    id: ConversationId,
) -> impl IntoView {
    let state = state();
    let conversation = state.conversation(id);
    let name = Signal::derive(move || {
        conversation.with(|shown| shown.as_ref().map(|shown| shown.title.clone()).unwrap_or_default())
    });
    let is_blocked =
        Memo::new(move |_| conversation.with(|shown| shown.as_ref().is_some_and(|shown| shown.blocked)));
    let asks_block = RwSignal::new(false);
    state.people().ask_contact(id);
    let block = Callback::new(move |()| bridge::post(&UiCommand::Block { conversation: id }));
    view! {
        <article class="page" aria-labelledby="screen-heading">
            <PaneHead deep=true>
                <h1 id="screen-heading" tabindex="-1">{t("about-title")}</h1>
            </PaneHead>
            <div class="page-body">
                {move || conversation.get().map(person)}
                {line(id, name)}
                <Rights id=id name=name/>
                {move || conversation.get().map(|shown| trust(id, &shown))}
                {together(id)}
                <section class="sheet actions" aria-label=t("about-actions")>
                    {actions(id)}
                    {move || if is_blocked.get() {
                        unblock(id, name)
                    } else {
                        block_button(asks_block)
                    }}
                </section>
            </div>
            <Confirm
                open=asks_block
                heading=Signal::derive(t1("block-heading", "name", move || name.get()))
                text=Signal::derive(t1("block-text", "name", move || name.get()))
                yes="block-sure"
                danger=true
                on_yes=block
            />
        </article>
    }
}

/// Name, stamp and Kuvert ID.
fn person(shown: ConversationView) -> AnyView {
    let familiarity = match shown.familiarity {
        Familiarity::Stranger => "familiarity-stranger",
        Familiarity::Acquainted => "familiarity-acquainted",
        Familiarity::Familiar => "familiarity-familiar",
        Familiarity::Close => "familiarity-close",
    };
    view! {
        <div class="person">
            {stamp(&shown.title, &shown.kuvert_id)}
            <div class="person-lines">
                <h2 class="person-name"><bdi>{shown.title.clone()}</bdi></h2>
            </div>
            <dl class="facts">
                <dt>{t("card-id")}</dt>
                <dd class="kuvert-id" data-testid="kuvert-id">{shown.kuvert_id.clone()}</dd>
                <dt>{t("familiarity-label")}</dt>
                <dd>{t(familiarity)}</dd>
            </dl>
        </div>
    }
    .into_any()
}

/// What the contact shows of itself, if it is a business line.
fn line(id: ConversationId, name: Signal<String>) -> AnyView {
    let contact = state().people().contact(id);
    let sheet = move || {
        let line = contact.get()?.line?;
        Some(view! { <div class="sheet">{line_card(*line, name)}</div> })
    };
    view! { {sheet} }.into_any()
}

/// How well the contact is known, and what can be done about it.
fn trust(id: ConversationId, shown: &ConversationView) -> AnyView {
    let navigation = navigation();
    let level = shown.trust;
    let is_changed = level == Trust::Changed;
    let can_verify = shown.state != ContactState::Asking;
    let button = if level == Trust::Verified { "verify-look" } else { "verify-button" };
    let looked_at = move |_| bridge::post(&UiCommand::Unverify { conversation: id });
    view! {
        <section class="sheet" class:sheet-is-warning=is_changed aria-labelledby="trust-heading">
            <h2 id="trust-heading">{t("about-trust")}</h2>
            <p class="trust-line" data-testid="trust">{trust_mark(level)} <span>{t(trust_hint(level))}</span></p>
            {is_changed.then(|| view! { <p>{t("verify-changed")}</p> })}
            {can_verify.then(|| view! {
                <div class="buttons">
                    <button
                        type="button"
                        class="button"
                        class:button-is-second=level == Trust::Verified
                        on:click=move |_| navigation.go(Route::Verify(id))
                    >
                        {icon(Icon::Shield)}
                        {t(button)}
                    </button>
                    {is_changed.then(|| view! {
                        <button type="button" class="button button-is-second" on:click=looked_at>
                            {t("verify-looked-at")}
                        </button>
                    })}
                </div>
            })}
        </section>
    }
    .into_any()
}

/// Groups in which both are.
fn together(id: ConversationId) -> AnyView {
    let state = state();
    let navigation = navigation();
    let contact = state.people().contact(id);
    let conversations = state.conversations();
    let named = Memo::new(move |_| {
        let groups = contact.get().map(|contact| contact.groups).unwrap_or_default();
        conversations.with(|list| {
            let shown = list.iter().flatten().filter(|shown| groups.contains(&shown.id));
            shown.map(|shown| (shown.id, shown.title.clone())).collect::<Vec<_>>()
        })
    });
    let line = move |(group, name): (ConversationId, String)| {
        view! {
            <li>
                <button type="button" class="row-button" on:click=move |_| navigation.go(Route::Conversation(group))>
                    {icon(Icon::People)}
                    <span class="row-button-words"><bdi>{name}</bdi></span>
                    {icon(Icon::Forward)}
                </button>
            </li>
        }
    };
    let section = move || {
        (!named.with(Vec::is_empty)).then(|| {
            view! {
                <section class="sheet" aria-labelledby="together-heading">
                    <h2 id="together-heading">{t("about-groups")}</h2>
                    <ul class="row-buttons">
                        {named.get().into_iter().map(line).collect::<Vec<_>>()}
                    </ul>
                </section>
            }
        })
    };
    view! { {section} }.into_any()
}

/// What can be done in any conversation.
pub(crate) fn actions(id: ConversationId) -> AnyView {
    let navigation = navigation();
    view! {
        <button type="button" class="row-button" on:click=move |_| navigation.go(Route::SearchIn(id))>
            {icon(Icon::Search)}
            <span class="row-button-words">{t("search-in-button")}</span>
            {icon(Icon::Forward)}
        </button>
    }
    .into_any()
}

fn block_button(asks: RwSignal<bool>) -> AnyView {
    view! {
        <button
            type="button"
            class="row-button row-button-is-danger"
            data-testid="block"
            on:click=move |_| asks.set(true)
        >
            {icon(Icon::Block)}
            <span class="row-button-words">{t("block-button")}</span>
        </button>
    }
    .into_any()
}

fn unblock(id: ConversationId, name: Signal<String>) -> AnyView {
    let lang = language();
    let words = move || text(lang.get(), "conversation-blocked", &[("name", name.get().into())]);
    view! {
        <p class="note">{icon(Icon::Block)} <span>{words}</span></p>
        <button
            type="button"
            class="button button-is-second"
            data-testid="unblock"
            on:click=move |_| bridge::post(&UiCommand::Unblock { conversation: id })
        >
            {t("block-undo")}
        </button>
    }
    .into_any()
}
