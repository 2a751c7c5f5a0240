//! What the line says of itself: who is behind it, when somebody is there, what happens to what customers write.

use kuvert_view::{DeskCommand, FaultView, GuardKind, ImprintDraft, LineDraft, Texts, UiCommand};
use leptos::ev::SubmitEvent;
use leptos::prelude::*;

use super::entries::{Choice, Entry, LongEntry};
use super::form_builder::{Forms, forms_part};
use super::guard_part::guard_part;
use super::link_sheet::link_sheet;
use super::papers_part::{Activities, button_part};
use super::promise_part::{self, promise_part, readers_part};
use super::team_state::{post, team};
use super::week;
use crate::bridge;
use crate::i18n::{language, t, text};
use crate::screens::desk::PaneHead;
use crate::state::state;

const KINDS: [(&str, &str); 8] = [
    ("pharmacy", "desk-kind-pharmacy"),
    ("practice", "desk-kind-practice"),
    ("restaurant", "desk-kind-restaurant"),
    ("cinema", "desk-kind-cinema"),
    ("taxi", "desk-kind-taxi"),
    ("bank", "desk-kind-bank"),
    ("authority", "desk-kind-authority"),
    ("other", "desk-kind-other"),
];

const FORMS: [(&str, &str); 14] = [
    ("person", "desk-form-person"),
    ("merchant", "desk-form-merchant"),
    ("gbr", "desk-form-gbr"),
    ("ohg", "desk-form-ohg"),
    ("kg", "desk-form-kg"),
    ("gmbh-co-kg", "desk-form-gmbh-co-kg"),
    ("partg", "desk-form-partg"),
    ("gmbh", "desk-form-gmbh"),
    ("ug", "desk-form-ug"),
    ("ag", "desk-form-ag"),
    ("eg", "desk-form-eg"),
    ("association", "desk-form-association"),
    ("public-body", "desk-form-public-body"),
    ("other", "desk-form-other"),
];

const STATES: [(&str, &str); 17] = [
    ("", "desk-state-none"),
    ("DE-BW", "desk-state-bw"),
    ("DE-BY", "desk-state-by"),
    ("DE-BE", "desk-state-be"),
    ("DE-BB", "desk-state-bb"),
    ("DE-HB", "desk-state-hb"),
    ("DE-HH", "desk-state-hh"),
    ("DE-HE", "desk-state-he"),
    ("DE-MV", "desk-state-mv"),
    ("DE-NI", "desk-state-ni"),
    ("DE-NW", "desk-state-nw"),
    ("DE-RP", "desk-state-rp"),
    ("DE-SL", "desk-state-sl"),
    ("DE-SN", "desk-state-sn"),
    ("DE-ST", "desk-state-st"),
    ("DE-SH", "desk-state-sh"),
    ("DE-TH", "desk-state-th"),
];

/// Entries of the imprint that every line has.
const ENTRIES: [(&str, &str); 7] = [
    ("imprint.name", "desk-imprint-name"),
    ("imprint.street", "desk-imprint-street"),
    ("imprint.zip", "desk-imprint-zip"),
    ("imprint.city", "desk-imprint-city"),
    ("imprint.country", "desk-imprint-country"),
    ("imprint.email", "desk-imprint-email"),
    ("imprint.contact", "desk-imprint-contact"),
];

/// Entries that only some need.
const MORE: [(&str, &str); 10] = [
    ("imprint.representative", "desk-imprint-representative"),
    ("imprint.register", "desk-imprint-register"),
    ("imprint.register_number", "desk-imprint-register-number"),
    ("imprint.vat_id", "desk-imprint-vat-id"),
    ("imprint.authority", "desk-imprint-authority"),
    ("imprint.chamber", "desk-imprint-chamber"),
    ("imprint.profession", "desk-imprint-profession"),
    ("imprint.awarded_in", "desk-imprint-awarded-in"),
    ("imprint.rules", "desk-imprint-rules"),
    ("imprint.rules_at", "desk-imprint-rules-at"),
];

const DAYS: [&str; 7] = [
    "desk-day-monday",
    "desk-day-tuesday",
    "desk-day-wednesday",
    "desk-day-thursday",
    "desk-day-friday",
    "desk-day-saturday",
    "desk-day-sunday",
];

/// Texts that stand for each language.
const TEXTS: [(&str, &str, &str); 3] = [
    ("greeting", "desk-greeting", "desk-greeting-hint"),
    ("away", "desk-away", "desk-away-hint"),
    ("privacy", "desk-privacy", "desk-privacy-hint"),
];
/// Languages that can be chosen here.
const LANGUAGES: [(&str, &str); 2] = [("de", "Deutsch"), ("en", "English")];

