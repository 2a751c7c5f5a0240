//! Somebody without a device: tries what nobody gave them the right to.

use kuvert_wire::{ClientFrame, Deposit, PostId, TakeKeyPackage, Token, TokenNonce, encode};

use super::Act;
use crate::device::DeviceId;
use crate::faults::Plant;
use crate::run::SimError;
use crate::station::RelayId;
use crate::world::World;

/// See the [module](super).
pub(super) const ACTS: &[(usize, Act)] = &[(3, guess), (5, use_revoked)];

/// Deposits with a token that was guessed.
fn guess(world: &mut World, id: DeviceId) -> Result<bool, SimError> {
    let Some(inbox) = world.devices[id].inbox else { return Ok(false) };
    let mut bytes = Vec::with_capacity(64);
    while bytes.len() < Token::LEN {
        bytes.extend(world.rng.seed());
    }
    let Some(token) = Token::from_slice(&bytes[..Token::LEN]) else { return Ok(false) };
    let request = request_id(world);
    let frame = ClientFrame::Deposit(Deposit { id: request, inbox, token, body: b"spam".to_vec() });
    let relay = world.devices[id].home;
    ask(world, (relay, "tokens"), request, &frame);
    Ok(true)
}

/// Uses the token of a link that was taken back.
fn use_revoked(world: &mut World, _id: DeviceId) -> Result<bool, SimError> {
    let is_revoked = |nonce: TokenNonce| {
        world.watch.revoked.values().any(|(nonces, revoked)| *revoked && nonces.contains(&nonce))
    };
    let shown = world.watch.shown.iter().filter(|(_, token)| is_revoked(token.nonce()));
    let shown: Vec<_> = shown.cloned().collect();
    let Some((inbox, token)) = world.rng.pick(&shown).cloned() else { return Ok(false) };
    let request = request_id(world);
    let frame = if world.rng.chance(500) {
        ClientFrame::Deposit(Deposit { id: request, inbox, token, body: b"spam".to_vec() })
    } else {
        ClientFrame::TakeKeyPackage(TakeKeyPackage { id: request, inbox, token })
    };
    let owner = world.devices.iter().find(|device| device.inbox == Some(inbox));
    let relay = owner.map_or(0, |device| device.home);
    ask(world, (relay, "tokens"), request, &frame);
    Ok(true)
}

/// An id that no request had.
pub(super) fn request_id(world: &mut World) -> PostId {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&world.rng.seed()[..16]);
    PostId::new(bytes)
}

/// Asks a relay on a connection of its own, which is not worth a network. By `rule`, it must refuse.
pub(super) fn ask(
    world: &mut World,
    (at, rule): (RelayId, &'static str),
    request: PostId,
    frame: &ClientFrame,
) {
    world.watch.forge(request, rule);
    world.watch.asked(frame);
    let frame = Plant::on_arrival(world, None, encode(frame));
    let Some(relay) = &mut world.relays[at].model else { return };
    let connection = relay.connect();
    relay.receive(connection, frame);
    relay.work();
    let said = relay.take(connection);
    relay.disconnect(connection);
    for frame in said.frames {
        world.heard_by_stranger(&frame);
    }
    world.speak_soon(at);
}
