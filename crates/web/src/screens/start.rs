//! The first screen: what Kuvert is, a name, one button.

use kuvert_view::UiCommand;
use leptos::ev::SubmitEvent;
use leptos::prelude::*;

use crate::bridge;
use crate::components::field::NameField;
use crate::components::icon::{Icon, envelope, icon};
use crate::components::switches::{LanguageSwitch, ThemeSwitch};
use crate::i18n::t;
use crate::text::valid_name;

/// The first screen.
#[component]
pub(crate) fn Start() -> impl IntoView {
    let name = RwSignal::new(String::new());
    let wrong = RwSignal::new(None);
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        match name.with_untracked(|name| valid_name(name)) {
            Some(name) => bridge::post(&UiCommand::CreateIdentity { name, invite: None }),
            None => wrong.set(Some("name-invalid")),
        }
    };
    view! {
        <main class="letter">
            <div class="sheet">
                <p class="brand brand-is-large">{envelope()} {t("app-name")}</p>
                <h1 tabindex="-1" id="screen-heading">{t("start-heading")}</h1>
                <p class="lead">{t("start-sentence")}</p>
                <form class="stack" novalidate on:submit=submit>
                    <NameField
                        id="own-name"
                        label="start-name"
                        hint=Signal::derive(t("start-name-hint"))
                        value=name
                        wrong=wrong
                    />
                    <button type="submit" class="button button-is-wide">{t("start-button")}</button>
                </form>
                <p class="note">{icon(Icon::Lock)} {t("start-note")}</p>
            </div>
            <footer class="quiet-switches">
                <LanguageSwitch/>
                <ThemeSwitch/>
            </footer>
        </main>
    }
}