type Typed = (RwSignal<String>, RwSignal<Option<&'static str>>);

fn typed(text: &str) -> Typed {
    (RwSignal::new(text.to_owned()), RwSignal::new(None))
}

/// What the form holds.
#[derive(Clone)]
struct Form {
    kind: RwSignal<String>,
    legal_form: RwSignal<String>,
    state: RwSignal<String>,
    retention: Typed,
    guard: RwSignal<Vec<GuardKind>>,
    asks_satisfaction: RwSignal<bool>,
    is_read_by_some: RwSignal<bool>,
    answer_within: Typed,
    imprint: Vec<(&'static str, Typed)>,
    week: Vec<Typed>,
    /// By text and language.
    texts: Vec<(&'static str, &'static str, Typed)>,
    forms: Forms,
}

impl Form {
    fn of(draft: &LineDraft) -> Self {
        let entries =
            ENTRIES.into_iter().chain(MORE).map(|(field, _)| (field, typed(entry(&draft.imprint, field))));
        let day = |at: usize| draft.week.get(at).map(|day| week::write(day)).unwrap_or_default();
        let texts = TEXTS.iter().flat_map(|(field, ..)| {
            LANGUAGES.map(|(language, _)| (*field, language, typed(said(draft, field, language))))
        });
        Self {
            kind: RwSignal::new(draft.kind.clone()),
            legal_form: RwSignal::new(draft.imprint.legal_form.clone()),
            state: RwSignal::new(draft.state.clone().unwrap_or_default()),
            retention: typed(&draft.retention.to_string()),
            guard: RwSignal::new(draft.guard.clone()),
            asks_satisfaction: RwSignal::new(draft.asks_satisfaction),
            is_read_by_some: RwSignal::new(draft.is_read_by_some),
            answer_within: typed(&draft.answer_within.map(|minutes| minutes.to_string()).unwrap_or_default()),
            imprint: entries.collect(),
            week: (0..7).map(|at| typed(&day(at))).collect(),
            texts: texts.collect(),
            forms: Forms::of(&draft.forms),
        }
    }

    /// Takes what another kind of business begins with in the place of what nobody has changed.
    fn suggest(&self, before: &LineDraft, now: &LineDraft) {
        for (field, language, (value, _)) in &self.texts {
            if value.with_untracked(|value| value == said(before, field, language)) {
                value.set(said(now, field, language).to_owned());
            }
        }
        if self.forms.get() == before.forms {
            self.forms.replace(&now.forms);
        }
    }

    /// The draft, or nothing if something does not read as what it should be, which is then said.
    fn draft(&self) -> Option<LineDraft> {
        let mut draft = LineDraft {
            kind: self.kind.get_untracked(),
            state: Some(self.state.get_untracked()).filter(|state| !state.is_empty()),
            guard: self.guard.get_untracked(),
            asks_satisfaction: self.asks_satisfaction.get_untracked(),
            is_read_by_some: self.is_read_by_some.get_untracked(),
            ..LineDraft::default()
        };
        draft.imprint.legal_form = self.legal_form.get_untracked();
        for (field, (value, _)) in &self.imprint {
            value.with_untracked(|value| *entry_mut(&mut draft.imprint, field) = value.trim().to_owned());
        }
        let mut is_sound = true;
        for (value, wrong) in &self.week {
            let spans = value.with_untracked(|value| week::read(value));
            wrong.set(spans.is_none().then_some("desk-hours-wrong"));
            is_sound &= spans.is_some();
            draft.week.push(spans.unwrap_or_default());
        }
        if draft.week.iter().all(Vec::is_empty) {
            draft.week.clear();
        }
        let days = self.retention.0.with_untracked(|days| days.trim().parse().ok());
        self.retention.1.set(days.is_none().then_some("desk-retention-wrong"));
        is_sound &= days.is_some();
        draft.retention = days.unwrap_or_default();
        let within = self.answer_within.0.with_untracked(|typed| promise_part::minutes(typed));
        self.answer_within.1.set(within.is_err().then_some("desk-answer-within-wrong"));
        is_sound &= within.is_ok();
        draft.answer_within = within.unwrap_or_default();
        for (field, language, (value, _)) in &self.texts {
            let said = value.with_untracked(|value| value.trim().to_owned());
            if said.is_empty() {
                continue;
            }
            let texts: &mut Texts = match *field {
                "greeting" => &mut draft.greeting,
                "away" => &mut draft.away,
                _ => &mut draft.privacy,
            };
            texts.push(((*language).to_owned(), said));
        }
        draft.forms = self.forms.get();
        // It speaks the languages in which it says what it does with personal data.
        draft.languages = draft.privacy.iter().map(|(language, _)| language.clone()).collect();
        is_sound.then_some(draft)
    }

    /// Says beside each field what is wrong with it; gives back what no field is about.
    fn say(&self, faults: &[FaultView]) -> Vec<String> {
        let of = |field: &str| faults.iter().find(|fault| fault.field == field);
        let key =
            |fault: &FaultView| if fault.is_missing { "desk-entry-missing" } else { "desk-entry-wrong" };
        for (field, (_, wrong)) in &self.imprint {
            wrong.set(of(field).map(key));
        }
        for (field, _, (_, wrong)) in &self.texts {
            let is_draft = *field == "privacy" && of(field).is_some_and(|fault| !fault.is_missing);
            wrong.set(of(field).map(|fault| if is_draft { "desk-privacy-draft" } else { key(fault) }));
        }
        let is_shown = |fault: &&FaultView| {
            self.imprint.iter().any(|(field, _)| fault.field == *field)
                || self.texts.iter().any(|(field, ..)| fault.field == *field)
        };
        faults.iter().filter(|fault| !is_shown(fault)).map(|fault| fault.words.clone()).collect()
    }

    fn entry(&self, field: &str) -> Option<Typed> {
        self.imprint.iter().find(|(one, _)| *one == field).map(|(_, typed)| *typed)
    }
}

/// The page.
#[component]
pub(super) fn Describe() -> impl IntoView {
    let team = team();
    let draft = team.draft();
    draft.set(None);
    post(&DeskCommand::ShowDescription { kind: "other".into() });
    // What comes later is for the form that is there.
    let is_known = Memo::new(move |_| draft.with(Option::is_some));
    team.faults().set(Vec::new());
    view! {
        <article class="page" aria-labelledby="screen-heading">
            <PaneHead>
                <h1 id="screen-heading" tabindex="-1">{t("desk-describe")}</h1>
            </PaneHead>
            <div class="page-body">
                <p class="lead">{t("desk-describe-text")}</p>
                {move || is_known.get().then(|| draft.get_untracked().map(|draft| view! { <DescribeForm draft=draft/> }))}
                <Published/>
            </div>
        </article>
    }
}

#[component]
fn DescribeForm(
    /// What the line says now, or could begin with.
    draft: LineDraft,
) -> impl IntoView {
    let team = team();
    let form = StoredValue::new(Form::of(&draft));
    let faults = team.faults();
    let rest = Memo::new(move |_| faults.with(|faults| form.with_value(|form| form.say(faults))));
    let kind = form.with_value(|form| form.kind);
    // Another kind begins with other words, as long as nothing was published.
    Effect::new(move |before: Option<String>| {
        let kind = kind.get();
        if before.as_ref().is_some_and(|before| *before != kind) {
            post(&DeskCommand::ShowDescription { kind: kind.clone() });
        }
        kind
    });
    let suggested = team.draft();
    Effect::new(move |before: Option<LineDraft>| {
        let draft = suggested.get().unwrap_or_default();
        if let Some(before) = before.filter(|before| before.kind != draft.kind) {
            form.with_value(|form| form.suggest(&before, &draft));
        }
        draft
    });
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        faults.set(Vec::new());
        if let Some(draft) = form.with_value(Form::draft) {
            post(&DeskCommand::Publish { draft: Box::new(draft) });
        }
    };
    view! {
        <form class="stack" novalidate on:submit=submit>
            {imprint_part(form)}
            {hours_part(form)}
            {texts_part(form)}
            {forms_part(form.with_value(|form| form.forms))}
            {form.with_value(|form| readers_part(form.is_read_by_some))}
            {form.with_value(|form| promise_part(form.asks_satisfaction, form.answer_within))}
            {guard_part(form.with_value(|form| form.guard))}
            {move || (!faults.with(Vec::is_empty)).then(|| view! {
                <div class="wrong" role="alert" data-testid="faults">
                    <p>{t("desk-not-published")}</p>
                    <ul>{rest.get().into_iter().map(|words| view! { <li lang="en">{words}</li> }).collect_view()}</ul>
                </div>
            })}
            <button type="submit" class="button button-is-wide" data-testid="publish">{t("desk-publish")}</button>
        </form>
    }
}

fn imprint_part(form: StoredValue<Form>) -> AnyView {
    let field = move |(field, label): (&'static str, &'static str)| {
        let (value, wrong) = form.with_value(|form| form.entry(field))?;
        Some(view! { <Entry id=field label=label value=value wrong=wrong/> })
    };
    let (kind, legal_form) = form.with_value(|form| (form.kind, form.legal_form));
    // Open where something in it is wrong.
    let is_asked = move || {
        form.with_value(|form| {
            MORE.iter().any(|(field, _)| form.entry(field).is_some_and(|(_, wrong)| wrong.get().is_some()))
        })
    };
    view! {
        <section class="sheet">
            <h2>{t("desk-imprint")}</h2>
            <p class="hint">{t("desk-imprint-hint")}</p>
            <Choice id="kind" label="desk-kind" options=KINDS.to_vec() value=kind/>
            <Choice id="legal-form" label="desk-form" options=FORMS.to_vec() value=legal_form/>
            {ENTRIES.into_iter().map(field).collect_view()}
            <details prop:open=is_asked>
                <summary>{t("desk-imprint-more")}</summary>
                <div class="stack">{MORE.into_iter().map(field).collect_view()}</div>
            </details>
        </section>
    }
    .into_any()
}

fn hours_part(form: StoredValue<Form>) -> AnyView {
    let days = form.with_value(|form| form.week.clone());
    let state = form.with_value(|form| form.state);
    view! {
        <section class="sheet">
            <h2>{t("desk-hours")}</h2>
            <p class="hint">{t("desk-hours-hint")}</p>
            {DAYS.into_iter().zip(days).map(|(day, (value, wrong))| view! {
                <Entry id=day label=day value=value wrong=wrong/>
            }).collect_view()}
            <Choice id="state" label="desk-state" options=STATES.to_vec() value=state/>
        </section>
    }
    .into_any()
}

fn texts_part(form: StoredValue<Form>) -> AnyView {
    let retention = form.with_value(|form| form.retention);
    let texts = form.with_value(|form| form.texts.clone());
    let lang = language();
    let field = move |(field, language, (value, wrong)): (&'static str, &'static str, Typed)| {
        let (_, label, hint) = TEXTS.into_iter().find(|(one, ..)| *one == field)?;
        let name = LANGUAGES.iter().find(|(tag, _)| *tag == language).map_or("", |(_, name)| name);
        Some(view! {
            <fieldset class="described">
                <legend lang=language>{name}</legend>
                <LongEntry id=text_id(field, language) label=label hint=hint value=value wrong=wrong/>
            </fieldset>
        })
    };
    view! {
        <section class="sheet">
            <h2>{move || text(lang.get(), "desk-texts", &[])}</h2>
            {texts.into_iter().map(field).collect_view()}
            <Entry id="retention" label="desk-retention" hint="desk-retention-hint" value=retention.0 wrong=retention.1/>
        </section>
    }
    .into_any()
}

fn text_id(field: &str, language: &str) -> &'static str {
    match (field, language) {
        ("greeting", "de") => "greeting-de",
        ("greeting", _) => "greeting-en",
        ("away", "de") => "away-de",
        ("away", _) => "away-en",
        (_, "de") => "privacy-de",
        _ => "privacy-en",
    }
}

