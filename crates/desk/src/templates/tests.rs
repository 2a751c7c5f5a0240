use std::collections::HashSet;

use super::*;
use crate::imprint::{Imprint, LegalForm};
use crate::line::{LineFault, PrivacyNotice};

/// A line made of templates only, and an imprint.
pub(crate) fn line(kind: LineKind) -> LineProfile {
    let imprint = Imprint {
        name: "Muster am Markt".into(),
        legal_form: LegalForm::Gmbh,
        representative: "Erika Muster".into(),
        street: "Am Markt 1".into(),
        zip: "01234".into(),
        city: "Musterstadt".into(),
        email: "post@example.org".into(),
        contact: "+49 30 0000000".into(),
        register: "Amtsgericht Musterstadt".into(),
        register_number: "HRB 1".into(),
        authority: "Regierung von Muster".into(),
        chamber: "Kammer Muster".into(),
        profession: "Musterberuf".into(),
        awarded_in: "Deutschland".into(),
        rules: "Berufsordnung".into(),
        rules_at: "https://example.org/rules".into(),
        ..Imprint::default()
    };
    let line = LineProfile {
        version: 1,
        kind,
        name: "Muster am Markt".into(),
        imprint,
        privacy: PrivacyNotice::default(),
        languages: LANGUAGES.map(str::to_owned).to_vec(),
        greeting: greeting(kind),
        away: away(kind),
        forms: forms(kind),
        retention: retention(kind),
        guard: 0,
        asks_satisfaction: false,
        answer_within: None,
        readers: Readers::Team,
        origins: vec![],
        hours: None,
        seats: None,
    };
    LineProfile { privacy: privacy_notice(&line), ..line }
}

/// A draft without its first line, and with everything filled in.
fn reviewed(text: &str) -> String {
    let text = text.split_once('\n').expect("a first line").1;
    text.replace(['[', ']'], "")
}

#[test]
fn a_line_made_of_templates_has_no_fault_but_its_draft() {
    for kind in LineKind::ALL {
        let mut line = line(kind);
        assert_eq!(line.check(), [LineFault::PrivacyDraft], "{kind:?}");
        for (_, text) in &mut line.privacy.text.0 {
            *text = reviewed(text);
        }
        assert_eq!(line.check(), [], "{kind:?}");
        let bytes = line.encode();
        assert!(
            bytes.len() < crate::line::limits::MAX_PROFILE / 2,
            "{kind:?}: {} bytes leave room",
            bytes.len()
        );
        assert_eq!(LineProfile::decode(&bytes), Ok(line));
    }
}

#[test]
fn forms_of_a_kind_have_ids_of_their_own_and_end() {
    for kind in LineKind::ALL {
        let forms = forms(kind);
        let ids: HashSet<_> = forms.iter().map(|form| &form.id).collect();
        assert_eq!(ids.len(), forms.len());
        for form in &forms {
            assert!(form.statuses.states.iter().any(|state| state.is_final && state.erases), "{}", form.id);
            let cancelled = form.statuses.states.iter().position(|state| state.id == "cancelled");
            assert!(form.statuses.can_go(0, cancelled.expect("every request can be cancelled") as u8));
        }
    }
    assert!(forms(LineKind::Taxi)[0].dispatch, "a ride goes to one driver");
}

#[test]
fn data_about_health_is_asked_for_with_consent_and_kept_briefly() {
    for kind in [LineKind::Pharmacy, LineKind::Practice] {
        let form = &forms(kind)[0];
        let consent = form.field("consent").expect("a consent");
        assert!(consent.required && matches!(consent.kind, crate::form::FieldKind::Consent { .. }));
        assert!(form.retention.expect("a time of its own") <= Days(14));
    }
}

#[test]
fn every_text_is_in_both_languages_and_in_no_third() {
    for kind in LineKind::ALL {
        let forms = forms(kind);
        let texts = forms.iter().flat_map(|form| form.texts()).cloned().chain([greeting(kind), away(kind)]);
        for text in texts.filter(|text| !text.0.is_empty()) {
            assert_eq!(text.languages().collect::<Vec<_>>(), LANGUAGES);
        }
        let [german, english] = LANGUAGES.map(|language| canned(kind, language));
        assert_eq!(german.len(), english.len());
        assert!(german.len() > 5);
        for answer in german.iter().chain(&english) {
            assert!(!answer.text.is_empty() && answer.title.chars().count() <= 80, "{}", answer.title);
            let bare = ["{name}", "{line}", "{agent}"]
                .iter()
                .fold(answer.text.to_owned(), |text, field| text.replace(field, ""));
            assert!(!bare.contains(['{', '}']), "{} has an unknown field", answer.title);
        }
    }
}

