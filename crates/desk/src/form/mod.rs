//! Request forms as data: what a line asks of its customers, and what they answer.
//!
//! A form is part of the line's card. The customer's app shows its fields; nothing of a form is ever run or rendered as
//! markup. [`Form::check`] is for who builds a form, and [`Form::decode`] takes no form that it finds fault with.
//! [`Form::validate`] holds answers against their form: the customer's app does so before it sends them, and the line's
//! again when they arrive, since what the other side checked counts for nothing.

mod answers;
mod check;
pub mod limits;
mod summary;
mod validate;

pub use answers::{Answer, Answers, Day, Position, Product, Value, When, consent_hash};
pub use check::{FieldFault, FormFault};
pub use validate::{AnswerFault, Todo};

use kuvert_wire::DecodeError;
use minicbor::{Decode, Decoder, Encode, decode};

use crate::later::known_or;
use crate::request::StatusFlow;
use crate::retention::Days;
use crate::text::Text;

/// A request form.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Form {
    /// Names it within the line: small letters, digits, hyphens.
    #[n(0)]
    pub id: String,
    /// Counts its changes, from 1. Answers say to which version they belong.
    #[n(1)]
    pub version: u32,
    /// What it is called.
    #[n(2)]
    pub title: Text,
    /// What customers should know before they fill it in; may be missing.
    #[n(3)]
    pub intro: Text,
    /// What it asks, in this order.
    #[n(4)]
    pub fields: Vec<Field>,
    /// Where a request made with it can stand.
    #[n(5)]
    pub statuses: StatusFlow,
    /// How long a request stays after it is done, if not for as long as the line's conversations do.
    #[n(6)]
    pub retention: Option<Days>,
    /// A request is offered to several members, and whoever takes it first has it.
    #[n(7)]
    pub dispatch: bool,
    /// Names what seats are taken from, if they are limited.
    #[cbor(n(8), with = "minicbor::bytes")]
    pub capacity: Option<[u8; 16]>,
}

/// One thing that a form asks.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Field {
    /// Names it within the form: small letters, digits, hyphens.
    #[n(0)]
    pub id: String,
    /// What is asked.
    #[n(1)]
    pub label: Text,
    /// How to answer; may be missing.
    #[n(2)]
    pub help: Text,
    /// The form cannot be sent without an answer.
    #[n(3)]
    pub required: bool,
    /// What can be answered.
    #[cbor(n(4), decode_with = "known_kind")]
    pub kind: FieldKind,
}

/// What can be answered to a field.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum FieldKind {
    /// A text.
    #[n(0)]
    Text {
        /// Most characters.
        #[n(0)]
        max: u16,
        /// Most lines, from 1.
        #[n(1)]
        lines: u8,
    },
    /// One of several options, or some of them.
    #[n(1)]
    Choice {
        /// From what is chosen.
        #[n(0)]
        options: Vec<Choice>,
        /// More than one may be chosen.
        #[n(1)]
        several: bool,
    },
    /// A whole number.
    #[n(2)]
    Number {
        /// Smallest.
        #[n(0)]
        min: i64,
        /// Largest.
        #[n(1)]
        max: i64,
        /// Of what; may be missing.
        #[n(2)]
        unit: Text,
    },
    /// How many, from 1.
    #[n(3)]
    Quantity {
        /// Most.
        #[n(0)]
        max: u16,
    },
    /// A day, with or without a time of day.
    #[n(4)]
    DateTime {
        /// No time of day.
        #[n(0)]
        date_only: bool,
        /// Names what has the slots (its lots) of which one is to be chosen; any time if there is none.
        #[cbor(n(1), with = "minicbor::bytes")]
        slots: Option<[u8; 16]>,
    },
    /// A place.
    #[n(5)]
    Place,
    /// Pictures.
    #[n(6)]
    Photo {
        /// Most of them.
        #[n(0)]
        max: u8,
    },
    /// Files of any kind.
    #[n(7)]
    File {
        /// Most of them.
        #[n(0)]
        max: u8,
    },
    /// Medicines and other products of a pharmacy, by number or by name.
    #[n(8)]
    Pzn {
        /// Most products.
        #[n(0)]
        max: u8,
        /// Most packages of each.
        #[n(1)]
        quantity: u16,
    },
    /// Consent to a text, without which, if it is required, the form cannot be sent.
    #[n(9)]
    Consent {
        /// To what.
        #[n(0)]
        text: Text,
    },
    /// A kind of a later version: shown as such, and not answered.
    #[n(255)]
    Later,
}

/// An option of a choice.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Choice {
    /// Names it within the field: small letters, digits, hyphens.
    #[n(0)]
    pub id: String,
    /// What it says.
    #[n(1)]
    pub label: Text,
}

/// Why bytes are no form, answers or status that can be worked with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// They could not be read.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// They could be read, but hold more than allowed or what makes no sense.
    #[error("outside of the bounds")]
    OutOfBounds,
}

impl Form {
    /// The bytes.
    pub fn encode(&self) -> Vec<u8> {
        kuvert_wire::encode(self)
    }

    /// Reads a form. Fields of kinds that this version does not know are kept as [`FieldKind::Later`].
    ///
    /// # Errors
    /// [`ReadError`] if the bytes are too many or no form, or if [`Form::check`] finds fault with it.
    pub fn decode(bytes: &[u8]) -> Result<Self, ReadError> {
        let form: Self = kuvert_wire::decode(bytes, limits::MAX_FORM)?;
        if form.is_sound() { Ok(form) } else { Err(ReadError::OutOfBounds) }
    }

    /// The field of that name.
    pub fn field(&self, id: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.id == id)
    }

    /// All its texts.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &Text> {
        let of_form = [&self.title, &self.intro].into_iter();
        let states = self.statuses.states.iter().map(|state| &state.label);
        of_form.chain(states).chain(self.fields.iter().flat_map(Field::texts))
    }
}

impl Field {
    fn texts(&self) -> Vec<&Text> {
        let mut texts = vec![&self.label, &self.help];
        match &self.kind {
            FieldKind::Choice { options, .. } => texts.extend(options.iter().map(|option| &option.label)),
            FieldKind::Number { unit, .. } => texts.push(unit),
            FieldKind::Consent { text } => texts.push(text),
            _ => {}
        }
        texts
    }
}

fn known_kind<'b, C>(d: &mut Decoder<'b>, ctx: &mut C) -> Result<FieldKind, decode::Error> {
    known_or(d, ctx, FieldKind::Later)
}

/// Whether a text can name something: small letters, digits and single hyphens inside.
pub(crate) fn is_slug(text: &str) -> bool {
    let is_part = |part: &str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    };
    text.len() <= limits::MAX_SLUG && text.split('-').all(is_part)
}

#[cfg(test)]
mod tests;
