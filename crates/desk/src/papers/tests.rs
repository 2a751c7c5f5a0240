use super::*;
use crate::line::{LineKind, LineProfile};
use crate::retention::Keep;
use crate::templates;

const HOSTILE: &str = "</title><script>alert(1)</script>\"',{}\u{0}";
/// 2026-05-01 12:00 in Germany.
const NOON: i64 = 1_777_629_600_000;

/// A copy in which everything that somebody wrote is `text`.
fn export(text: &str) -> Export {
    let own = || text.to_owned();
    let message = |direction, keep| ExportedMessage {
        at: NOON,
        direction,
        author: own(),
        text: own(),
        files: vec![ExportedFile { name: own(), media_type: own(), size: 1234 }],
        keep,
    };
    Export {
        line: own(),
        controller: own(),
        made_at: NOON,
        customer: Customer { name: own(), id: own() },
        messages: vec![
            message(Direction::FromCustomer, Keep::WhileOpen),
            message(Direction::FromLine, Keep::Until(NOON)),
            message(Direction::FromLine, Keep::Record(NOON)),
        ],
        requests: vec![ExportedRequest {
            form: own(),
            at: NOON,
            answers: own(),
            statuses: vec![(NOON, own(), own())],
            erase_at: Some(NOON),
        }],
        consents: vec![ExportedConsent {
            purpose: own(),
            text: own(),
            hash: [0xab; 32],
            version: 2,
            given_at: NOON,
            withdrawn_at: Some(NOON),
        }],
        notes: vec![Note { at: NOON, text: own() }],
        labels: vec![own(), own()],
        metadata: vec![(own(), own())],
        retention: own(),
        privacy: own(),
    }
}

fn receipt(text: &str) -> Receipt {
    Receipt {
        line: text.into(),
        controller: text.into(),
        customer: text.into(),
        asked_at: Some(NOON),
        made_at: NOON,
        erased: vec![Erased { what: What::Messages, count: 12, at: NOON }],
        kept: vec![Kept { what: What::Messages, count: 1, reason: text.into(), until: NOON }],
    }
}

/// A line in which everything that somebody wrote is `text`, as far as it shows in the list.
fn line(text: &str) -> LineProfile {
    let mut line = templates::tests::line(LineKind::Pharmacy);
    line.name = text.into();
    line.imprint.name = text.into();
    line.imprint.representative = text.into();
    line.forms[0].title = crate::text::Text::one("de", text);
    line.forms[0].fields[0].label = crate::text::Text::one("de", text);
    line
}

fn facts(text: &str) -> Facts {
    Facts { made_at: NOON, officer: text.into(), relay_operator: text.into(), sends_news: true }
}

#[test]
fn moments_are_shown_as_clocks_in_germany_show_them() {
    assert_eq!(iso(NOON + 999), "2026-05-01T12:00:00+02:00");
    assert_eq!(iso(NOON - 120 * 86_400_000), "2026-01-01T11:00:00+01:00");
    assert_eq!(shown(NOON, true), "01.05.2026, 12:00 Uhr");
    assert_eq!(shown(NOON, false), "2026-05-01, 12:00");
    let year_s_end = crate::retention::kept_until(NOON, 6);
    assert_eq!(
        (last_day(year_s_end, true), last_day(year_s_end, false)),
        ("31.12.2032".into(), "2032-12-31".into())
    );
    for at in [i64::MIN, -1, i64::MAX] {
        assert!(!last_day(at, true).is_empty());
        assert!(!iso(at).is_empty() && !shown(at, true).is_empty());
    }
}

#[test]
fn a_copy_shows_all_that_there_is_of_a_customer() {
    let german = export("Wort").html("de");
    for needed in [
        "Ihre Daten bei: Wort",
        "Nachrichten",
        "Wort (Wort)",
        "Datei: Wort (Wort, 1234 Byte)",
        "Wird gelöscht am 01.05.2026, 12:00 Uhr",
        "Geschäftsunterlage, wird aufbewahrt bis 01.05.2026",
        "Anfragen",
        "01.05.2026, 12:00 Uhr · Wort: Wort",
        "Einwilligungen",
        "Widerrufen",
        "abababab",
        "Notizen des Teams",
        "Wort, Wort",
        "Art. 15 und 20 DSGVO",
        "Was wie lange bleibt",
    ] {
        assert!(german.contains(needed), "{needed:?} is missing in {german}");
    }
    let english = export("word").html("en");
    assert!(
        english.contains("Your data at: word") && english.contains("Business record, kept until 2026-05-01<")
    );
    assert_eq!(german.matches("<article").count(), english.matches("<article").count());
}

#[test]
fn the_json_of_a_copy_holds_the_same() {
    let json = export("w").json();
    for needed in [
        r#"{"format":"kuvert-export","version":1,"made_at":"2026-05-01T12:00:00+02:00","#,
        r#""customer":{"name":"w","id":"w"}"#,
        r#"{"at":"2026-05-01T12:00:00+02:00","direction":"from_customer","author":"w","text":"w","files":[{"name":"w","media_type":"w","size":1234}],"erase_at":null,"kept":"conversation"}"#,
        r#""kept":"business_record"}"#,
        r#""statuses":[{"at":"2026-05-01T12:00:00+02:00","state":"w","note":"w"}],"erase_at":"2026-05-01T12:00:00+02:00"}"#,
        r#""withdrawn_at":"2026-05-01T12:00:00+02:00"}"#,
        r#""labels":["w","w"],"metadata":[{"name":"w","value":"w"}],"retention":"w","privacy":"w"}"#,
    ] {
        assert!(json.contains(needed), "{needed} is missing in {json}");
    }
}

