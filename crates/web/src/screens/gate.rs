//! Before a profile that is not open: its passphrase, or what became of it and what can be done.

use kuvert_view::{Gate, Passphrase, UiCommand};
use leptos::ev::SubmitEvent;
use leptos::prelude::*;

use super::moving;
use crate::components::field::wrong_line;
use crate::components::icon::{Icon, envelope, icon};
use crate::components::passphrase::PassphraseField;
use crate::components::switches::{LanguageSwitch, ThemeSwitch};
use crate::i18n::t;
use crate::state::state;
use crate::{bridge, browser, keeping};

/// The screen before a profile that is not open.
#[component]
pub(crate) fn AtTheGate() -> impl IntoView {
    let gate = state().shell().gate();
    let is_locked = Memo::new(move |_| matches!(gate.get(), Some(Gate::Locked | Gate::WrongPassphrase)));
    view! {
        <main class="letter">
            {move || if is_locked.get() {
                view! { <Locked/> }.into_any()
            } else if gate.get() == Some(Gate::Moving) {
                moving::leaving()
            } else {
                shut(gate.get().unwrap_or(Gate::Stuck))
            }}
            <footer class="quiet-switches">
                <LanguageSwitch/>
                <ThemeSwitch/>
            </footer>
        </main>
    }
}

/// Asks for the passphrase.
#[component]
fn Locked() -> impl IntoView {
    let gate = state().shell().gate();
    let typed = RwSignal::new(String::new());
    let trying = RwSignal::new(false);
    let wrong = RwSignal::new(None);
    Effect::new(move |before: Option<()>| {
        let gate = gate.get();
        if before.is_some() {
            trying.set(false);
            wrong.set((gate == Some(Gate::WrongPassphrase)).then_some("lock-wrong"));
            browser::focus("passphrase");
        }
    });
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let passphrase = Passphrase::new(typed.get_untracked());
        if passphrase.text().is_empty() || trying.get_untracked() {
            return;
        }
        typed.set(String::new());
        wrong.set(None);
        trying.set(true);
        bridge::post(&UiCommand::Unlock { passphrase });
    };
    let (open, busy) = (t("lock-open"), t("lock-trying"));
    view! {
        <form class="sheet stack" novalidate data-testid="locked" on:submit=submit>
            <p class="brand brand-is-large">{envelope()} {t("app-name")}</p>
            <h1 tabindex="-1" id="screen-heading">{t("lock-heading")}</h1>
            <p class="lead">{t("lock-text")}</p>
            <div class="field">
                <PassphraseField id="passphrase" label="lock-label" value=typed wrong=wrong/>
                {wrong_line("passphrase", wrong)}
            </div>
            <button type="submit" class="button button-is-wide" aria-disabled=move || trying.get().to_string()>
                {move || if trying.get() { busy() } else { open() }}
            </button>
            <details class="more">
                <summary>{t("lock-forgotten")}</summary>
                <p>{t("lock-forgotten-text")}</p>
                <BeginAnew/>
            </details>
            <p class="note">{icon(Icon::Lock)} {t("lock-note")}</p>
        </form>
    }
}

/// Says what became of a profile that does not open.
fn shut(gate: Gate) -> AnyView {
    let (heading, text, can_begin_anew) = match gate {
        Gate::DatabaseGone => ("gone-heading", "gone-database-text", true),
        Gate::KeyGone => ("gone-heading", "gone-key-text", true),
        Gate::AllGone => ("gone-heading", "gone-all-text", true),
        Gate::Unreadable => ("unreadable-heading", "unreadable-text", true),
        Gate::NoAccess => ("no-access-heading", "no-access-text", false),
        Gate::Stuck | Gate::Locked | Gate::WrongPassphrase | Gate::Moving => {
            ("stuck-heading", "stuck-text", false)
        }
    };
    view! {
        <div class="sheet stack" data-testid="gone">
            <p class="brand brand-is-large">{envelope()} {t("app-name")}</p>
            <h1 tabindex="-1" id="screen-heading">{t(heading)}</h1>
            <p class="lead">{t(text)}</p>
            {can_begin_anew.then(|| view! { <p>{t("gone-advice")}</p> })}
            <button type="button" class="button button-is-wide button-is-second" on:click=move |_| browser::reload()>
                {t("broken-button")}
            </button>
            {can_begin_anew.then(|| view! { <BeginAnew/> })}
        </div>
    }
    .into_any()
}

/// Throws away what is left and begins anew: by a second press only.
#[component]
fn BeginAnew() -> impl IntoView {
    let sure = RwSignal::new(false);
    let notices = state().notices();
    let begin = move |_| {
        keeping::forget();
        notices.forget();
        bridge::post(&UiCommand::BeginAnew);
    };
    view! {
        <div class="stack">
            <Show
                when=move || sure.get()
                fallback=move || view! {
                    <button type="button" class="button button-is-wide button-is-second" on:click=move |_| sure.set(true)>
                        {t("anew-button")}
                    </button>
                }
            >
                <p role="alert">{t("anew-text")}</p>
                <button type="button" class="button button-is-wide button-is-danger" on:click=begin>
                    {t("anew-sure")}
                </button>
                <button type="button" class="button button-is-wide button-is-second" on:click=move |_| sure.set(false)>
                    {t("anew-keep")}
                </button>
            </Show>
        </div>
    }
}
