//! A conversation: who it is with, what was said, and where to write.

use kuvert_view::{ContactState, ConversationId, ConversationView, UiCommand};
use leptos::prelude::*;

use super::desk::PaneHead;
use super::timeline::TimelineView;
use crate::components::composer::Composer;
use crate::components::marks::trust_mark;
use crate::components::overlay::Overlays;
use crate::components::stamp::stamp;
use crate::i18n::{language, t, t1, text};
use crate::navigation::navigation;
use crate::route::Route;
use crate::state::state;
use crate::{bridge, browser};

/// A conversation.
#[component]
pub(crate) fn Conversation(
    /// Which.
    id: ConversationId,
) -> impl IntoView {
    let conversation = state().conversation(id);
    let conversations = state().conversations();
    let name = Signal::derive(move || {
        conversation.with(|shown| shown.as_ref().map(|shown| shown.title.clone()).unwrap_or_default())
    });
    let contact = Memo::new(move |_| conversation.with(|shown| shown.as_ref().map(|shown| shown.state)));
    let is_blocked =
        Memo::new(move |_| conversation.with(|shown| shown.as_ref().is_some_and(|shown| shown.blocked)));
    let is_gone =
        Memo::new(move |_| conversations.with(|list| list.is_some()) && conversation.with(Option::is_none));
    let is_group = Memo::new(move |_| {
        conversation.with(|shown| shown.as_ref().is_some_and(|shown| shown.group.is_some()))
    });
    let can_write = Memo::new(move |_| contact.get() == Some(ContactState::Accepted) && !is_blocked.get());
    Effect::new(move |before: Option<Option<ContactState>>| {
        let contact = contact.get();
        // The button that had the focus is gone; what it made possible takes it.
        if before.flatten() == Some(ContactState::Asking) && contact == Some(ContactState::Accepted) {
            request_animation_frame(|| browser::focus("composer"));
        }
        contact
    });
    view! {
        <article class="conversation" aria-labelledby="screen-heading">
            <PaneHead>{move || conversation.get().map(head)}</PaneHead>
            {move || is_gone.get().then(|| view! { <p class="pane-note">{t("conversation-gone")}</p> })}
            <TimelineView id=id name=name is_group=is_group.into() can_write=can_write.into()/>
            {move || match contact.get().filter(|_| !is_blocked.get()) {
                Some(ContactState::Asking) => asking(id, name),
                Some(ContactState::Requested) => waiting(name),
                _ => ().into_any(),
            }}
            {move || is_blocked.get().then(|| blocked(name))}
            {move || match contact.get().filter(|_| !is_blocked.get()) {
                None | Some(ContactState::Asking) => ().into_any(),
                Some(state) => {
                    let waiting = state == ContactState::Requested;
                    view! { <Composer conversation=id name=name waiting=waiting/> }.into_any()
                }
            }}
            <Said/>
            <Overlays id=id can_write=can_write.into()/>
        </article>
    }
}

/// A few words about what has just been done.
#[component]
fn Said() -> impl IntoView {
    let said = state().talk().said();
    let lang = language();
    let words = move || said.get().map(|key| text(lang.get(), key, &[]));
    view! {
        <p class="said" class:said-is-shown=move || said.get().is_some() role="status">{words}</p>
    }
}

fn head(shown: ConversationView) -> AnyView {
    view! {
        {stamp(&shown.title, &shown.kuvert_id)}
        <div class="pane-title">
            <h1 id="screen-heading" tabindex="-1"><bdi>{shown.title}</bdi></h1>
            <p class="pane-subtitle">
                {trust_mark(shown.trust)}
                <span class="kuvert-id">{shown.kuvert_id}</span>
            </p>
        </div>
    }
    .into_any()
}

fn asking(conversation: ConversationId, name: Signal<String>) -> AnyView {
    let navigation = navigation();
    let accept = move |_| bridge::post(&UiCommand::Accept { conversation });
    // Nothing brings a request back: the first press asks.
    let is_sure = RwSignal::new(false);
    let decline = move |_| {
        if is_sure.get_untracked() {
            bridge::post(&UiCommand::Decline { conversation });
            navigation.go(Route::Home);
        } else {
            is_sure.set(true);
        }
    };
    let (ask, sure) = (t("request-decline"), t("request-decline-sure"));
    view! {
        <section class="request" aria-labelledby="request-heading">
            <h2 id="request-heading">{t1("request-asking", "name", move || name.get())}</h2>
            <p>{t1("request-asking-text", "name", move || name.get())}</p>
            <div class="buttons">
                <button type="button" class="button" on:click=accept>{t("request-accept")}</button>
                <button
                    type="button"
                    class="button button-is-second"
                    data-testid="decline"
                    on:click=decline
                >
                    {move || if is_sure.get() { sure() } else { ask() }}
                </button>
            </div>
        </section>
    }
    .into_any()
}

fn blocked(name: Signal<String>) -> AnyView {
    view! {
        <p class="waiting" role="status">{t1("conversation-blocked", "name", move || name.get())}</p>
    }
    .into_any()
}

fn waiting(name: Signal<String>) -> AnyView {
    view! {
        <p class="waiting" id="composer-reason" role="status">
            {t1("request-waiting", "name", move || name.get())}
        </p>
    }
    .into_any()
}
