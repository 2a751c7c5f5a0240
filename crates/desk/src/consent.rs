//! What a customer consents to and takes back, as it travels beside a text that says the same.
//!
//! It comes from outside: [`Consent::decode`] takes nothing that is out of bounds. What is remembered of it are events of the
//! desk room.

use kuvert_wire::encode;
use minicbor::{Decode, Encode};

use crate::form::{Answers, FieldKind, Form, ReadError, Value, consent_hash};
use crate::limits::MAX_PURPOSE;
use crate::text::is_line;

/// Largest consent in bytes.
pub const MAX_CONSENT: usize = 1024;

/// What a customer says about consents, or about everything that the line has of them. `Debug` tells its kind only.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub enum Consent {
    /// They consent.
    #[n(0)]
    Given(#[n(0)] Given),
    /// They take back what they consented to.
    #[n(1)]
    Withdrawn {
        /// To what they had consented.
        #[n(0)]
        purpose: String,
    },
    /// They take everything back, and ask for all that the line has of them to be erased (Art. 17 GDPR).
    #[n(2)]
    Erase,
}

/// What a customer consented to.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub struct Given {
    /// To what, on one line.
    #[n(0)]
    pub purpose: String,
    /// [`consent_hash`] of the text that was shown.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub hash: [u8; 32],
    /// Version of what the text is part of: a form's, or the line's privacy notice's.
    #[n(2)]
    pub version: u32,
}

impl Consent {
    /// The bytes.
    pub fn encode(&self) -> Vec<u8> {
        encode(self)
    }

    /// Reads a consent.
    ///
    /// # Errors
    /// [`ReadError`] if the bytes are too many or no consent, or if its purpose is out of bounds.
    pub fn decode(bytes: &[u8]) -> Result<Self, ReadError> {
        let consent: Self = kuvert_wire::decode(bytes, MAX_CONSENT)?;
        match &consent {
            Self::Given(Given { purpose, .. }) | Self::Withdrawn { purpose } if !is_purpose(purpose) => {
                Err(ReadError::OutOfBounds)
            }
            _ => Ok(consent),
        }
    }
}

/// What a customer consented to with a form. What was consented to is named after form and field, so that the same field of the
/// same form is the same purpose. Texts that this form does not have count for nothing.
pub fn consents_of(answers: &Answers, form: &Form) -> Vec<Given> {
    if answers.form != form.id {
        return Vec::new();
    }
    let given = |field: &crate::form::Field| {
        let (FieldKind::Consent { text }, Some(Value::Consent { language, hash })) =
            (&field.kind, answers.get(&field.id))
        else {
            return None;
        };
        // Another version of the form may have shown another text; that is kept by its hash.
        let is_known = answers.version != form.version || *hash == consent_hash(text.get(language));
        let purpose = format!("{}: {}", form.id, field.id);
        is_known.then_some(Given { purpose, hash: *hash, version: answers.version })
    };
    form.fields.iter().filter_map(given).filter(|given| is_purpose(&given.purpose)).collect()
}

fn is_purpose(purpose: &str) -> bool {
    is_line(purpose, MAX_PURPOSE)
}

impl std::fmt::Debug for Consent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Given(_) => "Given(..)",
            Self::Withdrawn { .. } => "Withdrawn(..)",
            Self::Erase => "Erase",
        })
    }
}

impl std::fmt::Debug for Given {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Given(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::form::{Answer, Field};
    use crate::text::Text;

    fn form() -> Form {
        let field = |id: &str, kind| Field {
            id: id.into(),
            label: Text::one("de", "Newsletter"),
            help: Text::default(),
            required: false,
            kind,
        };
        Form {
            id: "order".into(),
            version: 3,
            title: Text::one("de", "Bestellung"),
            intro: Text::default(),
            fields: vec![
                field("name", FieldKind::Text { max: 10, lines: 1 }),
                field("news", FieldKind::Consent { text: Text::one("de", "Ich will Neues hören.") }),
            ],
            statuses: crate::request::StatusFlow::default(),
            retention: None,
            dispatch: false,
            capacity: None,
        }
    }

    fn answers(version: u32, text: &str) -> Answers {
        let value = Value::Consent { language: "de".into(), hash: consent_hash(text) };
        Answers { form: "order".into(), version, values: vec![Answer { field: "news".into(), value }] }
    }

    #[test]
    fn a_form_s_consents_are_known_by_their_text() {
        let given = consents_of(&answers(3, "Ich will Neues hören."), &form());
        let hash = consent_hash("Ich will Neues hören.");
        assert_eq!(given, [Given { purpose: "order: news".into(), hash, version: 3 }]);
        assert_eq!(consents_of(&answers(3, "Etwas anderes"), &form()), [], "not what this form says");
        assert_eq!(consents_of(&answers(2, "Etwas anderes"), &form()).len(), 1, "an earlier one said that");
        let other = Form { id: "other".into(), ..form() };
        assert_eq!(consents_of(&answers(3, "Ich will Neues hören."), &other), []);
        let empty = Answers { values: Vec::new(), ..answers(3, "") };
        assert_eq!(consents_of(&empty, &form()), []);
    }

    #[test]
    fn what_comes_from_outside_is_within_bounds() {
        let given =
            |purpose: &str| Consent::Given(Given { purpose: purpose.into(), hash: [7; 32], version: 1 });
        for good in [given("news"), Consent::Withdrawn { purpose: "news".into() }, Consent::Erase] {
            assert_eq!(Consent::decode(&good.encode()), Ok(good));
        }
        for bad in [given(""), given("two\nlines"), given(&"x".repeat(MAX_PURPOSE + 1))] {
            assert_eq!(Consent::decode(&bad.encode()), Err(ReadError::OutOfBounds));
        }
        assert!(Consent::decode(&[0xff; 8]).is_err() && Consent::decode(&[0; MAX_CONSENT + 1]).is_err());
    }
}
