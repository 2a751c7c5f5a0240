//! The imprint of a line: who is behind it, as § 5 of the German Digital Services Act (Digitale-Dienste-Gesetz, DDG) asks.
//!
//! Which entries a line needs depends on its kind and legal form. What stands here is the usual case and no legal advice: who
//! publishes a line has to look at their own.

use minicbor::{Decode, Decoder, Encode, decode};

use crate::later::known_or;
use crate::line::LineKind;
use crate::line::limits::MAX_IMPRINT;
use crate::text::{is_line, is_plain};

/// Who is behind a line. Entries that do not apply are empty.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Imprint {
    /// Name of the person or company, without its legal form.
    #[n(0)]
    pub name: String,
    /// Legal form.
    #[cbor(n(1), decode_with = "known_legal_form")]
    pub legal_form: LegalForm,
    /// Who may act for it.
    #[n(2)]
    pub representative: String,
    /// Street and number; no post box.
    #[n(3)]
    pub street: String,
    /// Postal code.
    #[n(4)]
    pub zip: String,
    /// City.
    #[n(5)]
    pub city: String,
    /// Country (ISO 3166, two letters).
    #[n(6)]
    pub country: String,
    /// E-mail address.
    #[n(7)]
    pub email: String,
    /// A second way to reach it fast, for instance a telephone number.
    #[n(8)]
    pub contact: String,
    /// Court that keeps the register, or its name.
    #[n(9)]
    pub register: String,
    /// Number in the register.
    #[n(10)]
    pub register_number: String,
    /// VAT identification number, if there is one.
    #[n(11)]
    pub vat_id: String,
    /// Authority that supervises it, if it needs a permit.
    #[n(12)]
    pub authority: String,
    /// Chamber to which it belongs.
    #[n(13)]
    pub chamber: String,
    /// Professional title, as the law protects it.
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

/// Legal form of who is behind a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum LegalForm {
    /// A person who is in no register.
    #[n(0)]
    Person,
    /// A merchant in the register (e. K.).
    #[n(1)]
    Merchant,
    /// Partnership under civil law (GbR).
    #[n(2)]
    Gbr,
    /// General partnership (OHG).
    #[n(3)]
    Ohg,
    /// Limited partnership (KG).
    #[n(4)]
    Kg,
    /// Limited partnership with a company as its partner (GmbH & Co. KG).
    #[n(5)]
    GmbhCoKg,
    /// Partnership of professionals (PartG, PartG mbB).
    #[n(6)]
    PartG,
    /// Limited company (GmbH).
    #[n(7)]
    Gmbh,
    /// Small limited company (UG (haftungsbeschränkt)).
    #[n(8)]
    Ug,
    /// Stock corporation (AG).
    #[n(9)]
    Ag,
    /// Cooperative (eG).
    #[n(10)]
    Eg,
    /// Registered association (e. V.).
    #[n(11)]
    Association,
    /// Public body: a town, an institution, a foundation under public law.
    #[n(12)]
    PublicBody,
    /// Anything else, also what only later versions know.
    #[n(13)]
    Other,
}

/// An entry of an imprint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ImprintField {
    /// [`Imprint::name`]
    Name,
    /// [`Imprint::representative`]
    Representative,
    /// [`Imprint::street`]
    Street,
    /// [`Imprint::zip`]
    Zip,
    /// [`Imprint::city`]
    City,
    /// [`Imprint::country`]
    Country,
    /// [`Imprint::email`]
    Email,
    /// [`Imprint::contact`]
    Contact,
    /// [`Imprint::register`]
    Register,
    /// [`Imprint::register_number`]
    RegisterNumber,
    /// [`Imprint::vat_id`]
    VatId,
    /// [`Imprint::authority`]
    Authority,
    /// [`Imprint::chamber`]
    Chamber,
    /// [`Imprint::profession`]
    Profession,
    /// [`Imprint::awarded_in`]
    AwardedIn,
    /// [`Imprint::rules`]
    Rules,
    /// [`Imprint::rules_at`]
    RulesAt,
}

