//! Drafts of privacy notices (Art. 13 GDPR), filled in with what a line says of itself.

use crate::form::FieldKind;
use crate::imprint::Imprint;
use crate::line::{LineKind, LineProfile, PrivacyNotice};
use crate::text::{Text, flat};

use super::{is_german, kept, readers};

/// Where every draft begins: who publishes the line has read it when this is gone.
const DRAFT: [&str; 2] = [
    "ENTWURF: Bitte prüfen Sie diesen Text und passen Sie ihn an, ergänzen Sie, was in eckigen Klammern \
     steht, und löschen Sie dann diese Zeile. Er ist keine Rechtsberatung.",
    "DRAFT: Please check and adapt this text, add what stands in square brackets, and then delete this \
     line. It is no legal advice.",
];

/// What is to be filled in: who protects data, on which law a public task rests, who runs the relay.
const OFFICER: [&str; 2] = [
    "[Kontaktdaten der oder des Datenschutzbeauftragten, falls es eine oder einen gibt]",
    "[How to reach the data protection officer, if there is one]",
];
const TASK: [&str; 2] = ["[Rechtsgrundlage der Aufgabe]", "[legal basis of the task]"];
const OPERATOR: [&str; 2] = [
    "[wir selbst oder Name des Dienstleisters, mit Vertrag nach Art. 28 DSGVO]",
    "[ourselves, or name of the provider, with a contract under Art. 28 GDPR]",
];

/// Whether a notice is still a draft that nobody has looked at: its first line or something to be filled in is left, in any
/// language.
pub fn is_draft(text: &Text) -> bool {
    let left = |text: &str| [DRAFT, OFFICER, TASK, OPERATOR].iter().flatten().any(|left| text.contains(left));
    text.0.iter().any(|(_, text)| left(text))
}

/// A draft of a line's privacy notice in German and English, one version after the line's own.
pub fn privacy_notice(line: &LineProfile) -> PrivacyNotice {
    PrivacyNotice {
        version: line.privacy.version.saturating_add(1),
        text: Text::both(&privacy(line, "de"), &privacy(line, "en")),
    }
}

/// A draft of a line's privacy notice in German or else in English.
pub fn privacy(line: &LineProfile, language: &str) -> String {
    let german = is_german(language);
    let place = usize::from(!german);
    let mut text = DRAFT[place].to_owned();
    let mut section = |heading: [&str; 2], body: String| {
        text.push_str(&format!("\n\n{}\n{body}", heading[place]));
    };
    section(["Wer verantwortlich ist", "Who is responsible"], controller(&line.imprint, german));
    section(["Wozu wir Ihre Angaben verarbeiten", "What we process your data for"], purposes(line, german));
    section(["Auf welcher Grundlage", "On which basis"], bases(line, german));
    section(["Wer Ihre Nachrichten liest", "Who reads your messages"], recipients(line, language));
    section(
        ["Wie Ihre Nachrichten geschützt sind", "How your messages are protected"],
        PROTECTION[place].into(),
    );
    section(["Wie lange wir etwas behalten", "How long we keep things"], kept(line, language));
    section(["Ihre Rechte", "Your rights"], RIGHTS[place].into());
    section(["Was Sie angeben müssen", "What you have to tell"], DUTY[place].into());
    text
}

fn controller(imprint: &Imprint, german: bool) -> String {
    let city = format!("{} {}", imprint.zip, imprint.city);
    let mut lines = vec![
        imprint.full_name(),
        imprint.street.clone(),
        city,
        imprint.email.clone(),
        imprint.contact.clone(),
    ];
    let represented = if german { "Vertreten durch: " } else { "Represented by: " };
    if !imprint.representative.is_empty() {
        lines.insert(1, format!("{represented}{}", imprint.representative));
    }
    lines.push(OFFICER[usize::from(!german)].into());
    let lines = lines.iter().map(|line| flat(line)).filter(|line| !line.trim().is_empty());
    lines.collect::<Vec<_>>().join("\n")
}

fn purposes(line: &LineProfile, german: bool) -> String {
    let language = if german { "de" } else { "en" };
    let titles: Vec<_> = line.forms.iter().map(|form| flat(form.title.get(language))).collect();
    let mut text = if german {
        "Wir verarbeiten, was Sie uns schreiben und senden, um Ihre Fragen zu beantworten und Ihre Anfragen \
         zu bearbeiten."
            .to_owned()
    } else {
        "We process what you write and send us in order to answer your questions and to handle your \
         requests."
            .to_owned()
    };
    if !titles.is_empty() {
        let titles = titles.join(", ");
        text.push_str(&if german {
            format!(" Dafür gibt es diese Formulare: {titles}.")
        } else {
            format!(" There are forms for this: {titles}.")
        });
    }
    if line.asks_satisfaction {
        text.push_str(if german {
            " Haben Sie eingewilligt, fragen wir Sie danach, wie zufrieden Sie waren."
        } else {
            " If you consented, we ask you afterwards how satisfied you were."
        });
    }
    text.push_str(if german {
        " Außer Ihren Nachrichten und dem Namen, den Sie selbst wählen, erfahren wir den öffentlichen \
         Schlüssel Ihres Geräts, um Ihnen verschlüsselt zu antworten. Eine Telefonnummer oder \
         E-Mail-Adresse brauchen Sie nicht. Es gibt keine automatisierten Entscheidungen und kein Profiling."
    } else {
        " Beside your messages and the name that you choose yourself, we learn the public key of your \
         device, in order to answer you with encryption. You need neither a telephone number nor an e-mail \
         address. There are no automated decisions and there is no profiling."
    });
    text
}

