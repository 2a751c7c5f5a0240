//! The state in parts that are written down one by one, so that a change costs what changed and not the whole desk.

use std::collections::BTreeSet;

use kuvert_wire::{ChannelId, decode, encode};

use super::case::Cases;
use super::ids::{CannedId, CapacityId, Hash};
use super::snapshot::StateError;
use super::team::Team;
use crate::limits::{MAX_CASES, MAX_SNAPSHOT, MAX_TOMBSTONES};

/// A part of the state that is written down by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// Members and labels.
    Roster,
    /// Settings.
    Settings,
    /// How satisfied customers were.
    Scores,
    /// The time of the last event.
    Clock,
    /// A canned answer.
    Canned(CannedId),
    /// Something with a limited number of seats.
    Capacity(CapacityId),
    /// A conversation.
    Case(ChannelId),
    /// That a conversation was erased.
    Tombstone(Hash),
    /// An entry of the audit log.
    Audit(u64),
}

impl Part {
    /// By which it is written down and found. Keys of audit entries sort by their numbers.
    pub fn key(&self) -> Vec<u8> {
        match self {
            Self::Roster => vec![0],
            Self::Settings => vec![1],
            Self::Scores => vec![2],
            Self::Clock => vec![3],
            Self::Canned(id) => [&[4], &id.as_bytes()[..]].concat(),
            Self::Capacity(id) => [&[5], &id.as_bytes()[..]].concat(),
            Self::Case(id) => [&[6], &id.as_bytes()[..]].concat(),
            Self::Tombstone(hash) => [&[7], &hash.as_bytes()[..]].concat(),
            Self::Audit(number) => [&[8], &number.to_be_bytes()[..]].concat(),
        }
    }

    /// Reads a key; `None` if it is none of this version.
    pub fn from_key(key: &[u8]) -> Option<Self> {
        let (first, rest) = key.split_first()?;
        let part = match first {
            0 => Self::Roster,
            1 => Self::Settings,
            2 => Self::Scores,
            3 => Self::Clock,
            4 => Self::Canned(CannedId::from_slice(rest)?),
            5 => Self::Capacity(CapacityId::from_slice(rest)?),
            6 => Self::Case(ChannelId::from_slice(rest)?),
            7 => Self::Tombstone(Hash::from_slice(rest)?),
            8 => Self::Audit(u64::from_be_bytes(rest.try_into().ok()?)),
            _ => return None,
        };
        (*first > 3 || rest.is_empty()).then_some(part)
    }

    /// Its bytes; `None` if it is no more, and what was written down of it goes.
    pub fn encode(&self, team: &Team, cases: &Cases) -> Option<Vec<u8>> {
        match self {
            Self::Roster => Some(encode(&team.roster)),
            Self::Settings => Some(encode(&team.settings)),
            Self::Scores => Some(encode(&team.scores)),
            Self::Clock => Some(encode(&team.clock)),
            Self::Canned(id) => team.canned.get(id).map(encode),
            Self::Capacity(id) => team.capacities.get(id).map(encode),
            Self::Case(id) => cases.cases.get(id).map(encode),
            Self::Tombstone(hash) => cases.tombstones.get(hash).map(encode),
            Self::Audit(number) => team.audit.entry(*number).map(encode),
        }
    }

    fn read(self, bytes: &[u8], team: &mut Team, cases: &mut Cases) -> Result<(), StateError> {
        match self {
            Self::Roster => team.roster = decode(bytes, MAX_SNAPSHOT)?,
            Self::Settings => team.settings = decode(bytes, MAX_SNAPSHOT)?,
            Self::Scores => team.scores = decode(bytes, MAX_SNAPSHOT)?,
            Self::Clock => team.clock = decode(bytes, MAX_SNAPSHOT)?,
            Self::Canned(id) => {
                team.canned.insert(id, decode(bytes, MAX_SNAPSHOT)?);
            }
            Self::Capacity(id) => {
                team.capacities.insert(id, decode(bytes, MAX_SNAPSHOT)?);
            }
            Self::Case(id) => {
                cases.cases.insert(id, decode(bytes, MAX_SNAPSHOT)?);
            }
            Self::Tombstone(hash) => {
                cases.tombstones.insert(hash, decode(bytes, MAX_SNAPSHOT)?);
            }
            Self::Audit(_) => team.audit.restore(decode(bytes, MAX_SNAPSHOT)?),
        }
        Ok(())
    }
}

/// All parts of a state: what is written down when it comes from a snapshot.
pub fn parts(team: &Team, cases: &Cases) -> BTreeSet<Part> {
    [Part::Roster, Part::Settings, Part::Scores, Part::Clock]
        .into_iter()
        .chain(team.canned.keys().copied().map(Part::Canned))
        .chain(team.capacities.keys().copied().map(Part::Capacity))
        .chain(cases.cases.keys().copied().map(Part::Case))
        .chain(cases.tombstones.keys().copied().map(Part::Tombstone))
        .chain(team.audit.entries().map(|entry| Part::Audit(entry.number)))
        .collect()
}

/// The state from the parts that were written down, in the order of their keys. Parts of a later version are passed over.
///
/// # Errors
/// [`StateError`] if one cannot be read, or there are more than there can be.
pub fn load<'a>(parts: impl IntoIterator<Item = (&'a [u8], &'a [u8])>) -> Result<(Team, Cases), StateError> {
    let (mut team, mut cases) = (Team::default(), Cases::default());
    for (key, bytes) in parts {
        if let Some(part) = Part::from_key(key) {
            part.read(bytes, &mut team, &mut cases)?;
        }
    }
    check(&team, &cases)?;
    Ok((team, cases))
}

/// Whether a state is one that events could have made, as far as its bounds tell.
pub(super) fn check(team: &Team, cases: &Cases) -> Result<(), StateError> {
    let is_within_bounds = team.is_within_bounds()
        && cases.cases.len() <= MAX_CASES
        && cases.tombstones.len() <= MAX_TOMBSTONES
        && cases.cases.values().all(super::case::Case::is_within_bounds);
    if is_within_bounds { Ok(()) } else { Err(StateError::OutOfBounds) }
}
