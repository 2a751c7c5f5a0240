//! A labelled field with a hint and, where something is wrong, the reason.

use leptos::prelude::*;

use crate::i18n::t;

/// The user's own name.
///
/// The input has neither a name nor an id, and no `autocomplete`: Chromium keeps what is typed into a field that has
/// one of them, in its form data or with the session, in the clear on disk.
#[component]
pub(crate) fn NameField(
    /// The hint and the reason get ids made from this.
    id: &'static str,
    /// Text key of the label.
    label: &'static str,
    /// The hint, in the language of the screens.
    #[prop(into)]
    hint: Signal<String>,
    /// What was typed.
    value: RwSignal<String>,
    /// Text key of what is wrong.
    wrong: RwSignal<Option<&'static str>>,
) -> impl IntoView {
    view! {
        <div class="field">
            <label class="field-label">
                <span>{t(label)}</span>
                <input
                    type="text"
                    autocomplete="off"
                    data-testid="own-name"
                    autocapitalize="words"
                    maxlength="128"
                    aria-describedby=format!("{id}-hint {id}-wrong")
                    aria-invalid=move || wrong.get().is_some().to_string()
                    prop:value=value
                    on:input=move |event| {
                        value.set(event_target_value(&event));
                        wrong.set(None);
                    }
                />
            </label>
            <p class="hint" id=format!("{id}-hint")>{hint}</p>
            {wrong_line(id, wrong)}
        </div>
    }
}

/// The line that says what is wrong with a field; empty while nothing is.
pub(crate) fn wrong_line(id: &'static str, wrong: RwSignal<Option<&'static str>>) -> AnyView {
    let lang = crate::i18n::language();
    let words = move || wrong.get().map(|key| crate::i18n::text(lang.get(), key, &[]));
    view! { <p class="wrong" id=format!("{id}-wrong") role="alert">{words}</p> }.into_any()
}
