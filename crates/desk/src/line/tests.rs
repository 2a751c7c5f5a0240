use super::*;
use crate::form::{Field, FieldKind};
use crate::imprint::LegalForm;
use crate::request::{State, StatusFlow};

fn form(id: &str) -> Form {
    let label = Text::both("Rückruf", "Call back");
    Form {
        id: id.into(),
        version: 1,
        title: label.clone(),
        intro: Text::default(),
        fields: vec![Field {
            id: "number".into(),
            label: label.clone(),
            help: Text::default(),
            required: true,
            kind: FieldKind::Text { max: 40, lines: 1 },
        }],
        statuses: StatusFlow {
            states: vec![State { id: "new".into(), label, is_final: true, erases: true }],
            ways: vec![],
        },
        retention: None,
        dispatch: false,
        capacity: None,
    }
}

/// A line with which nothing is wrong.
fn line() -> LineProfile {
    LineProfile {
        version: 1,
        kind: LineKind::Restaurant,
        name: "Gasthaus am Markt".into(),
        imprint: Imprint {
            name: "Erika Muster".into(),
            legal_form: LegalForm::Person,
            street: "Am Markt 1".into(),
            zip: "01234".into(),
            city: "Musterstadt".into(),
            email: "post@example.org".into(),
            contact: "+49 30 0000000".into(),
            ..Imprint::default()
        },
        privacy: PrivacyNotice { version: 1, text: Text::both("Hinweis", "Notice") },
        languages: vec!["de".into(), "en".into()],
        greeting: Text::both("Guten Tag!", "Hello!"),
        away: Text::default(),
        forms: vec![form("call-back")],
        retention: Days(30),
        guard: 0,
        asks_satisfaction: false,
        answer_within: None,
        readers: Readers::Team,
        origins: vec!["https://www.example.org".into()],
        hours: Some(Hours::closed()),
        seats: None,
    }
}

fn faults(change: impl FnOnce(&mut LineProfile)) -> Vec<LineFault> {
    let mut line = line();
    change(&mut line);
    line.check()
}

#[test]
fn a_line_is_read_as_it_was_written() {
    assert_eq!(line().check(), []);
    assert_eq!(LineProfile::decode(&line().encode()), Ok(line()));
}

#[test]
fn every_fault_of_a_line_is_named() {
    assert_eq!(faults(|line| line.version = 0), [LineFault::Version]);
    assert_eq!(faults(|line| line.name = " a".into()), [LineFault::Name]);
    assert_eq!(faults(|line| line.name = "a\u{202e}b".into()), [LineFault::Name]);
    assert_eq!(faults(|line| line.imprint.city.clear()), [LineFault::ImprintMissing(ImprintField::City)]);
    assert_eq!(faults(|line| line.imprint.zip = "1".into()), [LineFault::Imprint(ImprintFault::Zip)]);
    assert_eq!(faults(|line| line.privacy = PrivacyNotice::default()), [LineFault::NoPrivacy]);
    assert_eq!(faults(|line| line.languages.clear()), [LineFault::Languages]);
    assert_eq!(faults(|line| line.languages.push("en".into())), [LineFault::Language("en".into())]);
    assert_eq!(faults(|line| line.languages[1] = "e n".into()), [LineFault::Language("e n".into())]);
    let long = |text: &mut Text| *text = Text::both(&"a".repeat(MAX_GREETING + 1), "a");
    let too_long = |most| TextFault::TooLong { language: "de".into(), most };
    assert_eq!(faults(|line| long(&mut line.greeting)), [LineFault::Greeting(too_long(MAX_GREETING))]);
    assert_eq!(faults(|line| long(&mut line.away)), [LineFault::Away(too_long(MAX_GREETING))]);
    let notice = Text::both(&"a".repeat(MAX_PRIVACY + 1), "a");
    assert_eq!(faults(|line| line.privacy.text = notice), [LineFault::Privacy(too_long(MAX_PRIVACY))]);
    assert_eq!(faults(|line| line.retention = Days(MAX_DAYS + 1)), [LineFault::Retention]);
    assert_eq!(faults(|line| line.forms.push(form("call-back"))), [LineFault::FormTwice("call-back".into())]);
    let wrong_week = Some(Hours { week: vec![], ..Hours::closed() });
    assert_eq!(faults(|line| line.hours = wrong_week), [LineFault::Hours(HoursError::WrongWeek { days: 0 })]);
    assert_eq!(faults(|line| line.hours = None), []);
    let nameless = LineFault::Form { id: String::new(), fault: FormFault::Id };
    assert_eq!(faults(|line| line.forms[0].id.clear()), [nameless]);
    let many = |line: &mut LineProfile| line.forms = (0..=MAX_FORMS).map(|n| form(&n.to_string())).collect();
    assert_eq!(faults(many), [LineFault::TooManyForms]);
    let many = |line: &mut LineProfile| line.origins = vec![String::new(); MAX_ORIGINS + 1];
    assert_eq!(faults(many), [LineFault::TooManyOrigins]);
    let large =
        faults(|line| line.privacy.text = Text::both(&"ä".repeat(MAX_PRIVACY), &"ä".repeat(MAX_PRIVACY)));
    assert!(matches!(large[..], [LineFault::TooLarge(size)] if size > MAX_PROFILE));
}

