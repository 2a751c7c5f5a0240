//! One field of a form while the form is built.

use kuvert_desk::form::{Choice, Field, FieldKind, Form};
use kuvert_desk::text::Text;
use leptos::prelude::*;

use super::form_builder::{Spot, check, number, offer_again, unused, words};
use crate::i18n::{language, t, text};

/// Kinds of fields, by the words for them.
const KINDS: [(&str, &str); 11] = [
    ("line", "desk-field-line"),
    ("lines", "desk-field-lines"),
    ("choice", "desk-field-choice"),
    ("number", "desk-field-number"),
    ("quantity", "desk-field-quantity"),
    ("day", "desk-field-day"),
    ("time", "desk-field-time"),
    ("place", "desk-field-place"),
    ("photo", "desk-field-photo"),
    ("pzn", "desk-field-pzn"),
    ("consent", "desk-field-consent"),
];

fn kind_of(word: &str) -> Option<FieldKind> {
    Some(match word {
        "line" => FieldKind::Text { max: 120, lines: 1 },
        "lines" => FieldKind::Text { max: 1000, lines: 10 },
        "choice" => FieldKind::Choice { options: Vec::new(), several: false },
        "number" => FieldKind::Number { min: 0, max: 1000, unit: Text::default() },
        "quantity" => FieldKind::Quantity { max: 20 },
        "day" => FieldKind::DateTime { date_only: true, slots: None },
        "time" => FieldKind::DateTime { date_only: false, slots: None },
        "place" => FieldKind::Place,
        "photo" => FieldKind::Photo { max: 3 },
        "pzn" => FieldKind::Pzn { max: 10, quantity: 20 },
        "consent" => FieldKind::Consent { text: Text::default() },
        _ => return None,
    })
}

/// What a field is called, for who builds the form.
fn kind_key(kind: &FieldKind) -> &'static str {
    match kind {
        FieldKind::Text { lines: 0..=1, .. } => "desk-field-line",
        FieldKind::Text { .. } => "desk-field-lines",
        FieldKind::Choice { .. } => "desk-field-choice",
        FieldKind::Number { .. } => "desk-field-number",
        FieldKind::Quantity { .. } => "desk-field-quantity",
        FieldKind::DateTime { date_only: true, .. } => "desk-field-day",
        FieldKind::DateTime { .. } => "desk-field-time",
        FieldKind::Place => "desk-field-place",
        FieldKind::Photo { .. } => "desk-field-photo",
        FieldKind::File { .. } => "desk-field-file",
        FieldKind::Pzn { .. } => "desk-field-pzn",
        FieldKind::Consent { .. } => "desk-field-consent",
        FieldKind::Later => "form-later",
    }
}

pub(super) fn add_field(form: RwSignal<Form>) -> AnyView {
    let shown = RwSignal::new(String::new());
    let add = move |event: leptos::ev::Event| {
        let chosen = event_target_value(&event);
        offer_again(shown, &chosen);
        let Some(kind) = kind_of(&chosen) else { return };
        form.update(|form| {
            let id = unused("field", |id| form.fields.iter().any(|field| field.id == id));
            let (label, help) = (Text::default(), Text::default());
            form.fields.push(Field { id, label, help, required: false, kind });
        });
    };
    let lang = language();
    let options = KINDS.map(|(word, key)| {
        view! { <option value=word>{move || text(lang.get(), key, &[])}</option> }
    });
    view! {
        <label class="field-label">
            <span>{t("desk-field-add")}</span>
            <select class="choice" data-testid="field-add" on:change=add prop:value=shown>
                <option value="">{t("desk-forms-choose")}</option>
                {options.collect_view()}
            </select>
        </label>
    }
    .into_any()
}

/// One field of a form.
pub(super) fn built_field(form: RwSignal<Form>, id: String) -> AnyView {
    let found = form.with_untracked(|form| form.field(&id).cloned());
    let Some(known) = found else { return ().into_any() };
    let spot = |of: fn(String) -> Spot| of(id.clone());
    let stored = StoredValue::new(id.clone());
    let change = move |change: fn(&mut Vec<Field>, usize)| {
        form.update(|form| {
            let at = stored.with_value(|id| form.fields.iter().position(|field| field.id == *id));
            if let Some(at) = at {
                change(&mut form.fields, at);
            }
        });
    };
    let up = move |_| change(|fields, at| fields.swap(at.saturating_sub(1), at));
    let remove = move |_| change(|fields, at| drop(fields.remove(at)));
    let is_required = Signal::derive(move || {
        form.with(|form| stored.with_value(|id| form.field(id).is_some_and(|field| field.required)))
    });
    let require = Callback::new(move |on| {
        form.update(|form| stored.with_value(|id| with_field(form, id, |field| field.required = on)));
    });
    view! {
        <li class="built-field" data-testid="built-field">
            <div class="built-field-head">
                <span class="tag">{t(kind_key(&known.kind))}</span>
                <button type="button" class="button-quiet" on:click=up>{t("desk-field-up")}</button>
                <button type="button" class="button-quiet" on:click=remove>{t("desk-field-remove")}</button>
            </div>
            {words(form, &spot(Spot::Label), "desk-field-label", false)}
            {words(form, &spot(Spot::Help), "desk-field-help", true)}
            {check("desk-field-required", is_required, require)}
            {of_kind(form, stored, &known.kind)}
        </li>
    }
    .into_any()
}

