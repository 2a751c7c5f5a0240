//! The first screen of a team's page: a new line, or the way into one by a colleague's link.

use kuvert_view::DeskCommand;
use leptos::ev::SubmitEvent;
use leptos::prelude::*;

use super::entries::Entry;
use super::team_state::post;
use crate::components::field::NameField;
use crate::components::icon::{Icon, envelope, icon};
use crate::components::switches::{LanguageSwitch, ThemeSwitch};
use crate::i18n::t;
use crate::navigation::navigation;
use crate::route::Route;
use crate::text::valid_name;

/// The first screen.
pub(super) fn start() -> AnyView {
    let route = navigation().route();
    let invitation = Memo::new(move |_| match route.get() {
        Route::Invitation(link) => Some(link),
        _ => None,
    });
    view! {
        <main class="letter">
            <div class="sheet">
                <p class="brand brand-is-large">{envelope()} {t("app-name")}</p>
                {move || match invitation.get() {
                    Some(link) => join(link),
                    None => create(),
                }}
            </div>
            <footer class="quiet-switches">
                <LanguageSwitch/>
                <ThemeSwitch/>
            </footer>
        </main>
    }
    .into_any()
}

/// A new line.
fn create() -> AnyView {
    let (name, person) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let (wrong_name, wrong_person) = (RwSignal::new(None), RwSignal::new(None));
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let line = name.with_untracked(|name| valid_name(name));
        let own = person.with_untracked(|person| valid_name(person));
        wrong_name.set(line.is_none().then_some("desk-line-name-invalid"));
        wrong_person.set(own.is_none().then_some("name-invalid"));
        if let (Some(name), Some(person)) = (line, own) {
            post(&DeskCommand::CreateLine { name, person, invite: None });
        }
    };
    view! {
        <h1 tabindex="-1" id="screen-heading">{t("desk-start-heading")}</h1>
        <p class="lead">{t("desk-start-sentence")}</p>
        <form class="stack" novalidate on:submit=submit>
            <Entry id="line-name" label="desk-line-name" hint="desk-line-name-hint" value=name wrong=wrong_name/>
            <NameField
                id="own-name"
                label="desk-person"
                hint=Signal::derive(t("desk-person-hint"))
                value=person
                wrong=wrong_person
            />
            <button type="submit" class="button button-is-wide" data-testid="create-line">{t("desk-create")}</button>
        </form>
        <p class="note">{icon(Icon::Lock)} {t("desk-start-note")}</p>
    }
    .into_any()
}

/// A colleague's link was opened.
fn join(invitation: String) -> AnyView {
    let person = RwSignal::new(String::new());
    let wrong = RwSignal::new(None);
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        match person.with_untracked(|person| valid_name(person)) {
            Some(person) => {
                post(&DeskCommand::JoinLine { invitation: invitation.clone(), person, invite: None });
            }
            None => wrong.set(Some("name-invalid")),
        }
    };
    view! {
        <h1 tabindex="-1" id="screen-heading">{t("desk-join-heading")}</h1>
        <p class="lead">{t("desk-join-sentence")}</p>
        <form class="stack" novalidate on:submit=submit>
            <NameField
                id="own-name"
                label="desk-person"
                hint=Signal::derive(t("desk-person-hint"))
                value=person
                wrong=wrong
            />
            <button type="submit" class="button button-is-wide" data-testid="join-line">{t("desk-join")}</button>
        </form>
    }
    .into_any()
}
