//! The panes of a team's page: the queue, and beside it what was chosen.

use kuvert_view::{ConversationId, TeamRole};
use leptos::prelude::*;

use super::case::CasePanel;
use super::describe::Describe;
use super::queue::Queue;
use super::rights::RightsDialogs;
use super::seats::SeatsPage;
use super::statistics::StatisticsPage;
use super::team::TeamPage;
use super::team_state::team;
use crate::components::icon::envelope;
use crate::i18n::t;
use crate::navigation::navigation;
use crate::route::Route;
use crate::screens::about::About;
use crate::screens::conversation::Conversation;
use crate::screens::found::SearchIn;
use crate::screens::settings::Settings;
use crate::screens::verify::Verify;
use crate::state::state;

/// The panes, or why there are none yet.
pub(super) fn panes() -> AnyView {
    let team = team();
    let navigation = navigation();
    // What let this device in leaves the address bar.
    if navigation.route().with_untracked(|route| matches!(route, Route::Invitation(_))) {
        navigation.replace(Route::Home);
    }
    let is_in = Memo::new(move |_| team.role().get().is_some());
    let dismissed = team.dismissed();
    let is_known = team.is_known();
    (move || match (dismissed.get(), is_in.get(), is_known.get()) {
        (true, ..) => outside("desk-dismissed-heading", "desk-dismissed-text"),
        (false, true, _) => view! { <Panes/> }.into_any(),
        (false, false, true) => outside("desk-waiting-heading", "desk-waiting-text"),
        (false, false, false) => ().into_any(),
    })
    .into_any()
}

/// Not a member yet, or not any more.
fn outside(heading: &'static str, words: &'static str) -> AnyView {
    view! {
        <main class="letter">
            <div class="sheet">
                <p class="brand">{envelope()} {t("app-name")}</p>
                <h1 tabindex="-1" id="screen-heading">{t(heading)}</h1>
                <p class="lead" role="status">{t(words)}</p>
            </div>
        </main>
    }
    .into_any()
}

/// A conversation that is shown may be taken from the user, when somebody else looks after it.
fn leave_what_is_gone() {
    let (navigation, conversations) = (navigation(), state().conversations());
    let shown = navigation.route();
    Effect::new(move |before: Option<Option<ConversationId>>| {
        let id = shown.with(Route::concerns)?;
        let is_there = conversations.with(|list| list.iter().flatten().any(|one| one.id == id));
        if !is_there && before.flatten() == Some(id) {
            navigation.replace(Route::Home);
        }
        is_there.then_some(id)
    });
}

#[component]
fn Panes() -> impl IntoView {
    let route = navigation().route();
    let shown = Memo::new(move |_| route.get());
    let has_detail =
        Memo::new(move |_| shown.with(|route| !matches!(route, Route::Home | Route::Invitation(_))));
    let role = team().role();
    let reads_only = Memo::new(move |_| role.get() == Some(TeamRole::ReadOnly));
    let is_supervisor = Memo::new(move |_| role.get() >= Some(TeamRole::Supervisor));
    let is_owner = Memo::new(move |_| role.get() == Some(TeamRole::Owner));
    leave_what_is_gone();
    view! {
        <RightsDialogs/>
        <main class="desk team" class:desk-shows-detail=has_detail>
            <Queue/>
            <div class="pane">
                {move || match shown.get() {
                    Route::Conversation(id) => view! {
                        <div class="team-conversation" class:team-conversation-is-read-only=reads_only>
                            <CasePanel id=id/>
                            <Conversation id=id/>
                        </div>
                    }
                    .into_any(),
                    Route::Settings => view! { <Settings/> }.into_any(),
                    Route::About(id) => view! { <About id=id/> }.into_any(),
                    Route::Verify(id) => view! { <Verify id=id/> }.into_any(),
                    Route::SearchIn(id) => view! { <SearchIn id=id/> }.into_any(),
                    Route::Team => view! { <TeamPage/> }.into_any(),
                    Route::Seats if is_supervisor.get() => view! { <SeatsPage/> }.into_any(),
                    Route::Statistics if is_supervisor.get() => view! { <StatisticsPage/> }.into_any(),
                    Route::Describe if is_owner.get() => view! { <Describe/> }.into_any(),
                    _ => nothing_chosen(),
                }}
            </div>
        </main>
    }
}

/// What stands beside the queue while nothing is chosen.
fn nothing_chosen() -> AnyView {
    view! {
        <div class="nothing-chosen">
            {envelope()}
            <h2>{t("desk-choose-heading")}</h2>
            <p>{t("desk-choose-text")}</p>
        </div>
    }
    .into_any()
}
