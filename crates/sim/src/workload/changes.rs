//! What people do to messages afterwards: edits, deletions, reactions, in talk between two and in groups.

use kuvert_core::{
    Command, ContactState, ConversationId, DeletionScope, GroupState, MessageKind, MessageRow, Refusal,
    SenderKind,
};

use super::Act;
use crate::device::DeviceId;
use crate::ledger::original;
use crate::run::SimError;
use crate::world::World;

/// See the [module](super).
pub(super) const ACTS: &[(usize, Act)] = &[(24, edit), (8, delete), (24, react), (8, unreact)];
/// Messages of a conversation that people still think of.
const RECENT: u32 = 12;
const REACTIONS: [&str; 3] = ["👍", "❤", "oh"];

/// A message that is not deleted, in a conversation in which the user may write.
fn one(world: &mut World, id: DeviceId, own: bool) -> Result<Option<MessageRow>, SimError> {
    let Some(client) = &mut world.devices[id].client else { return Ok(None) };
    let mut open: Vec<ConversationId> = Vec::new();
    for summary in client.conversations()? {
        let may_write = match (summary.contact(), summary.group()) {
            (Some(contact), _) => contact.state == ContactState::Accepted && !contact.blocked,
            (None, Some(group)) => group.state == GroupState::Member,
            (None, None) => false,
        };
        if may_write {
            open.push(summary.conversation.id);
        }
    }
    open.sort();
    let Some(conversation) = world.rng.pick(&open).copied() else { return Ok(None) };
    let Some(client) = &mut world.devices[id].client else { return Ok(None) };
    let mut rows = client.messages(conversation, None, RECENT)?;
    rows.retain(|row| {
        row.kind == MessageKind::Text
            && row.sender != SenderKind::System
            && (!own || row.sender == SenderKind::Own)
    });
    Ok(world.rng.pick(&rows).cloned())
}

/// Takes note of a refusal that a person would not understand.
fn judge(world: &mut World, id: DeviceId, what: &str, refused: Option<Refusal>) {
    // The first message, as long as nobody answered, is not to be changed.
    if let Some(refusal) = refused.filter(|refusal| *refusal != Refusal::NotAccepted) {
        world.violation("no unexpected error", format!("device {id} may not {what}: {refusal}"));
    }
}

fn edit(world: &mut World, id: DeviceId) -> Result<bool, SimError> {
    let Some(row) = one(world, id, true)? else { return Ok(false) };
    let text = world.ledger.version(original(&row.text));
    let refused = world.command(id, Command::Edit { message: row.id, text })?;
    judge(world, id, "edit", refused);
    Ok(true)
}

fn delete(world: &mut World, id: DeviceId) -> Result<bool, SimError> {
    let Some(row) = one(world, id, true)? else { return Ok(false) };
    let scope = DeletionScope::Everywhere;
    let refused = world.command(id, Command::Delete { message: row.id, scope })?;
    judge(world, id, "delete", refused);
    if refused.is_none() {
        world.ledger.deleted.insert(original(&row.text).to_owned());
    }
    Ok(true)
}

fn react(world: &mut World, id: DeviceId) -> Result<bool, SimError> {
    let Some(row) = one(world, id, false)? else { return Ok(false) };
    let reaction = REACTIONS[world.rng.below(REACTIONS.len())].to_owned();
    let refused = world.command(id, Command::React { message: row.id, reaction })?;
    judge(world, id, "react", refused);
    Ok(true)
}

fn unreact(world: &mut World, id: DeviceId) -> Result<bool, SimError> {
    let Some(row) = one(world, id, false)? else { return Ok(false) };
    let refused = world.command(id, Command::Unreact { message: row.id })?;
    judge(world, id, "take a reaction back", refused);
    Ok(true)
}
