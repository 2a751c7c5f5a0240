//! What time brings: offers that nobody took, reminders, customers who wait too long.

use std::collections::BTreeMap;

use kuvert_content::MessageId;
use kuvert_wire::ChannelId;

use super::case::Cases;
use super::event::Status;
use super::ids::{DeviceKey, EventId};
use super::queue::Facts;

/// What is due.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Due {
    /// Requests that nobody took in time. Any agent's device says so by [`super::CaseEvent::Escalated`]; the first one counts.
    pub offers: Vec<(ChannelId, MessageId)>,
    /// Reminders whose time has come and that nobody cleared.
    pub reminders: Vec<(ChannelId, EventId)>,
    /// When there will be something else, or a conversation waits no longer.
    pub next: Option<i64>,
}

/// What is due at `now`, by the id of the conversation.
pub fn due(cases: &Cases, now: i64) -> Due {
    let mut due = Due::default();
    for (conversation, case) in cases.iter() {
        for (request, offer) in &case.offers {
            if offer.is_due(now) {
                due.offers.push((conversation, *request));
            } else if offer.is_open() {
                due.look_again(now, offer.until);
            }
        }
        for reminder in &case.reminders {
            if reminder.at <= now {
                due.reminders.push((conversation, reminder.id));
            } else {
                due.look_again(now, reminder.at);
            }
        }
        if let Status::Waiting { until: Some(until) } = case.status {
            due.look_again(now, until);
        }
    }
    due
}

impl Due {
    fn look_again(&mut self, now: i64, at: i64) {
        if at > now {
            self.next = Some(self.next.map_or(at, |next| next.min(at)));
        }
    }
}

/// A customer who waits too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Overdue {
    /// Where.
    pub conversation: ChannelId,
    /// Since when.
    pub waiting_since: i64,
    /// How long in opening hours: milliseconds.
    pub waited: i64,
    /// Who looks after it.
    pub claimed_by: Option<DeviceKey>,
}

/// The customers who have waited for an answer at least `most` milliseconds of opening hours, the longest first.
/// `open_millis_between` tells how much of a time the line was open. What was set aside is not looked at again: see
/// [`super::queue`] for what is not.
pub fn overdue(
    cases: &Cases,
    facts: &BTreeMap<ChannelId, Facts>,
    now: i64,
    most: i64,
    open_millis_between: impl Fn(i64, i64) -> i64,
) -> Vec<Overdue> {
    let mut all: Vec<Overdue> = facts
        .iter()
        .filter_map(|(conversation, facts)| {
            let case = cases.get(*conversation);
            let waiting_since = facts.waiting_since_beside(case)?;
            let waited = open_millis_between(waiting_since, now);
            let claimed_by = case.and_then(super::case::Case::claimed_by);
            let overdue = Overdue { conversation: *conversation, waiting_since, waited, claimed_by };
            (waited >= most).then_some(overdue)
        })
        .collect();
    all.sort_unstable_by_key(|one| (std::cmp::Reverse(one.waited), one.waiting_since, one.conversation));
    all
}
