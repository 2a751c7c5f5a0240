//! Forms that a line asks customers to fill in: taken from templates, changed, and shown as customers will see them.

use kuvert_desk::form::{FieldKind, Form};
use kuvert_desk::retention::Days;
use kuvert_desk::text::Text;
use kuvert_view::DeskCommand;
use leptos::prelude::*;

use super::built_field::{add_field, built_field};
use super::team_state::{post, team};
use crate::components::form_fields::{entries, field as shown_field, in_language};
use crate::components::icon::{Icon, icon};
use crate::i18n::{language, t, text};

/// Languages in which texts can be written here.
const LANGUAGES: [(&str, &str); 2] = [("de", "Deutsch"), ("en", "English")];

/// A form that is being changed. Cheap to copy.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Draft {
    /// Tells it from the others.
    number: usize,
    form: RwSignal<Form>,
}

/// The forms of a line while they are changed; cheap to copy.
#[derive(Clone, Copy)]
pub(super) struct Forms(RwSignal<Vec<Draft>>);

impl Forms {
    pub(super) fn of(forms: &[Form]) -> Self {
        let draft = |(number, form): (usize, &Form)| Draft { number, form: RwSignal::new(form.clone()) };
        Self(RwSignal::new(forms.iter().enumerate().map(draft).collect()))
    }

    /// Takes other forms in the place of those there.
    pub(super) fn replace(self, forms: &[Form]) {
        self.0.set(Vec::new());
        forms.iter().for_each(|form| self.add(form.clone()));
    }

    /// The forms as they are now.
    pub(super) fn get(self) -> Vec<Form> {
        self.0.with_untracked(|all| all.iter().map(|draft| draft.form.get_untracked()).collect())
    }

    fn add(self, mut form: Form) {
        self.0.update(|all| {
            let ids: Vec<String> =
                all.iter().map(|draft| draft.form.with_untracked(|form| form.id.clone())).collect();
            form.id = unused(&form.id, |id| ids.iter().any(|known| known == id));
            let number = all.iter().map(|draft| draft.number + 1).max().unwrap_or(0);
            all.push(Draft { number, form: RwSignal::new(form) });
        });
    }

    fn remove(self, number: usize) {
        self.0.update(|all| all.retain(|draft| draft.number != number));
    }
}

/// A name that is not taken: this one, or this one with a number.
pub(super) fn unused(name: &str, is_taken: impl Fn(&str) -> bool) -> String {
    let numbered = (2..=u16::MAX).map(|number| format!("{name}-{number}"));
    std::iter::once(name.to_owned()).chain(numbered).find(|name| !is_taken(name)).unwrap_or_default()
}

/// A text of a form.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Spot {
    Title,
    Intro,
    Label(String),
    Help(String),
    Unit(String),
    Consent(String),
    Option(String, String),
    State(usize),
}

impl Spot {
    fn find<'f>(&self, form: &'f mut Form) -> Option<&'f mut Text> {
        let (id, more) = match self {
            Self::Title => return Some(&mut form.title),
            Self::Intro => return Some(&mut form.intro),
            Self::State(at) => return form.statuses.states.get_mut(*at).map(|state| &mut state.label),
            Self::Label(id) | Self::Help(id) | Self::Unit(id) | Self::Consent(id) => (id, ""),
            Self::Option(id, option) => (id, option.as_str()),
        };
        let field = form.fields.iter_mut().find(|field| field.id == *id)?;
        match (self, &mut field.kind) {
            (Self::Label(_), _) => Some(&mut field.label),
            (Self::Help(_), _) => Some(&mut field.help),
            (Self::Unit(_), FieldKind::Number { unit, .. }) => Some(unit),
            (Self::Consent(_), FieldKind::Consent { text }) => Some(text),
            (Self::Option(..), FieldKind::Choice { options, .. }) => {
                options.iter_mut().find(|option| option.id == more).map(|option| &mut option.label)
            }
            _ => None,
        }
    }

    /// What it says in one language, and nothing else.
    fn said(&self, form: &Form, tag: &str) -> String {
        let mut form = form.clone();
        let words = self.find(&mut form);
        let found =
            words.and_then(|text| text.0.iter().find(|(own, _)| own == tag).map(|(_, words)| words.clone()));
        found.unwrap_or_default()
    }

    fn say(&self, form: &mut Form, tag: &str, words: String) {
        let Some(text) = self.find(form) else { return };
        let place = text.0.iter().position(|(own, _)| own == tag);
        match place {
            Some(at) if words.is_empty() => drop(text.0.remove(at)),
            Some(at) => text.0[at].1 = words,
            None if words.is_empty() => {}
            None => text.0.push((tag.to_owned(), words)),
        }
    }
}

