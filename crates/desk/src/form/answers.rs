//! What a customer answers to a form.

use minicbor::{Decode, Decoder, Encode, decode};
use sha2::{Digest, Sha256};

use super::limits::{MAX_ANSWERS, MAX_FIELDS, MAX_YEAR, MIN_YEAR};
use super::{FieldKind, Form, ReadError};
use crate::later::known_or;
use crate::pzn::Pzn;

/// A filled-in form, as it travels beside a text that says the same ([`Answers::text`]).
///
/// `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub struct Answers {
    /// Names the form.
    #[n(0)]
    pub form: String,
    /// Its version.
    #[n(1)]
    pub version: u32,
    /// The answers; fields that were left empty have none.
    #[n(2)]
    pub values: Vec<Answer>,
}

/// The answer to one field.
///
/// `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub struct Answer {
    /// Names the field.
    #[n(0)]
    pub field: String,
    /// What was answered.
    #[cbor(n(1), decode_with = "known_value")]
    pub value: Value,
}

/// What was answered to a field.
///
/// `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub enum Value {
    /// A text.
    #[n(0)]
    Text(#[n(0)] String),
    /// Ids of the options that were chosen.
    #[n(1)]
    Choice(#[n(0)] Vec<String>),
    /// A number.
    #[n(2)]
    Number(#[n(0)] i64),
    /// How many.
    #[n(3)]
    Quantity(#[n(0)] u16),
    /// When, as clocks show it at the line.
    #[n(4)]
    When(#[n(0)] When),
    /// Where: what a person calls it, and where it lies if that was given.
    #[n(5)]
    Place(#[n(0)] String, #[n(1)] Option<Position>),
    /// Photos or files: indices among the attachments of the same message, from 0.
    #[n(6)]
    Attachments(#[n(0)] Vec<u8>),
    /// Products of a pharmacy.
    #[n(7)]
    Products(#[n(0)] Vec<Product>),
    /// Consent.
    #[n(8)]
    Consent {
        /// In which language the text was shown.
        #[n(0)]
        language: String,
        /// [`consent_hash`] of the text that was shown.
        #[cbor(n(1), with = "minicbor::bytes")]
        hash: [u8; 32],
    },
    /// An answer of a kind that only later versions know.
    #[n(255)]
    Later,
}

/// A day, perhaps with a time of day, as calendar and clock show them at the line.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub struct When {
    /// The day.
    #[n(0)]
    pub day: Day,
    /// Minutes since midnight, as the clock shows it.
    #[n(1)]
    pub minute: Option<u16>,
    /// The slot that was chosen, by the name of its lot.
    #[n(2)]
    pub slot: Option<String>,
}

/// A day of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub struct Day {
    /// Year.
    #[n(0)]
    pub year: u16,
    /// Month, 1 to 12.
    #[n(1)]
    pub month: u8,
    /// Day of the month, from 1.
    #[n(2)]
    pub day: u8,
}

/// A place on earth (WGS 84).
#[derive(Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct Position {
    /// Degrees north, times ten million.
    #[n(0)]
    pub latitude: i32,
    /// Degrees east, times ten million.
    #[n(1)]
    pub longitude: i32,
}

/// A product of a pharmacy: its number, its name or both.
///
/// `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub struct Product {
    /// Its number. That the check digit fits does not mean that there is such a product.
    #[n(0)]
    pub pzn: Option<Pzn>,
    /// What the customer calls it, perhaps empty.
    #[n(1)]
    pub name: String,
    /// How many packages.
    #[n(2)]
    pub quantity: u16,
}

impl Answers {
    /// The bytes.
    pub fn encode(&self) -> Vec<u8> {
        kuvert_wire::encode(self)
    }

    /// Reads answers. Whether they fit their form, [`super::Form::validate`] says.
    ///
    /// # Errors
    /// [`ReadError`] if the bytes are too many or no answers, or if these are more than a form has fields.
    pub fn decode(bytes: &[u8]) -> Result<Self, ReadError> {
        let answers: Self = kuvert_wire::decode(bytes, MAX_ANSWERS)?;
        if answers.values.len() <= MAX_FIELDS { Ok(answers) } else { Err(ReadError::OutOfBounds) }
    }

    /// Says of each consent in it to which text it was given: the one that stands in the form in this language.
    pub fn agree(&mut self, form: &Form, shown_in: &str) {
        for answer in &mut self.values {
            let kind = form.field(&answer.field).map(|field| &field.kind);
            if let (Value::Consent { language, hash }, Some(FieldKind::Consent { text })) =
                (&mut answer.value, kind)
            {
                shown_in.clone_into(language);
                *hash = consent_hash(text.get(shown_in));
            }
        }
    }

    /// The answer to a field.
    pub fn get(&self, field: &str) -> Option<&Value> {
        self.values.iter().find(|answer| answer.field == field).map(|answer| &answer.value)
    }
}

impl Day {
    /// Whether the calendar has this day, in a year that can be asked for.
    pub const fn is_valid(self) -> bool {
        let leap =
            self.year.is_multiple_of(4) && !self.year.is_multiple_of(100) || self.year.is_multiple_of(400);
        let days = match self.month {
            1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
            4 | 6 | 9 | 11 => 30,
            2 if leap => 29,
            2 => 28,
            _ => 0,
        };
        self.year >= MIN_YEAR && self.year <= MAX_YEAR && self.day >= 1 && self.day <= days
    }
}

impl Position {
    /// Whether there is such a place.
    pub const fn is_valid(self) -> bool {
        self.latitude.unsigned_abs() <= 900_000_000 && self.longitude.unsigned_abs() <= 1_800_000_000
    }
}

/// SHA-256 of a text to which somebody consents, by which it is known later which one it was.
pub fn consent_hash(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}

fn known_value<'b, C>(d: &mut Decoder<'b>, ctx: &mut C) -> Result<Value, decode::Error> {
    known_or(d, ctx, Value::Later)
}

impl std::fmt::Debug for Answers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Answers(..)")
    }
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Answer(..)")
    }
}

impl std::fmt::Debug for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Value(..)")
    }
}

impl std::fmt::Debug for When {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("When(..)")
    }
}

impl std::fmt::Debug for Position {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Position(..)")
    }
}

impl std::fmt::Debug for Product {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Product(..)")
    }
}
