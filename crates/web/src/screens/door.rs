//! Where the relay makes no inbox: a field for an invitation, or why there is none to be had.

use kuvert_view::UiCommand;
use leptos::ev::SubmitEvent;
use leptos::prelude::*;

use crate::bridge;
use crate::components::field::wrong_line;
use crate::components::icon::{Icon, envelope, icon};
use crate::components::switches::{LanguageSwitch, ThemeSwitch};
use crate::i18n::t;
use crate::state::{Door, state};
use crate::text::valid_invite;

/// The screen before the relay's door.
#[component]
pub(crate) fn AtTheDoor(
    /// Why the relay makes no inbox.
    door: Door,
) -> impl IntoView {
    let state = state();
    let (heading, text) = match door {
        Door::Invitation => ("door-invite-heading", "door-invite-text"),
        Door::Closed => ("door-closed-heading", "door-closed-text"),
    };
    view! {
        <main class="letter">
            <div class="sheet" data-testid="door">
                <p class="brand brand-is-large">{envelope()} {t("app-name")}</p>
                <h1 tabindex="-1" id="screen-heading">{t(heading)}</h1>
                <p class="lead">{t(text)}</p>
                {(door == Door::Invitation).then(|| view! { <InviteForm/> })}
                <button type="button" class="button button-is-second button-is-wide" on:click=move |_| state.pass_by()>
                    {t("door-later")}
                </button>
                <p class="note">{icon(Icon::Lock)} {t("door-note")}</p>
            </div>
            <footer class="quiet-switches">
                <LanguageSwitch/>
                <ThemeSwitch/>
            </footer>
        </main>
    }
}

/// The field for the invitation. Like the one for the name it has neither name nor id: see
/// [`crate::components::field::NameField`].
#[component]
fn InviteForm() -> impl IntoView {
    let state = state();
    let typed = RwSignal::new(String::new());
    let wrong = RwSignal::new(None);
    let waits = RwSignal::new(false);
    let failures = state.failures();
    Effect::new(move |before: Option<u32>| {
        let count = failures.get();
        if before.is_some_and(|before| before != count) && waits.get_untracked() {
            waits.set(false);
            wrong.set(Some("door-invite-refused"));
        }
        count
    });
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        match typed.with_untracked(|typed| valid_invite(typed)) {
            Some(invite) => {
                waits.set(true);
                wrong.set(None);
                bridge::post(&UiCommand::UseInvite { invite });
            }
            None => wrong.set(Some("failure-invite-invalid")),
        }
    };
    view! {
        <form class="stack" novalidate on:submit=submit>
            <div class="field">
                <label class="field-label">
                    <span>{t("door-invite-label")}</span>
                    <input
                        type="text"
                        autocomplete="off"
                        data-testid="invite"
                        autocapitalize="none"
                        spellcheck="false"
                        maxlength="64"
                        aria-describedby="invite-hint invite-wrong"
                        aria-invalid=move || wrong.get().is_some().to_string()
                        prop:value=typed
                        on:input=move |event| {
                            typed.set(event_target_value(&event));
                            wrong.set(None);
                        }
                    />
                </label>
                <p class="hint" id="invite-hint">{t("door-invite-hint")}</p>
                {wrong_line("invite", wrong)}
            </div>
            <button type="submit" class="button button-is-wide">{t("door-invite-button")}</button>
        </form>
    }
}
