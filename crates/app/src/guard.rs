//! The guard before a text leaves to a business line, or from one: what should not be sent by mistake is asked about, and what
//! must not be sent is refused, on the sender's device and whatever the user interface wants.

use kuvert_core::{ClientError, Refusal};
use kuvert_desk::guard::{self, Asked, Kind};
use kuvert_desk::line::LineProfile;
use kuvert_view::{ConversationId, GuardKind, GuardedView, UiCommand, ViewUpdate};

use crate::{App, views};

/// Findings that are shown.
const MAX_SHOWN: usize = 8;
/// Characters of each.
const MAX_PLACE: usize = 80;

/// Kinds, as the logic and as a user interface names them.
const KINDS: [(Asked, GuardKind); 4] = [
    (Asked::IBAN, GuardKind::Iban),
    (Asked::PAYMENT_CARD, GuardKind::PaymentCard),
    (Asked::HEALTH_INSURANCE, GuardKind::HealthInsurance),
    (Asked::TAX_ID, GuardKind::TaxId),
];

/// The flags for what an owner chose.
pub(crate) fn flags(kinds: &[GuardKind]) -> u8 {
    let chosen = KINDS.iter().filter(|(_, kind)| kinds.contains(kind));
    chosen.fold(Asked::NOTHING, |all, (asked, _)| all.with(*asked)).flags()
}

/// What an owner chose, by its flags.
pub(crate) fn kinds(flags: u8) -> Vec<GuardKind> {
    let is_asked = |asked| Asked::of(flags).contains(asked);
    KINDS.iter().filter(|(asked, _)| is_asked(*asked)).map(|(_, kind)| *kind).collect()
}

impl App {
    /// Whether a wish can be fulfilled as it is. If its text holds what should not leave, the user interface is told. `anyway`: the
    /// user was asked, and wants it.
    pub(crate) fn may_leave(&mut self, wish: &UiCommand, anyway: bool) -> Result<bool, ClientError> {
        let Some((text, asked)) = self.guarded_text(wish)? else { return Ok(true) };
        let found = guard::find(text, asked);
        let is_refused = found.iter().any(|finding| finding.kind.is_refused());
        if found.is_empty() || (anyway && !is_refused) {
            return Ok(true);
        }
        let shown = found.iter().filter(|finding| finding.kind.is_refused() == is_refused).take(MAX_SHOWN);
        let place = |finding: &guard::Finding| text[finding.range.clone()].chars().take(MAX_PLACE).collect();
        let found = shown.map(|finding| (shown_kind(finding.kind), place(finding))).collect();
        let wish = Box::new(wish.clone());
        self.updates.push_back(ViewUpdate::Guarded(GuardedView { wish, found, is_refused }));
        Ok(false)
    }

    /// As for a command: whether files with a text can be sent as they are, before a driver seals them. If not, the user interface
    /// is told.
    pub fn may_send_files(&mut self, wish: &UiCommand, anyway: bool) -> bool {
        // What cannot be read now is judged when it is written down.
        self.may_leave(wish, anyway).unwrap_or(true)
    }

    /// Whether a filled-in form holds what must not leave; the user interface is told. What the line only warns of, it may have asked for
    /// by the form itself.
    pub(crate) fn is_refused(&mut self, text: &str, wish: &UiCommand) -> bool {
        let found = guard::find(text, Asked::NOTHING);
        let shown = found.iter().filter(|finding| finding.kind.is_refused()).take(MAX_SHOWN);
        let place = |finding: &guard::Finding| text[finding.range.clone()].chars().take(MAX_PLACE).collect();
        let found: Vec<_> = shown.map(|finding| (shown_kind(finding.kind), place(finding))).collect();
        let is_refused = !found.is_empty();
        if is_refused {
            let wish = Box::new(wish.clone());
            self.updates.push_back(ViewUpdate::Guarded(GuardedView { wish, found, is_refused }));
        }
        is_refused
    }

    /// The text of a wish that goes to a line or comes from one, and what is asked about it.
    fn guarded_text<'w>(&mut self, wish: &'w UiCommand) -> Result<Option<(&'w str, Asked)>, ClientError> {
        let (text, line) = match wish {
            UiCommand::Send { conversation, text }
            | UiCommand::Write { conversation, text, .. }
            | UiCommand::SendFiles { conversation, text, .. } => (text, self.asking_line(*conversation)?),
            UiCommand::Edit { message, text } => {
                let row = self.client.message(views::message_row(*message))?.ok_or(Refusal::Unknown)?;
                (text, self.asking_line(views::conversation_id(row.conversation))?)
            }
            UiCommand::SendRequest { link, text } => (text, self.client.line_behind(link)),
            _ => return Ok(None),
        };
        let asked =
            |line: Vec<u8>| LineProfile::decode(&line).map_or(Asked::NOTHING, |line| Asked::of(line.guard));
        Ok(line.map(|line| (text.as_str(), asked(line))))
    }

    /// What the line says of itself that a conversation is with, or that this is a device of.
    fn asking_line(&mut self, conversation: ConversationId) -> Result<Option<Vec<u8>>, ClientError> {
        match self.desk_hooks {
            Some(hooks) if self.client.desk()?.is_some() => Ok(Some((hooks.settings)(self)?)),
            _ => self.client.line_of(views::conversation_row(conversation)),
        }
    }
}

fn shown_kind(kind: Kind) -> GuardKind {
    match kind {
        Kind::Iban => GuardKind::Iban,
        Kind::PaymentCard => GuardKind::PaymentCard,
        Kind::HealthInsurance => GuardKind::HealthInsurance,
        Kind::TaxId => GuardKind::TaxId,
        Kind::Prescription => GuardKind::Prescription,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_owner_chose_is_what_is_looked_for() {
        for chosen in [vec![], vec![GuardKind::TaxId], vec![GuardKind::Iban, GuardKind::PaymentCard]] {
            assert_eq!(kinds(flags(&chosen)), chosen);
        }
        // Flags of a later version choose nothing here.
        assert_eq!(kinds(1 << 6), []);
        assert_eq!(flags(&[GuardKind::Prescription]), 0, "it is looked for anyway");
    }
}
