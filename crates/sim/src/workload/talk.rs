//! Talk between two: accepting, writing, reading, trying again.

use kuvert_core::{Command, ContactState, ConversationId, MessageKind, MessageState, SenderKind};

use super::Act;
use crate::device::DeviceId;
use crate::ledger::original;
use crate::run::SimError;
use crate::world::World;

/// See the [module](super).
pub(super) const ACTS: &[(usize, Act)] = &[(15, accept), (80, write), (8, read), (6, retry)];

/// A conversation with somebody.
struct With {
    conversation: ConversationId,
    device: DeviceId,
    state: ContactState,
}

fn conversations(world: &mut World, id: DeviceId) -> Result<Vec<With>, SimError> {
    let Some(client) = &mut world.devices[id].client else { return Ok(Vec::new()) };
    let mut all = Vec::new();
    let mut summaries = client.conversations()?;
    // By number: what was written last has nothing to do with who is next.
    summaries.sort_by_key(|summary| summary.conversation.id);
    for summary in summaries {
        // Who is blocked is not written to, nor accepted.
        let Some(contact) = summary.contact().filter(|contact| !contact.blocked) else { continue };
        if let Some(device) = world.device_of(contact.identity) {
            all.push(With { conversation: summary.conversation.id, device, state: contact.state });
        }
    }
    Ok(all)
}

/// Accepts the first who asks.
pub(super) fn accept(world: &mut World, id: DeviceId) -> Result<bool, SimError> {
    let mut asking = conversations(world, id)?;
    asking.retain(|with| with.state == ContactState::Asking);
    let Some(with) = asking.first() else { return Ok(false) };
    world.command(id, Command::Accept { conversation: with.conversation })?;
    Ok(true)
}

fn write(world: &mut World, id: DeviceId) -> Result<bool, SimError> {
    let mut open = conversations(world, id)?;
    open.retain(|with| with.state != ContactState::Requested);
    if open.is_empty() {
        return Ok(false);
    }
    let with = &open[world.rng.below(open.len())];
    // Who asks is answered now and then only.
    if with.state == ContactState::Asking && !world.rng.chance(300) {
        return Ok(false);
    }
    let (conversation, to) = (with.conversation, with.device);
    write_to(world, id, conversation, to)?;
    Ok(true)
}

fn write_to(
    world: &mut World,
    id: DeviceId,
    conversation: ConversationId,
    to: DeviceId,
) -> Result<(), SimError> {
    let text = world.ledger.text(id);
    let refused = world.command(id, Command::Send { conversation, text: text.clone() })?;
    match refused {
        None if world.violations.is_empty() => world.ledger.take(id, to, text),
        None => {}
        Some(refusal) => {
            world.violation("no unexpected error", format!("device {id} may not write: {refusal}"));
        }
    }
    Ok(())
}

fn read(world: &mut World, id: DeviceId) -> Result<bool, SimError> {
    let all = conversations(world, id)?;
    if all.is_empty() {
        return Ok(false);
    }
    let conversation = all[world.rng.below(all.len())].conversation;
    world.command(id, Command::MarkRead { conversation })?;
    Ok(true)
}

fn retry(world: &mut World, id: DeviceId) -> Result<bool, SimError> {
    retry_some(world, id, 1)
}

/// Tries everything again that failed.
pub(super) fn retry_all(world: &mut World, id: DeviceId) -> Result<bool, SimError> {
    retry_some(world, id, usize::MAX)
}

fn retry_some(world: &mut World, id: DeviceId, count: usize) -> Result<bool, SimError> {
    let mut failed = Vec::new();
    for with in conversations(world, id)? {
        let Some(client) = &mut world.devices[id].client else { return Ok(false) };
        let rows = client.messages(with.conversation, None, 10_000)?;
        let is_failed = |state| state == MessageState::Failed;
        failed.extend(rows.into_iter().filter(|row| {
            row.sender == SenderKind::Own && row.kind != MessageKind::Deleted && is_failed(row.state)
        }));
    }
    for row in failed.iter().take(count) {
        for sent in world.ledger.sent.iter_mut().filter(|sent| sent.text == original(&row.text)) {
            sent.retried = true;
        }
        world.command(id, Command::Retry { message: row.id })?;
    }
    Ok(!failed.is_empty())
}

/// Everybody who was accepted is written to.
pub(super) fn write_to_all(world: &mut World, id: DeviceId) -> Result<(), SimError> {
    for with in conversations(world, id)? {
        if with.state == ContactState::Accepted {
            write_to(world, id, with.conversation, with.device)?;
        }
    }
    Ok(())
}
