//! How familiar a contact is: how often and how recently both sides wrote. Computed here, told to nobody.
//!
//! Counted are days with at least one message, each side for itself; a day counts half after a month, a quarter after two.
//! The quieter side decides: somebody who writes and gets no answer does not become familiar by it.

use kuvert_store::{ContactRow, ConversationId, Writing};

use crate::limits::FAMILIARITY_HALF_LIFE;
use crate::step::Step;
use crate::{ClientError, Timestamp};

const DAY: i64 = 86_400_000;
/// A day on which something was written, in thousandths.
const ONE: u32 = 1000;

/// How familiar a contact is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Familiarity {
    /// One side has not written for long, or ever.
    Stranger,
    /// Both wrote, on one or two days lately.
    Acquainted,
    /// Both wrote on several days.
    Familiar,
    /// Both write often.
    Close,
}

impl Familiarity {
    /// How familiar a contact is at a time.
    pub fn of(contact: &ContactRow, now: Timestamp) -> Self {
        let today = now.0.div_euclid(DAY);
        match faded(contact.heard, today).min(faded(contact.wrote, today)) {
            0..500 => Self::Stranger,
            500..3_000 => Self::Acquainted,
            3_000..10_000 => Self::Familiar,
            _ => Self::Close,
        }
    }
}

/// What is left of earlier days.
fn faded(writing: Writing, today: i64) -> u32 {
    let days = today.saturating_sub(writing.last).max(0);
    let share = 0.5_f64.powf(days as f64 / FAMILIARITY_HALF_LIFE as f64);
    (f64::from(writing.days) * share).round() as u32
}

/// With today; `None` if today counts already.
fn with_today(writing: Writing, now: Timestamp) -> Option<Writing> {
    let today = now.0.div_euclid(DAY);
    (today > writing.last).then(|| Writing { days: faded(writing, today).saturating_add(ONE), last: today })
}

impl Step<'_, '_> {
    /// The user wrote in a conversation.
    pub(crate) fn wrote_to(&mut self, conversation: ConversationId) -> Result<(), ClientError> {
        if let Some(contact) = self.tx.contact_of(conversation)?
            && let Some(wrote) = with_today(contact.wrote, self.now)
        {
            self.tx.set_wrote(contact.id, wrote)?;
        }
        Ok(())
    }

    /// A contact wrote.
    pub(crate) fn heard_from(&mut self, contact: &ContactRow) -> Result<(), ClientError> {
        match with_today(contact.heard, self.now) {
            Some(heard) => Ok(self.tx.set_heard(contact.id, heard)?),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrote_on(days: impl IntoIterator<Item = i64>) -> Writing {
        let none = Writing { days: 0, last: 0 };
        days.into_iter()
            .fold(none, |writing, day| with_today(writing, Timestamp(day * DAY)).unwrap_or(writing))
    }

    #[test]
    fn a_day_counts_once_and_fades_to_half_in_a_month() {
        let writing = wrote_on([100, 100, 101]);
        assert_eq!(faded(wrote_on([100, 100]), 100), ONE);
        assert_eq!(faded(wrote_on([100]), 130), ONE / 2);
        assert!(faded(writing, 101) > 1_900);
        assert_eq!(faded(writing, 100_000), 0);
    }

    #[test]
    fn the_quieter_side_decides() {
        let contact = |heard, wrote| ContactRow {
            id: kuvert_store::ContactId(1),
            identity: [1; 32],
            name: String::new(),
            state: kuvert_store::ContactState::Accepted,
            trust: kuvert_store::Trust::New,
            blocked: false,
            heard,
            wrote,
        };
        let now = Timestamp(120 * DAY);
        let often = wrote_on(100..=120);
        assert_eq!(Familiarity::of(&contact(often, wrote_on([])), now), Familiarity::Stranger);
        assert_eq!(Familiarity::of(&contact(often, wrote_on([120])), now), Familiarity::Acquainted);
        assert_eq!(Familiarity::of(&contact(wrote_on(115..=120), often), now), Familiarity::Familiar);
        assert_eq!(Familiarity::of(&contact(often, often), now), Familiarity::Close);
        let later = Timestamp(400 * DAY);
        assert_eq!(Familiarity::of(&contact(often, often), later), Familiarity::Stranger);
    }
}
