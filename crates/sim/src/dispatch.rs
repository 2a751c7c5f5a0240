//! A taxi order and three drivers: who gets it is decided by the order of the desk room, under the worst network there is.
//!
//! An owner's device, three drivers' and a customer's. The set-up is calm. Then everything goes wrong that can, while the owner offers the
//! customer's order and each driver takes it at some moment. In the end all devices of the line have to agree on one driver, who
//! has to be one that tried.

use std::collections::BTreeSet;

use kuvert_content::MessageId;
use kuvert_core::{Command, Event as Said, Fold, LineCommand, LineDevice, LineEvent};
use kuvert_desk::room::{self, CaseEvent, Cases, DeviceKey, Event, EventId, Meta, Role, Team};
use kuvert_wire::ChannelId;

use crate::device::DeviceId;
use crate::network::Happening;
use crate::run::{SimError, rest};
use crate::world::World;

/// The owner's device.
const OWNER: DeviceId = 0;
/// The drivers'.
const DRIVERS: std::ops::Range<DeviceId> = 1..4;
/// The customer's.
const CUSTOMER: DeviceId = 4;
/// How many there are.
pub(crate) const COUNT: usize = 5;
/// The customer's message with the order, as the drivers name it.
const ORDER: MessageId = MessageId::new([7; 32]);
/// Virtual time for a step of the set-up, in milliseconds.
const STEP: i64 = 60_000;
/// Times at which somebody looks at the desk while everything goes wrong.
const LOOKS: usize = 40;

/// Times at which everybody does once all is calm, and milliseconds between them: longer than a state is asked for in vain.
const CALM_LOOKS: usize = 60;
const PAUSE: i64 = 60_000;

/// Lives the world's life.
///
/// # Errors
/// [`SimError`] if the machine, not the world, fails.
pub(crate) fn live(world: &mut World) -> Result<(), SimError> {
    world.calm = true;
    let conversation = set_up(world)?;
    if !world.violations.is_empty() {
        return Ok(());
    }
    world.calm = false;
    world.network.plan(world.now + 200, Happening::Trouble);
    let offer = CaseEvent::Offer { request: ORDER, to: Vec::new(), ttl: 3_600_000 };
    post(world, OWNER, &Event::case(conversation, offer))?;
    let mut tried = BTreeSet::new();
    for _ in 0..LOOKS {
        let until = world.now + world.rng.between(0, 2_000);
        world.run_until(until)?;
        let id = world.rng.below(CUSTOMER);
        look(world, id, conversation, &mut tried)?;
    }
    // Who had no network so far takes it now, too late.
    world.calm_down()?;
    for _ in 0..CALM_LOOKS {
        world.run_until(world.now + PAUSE)?;
        for id in OWNER..CUSTOMER {
            look(world, id, conversation, &mut tried)?;
        }
    }
    rest(world)?;
    judge(world, conversation, &tried)
}

/// A line with a link, and a customer who has written.
fn set_up(world: &mut World) -> Result<ChannelId, SimError> {
    let relay = world.relays[0].origin.clone();
    let create = LineCommand::Create { name: "Taxi".into(), relay: relay.clone(), invite: None };
    line(world, OWNER, create)?;
    post(world, OWNER, &Event::Founded { name: "Olga".into() })?;
    wait(world)?;
    for id in DRIVERS {
        hire(world, id)?;
    }
    let devices = (OWNER..CUSTOMER).filter_map(|id| own(world, id)).collect();
    line(world, OWNER, LineCommand::Publish { name: "Taxi".into(), profile: b"taxi".to_vec(), devices })?;
    let create = Command::CreateIdentity { name: "Carla".into(), relay, invite: None };
    world.command(CUSTOMER, create)?;
    wait(world)?;
    let link = world.devices[OWNER].events.iter().rev().find_map(|event| match event {
        Said::OwnLink(link) => Some(link.clone()),
        _ => None,
    });
    let Some(link) = link else { return missing(world, "a link") };
    world.command(CUSTOMER, Command::OpenLink { link: link.clone() })?;
    wait(world)?;
    world.command(CUSTOMER, Command::Request { link, text: "A taxi to the station".into() })?;
    wait(world)?;
    let conversations = world.devices[OWNER].client.as_mut().map(|client| client.conversations());
    let found = conversations.transpose()?.unwrap_or_default().into_iter();
    let channel =
        found.filter(|summary| summary.contact().is_some()).find_map(|summary| summary.conversation.channel);
    match channel {
        Some(channel) => Ok(ChannelId::new(channel)),
        None => missing(world, "the customer"),
    }
}

fn missing(world: &mut World, what: &str) -> Result<ChannelId, SimError> {
    world.violation("set-up", format!("{what} did not come"));
    Ok(ChannelId::new([0; 16]))
}

