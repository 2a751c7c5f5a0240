//! A link to hand out: as a code, and as a text to copy.

use leptos::prelude::*;

use crate::browser;
use crate::components::icon::{Icon, icon};
use crate::components::qr_code::qr_code;
use crate::i18n::t;

/// The link, with further buttons. `label` and `hint` are text keys; tests find the text by `testid`.
pub(super) fn link_sheet(
    link: String,
    label: &'static str,
    hint: &'static str,
    testid: &'static str,
    buttons: impl IntoView + 'static,
) -> AnyView {
    let to_copy = link.clone();
    let copied = RwSignal::new(None::<bool>);
    let copy = move |_| {
        let link = to_copy.clone();
        leptos::task::spawn_local(async move { copied.set(Some(browser::copy(&link).await)) });
    };
    let (worked, failed) = (t("link-copied"), t("link-copy-failed"));
    let said = move || copied.get().map(|done| if done { worked() } else { failed() });
    view! {
        <div class="link-sheet">
            {qr_code(&link, label, hint)}
            <div class="link-side">
                <textarea
                    class="link-text"
                    data-testid=testid
                    aria-label=t(label)
                    rows="4"
                    readonly
                    autocomplete="off"
                    spellcheck="false"
                    prop:value=link
                ></textarea>
                <div class="buttons">
                    <button type="button" class="button" on:click=copy>{icon(Icon::Copy)} {t("link-copy")}</button>
                    {buttons}
                </div>
                <p class="hint" role="status">{said}</p>
            </div>
        </div>
    }
    .into_any()
}
