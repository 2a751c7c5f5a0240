//! What a line can begin with: forms, canned answers, notices and texts for each kind of business, in German and English.
//!
//! Everything here is a proposal that somebody looks at before it is published. Texts about law are no legal advice; drafts of
//! privacy notices say so on their first line, and [`crate::line::LineProfile::check`] names them until they were looked at.

mod canned;
mod forms;
mod privacy;

pub use canned::{Canned, canned};
pub use forms::forms;
pub use privacy::{is_draft, privacy, privacy_notice};

use crate::form::Form;
use crate::line::{LineKind, LineProfile, Readers};
use crate::retention::Days;
use crate::text::Text;

/// What the templates speak.
pub const LANGUAGES: [&str; 2] = ["de", "en"];

/// Whether a language is German; all others get English.
pub(crate) fn is_german(language: &str) -> bool {
    language.split('-').next().is_some_and(|main| main.eq_ignore_ascii_case("de"))
}

/// How long the conversations of such a line stay after they are done, if it decides nothing else.
pub const fn retention(kind: LineKind) -> Days {
    Days(match kind {
        LineKind::Taxi => 7,
        LineKind::Pharmacy | LineKind::Cinema | LineKind::Restaurant => 14,
        LineKind::Bank | LineKind::Practice | LineKind::Other => 30,
        LineKind::Authority => 60,
    })
}

/// What customers see before they write.
pub fn greeting(kind: LineKind) -> Text {
    match kind {
        LineKind::Pharmacy => Text::both(
            "Guten Tag! Hier können Sie Medikamente vorbestellen und uns Fragen stellen. Bitte senden Sie \
             hier keine E-Rezept-Codes: Dafür gibt es Ihre Gesundheitskarte, die E-Rezept-App und den \
             Ausdruck. In einem Notfall rufen Sie bitte die 112 an.",
            "Hello! Here you can order medicines in advance and ask us questions. Please do not send \
             e-prescription codes here: use your health card, the e-prescription app or the printout. In an \
             emergency, please call 112.",
        ),
        LineKind::Bank => Text::both(
            "Guten Tag! Hier erreichen Sie unser Team. Bitte schreiben Sie uns keine PIN, TAN oder \
             Passwörter: Danach fragen wir nie. Aufträge wie Überweisungen nehmen wir hier nicht an.",
            "Hello! This is where you reach our team. Please never write us a PIN, a TAN or a password: we \
             never ask for them. We do not take orders such as payments here.",
        ),
        LineKind::Cinema => Text::both(
            "Guten Tag! Hier können Sie Plätze reservieren und uns Fragen zum Programm stellen.",
            "Hello! Here you can reserve seats and ask us about the programme.",
        ),
        LineKind::Restaurant => Text::both(
            "Guten Tag! Hier können Sie einen Tisch reservieren und uns Fragen stellen.",
            "Hello! Here you can reserve a table and ask us questions.",
        ),
        LineKind::Taxi => Text::both(
            "Guten Tag! Hier können Sie ein Taxi bestellen. Wir melden uns, sobald ein Wagen Ihre Fahrt \
             übernimmt.",
            "Hello! Here you can order a taxi. We get back to you as soon as a car takes your ride.",
        ),
        LineKind::Practice => Text::both(
            "Guten Tag! Hier können Sie einen Termin anfragen und uns Fragen stellen. Diese Nachrichten \
             werden nicht ständig gelesen: In einem Notfall rufen Sie bitte die 112 an, außerhalb der \
             Sprechzeiten den ärztlichen Bereitschaftsdienst unter 116117.",
            "Hello! Here you can ask for an appointment and send us questions. These messages are not read \
             all the time: in an emergency, please call 112, and outside of consulting hours the medical \
             on-call service at 116117.",
        ),
        LineKind::Authority => Text::both(
            "Guten Tag! Hier können Sie einen Termin anfragen und uns Fragen stellen. Anträge und \
             Widersprüche, für die das Gesetz eine bestimmte Form verlangt, können Sie hier nicht wirksam \
             einreichen.",
            "Hello! Here you can ask for an appointment and send us questions. Applications and objections \
             for which the law demands a certain form cannot be filed here.",
        ),
        LineKind::Other => {
            Text::both("Guten Tag! Womit können wir Ihnen helfen?", "Hello! How can we help you?")
        }
    }
}

