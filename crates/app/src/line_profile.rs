//! What an owner says of their line becomes what its card shows, and that what customers see.

use kuvert_core::Timestamp;
use kuvert_desk::holidays::State;
use kuvert_desk::hours::{Hours, Span};
use kuvert_desk::imprint::{Imprint, LegalForm};
use kuvert_desk::line::{LineKind, LineProfile, PrivacyNotice, Readers};
use kuvert_desk::retention::Days;
use kuvert_desk::text::Text;
use kuvert_view::{ImprintDraft, LineDraft, LineView};

/// Kinds of business, by the words for them.
const KINDS: [(&str, LineKind); 8] = [
    ("pharmacy", LineKind::Pharmacy),
    ("bank", LineKind::Bank),
    ("cinema", LineKind::Cinema),
    ("restaurant", LineKind::Restaurant),
    ("taxi", LineKind::Taxi),
    ("practice", LineKind::Practice),
    ("authority", LineKind::Authority),
    ("other", LineKind::Other),
];
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
pub(crate) fn profile(name: &str, version: u32, draft: LineDraft) -> Result<LineProfile, Vec<String>> {
    let mut faults = Vec::new();
    let kind = chosen(&KINDS, &draft.kind, "kind", &mut faults).unwrap_or(LineKind::Other);
    let form = chosen(&FORMS, &draft.imprint.legal_form, "legal form", &mut faults);
    let state = draft.state.as_deref().and_then(State::parse);
    if let (Some(code), None) = (&draft.state, state) {
        faults.push(format!("state: `{code}` is none; write it like `DE-BY`"));
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
        forms: Vec::new(),
        retention: Days(draft.retention),
        guard: 0,
        asks_satisfaction: false,
        readers: Readers::Team,
        origins: Vec::new(),
        hours,
    };
    faults.extend(profile.check().iter().map(ToString::to_string));
    if faults.is_empty() { Ok(profile) } else { Err(faults) }
}

fn chosen<T: Copy>(all: &[(&str, T)], word: &str, what: &str, faults: &mut Vec<String>) -> Option<T> {
    let found = all.iter().find(|(known, _)| *known == word).map(|(_, value)| *value);
    if found.is_none() {
        let words: Vec<_> = all.iter().map(|(known, _)| *known).collect();
        faults.push(format!("{what}: `{word}` is none; choose one of {}", words.join(", ")));
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
    let word = KINDS.iter().find(|(_, kind)| *kind == line.kind).map_or("other", |(word, _)| word);
    let open = line.hours.as_ref().map(|hours| {
        let next = hours.next_change(now.0).map(|(at, _)| at);
        (hours.is_open(now.0), next)
    });
    Some(LineView {
        kind: word.to_owned(),
        imprint: imprint_lines(&line.imprint),
        privacy: line.privacy.text.0,
        greeting: line.greeting.0,
        away: line.away.0,
        open,
        retention: line.retention.0,
        is_read_by_all: line.readers == Readers::Team,
    })
}

fn imprint_lines(imprint: &Imprint) -> Vec<String> {
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
        }
    }

    #[test]
    fn what_an_owner_says_is_what_customers_see() {
        let profile = profile("Beispiel", 1, draft()).expect("nothing is wrong");
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
        let faults = profile("Beispiel", 1, bad).expect_err("two faults");
        assert!(faults.iter().any(|fault| fault.contains("shop")), "{faults:?}");
        assert!(faults.iter().any(|fault| fault.contains("DE-BY")), "{faults:?}");
        let bare = LineDraft { kind: "pharmacy".into(), ..draft() };
        let faults = profile("Beispiel", 1, bare).expect_err("a pharmacy says more");
        assert!(faults.iter().any(|fault| fault.contains("Chamber")), "{faults:?}");
    }

    #[test]
    fn a_card_that_says_nonsense_shows_no_line() {
        assert_eq!(view(b"nonsense", Timestamp(0)), None);
    }
}
