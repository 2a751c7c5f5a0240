//! The settings' section for notifications.

use leptos::prelude::*;

use crate::i18n::t;
use crate::notices::Standing;
use crate::state::state;

/// Turns notifications on and off, and says what they show.
#[component]
pub(crate) fn Notifications() -> impl IntoView {
    let notices = state().notices();
    let standing = notices.standing();
    let is_on = Memo::new(move |_| {
        matches!(standing.get(), Standing::Starting | Standing::On | Standing::WhileOpen | Standing::Failed)
    });
    let says = Memo::new(move |_| match standing.get() {
        Standing::Unsupported => "notices-unsupported",
        Standing::Denied => "notices-denied",
        Standing::Off => "notices-off",
        Standing::Starting => "notices-starting",
        Standing::On => "notices-on",
        Standing::WhileOpen => "notices-while-open",
        Standing::Failed => "notices-failed",
    });
    view! {
        <section class="sheet" aria-labelledby="notices-title">
            <h2 id="notices-title">{t("notices-title")}</h2>
            <p role="status">{move || t(says.get())()}</p>
            <Show when=move || standing.get() == Standing::Off>
                <p class="hint">{t("notices-about")}</p>
                <div class="buttons">
                    <button type="button" class="button" on:click=move |_| notices.turn_on()>
                        {t("notices-turn-on")}
                    </button>
                </div>
            </Show>
            <Show when=move || is_on.get()>
                <Details/>
                <div class="buttons">
                    <Show when=move || standing.get() == Standing::Failed>
                        <button type="button" class="button" on:click=move |_| notices.turn_on()>
                            {t("notices-try-again")}
                        </button>
                    </Show>
                    <button type="button" class="button button-is-second" on:click=move |_| notices.turn_off()>
                        {t("notices-turn-off")}
                    </button>
                </div>
            </Show>
        </section>
    }
}

/// What a notification shows while Kuvert is open in the background.
#[component]
fn Details() -> impl IntoView {
    let notices = state().notices();
    let choices = [(false, "notices-detail-none"), (true, "notices-detail-all")];
    view! {
        <fieldset class="switch">
            <legend>{t("notices-detail")}</legend>
            <div class="switch-row">
                {choices
                    .map(|(detailed, word)| {
                        view! {
                            <label class="switch-choice">
                                <input
                                    type="radio"
                                    name="notices-detail"
                                    prop:checked=move || notices.detailed().get() == detailed
                                    on:change=move |_| notices.choose_detail(detailed)
                                />
                                <span>{t(word)}</span>
                            </label>
                        }
                    })}
            </div>
        </fieldset>
        <p class="hint">{t("notices-detail-hint")}</p>
    }
}