/// An entry that cannot be right, and what to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ImprintFault {
    /// It is too long or has more than one line.
    #[error("{0:?}: keep it on one line of at most {MAX_IMPRINT} characters")]
    Form(ImprintField),
    /// The e-mail address is none.
    #[error("write the e-mail address like `name@example.org`")]
    Email,
    /// The postal code does not fit its country.
    #[error("write the postal code as the country does; in Germany five digits")]
    Zip,
    /// The country is none.
    #[error("write the country with two capital letters, like `DE`")]
    Country,
    /// The VAT identification number does not fit its check digit.
    #[error(
        "compare the VAT identification number: a German one is `DE` and nine digits, and a digit is wrong"
    )]
    VatId,
}

impl Default for Imprint {
    fn default() -> Self {
        let empty = String::new;
        Self {
            name: empty(),
            legal_form: LegalForm::Person,
            representative: empty(),
            street: empty(),
            zip: empty(),
            city: empty(),
            country: "DE".into(),
            email: empty(),
            contact: empty(),
            register: empty(),
            register_number: empty(),
            vat_id: empty(),
            authority: empty(),
            chamber: empty(),
            profession: empty(),
            awarded_in: empty(),
            rules: empty(),
            rules_at: empty(),
        }
    }
}

impl ImprintField {
    /// All entries, in the order in which they are shown.
    pub const ALL: [Self; 17] = [
        Self::Name,
        Self::Representative,
        Self::Street,
        Self::Zip,
        Self::City,
        Self::Country,
        Self::Email,
        Self::Contact,
        Self::Register,
        Self::RegisterNumber,
        Self::VatId,
        Self::Authority,
        Self::Chamber,
        Self::Profession,
        Self::AwardedIn,
        Self::Rules,
        Self::RulesAt,
    ];

    /// Whether a line of this kind and legal form needs the entry.
    const fn is_needed(self, kind: LineKind, form: LegalForm) -> bool {
        match self {
            Self::Name
            | Self::Street
            | Self::Zip
            | Self::City
            | Self::Country
            | Self::Email
            | Self::Contact => true,
            // Also partnerships: they can have rights of their own.
            Self::Representative => {
                !matches!(form, LegalForm::Person | LegalForm::Merchant | LegalForm::Other)
            }
            Self::Register | Self::RegisterNumber => form.is_registered(),
            // Only who has one must say it.
            Self::VatId => false,
            // What needs a permit.
            Self::Authority => {
                matches!(kind, LineKind::Pharmacy | LineKind::Bank | LineKind::Taxi | LineKind::Practice)
            }
            // Regulated professions.
            Self::Chamber | Self::Profession | Self::AwardedIn | Self::Rules | Self::RulesAt => {
                matches!(kind, LineKind::Pharmacy | LineKind::Practice)
            }
        }
    }
}

impl LegalForm {
    /// Whether there is a register in which it stands.
    const fn is_registered(self) -> bool {
        match self {
            Self::Merchant | Self::Ohg | Self::Kg | Self::GmbhCoKg | Self::PartG => true,
            Self::Gmbh | Self::Ug | Self::Ag | Self::Eg | Self::Association => true,
            Self::Person | Self::Gbr | Self::PublicBody | Self::Other => false,
        }
    }

    /// How it is written behind a name; empty where there is nothing to write.
    pub const fn suffix(self) -> &'static str {
        match self {
            Self::Merchant => "e. K.",
            Self::Gbr => "GbR",
            Self::Ohg => "OHG",
            Self::Kg => "KG",
            Self::GmbhCoKg => "GmbH & Co. KG",
            Self::PartG => "PartG",
            Self::Gmbh => "GmbH",
            Self::Ug => "UG (haftungsbeschränkt)",
            Self::Ag => "AG",
            Self::Eg => "eG",
            Self::Association => "e. V.",
            Self::Person | Self::PublicBody | Self::Other => "",
        }
    }
}

impl Imprint {
    /// What an entry says.
    pub fn get(&self, field: ImprintField) -> &str {
        match field {
            ImprintField::Name => &self.name,
            ImprintField::Representative => &self.representative,
            ImprintField::Street => &self.street,
            ImprintField::Zip => &self.zip,
            ImprintField::City => &self.city,
            ImprintField::Country => &self.country,
            ImprintField::Email => &self.email,
            ImprintField::Contact => &self.contact,
            ImprintField::Register => &self.register,
            ImprintField::RegisterNumber => &self.register_number,
            ImprintField::VatId => &self.vat_id,
            ImprintField::Authority => &self.authority,
            ImprintField::Chamber => &self.chamber,
            ImprintField::Profession => &self.profession,
            ImprintField::AwardedIn => &self.awarded_in,
            ImprintField::Rules => &self.rules,
            ImprintField::RulesAt => &self.rules_at,
        }
    }

