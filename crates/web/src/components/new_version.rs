//! A quiet line: a new build is here. The user decides when it is shown.

use leptos::prelude::*;

use super::icon::{Icon, icon};
use crate::i18n::t;
use crate::pwa;
use crate::state::state;

/// The line, while a new build waits.
#[component]
pub(crate) fn NewVersion() -> impl IntoView {
    let shell = state().shell();
    let waits = shell.new_version();
    view! {
        <Show when=move || waits.get()>
            <div class="banner banner-asks" data-testid="new-version">
                <p>{t("version-new")}</p>
                <button type="button" class="banner-button" on:click=move |_| pwa::use_new_version()>
                    {t("version-reload")}
                </button>
                <button
                    type="button"
                    class="button-icon"
                    aria-label=t("version-later")
                    on:click=move |_| shell.put_off_new_version()
                >
                    {icon(Icon::Close)}
                </button>
            </div>
        </Show>
    }
}
