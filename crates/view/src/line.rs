//! A business line as its owner describes it, and as customers see it.

use kuvert_desk::form::Form;
use minicbor::{Decode, Encode};

use crate::GuardKind;
use crate::SeatsView;

/// A text by language: tag and what it says. The first one stands in for languages that are missing.
pub type Texts = Vec<(String, String)>;

/// What an owner says of their line. What is wrong with it comes back as [`crate::DeskUpdate::NotPublished`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
pub struct LineDraft {
    /// What kind of business: `pharmacy`, `bank`, `cinema`, `restaurant`, `taxi`, `practice`, `authority` or `other`.
    #[n(0)]
    pub kind: String,
    /// Who is behind it.
    #[n(1)]
    pub imprint: ImprintDraft,
    /// Languages in which it answers, the preferred one first.
    #[n(2)]
    pub languages: Vec<String>,
    /// What it does with personal data (Art. 13 GDPR).
    #[n(3)]
    pub privacy: Texts,
    /// What customers see before they write; perhaps none.
    #[n(4)]
    pub greeting: Texts,
    /// What customers see while nobody is there; perhaps none.
    #[n(5)]
    pub away: Texts,
    /// When somebody is there, in minutes after midnight: seven days from Monday on, each with its spans. Empty if the line says
    /// nothing about it.
    #[n(6)]
    pub week: Vec<Vec<(u16, u16)>>,
    /// Code of the federal state on whose public holidays it is closed, as in `DE-BY`.
    #[n(7)]
    pub state: Option<String>,
    /// Days for which a conversation stays after it is done.
    #[n(8)]
    pub retention: u16,
    /// What it asks of customers. Versions are counted by who publishes them.
    #[n(12)]
    pub forms: Vec<Form>,
    /// What the line wants its customers and its team to be warned of before it is sent.
    #[n(9)]
    pub guard: Vec<GuardKind>,
    /// It asks customers how satisfied they are when a conversation is done.
    #[n(11)]
    pub asks_satisfaction: bool,
    /// In how many minutes of opening hours customers are to be answered; `None` if the line does not say.
    #[n(10)]
    pub answer_within: Option<u16>,
    /// Only who looks after a conversation reads it, and who leads the team.
    #[n(13)]
    pub is_read_by_some: bool,
}

/// Who is behind a line, as section 5 DDG demands; empty for what there is not.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
pub struct ImprintDraft {
    /// Name of the company or person.
    #[n(0)]
    pub name: String,
    /// `person`, `merchant`, `gbr`, `ohg`, `kg`, `gmbh-co-kg`, `partg`, `gmbh`, `ug`, `ag`, `eg`, `association`, `public-body` or
    /// `other`.
    #[n(1)]
    pub legal_form: String,
    /// Who represents it.
    #[n(2)]
    pub representative: String,
    /// Street and number.
    #[n(3)]
    pub street: String,
    /// Postal code.
    #[n(4)]
    pub zip: String,
    /// Town.
    #[n(5)]
    pub city: String,
    /// Country.
    #[n(6)]
    pub country: String,
    /// E-mail address.
    #[n(7)]
    pub email: String,
    /// Another way to be reached quickly.
    #[n(8)]
    pub contact: String,
    /// Register in which it stands.
    #[n(9)]
    pub register: String,
    /// Its number there.
    #[n(10)]
    pub register_number: String,
    /// VAT id.
    #[n(11)]
    pub vat_id: String,
    /// Supervisory authority.
    #[n(12)]
    pub authority: String,
    /// Chamber.
    #[n(13)]
    pub chamber: String,
    /// Title of the profession.
    #[n(14)]
    pub profession: String,
    /// State in which the title was awarded.
    #[n(15)]
    pub awarded_in: String,
    /// Rules of the profession, by name.
    #[n(16)]
    pub rules: String,
    /// Where these can be read.
    #[n(17)]
    pub rules_at: String,
}

/// A line, as customers see it.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct LineView {
    /// What kind of business, as in [`LineDraft::kind`].
    #[n(0)]
    pub kind: String,
    /// Who is behind it, one entry in each line.
    #[n(1)]
    pub imprint: Vec<String>,
    /// What it does with personal data.
    #[n(2)]
    pub privacy: Texts,
    /// What customers see before they write; perhaps none.
    #[n(3)]
    pub greeting: Texts,
    /// What customers see while nobody is there; perhaps none.
    #[n(4)]
    pub away: Texts,
    /// Whether somebody is there now, and until when that stays so (milliseconds since 1970, where it ever changes); `None` if
    /// the line says nothing about it.
    #[n(5)]
    pub open: Option<(bool, Option<i64>)>,
    /// Days for which a conversation stays after it is done.
    #[n(6)]
    pub retention: u16,
    /// The whole team reads what customers write, and not only who answers.
    #[n(7)]
    pub is_read_by_all: bool,
    /// What it asks of customers.
    #[n(8)]
    pub forms: Vec<Form>,
    /// What is free of what is limited, as the line said last.
    #[n(30)]
    pub seats: Vec<SeatsView>,
}
