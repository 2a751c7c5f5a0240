//! Who is there, and who answers whom at this moment: so that two do not answer the same customer. Forgotten by the clock of the
//! device, and never written down.

use std::collections::BTreeMap;

use kuvert_wire::ChannelId;

use super::event::Event;
use super::ids::DeviceKey;
use super::team::Team;
use crate::limits::{ANSWERING_FOR, MAX_MEMBERS, PRESENT_FOR};

/// Who is there, and who answers whom. `now` is the device's own clock, which may be set back.
#[derive(Clone, Default)]
pub struct Presence {
    seen: BTreeMap<DeviceKey, Seen>,
}

#[derive(Clone, Copy)]
struct Seen {
    at: i64,
    answering: Option<(ChannelId, i64)>,
}

/// Whether something was less than a time ago.
fn is_within(time: i64, at: i64, now: i64) -> bool {
    (0..time).contains(&now.saturating_sub(at))
}

impl Presence {
    /// Notes what a device said `at` a time: that it was there, and whom it answered. Where its clock is ahead, it was now. Returns
    /// whether anything is shown differently.
    pub fn apply(&mut self, team: &Team, by: DeviceKey, event: &Event, at: i64, now: i64) -> bool {
        let at = at.min(now);
        self.seen.retain(|_, seen| is_within(PRESENT_FOR, seen.at, now));
        if team.role(by).is_none() || !is_within(PRESENT_FOR, at, now) {
            return false;
        }
        if !self.seen.contains_key(&by) && self.seen.len() >= MAX_MEMBERS {
            return false;
        }
        let before = self.seen.get(&by).copied();
        let answering = match event {
            Event::Answering { conversation } => Some((*conversation, at)),
            // Nobody writes two answers at once: what was done with one customer ends that.
            Event::Case { conversation, .. } => {
                self.answered_by(by, now).filter(|(other, _)| other != conversation)
            }
            _ => self.answered_by(by, now),
        };
        let at = before.map_or(at, |before| before.at.max(at));
        self.seen.insert(by, Seen { at, answering });
        let shown =
            |seen: Option<Seen>| seen.map(|seen| seen.answering.map(|(conversation, _)| conversation));
        shown(before) != shown(self.seen.get(&by).copied())
    }

    /// Who is there.
    pub fn present(&self, now: i64) -> impl Iterator<Item = DeviceKey> {
        let seen = self.seen.iter().filter(move |(_, seen)| is_within(PRESENT_FOR, seen.at, now));
        seen.map(|(device, _)| *device)
    }

    /// Who answers a customer, but for the member `me`.
    pub fn answering(
        &self,
        conversation: ChannelId,
        me: DeviceKey,
        now: i64,
    ) -> impl Iterator<Item = DeviceKey> {
        let others = self.seen.keys().copied().filter(move |device| *device != me);
        others
            .filter(move |device| self.answered_by(*device, now).is_some_and(|(one, _)| one == conversation))
    }

    fn answered_by(&self, device: DeviceKey, now: i64) -> Option<(ChannelId, i64)> {
        self.seen.get(&device)?.answering.filter(|(_, at)| is_within(ANSWERING_FOR, *at, now))
    }
}

impl std::fmt::Debug for Presence {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Presence({})", self.seen.len())
    }
}
