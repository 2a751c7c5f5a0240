//! A field to search with.

use leptos::ev::KeyboardEvent;
use leptos::prelude::*;

use super::icon::{Icon, icon};
use crate::i18n::t;

/// The field. Like all that people type it has neither name nor id: see [`super::field::NameField`]. Escape empties it.
#[component]
pub(crate) fn SearchField(
    /// Text key of what is searched.
    label: &'static str,
    /// What was typed.
    value: RwSignal<String>,
    /// For tests.
    testid: &'static str,
) -> impl IntoView {
    let on_key = move |event: KeyboardEvent| {
        if event.key() == "Escape" && value.with_untracked(|value| !value.is_empty()) {
            event.prevent_default();
            event.stop_propagation();
            value.set(String::new());
        }
    };
    let is_filled = Memo::new(move |_| value.with(|value| !value.is_empty()));
    view! {
        <div class="search-field" role="search">
            {icon(Icon::Search)}
            <input
                type="text"
                inputmode="search"
                enterkeyhint="search"
                autocomplete="off"
                spellcheck="false"
                dir="auto"
                maxlength="200"
                data-testid=testid
                aria-label=t(label)
                placeholder=t(label)
                prop:value=value
                on:input=move |event| value.set(event_target_value(&event))
                on:keydown=on_key
            />
            {move || is_filled.get().then(|| view! {
                <button
                    type="button"
                    class="button-icon"
                    aria-label=t("search-clear")
                    on:click=move |_| value.set(String::new())
                >
                    {icon(Icon::Close)}
                </button>
            })}
        </div>
    }
}
