//! The list of a line's processing activities, made from what it publishes and a few facts more.

use crate::form::{Field, FieldKind, Form};
use crate::line::{LineKind, LineProfile, Readers};
use crate::retention::Record;
use crate::templates::{is_german, kept};
use crate::text::flat;

use super::html::Page;
use super::json::Json;
use super::{iso, shown};

/// What the list needs to know beside what the line publishes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// When the list is made.
    pub made_at: i64,
    /// How to reach the data protection officer; empty if there is none.
    pub officer: String,
    /// Who runs the relay on the line's behalf; empty if the line does so itself.
    pub relay_operator: String,
    /// The line sends news to customers who asked for them.
    pub sends_news: bool,
}

/// The list of a line's processing activities (Art. 30 (1) GDPR).
#[derive(Debug, Clone, Copy)]
pub struct Activities<'a> {
    /// The line.
    pub line: &'a LineProfile,
    /// What it does not publish.
    pub facts: &'a Facts,
}

/// One processing activity, in one language.
struct Activity {
    name: String,
    purpose: String,
    basis: String,
    people: String,
    data: String,
    recipients: String,
    transfer: String,
    erasure: String,
}

/// German and English.
type Both = [&'static str; 2];

const CUSTOMERS: Both = [
    "Kundinnen und Kunden, andere Menschen, die dem Anschluss schreiben",
    "Customers, other people who write to the line",
];
const STAFF: Both = ["Beschäftigte, die am Anschluss arbeiten", "Employees who work at the line"];
const TRANSFER: Both = ["Keine.", "None."];
const CONSENT: Both =
    ["Einwilligung (Art. 6 Abs. 1 Buchst. a DSGVO, § 7 UWG)", "Consent (Art. 6 (1) (a) GDPR, § 7 UWG)"];

/// Technical and organisational measures that Kuvert brings (Art. 32).
const MEASURES: [Both; 8] = [
    [
        "Ende-zu-Ende-Verschlüsselung aller Nachrichten und Dateien (MLS, RFC 9420) mit Schlüsseltausch, \
         der auch Quantencomputern standhalten soll.",
        "End-to-end encryption of all messages and files (MLS, RFC 9420) with a key exchange meant to \
         withstand quantum computers, too.",
    ],
    [
        "Das Relais kennt weder Inhalte noch Namen, Telefonnummern oder E-Mail-Adressen und schreibt keine \
         Netzwerkadressen auf.",
        "The relay knows neither contents nor names, telephone numbers or e-mail addresses, and writes down \
         no network addresses.",
    ],
    [
        "Zugestellte Nachrichten werden am Relais gelöscht, nicht zugestellte nach 30 Tagen.",
        "Delivered messages are erased at the relay, undelivered ones after 30 days.",
    ],
    [
        "Auf jedem Gerät liegt alles in einer verschlüsselten Datenbank; Gelöschtes wird überschrieben.",
        "On each device everything lies in an encrypted database; what is erased is overwritten.",
    ],
    [
        "Jedes Gerät hat ein eigenes Zertifikat mit einer Rolle und kann einzeln entfernt werden; danach \
         liest es nichts Neues mehr.",
        "Each device has a certificate of its own with a role and can be removed by itself; it reads \
         nothing new after that.",
    ],
    [
        "Wer was getan hat, steht in einem verketteten Protokoll, das nur das Team liest.",
        "Who did what stands in a chained log that only the team reads.",
    ],
    [
        "Unterhaltungen werden nach der festgelegten Zeit auf beiden Seiten von selbst gelöscht.",
        "Conversations are erased by themselves on both sides after the time that was set.",
    ],
    [
        "Vor dem Versand wird auf dem Gerät vor Angaben gewarnt, die nicht in einen Chat gehören, soweit \
         der Anschluss es wünscht.",
        "Before a message leaves, the device warns of data that does not belong in a chat, where the line \
         wishes so.",
    ],
];

impl Activities<'_> {
    /// The page.
    pub fn html(&self, language: &str) -> String {
        let german = is_german(language);
        let say = |both: Both| both[usize::from(!german)];
        let title = say(["Verzeichnis der Verarbeitungstätigkeiten", "Records of processing activities"]);
        let mut page = Page::new(german, &format!("{title}: {}", self.line.name));
        page.hint(say([
            "Nach Art. 30 Abs. 1 DSGVO, aus den Einstellungen erstellt. Bitte prüfen und ergänzen; keine \
             Rechtsberatung.",
            "Under Art. 30 (1) GDPR, made from the settings. Please check and complete; no legal advice.",
        ]));
        page.list([
            (say(["Verantwortlich", "Controller"]), self.controller().as_str()),
            (say(["Vertreten durch", "Represented by"]), &self.line.imprint.representative),
            (say(["Datenschutzbeauftragte", "Data protection officer"]), &self.facts.officer),
            (say(["Stand", "As of"]), &shown(self.facts.made_at, german)),
        ]);
        for activity in self.all(language) {
            page.part(&activity.name);
            page.list([
                (say(["Zweck", "Purpose"]), activity.purpose.as_str()),
                (say(["Rechtsgrundlage", "Legal basis"]), &activity.basis),
                (say(["Betroffene", "Data subjects"]), &activity.people),
                (say(["Daten", "Data"]), &activity.data),
                (say(["Empfänger", "Recipients"]), &activity.recipients),
                (say(["Übermittlung in Drittländer", "Transfers to third countries"]), &activity.transfer),
                (say(["Löschung", "Erasure"]), &activity.erasure),
            ]);
        }
        page.part(say([
            "Technische und organisatorische Maßnahmen",
            "Technical and organisational measures",
        ]));
        for measure in MEASURES {
            page.paragraph(say(measure));
        }
        page.finish()
    }

    /// The same for programs; values are in the language, keys are not.
    pub fn json(&self, language: &str) -> String {
        let german = is_german(language);
        Json::object_of(|json| {
            json.text("format", "kuvert-activities").number("version", 1);
            json.text("language", if german { "de" } else { "en" }).text("made_at", &iso(self.facts.made_at));
            json.text("line", &self.line.name).text("controller", &self.controller());
            json.text("representative", &self.line.imprint.representative)
                .text("officer", &self.facts.officer);
            json.objects("activities", self.all(language), |json, activity| {
                json.text("name", &activity.name).text("purpose", &activity.purpose);
                json.text("basis", &activity.basis).text("data_subjects", &activity.people);
                json.text("data", &activity.data).text("recipients", &activity.recipients);
                json.text("transfer", &activity.transfer).text("erasure", &activity.erasure);
            });
            json.texts("measures", MEASURES.iter().map(|measure| measure[usize::from(!german)]));
        })
    }

    fn controller(&self) -> String {
        let imprint = &self.line.imprint;
        let city = format!("{} {}", imprint.zip, imprint.city);
        let name = imprint.full_name();
        let lines = [&name, &imprint.street, &city, &imprint.email, &imprint.contact];
        let lines = lines.into_iter().map(|line| flat(line)).filter(|line| !line.trim().is_empty());
        lines.collect::<Vec<_>>().join("\n")
    }

    fn all(&self, language: &str) -> Vec<Activity> {
        let say = Say { german: is_german(language), language };
        let mut all = vec![self.conversations(&say)];
        all.extend(self.line.forms.iter().map(|form| self.requests(form, &say)));
        all.push(self.team(&say));
        all.push(self.records(&say));
        if self.line.asks_satisfaction {
            all.push(self.satisfaction(&say));
        }
        if self.facts.sends_news {
            all.push(self.news(&say));
        }
        all
    }

    fn conversations(&self, say: &Say<'_>) -> Activity {
        let mut data = say.both([
            "Selbst gewählter Name, öffentlicher Schlüssel, Nachrichten, Dateien, Zeitpunkte",
            "Name as chosen, public key, messages, files, times",
        ]);
        if self.is_health() {
            data.push_str(
                say.text(["; Gesundheitsdaten (Art. 9 DSGVO)", "; data about health (Art. 9 GDPR)"]),
            );
        }
        Activity {
            name: say.both(["Nachrichten beantworten", "Answering messages"]),
            purpose: say.both([
                "Fragen und Anliegen per verschlüsseltem Chat beantworten",
                "Answering questions and requests by encrypted chat",
            ]),
            basis: self.basis(say),
            people: say.both(CUSTOMERS),
            data,
            recipients: self.recipients(say),
            transfer: say.both(TRANSFER),
            erasure: kept(self.line, say.language),
        }
    }

    fn requests(&self, form: &Form, say: &Say<'_>) -> Activity {
        let title = flat(form.title.get(say.language));
        let labels: Vec<_> = form.fields.iter().map(|field| data_of(field, say)).collect();
        let days = form.retention.unwrap_or(self.line.retention).0;
        let mut basis = self.basis(say);
        if form.fields.iter().any(|field| matches!(field.kind, FieldKind::Consent { .. })) {
            basis.push_str(
                say.text([
                    "; Einwilligung (Art. 6 Abs. 1 Buchst. a DSGVO)",
                    "; consent (Art. 6 (1) (a) GDPR)",
                ]),
            );
        }
        Activity {
            name: if say.german { format!("Formular „{title}“") } else { format!("Form “{title}”") },
            purpose: say
                .both(["Anfragen mit diesem Formular bearbeiten", "Handling requests made with this form"]),
            basis,
            people: say.both(CUSTOMERS),
            data: labels.join("; "),
            recipients: self.recipients(say),
            transfer: say.both(TRANSFER),
            erasure: if say.german {
                format!("{days} Tage nach Erledigung auf beiden Seiten, ausgenommen Geschäftsunterlagen")
            } else {
                format!("{days} days after it is done on both sides, business records excepted")
            },
        }
    }

    fn team(&self, say: &Say<'_>) -> Activity {
        Activity {
            name: say.both(["Zusammenarbeit im Team", "Work as a team"]),
            purpose: say.both([
                "Unterhaltungen verteilen, Notizen und Etiketten führen, nachvollziehen, wer was getan hat",
                "Sharing out conversations, keeping notes and labels, knowing who did what",
            ]),
            basis: say.both([
                "Beschäftigungsverhältnis (Art. 6 Abs. 1 Buchst. b DSGVO), berechtigtes Interesse an \
                 nachvollziehbarer Arbeit (Buchst. f); Mitbestimmung nach § 87 Abs. 1 Nr. 6 BetrVG beachten",
                "Employment (Art. 6 (1) (b) GDPR), legitimate interest in traceable work (f); mind \
                 co-determination under § 87 (1) no. 6 BetrVG",
            ]),
            people: format!("{}; {}", say.text(STAFF), say.text(CUSTOMERS)),
            data: say.both([
                "Name und Rolle, Zeiten im Dienst, Übernahmen, Notizen, Etiketten, Protokoll der Änderungen",
                "Name and role, times on duty, claims, notes, labels, log of changes",
            ]),
            recipients: say.both(["Das Team; sonst niemand", "The team; nobody else"]),
            transfer: say.both(TRANSFER),
            erasure: say.both([
                "Mit der Unterhaltung; das Protokoll, wenn seine Grenze erreicht ist",
                "Together with the conversation; the log when its bound is reached",
            ]),
        }
    }

    fn records(&self, say: &Say<'_>) -> Activity {
        let years = Record::ALL.map(|record| format!("{}: {}", record.years(), record.source()));
        Activity {
            name: say.both(["Geschäftsunterlagen aufbewahren", "Keeping business records"]),
            purpose: say.both([
                "Einzelne Nachrichten aufbewahren, die Handels- oder Geschäftsbriefe oder Belege sind",
                "Keeping single messages that are letters of business or vouchers",
            ]),
            basis: say.both([
                "Rechtliche Pflicht (Art. 6 Abs. 1 Buchst. c DSGVO mit § 147 AO, § 257 HGB)",
                "Legal obligation (Art. 6 (1) (c) GDPR with § 147 AO, § 257 HGB)",
            ]),
            people: say.both(CUSTOMERS),
            data: say
                .both(["Gekennzeichnete Nachrichten und ihre Dateien", "Tagged messages and their files"]),
            recipients: say.both([
                "Steuerberatung, Finanzbehörden, soweit das Gesetz es verlangt",
                "Tax advisers and tax authorities, as far as the law demands it",
            ]),
            transfer: say.both(TRANSFER),
            erasure: format!(
                "{}: {}",
                say.text(["Jahre ab dem Ende des Kalenderjahres", "Years from the end of the calendar year"]),
                years.join("; ")
            ),
        }
    }

    fn satisfaction(&self, say: &Say<'_>) -> Activity {
        Activity {
            name: say.both(["Frage nach der Zufriedenheit", "Question how it was"]),
            purpose: say.both(["Den Service verbessern", "Improving the service"]),
            basis: say.both(CONSENT),
            people: say.both(CUSTOMERS),
            data: say.both([
                "Bewertung von 1 bis 5; gezählt wird je Tag, ohne Namen",
                "A mark from 1 to 5; counted per day, without names",
            ]),
            recipients: say.both(["Das Team", "The team"]),
            transfer: say.both(TRANSFER),
            erasure: say.both([
                "Die Antwort mit der Unterhaltung; die Zählung enthält keine personenbezogenen Daten",
                "The answer together with the conversation; the count holds no personal data",
            ]),
        }
    }

    fn news(&self, say: &Say<'_>) -> Activity {
        Activity {
            name: say.both(["Neuigkeiten senden", "Sending news"]),
            purpose: say.both([
                "Neuigkeiten und Angebote an alle senden, die darum gebeten haben",
                "Sending news and offers to everybody who asked for them",
            ]),
            basis: say.both(CONSENT),
            people: say.both(["Menschen, die Neuigkeiten bestellt haben", "People who asked for news"]),
            data: say.both([
                "Öffentlicher Schlüssel, Einwilligung mit Wortlaut, Zeitpunkt und Unterschrift des Geräts, \
                 Widerruf",
                "Public key, consent with its wording, time and the device's signature, withdrawal",
            ]),
            recipients: self.recipients(say),
            transfer: say.both(TRANSFER),
            erasure: say.both([
                "Bis zum Widerruf; der Nachweis drei Jahre länger, bis zum Ende des Kalenderjahres (§§ 195, \
                 199 BGB)",
                "Until it is taken back; the proof three years longer, to the end of the calendar year (§§ \
                 195, 199 BGB)",
            ]),
        }
    }

    fn is_health(&self) -> bool {
        matches!(self.line.kind, LineKind::Pharmacy | LineKind::Practice)
    }

    fn basis(&self, say: &Say<'_>) -> String {
        let mut basis = if self.line.kind == LineKind::Authority {
            say.both([
                "Öffentliche Aufgabe (Art. 6 Abs. 1 Buchst. e DSGVO)",
                "Public task (Art. 6 (1) (e) GDPR)",
            ])
        } else {
            say.both([
                "Vertrag und was ihm vorausgeht (Art. 6 Abs. 1 Buchst. b DSGVO), berechtigtes Interesse \
                 (Buchst. f)",
                "Contract and what leads to it (Art. 6 (1) (b) GDPR), legitimate interest (f)",
            ])
        };
        if self.is_health() {
            basis.push_str(say.text([
                "; ausdrückliche Einwilligung oder Versorgung (Art. 9 Abs. 2 Buchst. a, h DSGVO)",
                "; explicit consent or care (Art. 9 (2) (a), (h) GDPR)",
            ]));
        }
        basis
    }

    fn recipients(&self, say: &Say<'_>) -> String {
        let who = match self.line.readers {
            Readers::Team => say.text(["Das Team", "The team"]),
            Readers::WhoAnswers => say.text([
                "Wer im Team antwortet, und wer es leitet",
                "Whoever of the team answers, and who leads it",
            ]),
        };
        let operator = flat(&self.facts.relay_operator);
        let relay = match (operator.is_empty(), say.german) {
            (true, true) => "das Relais betreibt der Anschluss selbst".to_owned(),
            (true, false) => "the line runs the relay itself".to_owned(),
            (false, true) => format!(
                "{operator} als Auftragsverarbeiter (Art. 28 DSGVO) betreibt das Relais, ohne etwas lesen \
                 zu können"
            ),
            (false, false) => format!(
                "{operator} as processor (Art. 28 GDPR) runs the relay without being able to read anything"
            ),
        };
        format!("{who}; {relay}")
    }
}

/// In which language the list is.
struct Say<'a> {
    german: bool,
    language: &'a str,
}

impl Say<'_> {
    const fn text(&self, both: Both) -> &'static str {
        both[!self.german as usize]
    }

    fn both(&self, both: Both) -> String {
        self.text(both).to_owned()
    }
}

/// Which data a field brings.
fn data_of(field: &Field, say: &Say<'_>) -> String {
    let label = flat(field.label.get(say.language));
    let kind = match field.kind {
        FieldKind::Place => say.text(["Ort", "place"]),
        FieldKind::Photo { .. } => say.text(["Fotos", "photos"]),
        FieldKind::File { .. } => say.text(["Dateien", "files"]),
        FieldKind::Pzn { .. } => say.text(["Arzneimittel", "medicines"]),
        FieldKind::Consent { .. } => say.text(["Nachweis der Einwilligung", "proof of consent"]),
        FieldKind::Later => say.text(["unbekannt", "unknown"]),
        _ => return label,
    };
    format!("{label} ({kind})")
}