#[test]
fn customers_are_told_what_is_kept_for_how_long() {
    let taxi = line(LineKind::Taxi);
    let text = kept(&taxi, "de");
    assert!(text.starts_with("Ist Ihr Anliegen erledigt, wird die Unterhaltung 7 Tage danach"), "{text}");
    assert!(text.contains("„Taxi bestellen“ werden einen Tag danach gelöscht"), "{text}");
    assert!(!text.contains("Rückruf"), "the same time needs no words: {text}");
    let text = kept(&LineProfile { retention: Days(0), ..taxi }, "en-GB");
    assert!(text.contains("the conversation is erased at once, on"), "{text}");
    assert!(text.contains("“Order a taxi” are erased after one day."), "{text}");
}

#[test]
fn customers_are_told_who_reads() {
    let mut line = line(LineKind::Other);
    assert_eq!(readers(&line, "de"), "Ihre Nachrichten liest das Team von Muster am Markt.");
    line.readers = Readers::WhoAnswers;
    assert!(readers(&line, "en").starts_with("The member of the team of Muster am Markt who answers you"));
}

#[test]
fn a_privacy_notice_says_what_article_13_asks_for() {
    let line = line(LineKind::Pharmacy);
    let german = privacy(&line, "de-DE");
    for needed in [
        "ENTWURF",
        "keine Rechtsberatung",
        "Muster am Markt GmbH\nVertreten durch: Erika Muster\nAm Markt 1\n01234 Musterstadt",
        "post@example.org",
        "Datenschutzbeauftragten",
        "Medikamente vorbestellen, Rückruf",
        "Art. 6 Abs. 1 Buchst. b",
        "Art. 9 Abs. 2 Buchst. a",
        "das Team von Muster am Markt",
        "außerhalb der Europäischen Union findet nicht statt",
        "Ende-zu-Ende-verschlüsselt",
        "Das Relais",
        "14 Tage danach",
        "7 Tage danach",
        "Art. 15 und 20",
        "Art. 17",
        "Art. 21",
        "Art. 77",
        "widerrufen",
        "keine automatisierten Entscheidungen",
        "zu keinen Angaben verpflichtet",
    ] {
        assert!(german.contains(needed), "{needed:?} is missing in {german}");
    }
    let english = privacy(&line, "en");
    for needed in [
        "DRAFT",
        "no legal advice",
        "Represented by: Erika Muster",
        "Art. 9 (2) (a)",
        "end to end",
        "European Union",
        "Art. 77",
    ] {
        assert!(english.contains(needed), "{needed:?} is missing in {english}");
    }
    assert_eq!(german.matches("\n\n").count(), english.matches("\n\n").count());
}

#[test]
fn the_basis_follows_from_the_kind_of_line() {
    let authority = privacy(&line(LineKind::Authority), "de");
    assert!(authority.contains("Buchst. e DSGVO") && !authority.contains("Art. 9"), "{authority}");
    assert!(!authority.contains("Einwilligung (Art. 6"), "nothing asks for consent");
    let bank = privacy(&line(LineKind::Bank), "en");
    assert!(bank.contains("Art. 6 (1) (b)") && !bank.contains("Art. 9"), "{bank}");
    let asking = LineProfile { asks_satisfaction: true, ..line(LineKind::Bank) };
    assert!(privacy(&asking, "de").contains("wie zufrieden Sie waren"));
}

#[test]
fn a_draft_is_known_until_it_was_looked_at() {
    let line = line(LineKind::Cinema);
    assert!(is_draft(&line.privacy.text));
    assert_eq!(line.privacy.version, 1);
    assert!(is_draft(&Text::both("fertig", &privacy(&line, "en"))));
    assert!(!is_draft(&Text::both("fertig [at]", "done")));
    let unfilled = privacy(&line, "de");
    let (_, unfilled) = unfilled.split_once('\n').expect("a first line");
    assert!(is_draft(&Text::one("de", unfilled)), "something is to be filled in");
    assert!(!is_draft(&Text::one("de", &reviewed(unfilled))));
}
