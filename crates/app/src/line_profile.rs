//! What an owner says of their line becomes what its card shows, and that what customers see.

use kuvert_core::Timestamp;
use kuvert_desk::form::Form;
use kuvert_desk::holidays::State;
use kuvert_desk::hours::{Hours, Span};
use kuvert_desk::imprint::{Imprint, ImprintFault, ImprintField, LegalForm};
use kuvert_desk::line::{LineFault, LineKind, LineProfile, PrivacyNotice, Readers, Spot};
use kuvert_desk::retention::Days;
use kuvert_desk::seats::{Seats, is_coming};
use kuvert_desk::templates;
use kuvert_desk::text::Text;
use kuvert_view::{FaultView, ImprintDraft, LineDraft, LineView, SeatsView};

use crate::guard;

/// Legal forms, by the words for them.
const FORMS: [(&str, LegalForm); 14] = [
    ("person", LegalForm::Person),
    ("merchant", LegalForm::Merchant),
    ("gbr", LegalForm::Gbr),
    ("ohg", LegalForm::Ohg),
    ("kg", LegalForm::Kg),
    ("gmbh-co-kg", LegalForm::GmbhCoKg),
    ("partg", LegalForm::PartG),
    ("gmbh", LegalForm::Gmbh),
    ("ug", LegalForm::Ug),
    ("ag", LegalForm::Ag),
    ("eg", LegalForm::Eg),
    ("association", LegalForm::Association),
    ("public-body", LegalForm::PublicBody),
    ("other", LegalForm::Other),
];

/// The profile with this version that a draft describes, or all that is wrong with it.
/// `before` are the settings that it replaces: forms that changed count on from there.
pub(crate) fn profile(
    name: &str,
    version: u32,
    draft: LineDraft,
    before: &[u8],
) -> Result<LineProfile, Vec<FaultView>> {
    let mut faults = Vec::new();
    let kinds = LineKind::ALL.map(|kind| (kind.word(), kind));
    let kind = chosen(&kinds, &draft.kind, "kind", &mut faults).unwrap_or(LineKind::Other);
    let form = chosen(&FORMS, &draft.imprint.legal_form, "imprint.legal_form", &mut faults);
    let state = draft.state.as_deref().and_then(State::parse);
    if let (Some(code), None) = (&draft.state, state) {
        faults.push(fault("state", format!("state: `{code}` is none; write it like `DE-BY`")));
    }
    let hours = (!draft.week.is_empty()).then(|| Hours {
        week: draft
            .week
            .iter()
            .map(|day| day.iter().map(|(from, to)| Span { from: *from, to: *to }).collect())
            .collect(),
        exceptions: Vec::new(),
        state,
        catholic: false,
    });
    let profile = LineProfile {
        version,
        kind,
        name: name.to_owned(),
        imprint: imprint(draft.imprint, form.unwrap_or(LegalForm::Other)),
        privacy: PrivacyNotice { version, text: Text(draft.privacy) },
        languages: draft.languages,
        greeting: Text(draft.greeting),
        away: Text(draft.away),
        forms: counted(draft.forms, before),
        retention: Days(draft.retention),
        guard: guard::flags(&draft.guard),
        asks_satisfaction: draft.asks_satisfaction,
        answer_within: draft.answer_within,
        readers: if draft.is_read_by_some { Readers::WhoAnswers } else { Readers::Team },
        origins: Vec::new(),
        hours,
        seats: None,
    };
    faults.extend(profile.check().iter().map(shown));
    if faults.is_empty() { Ok(profile) } else { Err(faults) }
}

fn fault(field: &str, words: String) -> FaultView {
    FaultView { field: field.to_owned(), is_missing: false, words }
}