/// The line's link, its code and its posters, once it was published.
#[component]
fn Published() -> impl IntoView {
    let link = state().link();
    let lang = language();
    let desk = team().desk();
    let is_published =
        Memo::new(move |_| desk.with(|desk| desk.as_ref().is_some_and(|desk| desk.is_published)));
    Effect::new(move |_| {
        if is_published.get() && link.with_untracked(Option::is_none) {
            bridge::post(&UiCommand::ShowLink);
        }
    });
    let poster = move |small: bool| {
        let sentence = text(lang.get_untracked(), "desk-poster-sentence", &[]);
        if let Some(link) = link.get_untracked() {
            post(&DeskCommand::ShowPoster { link, sentence, small });
        }
    };
    let button = move |key: &'static str, small: bool| {
        view! {
            <button type="button" class="button button-is-second" data-testid=key on:click=move |_| poster(small)>
                {t(key)}
            </button>
        }
    };
    let sheet = move |link: String| {
        let buttons = (button("desk-poster-a4", false), button("desk-poster-a6", true));
        link_sheet(link, "desk-link", "desk-link-hint", "line-link", buttons)
    };
    move || {
        link.get().map(|link| {
            let button = button_part(&link);
            view! { <section class="sheet">{sheet(link)}</section> {button} <Activities/> }
        })
    }
}

