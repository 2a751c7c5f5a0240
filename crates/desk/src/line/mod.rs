//! What a line publishes about itself in its card: who it is, how it is reached, what it asks, what it keeps.
//!
//! [`LineProfile::check`] is for who sets the line up. [`LineProfile::decode`] is for everybody else, and takes nothing that
//! is out of bounds: a card comes from anybody.

pub mod limits;

use kuvert_content::Profile;
use minicbor::{Decode, Decoder, Encode, decode};
use sha2::{Digest, Sha256};

use crate::form::limits::MAX_DAYS;
use crate::form::{Form, FormFault, ReadError};
use crate::hours::{Hours, HoursError};
use crate::imprint::{Imprint, ImprintFault, ImprintField};
use crate::later::known_or;
use crate::retention::Days;
use crate::seats::{Seats, are_within_bounds};
use crate::templates::is_draft;
use crate::text::{Shape, Text, TextFault, is_language};
use limits::{MAX_FORMS, MAX_GREETING, MAX_ORIGIN, MAX_ORIGINS, MAX_PRIVACY, MAX_PROFILE, MAX_SPOKEN};

/// A line, as its card shows it.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct LineProfile {
    /// Counts its changes, from 1.
    #[n(0)]
    pub version: u32,
    /// What kind of business it is.
    #[cbor(n(1), decode_with = "known_line_kind")]
    pub kind: LineKind,
    /// What it is called; the rules are those of every name in Kuvert.
    #[n(2)]
    pub name: String,
    /// Who is behind it.
    #[n(3)]
    pub imprint: Imprint,
    /// What it does with personal data.
    #[n(4)]
    pub privacy: PrivacyNotice,
    /// Languages in which it answers, the preferred one first.
    #[n(5)]
    pub languages: Vec<String>,
    /// What customers see before they write; may be missing.
    #[n(6)]
    pub greeting: Text,
    /// What customers see while nobody is there; may be missing.
    #[n(7)]
    pub away: Text,
    /// What it asks of customers.
    #[n(8)]
    pub forms: Vec<Form>,
    /// How long a conversation stays after it is done.
    #[n(9)]
    pub retention: Days,
    /// What the guard warns of, as its flags.
    #[n(10)]
    pub guard: u8,
    /// Customers are asked how it was. That counts as advertising: ask only who consented, or as part of a contract.
    #[n(11)]
    pub asks_satisfaction: bool,
    /// Who reads what customers write.
    #[cbor(n(12), decode_with = "known_readers")]
    pub readers: Readers,
    /// Web sites on which the line's button may stand: `https://` and a host, perhaps a port.
    #[n(13)]
    pub origins: Vec<String>,
    /// When somebody is there; `None` if the line says nothing about it.
    #[n(14)]
    pub hours: Option<Hours>,
    /// In how many minutes of opening hours customers are to be answered; later, the desk says that they wait too long. `None` if
    /// it never does.
    #[n(15)]
    pub answer_within: Option<u16>,
    /// What is free of what is limited. Said on the card only: the line's settings do not hold it.
    #[n(30)]
    pub seats: Option<Vec<Seats>>,
}

/// What kind of business a line is. Says which entries of the imprint it needs, and which templates fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum LineKind {
    /// A pharmacy.
    #[n(0)]
    Pharmacy,
    /// A branch of a bank.
    #[n(1)]
    Bank,
    /// A cinema, theatre or box office.
    #[n(2)]
    Cinema,
    /// A restaurant.
    #[n(3)]
    Restaurant,
    /// A taxi company.
    #[n(4)]
    Taxi,
    /// A doctor's practice, or that of another health profession.
    #[n(5)]
    Practice,
    /// A public authority.
    #[n(6)]
    Authority,
    /// Anything else, also what only later versions know.
    #[n(7)]
    Other,
}

impl LineKind {
    /// All kinds.
    pub const ALL: [Self; 8] = [
        Self::Pharmacy,
        Self::Bank,
        Self::Cinema,
        Self::Restaurant,
        Self::Taxi,
        Self::Practice,
        Self::Authority,
        Self::Other,
    ];

    /// The word for it, where one is written: `pharmacy`, for one.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pharmacy => "pharmacy",
            Self::Bank => "bank",
            Self::Cinema => "cinema",
            Self::Restaurant => "restaurant",
            Self::Taxi => "taxi",
            Self::Practice => "practice",
            Self::Authority => "authority",
            Self::Other => "other",
        }
    }

    /// The kind that a word stands for.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// Who of a line reads what a customer writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum Readers {
    /// The whole team.
    #[n(0)]
    Team,
    /// Whoever looks after the conversation, and those who lead the team: the devices of others are not in it.
    #[n(1)]
    WhoAnswers,
}

/// What a line says about personal data (Art. 13 GDPR).
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
pub struct PrivacyNotice {
    /// Counts its changes, from 1.
    #[n(0)]
    pub version: u32,
    /// The notice.
    #[n(1)]
    pub text: Text,
}

