//! Canned answers that a team can begin with.

use crate::line::LineKind;

use super::is_german;

/// A prepared answer. `{name}` stands for the customer, `{line}` for the line, `{agent}` for who answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Canned {
    /// What the team calls it.
    pub title: &'static str,
    /// In which language it is.
    pub language: &'static str,
    /// What it says.
    pub text: &'static str,
}

/// Title and text, in German and in English.
type Both = [(&'static str, &'static str); 2];

/// Canned answers for a kind of business, in German or else in English: its own ones first, then those for everybody.
pub fn canned(kind: LineKind, language: &str) -> Vec<Canned> {
    let (place, language) = if is_german(language) { (0, "de") } else { (1, "en") };
    let in_language = |both: &Both| Canned { title: both[place].0, language, text: both[place].1 };
    own(kind).iter().chain(GENERAL).map(in_language).collect()
}

const fn own(kind: LineKind) -> &'static [Both] {
    match kind {
        LineKind::Pharmacy => PHARMACY,
        LineKind::Bank => BANK,
        LineKind::Cinema => CINEMA,
        LineKind::Restaurant => RESTAURANT,
        LineKind::Taxi => TAXI,
        LineKind::Practice => PRACTICE,
        LineKind::Authority => AUTHORITY,
        LineKind::Other => &[],
    }
}

const GENERAL: &[Both] = &[
    [
        ("Begrüßung", "Guten Tag {name}, hier ist {agent} von {line}. Womit kann ich Ihnen helfen?"),
        ("Greeting", "Hello {name}, this is {agent} of {line}. How can I help you?"),
    ],
    [
        (
            "Wir kümmern uns",
            "Vielen Dank für Ihre Nachricht. Wir kümmern uns darum und melden uns bei Ihnen.",
        ),
        ("We see to it", "Thank you for your message. We see to it and get back to you."),
    ],
    [
        (
            "Bitte um Geduld",
            "Im Moment schreiben uns viele. Es dauert noch etwas, wir haben Sie nicht vergessen.",
        ),
        (
            "Please be patient",
            "Many people are writing to us right now. It takes a little longer, we have not forgotten you.",
        ),
    ],
    [
        ("Nachfrage", "Damit ich Ihnen helfen kann, brauche ich noch eine Angabe: "),
        ("One more question", "To help you, I need to know one more thing: "),
    ],
    [
        (
            "Bitte anrufen",
            "Das besprechen wir am besten am Telefon. Bitte rufen Sie uns an, oder nutzen Sie hier das \
             Formular „Rückruf“.",
        ),
        (
            "Please call",
            "We had better talk about this by telephone. Please call us, or use the form “Call back” here.",
        ),
    ],
    [
        (
            "Verabschiedung",
            "Gern geschehen. Wenn noch etwas ist, schreiben Sie uns einfach. Freundliche Grüße, {agent} von \
             {line}",
        ),
        (
            "Goodbye",
            "You are welcome. If there is anything else, just write to us. Kind regards, {agent} of {line}",
        ),
    ],
];

const PHARMACY: &[Both] = &[
    [
        (
            "Liegt bereit",
            "Guten Tag {name}, Ihre Bestellung liegt zur Abholung bereit. Freundliche Grüße, {line}",
        ),
        ("Ready", "Hello {name}, your order is ready for pick-up. Kind regards, {line}"),
    ],
    [
        (
            "Wird bestellt",
            "Das haben wir nicht vorrätig. Wir bestellen es und geben Ihnen Bescheid, sobald es da ist.",
        ),
        ("Being ordered", "We do not have this in stock. We order it and tell you as soon as it is here."),
    ],
    [
        (
            "Kein E-Rezept hier",
            "E-Rezepte dürfen wir hier nicht annehmen. Bitte nutzen Sie Ihre Gesundheitskarte, die \
             E-Rezept-App oder den Ausdruck bei uns in der Apotheke.",
        ),
        (
            "No e-prescription here",
            "We may not take e-prescriptions here. Please use your health card, the e-prescription app or \
             the printout at our pharmacy.",
        ),
    ],
    [
        (
            "Original mitbringen",
            "Bitte bringen Sie das Rezept im Original mit: Ohne dieses dürfen wir das Medikament nicht \
             abgeben.",
        ),
        (
            "Bring the original",
            "Please bring the original prescription: without it we may not hand out the medicine.",
        ),
    ],
    [
        (
            "Beratung",
            "Das möchte ich gern mit Ihnen persönlich besprechen. Bitte kommen Sie vorbei oder rufen Sie \
             uns an.",
        ),
        ("Advice", "I would like to talk with you about this in person. Please come by or call us."),
    ],
];

const BANK: &[Both] = &[
    [
        (
            "Keine Aufträge im Chat",
            "Aufträge wie Überweisungen nehmen wir hier nicht an. Bitte nutzen Sie das Onlinebanking, oder \
             kommen Sie in die Filiale.",
        ),
        (
            "No orders in the chat",
            "We do not take orders such as payments here. Please use online banking, or come to the branch.",
        ),
    ],
    [
        (
            "Keine Zugangsdaten",
            "Bitte senden Sie uns keine PIN, TAN oder Passwörter. Danach fragen wir nie. Haben Sie sie \
             jemandem genannt, sperren Sie Ihren Zugang bitte sofort unter 116116.",
        ),
        (
            "No credentials",
            "Please send us no PIN, TAN or passwords. We never ask for them. If you told them to somebody, \
             please block your access at once by calling 116116.",
        ),
    ],
    [
        (
            "Termin zur Beratung",
            "Dazu beraten wir Sie gern persönlich. Bitte schlagen Sie uns hier mit dem Formular \
             „Beratungstermin anfragen“ eine Zeit vor.",
        ),
        (
            "Consultation",
            "We would like to advise you on this in person. Please propose a time with the form “Ask for a \
             consultation” here.",
        ),
    ],
    [
        ("Unterlagen mitbringen", "Bitte bringen Sie zu unserem Termin Ihren Ausweis mit."),
        ("Bring your papers", "Please bring your identity card to our appointment."),
    ],
];