    /// Name and legal form, as a company is called in full.
    pub fn full_name(&self) -> String {
        format!("{} {}", self.name.trim(), self.legal_form.suffix()).trim_end().to_owned()
    }

    /// The entries that a line of this kind needs and that are empty. No legal advice.
    pub fn missing(&self, kind: LineKind) -> Vec<ImprintField> {
        let is_missing = |field: &ImprintField| {
            field.is_needed(kind, self.legal_form) && self.get(*field).trim().is_empty()
        };
        ImprintField::ALL.into_iter().filter(is_missing).collect()
    }

    /// The entries that cannot be right. Empty ones are not looked at.
    pub fn check(&self) -> Vec<ImprintFault> {
        let is_filled = |field: &ImprintField| !self.get(*field).is_empty();
        let is_bad = |field: &ImprintField| !is_line(self.get(*field), MAX_IMPRINT);
        let bad = ImprintField::ALL.into_iter().filter(is_filled).filter(is_bad);
        let mut faults: Vec<_> = bad.map(ImprintFault::Form).collect();
        let mut hold = |text: &str, holds: bool, fault| {
            if !text.is_empty() && !holds {
                faults.push(fault);
            }
        };
        hold(&self.email, is_email(&self.email), ImprintFault::Email);
        let is_country =
            self.country.len() == 2 && self.country.bytes().all(|byte| byte.is_ascii_uppercase());
        hold(&self.country, is_country, ImprintFault::Country);
        hold(&self.zip, is_zip(&self.zip, &self.country), ImprintFault::Zip);
        hold(&self.vat_id, is_vat_id(&self.vat_id), ImprintFault::VatId);
        faults
    }

    /// Whether nothing in it is longer than allowed or could disguise something else.
    pub(crate) fn is_within_bounds(&self) -> bool {
        ImprintField::ALL.into_iter().all(|field| {
            let text = self.get(field);
            text.chars().count() <= MAX_IMPRINT && is_plain(text, false)
        })
    }
}

/// Whether this looks like an e-mail address. Whether there is one, only a mail would show.
fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    let is_word = |word: &str| {
        !word.is_empty() && !word.contains(|c: char| c.is_whitespace() || "@<>(),;:\"".contains(c))
    };
    is_word(local)
        && is_word(domain)
        && domain.contains('.')
        && domain.split('.').all(|label| !label.is_empty())
}

fn is_zip(text: &str, country: &str) -> bool {
    let digits = |count: usize| text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    match country {
        "DE" => digits(5) && text >= "01000",
        "AT" | "CH" | "LU" | "LI" => digits(4),
        _ => {
            (2..=10).contains(&text.len())
                && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b" -".contains(&byte))
        }
    }
}

/// Whether a VAT identification number can be one. German ones are held against their check digit (ISO 7064, MOD 11,10).
fn is_vat_id(text: &str) -> bool {
    let compact: String = text.chars().filter(|c| !matches!(c, ' ' | '.' | '\u{a0}')).collect();
    let Some(german) = compact.strip_prefix("DE") else {
        let is_letters = compact.bytes().take(2).all(|byte| byte.is_ascii_uppercase());
        return (4..=14).contains(&compact.len())
            && is_letters
            && compact.bytes().all(|byte| byte.is_ascii_alphanumeric());
    };
    if german.len() != 9 || !german.bytes().all(|byte| byte.is_ascii_digit()) || german.starts_with('0') {
        return false;
    }
    let digit = |byte: u8| u32::from(byte - b'0');
    let product = german.bytes().take(8).fold(10, |product, byte| {
        let sum = match (digit(byte) + product) % 10 {
            0 => 10,
            sum => sum,
        };
        2 * sum % 11
    });
    german.bytes().last().map(digit) == Some((11 - product) % 10)
}