/// What customers see while nobody is there.
pub fn away(kind: LineKind) -> Text {
    let (german, english) = match kind {
        LineKind::Pharmacy => (
            " Welche Apotheke gerade Notdienst hat, erfahren Sie unter der Telefonnummer 0800 0022833. In \
             einem Notfall rufen Sie bitte die 112 an.",
            " To find out which pharmacy is on emergency duty in Germany, call 0800 0022833. In an \
             emergency, please call 112.",
        ),
        LineKind::Practice => (
            " In einem Notfall rufen Sie bitte die 112 an, in dringenden Fällen den ärztlichen \
             Bereitschaftsdienst unter 116117.",
            " In an emergency, please call 112, and in urgent cases the medical on-call service at 116117.",
        ),
        LineKind::Bank => (
            " Karten und Onlinebanking sperren Sie jederzeit unter der Telefonnummer 116116.",
            " You can block cards and online banking in Germany at any time by calling 116116.",
        ),
        _ => ("", ""),
    };
    Text::both(
        &format!(
            "Im Moment ist niemand da. Ihre Nachricht ist angekommen, und wir antworten Ihnen, sobald wir \
             wieder für Sie da sind.{german}"
        ),
        &format!(
            "Nobody is here right now. Your message has arrived, and we will answer as soon as we are \
             back.{english}"
        ),
    )
}

/// Who reads what a customer writes, in one or two sentences.
pub fn readers(line: &LineProfile, language: &str) -> String {
    let name = &line.name;
    match (line.readers, is_german(language)) {
        (Readers::Team, true) => format!("Ihre Nachrichten liest das Team von {name}."),
        (Readers::Team, false) => format!("The team of {name} reads your messages."),
        (Readers::WhoAnswers, true) => format!(
            "Ihre Nachrichten liest die Person aus dem Team von {name}, die Ihnen antwortet, und wer das Team \
             leitet. Andere aus dem Team lesen sie, wenn sie die Unterhaltung übernehmen."
        ),
        (Readers::WhoAnswers, false) => format!(
            "The member of the team of {name} who answers you reads your messages, and so does who leads the \
             team. Other members read them when they take the conversation over."
        ),
    }
}

/// What is kept for how long, for customers: the line's conversations, its forms that differ, and business records.
pub fn kept(line: &LineProfile, language: &str) -> String {
    let german = is_german(language);
    let mut text = if german {
        format!(
            "Ist Ihr Anliegen erledigt, wird die Unterhaltung {} auf Ihrem Gerät und bei uns gelöscht.",
            german_days(line.retention)
        )
    } else {
        format!(
            "Once your request is settled, the conversation is erased {}, on your device and on ours.",
            english_days(line.retention)
        )
    };
    for (form, days) in line.forms.iter().filter_map(|form| Some((form, differing(form, line)?))) {
        let title = form.title.get(language);
        text.push_str(&if german {
            format!(" Anfragen mit dem Formular „{title}“ werden {} gelöscht.", german_days(days))
        } else {
            format!(" Requests made with the form “{title}” are erased {}.", english_days(days))
        });
    }
    text.push_str(if german {
        " Einzelne Nachrichten, die wir als Geschäftsunterlagen aufbewahren müssen, zum Beispiel \
         Bestellungen und Rechnungen, behalten wir so lange, wie es das Gesetz verlangt: sechs, acht oder \
         zehn Jahre ab dem Ende des Kalenderjahres."
    } else {
        " Single messages that we have to keep as business records, such as orders and invoices, we keep \
         for as long as the law demands: six, eight or ten years from the end of the calendar year."
    });
    text
}

fn differing(form: &Form, line: &LineProfile) -> Option<Days> {
    form.retention.filter(|days| *days != line.retention)
}

fn german_days(days: Days) -> String {
    match days.0 {
        0 => "sofort".into(),
        1 => "einen Tag danach".into(),
        days => format!("{days} Tage danach"),
    }
}

fn english_days(days: Days) -> String {
    match days.0 {
        0 => "at once".into(),
        1 => "after one day".into(),
        days => format!("after {days} days"),
    }
}

#[cfg(test)]
pub(crate) mod tests;
