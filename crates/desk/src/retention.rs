//! How long things are kept: what a line erases by itself, and what it has to keep.
//!
//! A conversation is erased some days after it is done, on both sides. Messages are what has to be kept, not conversations: a
//! message that is tagged as a business record stays on the line's side until its years are over, and everything around it
//! goes. The years count from the end of the calendar year (§ 147 (4) AO, § 257 (5) HGB), in Germany's time.

use std::collections::BTreeMap;

use kuvert_content::MessageId;
use minicbor::{Decode, Encode};

use crate::time::{Date, LocalTime, MAX_YEAR};

/// A number of days of 24 hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(transparent)]
pub struct Days(#[n(0)] pub u16);

impl Days {
    const MILLIS: i64 = 24 * 60 * 60 * 1000;

    /// The moment so many days later.
    pub const fn after(self, at: i64) -> i64 {
        at.saturating_add(self.0 as i64 * Self::MILLIS)
    }
}

/// What a business record is. Says how long the law wants it kept; who tags a message has to know which it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Record {
    /// A letter of business received or sent: an order, a confirmation, a complaint.
    Letter,
    /// A voucher on which something was booked: an invoice, a receipt.
    Voucher,
    /// Books, balance sheets, and what is needed to understand them.
    Books,
}

impl Record {
    /// All of them, the shortest first.
    pub const ALL: [Self; 3] = [Self::Letter, Self::Voucher, Self::Books];

    /// For how many years after the end of its year it is kept.
    pub const fn years(self) -> u8 {
        match self {
            Self::Letter => 6,
            Self::Voucher => 8,
            Self::Books => 10,
        }
    }

    /// Why.
    pub const fn source(self) -> &'static str {
        match self {
            Self::Letter => "§ 147 Abs. 1 Nr. 2, 3 AO, § 257 Abs. 1 Nr. 2, 3 HGB",
            Self::Voucher => "§ 147 Abs. 1 Nr. 4 AO, § 257 Abs. 1 Nr. 4 HGB",
            Self::Books => "§ 147 Abs. 1 Nr. 1 AO, § 257 Abs. 1 Nr. 1 HGB",
        }
    }
}

/// When something that was done at a moment is erased: after the form's own time, or else after the line's.
pub fn erase_at(done_at: i64, line: Days, form: Option<Days>) -> i64 {
    form.unwrap_or(line).after(done_at)
}

/// Until when a business record is kept that was made at a moment: so many years, from the end of its calendar year. It may go
/// at the moment that is returned. Not later than the calendar reaches.
pub fn kept_until(made_at: i64, years: u8) -> i64 {
    let year = LocalTime::of(made_at).date().year() + u16::from(years);
    LocalTime::end_of(Date::new(year.min(MAX_YEAR), 12, 31).unwrap_or(Date::MAX))
}

/// A message of a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dated {
    /// Names it.
    pub id: MessageId,
    /// When it was sent.
    pub at: i64,
    /// When it is erased because the request to which it belongs says so: see
    /// [`crate::request::RequestStatus::erase_at`].
    pub erase_at: Option<i64>,
}

/// A message is a business record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tagged {
    /// The message.
    pub id: MessageId,
    /// For how many years after the end of its year it is kept.
    pub years: u8,
}

/// How long a message stays on the line's side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// Until the conversation is done, and from then on for the line's time.
    WhileOpen,
    /// Until this moment.
    Until(i64),
    /// As a business record, until this moment.
    Record(i64),
}

impl Keep {
    /// When it goes, if that is known.
    pub const fn erase_at(self) -> Option<i64> {
        match self {
            Self::WhileOpen => None,
            Self::Until(at) | Self::Record(at) => Some(at),
        }
    }
}

