//! The copy of what a line has of one customer.

use crate::retention::Keep;
use crate::templates::is_german;
use crate::text::flat;

use super::html::Page;
use super::json::Json;
use super::{hex, iso, last_day, shown};

/// All that a line has of one customer, to be handed to them.
///
/// `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Export {
    /// Name of the line.
    pub line: String,
    /// Who is responsible for it: name, address, how to reach them.
    pub controller: String,
    /// When this copy was made.
    pub made_at: i64,
    /// Whose data it is.
    pub customer: Customer,
    /// Messages, oldest first.
    pub messages: Vec<ExportedMessage>,
    /// Requests, oldest first.
    pub requests: Vec<ExportedRequest>,
    /// What the customer consented to, oldest first.
    pub consents: Vec<ExportedConsent>,
    /// What the team noted about the customer, oldest first.
    pub notes: Vec<Note>,
    /// Labels on the conversation.
    pub labels: Vec<String>,
    /// What else is known, by name: when the conversation began, who looked after it.
    pub metadata: Vec<(String, String)>,
    /// What is kept for how long: see [`crate::templates::kept`].
    pub retention: String,
    /// The privacy notice that holds: purposes, recipients, rights.
    pub privacy: String,
}

/// A customer of a line.
#[derive(Clone, PartialEq, Eq)]
pub struct Customer {
    /// Their name, as they chose it.
    pub name: String,
    /// Their Kuvert ID.
    pub id: String,
}

/// Who sent a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// The customer.
    FromCustomer,
    /// The line.
    FromLine,
}

/// A message of a conversation.
#[derive(Clone, PartialEq, Eq)]
pub struct ExportedMessage {
    /// When it was sent.
    pub at: i64,
    /// By whom.
    pub direction: Direction,
    /// Who of the line wrote it, as the customer saw it; perhaps empty.
    pub author: String,
    /// What it says.
    pub text: String,
    /// Files that came with it.
    pub files: Vec<ExportedFile>,
    /// How long it stays.
    pub keep: Keep,
}

/// A file of a message.
#[derive(Clone, PartialEq, Eq)]
pub struct ExportedFile {
    /// Its name.
    pub name: String,
    /// Its media type.
    pub media_type: String,
    /// Bytes.
    pub size: u64,
}

/// A request of a customer.
#[derive(Clone, PartialEq, Eq)]
pub struct ExportedRequest {
    /// What the form is called.
    pub form: String,
    /// When it was made.
    pub at: i64,
    /// What was answered: see [`crate::form::Answers::text`].
    pub answers: String,
    /// Its states, oldest first: when, what it is called, what the line said about it.
    pub statuses: Vec<(i64, String, String)>,
    /// When it is erased.
    pub erase_at: Option<i64>,
}

/// A consent of a customer.
#[derive(Clone, PartialEq, Eq)]
pub struct ExportedConsent {
    /// To what.
    pub purpose: String,
    /// The text that was shown; perhaps empty if only its hash is known.
    pub text: String,
    /// SHA-256 of that text.
    pub hash: [u8; 32],
    /// Version of the text.
    pub version: u32,
    /// When it was given.
    pub given_at: i64,
    /// When it was taken back.
    pub withdrawn_at: Option<i64>,
}

/// A note of the team.
#[derive(Clone, PartialEq, Eq)]
pub struct Note {
    /// When it was written.
    pub at: i64,
    /// What it says.
    pub text: String,
}

