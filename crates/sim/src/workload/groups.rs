//! Groups: made, joined, written to, changed and left, often by several members at the same moment.

use kuvert_core::{
    Command, ContactId, ContactState, ConversationId, GroupState, MemberInfo, MessageKind, MessageRow,
    MessageState, Refusal, SenderKind,
};

use super::Act;
use crate::device::DeviceId;
use crate::ledger::{Channel, Told, original};
use crate::run::SimError;
use crate::world::World;

/// See the [module](super).
pub(super) const ACTS: &[(usize, Act)] = &[
    (40, create),
    (90, write),
    (8, accept),
    (12, add),
    (10, remove),
    (6, leave),
    (8, rename),
    (8, appoint),
    (10, rush),
    (8, read),
];
/// Groups of one world.
const MAX_GROUPS: usize = 2;

/// A group that a device is in.
struct In {
    conversation: ConversationId,
    channel: Channel,
    state: GroupState,
}

/// Somebody who can be added.
struct Known {
    contact: ContactId,
    device: DeviceId,
}

fn groups(world: &mut World, id: DeviceId) -> Result<Vec<In>, SimError> {
    let Some(client) = &mut world.devices[id].client else { return Ok(Vec::new()) };
    let mut all = Vec::new();
    for summary in client.conversations()? {
        if let (Some(group), Some(channel)) = (summary.group(), summary.conversation.channel) {
            all.push(In { conversation: summary.conversation.id, channel, state: group.state });
        }
    }
    all.sort_by_key(|group| group.conversation);
    Ok(all)
}

/// One of the groups in which the user is a member by now.
fn one(world: &mut World, id: DeviceId) -> Result<Option<In>, SimError> {
    let mut all = groups(world, id)?;
    all.retain(|group| group.state == GroupState::Member);
    if all.is_empty() {
        return Ok(None);
    }
    let place = world.rng.below(all.len());
    Ok(Some(all.swap_remove(place)))
}

fn members(world: &mut World, id: DeviceId, group: &In) -> Result<Vec<MemberInfo>, SimError> {
    let Some(client) = &mut world.devices[id].client else { return Ok(Vec::new()) };
    Ok(client.members(group.conversation)?)
}

/// One of the groups that the user rules, with who is in it.
fn ruled(world: &mut World, id: DeviceId) -> Result<Option<(In, Vec<MemberInfo>)>, SimError> {
    let Some(group) = one(world, id)? else { return Ok(None) };
    let members = members(world, id, &group)?;
    let rules = members.iter().any(|member| member.is_own && member.is_admin);
    Ok(rules.then_some((group, members)))
}

fn known(world: &mut World, id: DeviceId) -> Result<Vec<Known>, SimError> {
    let Some(client) = &mut world.devices[id].client else { return Ok(Vec::new()) };
    let mut contacts = Vec::new();
    for summary in client.conversations()? {
        if let Some(contact) =
            summary.contact().filter(|contact| contact.state == ContactState::Accepted && !contact.blocked)
        {
            contacts.push((contact.id, contact.identity));
        }
    }
    contacts.sort();
    let device = |(contact, identity)| world.device_of(identity).map(|device| Known { contact, device });
    Ok(contacts.into_iter().filter_map(device).collect())
}

fn create(world: &mut World, id: DeviceId) -> Result<bool, SimError> {
    if world.ledger.wanted.len() >= MAX_GROUPS {
        return Ok(false);
    }
    let mut with = known(world, id)?;
    with.retain(|_| world.rng.chance(750));
    if with.is_empty() {
        return Ok(false);
    }
    let wanted = with.iter().map(|known| known.device).chain([id]).collect();
    world.ledger.meant.insert(id, wanted);
    let name = world.ledger.name(id);
    let contacts = with.iter().map(|known| known.contact).collect();
    let refused = world.command(id, Command::CreateGroup { name, contacts })?;
    accepted(world, id, "make a group", refused, &[Refusal::NotReachable]);
    Ok(true)
}

fn write(world: &mut World, id: DeviceId) -> Result<bool, SimError> {
    let Some(group) = one(world, id)? else { return Ok(false) };
    write_to(world, id, &group)?;
    Ok(true)
}

fn write_to(world: &mut World, id: DeviceId, group: &In) -> Result<(), SimError> {
    let text = world.ledger.text(id);
    let told =
        Told { from: id, channel: group.channel, text: text.clone(), retried: false, posts: Vec::new() };
    // Before it is sent: what leaves at once is looked at by its text.
    world.ledger.told.push(told);
    let refused = world.command(id, Command::Send { conversation: group.conversation, text })?;
    if !accepted(world, id, "write", refused, &[]) {
        world.ledger.told.pop();
    }
    Ok(())
}

fn accept(world: &mut World, id: DeviceId) -> Result<bool, SimError> {
    let all = groups(world, id)?;
    let Some(group) = all.iter().find(|group| group.state == GroupState::Invited) else { return Ok(false) };
    let refused = world.command(id, Command::Accept { conversation: group.conversation })?;
    accepted(world, id, "accept", refused, &[]);
    Ok(true)
}

fn add(world: &mut World, id: DeviceId) -> Result<bool, SimError> {
    let Some((group, members)) = ruled(world, id)? else { return Ok(false) };
    let mut others = known(world, id)?;
    others.retain(|known| !members.iter().any(|member| member.contact == Some(known.contact)));
    if others.is_empty() {
        return Ok(false);
    }
    let other = &others[world.rng.below(others.len())];
    let contacts = vec![other.contact];
    world.ledger.wanted.entry(group.channel).or_default().insert(other.device);
    let refused = world.command(id, Command::AddMembers { conversation: group.conversation, contacts })?;
    accepted(world, id, "add somebody", refused, &[Refusal::NotReachable]);
    Ok(true)
}