/// What a draft says in a language; empty for nothing.
fn said<'a>(draft: &'a LineDraft, field: &str, language: &str) -> &'a str {
    let texts = match field {
        "greeting" => &draft.greeting,
        "away" => &draft.away,
        _ => &draft.privacy,
    };
    texts.iter().find(|(tag, _)| tag == language).map_or("", |(_, text)| text)
}

fn entry<'a>(imprint: &'a ImprintDraft, field: &str) -> &'a str {
    match field {
        "imprint.name" => &imprint.name,
        "imprint.representative" => &imprint.representative,
        "imprint.street" => &imprint.street,
        "imprint.zip" => &imprint.zip,
        "imprint.city" => &imprint.city,
        "imprint.country" => &imprint.country,
        "imprint.email" => &imprint.email,
        "imprint.contact" => &imprint.contact,
        "imprint.register" => &imprint.register,
        "imprint.register_number" => &imprint.register_number,
        "imprint.vat_id" => &imprint.vat_id,
        "imprint.authority" => &imprint.authority,
        "imprint.chamber" => &imprint.chamber,
        "imprint.profession" => &imprint.profession,
        "imprint.awarded_in" => &imprint.awarded_in,
        "imprint.rules" => &imprint.rules,
        _ => &imprint.rules_at,
    }
}

