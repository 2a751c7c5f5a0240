//! A field for a passphrase.

use leptos::prelude::*;

use crate::i18n::t;

/// A labelled field that shows dots. It has no name, and what is typed is put nowhere but into `value`.
#[component]
pub(crate) fn PassphraseField(
    /// Id of the input; its reason, if it is wrong, stands in `{id}-wrong`.
    id: &'static str,
    /// Text key of the label.
    label: &'static str,
    /// What was typed.
    value: RwSignal<String>,
    /// Text key of what is wrong.
    wrong: RwSignal<Option<&'static str>>,
) -> impl IntoView {
    view! {
        <label class="field-label">
            <span>{t(label)}</span>
            <input
                type="password"
                id=id
                autocomplete="off"
                autocapitalize="none"
                spellcheck="false"
                maxlength="1024"
                aria-describedby=format!("{id}-wrong")
                aria-invalid=move || wrong.get().is_some().to_string()
                prop:value=value
                on:input=move |event| {
                    value.set(event_target_value(&event));
                    wrong.set(None);
                }
            />
        </label>
    }
}