/// Adds somebody whom nobody wants there: for a planted fault.
///
/// # Errors
/// [`SimError`] if the machine, not the world, fails.
pub(crate) fn add_unasked(world: &mut World, id: DeviceId) -> Result<(), SimError> {
    let Some((group, _)) = ruled(world, id)? else { return Ok(()) };
    let mut others = known(world, id)?;
    others.retain(|known| {
        world.ledger.wanted.get(&group.channel).is_some_and(|wanted| !wanted.contains(&known.device))
    });
    let contacts: Vec<_> = others.iter().map(|known| known.contact).collect();
    if !contacts.is_empty() {
        world.command(id, Command::AddMembers { conversation: group.conversation, contacts })?;
    }
    Ok(())
}

fn remove(world: &mut World, id: DeviceId) -> Result<bool, SimError> {
    let Some((group, members)) = ruled(world, id)? else { return Ok(false) };
    let others: Vec<_> = members.iter().filter(|member| !member.is_own).collect();
    let Some(member) = world.rng.pick(&others).map(|member| member.identity) else { return Ok(false) };
    if let Some(other) = world.device_of(member.0) {
        crate::oracle::keep_ghost(world, other, group.channel)?;
    }
    let refused = world.command(id, Command::RemoveMember { conversation: group.conversation, member })?;
    accepted(world, id, "remove somebody", refused, &[]);
    Ok(true)
}

fn leave(world: &mut World, id: DeviceId) -> Result<bool, SimError> {
    let Some(group) = one(world, id)? else { return Ok(false) };
    let refused = world.command(id, Command::LeaveGroup { conversation: group.conversation })?;
    accepted(world, id, "leave", refused, &[Refusal::LastAdmin]);
    Ok(true)
}

fn rename(world: &mut World, id: DeviceId) -> Result<bool, SimError> {
    let Some((group, _)) = ruled(world, id)? else { return Ok(false) };
    give_name(world, id, &group)?;
    Ok(true)
}

fn give_name(world: &mut World, id: DeviceId, group: &In) -> Result<(), SimError> {
    let name = world.ledger.name(id);
    let refused = world.command(id, Command::RenameGroup { conversation: group.conversation, name })?;
    accepted(world, id, "rename a group", refused, &[]);
    Ok(())
}

fn appoint(world: &mut World, id: DeviceId) -> Result<bool, SimError> {
    let Some((group, members)) = ruled(world, id)? else { return Ok(false) };
    let member = &members[world.rng.below(members.len())];
    // Mostly up: groups without several admins have no commits that meet.
    if member.is_admin && !world.rng.chance(300) {
        return Ok(false);
    }
    let (conversation, member, admin) = (group.conversation, member.identity, !member.is_admin);
    let refused = world.command(id, Command::SetAdmin { conversation, member, admin })?;
    accepted(world, id, "appoint somebody", refused, &[Refusal::LastAdmin]);
    Ok(true)
}

/// Everybody who may change a group does so at the same moment, and all others write.
fn rush(world: &mut World, id: DeviceId) -> Result<bool, SimError> {
    let Some(group) = one(world, id)? else { return Ok(false) };
    for other in 0..world.devices.len() {
        let mut there = groups(world, other)?;
        there.retain(|there| there.channel == group.channel && there.state == GroupState::Member);
        let Some(there) = there.first() else { continue };
        let rules = members(world, other, there)?.iter().any(|member| member.is_own && member.is_admin);
        if rules {
            give_name(world, other, there)?;
        } else {
            write_to(world, other, there)?;
        }
    }
    Ok(true)
}

fn read(world: &mut World, id: DeviceId) -> Result<bool, SimError> {
    let Some(group) = one(world, id)? else { return Ok(false) };
    world.command(id, Command::MarkRead { conversation: group.conversation })?;
    Ok(true)
}

/// Tries everything again that failed.
pub(super) fn retry_all(world: &mut World, id: DeviceId) -> Result<bool, SimError> {
    let mut failed: Vec<MessageRow> = Vec::new();
    for group in groups(world, id)? {
        let Some(client) = &mut world.devices[id].client else { return Ok(false) };
        if group.state == GroupState::Member {
            let rows = client.messages(group.conversation, None, 10_000)?.into_iter();
            failed.extend(rows.filter(|row| {
                row.sender == SenderKind::Own
                    && row.kind != MessageKind::Deleted
                    && row.state == MessageState::Failed
            }));
        }
    }
    for row in &failed {
        for told in world.ledger.told.iter_mut().filter(|told| told.text == original(&row.text)) {
            told.retried = true;
        }
        world.command(id, Command::Retry { message: row.id })?;
    }
    Ok(!failed.is_empty())
}

/// Writes to every group once more, and accepts invitations that are still open.
pub(super) fn write_to_all(world: &mut World, id: DeviceId) -> Result<(), SimError> {
    for group in groups(world, id)? {
        if matches!(group.state, GroupState::Member | GroupState::Invited) {
            write_to(world, id, &group)?;
        }
    }
    Ok(())
}

/// Whether an engine took a command. What a person is offered must not be refused, but for what only the engine can know.
fn accepted(
    world: &mut World,
    id: DeviceId,
    what: &str,
    refused: Option<Refusal>,
    expected: &[Refusal],
) -> bool {
    match refused {
        Some(refusal) if !expected.contains(&refusal) => {
            world.violation("no unexpected error", format!("device {id} may not {what}: {refusal}"));
        }
        _ => {}
    }
    refused.is_none()
}
