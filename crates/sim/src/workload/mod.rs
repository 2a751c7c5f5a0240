//! What people do. One file per topic; a topic lists its acts with how often they are tried.

mod acquaintance;
mod blocking;
mod changes;
mod files;
mod groups;
mod links;
mod outsiders;
mod strangers;
mod talk;

use kuvert_core::Event;

use crate::device::DeviceId;
use crate::faults::Plant;
use crate::network::Happening;
use crate::run::SimError;
use crate::world::World;

/// Lets a device do something; returns whether there was anything to do.
type Act = fn(&mut World, DeviceId) -> Result<bool, SimError>;

pub(crate) use acquaintance::get_to_know;
pub(crate) use files::all as files_of;
pub(crate) use groups::add_unasked;

/// The acts of a world, and how often each is tried.
fn topics(world: &World) -> Vec<(usize, Act)> {
    let mut topics = vec![links::ACTS, talk::ACTS, strangers::ACTS];
    if world.features.groups {
        topics.extend([groups::ACTS, outsiders::ACTS]);
    }
    if world.features.changes {
        topics.push(changes::ACTS);
    }
    if world.features.blocking {
        topics.push(blocking::ACTS);
    }
    if world.features.files {
        topics.push(files::ACTS);
    }
    topics.concat()
}

/// Tries to find somebody who can do something.
const TRIES: usize = 6;

/// Somebody does something.
///
/// # Errors
/// [`SimError`] if the machine, not the world, fails.
pub(crate) fn act(world: &mut World) -> Result<(), SimError> {
    let acts = topics(world);
    let total = acts.iter().map(|(often, _)| often).sum();
    for _ in 0..TRIES {
        let id = world.rng.below(world.devices.len());
        let mut place = world.rng.below(total);
        let chosen = acts.iter().find(|(often, _)| {
            let found = place < *often;
            place = place.saturating_sub(*often);
            found
        });
        let Some((_, act)) = chosen else { continue };
        if world.devices[id].client.is_some() && act(world, id)? {
            Plant::after_act(world, id)?;
            break;
        }
    }
    world.acts = world.acts.saturating_sub(1);
    plan(world);
    Ok(())
}

/// Plans the next act, if there is one.
pub(crate) fn plan(world: &mut World) {
    if world.acts > 0 {
        // Mostly one behind the other, sometimes many at once.
        let at_once = world.rng.chance(300);
        let at = world.now + if at_once { world.rng.between(0, 20) } else { world.rng.between(20, 5_000) };
        world.network.plan(at, Happening::Act);
    }
}

/// Notes what an engine tells its user.
pub(crate) fn learn(world: &mut World, id: DeviceId, event: &Event) {
    links::learn(world, id, event);
}

/// What a patient user does once the network works again; returns whether there was anything to do.
///
/// # Errors
/// [`SimError`] if the machine, not the world, fails.
pub(crate) fn tidy_up(world: &mut World, id: DeviceId) -> Result<bool, SimError> {
    let talked = talk::retry_all(world, id)?;
    Ok(groups::retry_all(world, id)? || talked)
}

/// Everybody writes to everybody they know, once more.
///
/// # Errors
/// [`SimError`] if the machine, not the world, fails.
pub(crate) fn probe(world: &mut World, id: DeviceId) -> Result<(), SimError> {
    talk::write_to_all(world, id)?;
    groups::write_to_all(world, id)
}