/// Which messages of a conversation go when, in their order. A message that is tagged more than once stays for the longest of
/// these times, and none goes earlier because it is tagged.
pub fn plan(messages: &[Dated], tags: &[Tagged], done_at: Option<i64>, line: Days) -> Vec<(MessageId, Keep)> {
    let mut years: BTreeMap<MessageId, u8> = BTreeMap::new();
    for tag in tags {
        let longest = years.entry(tag.id).or_default();
        *longest = tag.years.max(*longest);
    }
    let keep = |message: &Dated| {
        let due = message.erase_at.or_else(|| Some(erase_at(done_at?, line, None)));
        match (years.get(&message.id), due) {
            (Some(years), due) => {
                let until = kept_until(message.at, *years);
                Keep::Record(due.map_or(until, |due| due.max(until)))
            }
            (None, Some(due)) => Keep::Until(due),
            (None, None) => Keep::WhileOpen,
        }
    };
    messages.iter().map(|message| (message.id, keep(message))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u8) -> MessageId {
        MessageId::new([number; 32])
    }

    /// Midnight in Germany.
    fn midnight(day: &str) -> i64 {
        LocalTime::midnight(Date::parse(day).expect("a day")).at()
    }

    #[test]
    fn a_form_s_own_time_counts_before_the_line_s() {
        assert_eq!(erase_at(1000, Days(1), None), 86_401_000);
        assert_eq!(erase_at(1000, Days(1), Some(Days(2))), 172_801_000);
        assert_eq!(erase_at(1000, Days(1), Some(Days(0))), 1000);
        assert_eq!(erase_at(i64::MAX, Days(u16::MAX), None), i64::MAX);
    }

    #[test]
    fn the_years_of_a_record_count_from_the_end_of_its_calendar_year() {
        assert_eq!(kept_until(midnight("2026-01-01"), 6), midnight("2033-01-01"));
        assert_eq!(kept_until(midnight("2027-01-01") - 1, 6), midnight("2033-01-01"));
        assert_eq!(kept_until(midnight("2027-01-01"), 6), midnight("2034-01-01"));
        assert_eq!(kept_until(midnight("2026-07-01"), 10), midnight("2037-01-01"));
        assert_eq!(kept_until(midnight("2026-07-01"), 0), midnight("2027-01-01"));
        // In Germany the year is over one hour earlier than in UTC.
        assert_eq!(midnight("2033-01-01"), 1_988_146_800_000);
        for at in [i64::MIN, i64::MAX] {
            assert!(kept_until(at, u8::MAX) > 0);
        }
    }

    #[test]
    fn records_are_kept_for_six_eight_and_ten_years() {
        assert_eq!(Record::ALL.map(Record::years), [6, 8, 10]);
    }

    #[test]
    fn messages_go_when_their_time_is_over_and_records_stay() {
        let at = midnight("2026-05-01");
        let messages = [
            Dated { id: id(1), at, erase_at: None },
            Dated { id: id(2), at, erase_at: None },
            Dated { id: id(3), at, erase_at: Some(at + 5) },
            Dated { id: id(4), at, erase_at: Some(at + 5) },
        ];
        let tags = [2, 4].map(|number| Tagged { id: id(number), years: 6 });
        let kept = midnight("2033-01-01");
        assert_eq!(
            plan(&messages, &tags, Some(at + 10), Days(1)),
            [
                (id(1), Keep::Until(at + 10 + 86_400_000)),
                (id(2), Keep::Record(kept)),
                (id(3), Keep::Until(at + 5)),
                (id(4), Keep::Record(kept)),
            ]
        );
        let open = plan(&messages, &tags, None, Days(1));
        assert_eq!(
            open.iter().map(|(_, keep)| *keep).collect::<Vec<_>>(),
            [Keep::WhileOpen, Keep::Record(kept), Keep::Until(at + 5), Keep::Record(kept)]
        );
        assert_eq!(open[0].1.erase_at(), None);
    }

    #[test]
    fn a_tag_never_shortens_a_message_s_time() {
        let at = midnight("2026-05-01");
        let message = [Dated { id: id(1), at, erase_at: None }];
        let tag = |years| Tagged { id: id(1), years };
        let done_at = midnight("2033-06-01");
        let late = Keep::Record(Days(30).after(done_at));
        assert_eq!(plan(&message, &[tag(6)], Some(done_at), Days(30)), [(id(1), late)]);
        let long = Keep::Record(midnight("2037-01-01"));
        for tags in [[tag(6), tag(10)], [tag(10), tag(6)]] {
            assert_eq!(plan(&message, &tags, None, Days(30)), [(id(1), long)]);
        }
    }
}