/// The part of the page with the forms.
pub(super) fn forms_part(forms: Forms) -> AnyView {
    let team = team();
    let templates = team.templates();
    post(&DeskCommand::ShowFormTemplates { kind: String::new() });
    let lang = language();
    let shown = RwSignal::new(String::new());
    let add = move |event: leptos::ev::Event| {
        let chosen = event_target_value(&event);
        offer_again(shown, &chosen);
        let found = templates.with_untracked(|all| match chosen.as_str() {
            "" => None,
            "blank" => all.iter().find(|form| form.id == "call-back").or(all.first()).map(blank),
            id => all.iter().find(|form| form.id == id).cloned(),
        });
        if let Some(form) = found {
            forms.add(form);
        }
    };
    let options = move || {
        let tag = lang.get().tag();
        let option = |form: &Form| {
            let (id, title) = (form.id.clone(), form.title.get(tag).to_owned());
            view! { <option value=id>{title}</option> }
        };
        templates.with(|all| all.iter().map(option).collect_view())
    };
    view! {
        <section class="sheet">
            <h2>{t("desk-forms")}</h2>
            <p class="hint">{t("desk-forms-hint")}</p>
            <ul class="built-forms">
                <For
                    each=move || forms.0.get()
                    key=|draft| draft.number
                    children=move |draft| built(forms, draft)
                />
            </ul>
            <label class="field-label">
                <span>{t("desk-forms-add")}</span>
                <select class="choice" data-testid="forms-add" on:change=add prop:value=shown>
                    <option value="">{t("desk-forms-choose")}</option>
                    {options}
                    <option value="blank">{t("desk-forms-blank")}</option>
                </select>
            </label>
        </section>
    }
    .into_any()
}

/// What was chosen is done; the same can be chosen once more.
pub(super) fn offer_again(shown: RwSignal<String>, chosen: &str) {
    shown.set(chosen.to_owned());
    request_animation_frame(move || shown.set(String::new()));
}

/// A form that asks nothing yet.
fn blank(like: &Form) -> Form {
    Form {
        id: "form".to_owned(),
        title: Text::default(),
        intro: Text::default(),
        fields: Vec::new(),
        ..like.clone()
    }
}

/// One form: folded, its title; unfolded, all that it asks, and what customers will see.
fn built(forms: Forms, draft: Draft) -> AnyView {
    let form = draft.form;
    let title = Memo::new(move |_| form.with(|form| form.title.clone()));
    let named = move || {
        let words = in_language(title.get())();
        if words.is_empty() { t("desk-forms-unnamed")() } else { words }
    };
    let ids = Memo::new(move |_| {
        form.with(|form| form.fields.iter().map(|field| field.id.clone()).collect::<Vec<_>>())
    });
    let states = form.with_untracked(|form| form.statuses.states.len());
    view! {
        <li class="built-form" data-testid="built-form">
            <details prop:open=move || title.with_untracked(Text::is_empty)>
                <summary>{named}</summary>
                <div class="stack">
                    {words(form, &Spot::Title, "desk-forms-title", false)}
                    {words(form, &Spot::Intro, "desk-forms-intro", true)}
                    <ol class="built-fields">
                        <For each=move || ids.get() key=Clone::clone children=move |id| built_field(form, id)/>
                    </ol>
                    {add_field(form)}
                    <details>
                        <summary>{t("desk-forms-states")}</summary>
                        <div class="stack">
                            <p class="hint">{t("desk-forms-states-hint")}</p>
                            {(0..states).map(|at| words(form, &Spot::State(at), "desk-forms-state", false)).collect_view()}
                        </div>
                    </details>
                    {retention(form)}
                    {check(
                        "desk-forms-dispatch",
                        Signal::derive(move || form.with(|form| form.dispatch)),
                        Callback::new(move |on| form.update(|form| form.dispatch = on)),
                    )}
                    {preview(form)}
                    <button type="button" class="button-quiet" on:click=move |_| forms.remove(draft.number)>
                        {icon(Icon::Delete)} {t("desk-forms-remove")}
                    </button>
                </div>
            </details>
        </li>
    }
    .into_any()
}

/// What customers will see, as it stands.
fn preview(form: RwSignal<Form>) -> AnyView {
    let shown = move || {
        let form = form.get();
        view! {
            <h4>{in_language(form.title.clone())}</h4>
            <p class="line-words">{in_language(form.intro.clone())}</p>
            {entries(&form).iter().map(|entry| shown_field(entry, None)).collect_view()}
        }
    };
    view! {
        <section class="built-preview form" aria-label=t("desk-forms-preview") data-testid="form-preview">
            <h3>{t("desk-forms-preview")}</h3>
            <div class="stack" inert=true>{shown}</div>
        </section>
    }
    .into_any()
}

