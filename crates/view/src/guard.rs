//! What should not leave a device by mistake, and was found in a text before it was sent.

use minicbor::{Decode, Encode};

use crate::UiCommand;

/// What was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum GuardKind {
    /// An account number.
    #[n(0)]
    Iban,
    /// The number of a credit or debit card.
    #[n(1)]
    PaymentCard,
    /// The number of somebody who has health insurance in Germany.
    #[n(2)]
    HealthInsurance,
    /// A person's number at Germany's tax offices.
    #[n(3)]
    TaxId,
    /// Access to an e-prescription, which is always refused.
    #[n(4)]
    Prescription,
}

impl GuardKind {
    /// What a line may ask to be warned of, with the words for it.
    pub const ASKED: [(&'static str, Self); 4] = [
        ("iban", Self::Iban),
        ("payment-card", Self::PaymentCard),
        ("health-insurance", Self::HealthInsurance),
        ("tax-id", Self::TaxId),
    ];
}

/// A wish that was not fulfilled because of what stands in its text.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub struct GuardedView {
    /// The wish; [`UiCommand::Anyway`] with it sends it, unless it is refused.
    #[n(0)]
    pub wish: Box<UiCommand>,
    /// What was found, in the order of the text, and how it stands there.
    #[n(1)]
    pub found: Vec<(GuardKind, String)>,
    /// It cannot be sent at all.
    #[n(2)]
    pub is_refused: bool,
}

impl std::fmt::Debug for GuardedView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("GuardedView(..)")
    }
}
