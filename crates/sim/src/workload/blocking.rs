//! Blocking: nothing of somebody arrives any more, until they are let in again.

use kuvert_core::{Command, ContactState, ConversationId};

use super::Act;
use crate::device::DeviceId;
use crate::run::SimError;
use crate::world::World;

/// See the [module](super).
pub(super) const ACTS: &[(usize, Act)] = &[(8, block), (4, unblock)];

/// Contacts who are blocked, or are not.
fn contacts(
    world: &mut World,
    id: DeviceId,
    blocked: bool,
) -> Result<Vec<(ConversationId, DeviceId)>, SimError> {
    let Some(client) = &mut world.devices[id].client else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    for summary in client.conversations()? {
        let Some(contact) = summary.contact() else { continue };
        if contact.blocked == blocked && contact.state == ContactState::Accepted {
            found.push((summary.conversation.id, contact.identity));
        }
    }
    found.sort();
    let device = |(conversation, identity)| Some((conversation, world.device_of(identity)?));
    Ok(found.into_iter().filter_map(device).collect())
}

fn block(world: &mut World, id: DeviceId) -> Result<bool, SimError> {
    let open = contacts(world, id, false)?;
    let Some((conversation, other)) = world.rng.pick(&open).copied() else { return Ok(false) };
    world.command(id, Command::Block { conversation })?;
    let written = world.ledger.written();
    world.ledger.blocked.insert((id, other), Some(written));
    Ok(true)
}

fn unblock(world: &mut World, id: DeviceId) -> Result<bool, SimError> {
    let closed = contacts(world, id, true)?;
    let Some((conversation, other)) = world.rng.pick(&closed).copied() else { return Ok(false) };
    world.command(id, Command::Unblock { conversation })?;
    world.ledger.blocked.insert((id, other), None);
    Ok(true)
}
