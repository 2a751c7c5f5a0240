//! Calm pages for when there is nothing to show here: loading, open in another tab, engine stopped.

use kuvert_view::Storage;
use leptos::prelude::*;

use crate::components::icon::envelope;
use crate::i18n::t;
use crate::state::state;
use crate::{bridge, browser};

/// The engine has not answered yet. Looks as the page does while it loads.
#[component]
pub(crate) fn Loading() -> impl IntoView {
    view! {
        <main class="splash">
            {envelope()}
            <h1 class="hidden-words">{t("app-name")}</h1>
            <p class="splash-words" role="status">{t("app-loading")}</p>
        </main>
    }
}

/// Kuvert is open in another tab.
#[component]
pub(crate) fn Elsewhere() -> impl IntoView {
    let state = state();
    calm("elsewhere-heading", "elsewhere-text", "elsewhere-button", move || bridge::take_over(state))
}

/// The engine stopped.
#[component]
pub(crate) fn Broken() -> impl IntoView {
    let is_passing = state().storage().get_untracked() == Some(Storage::Passing);
    let text = if is_passing { "broken-passing-text" } else { "broken-text" };
    calm("broken-heading", text, "broken-button", browser::reload)
}

fn calm(
    heading: &'static str,
    text: &'static str,
    button: &'static str,
    act: impl Fn() + 'static,
) -> AnyView {
    view! {
        <main class="letter">
            <div class="sheet sheet-is-calm">
                {envelope()}
                <h1 tabindex="-1" id="screen-heading">{t(heading)}</h1>
                <p>{t(text)}</p>
                <button type="button" class="button" on:click=move |_| act()>{t(button)}</button>
            </div>
        </main>
    }
    .into_any()
}
