//! What others learn: read reports.

use kuvert_view::UiCommand;
use leptos::prelude::*;

use crate::bridge;
use crate::i18n::t;
use crate::state::state;

/// The section of the settings.
#[component]
pub(crate) fn PrivacySettings() -> impl IntoView {
    let people = state().people();
    people.ask_settings();
    let settings = people.settings();
    let is_known = Memo::new(move |_| settings.with(Option::is_some));
    let is_on = Memo::new(move |_| settings.with(|known| known.is_some_and(|known| known.read_reports)));
    let change = move |event| bridge::post(&UiCommand::SetReadReports { on: event_target_checked(&event) });
    view! {
        <section class="sheet" aria-labelledby="privacy-heading">
            <h2 id="privacy-heading">{t("settings-privacy")}</h2>
            <label class="toggle">
                <input
                    type="checkbox"
                    role="switch"
                    data-testid="read-reports"
                    aria-describedby="read-reports-hint"
                    disabled=move || !is_known.get()
                    prop:checked=is_on
                    on:change=change
                />
                <span>{t("settings-read-reports")}</span>
            </label>
            <p class="hint" id="read-reports-hint">{t("settings-read-reports-hint")}</p>
        </section>
    }
}