impl PrivacyNotice {
    /// SHA-256 over the encoded notice, by which it is known later which one somebody saw.
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(kuvert_wire::encode(self)).into()
    }
}

/// What is wrong with a line, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LineFault {
    /// Versions count from 1.
    #[error("count versions from 1")]
    Version,
    /// Its name.
    #[error("give the line a name of up to 64 characters, on one line")]
    Name,
    /// An entry of the imprint that its kind needs is missing.
    #[error("imprint: fill in {0:?}")]
    ImprintMissing(ImprintField),
    /// An entry of the imprint that cannot be right.
    #[error("imprint: {0}")]
    Imprint(ImprintFault),
    /// There is no privacy notice.
    #[error("add a privacy notice")]
    NoPrivacy,
    /// The privacy notice is a draft that nobody has looked at.
    #[error(
        "read the draft of the privacy notice, fill in what stands in brackets, and delete its first line"
    )]
    PrivacyDraft,
    /// The privacy notice.
    #[error("privacy notice: {0}")]
    Privacy(TextFault),
    /// It speaks no language, or too many.
    #[error("choose between 1 and {MAX_SPOKEN} languages")]
    Languages,
    /// This is no language tag, or there twice.
    #[error("`{0}`: use a tag like `de` or `en`, each once")]
    Language(String),
    /// A text is missing in a language that the line speaks.
    #[error("{spot:?}: translate it to `{language}`")]
    Untranslated {
        /// Which text.
        spot: Spot,
        /// Into what.
        language: String,
    },
    /// The greeting.
    #[error("greeting: {0}")]
    Greeting(TextFault),
    /// The notice out of hours.
    #[error("notice out of hours: {0}")]
    Away(TextFault),
    /// Too many forms.
    #[error("keep at most {MAX_FORMS} forms")]
    TooManyForms,
    /// A form.
    #[error("form `{id}`: {fault}")]
    Form {
        /// Its id, perhaps a bad one.
        id: String,
        /// What is wrong with it.
        fault: FormFault,
    },
    /// Another form has its id.
    #[error("form `{0}`: another one has this id; choose another one")]
    FormTwice(String),
    /// Conversations are kept for too long.
    #[error("keep conversations for at most {MAX_DAYS} days")]
    Retention,
    /// Its hours.
    #[error("hours: {0}")]
    Hours(HoursError),
    /// Too many web sites.
    #[error("keep at most {MAX_ORIGINS} web sites")]
    TooManyOrigins,
    /// This is no web site, or there twice.
    #[error("`{0}`: write `https://` and the host in small letters, without a path, each once")]
    Origin(String),
    /// All of it together.
    #[error("shorten the texts: the line has {0} bytes, and {MAX_PROFILE} are allowed")]
    TooLarge(usize),
}

/// Where a text stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Spot {
    /// The greeting.
    Greeting,
    /// The notice out of hours.
    Away,
    /// The privacy notice.
    Privacy,
    /// A form, by its id.
    Form(String),
}

impl LineFault {
    /// Whether it is about duties and completeness. Such a line can be shown, though it should not be published like that.
    pub const fn is_advice(&self) -> bool {
        matches!(
            self,
            Self::ImprintMissing(_)
                | Self::Imprint(_)
                | Self::NoPrivacy
                | Self::PrivacyDraft
                | Self::Untranslated { .. }
        )
    }
}

impl LineProfile {
    /// The bytes.
    pub fn encode(&self) -> Vec<u8> {
        kuvert_wire::encode(self)
    }

    /// Reads what a card says of a line. Forms that this version cannot hold are left out, so that they do not take the line
    /// with them.
    ///
    /// # Errors
    /// [`ReadError`] if the bytes are too many or no line, or if something in it is out of bounds.
    pub fn decode(bytes: &[u8]) -> Result<Self, ReadError> {
        let mut line: Self = kuvert_wire::decode(bytes, MAX_PROFILE)?;
        if line.forms.len() > MAX_FORMS {
            return Err(ReadError::OutOfBounds);
        }
        let mut forms: Vec<Form> = Vec::new();
        for form in line.forms.drain(..) {
            if form.is_sound() && forms.iter().all(|other| other.id != form.id) {
                forms.push(form);
            }
        }
        line.forms = forms;
        // Who says nonsense of seats says nothing of them.
        line.seats = line.seats.filter(|seats| are_within_bounds(seats));
        let holds = line.imprint.is_within_bounds() && line.check().iter().all(LineFault::is_advice);
        if holds { Ok(line) } else { Err(ReadError::OutOfBounds) }
    }

    /// The form of that name.
    pub fn form(&self, id: &str) -> Option<&Form> {
        self.forms.iter().find(|form| form.id == id)
    }