fn with_field(form: &mut Form, id: &str, change: impl FnOnce(&mut Field)) {
    if let Some(field) = form.fields.iter_mut().find(|field| field.id == id) {
        change(field);
    }
}

/// What only fields of a kind have.
fn of_kind(form: RwSignal<Form>, id: StoredValue<String>, kind: &FieldKind) -> AnyView {
    let bound = move |set: fn(&mut FieldKind, i64)| {
        Callback::new(move |value: i64| {
            form.update(|form| id.with_value(|id| with_field(form, id, |field| set(&mut field.kind, value))));
        })
    };
    match kind {
        FieldKind::Choice { several, .. } => choice(form, id, *several),
        FieldKind::Number { min, max, .. } => view! {
            {number("desk-field-min", *min, (-1_000_000, 1_000_000), bound(|kind, value| {
                if let FieldKind::Number { min, .. } = kind { *min = value; }
            }))}
            {number("desk-field-max", *max, (-1_000_000, 1_000_000), bound(|kind, value| {
                if let FieldKind::Number { max, .. } = kind { *max = value; }
            }))}
            {words(form, &Spot::Unit(id.get_value()), "desk-field-unit", false)}
        }
        .into_any(),
        FieldKind::Quantity { max } => number(
            "desk-field-max",
            i64::from(*max),
            (1, 999),
            bound(|kind, value| {
                if let FieldKind::Quantity { max } = kind {
                    *max = u16::try_from(value).unwrap_or(1);
                }
            }),
        ),
        FieldKind::Photo { max } | FieldKind::File { max } => number(
            "desk-field-most",
            i64::from(*max),
            (1, 16),
            bound(|kind, value| {
                if let FieldKind::Photo { max } | FieldKind::File { max } = kind {
                    *max = u8::try_from(value).unwrap_or(1);
                }
            }),
        ),
        FieldKind::Pzn { max, .. } => number(
            "desk-field-most",
            i64::from(*max),
            (1, 30),
            bound(|kind, value| {
                if let FieldKind::Pzn { max, .. } = kind {
                    *max = u8::try_from(value).unwrap_or(1);
                }
            }),
        ),
        FieldKind::Consent { .. } => {
            words(form, &Spot::Consent(id.get_value()), "desk-field-consent-text", true)
        }
        _ => ().into_any(),
    }
}

/// The options of a choice.
fn choice(form: RwSignal<Form>, id: StoredValue<String>, several: bool) -> AnyView {
    let options = move |form: &mut Form, change: &dyn Fn(&mut Vec<Choice>, &mut bool)| {
        id.with_value(|id| {
            with_field(form, id, |field| {
                if let FieldKind::Choice { options, several } = &mut field.kind {
                    change(options, several);
                }
            });
        });
    };
    let ids = Memo::new(move |_| {
        let of = |field: &Field| match &field.kind {
            FieldKind::Choice { options, .. } => options.iter().map(|option| option.id.clone()).collect(),
            _ => Vec::new(),
        };
        form.with(|form| id.with_value(|id| form.field(id).map(of).unwrap_or_default()))
    });
    let add = move |_| {
        form.update(|form| {
            options(form, &|options, _| {
                let id = unused("option", |id| options.iter().any(|option| option.id == id));
                options.push(Choice { id, label: Text::default() });
            });
        });
    };
    let row = move |option: String| {
        let spot = Spot::Option(id.get_value(), option.clone());
        let remove = move |_| {
            form.update(|form| options(form, &|options, _| options.retain(|other| other.id != option)));
        };
        view! {
            <li class="built-option">
                {words(form, &spot, "desk-field-option", false)}
                <button type="button" class="button-quiet" on:click=remove>{t("desk-field-remove")}</button>
            </li>
        }
    };
    let several = RwSignal::new(several);
    let turn = Callback::new(move |on| {
        several.set(on);
        form.update(|form| options(form, &|_, several| *several = on));
    });
    view! {
        {check("desk-field-several", several.into(), turn)}
        <ul class="built-options"><For each=move || ids.get() key=Clone::clone children=row/></ul>
        <button type="button" class="button-quiet" data-testid="option-add" on:click=add>{t("desk-field-option-add")}</button>
    }
    .into_any()
}
