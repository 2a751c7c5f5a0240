//! What should not be sent to a business line by mistake, in words.

use kuvert_view::{GuardKind, GuardedView, UiCommand};

use super::Failure;
use crate::output::foreign;

/// A wish, as one about which the user was asked if they say so.
pub(super) fn confirmed(wish: UiCommand, anyway: bool) -> UiCommand {
    if anyway { UiCommand::Anyway(Box::new(wish)) } else { wish }
}

/// Why a text was not sent.
pub(super) fn failure(guarded: &GuardedView) -> Failure {
    let place = |(kind, place): &(GuardKind, String)| format!("{} ({})", words(*kind), foreign(place));
    let places = guarded.found.iter().map(place).collect::<Vec<_>>().join(", ");
    if guarded.is_refused { Failure::GuardRefused { places } } else { Failure::Guarded { places } }
}

fn words(kind: GuardKind) -> &'static str {
    match kind {
        GuardKind::Iban => "an IBAN",
        GuardKind::PaymentCard => "the number of a payment card",
        GuardKind::HealthInsurance => "a health insurance number",
        GuardKind::TaxId => "a tax number",
        GuardKind::Prescription => "access to an e-prescription",
    }
}