fn known_legal_form<'b, C>(d: &mut Decoder<'b>, ctx: &mut C) -> Result<LegalForm, decode::Error> {
    known_or(d, ctx, LegalForm::Other)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn full() -> Imprint {
        Imprint {
            name: "Muster".into(),
            street: "Am Markt 1".into(),
            zip: "01234".into(),
            city: "Musterstadt".into(),
            email: "post@example.org".into(),
            contact: "+49 30 0000000".into(),
            ..Imprint::default()
        }
    }

    #[test]
    fn everybody_says_who_they_are_and_how_to_reach_them() {
        use ImprintField::{City, Contact, Email, Name, Street, Zip};
        assert_eq!(Imprint::default().missing(LineKind::Other), [Name, Street, Zip, City, Email, Contact]);
        assert_eq!(full().missing(LineKind::Other), []);
        assert_eq!(Imprint { city: " ".into(), ..full() }.missing(LineKind::Cinema), [City]);
    }

    #[test]
    fn what_is_needed_depends_on_the_legal_form() {
        use ImprintField::{Register, RegisterNumber, Representative};
        let missing = |legal_form| Imprint { legal_form, ..full() }.missing(LineKind::Restaurant);
        assert_eq!(missing(LegalForm::Person), []);
        assert_eq!(missing(LegalForm::Merchant), [Register, RegisterNumber]);
        assert_eq!(missing(LegalForm::Gbr), [Representative]);
        assert_eq!(missing(LegalForm::Gmbh), [Representative, Register, RegisterNumber]);
        assert_eq!(missing(LegalForm::PublicBody), [Representative]);
    }

    #[test]
    fn what_is_needed_depends_on_the_kind_of_line() {
        use ImprintField::{Authority, AwardedIn, Chamber, Profession, Rules, RulesAt};
        let profession = [Authority, Chamber, Profession, AwardedIn, Rules, RulesAt];
        assert_eq!(full().missing(LineKind::Pharmacy), profession);
        assert_eq!(full().missing(LineKind::Practice), profession);
        assert_eq!(full().missing(LineKind::Bank), [Authority]);
        assert_eq!(full().missing(LineKind::Taxi), [Authority]);
        assert_eq!(full().missing(LineKind::Authority), []);
    }

    #[test]
    fn a_german_vat_id_is_held_against_its_check_digit() {
        for (text, expected) in [
            ("DE136695976", true),
            ("DE 136 695 976", true),
            ("DE136695978", false),
            ("DE163695976", false),
            // A sum of 0 counts as 10 on the way to this one.
            ("DE123456704", true),
            // The check digit fits, but none begins with 0.
            ("DE036695975", false),
            ("DE13669597", false),
            ("136695976", false),
            ("ATU12345678", true),
            ("at12345678", false),
            ("FR", false),
        ] {
            assert_eq!(is_vat_id(text), expected, "{text}");
        }
    }

    #[test]
    fn entries_that_cannot_be_right_are_found() {
        let faults = |change: fn(&mut Imprint)| {
            let mut imprint = full();
            change(&mut imprint);
            imprint.check()
        };
        assert_eq!(faults(|_| {}), []);
        for email in [
            "post",
            "post@",
            "@example.org",
            "a b@example.org",
            "post@example",
            "post@example..org",
            "a@b@c.de",
        ] {
            assert_eq!(Imprint { email: email.into(), ..full() }.check(), [ImprintFault::Email], "{email}");
        }
        for zip in ["1234", "123456", "0123a", "00000"] {
            assert_eq!(Imprint { zip: zip.into(), ..full() }.check(), [ImprintFault::Zip], "{zip}");
        }
        let austria = Imprint { zip: "1010".into(), country: "AT".into(), ..full() };
        assert_eq!(austria.check(), []);
        assert_eq!(faults(|imprint| imprint.country = "Deutschland".into())[0], ImprintFault::Country);
        assert_eq!(faults(|imprint| imprint.vat_id = "DE1".into()), [ImprintFault::VatId]);
        assert_eq!(faults(|imprint| imprint.name = "a\nb".into()), [ImprintFault::Form(ImprintField::Name)]);
        assert_eq!(
            faults(|imprint| imprint.street = "a".repeat(MAX_IMPRINT + 1)),
            [ImprintFault::Form(ImprintField::Street)]
        );
    }

    #[test]
    fn a_company_is_called_with_its_legal_form() {
        assert_eq!(Imprint { legal_form: LegalForm::Gmbh, ..full() }.full_name(), "Muster GmbH");
        assert_eq!(full().full_name(), "Muster");
    }
}