/// What is wrong, and where in the draft.
fn shown(wrong: &LineFault) -> FaultView {
    let is_missing = matches!(wrong, LineFault::ImprintMissing(_) | LineFault::NoPrivacy);
    let field = match wrong {
        LineFault::ImprintMissing(field) | LineFault::Imprint(ImprintFault::Form(field)) => entry(*field),
        LineFault::Imprint(ImprintFault::Email) => "imprint.email",
        LineFault::Imprint(ImprintFault::Zip) => "imprint.zip",
        LineFault::Imprint(ImprintFault::Country) => "imprint.country",
        LineFault::Imprint(ImprintFault::VatId) => "imprint.vat_id",
        LineFault::NoPrivacy
        | LineFault::PrivacyDraft
        | LineFault::Privacy(_)
        | LineFault::Untranslated { spot: Spot::Privacy, .. } => "privacy",
        LineFault::Greeting(_) | LineFault::Untranslated { spot: Spot::Greeting, .. } => "greeting",
        LineFault::Away(_) | LineFault::Untranslated { spot: Spot::Away, .. } => "away",
        LineFault::Languages | LineFault::Language(_) => "languages",
        LineFault::Retention => "retention",
        LineFault::Hours(_) => "week",
        _ => "",
    };
    FaultView { field: field.to_owned(), is_missing, words: wrong.to_string() }
}

fn entry(field: ImprintField) -> &'static str {
    match field {
        ImprintField::Name => "imprint.name",
        ImprintField::Representative => "imprint.representative",
        ImprintField::Street => "imprint.street",
        ImprintField::Zip => "imprint.zip",
        ImprintField::City => "imprint.city",
        ImprintField::Country => "imprint.country",
        ImprintField::Email => "imprint.email",
        ImprintField::Contact => "imprint.contact",
        ImprintField::Register => "imprint.register",
        ImprintField::RegisterNumber => "imprint.register_number",
        ImprintField::VatId => "imprint.vat_id",
        ImprintField::Authority => "imprint.authority",
        ImprintField::Chamber => "imprint.chamber",
        ImprintField::Profession => "imprint.profession",
        ImprintField::AwardedIn => "imprint.awarded_in",
        ImprintField::Rules => "imprint.rules",
        ImprintField::RulesAt => "imprint.rules_at",
    }
}

/// What the line says of itself, as its owner wrote it; or, where it says nothing yet, what a line of this kind could begin with.
pub(crate) fn draft(name: &str, settings: &[u8], kind: &str) -> LineDraft {
    let line = LineProfile::decode(settings)
        .unwrap_or_else(|_| beginning(name, LineKind::of_word(kind).unwrap_or(LineKind::Other)));
    let hours = line.hours.unwrap_or(Hours {
        week: Vec::new(),
        exceptions: Vec::new(),
        state: None,
        catholic: false,
    });
    LineDraft {
        kind: line.kind.word().to_owned(),
        imprint: imprint_draft(line.imprint),
        languages: line.languages,
        privacy: line.privacy.text.0,
        greeting: line.greeting.0,
        away: line.away.0,
        week: hours.week.iter().map(|day| day.iter().map(|span| (span.from, span.to)).collect()).collect(),
        state: hours.state.map(|state| state.code().to_owned()),
        retention: line.retention.0,
        forms: line.forms,
        guard: guard::kinds(line.guard),
        asks_satisfaction: line.asks_satisfaction,
        answer_within: line.answer_within,
        is_read_by_some: line.readers == Readers::WhoAnswers,
    }
}

/// Forms with their versions: one more than that of the form which each replaces, if it says something else.
fn counted(mut forms: Vec<Form>, before: &[u8]) -> Vec<Form> {
    let before = LineProfile::decode(before).map(|line| line.forms).unwrap_or_default();
    for form in &mut forms {
        form.version = 1;
        if let Some(known) = before.iter().find(|known| known.id == form.id) {
            form.version = known.version;
            form.version += u32::from(form != known);
        }
    }
    forms
}

/// Days for which conversations stay where nobody says otherwise.
const RETENTION: u16 = 30;