impl Export {
    /// The page.
    pub fn html(&self, language: &str) -> String {
        let german = is_german(language);
        let say = |both: [&'static str; 2]| both[usize::from(!german)];
        let title = format!("{}: {}", say(["Ihre Daten bei", "Your data at"]), self.line);
        let mut page = Page::new(german, &title);
        page.list([
            (say(["Für", "For"]), self.customer.name.as_str()),
            (say(["Kuvert-ID", "Kuvert ID"]), &self.customer.id),
            (say(["Erstellt am", "Made on"]), &shown(self.made_at, german)),
            (say(["Verantwortlich", "Responsible"]), &self.controller),
        ]);
        page.hint(say([
            "Auskunft und Kopie nach Art. 15 und 20 DSGVO. Zeiten gelten für Deutschland.",
            "Access and copy under Art. 15 and 20 GDPR. Times are those of Germany.",
        ]));
        self.html_requests(&mut page, german);
        self.html_messages(&mut page, german);
        self.html_consents(&mut page, german);
        if !self.notes.is_empty() {
            page.part(say(["Notizen des Teams", "Notes of the team"]));
            for note in &self.notes {
                page.piece(true, &shown(note.at, german), &note.text, &[]);
            }
        }
        if !self.labels.is_empty() || !self.metadata.is_empty() {
            page.part(say(["Was sonst bekannt ist", "What else is known"]));
            let labels = self.labels.join(", ");
            let labels = [(say(["Etiketten", "Labels"]), labels.as_str())];
            page.list(
                labels
                    .into_iter()
                    .chain(self.metadata.iter().map(|(name, text)| (name.as_str(), text.as_str()))),
            );
        }
        page.part(say(["Was wie lange bleibt", "What is kept for how long"]));
        page.paragraph(&self.retention);
        page.part(say(["Hinweise zum Datenschutz", "Privacy notice"]));
        page.paragraph(&self.privacy);
        page.finish()
    }

    fn html_requests(&self, page: &mut Page, german: bool) {
        let say = |both: [&'static str; 2]| both[usize::from(!german)];
        if self.requests.is_empty() {
            return;
        }
        page.part(say(["Anfragen", "Requests"]));
        for request in &self.requests {
            let mut below: Vec<String> = Vec::new();
            for (at, state, note) in &request.statuses {
                let separator = if note.is_empty() { "" } else { ": " };
                below.push(format!("{} · {state}{separator}{}", shown(*at, german), flat(note)));
            }
            let erased = say(["Wird gelöscht am", "Erased on"]);
            below.extend(request.erase_at.map(|at| format!("{erased} {}", shown(at, german))));
            page.piece(
                false,
                &format!("{} · {}", shown(request.at, german), request.form),
                &request.answers,
                &below,
            );
        }
    }

    fn html_messages(&self, page: &mut Page, german: bool) {
        let say = |both: [&'static str; 2]| both[usize::from(!german)];
        page.part(say(["Nachrichten", "Messages"]));
        if self.messages.is_empty() {
            page.paragraph(say(["Es gibt keine.", "There are none."]));
        }
        for message in &self.messages {
            let outgoing = message.direction == Direction::FromLine;
            let author = match (outgoing, message.author.is_empty()) {
                (false, _) => self.customer.name.clone(),
                (true, true) => self.line.clone(),
                (true, false) => format!("{} ({})", message.author, self.line),
            };
            let file = |file: &ExportedFile| {
                let (word, bytes) = (say(["Datei", "File"]), say(["Byte", "bytes"]));
                format!("{word}: {} ({}, {} {bytes})", file.name, file.media_type, file.size)
            };
            let below: Vec<String> =
                message.files.iter().map(file).chain(keep_line(message.keep, german)).collect();
            page.piece(outgoing, &format!("{} · {author}", shown(message.at, german)), &message.text, &below);
        }
    }

    fn html_consents(&self, page: &mut Page, german: bool) {
        let say = |both: [&'static str; 2]| both[usize::from(!german)];
        if self.consents.is_empty() {
            return;
        }
        page.part(say(["Einwilligungen", "Consents"]));
        for consent in &self.consents {
            page.heading(&consent.purpose);
            page.list([
                (say(["Text", "Text"]), consent.text.as_str()),
                (say(["Version", "Version"]), &consent.version.to_string()),
                (say(["Prüfsumme", "Checksum"]), &hex(&consent.hash)),
                (say(["Erteilt", "Given"]), &shown(consent.given_at, german)),
                (
                    say(["Widerrufen", "Taken back"]),
                    &consent.withdrawn_at.map(|at| shown(at, german)).unwrap_or_default(),
                ),
            ]);
        }
    }

    /// The same for programs.
    pub fn json(&self) -> String {
        Json::object_of(|json| {
            json.text("format", "kuvert-export").number("version", 1).text("made_at", &iso(self.made_at));
            json.text("line", &self.line).text("controller", &self.controller);
            json.object("customer", |json| {
                json.text("name", &self.customer.name).text("id", &self.customer.id);
            });
            json.objects("messages", &self.messages, |json, message| message.json(json));
            json.objects("requests", &self.requests, |json, request| request.json(json));
            json.objects("consents", &self.consents, |json, consent| {
                json.text("purpose", &consent.purpose).text("text", &consent.text);
                json.number("version", i64::from(consent.version)).text("sha256", &hex(&consent.hash));
                json.text("given_at", &iso(consent.given_at));
                json.maybe("withdrawn_at", consent.withdrawn_at.map(iso).as_deref());
            });
            json.objects("notes", &self.notes, |json, note| {
                json.text("at", &iso(note.at)).text("text", &note.text);
            });
            json.texts("labels", self.labels.iter().map(String::as_str));
            json.objects("metadata", &self.metadata, |json, (name, text)| {
                json.text("name", name).text("value", text);
            });
            json.text("retention", &self.retention).text("privacy", &self.privacy);
        })
    }
}

impl ExportedMessage {
    fn json(&self, json: &mut Json) {
        let direction = match self.direction {
            Direction::FromCustomer => "from_customer",
            Direction::FromLine => "from_line",
        };
        json.text("at", &iso(self.at)).text("direction", direction).text("author", &self.author);
        json.text("text", &self.text);
        json.objects("files", &self.files, |json, file| {
            json.text("name", &file.name).text("media_type", &file.media_type);
            json.number("size", i64::try_from(file.size).unwrap_or(i64::MAX));
        });
        json.maybe("erase_at", self.keep.erase_at().map(iso).as_deref());
        json.text(
            "kept",
            if matches!(self.keep, Keep::Record(_)) { "business_record" } else { "conversation" },
        );
    }
}

impl ExportedRequest {
    fn json(&self, json: &mut Json) {
        json.text("form", &self.form).text("at", &iso(self.at)).text("answers", &self.answers);
        json.objects("statuses", &self.statuses, |json, (at, state, note)| {
            json.text("at", &iso(*at)).text("state", state).text("note", note);
        });
        json.maybe("erase_at", self.erase_at.map(iso).as_deref());
    }
}

fn keep_line(keep: Keep, german: bool) -> Option<String> {
    match (keep, german) {
        (Keep::WhileOpen, _) => None,
        (Keep::Until(at), true) => Some(format!("Wird gelöscht am {}", shown(at, true))),
        (Keep::Until(at), false) => Some(format!("Erased on {}", shown(at, false))),
        (Keep::Record(at), true) => {
            Some(format!("Geschäftsunterlage, wird aufbewahrt bis {}", last_day(at, true)))
        }
        (Keep::Record(at), false) => Some(format!("Business record, kept until {}", last_day(at, false))),
    }
}

impl std::fmt::Debug for Export {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Export(..)")
    }
}
