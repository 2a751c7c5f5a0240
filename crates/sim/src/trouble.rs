//! What goes wrong.

use crate::network::Happening;
use crate::run::SimError;
use crate::world::{DAY, World};

/// Days that a run may skip in all while entries wait: fewer than the relay keeps them.
const MAX_JUMPED: i64 = 26;

/// Something goes wrong, and more will.
///
/// # Errors
/// [`SimError`] if the machine, not the world, fails.
pub(crate) fn strike(world: &mut World) -> Result<(), SimError> {
    let again = world.now + world.rng.between(300, 12_000);
    world.network.plan(again, Happening::Trouble);
    let device = world.rng.below(world.devices.len());
    match world.rng.below(100) {
        0..38 => {
            let links: Vec<_> = world.network.links.keys().copied().collect();
            if let Some(link) = world.rng.pick(&links).copied() {
                world.cut(link);
            }
        }
        38..58 => {
            let long = world.rng.chance(200);
            let until = if long { world.rng.between(60_000, DAY) } else { world.rng.between(500, 60_000) };
            be_gone(world, device, until);
        }
        58..74 => world.leave(device, None)?,
        74..84 => {
            let relay = world.any_relay();
            world.crash_relay(relay);
        }
        84..90 if !world.forgetful => {
            let relay = world.any_relay();
            world.trace.note(world.now, format_args!("the disk of relay {relay} is full"));
            world.relays[relay].disk.set_full(true);
            world.was_full = true;
            let at = world.now + world.rng.between(500, 20_000);
            world.network.plan(at, Happening::Room { relay });
        }
        84..90 if world.forgetful => be_away(world, device)?,
        90..94 => {
            // Everybody at once, as when the house has no power.
            for relay in 0..world.relays.len() {
                world.crash_relay(relay);
            }
            for device in 0..world.devices.len() {
                world.leave(device, None)?;
            }
        }
        _ => {
            let days = world.rng.between(1, 9).min(MAX_JUMPED - world.jumped).max(0);
            skip(world, days)?;
        }
    }
    Ok(())
}

/// Days pass at once.
///
/// # Errors
/// [`SimError`] if the machine, not the world, fails.
pub(crate) fn skip(world: &mut World, days: i64) -> Result<(), SimError> {
    world.jumped += days;
    world.trace.note(world.now, format_args!("{days} days pass"));
    world.pass(world.now + days * DAY)
}

/// A device is away for longer than the relay keeps what waits for it.
fn be_away(world: &mut World, device: usize) -> Result<(), SimError> {
    be_gone(world, device, 120_000);
    // What was on its way arrives before the days pass.
    let soon = world.now + 10_000;
    world.network.plan(soon, Happening::Days { count: 33 });
    Ok(())
}

fn be_gone(world: &mut World, device: usize, until: i64) {
    world.trace.note(world.now, format_args!("{device} is out of reach"));
    world.devices[device].online = false;
    let links: Vec<_> = world.devices[device].links.values().copied().collect();
    for link in links {
        world.cut(link);
    }
    world.network.plan(world.now + until, Happening::Reachable { device });
}
