//! Edits, deletions and reactions end in the same state everywhere.

use std::collections::BTreeMap;

use kuvert_core::{GroupState, MessageKind, SenderKind};

use super::violation;
use crate::device::DeviceId;
use crate::ledger::{Channel, author, original};
use crate::run::SimError;
use crate::world::{Violation, World};

/// A conversation, wherever it is looked at from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Room {
    Pair(DeviceId, DeviceId),
    Group(Channel),
}

/// What a message came to: whether it is deleted, its text, and who reacted how.
type State = (bool, String, Vec<([u8; 32], String)>);

/// Looks at every message on every device.
///
/// # Errors
/// [`SimError`] if an engine cannot be asked.
pub(super) fn settled(world: &mut World) -> Result<Vec<Violation>, SimError> {
    let mut found = Vec::new();
    let mut states: BTreeMap<(Room, Vec<u8>), BTreeMap<DeviceId, State>> = BTreeMap::new();
    for id in 0..world.devices.len() {
        for (room, mimi, state) in states_at(world, id)? {
            states.entry((room, mimi)).or_default().insert(id, state);
        }
    }
    for there in states.values() {
        let mut all = there.iter();
        let Some((first, model)) = all.next() else { continue };
        for (other, state) in all {
            if state != model {
                let what =
                    format!("device {first} shows {:?}, device {other} {:?}", shown(model), shown(state));
                found.push(violation("same state everywhere", what));
            }
        }
        for (id, (deleted, text, _)) in there {
            // What somebody deleted on the way out of a group, nobody there hears of.
            let stays = author(text).is_none_or(|author| there.contains_key(&author));
            if !deleted && stays && world.ledger.deleted.contains(original(text)) {
                let what = format!("device {id} still shows \"{text}\"");
                found.push(violation("gone is gone", what));
            }
        }
    }
    Ok(found)
}

fn shown(state: &State) -> (bool, &str, Vec<&str>) {
    (state.0, &state.1, state.2.iter().map(|(_, text)| text.as_str()).collect())
}

fn states_at(world: &mut World, id: DeviceId) -> Result<Vec<(Room, Vec<u8>, State)>, SimError> {
    let mut states = Vec::new();
    // Who lost entries may have lost changes.
    if super::has_lost(world, id) {
        return Ok(states);
    }
    let Some(client) = &mut world.devices[id].client else { return Ok(states) };
    let mut seen = Vec::new();
    for summary in client.conversations()? {
        let (contact, group) = (summary.contact().cloned(), summary.group().cloned());
        let rows = client.messages(summary.conversation.id, None, 10_000)?;
        let rows = rows.into_iter().filter(|row| row.sender != SenderKind::System).collect();
        seen.push((contact, group, summary.conversation.channel, client.with_context(rows)?));
    }
    for (contact, group, channel, rows) in seen {
        let room = match (contact, group, channel) {
            (Some(contact), ..) => {
                let Some(other) = world.device_of(contact.identity) else { continue };
                if world.ledger.were_apart(id, other) {
                    continue;
                }
                Room::Pair(id.min(other), id.max(other))
            }
            // Who was away from the group in between has missed what changed meanwhile.
            (None, Some(group), Some(channel))
                if group.state == GroupState::Member && world.rolls.is_steady(channel, id) =>
            {
                Room::Group(channel)
            }
            _ => continue,
        };
        for shown in rows {
            let mut reactions: Vec<_> =
                shown.reactions.into_iter().map(|reaction| (reaction.author, reaction.text)).collect();
            reactions.sort();
            let deleted = shown.row.kind == MessageKind::Deleted;
            states.push((room.clone(), shown.row.mimi, (deleted, shown.row.text, reactions)));
        }
    }
    Ok(states)
}