/// A line that says only what its templates do.
fn beginning(name: &str, kind: LineKind) -> LineProfile {
    let mut line = LineProfile {
        version: 1,
        kind,
        name: name.to_owned(),
        imprint: Imprint { name: name.to_owned(), ..Imprint::default() },
        privacy: PrivacyNotice::default(),
        languages: vec!["de".into(), "en".into()],
        greeting: templates::greeting(kind),
        away: templates::away(kind),
        forms: templates::forms(kind),
        retention: Days(RETENTION),
        guard: 0,
        asks_satisfaction: false,
        answer_within: None,
        readers: Readers::Team,
        origins: Vec::new(),
        hours: None,
        seats: None,
    };
    line.privacy = templates::privacy_notice(&line);
    line
}

fn imprint_draft(imprint: Imprint) -> ImprintDraft {
    let form = FORMS.iter().find(|(_, form)| *form == imprint.legal_form).map(|(word, _)| *word);
    ImprintDraft {
        name: imprint.name,
        legal_form: form.unwrap_or("other").to_owned(),
        representative: imprint.representative,
        street: imprint.street,
        zip: imprint.zip,
        city: imprint.city,
        country: imprint.country,
        email: imprint.email,
        contact: imprint.contact,
        register: imprint.register,
        register_number: imprint.register_number,
        vat_id: imprint.vat_id,
        authority: imprint.authority,
        chamber: imprint.chamber,
        profession: imprint.profession,
        awarded_in: imprint.awarded_in,
        rules: imprint.rules,
        rules_at: imprint.rules_at,
    }
}

fn chosen<T: Copy>(all: &[(&str, T)], word: &str, what: &str, faults: &mut Vec<FaultView>) -> Option<T> {
    let found = all.iter().find(|(known, _)| *known == word).map(|(_, value)| *value);
    if found.is_none() {
        let words: Vec<_> = all.iter().map(|(known, _)| *known).collect();
        let choice = format!("{what}: `{word}` is none; choose one of {}", words.join(", "));
        faults.push(fault(what, choice));
    }
    found
}

fn imprint(draft: ImprintDraft, legal_form: LegalForm) -> Imprint {
    Imprint {
        name: draft.name,
        legal_form,
        representative: draft.representative,
        street: draft.street,
        zip: draft.zip,
        city: draft.city,
        country: draft.country,
        email: draft.email,
        contact: draft.contact,
        register: draft.register,
        register_number: draft.register_number,
        vat_id: draft.vat_id,
        authority: draft.authority,
        chamber: draft.chamber,
        profession: draft.profession,
        awarded_in: draft.awarded_in,
        rules: draft.rules,
        rules_at: draft.rules_at,
    }
}

/// A line as customers see it at a time; `None` if its card says nothing that can be read.
pub(crate) fn view(card: &[u8], now: Timestamp) -> Option<LineView> {
    let line = LineProfile::decode(card).ok()?;
    let open = line.hours.as_ref().map(|hours| {
        let next = hours.next_change(now.0).map(|(at, _)| at);
        (hours.is_open(now.0), next)
    });
    Some(LineView {
        kind: line.kind.word().to_owned(),
        imprint: imprint_lines(&line.imprint),
        privacy: line.privacy.text.0,
        greeting: line.greeting.0,
        away: line.away.0,
        open,
        retention: line.retention.0,
        is_read_by_all: line.readers == Readers::Team,
        forms: line.forms,
        seats: shown_seats(line.seats.unwrap_or_default(), now),
    })
}

/// What is free and still to come.
fn shown_seats(all: Vec<Seats>, now: Timestamp) -> Vec<SeatsView> {
    let is_open = |seats: &Seats| now.0 < seats.closes_at;
    let shown = all.into_iter().filter(is_open).map(|seats| {
        let lots = seats.lots.into_iter().filter(|(lot, _)| is_coming(lot, now.0)).collect();
        SeatsView { id: seats.id, title: seats.title, lots }
    });
    shown.collect()
}

