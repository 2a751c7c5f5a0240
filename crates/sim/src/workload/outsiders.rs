//! Who was removed from a group and tries to go on, with all that they had (MLS-3).

use kuvert_wire::ClientFrame;

use super::Act;
use super::strangers::{ask, request_id};
use crate::device::DeviceId;
use crate::ledger::Channel;
use crate::run::SimError;
use crate::world::World;

/// See the [module](super).
pub(super) const ACTS: &[(usize, Act)] = &[(16, post), (16, commit)];

fn left_groups(world: &World, id: DeviceId) -> Vec<Channel> {
    let wrote = |channel: &Channel| {
        world.rolls.posts.get(channel).is_some_and(|posts| posts.iter().any(|(from, _)| *from == id))
    };
    let left = |channel: &&Channel| !world.rolls.is_in(**channel, id) && wrote(channel);
    world.ledger.wanted.keys().filter(left).copied().collect()
}

/// Posts with the last right to post that it had, in its own epoch or in the current one.
fn post(world: &mut World, id: DeviceId) -> Result<bool, SimError> {
    let left = left_groups(world, id);
    let Some(channel) = world.rng.pick(&left).copied() else { return Ok(false) };
    let mut posts = world.rolls.posts.get(&channel).into_iter().flatten();
    let Some(mut post) = posts.rfind(|(from, _)| *from == id).map(|(_, post)| post.clone()) else {
        return Ok(false);
    };
    post.id = request_id(world);
    if world.rng.chance(500) {
        post.epoch = world.rolls.latest(channel).unwrap_or(post.epoch);
    }
    let relay = world.rolls.homes.get(&channel).copied().unwrap_or_default();
    ask(world, (relay, "MLS-3"), post.id, &ClientFrame::Post(post.clone()));
    Ok(true)
}

/// Commits something that was recorded, as if it belonged to the current epoch.
fn commit(world: &mut World, id: DeviceId) -> Result<bool, SimError> {
    let left = left_groups(world, id);
    let Some(channel) = world.rng.pick(&left).copied() else { return Ok(false) };
    let (Some(mut commit), Some(epoch)) =
        (world.rolls.commits.get(&channel).cloned(), world.rolls.latest(channel))
    else {
        return Ok(false);
    };
    if commit.post.epoch >= epoch {
        return Ok(false);
    }
    commit.post.id = request_id(world);
    commit.post.epoch = epoch;
    commit.next.epoch = epoch + 1;
    commit.welcomes.clear();
    let relay = world.rolls.homes.get(&channel).copied().unwrap_or_default();
    ask(world, (relay, "MLS-3"), commit.post.id, &ClientFrame::Commit(commit.clone()));
    Ok(true)
}