fn bases(line: &LineProfile, german: bool) -> String {
    let place = usize::from(!german);
    let mut bases = vec![];
    bases.push(if line.kind == LineKind::Authority {
        [
            format!(
                "Wir nehmen eine öffentliche Aufgabe wahr (Art. 6 Abs. 1 Buchst. e DSGVO in Verbindung \
                mit {}).",
                TASK[0]
            ),
            format!("We perform a public task (Art. 6 (1) (e) GDPR together with {}).", TASK[1]),
        ]
    } else {
        [
            "Fragen zu einem Vertrag, Bestellungen und Termine: Vertrag und was ihm vorausgeht (Art. 6 Abs. \
             1 Buchst. b DSGVO). Alle anderen Fragen: unser berechtigtes Interesse, Ihnen zu antworten \
             (Buchst. f)."
                .to_owned(),
            "Questions about a contract, orders and appointments: the contract and what leads to it (Art. 6 \
             (1) (b) GDPR). All other questions: our legitimate interest in answering you (f)."
                .to_owned(),
        ]
    });
    if matches!(line.kind, LineKind::Pharmacy | LineKind::Practice) {
        bases.push([
            "Angaben zu Ihrer Gesundheit: Ihre ausdrückliche Einwilligung (Art. 9 Abs. 2 Buchst. a DSGVO) \
             oder Ihre Versorgung (Buchst. h). Alle, die bei uns damit umgehen, sind zur Verschwiegenheit \
             verpflichtet."
                .to_owned(),
            "Data about your health: your explicit consent (Art. 9 (2) (a) GDPR) or your care (h). \
             Everybody here who handles it is bound to secrecy."
                .to_owned(),
        ]);
    }
    let has_consent = line
        .forms
        .iter()
        .flat_map(|form| &form.fields)
        .any(|field| matches!(field.kind, FieldKind::Consent { .. }));
    if has_consent || line.asks_satisfaction {
        bases.push([
            "Wozu wir Sie um Einwilligung bitten: Ihre Einwilligung (Art. 6 Abs. 1 Buchst. a DSGVO). Sie \
             können sie jederzeit mit einer Nachricht hier widerrufen; was bis dahin geschehen ist, bleibt \
             rechtmäßig."
                .to_owned(),
            "What we ask your consent for: your consent (Art. 6 (1) (a) GDPR). You can take it back at any \
             time by a message here; what was done until then remains lawful."
                .to_owned(),
        ]);
    }
    bases.push([
        "Was wir aufbewahren müssen: gesetzliche Pflicht (Art. 6 Abs. 1 Buchst. c DSGVO mit § 147 AO und § \
         257 HGB)."
            .to_owned(),
        "What we have to keep: a legal obligation (Art. 6 (1) (c) GDPR with § 147 AO and § 257 HGB of \
         German law)."
            .to_owned(),
    ]);
    bases.iter().map(|both| format!("- {}", both[place])).collect::<Vec<_>>().join("\n")
}

fn recipients(line: &LineProfile, language: &str) -> String {
    let who = readers(line, language);
    let others = if is_german(language) {
        format!(
            "An andere geben wir nichts weiter, außer wenn das Gesetz es verlangt oder Sie es möchten. Das \
             Relais, das die Nachrichten überträgt, betreibt {}; es kann sie nicht lesen. Eine Übermittlung \
             in Länder außerhalb der Europäischen Union findet nicht statt.",
            OPERATOR[0]
        )
    } else {
        format!(
            "We pass nothing on to others, unless the law demands it or you wish it. The relay that carries \
             the messages is run by {}; it cannot read them. Nothing is transferred to countries outside of \
             the European Union.",
            OPERATOR[1]
        )
    };
    format!("{who} {others}")
}

const PROTECTION: [&str; 2] = [
    "Nachrichten sind Ende-zu-Ende-verschlüsselt: Nur Ihre Geräte und unsere können sie lesen. Das Relais \
     sieht weder Inhalte noch Namen und speichert verschlüsselte Nachrichten nur, bis sie zugestellt sind, \
     längstens 30 Tage. Netzwerkadressen schreibt es nicht auf.",
    "Messages are encrypted from end to end: only your devices and ours can read them. The relay sees \
     neither contents nor names, and stores encrypted messages only until they are delivered, for 30 days \
     at most. It does not write network addresses down.",
];

const RIGHTS: [&str; 2] = [
    "Sie können Auskunft und eine Kopie Ihrer Daten verlangen (Art. 15 und 20 DSGVO), ihre Berichtigung \
     (Art. 16), ihre Löschung (Art. 17) und dass wir ihre Verarbeitung einschränken (Art. 18). Aus Gründen, \
     die in Ihrer besonderen Situation liegen, können Sie der Verarbeitung widersprechen, der Werbung \
     jederzeit ohne Gründe (Art. 21). Es genügt eine Nachricht hier. Sie können sich auch bei einer \
     Datenschutzaufsichtsbehörde beschweren (Art. 77), zum Beispiel bei der an Ihrem Wohnort oder an \
     unserem Sitz.",
    "You can demand access to your data and a copy of it (Art. 15 and 20 GDPR), its rectification (Art. \
     16), its erasure (Art. 17) and that we restrict its processing (Art. 18). On grounds relating to your \
     particular situation you can object to the processing, and to advertising at any time without grounds \
     (Art. 21). A message here is enough. You can also lodge a complaint with a data protection authority \
     (Art. 77), for instance the one where you live or where we are.",
];

const DUTY: [&str; 2] = [
    "Sie sind zu keinen Angaben verpflichtet. Was in einem Formular als erforderlich bezeichnet ist, \
     brauchen wir, um Ihre Anfrage zu bearbeiten.",
    "You are not obliged to tell us anything. What a form marks as required we need in order to handle your \
     request.",
];