fn entry_mut<'a>(imprint: &'a mut ImprintDraft, field: &str) -> &'a mut String {
    match field {
        "imprint.name" => &mut imprint.name,
        "imprint.representative" => &mut imprint.representative,
        "imprint.street" => &mut imprint.street,
        "imprint.zip" => &mut imprint.zip,
        "imprint.city" => &mut imprint.city,
        "imprint.country" => &mut imprint.country,
        "imprint.email" => &mut imprint.email,
        "imprint.contact" => &mut imprint.contact,
        "imprint.register" => &mut imprint.register,
        "imprint.register_number" => &mut imprint.register_number,
        "imprint.vat_id" => &mut imprint.vat_id,
        "imprint.authority" => &mut imprint.authority,
        "imprint.chamber" => &mut imprint.chamber,
        "imprint.profession" => &mut imprint.profession,
        "imprint.awarded_in" => &mut imprint.awarded_in,
        "imprint.rules" => &mut imprint.rules,
        _ => &mut imprint.rules_at,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_shown_is_what_is_published() {
        let owner = Owner::new();
        owner.with(|| {
            let text = |text: &str| vec![("de".to_owned(), text.to_owned())];
            let draft = LineDraft {
                kind: "pharmacy".into(),
                imprint: ImprintDraft {
                    name: "Rosen".into(),
                    chamber: "Kammer".into(),
                    ..ImprintDraft::default()
                },
                languages: vec!["de".into()],
                privacy: text("Datenschutz"),
                greeting: text("Guten Tag"),
                away: Vec::new(),
                week: vec![vec![(480, 1080)], vec![], vec![], vec![], vec![], vec![], vec![]],
                state: Some("DE-BY".into()),
                retention: 30,
                forms: Vec::new(),
                guard: vec![GuardKind::Iban],
                asks_satisfaction: true,
                answer_within: Some(90),
                is_read_by_some: true,
            };
            assert_eq!(Form::of(&draft).draft(), Some(draft.clone()));
            let form = Form::of(&draft);
            form.week[1].0.set("nachmittags".into());
            assert_eq!(form.draft(), None);
            assert_eq!(form.week[1].1.get_untracked(), Some("desk-hours-wrong"));
        });
    }

    #[test]
    fn what_is_wrong_stands_beside_its_field_and_the_rest_together() {
        let owner = Owner::new();
        owner.with(|| {
            let form = Form::of(&LineDraft::default());
            let fault =
                |field: &str, is_missing| FaultView { field: field.into(), is_missing, words: "x".into() };
            let rest =
                form.say(&[fault("imprint.chamber", true), fault("imprint.zip", false), fault("", false)]);
            assert_eq!(rest, ["x"]);
            let wrong = |field| form.entry(field).and_then(|(_, wrong)| wrong.get_untracked());
            assert_eq!(wrong("imprint.chamber"), Some("desk-entry-missing"));
            assert_eq!(wrong("imprint.zip"), Some("desk-entry-wrong"));
            assert_eq!(wrong("imprint.name"), None);
        });
    }
}
