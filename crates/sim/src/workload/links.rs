//! Links: shown, opened, followed by a first message, taken back.

use kuvert_core::{Command, Event, LinkFailure};

use super::Act;
use crate::device::DeviceId;
use crate::ledger::KnownLink;
use crate::run::SimError;
use crate::world::World;

/// See the [module](super).
pub(super) const ACTS: &[(usize, Act)] = &[(10, show), (14, open), (20, request), (1, revoke)];

pub(super) fn show(world: &mut World, id: DeviceId) -> Result<bool, SimError> {
    world.command(id, Command::ShowLink)?;
    Ok(true)
}

fn open(world: &mut World, id: DeviceId) -> Result<bool, SimError> {
    let known = |link: &&KnownLink| link.of != id && !link.revoked;
    let links: Vec<_> = world.ledger.links.iter().filter(known).map(|link| link.text.clone()).collect();
    let Some(link) = world.rng.pick(&links).cloned() else { return Ok(false) };
    open_this(world, id, &link)?;
    Ok(true)
}

/// Opens somebody's link.
pub(super) fn open_this(world: &mut World, id: DeviceId, link: &str) -> Result<(), SimError> {
    world.command(id, Command::OpenLink { link: link.to_owned() })?;
    Ok(())
}

/// Writes the first message to somebody whose link was opened.
pub(super) fn request(world: &mut World, id: DeviceId) -> Result<bool, SimError> {
    let opened = world.ledger.opened.remove(&id).unwrap_or_default();
    let Some(link) = world.rng.pick(&opened).cloned() else { return Ok(false) };
    let Some(to) = world.ledger.owner_of(&link) else { return Ok(false) };
    let text = world.ledger.text(id);
    let start = world.devices[id].starts;
    let refused = world.command(id, Command::Request { link, text: text.clone() })?;
    // A card that was opened is forgotten by the next run of the process; whoever asked is asked to wait.
    if refused.is_none() && world.violations.is_empty() {
        world.trace.note(world.now, format_args!("{id} asked {to} in run {start}"));
        world.ledger.asked.insert((id, to));
        world.ledger.take(id, to, text);
    }
    Ok(true)
}

fn revoke(world: &mut World, id: DeviceId) -> Result<bool, SimError> {
    for link in world.ledger.links.iter_mut().filter(|link| link.of == id) {
        link.revoked = true;
    }
    world.command(id, Command::RevokeLink)?;
    Ok(true)
}

/// Notes links that were made and cards that were opened.
pub(super) fn learn(world: &mut World, id: DeviceId, event: &Event) {
    match event {
        Event::OwnLink(text) if !world.ledger.links.iter().any(|link| link.text == *text) => {
            world.ledger.links.push(KnownLink { of: id, text: text.clone(), revoked: false });
        }
        Event::CardOpened(info) if !info.own => {
            world.ledger.opened.entry(id).or_default().push(info.link.clone());
        }
        Event::LinkFailed { link, reason } if *reason == LinkFailure::Gone => {
            let of = world.ledger.links.iter().find(|known| known.text == *link);
            if of.is_some_and(|known| !known.revoked) {
                world.violation("links", format!("a link that device {id} opened is gone"));
            }
        }
        _ => {}
    }
}
