//! A conversation: who it is with, what was said, and where to write.

use kuvert_view::{ConversationId, ConversationView};
use leptos::prelude::*;

use super::desk::PaneHead;
use super::found::search_button;
use super::standing::{Standing, StandingNote};
use super::timeline::TimelineView;
use crate::browser;
use crate::components::composer::Composer;
use crate::components::line_card::LineNotes;
use crate::components::marks::trust_mark;
use crate::components::overlay::Overlays;
use crate::components::stamp::stamp;
use crate::components::tray::DropZone;
use crate::components::viewer::Viewer;
use crate::i18n::{language, t, t1, text};
use crate::navigation::navigation;
use crate::route::Route;
use crate::state::state;

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
    let standing = Memo::new(move |_| conversation.with(|shown| shown.as_ref().map(Standing::of)));
    let is_gone =
        Memo::new(move |_| conversations.with(|list| list.is_some()) && conversation.with(Option::is_none));
    let is_group = Memo::new(move |_| {
        conversation.with(|shown| shown.as_ref().is_some_and(|shown| shown.group.is_some()))
    });
    let can_write = Memo::new(move |_| standing.get() == Some(Standing::Open));
    Effect::new(move |before: Option<Option<Standing>>| {
        let standing = standing.get();
        let was_asked = matches!(before.flatten(), Some(Standing::Asking | Standing::Invited));
        // The button that had the focus is gone; what it made possible takes it.
        if was_asked && standing == Some(Standing::Open) {
            request_animation_frame(|| browser::focus("composer"));
        }
        standing
    });
    view! {
        <article class="conversation" aria-labelledby="screen-heading">
            <PaneHead>{move || conversation.get().map(head)}</PaneHead>
            {move || is_gone.get().then(|| view! { <p class="pane-note">{t("conversation-gone")}</p> })}
            <TimelineView id=id name=name is_group=is_group.into() can_write=can_write.into()/>
            <StandingNote
                id=id
                standing=Signal::derive(move || standing.get().unwrap_or(Standing::Open))
                name=name
            />
            {move || standing.get().filter(|standing| standing.has_composer()).map(|standing| {
                let waiting = standing != Standing::Open;
                view! {
                    {(!waiting).then(|| view! { <LineNotes id=id/> })}
                    <Composer conversation=id name=name waiting=waiting/>
                    {(!waiting).then(|| view! { <DropZone conversation=id/> })}
                }
            })}
            <Said/>
            <Viewer/>
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

/// Who the conversation is with, and the ways to their page and to the search.
fn head(shown: ConversationView) -> AnyView {
    let navigation = navigation();
    let id = shown.id;
    let below = match shown.group {
        Some(group) => {
            view! { <span>{t1("group-members", "count", move || group.members)}</span> }.into_any()
        }
        None => view! {
            {trust_mark(shown.trust)}
            <span class="kuvert-id">{shown.kuvert_id.clone()}</span>
        }
        .into_any(),
    };
    view! {
        <div class="pane-who">
            {stamp(&shown.title, &shown.kuvert_id)}
            <div class="pane-title">
                <h1 id="screen-heading" tabindex="-1">
                    <button
                        type="button"
                        class="pane-about"
                        data-testid="about"
                        on:click=move |_| navigation.go(Route::About(id))
                    >
                        <bdi>{shown.title}</bdi>
                    </button>
                </h1>
                <p class="pane-subtitle">{below}</p>
            </div>
        </div>
        {search_button(id)}
    }
    .into_any()
}