const CINEMA: &[Both] = &[
    [
        (
            "Plätze reserviert",
            "Ihre Plätze sind reserviert. Bitte holen Sie die Karten bis 30 Minuten vor Beginn ab.",
        ),
        (
            "Seats reserved",
            "Your seats are reserved. Please pick up the tickets up to 30 minutes before the beginning.",
        ),
    ],
    [
        ("Ausverkauft", "Diese Vorstellung ist leider ausverkauft. Sollen wir eine andere vorschlagen?"),
        ("Sold out", "This performance is sold out. Should we propose another one?"),
    ],
    [
        (
            "Altersfreigabe",
            "Bitte denken Sie an einen Altersnachweis. Ohne ihn dürfen wir Kinder und Jugendliche nicht in \
             jede Vorstellung lassen.",
        ),
        (
            "Age rating",
            "Please bring a proof of age. Without it we may not let children and young people into every \
             performance.",
        ),
    ],
];

const RESTAURANT: &[Both] = &[
    [
        (
            "Tisch bestätigt",
            "Guten Tag {name}, Ihr Tisch ist reserviert. Wir freuen uns auf Sie! Ihr Team von {line}",
        ),
        (
            "Table confirmed",
            "Hello {name}, your table is reserved. We look forward to seeing you! Your team of {line}",
        ),
    ],
    [
        (
            "Kein Tisch frei",
            "Zu dieser Zeit ist leider kein Tisch frei. Passt es Ihnen früher, später oder an einem anderen \
             Tag?",
        ),
        (
            "No table",
            "There is no table available at that time. Would it suit you earlier, later or on another day?",
        ),
    ],
    [
        ("Verspätung", "Danke für Ihre Nachricht. Wir halten Ihren Tisch 15 Minuten frei."),
        ("Delay", "Thank you for telling us. We keep your table for 15 minutes."),
    ],
];

const TAXI: &[Both] = &[
    [
        ("Wagen kommt", "Ihr Wagen ist unterwegs. Bitte kommen Sie zum Abholort."),
        ("The car is coming", "Your car is on its way. Please come to where we pick you up."),
    ],
    [
        ("Wagen wartet", "Ihr Wagen steht für Sie bereit."),
        ("The car is waiting", "Your car is waiting for you."),
    ],
    [
        (
            "Kein Wagen frei",
            "Leider ist gerade kein Wagen frei. Sollen wir es in einigen Minuten noch einmal versuchen?",
        ),
        ("No car", "There is no car available right now. Should we try again in some minutes?"),
    ],
    [
        (
            "Fundsache",
            "Wir fragen nach, ob etwas gefunden wurde. Wann und wo sind Sie gefahren, und was vermissen \
             Sie?",
        ),
        (
            "Lost and found",
            "We ask whether something was found. When and where did you ride, and what do you miss?",
        ),
    ],
];

const PRACTICE: &[Both] = &[
    [
        (
            "Termin bestätigt",
            "Guten Tag {name}, Ihr Termin ist bestätigt. Bitte bringen Sie Ihre Gesundheitskarte mit. \
             {line}",
        ),
        (
            "Appointment confirmed",
            "Hello {name}, your appointment is confirmed. Please bring your health card. {line}",
        ),
    ],
    [
        (
            "Notfall",
            "Hier können wir Ihre Beschwerden nicht beurteilen. In einem Notfall rufen Sie bitte die 112 \
             an, in dringenden Fällen den ärztlichen Bereitschaftsdienst unter 116117.",
        ),
        (
            "Emergency",
            "We cannot assess your complaints here. In an emergency, please call 112, and in urgent cases \
             the medical on-call service at 116117.",
        ),
    ],
    [
        (
            "Bitte absagen",
            "Können Sie nicht kommen? Bitte sagen Sie uns spätestens einen Tag vorher ab, damit jemand \
             anderes den Termin bekommt.",
        ),
        (
            "Please cancel",
            "You cannot come? Please tell us at least one day before, so that somebody else gets the \
             appointment.",
        ),
    ],
    [
        (
            "Befunde im Gespräch",
            "Befunde besprechen wir nicht im Chat. Bitte vereinbaren Sie dafür einen Termin.",
        ),
        (
            "Findings in person",
            "We do not discuss findings in the chat. Please make an appointment for that.",
        ),
    ],
];

const AUTHORITY: &[Both] = &[
    [
        (
            "Termin bestätigt",
            "Guten Tag {name}, Ihr Termin ist bestätigt. Bitte bringen Sie Ihren Ausweis mit. {line}",
        ),
        (
            "Appointment confirmed",
            "Hello {name}, your appointment is confirmed. Please bring your identity card. {line}",
        ),
    ],
    [
        ("Nicht zuständig", "Dafür sind wir nicht zuständig. Bitte wenden Sie sich an: "),
        ("Not responsible", "We are not responsible for this. Please turn to: "),
    ],
    [
        (
            "Antrag auf anderem Weg",
            "Einen Antrag können Sie hier nicht wirksam stellen. Bitte nutzen Sie das Onlineportal, den \
             Postweg oder kommen Sie vorbei.",
        ),
        (
            "Apply another way",
            "You cannot file an application here. Please use the online portal or the post, or come by.",
        ),
    ],
    [
        ("Unterlagen", "Für Ihr Anliegen brauchen wir folgende Unterlagen: "),
        ("Documents", "For your matter we need the following documents: "),
    ],
];
