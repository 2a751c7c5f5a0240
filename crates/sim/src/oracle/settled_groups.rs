//! What must hold of groups once nothing goes wrong any more and nothing is under way.

use std::collections::{BTreeMap, BTreeSet};

use kuvert_core::{Epoch, GroupState, MessageRow, MessageState, SenderKind};

use super::groups::ghosts_read_nothing;
use super::{has_lost, violation};
use crate::device::DeviceId;
use crate::ledger::{Channel, Told, original};
use crate::run::SimError;
use crate::world::{Violation, World};

/// A group, as one device shows it.
struct View {
    state: GroupState,
    epoch: Option<Epoch>,
    name: String,
    /// Members, and whether they rule.
    members: BTreeMap<DeviceId, bool>,
    rows: Vec<MessageRow>,
}

type Views = BTreeMap<Channel, BTreeMap<DeviceId, View>>;

/// Looks at every group on every device.
///
/// # Errors
/// [`SimError`] if an engine cannot be asked.
pub(super) fn settled(world: &mut World) -> Result<Vec<Violation>, SimError> {
    let views = views(world)?;
    let mut found = world.rolls.judge_all();
    for (channel, there) in &views {
        found.extend(agreement(world, *channel, there));
        found.extend(same_order(world, there));
    }
    for told in world.ledger.told.iter().filter(|told| !world.ledger.deleted.contains(&told.text)) {
        if let Some(there) = views.get(&told.channel) {
            found.extend(arrived(world, told, there));
        }
    }
    found.extend(ghosts_read_nothing(world)?);
    Ok(found)
}

fn views(world: &mut World) -> Result<Views, SimError> {
    let mut views = Views::new();
    for id in 0..world.devices.len() {
        let Some(client) = &mut world.devices[id].client else { continue };
        let mut seen = Vec::new();
        for summary in client.conversations()? {
            let (Some(group), Some(channel)) = (summary.group(), summary.conversation.channel) else {
                continue;
            };
            let conversation = summary.conversation.id;
            let mut rows = client.messages(conversation, None, 10_000)?;
            rows.retain(|row| row.sender != SenderKind::System);
            let members = client.members(conversation)?;
            let epoch = client.epoch(conversation)?;
            seen.push((
                channel,
                members,
                View { state: group.state, epoch, name: group.name.clone(), members: BTreeMap::new(), rows },
            ));
        }
        for (channel, members, mut view) in seen {
            let member = |member: kuvert_core::MemberInfo| {
                Some((world.device_of(member.identity.0)?, member.is_admin))
            };
            view.members = members.into_iter().filter_map(member).collect();
            views.entry(channel).or_default().insert(id, view);
        }
    }
    Ok(views)
}

/// Members are in the same epoch and see the same group; all others know that they are none.
fn agreement(world: &World, channel: Channel, there: &BTreeMap<DeviceId, View>) -> Vec<Violation> {
    let mut found = Vec::new();
    let open = there.values().filter_map(|view| view.epoch.as_ref().map(|epoch| (epoch.number, view)));
    let last = world.rolls.latest(channel);
    let Some((latest, model)) =
        open.max_by_key(|(number, _)| *number).filter(|(latest, _)| Some(*latest) >= last)
    else {
        // The last members have left: whoever was in the last epoch knows that.
        let stays = |(id, view): &(&DeviceId, &View)| {
            world.rolls.is_in(channel, **id) && !matches!(view.state, GroupState::Left | GroupState::Removed)
        };
        found.extend(there.iter().filter(stays).map(|(id, view)| {
            let what = format!("device {id} is {:?} and not in the last epoch {last:?}", view.state);
            violation("members stay members", what)
        }));
        return found;
    };
    for (id, view) in there {
        let number = view.epoch.as_ref().map(|epoch| epoch.number);
        let what = |what: &str| {
            format!("device {id} is {:?} in epoch {number:?}, others in {latest}: {what}", view.state)
        };
        if !model.members.contains_key(id) {
            if number.is_some() && !matches!(view.state, GroupState::Broken | GroupState::Left) {
                found.push(violation("MLS-3", what("it does not know that it is no member")));
            }
            continue;
        }
        if has_lost(world, *id) && matches!(view.state, GroupState::Left | GroupState::Removed) {
            // Who was added again while away for too long never learns of it: the welcome is lost.
            continue;
        }
        if number != Some(latest)
            || matches!(view.state, GroupState::Broken | GroupState::Removed | GroupState::Left)
        {
            found.push(violation("members stay members", what("it lost the group")));
        } else if view.members != model.members || view.name != model.name {
            found.push(violation("same epoch, same members", what("it sees another group")));
        }
    }
    for id in model.members.keys() {
        if !there.contains_key(id) && !has_lost(world, *id) {
            found.push(violation("members stay members", format!("device {id} was added, and has no group")));
        }
    }
    found
}

