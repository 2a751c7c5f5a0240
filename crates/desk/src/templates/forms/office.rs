//! Forms of offices of any kind.

use super::{DAY, End, LINE, appointment_flow, choice, field, flow, form, note};
use crate::form::{Field, Form};
use crate::text::Text;

fn day_and_time() -> [Field; 2] {
    [
        field("day", "An welchem Tag passt es Ihnen?", "Which day suits you?", DAY),
        field(
            "time",
            "Zu welcher Tageszeit?",
            "At what time of day?",
            choice(
                true,
                &[
                    ("morning", "Vormittags", "In the morning"),
                    ("afternoon", "Nachmittags", "In the afternoon"),
                    ("evening", "Abends", "In the evening"),
                ],
            ),
        ),
    ]
}

/// An appointment at a bank.
pub(super) fn bank_appointment() -> Form {
    let [day, time] = day_and_time();
    let fields = vec![
        field(
            "topic",
            "Worum geht es?",
            "What is it about?",
            choice(
                false,
                &[
                    ("account", "Konto und Karte", "Account and card"),
                    ("online", "Onlinebanking", "Online banking"),
                    ("saving", "Sparen und Anlegen", "Saving and investing"),
                    ("loan", "Kredit", "Loan"),
                    ("home", "Bauen und Wohnen", "Building and housing"),
                    ("estate", "Nachlass und Vollmacht", "Estate and power of attorney"),
                    ("other", "Etwas anderes", "Something else"),
                ],
            ),
        )
        .needed(),
        field(
            "where",
            "Wie möchten Sie mit uns sprechen?",
            "How would you like to talk to us?",
            choice(
                false,
                &[
                    ("branch", "In der Filiale", "At the branch"),
                    ("telephone", "Am Telefon", "By telephone"),
                    ("video", "Per Video", "By video"),
                ],
            ),
        )
        .needed(),
        field("name", "Vor- und Nachname", "First and last name", LINE).needed(),
        day,
        time,
        note().help(
            "Bitte keine PIN, TAN, Passwörter, Konto- oder Kartennummern. Aufträge nehmen wir hier nicht \
             an.",
            "Please no PIN, TAN, passwords, account or card numbers. We take no orders here.",
        ),
    ];
    form(
        "appointment",
        Text::both("Beratungstermin anfragen", "Ask for a consultation"),
        Text::both(
            "Der Termin gilt erst, wenn wir ihn bestätigt haben. Beraten werden Sie dann im Gespräch, nicht \
             im Chat.",
            "The appointment stands only when we have confirmed it. Advice is given in person, not in the \
             chat.",
        ),
        fields,
        appointment_flow(),
    )
}

/// An appointment at a public authority.
pub(super) fn authority_appointment() -> Form {
    let [day, time] = day_and_time();
    let fields = vec![
        field(
            "matter",
            "Worum geht es?",
            "What is it about?",
            choice(
                false,
                &[
                    ("identity", "Personalausweis oder Reisepass", "Identity card or passport"),
                    ("residence", "An-, Ab- oder Ummeldung", "Registration of residence"),
                    ("certificate", "Urkunde oder Bescheinigung", "Deed or certificate"),
                    ("vehicle", "Fahrzeug oder Führerschein", "Vehicle or driving licence"),
                    ("family", "Heirat, Geburt, Sterbefall", "Marriage, birth, death"),
                    ("other", "Etwas anderes", "Something else"),
                ],
            ),
        )
        .needed(),
        field("name", "Vor- und Nachname", "First and last name", LINE).needed(),
        day,
        time,
        field(
            "access",
            "Was brauchen Sie vor Ort?",
            "What do you need at our office?",
            choice(
                true,
                &[
                    ("step-free", "Stufenloser Zugang", "Step-free access"),
                    ("sign", "Gebärdensprache", "Sign language"),
                    ("plain", "Leichte Sprache", "Plain language"),
                    ("interpreter", "Dolmetschen", "An interpreter"),
                ],
            ),
        ),
        note().help(
            "Bitte senden Sie uns hier keine Kopien von Ausweisen.",
            "Please send us no copies of identity documents here.",
        ),
    ];
    form(
        "appointment",
        Text::both("Termin anfragen", "Ask for an appointment"),
        Text::both(
            "Der Termin gilt erst, wenn wir ihn bestätigt haben. Mit dieser Anfrage stellen Sie keinen \
             Antrag.",
            "The appointment stands only when we have confirmed it. This request is no application.",
        ),
        fields,
        appointment_flow(),
    )
}

/// A call back.
pub(super) fn call_back() -> Form {
    let statuses = flow(
        &[
            ("new", "Eingegangen", "Received", End::Goes),
            ("tried", "Nicht erreicht", "Not reached", End::Goes),
            ("done", "Erledigt", "Done", End::Done),
            ("cancelled", "Zurückgezogen", "Withdrawn", End::Done),
        ],
        &[(0, 1), (0, 2), (0, 3), (1, 2), (1, 3)],
    );
    let fields = vec![
        field("number", "Unter welcher Nummer erreichen wir Sie?", "At which number can we reach you?", LINE)
            .needed(),
        field("name", "Nach wem sollen wir fragen?", "Whom should we ask for?", LINE),
        field(
            "time",
            "Wann passt es Ihnen?",
            "When does it suit you?",
            choice(
                true,
                &[
                    ("morning", "Vormittags", "In the morning"),
                    ("noon", "Mittags", "Around noon"),
                    ("afternoon", "Nachmittags", "In the afternoon"),
                    ("evening", "Abends", "In the evening"),
                ],
            ),
        ),
        field("topic", "Worum geht es?", "What is it about?", super::NOTE),
    ];
    form(
        "call-back",
        Text::both("Rückruf", "Call back"),
        Text::both("Wir rufen Sie an.", "We call you."),
        fields,
        statuses,
    )
    .kept(7)
}
