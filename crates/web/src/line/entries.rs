//! Fields of the team's forms.
//!
//! Like the name field, an input has neither name nor id, so that browsers do not keep what is typed.

use leptos::prelude::*;

use crate::components::field::wrong_line;
use crate::i18n::{language, t, text};

/// A line of text.
#[component]
pub(crate) fn Entry(
    /// Hint and reason get ids made from this; tests find the field by it.
    id: &'static str,
    /// Text key of the label.
    label: &'static str,
    /// Text key of the hint.
    #[prop(optional)]
    hint: Option<&'static str>,
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
                    data-testid=id
                    maxlength="256"
                    aria-describedby=format!("{id}-hint {id}-wrong")
                    aria-invalid=move || wrong.get().is_some().to_string()
                    prop:value=value
                    on:input=move |event| {
                        value.set(event_target_value(&event));
                        wrong.set(None);
                    }
                />
            </label>
            {hint.map(|hint| view! { <p class="hint" id=format!("{id}-hint")>{t(hint)}</p> })}
            {wrong_line(id, wrong)}
        </div>
    }
}

/// A text of several lines.
#[component]
pub(crate) fn LongEntry(
    /// Hint and reason get ids made from this; tests find the field by it.
    id: &'static str,
    /// Text key of the label.
    label: &'static str,
    /// Text key of the hint.
    #[prop(optional)]
    hint: Option<&'static str>,
    /// What was typed.
    value: RwSignal<String>,
    /// Text key of what is wrong.
    wrong: RwSignal<Option<&'static str>>,
) -> impl IntoView {
    view! {
        <div class="field">
            <label class="field-label">
                <span>{t(label)}</span>
                <span class="grows" data-text=move || value.get()>
                    <textarea
                        rows="3"
                        autocomplete="off"
                        dir="auto"
                        data-testid=id
                        aria-describedby=format!("{id}-hint {id}-wrong")
                        aria-invalid=move || wrong.get().is_some().to_string()
                        prop:value=value
                        on:input=move |event| {
                            value.set(event_target_value(&event));
                            wrong.set(None);
                        }
                    ></textarea>
                </span>
            </label>
            {hint.map(|hint| view! { <p class="hint" id=format!("{id}-hint")>{t(hint)}</p> })}
            {wrong_line(id, wrong)}
        </div>
    }
}

/// One of several words, each with the key of its text.
#[component]
pub(crate) fn Choice(
    /// Tests find the field by it.
    id: &'static str,
    /// Text key of the label.
    label: &'static str,
    /// Values and the keys of their texts.
    options: Vec<(&'static str, &'static str)>,
    /// What was chosen.
    value: RwSignal<String>,
) -> impl IntoView {
    let lang = language();
    let shown = options.into_iter().map(|(word, key)| {
        view! {
            <option value=word prop:selected=move || value.with(|value| value == word)>
                {move || text(lang.get(), key, &[])}
            </option>
        }
    });
    view! {
        <div class="field">
            <label class="field-label">
                <span>{t(label)}</span>
                <select class="choice" data-testid=id on:change=move |event| value.set(event_target_value(&event))>
                    {shown.collect_view()}
                </select>
            </label>
        </div>
    }
}
