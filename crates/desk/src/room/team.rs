//! What the line has in common: members, settings, labels, canned answers, seats, and the log of who did what.

use std::collections::{BTreeMap, BTreeSet};

use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};

use super::audit::AuditLog;
use super::capacity::Capacity;
use super::case::Case;
use super::event::{Canned, Role};
use super::ids::{CannedId, CapacityId, DeviceKey, LabelId};
use crate::limits;

/// A day in UTC: milliseconds.
pub(super) const DAY: i64 = 24 * 60 * 60 * 1000;

/// What the line has in common. [`Team::apply`] changes it, and nothing else does.
///
/// `Debug` shows nothing of it.
#[derive(Clone, Default, Encode, Decode)]
pub struct Team {
    /// Members and labels.
    #[n(0)]
    pub(super) roster: Roster,
    /// Settings.
    #[n(1)]
    pub(super) settings: Settings,
    /// Canned answers.
    #[n(2)]
    pub(super) canned: BTreeMap<CannedId, Canned>,
    /// Seats and appointments.
    #[n(3)]
    pub(super) capacities: BTreeMap<CapacityId, Capacity>,
    /// How satisfied customers were.
    #[n(4)]
    pub(super) scores: Scores,
    /// The time, as far as the events tell.
    #[n(5)]
    pub(super) clock: Clock,
    /// Who did what.
    #[n(6)]
    pub(super) audit: AuditLog,
}

/// Members and labels of a line.
#[derive(Clone, Default, Encode, Decode)]
pub(super) struct Roster {
    #[n(0)]
    pub(super) members: BTreeMap<DeviceKey, Member>,
    #[n(1)]
    pub(super) labels: BTreeMap<LabelId, Label>,
}

/// The time of the last event that changed something: none is before it.
#[derive(Clone, Copy, Default, Encode, Decode)]
pub(super) struct Clock {
    #[n(0)]
    pub(super) last: i64,
}

/// Who operates a device of the line. Stays after they were dismissed, so that what they did keeps its name.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub struct Member {
    /// Their name.
    #[n(0)]
    pub name: String,
    /// What they may do.
    #[n(1)]
    pub role: Role,
    /// Since when they are a member.
    #[n(2)]
    pub joined_at: i64,
    /// Since when they are none any more.
    #[n(3)]
    pub dismissed_at: Option<i64>,
    /// On duty since.
    #[n(4)]
    pub on_duty_since: Option<i64>,
    /// How their device is reached by the others, once it said so; means nothing here.
    #[n(5)]
    pub reach: Option<ByteVec>,
}

impl Member {
    /// Whether they still are a member.
    pub const fn is_active(&self) -> bool {
        self.dismissed_at.is_none()
    }

    fn is_within_bounds(&self) -> bool {
        self.reach.as_ref().is_none_or(|reach| reach.len() <= limits::MAX_MEMBER_REACH)
    }
}

/// A label that can be put on conversations.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub struct Label {
    /// What it says.
    #[n(0)]
    pub name: String,
    /// Index of its colour, below [`limits::MAX_COLOURS`].
    #[n(1)]
    pub colour: u8,
}

/// The line's settings.
#[derive(Clone, Default, PartialEq, Eq, Encode, Decode)]
pub struct Settings {
    /// Counts their changes; 0 before the first.
    #[n(0)]
    pub version: u32,
    /// Mean nothing here.
    #[n(1)]
    #[cbor(with = "minicbor::bytes")]
    pub bytes: Vec<u8>,
}

/// How satisfied customers were: by day since 1970 (UTC), how many answered 1, 2, 3, 4 and 5.
#[derive(Clone, Default, PartialEq, Eq, Encode, Decode)]
pub struct Scores {
    /// The counts.
    #[n(0)]
    pub days: BTreeMap<i64, [u32; 5]>,
}

impl Team {
    /// A member, also one who was dismissed.
    pub fn member(&self, device: DeviceKey) -> Option<&Member> {
        self.roster.members.get(&device)
    }

    /// All members by their device, those who were dismissed included.
    pub fn members(&self) -> impl Iterator<Item = (DeviceKey, &Member)> {
        self.roster.members.iter().map(|(device, member)| (*device, member))
    }

    /// What a device may do; `None` if nobody who is a member operates it.
    pub fn role(&self, device: DeviceKey) -> Option<Role> {
        self.member(device).filter(|member| member.is_active()).map(|member| member.role)
    }

    /// Whether a member may be asked to look after customers.
    pub fn answers(&self, device: DeviceKey) -> bool {
        self.role(device) >= Some(Role::Agent)
    }

    /// Whether a member is on duty.
    pub fn is_on_duty(&self, device: DeviceKey) -> bool {
        self.member(device).is_some_and(|member| member.is_active() && member.on_duty_since.is_some())
    }

    /// The labels that can be put on conversations.
    pub fn labels(&self) -> impl Iterator<Item = (LabelId, &Label)> {
        self.roster.labels.iter().map(|(id, label)| (*id, label))
    }

    /// The labels that a conversation has.
    pub fn labels_of<'a>(&'a self, case: &'a Case) -> impl Iterator<Item = (LabelId, &'a Label)> {
        case.labels.iter().filter_map(|id| Some((*id, self.roster.labels.get(id)?)))
    }

    /// The settings.
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The canned answers.
    pub fn canned(&self) -> impl Iterator<Item = (CannedId, &Canned)> {
        self.canned.iter().map(|(id, canned)| (*id, canned))
    }

    /// Something with a limited number of seats.
    pub fn capacity(&self, id: CapacityId) -> Option<&Capacity> {
        self.capacities.get(&id)
    }

    /// Everything with a limited number of seats.
    pub fn capacities(&self) -> impl Iterator<Item = (CapacityId, &Capacity)> {
        self.capacities.iter().map(|(id, capacity)| (*id, capacity))
    }

    /// How satisfied customers were.
    pub const fn scores(&self) -> &Scores {
        &self.scores
    }

    /// Who did what.
    pub const fn audit(&self) -> &AuditLog {
        &self.audit
    }

    /// The time of the last event that changed something.
    pub const fn last_at(&self) -> i64 {
        self.clock.last
    }

    pub(super) fn owners(&self) -> impl Iterator<Item = DeviceKey> {
        self.members()
            .filter(|(_, member)| member.is_active() && member.role == Role::Owner)
            .map(|(device, _)| device)
    }

    pub(super) fn known(&self, devices: &[DeviceKey]) -> BTreeSet<DeviceKey> {
        devices.iter().copied().filter(|device| self.role(*device).is_some()).collect()
    }

    pub(super) fn is_within_bounds(&self) -> bool {
        self.roster.members.len() <= limits::MAX_MEMBERS
            && self.roster.members.values().all(Member::is_within_bounds)
            && self.roster.labels.len() <= limits::MAX_LABELS
            && self.settings.bytes.len() <= limits::MAX_SETTINGS
            && self.canned.len() <= limits::MAX_CANNED
            && self.canned.values().all(|canned| canned.text.len() <= limits::MAX_CANNED_TEXT)
            && self.capacities.len() <= limits::MAX_CAPACITIES
            && self.capacities.values().all(Capacity::is_within_bounds)
            && self.scores.days.len() <= limits::MAX_SCORE_DAYS
            && (0..=limits::MAX_TIME).contains(&self.clock.last)
            && self.audit.is_within_bounds()
    }
}

impl std::fmt::Debug for Team {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Team(..)")
    }
}