    /// All that is wrong with the line; it can be published if that is nothing.
    pub fn check(&self) -> Vec<LineFault> {
        let mut faults = Vec::new();
        if self.version == 0 {
            faults.push(LineFault::Version);
        }
        if !Profile::new(&self.name).is_ok_and(|profile| profile.name == self.name) {
            faults.push(LineFault::Name);
        }
        faults.extend(self.imprint.missing(self.kind).into_iter().map(LineFault::ImprintMissing));
        faults.extend(self.imprint.check().into_iter().map(LineFault::Imprint));
        self.check_texts(&mut faults);
        self.check_forms(&mut faults);
        self.check_languages(&mut faults);
        if self.retention.0 > MAX_DAYS {
            faults.push(LineFault::Retention);
        }
        faults.extend(self.hours.as_ref().and_then(|hours| hours.check().err()).map(LineFault::Hours));
        self.check_origins(&mut faults);
        let size = self.encode().len();
        if size > MAX_PROFILE {
            faults.push(LineFault::TooLarge(size));
        }
        faults
    }

    fn check_texts(&self, faults: &mut Vec<LineFault>) {
        if self.privacy.version == 0 || self.privacy.text.is_empty() {
            faults.push(LineFault::NoPrivacy);
        }
        if is_draft(&self.privacy.text) {
            faults.push(LineFault::PrivacyDraft);
        }
        faults.extend(self.privacy.text.fault(Shape::maybe(MAX_PRIVACY)).map(LineFault::Privacy));
        faults.extend(self.greeting.fault(Shape::maybe(MAX_GREETING)).map(LineFault::Greeting));
        faults.extend(self.away.fault(Shape::maybe(MAX_GREETING)).map(LineFault::Away));
    }

    fn check_forms(&self, faults: &mut Vec<LineFault>) {
        if self.forms.len() > MAX_FORMS {
            faults.push(LineFault::TooManyForms);
        }
        for (index, form) in self.forms.iter().take(MAX_FORMS).enumerate() {
            if self.forms[..index].iter().any(|earlier| earlier.id == form.id) {
                faults.push(LineFault::FormTwice(form.id.clone()));
            }
            let in_line = |fault| LineFault::Form { id: form.id.clone(), fault };
            faults.extend(form.check().into_iter().map(in_line));
        }
    }

    fn check_languages(&self, faults: &mut Vec<LineFault>) {
        if !(1..=MAX_SPOKEN).contains(&self.languages.len()) {
            faults.push(LineFault::Languages);
            return;
        }
        for (index, language) in self.languages.iter().enumerate() {
            if !is_language(language) || self.languages[..index].contains(language) {
                faults.push(LineFault::Language(language.clone()));
                continue;
            }
            let lacks = |text: &Text| !text.0.is_empty() && !text.languages().any(|own| own == language);
            let forms = self.forms.iter().filter(|form| form.texts().any(lacks));
            let spots = [
                (Spot::Greeting, &self.greeting),
                (Spot::Away, &self.away),
                (Spot::Privacy, &self.privacy.text),
            ];
            let spots = spots.into_iter().filter(|(_, text)| lacks(text)).map(|(spot, _)| spot);
            let untranslated = |spot| LineFault::Untranslated { spot, language: language.clone() };
            faults.extend(spots.chain(forms.map(|form| Spot::Form(form.id.clone()))).map(untranslated));
        }
    }

    fn check_origins(&self, faults: &mut Vec<LineFault>) {
        if self.origins.len() > MAX_ORIGINS {
            faults.push(LineFault::TooManyOrigins);
            return;
        }
        for (index, origin) in self.origins.iter().enumerate() {
            if !is_origin(origin) || self.origins[..index].contains(origin) {
                faults.push(LineFault::Origin(origin.clone()));
            }
        }
    }
}

/// Whether this is an origin as browsers write it: `https://`, a host of several labels, perhaps a port other than 443.
fn is_origin(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("https://").filter(|_| text.len() <= MAX_ORIGIN) else { return false };
    let (host, port) = rest.split_once(':').map_or((rest, None), |(host, port)| (host, Some(port)));
    let is_port = |port: &str| {
        let number = port.parse::<u16>();
        number.is_ok_and(|number| number != 443 && number != 0 && number.to_string() == port)
    };
    let is_label = |label: &str| {
        let is_char = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        (1..=63).contains(&label.len())
            && label.bytes().all(is_char)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    host.contains('.') && host.split('.').all(is_label) && port.is_none_or(is_port)
}

fn known_line_kind<'b, C>(d: &mut Decoder<'b>, ctx: &mut C) -> Result<LineKind, decode::Error> {
    known_or(d, ctx, LineKind::Other)
}

/// Who reads is not told smaller than it is: a way that only later versions know counts as the whole team.
fn known_readers<'b, C>(d: &mut Decoder<'b>, ctx: &mut C) -> Result<Readers, decode::Error> {
    known_or(d, ctx, Readers::Team)
}

#[cfg(test)]
mod tests;