/// A message is at every member of the epoch in which it was accepted, once; at others it is not (MLS-3).
fn arrived(world: &World, told: &Told, there: &BTreeMap<DeviceId, View>) -> Vec<Violation> {
    let mut found = Vec::new();
    let copies = |id: &DeviceId| {
        there
            .get(id)
            .map_or(0, |view| view.rows.iter().filter(|row| original(&row.text) == told.text).count())
    };
    let own =
        there.get(&told.from).and_then(|view| view.rows.iter().find(|row| original(&row.text) == told.text));
    let state = own.map(|row| row.state);
    let what = |id: &DeviceId, what: &str| {
        let epochs: Vec<_> = told.posts.iter().map(|(_, epoch)| epoch).collect();
        format!("\"{}\" for a group, {state:?}, posted in {epochs:?}, {what} device {id}", told.text)
    };
    let rolls: Vec<&BTreeSet<DeviceId>> =
        told.posts.iter().filter_map(|(_, epoch)| world.rolls.members(told.channel, *epoch)).collect();
    let is_known = rolls.len() == told.posts.len();
    for id in there.keys().filter(|id| **id != told.from) {
        let was_member = rolls.iter().any(|members| members.contains(id));
        match copies(id) {
            0 => {}
            1 if was_member || !is_known => {}
            1 => found.push(violation("MLS-3", what(id, "is read by"))),
            _ => found.push(violation("nothing is doubled", what(id, "came several times to"))),
        }
    }
    let readers = |id: &DeviceId| copies(id) > 0 && *id != told.from;
    match state {
        None => found.push(violation("what was taken is there", what(&told.from, "is not held by"))),
        Some(MessageState::Failed) => {
            // Who is no member any more cannot send what waited.
            let is_member = there
                .get(&told.from)
                .is_some_and(|view| matches!(view.state, GroupState::Member | GroupState::Invited));
            if is_member && !has_lost(world, told.from) && is_at_home(world, told) {
                found.push(violation("nothing is lost", what(&told.from, "failed at")));
            }
        }
        Some(MessageState::Sent | MessageState::Delivered | MessageState::Read) => {
            let accepted =
                told.posts.iter().find(|(id, _)| world.rolls.was_accepted(*id)).or(told.posts.last());
            let members = accepted.and_then(|(_, epoch)| world.rolls.members(told.channel, *epoch));
            for id in members.into_iter().flatten().filter(|id| **id != told.from) {
                if copies(id) == 0 && !has_lost(world, *id) {
                    found.push(violation("nothing is lost", what(id, "did not come to")));
                }
            }
        }
        Some(_) if has_lost(world, told.from) => {}
        Some(_) => {
            let rule = if there.keys().any(readers) { "sent or delivered" } else { "nothing is lost" };
            found.push(violation(rule, what(&told.from, "still waits at")));
        }
    }
    found
}

/// Whether somebody in the group has its channel's relay as their own: a channel that was forgotten is made anew by those alone.
fn is_at_home(world: &World, told: &Told) -> bool {
    let latest = world.rolls.latest(told.channel).and_then(|epoch| world.rolls.members(told.channel, epoch));
    let home = world.rolls.homes.get(&told.channel);
    latest.into_iter().flatten().any(|member| Some(&world.devices[*member].home) == home)
}

/// What two members received of others came to both in the same order, and what one person wrote in the order of its writing.
fn same_order(world: &World, there: &BTreeMap<DeviceId, View>) -> Vec<Violation> {
    let mut found = Vec::new();
    let received: BTreeMap<DeviceId, Vec<&str>> = there
        .iter()
        .map(|(id, view)| {
            let rows = view.rows.iter().filter(|row| row.sender == SenderKind::Contact);
            (*id, rows.map(|row| original(&row.text)).filter(|text| !text.is_empty()).collect())
        })
        .collect();
    for (one, texts) in &received {
        for (other, theirs) in received.range(one + 1..) {
            let place: BTreeMap<&str, usize> = theirs.iter().zip(0..).map(|(text, at)| (*text, at)).collect();
            let places: Vec<_> = texts.iter().filter_map(|text| place.get(text)).collect();
            if !places.is_sorted() {
                let what = format!("devices {one} and {other} received in different orders: {places:?}");
                found.push(violation("in order", what));
            }
        }
        let place: BTreeMap<&str, usize> = texts.iter().zip(0..).map(|(text, at)| (*text, at)).collect();
        for from in 0..world.devices.len() {
            let own = world.ledger.told.iter().filter(|told| told.from == from && !told.retried);
            let places: Vec<_> = own.filter_map(|told| place.get(told.text.as_str())).collect();
            if !places.is_sorted() {
                let what = format!(
                    "what device {from} wrote to a group came to device {one} in the order {places:?}"
                );
                found.push(violation("in order", what));
            }
        }
    }
    found
}