/// The fields of a text, one for each language.
pub(super) fn words(form: RwSignal<Form>, spot: &Spot, label: &'static str, long: bool) -> AnyView {
    let lang = language();
    let input = |(tag, name): (&'static str, &'static str)| {
        let spot = StoredValue::new(spot.clone());
        let value = form.with_untracked(|form| spot.with_value(|spot| spot.said(form, tag)));
        let typed = RwSignal::new(value);
        let described = move || format!("{} ({name})", text(lang.get(), label, &[]));
        let take = move |event| {
            let words = event_target_value(&event);
            typed.set(words.clone());
            form.update(|form| spot.with_value(|spot| spot.say(form, tag, words)));
        };
        let test = format!("{label}-{tag}");
        match long {
            true => view! {
                <span class="grows" data-text=move || typed.get()>
                    <textarea
                        rows="2"
                        autocomplete="off"
                        lang=tag
                        data-testid=test
                        aria-label=described
                        placeholder=name
                        prop:value=typed
                        on:input=take
                    ></textarea>
                </span>
            }
            .into_any(),
            false => view! {
                <input
                    type="text"
                    autocomplete="off"
                    maxlength="120"
                    lang=tag
                    data-testid=test
                    aria-label=described
                    placeholder=name
                    prop:value=typed
                    on:input=take
                />
            }
            .into_any(),
        }
    };
    view! {
        <div class="field built-words">
            <p class="field-label">{t(label)}</p>
            {LANGUAGES.map(input).collect_view()}
        </div>
    }
    .into_any()
}

pub(super) fn check(label: &'static str, on: Signal<bool>, turn: Callback<bool>) -> AnyView {
    view! {
        <label class="form-option">
            <input
                type="checkbox"
                autocomplete="off"
                data-testid=label
                prop:checked=on
                on:change=move |event| turn.run(event_target_checked(&event))
            />
            <span>{t(label)}</span>
        </label>
    }
    .into_any()
}

/// A number between two.
pub(super) fn number(label: &'static str, value: i64, bounds: (i64, i64), take: Callback<i64>) -> AnyView {
    let typed = move |event| {
        if let Ok(value) = event_target_value(&event).trim().parse::<i64>() {
            take.run(value.clamp(bounds.0, bounds.1));
        }
    };
    view! {
        <label class="field-label built-number">
            <span>{t(label)}</span>
            <input
                type="number"
                class="form-short"
                min=bounds.0.to_string()
                max=bounds.1.to_string()
                prop:value=value.to_string()
                on:input=typed
            />
        </label>
    }
    .into_any()
}

/// How long requests of this form stay, if not for as long as the line's conversations do.
fn retention(form: RwSignal<Form>) -> AnyView {
    let days = form.with_untracked(|form| form.retention.map(|days| days.0.to_string()).unwrap_or_default());
    let take = move |event| {
        let days = event_target_value(&event).trim().parse().ok().map(Days);
        form.update(|form| form.retention = days);
    };
    view! {
        <label class="field-label built-number">
            <span>{t("desk-forms-retention")}</span>
            <input type="number" class="form-short" min="0" max="3653" prop:value=days on:input=take/>
        </label>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_said_in_each_language_and_taken_back() {
        let mut form = Form {
            id: "form".into(),
            version: 1,
            title: Text::default(),
            intro: Text::default(),
            fields: Vec::new(),
            statuses: kuvert_desk::request::StatusFlow::default(),
            retention: None,
            dispatch: false,
            capacity: None,
        };
        Spot::Title.say(&mut form, "de", "Tisch".into());
        Spot::Title.say(&mut form, "en", "Table".into());
        assert_eq!(Spot::Title.said(&form, "en"), "Table");
        Spot::Title.say(&mut form, "de", String::new());
        assert_eq!(form.title.0, [("en".to_owned(), "Table".to_owned())]);
        assert_eq!(Spot::Title.said(&form, "de"), "");
        Spot::Label("none".into()).say(&mut form, "de", "?".into());
        assert_eq!(Spot::Label("none".into()).said(&form, "de"), "");
    }

    #[test]
    fn names_are_given_once() {
        let taken = ["field", "field-2"];
        assert_eq!(unused("field", |name| taken.contains(&name)), "field-3");
        assert_eq!(unused("form", |name| taken.contains(&name)), "form");
    }
}
