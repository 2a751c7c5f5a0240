//! What the browser keeps, and whether it promised to; and the button that installs the app.

use kuvert_view::Storage;
use leptos::prelude::*;

use crate::i18n::{language, t, text};
use crate::keeping::{self, Kept};
use crate::pwa;
use crate::state::state;

/// The section about what lies on this device.
#[component]
pub(crate) fn StorageSection() -> impl IntoView {
    let state = state();
    let shell = state.shell();
    keeping::look(shell);
    let lang = language();
    let (lasting, passing) = (t("settings-storage-lasting"), t("settings-storage-passing"));
    let is_lasting = move || state.storage().get() != Some(Storage::Passing);
    let promised = Memo::new(move |_| shell.kept().get().promised);
    let used = move || {
        let Kept { used: Some(bytes), .. } = shell.kept().get() else { return None };
        let lang = lang.get();
        Some(text(lang, "storage-used", &[("size", keeping::size(bytes, lang).into())]))
    };
    view! {
        <section class="sheet" data-testid="settings-storage">
            <h2>{t("settings-storage")}</h2>
            <p>{move || if is_lasting() { lasting() } else { passing() }}</p>
            {move || is_lasting().then(|| match promised.get() {
                Some(true) => view! { <p data-testid="storage-promised">{t("storage-promised")}</p> }.into_any(),
                Some(false) => view! {
                    <p data-testid="storage-not-promised">{t("storage-not-promised")}</p>
                    <button type="button" class="button button-is-second" on:click=move |_| keeping::ask(shell)>
                        {t("storage-ask")}
                    </button>
                    <p role="status" class="hint">
                        {move || shell.kept().get().refused.then(t("storage-refused"))}
                    </p>
                }
                .into_any(),
                None => ().into_any(),
            })}
            <p class="hint">{used}</p>
        </section>
    }
}

/// The section about the app itself: there where the browser offers to install it.
#[component]
pub(crate) fn InstallSection() -> impl IntoView {
    let offered = pwa::can_install();
    view! {
        <Show when=move || offered.get()>
            <section class="sheet" data-testid="settings-install">
                <h2>{t("install-section")}</h2>
                <p>{t("install-text")}</p>
                <button type="button" class="button button-is-second" on:click=move |_| pwa::install(offered)>
                    {t("install-button")}
                </button>
            </section>
        </Show>
    }
}