pub(crate) fn imprint_lines(imprint: &Imprint) -> Vec<String> {
    let register = [imprint.register.as_str(), &imprint.register_number].join(" ");
    let town = [imprint.zip.as_str(), &imprint.city].join(" ");
    let all = [
        imprint.full_name(),
        imprint.representative.clone(),
        imprint.street.clone(),
        town,
        imprint.country.clone(),
        imprint.email.clone(),
        imprint.contact.clone(),
        register,
        imprint.vat_id.clone(),
        imprint.authority.clone(),
        imprint.chamber.clone(),
        imprint.profession.clone(),
        imprint.awarded_in.clone(),
        imprint.rules.clone(),
        imprint.rules_at.clone(),
    ];
    all.into_iter().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft() -> LineDraft {
        let text = |text: &str| vec![("de".to_owned(), text.to_owned())];
        LineDraft {
            kind: "other".into(),
            imprint: ImprintDraft {
                name: "Beispiel".into(),
                legal_form: "person".into(),
                street: "Hauptstraße 1".into(),
                zip: "12345".into(),
                city: "Musterstadt".into(),
                country: "DE".into(),
                email: "post@example.org".into(),
                contact: "+49 30 0000000".into(),
                ..ImprintDraft::default()
            },
            languages: vec!["de".into()],
            privacy: text("Wir speichern nur, was nötig ist."),
            greeting: text("Guten Tag"),
            away: text("Wir sind bald wieder da."),
            week: vec![vec![(8 * 60, 18 * 60)]; 7],
            state: Some("DE-BY".into()),
            retention: 30,
            forms: Vec::new(),
            guard: vec![kuvert_view::GuardKind::Iban],
            asks_satisfaction: true,
            answer_within: Some(60),
            is_read_by_some: true,
        }
    }

    #[test]
    fn what_an_owner_says_is_what_customers_see() {
        let profile = profile("Beispiel", 1, draft(), b"").expect("nothing is wrong");
        // A Monday at noon, in summer.
        let noon = Timestamp(1_750_068_000_000);
        let view = view(&profile.encode(), noon).expect("a line");
        assert_eq!(view.greeting, [("de".to_owned(), "Guten Tag".to_owned())]);
        assert_eq!(view.open.map(|(is_open, _)| is_open), Some(true));
        assert!(view.imprint.contains(&"12345 Musterstadt".to_owned()), "{:?}", view.imprint);
        assert_eq!(view.retention, 30);
    }

    #[test]
    fn all_that_is_wrong_is_said_at_once() {
        let bad = LineDraft { kind: "shop".into(), state: Some("Bayern".into()), ..draft() };
        let faults = profile("Beispiel", 1, bad, b"").expect_err("two faults");
        assert!(faults.iter().any(|fault| fault.words.contains("shop")), "{faults:?}");
        assert!(faults.iter().any(|fault| fault.words.contains("DE-BY")), "{faults:?}");
        let bare = LineDraft { kind: "pharmacy".into(), ..draft() };
        let faults = profile("Beispiel", 1, bare, b"").expect_err("a pharmacy says more");
        let chamber = faults.iter().find(|fault| fault.field == "imprint.chamber");
        assert!(chamber.is_some_and(|fault| fault.is_missing), "{faults:?}");
    }

    #[test]
    fn what_was_published_can_be_changed_and_a_new_line_begins_with_what_its_kind_says() {
        let published = profile("Beispiel", 1, draft(), b"").expect("nothing is wrong");
        assert_eq!(super::draft("Beispiel", &published.encode(), "bank"), draft());
        let new = super::draft("Beispiel", b"", "pharmacy");
        assert_eq!((new.kind.as_str(), new.imprint.name.as_str()), ("pharmacy", "Beispiel"));
        assert!(!new.greeting.is_empty() && !new.privacy.is_empty() && new.week.is_empty());
        // The draft of the privacy notice has to be read by somebody first.
        let faults = profile("Beispiel", 1, new, b"").expect_err("nobody has filled it in");
        assert!(faults.iter().any(|fault| fault.field == "privacy"), "{faults:?}");
    }

    #[test]
    fn a_card_that_says_nonsense_shows_no_line() {
        assert_eq!(view(b"nonsense", Timestamp(0)), None);
    }
}
