//! Forms of pharmacies and practices. What they ask is data about health: only what is needed, with consent, and not for long.

use super::{DAY, End, LINE, MOMENT, appointment_flow, choice, field, flow, form, note};
use crate::form::{Field, FieldKind, Form};
use crate::request::StatusFlow;
use crate::text::Text;

/// Medicines that a pharmacy has ready.
pub(super) fn pre_order() -> Form {
    form(
        "pre-order",
        Text::both("Medikamente vorbestellen", "Order medicines in advance"),
        Text::both(
            "Sagen Sie uns, was Sie brauchen. Wir antworten Ihnen, ob und wann es da ist und was es kostet. \
             Eine Vorbestellung ist unverbindlich. Bitte nennen Sie ein Produkt oder fügen Sie ein Foto \
             hinzu.",
            "Tell us what you need. We answer whether and when we have it and what it costs. Ordering in \
             advance does not bind you. Please name a product or add a photo.",
        ),
        order_fields(),
        order_flow(),
    )
    .kept(7)
}

/// What a customer asks for, and how they get it.
fn order_fields() -> Vec<Field> {
    vec![
        field("products", "Welche Produkte?", "Which products?", FieldKind::Pzn { max: 10, quantity: 20 })
            .help(
                "Die PZN ist die achtstellige Nummer auf der Packung. Der Name genügt.",
                "The PZN is the number of eight digits on the package. The name is enough.",
            ),
        field(
            "photo",
            "Foto der Packung oder des Papierrezepts",
            "Photo of the package or the paper prescription",
            FieldKind::Photo { max: 3 },
        )
        .help(
            "Bitte fotografieren Sie kein E-Rezept und keinen E-Rezept-Code: Damit könnten andere es \
                 einlösen. Ein Papierrezept brauchen wir zusätzlich im Original.",
            "Please do not photograph an e-prescription or its code: others could redeem it. Of a paper \
                 prescription we also need the original.",
        ),
        field(
            "delivery",
            "Wie möchten Sie die Ware erhalten?",
            "How would you like to get it?",
            choice(
                false,
                &[
                    ("pick-up", "Ich hole sie ab", "I pick it up"),
                    ("delivery", "Bitte liefern", "Please deliver"),
                ],
            ),
        )
        .needed(),
        field("address", "Wohin sollen wir liefern?", "Where should we deliver?", FieldKind::Place)
            .help("Nur wenn wir liefern sollen.", "Only if we should deliver."),
        field("name", "Auf welchen Namen?", "In which name?", LINE).needed(),
        field("when", "Bis wann brauchen Sie es?", "When do you need it?", MOMENT),
        note().help(
            "Zum Beispiel, ob ein anderes Produkt mit gleichem Wirkstoff infrage kommt.",
            "For instance whether another product with the same active substance is fine.",
        ),
        field(
            "consent",
            "Einwilligung",
            "Consent",
            FieldKind::Consent {
                text: health_consent("meine Vorbestellung zu bearbeiten", "handle my order"),
            },
        )
        .needed(),
    ]
}

/// An order that is fetched or brought.
fn order_flow() -> StatusFlow {
    flow(
        &[
            ("new", "Eingegangen", "Received", End::Goes),
            ("ordered", "Bestellt", "Ordered", End::Goes),
            ("ready", "Liegt zur Abholung bereit", "Ready for pick-up", End::Goes),
            ("on-its-way", "Der Botendienst ist unterwegs", "On its way", End::Goes),
            ("done", "Abgeholt oder geliefert", "Picked up or delivered", End::Done),
            ("declined", "Leider nicht möglich", "Not possible", End::Done),
            ("cancelled", "Storniert", "Cancelled", End::Done),
        ],
        &[
            (0, 1),
            (0, 2),
            (0, 3),
            (0, 5),
            (0, 6),
            (1, 2),
            (1, 3),
            (1, 5),
            (1, 6),
            (2, 3),
            (2, 4),
            (2, 6),
            (3, 2),
            (3, 4),
            (3, 6),
        ],
    )
}

/// An appointment at a practice.
pub(super) fn appointment() -> Form {
    let fields = vec![
        field(
            "reason",
            "Worum geht es?",
            "What is it about?",
            choice(
                false,
                &[
                    ("first", "Erster Besuch", "First visit"),
                    ("follow-up", "Kontrolltermin", "Follow-up"),
                    ("check-up", "Vorsorge oder Impfung", "Check-up or vaccination"),
                    ("complaint", "Beschwerden", "Complaints"),
                    ("paper", "Überweisung oder Bescheinigung", "Referral or certificate"),
                    ("other", "Etwas anderes", "Something else"),
                ],
            ),
        )
        .needed(),
        field("name", "Vor- und Nachname", "First and last name", LINE).needed(),
        field("birth", "Geburtsdatum", "Date of birth", DAY)
            .help("Damit wir Sie nicht verwechseln.", "So that we do not mistake you for somebody else.")
            .needed(),
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
        note().help(
            "Bitte nur, was wir für den Termin wissen müssen.",
            "Please only what we need to know for the appointment.",
        ),
        field(
            "consent",
            "Einwilligung",
            "Consent",
            FieldKind::Consent {
                text: health_consent(
                    "meine Terminanfrage zu bearbeiten",
                    "handle my request for an appointment",
                ),
            },
        )
        .needed(),
    ];
    form(
        "appointment",
        Text::both("Termin anfragen", "Ask for an appointment"),
        Text::both(
            "Der Termin gilt erst, wenn wir ihn bestätigt haben. In einem Notfall rufen Sie bitte die 112 \
             an.",
            "The appointment stands only when we have confirmed it. In an emergency, please call 112.",
        ),
        fields,
        appointment_flow(),
    )
    .kept(14)
}

/// Consent under Art. 9 (2) (a) GDPR, for a purpose.
fn health_consent(german: &str, english: &str) -> Text {
    Text::both(
        &format!(
            "Ich willige ein, dass meine Angaben zu meiner Gesundheit, auch auf Fotos, verarbeitet werden, \
             um {german}. Ich kann die Einwilligung jederzeit mit einer Nachricht hier widerrufen; was bis \
             dahin geschehen ist, bleibt rechtmäßig."
        ),
        &format!(
            "I consent to the processing of what I tell about my health, also in photos, in order to \
             {english}. I can take this consent back at any time by a message here; what was done until \
             then remains lawful."
        ),
    )
}