#[test]
fn a_customer_of_whom_there_is_nothing_gets_an_empty_copy() {
    let empty = Export {
        messages: vec![],
        requests: vec![],
        consents: vec![],
        notes: vec![],
        labels: vec![],
        metadata: vec![],
        ..export("w")
    };
    assert!(empty.html("de").contains("Es gibt keine."));
    assert!(
        empty
            .json()
            .contains(r#""messages":[],"requests":[],"consents":[],"notes":[],"labels":[],"metadata":[]"#)
    );
}

#[test]
fn a_receipt_can_be_checked_by_its_hash() {
    let receipt = receipt("w");
    let json = receipt.json();
    let (_, rest) = json.split_once(r#""receipt":"#).expect("a receipt");
    let (body, hash) = rest.rsplit_once(r#","sha256":""#).expect("a hash");
    assert_eq!(hash, format!("{}\"}}", hex(&receipt.hash())));
    use sha2::{Digest, Sha256};
    assert_eq!(Sha256::digest(body.as_bytes())[..], receipt.hash());
    assert!(receipt.html("de").contains(&hex(&receipt.hash())));
    let other = Receipt { made_at: NOON + 1000, ..receipt.clone() };
    assert_ne!(other.hash(), receipt.hash());
}

#[test]
fn a_receipt_says_what_went_and_what_stays_until_when() {
    let german = receipt("Handelsbrief, § 147 AO").html("de-AT");
    for needed in [
        "Bestätigung der Löschung",
        "Verlangt am",
        "<dd dir=\"auto\">12</dd>",
        "Handelsbrief, § 147 AO",
        "Gesperrt und aufbewahrt bis",
    ] {
        assert!(german.contains(needed), "{needed:?} is missing in {german}");
    }
    let nothing = Receipt { erased: vec![], kept: vec![], asked_at: None, ..receipt("w") };
    assert_eq!(nothing.html("en").matches("Nothing.").count(), 2);
    assert!(nothing.json().contains(r#""asked_at":null"#));
}

#[test]
fn the_list_of_activities_follows_from_the_line() {
    let (line, facts) = (line("Wort"), facts("Dienstleister"));
    let list = Activities { line: &line, facts: &facts };
    let german = list.html("de");
    for needed in [
        "Verzeichnis der Verarbeitungstätigkeiten: Wort",
        "keine Rechtsberatung",
        "Wort GmbH",
        "Nachrichten beantworten",
        "Formular „Wort“",
        "Wort (Arzneimittel)",
        "7 Tage nach Erledigung",
        "Formular „Rückruf“",
        "Gesundheitsdaten (Art. 9 DSGVO)",
        "Zusammenarbeit im Team",
        "Geschäftsunterlagen aufbewahren",
        "6: § 147",
        "Neuigkeiten senden",
        "Dienstleister als Auftragsverarbeiter",
        "Keine.",
        "MLS, RFC 9420",
    ] {
        assert!(german.contains(needed), "{needed:?} is missing in {german}");
    }
    assert!(!german.contains("Zufriedenheit"), "it does not ask");
    let asking = LineProfile { asks_satisfaction: true, ..line.clone() };
    assert!(Activities { line: &asking, facts: &facts }.html("en").contains("Question how it was"));
    let english = list.html("en");
    assert_eq!(german.matches("<h2>").count(), english.matches("<h2>").count());
    let quiet = Facts { sends_news: false, relay_operator: String::new(), ..facts };
    let json = Activities { line: &line, facts: &quiet }.json("en");
    assert!(json.contains("the line runs the relay itself") && !json.contains("Sending news"), "{json}");
    assert!(json.starts_with(
        r#"{"format":"kuvert-activities","version":1,"language":"en","made_at":"2026-05-01T12:00:00+02:00""#
    ));
}

#[test]
fn hostile_names_and_texts_stay_texts() {
    let (line, facts) = (line(HOSTILE), facts(HOSTILE));
    let list = Activities { line: &line, facts: &facts };
    for language in ["de", "en"] {
        for html in [export(HOSTILE).html(language), receipt(HOSTILE).html(language), list.html(language)] {
            assert!(!html.contains("<script") && !html.contains('\u{0}'), "{html}");
            assert_eq!(html.matches("</title>").count(), 1);
            assert!(html.contains("&lt;/title&gt;&lt;script&gt;alert(1)&lt;/script&gt;"));
        }
    }
    for json in [export(HOSTILE).json(), receipt(HOSTILE).json(), list.json("de")] {
        assert!(!json.contains("</") && !json.contains('\u{0}'), "{json}");
        assert!(is_json(&json), "{json}");
    }
}

/// Whether quotes and brackets close as they should.
fn is_json(text: &str) -> bool {
    let (mut open, mut chars) = (Vec::new(), text.chars());
    while let Some(c) = chars.next() {
        match c {
            '"' => loop {
                match chars.next() {
                    Some('\\') => {
                        chars.next();
                    }
                    Some('"') => break,
                    Some(c) if !c.is_control() => {}
                    _ => return false,
                }
            },
            '{' => open.push('}'),
            '[' => open.push(']'),
            '}' | ']' if open.pop() != Some(c) => return false,
            _ => {}
        }
    }
    open.is_empty()
}

#[test]
fn what_a_copy_and_a_receipt_hold_is_not_logged() {
    // LOG-1
    assert_eq!(format!("{:?} {:?}", export("w"), receipt("w")), "Export(..) Receipt(..)");
}