/// A driver joins the line, and goes on duty.
fn hire(world: &mut World, id: DeviceId) -> Result<(), SimError> {
    line(world, OWNER, LineCommand::Invite { ticket: [1; 16], owner: false })?;
    let invitation = world.devices[OWNER].events.iter().rev().find_map(|event| match event {
        Said::Line(LineEvent::Invitation(link)) => Some(link.clone()),
        _ => None,
    });
    let Some(invitation) = invitation else { return missing(world, "an invitation").map(drop) };
    line(world, id, LineCommand::Join { invitation, name: format!("driver {id}"), invite: None })?;
    wait(world)?;
    let joined = world.devices[OWNER].client.as_mut().map(|client| client.joined()).transpose()?;
    for joined in joined.unwrap_or_default() {
        let device = DeviceKey::new(joined.device.key);
        post(world, OWNER, &Event::Join { device, name: joined.name, role: Role::Agent })?;
        line(world, OWNER, LineCommand::Welcomed { ticket: joined.ticket })?;
    }
    for _ in 0..3 {
        wait(world)?;
        for other in OWNER..=id {
            tend(world, other)?;
        }
    }
    let Some(own) = own(world, id) else { return missing(world, "a device").map(drop) };
    post(world, id, &Event::Duty { device: DeviceKey::new(own.key), on: true })?;
    wait(world)
}

/// Somebody looks at the desk: a driver who sees the order takes it, once.
fn look(
    world: &mut World,
    id: DeviceId,
    conversation: ChannelId,
    tried: &mut BTreeSet<DeviceId>,
) -> Result<(), SimError> {
    let Some((_, cases)) = tend(world, id)? else { return Ok(()) };
    let is_offered = cases.get(conversation).is_some_and(|case| case.offers.contains_key(&ORDER));
    if is_offered && DRIVERS.contains(&id) && tried.insert(id) {
        post(world, id, &Event::case(conversation, CaseEvent::Take { request: ORDER }))?;
    }
    Ok(())
}

/// All devices of the line agree on one driver.
fn judge(world: &mut World, conversation: ChannelId, tried: &BTreeSet<DeviceId>) -> Result<(), SimError> {
    let mut takers = Vec::new();
    for id in OWNER..CUSTOMER {
        let Some((_, cases)) = tend(world, id)? else {
            world.violation("dispatch", format!("device {id} has no desk"));
            return Ok(());
        };
        let case = cases.get(conversation);
        let taken = case.and_then(|case| case.offers.get(&ORDER)).and_then(|offer| offer.taken_by);
        let claimed = case.and_then(room::Case::claimed_by);
        takers.push((id, taken, claimed));
    }
    let keys: Vec<_> =
        tried.iter().filter_map(|id| own(world, *id)).map(|own| DeviceKey::new(own.key)).collect();
    let first = takers[0].1;
    let is_one = first.is_some_and(|taker| keys.contains(&taker));
    let agree = takers.iter().all(|(_, taken, claimed)| *taken == first && *claimed == first);
    if !is_one || !agree {
        world.violation("dispatch", format!("{} drivers tried; who has it: {takers:?}", tried.len()));
    }
    Ok(())
}

/// Folds what came, as the application does, and does what the desk room asks of a device. `None` while its process is gone, or
/// where it waits for a state.
fn tend(world: &mut World, id: DeviceId) -> Result<Option<(Team, Cases)>, SimError> {
    let came = match &mut world.devices[id].client {
        Some(client) => client.desk_state_came()?,
        None => return Ok(None),
    };
    if came {
        line(world, id, LineCommand::Adopt)?;
    }
    let Some(client) = &mut world.devices[id].client else { return Ok(None) };
    let Some(standing) = client.desk()?.filter(|standing| !standing.is_behind) else { return Ok(None) };
    let state = client.desk_state()?;
    let events = client.desk_events(256)?;
    let rows = state.iter().map(|(key, value)| (key.as_slice(), value.as_slice()));
    let Ok((mut team, mut cases)) = room::load(rows) else {
        world.violation("dispatch", format!("device {id} cannot read its desk"));
        return Ok(None);
    };
    let Some(last) = events.last() else {
        share(world, id)?;
        return Ok(standing.is_member.then_some((team, cases)));
    };
    let position = last.position;
    for event in &events {
        let meta = Meta { id: EventId::new(event.id), by: DeviceKey::new(event.device), at: event.at };
        if let Ok(event) = Event::decode(&event.body) {
            team.apply(&mut cases, meta, &event);
        }
    }
    let touched = cases.take_touched();
    let rows = touched.into_iter().map(|part| (part.key(), part.encode(&team, &cases))).collect();
    line(world, id, LineCommand::Fold(Fold { position, rows, owes: 0 }))?;
    share(world, id)?;
    // Its process may have ended meanwhile, and what it folded is folded again.
    Ok(world.devices[id].client.is_some().then_some((team, cases)))
}

/// Posts what a device knows, if another one asked for it.
fn share(world: &mut World, id: DeviceId) -> Result<(), SimError> {
    let wants = |event: &Said| matches!(event, Said::Line(LineEvent::StateWanted));
    if world.devices[id].events.iter().any(wants) {
        world.devices[id].events.retain(|event| !wants(event));
        line(world, id, LineCommand::Share)?;
    }
    Ok(())
}

fn own(world: &World, id: DeviceId) -> Option<LineDevice> {
    world.devices[id].client.as_ref().and_then(|client| client.own_line_device())
}

fn post(world: &mut World, id: DeviceId, event: &Event) -> Result<(), SimError> {
    line(world, id, LineCommand::Post { event: event.encode() })
}

fn line(world: &mut World, id: DeviceId, command: LineCommand) -> Result<(), SimError> {
    if let Some(refusal) = world.command(id, Command::Line(command))? {
        world.violation("dispatch", format!("device {id} refuses: {refusal}"));
    }
    world.learn_name(id);
    Ok(())
}

fn wait(world: &mut World) -> Result<(), SimError> {
    world.run_until(world.now + STEP)
}
