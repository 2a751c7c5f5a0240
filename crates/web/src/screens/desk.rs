//! The panes: the list, and beside it (on a phone in its place) what was chosen.

use leptos::prelude::*;

use super::about::About;
use super::conversation::Conversation;
use super::form::FormPage;
use super::found::SearchIn;
use super::link::MyLink;
use super::list::List;
use super::new::New;
use super::new_group::NewGroup;
use super::settings::Settings;
use super::verify::Verify;
use crate::components::icon::{Icon, envelope, icon};
use crate::i18n::t;
use crate::navigation::navigation;
use crate::route::Route;
use crate::state::state;

/// The panes.
#[component]
pub(crate) fn Desk() -> impl IntoView {
    let route = navigation().route();
    let shown = Memo::new(move |_| route.get());
    let has_detail = Memo::new(move |_| shown.with(|route| *route != Route::Home));
    view! {
        <main class="desk" class:desk-shows-detail=has_detail>
            <List/>
            <div class="pane">
                {move || match shown.get() {
                    Route::Conversation(id) => view! { <Conversation id=id/> }.into_any(),
                    Route::MyLink => view! { <MyLink/> }.into_any(),
                    Route::Settings => view! { <Settings/> }.into_any(),
                    Route::About(id) => view! { <About id=id/> }.into_any(),
                    Route::Verify(id) => view! { <Verify id=id/> }.into_any(),
                    Route::SearchIn(id) => view! { <SearchIn id=id/> }.into_any(),
                    Route::Form(id, at) => view! { <FormPage id=id at=at/> }.into_any(),
                    Route::New => view! { <New/> }.into_any(),
                    Route::NewGroup => view! { <NewGroup/> }.into_any(),
                    Route::Home
                    | Route::OpenedLink(_)
                    | Route::Components
                    // A team's.
                    | Route::Team
                    | Route::Seats
                    | Route::Statistics
                    | Route::Describe
                    | Route::Invitation(_) | Route::Arrival(_) => view! { <NothingChosen/> }.into_any(),
                }}
            </div>
        </main>
    }
}

/// What stands beside the list while nothing is chosen.
#[component]
fn NothingChosen() -> impl IntoView {
    let conversations = state().conversations();
    let is_empty = Memo::new(move |_| conversations.with(|list| list.as_ref().is_some_and(Vec::is_empty)));
    let (empty, choose) = (t("list-empty-text"), t("list-choose-text"));
    view! {
        <div class="nothing-chosen">
            {envelope()}
            <h2>{t("list-choose-heading")}</h2>
            <p>{move || if is_empty.get() { empty() } else { choose() }}</p>
        </div>
    }
}

/// The line above a pane: the way back on a phone, and the heading.
#[component]
pub(crate) fn PaneHead(
    /// Whether there is a way back on a desktop, too: to the screen that led here.
    #[prop(optional)]
    deep: bool,
    /// What stands in the line.
    children: Children,
) -> impl IntoView {
    let navigation = navigation();
    view! {
        <header class="pane-head">
            <button
                type="button"
                class="button-icon"
                class:only-phone=!deep
                aria-label=t("nav-back")
                on:click=move |_| navigation.back()
            >
                {icon(Icon::Back)}
            </button>
            {children()}
        </header>
    }
}
