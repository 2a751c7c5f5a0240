//! The receipt for what a line erased.

use sha2::{Digest, Sha256};

use crate::templates::is_german;

use super::html::Page;
use super::json::Json;
use super::{hex, iso, last_day, shown};

/// What was erased of a customer, and what had to stay. It holds nothing of what was erased.
///
/// `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Receipt {
    /// Name of the line.
    pub line: String,
    /// Who is responsible for it: name, address, how to reach them.
    pub controller: String,
    /// The customer's Kuvert ID.
    pub customer: String,
    /// When the customer asked for it, if they did.
    pub asked_at: Option<i64>,
    /// When this receipt was made.
    pub made_at: i64,
    /// What was erased.
    pub erased: Vec<Erased>,
    /// What was not.
    pub kept: Vec<Kept>,
}

/// What was erased at one time.
#[derive(Clone, PartialEq, Eq)]
pub struct Erased {
    /// What it was.
    pub what: What,
    /// How many.
    pub count: u32,
    /// When.
    pub at: i64,
}

/// What had to stay.
#[derive(Clone, PartialEq, Eq)]
pub struct Kept {
    /// What it is.
    pub what: What,
    /// How many.
    pub count: u32,
    /// Why, with its source: see [`crate::retention::Record::source`].
    pub reason: String,
    /// Until when.
    pub until: i64,
}

/// Kinds of things that a line has of a customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum What {
    /// Messages of both sides.
    Messages,
    /// Files and pictures.
    Files,
    /// Requests and their statuses.
    Requests,
    /// Notes of the team.
    Notes,
    /// Labels.
    Labels,
    /// Consents and what proves them.
    Consents,
    /// Name and the contact itself.
    Contact,
}

impl What {
    const fn key(self) -> &'static str {
        match self {
            Self::Messages => "messages",
            Self::Files => "files",
            Self::Requests => "requests",
            Self::Notes => "notes",
            Self::Labels => "labels",
            Self::Consents => "consents",
            Self::Contact => "contact",
        }
    }

    const fn name(self, german: bool) -> &'static str {
        match (self, german) {
            (Self::Messages, true) => "Nachrichten",
            (Self::Messages, false) => "Messages",
            (Self::Files, true) => "Dateien und Bilder",
            (Self::Files, false) => "Files and pictures",
            (Self::Requests, true) => "Anfragen",
            (Self::Requests, false) => "Requests",
            (Self::Notes, true) => "Notizen",
            (Self::Notes, false) => "Notes",
            (Self::Labels, true) => "Etiketten",
            (Self::Labels, false) => "Labels",
            (Self::Consents, true) => "Einwilligungen",
            (Self::Consents, false) => "Consents",
            (Self::Contact, true) => "Name und Kontakt",
            (Self::Contact, false) => "Name and contact",
        }
    }
}

impl Receipt {
    /// SHA-256 of the receipt: of the bytes of the member `receipt` in [`Receipt::json`].
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.body()).into()
    }

    /// The page.
    pub fn html(&self, language: &str) -> String {
        let german = is_german(language);
        let say = |both: [&'static str; 2]| both[usize::from(!german)];
        let mut page = Page::new(german, say(["Bestätigung der Löschung", "Confirmation of erasure"]));
        page.list([
            (say(["Anschluss", "Line"]), self.line.as_str()),
            (say(["Verantwortlich", "Responsible"]), &self.controller),
            (say(["Kuvert-ID", "Kuvert ID"]), &self.customer),
            (
                say(["Verlangt am", "Asked for on"]),
                &self.asked_at.map(|at| shown(at, german)).unwrap_or_default(),
            ),
            (say(["Bestätigt am", "Confirmed on"]), &shown(self.made_at, german)),
        ]);
        page.hint(say([
            "Nach Art. 17 DSGVO. Zeiten gelten für Deutschland.",
            "Under Art. 17 GDPR. Times are those of Germany.",
        ]));
        page.part(say(["Gelöscht", "Erased"]));
        if self.erased.is_empty() {
            page.paragraph(say(["Nichts.", "Nothing."]));
        }
        for one in &self.erased {
            page.heading(one.what.name(german));
            page.list([
                (say(["Anzahl", "Number"]), one.count.to_string().as_str()),
                (say(["Gelöscht am", "Erased on"]), &shown(one.at, german)),
            ]);
        }
        page.part(say(["Aufbewahrt", "Kept"]));
        if self.kept.is_empty() {
            page.paragraph(say(["Nichts.", "Nothing."]));
        }
        for one in &self.kept {
            page.heading(one.what.name(german));
            page.list([
                (say(["Anzahl", "Number"]), one.count.to_string().as_str()),
                (say(["Grund", "Reason"]), &one.reason),
                (
                    say(["Gesperrt und aufbewahrt bis", "Restricted and kept until"]),
                    &last_day(one.until, german),
                ),
            ]);
        }
        page.part(say(["Prüfsumme", "Checksum"]));
        page.code(&hex(&self.hash()));
        page.finish()
    }

    /// The same for programs: the member `receipt`, and the hash of its bytes in the member `sha256`.
    pub fn json(&self) -> String {
        Json::object_of(|json| {
            json.text("format", "kuvert-erasure").number("version", 1);
            json.raw("receipt", &self.body()).text("sha256", &hex(&self.hash()));
        })
    }

    fn body(&self) -> String {
        Json::object_of(|json| {
            json.text("line", &self.line)
                .text("controller", &self.controller)
                .text("customer", &self.customer);
            json.maybe("asked_at", self.asked_at.map(iso).as_deref()).text("made_at", &iso(self.made_at));
            json.objects("erased", &self.erased, |json, one| {
                json.text("what", one.what.key())
                    .number("count", i64::from(one.count))
                    .text("at", &iso(one.at));
            });
            json.objects("kept", &self.kept, |json, one| {
                json.text("what", one.what.key()).number("count", i64::from(one.count));
                json.text("reason", &one.reason).text("until", &iso(one.until));
            });
        })
    }
}

impl std::fmt::Debug for Receipt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Receipt(..)")
    }
}
