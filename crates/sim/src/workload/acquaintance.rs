//! How people got to know each other before anything goes wrong: groups are made of contacts.

use super::{links, talk};
use crate::device::DeviceId;
use crate::run::SimError;
use crate::world::World;

/// Time for what was asked for to get there and back, in milliseconds.
const A_MOMENT: i64 = 30_000;
/// How often a world has two who know each other without the first one, in thousandths.
const BESIDE: usize = 300;

/// Everybody gets to know the first one, and some each other.
///
/// # Errors
/// [`SimError`] if the machine, not the world, fails.
pub(crate) fn get_to_know(world: &mut World) -> Result<(), SimError> {
    world.calm = true;
    meet(world, 0, 1, 1000)?;
    for host in 1..world.devices.len().saturating_sub(1) {
        if world.rng.chance(BESIDE) {
            meet(world, host, host + 1, 500)?;
        }
    }
    world.calm = false;
    Ok(())
}

/// Some of the devices from `first` on open the link of `host`, ask, and are accepted.
fn meet(world: &mut World, host: DeviceId, first: DeviceId, often: usize) -> Result<(), SimError> {
    links::show(world, host)?;
    pass(world)?;
    let guests: Vec<_> = (first..world.devices.len()).collect();
    let link = world.ledger.links.iter().find(|link| link.of == host).map(|link| link.text.clone());
    let Some(link) = link else { return Ok(()) };
    for guest in guests {
        if world.rng.chance(often) {
            links::open_this(world, guest, &link)?;
        }
    }
    pass(world)?;
    for guest in 0..world.devices.len() {
        links::request(world, guest)?;
    }
    pass(world)?;
    while talk::accept(world, host)? {
        pass(world)?;
    }
    Ok(())
}

fn pass(world: &mut World) -> Result<(), SimError> {
    let until = world.now + A_MOMENT;
    world.run_until(until)?;
    world.pass(until)
}
