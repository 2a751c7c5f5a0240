//! Who is there, and who answers whom at this moment: so that two do not answer the same customer. Forgotten by the clock of the
//! device, and never written down.

use std::collections::BTreeMap;

use kuvert_wire::ChannelId;

use super::event::Event;
use super::ids::DeviceKey;
use super::team::Team;
use crate::limits::{MAX_MEMBERS, PRESENT_FOR};

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

fn is_fresh(at: i64, now: i64) -> bool {
    (0..PRESENT_FOR).contains(&now.saturating_sub(at))
}

impl Presence {
    /// Notes that a device said something just now, and whom it answers. What comes late, because this device was away, should not be
    /// handed in. Returns whether anything is shown differently.
    pub fn apply(&mut self, team: &Team, by: DeviceKey, event: &Event, now: i64) -> bool {
        if team.role(by).is_none() {
            return false;
        }
        self.seen.retain(|_, seen| is_fresh(seen.at, now));
        if !self.seen.contains_key(&by) && self.seen.len() >= MAX_MEMBERS {
            return false;
        }
        let before = self.seen.get(&by).copied();
        let answering = match event {
            Event::Answering { conversation } => Some((*conversation, now)),
            // Nobody writes two answers at once: what was done with one customer ends that.
            Event::Case { conversation, .. } => {
                self.answered_by(by, now).filter(|(other, _)| other != conversation)
            }
            _ => self.answered_by(by, now),
        };
        self.seen.insert(by, Seen { at: now, answering });
        let shown =
            |seen: Option<Seen>| seen.map(|seen| seen.answering.map(|(conversation, _)| conversation));
        shown(before) != shown(self.seen.get(&by).copied())
    }

    /// Who is there.
    pub fn present(&self, now: i64) -> impl Iterator<Item = DeviceKey> {
        self.seen.iter().filter(move |(_, seen)| is_fresh(seen.at, now)).map(|(device, _)| *device)
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

    /// When something that is shown is over, if nobody says anything.
    pub fn next(&self, now: i64) -> Option<i64> {
        let times = self.seen.values().flat_map(|seen| [Some(seen.at), seen.answering.map(|(_, at)| at)]);
        times.flatten().filter(|at| is_fresh(*at, now)).min().map(|at| at.saturating_add(PRESENT_FOR))
    }

    fn answered_by(&self, device: DeviceKey, now: i64) -> Option<(ChannelId, i64)> {
        self.seen.get(&device)?.answering.filter(|(_, at)| is_fresh(*at, now))
    }
}

impl std::fmt::Debug for Presence {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Presence({})", self.seen.len())
    }
}
