//! The guard: what should not leave a device by mistake, found in a text before it is sent.
//!
//! [`find`] looks for the kinds that a line asked for, and always for access to an e-prescription, which is the one kind that
//! is refused rather than warned of (§ 360 (16) SGB V). It runs on the sender's device, keeps nothing and tells nobody.
//!
//! # What is found
//!
//! - **IBAN**: of every country in SWIFT's registry (release 100), in any case, in one piece or in groups, if its length and its check
//!   digits are right and at least eight of its characters after those are digits.
//! - **Payment card**: 14 to 19 digits that begin as the numbers of Visa, Mastercard, Maestro, American Express, Diners,
//!   Discover, JCB, UnionPay and girocard do, are as long, and pass Luhn's check; in one piece or in groups of three or more.
//! - **Health insurance**: the number of an insured person (§ 290 SGB V), a letter and nine digits with a right check digit,
//!   alone or with the ten or twenty digits that cards print behind it.
//! - **Tax id**: eleven digits (§ 139b AO), in one piece or as 2-3-3-3, with a right check digit and digits that repeat as the rule
//!   demands: one of the first ten twice or three times, all others once, and never three times in a row.
//! - **Prescription**: a prescription's id and a 64-digit access code near it, as texts, links or JSON, percent-encoded once or
//!   several times, broken over lines, or taken out of the token. An id after `Task/` counts whatever its check digits.
//!
//! Groups are separated by spaces of any width or hyphens; characters that have no width may stand anywhere.
//!
//! # What is not found
//!
//! Numbers in pictures, in words, in digits of other scripts, in Base64, over several lines (other than prescriptions) or with
//! a digit mistyped; card numbers of 13 digits, which are no longer issued and look like article numbers; a prescription's
//! id or access code alone, neither of which opens anything. One in ten random numbers of the right shape has a right check digit
//! by chance, one in 97 for IBANs: a finding is a question to the writer, not a verdict. Who wants to get something past the guard
//! can: it is there for mistakes.

mod numbers;
mod prescription;
mod scan;

use std::ops::Range;

use minicbor::{Decode, Encode};

use scan::Scan;

/// Most findings in one text; what comes after them is not looked at. Prescriptions come first.
pub const MAX_FINDINGS: usize = 64;

/// What was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// An account number.
    Iban,
    /// The number of a credit or debit card.
    PaymentCard,
    /// The number of somebody who has health insurance in Germany.
    HealthInsurance,
    /// A person's number at Germany's tax offices.
    TaxId,
    /// Access to an e-prescription.
    Prescription,
}

impl Kind {
    /// Whether a text with it must not be sent, whatever its writer wants.
    pub const fn is_refused(self) -> bool {
        matches!(self, Self::Prescription)
    }

    /// The kind as a set of one; nothing for what is looked for anyway.
    const fn asked(self) -> Asked {
        match self {
            Self::Iban => Asked::IBAN,
            Self::PaymentCard => Asked::PAYMENT_CARD,
            Self::HealthInsurance => Asked::HEALTH_INSURANCE,
            Self::TaxId => Asked::TAX_ID,
            Self::Prescription => Asked::NOTHING,
        }
    }
}

/// The kinds that a line asked to be warned of. Bits that this version does not know are kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Encode, Decode)]
#[cbor(transparent)]
pub struct Asked(#[n(0)] u8);

impl Asked {
    /// Nothing but what is always looked for.
    pub const NOTHING: Self = Self(0);
    /// [`Kind::Iban`].
    pub const IBAN: Self = Self(1);
    /// [`Kind::PaymentCard`].
    pub const PAYMENT_CARD: Self = Self(1 << 1);
    /// [`Kind::HealthInsurance`].
    pub const HEALTH_INSURANCE: Self = Self(1 << 2);
    /// [`Kind::TaxId`].
    pub const TAX_ID: Self = Self(1 << 3);
    /// Every kind of this version.
    pub const EVERYTHING: Self =
        Self::IBAN.with(Self::PAYMENT_CARD).with(Self::HEALTH_INSURANCE).with(Self::TAX_ID);

    /// The kinds that these flags stand for: see [`crate::line::LineProfile::guard`].
    pub const fn of(flags: u8) -> Self {
        Self(flags)
    }

    /// The flags.
    pub const fn flags(self) -> u8 {
        self.0
    }

    /// These kinds and those of `other`.
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// These kinds without those of `other`.
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether all kinds of `other` are among these.
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

/// Something found, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What it is.
    pub kind: Kind,
    /// Where it stands in the text, in bytes; both ends are between characters.
    pub range: Range<usize>,
}

/// What in a text should not leave by mistake, in the order of the text, without overlaps.
///
/// Takes time in proportion to the text's length. What is recognised as one kind is never taken for another, whether asked
/// for or not: the digits of an IBAN are no card number.
pub fn find(text: &str, asked: Asked) -> Vec<Finding> {
    let refused = prescription::find(text);
    let mut findings = refused.clone();
    let mut scan = Scan::new(text);
    // Nothing else is looked for inside of a prescription, and nothing reaches into one.
    let mut refused = refused.into_iter().map(|finding| finding.range).peekable();
    while findings.len() < MAX_FINDINGS {
        if let Some(inside) = refused.next_if(|range| scan.position() >= range.start) {
            scan.skip_to(inside.end);
            continue;
        }
        let until = refused.peek().map_or(text.len(), |range| range.start);
        if let Some((kind, end)) = numbers::at(&scan).filter(|(_, end)| *end <= until) {
            let range = scan.position()..end;
            if asked.contains(kind.asked()) {
                let place = findings.partition_point(|earlier| earlier.range.start < range.start);
                findings.insert(place, Finding { kind, range });
            }
            scan.skip_to(end);
        } else if scan.next().is_none() {
            break;
        }
    }
    findings
}

#[cfg(test)]
mod tests;
