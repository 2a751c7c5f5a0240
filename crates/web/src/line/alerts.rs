//! Notifications of the computer while the desk is open and out of view. They name nobody. Nothing comes while it is closed: see the
//! decision on the desk's page.

use kuvert_view::{ConversationView, TeamRole};
use leptos::prelude::*;

use super::team_state::Team;
use crate::browser;
use crate::i18n::{language, t, text};
use crate::notices::{self, Permission};
use crate::state::AppState;

/// Where the choice is kept, in this browser.
const KEY: &str = "kuvert-desk-alerts";

/// What the user decided, and what the browser allows.
#[derive(Clone, Copy)]
pub(super) struct Alerts {
    wanted: RwSignal<bool>,
    permission: RwSignal<Permission>,
}

impl Alerts {
    pub(super) fn new() -> Self {
        let wanted = browser::stored(KEY).is_some_and(|value| value == "on");
        Self { wanted: RwSignal::new(wanted), permission: RwSignal::new(notices::permission()) }
    }

    fn turn(self, on: bool) {
        browser::store(KEY, if on { "on" } else { "off" });
        self.wanted.set(on);
        if on {
            leptos::task::spawn_local(async move { self.permission.set(notices::ask().await) });
        }
    }
}

/// Tells of what customers write while nobody looks and, who decides who answers, of customers who wait too long.
pub(super) fn follow(state: AppState, team: Team) {
    let unread = Memo::new(move |_| {
        let sum = |list: &Vec<ConversationView>| list.iter().map(|one| one.unread).sum::<u32>();
        state.conversations().with(|list| list.as_ref().map(sum))
    });
    tell(team, unread, "desk-alert");
    let (desk, role) = (team.desk(), team.role());
    let outside = Memo::new(move |_| desk.with(|desk| desk.as_ref().map(|desk| desk.outside)));
    tell(team, outside, "desk-alert");
    let overdue = Memo::new(move |_| {
        let is_told = role.get() >= Some(TeamRole::Supervisor);
        desk.with(|desk| desk.as_ref().map(|desk| desk.overdue).filter(|_| is_told))
    });
    tell(team, overdue, "desk-alert-overdue");
}

/// Shows a notification when there is more of something.
fn tell(team: Team, of: Memo<Option<u32>>, key: &'static str) {
    let (lang, alerts) = (language(), team.tools().alerts);
    Effect::new(move |before: Option<Option<u32>>| {
        let now = of.get();
        let has_more = before.flatten().zip(now).is_some_and(|(before, now)| now > before);
        let is_on = alerts.wanted.get_untracked() && alerts.permission.get_untracked() == Permission::Granted;
        if has_more && is_on && !browser::is_visible() {
            let words = |key| text(lang.get_untracked(), key, &[]);
            notices::show_from_page(&words("app-name"), &words(key), lang.get_untracked().tag());
        }
        now
    });
}

/// The choice, for the settings.
pub(super) fn section(alerts: Alerts) -> AnyView {
    let is_on = Memo::new(move |_| alerts.wanted.get() && alerts.permission.get() == Permission::Granted);
    let says = Memo::new(move |_| match (alerts.permission.get(), is_on.get()) {
        (Permission::Denied, _) => "notices-denied",
        (_, true) => "desk-alerts-on",
        (_, false) => "desk-alerts-off",
    });
    view! {
        <section class="sheet" aria-labelledby="alerts-title">
            <h2 id="alerts-title">{t("notices-title")}</h2>
            <p role="status">{move || t(says.get())()}</p>
            <div class="buttons">
                <button
                    type="button"
                    class="button button-is-second"
                    data-testid="alerts"
                    on:click=move |_| alerts.turn(!is_on.get_untracked())
                >
                    {move || t(if is_on.get() { "notices-turn-off" } else { "notices-turn-on" })()}
                </button>
            </div>
        </section>
    }
    .into_any()
}