#[test]
fn a_text_that_is_missing_in_a_language_of_the_line_is_named() {
    let untranslated = |spot| LineFault::Untranslated { spot, language: "tr".into() };
    assert_eq!(
        faults(|line| line.languages.push("tr".into())),
        [Spot::Greeting, Spot::Privacy, Spot::Form("call-back".into())].map(untranslated)
    );
}

#[test]
fn a_web_site_is_written_as_browsers_do() {
    for (origin, expected) in [
        ("https://example.org", true),
        ("https://www.example.org:8443", true),
        ("http://example.org", false),
        ("https://example.org/", false),
        ("https://Example.org", false),
        ("https://example.org:443", false),
        ("https://example.org:+80", false),
        ("https://user@example.org", false),
        ("https://*.example.org", false),
        ("https://localhost", false),
        ("https://a..b", false),
        ("https://-a.org", false),
        ("", false),
    ] {
        assert_eq!(is_origin(origin), expected, "{origin}");
    }
}

#[test]
fn a_card_with_a_line_out_of_bounds_is_refused() {
    let refused = |change: fn(&mut LineProfile)| {
        let mut line = line();
        change(&mut line);
        assert_eq!(LineProfile::decode(&line.encode()), Err(ReadError::OutOfBounds));
    };
    refused(|line| line.name = "two\nlines".into());
    refused(|line| line.imprint.name = "a".repeat(limits::MAX_IMPRINT + 1));
    refused(|line| line.imprint.email = "a\u{202e}b".into());
    refused(|line| line.greeting = Text::one("de", "\u{0}"));
    refused(|line| line.hours = Some(Hours { week: vec![], ..Hours::closed() }));
    refused(|line| line.origins = vec!["javascript:x".into()]);
    refused(|line| line.forms = (0..=MAX_FORMS).map(|n| form(&n.to_string())).collect());
    assert!(LineProfile::decode(&[0; MAX_PROFILE + 1]).is_err());
}

#[test]
fn a_line_that_neglects_its_duties_is_shown_all_the_same() {
    let lax = LineProfile {
        imprint: Imprint::default(),
        privacy: PrivacyNotice::default(),
        languages: vec!["fr".into()],
        ..line()
    };
    assert!(lax.check().len() > 3);
    assert_eq!(LineProfile::decode(&lax.encode()), Ok(lax));
}

#[test]
fn a_form_that_cannot_be_held_does_not_take_the_line_with_it() {
    let mut odd = line();
    odd.forms.push(Form { version: 0, ..form("odd") });
    odd.forms.push(Form { version: 2, ..form("call-back") });
    assert_eq!(LineProfile::decode(&odd.encode()), Ok(line()));
}

#[test]
fn kinds_of_later_versions_are_read_as_the_most_general_ones() {
    let mut bytes = line().encode();
    assert_eq!(bytes[..3], [0x8f, 1, 3]);
    bytes[2] = 23;
    assert_eq!(LineProfile::decode(&bytes).map(|line| line.kind), Ok(LineKind::Other));
}

#[test]
fn another_text_or_version_of_a_notice_has_another_hash() {
    let notice = line().privacy;
    let other = PrivacyNotice { version: 2, ..notice.clone() };
    assert_ne!(notice.hash(), other.hash());
    assert_ne!(notice.hash(), PrivacyNotice { text: Text::one("de", "Hinweis"), ..notice.clone() }.hash());
    assert_eq!(notice.hash(), line().privacy.hash());
}
