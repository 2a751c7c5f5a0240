//! Faults in what the harness does between engine, network and relay.

use std::collections::BTreeMap;
use std::path::PathBuf;

use kuvert_core::{Event, Input, Line};
use kuvert_relay::model::Disk;
use kuvert_wire::{
    Ack, ClientFrame, DepositResults, Entries, Entry, EntrySealer, ErrorCode, InboxId, InboxKeys, Post,
    RelayFrame, SealedDeposits, decode, encode, limits,
};

use super::{Fault, disk};
use crate::device::DeviceId;
use crate::network::{Happening, LinkId};
use crate::run::SimError;
use crate::station::RelayId;
use crate::world::World;

/// What is broken, and what the breaking needs to remember.
#[derive(Default)]
pub(crate) struct Plant {
    fault: Option<Fault>,
    /// What the relay learned of inboxes.
    keys: BTreeMap<InboxId, InboxKeys>,
    /// Entries that are held back.
    held: BTreeMap<LinkId, Vec<u8>>,
    /// The relays' disks of a moment ago.
    older: BTreeMap<RelayId, Disk>,
    /// A device that has just been greeted, and keeps to itself what it should repeat.
    mute: Option<DeviceId>,
}

impl Plant {
    /// Plants a fault, or none.
    pub(crate) fn new(fault: Option<Fault>) -> Self {
        Self { fault, ..Self::default() }
    }

    fn is(world: &World, fault: Fault) -> bool {
        world.plant.fault == Some(fault)
    }

    /// Breaks what is broken from the begin.
    pub(crate) fn lay(world: &mut World) {
        for relay in &world.relays {
            if let Some(meddler) = world.plant.fault.and_then(disk::meddler) {
                relay.disk.meddle(meddler);
            }
        }
    }

    /// An engine is about to handle something. Returns the state of its database that it is to be set back to.
    ///
    /// # Errors
    /// [`SimError`] if the database cannot be copied.
    pub(crate) fn before_input(
        world: &mut World,
        id: DeviceId,
        input: &Input,
    ) -> Result<Option<PathBuf>, SimError> {
        world.plant.mute = None;
        let frame = match input {
            Input::Frame(line, frame) => {
                decode::<RelayFrame>(frame, limits::MAX_FRAME).ok().map(|f| (line.clone(), f))
            }
            _ => None,
        };
        if Self::is(world, Fault::OutboxForgotten)
            && let Some((Line::Anonymous(_), RelayFrame::Hello(_))) = frame
        {
            world.plant.mute = Some(id);
        }
        // What a person asked for stays: only what the engine does by itself is forgotten.
        let set_back = Self::is(world, Fault::SendBeforeCommit)
            && !world.calm
            && matches!(frame, Some((_, RelayFrame::Accepted { .. } | RelayFrame::Entries(_))))
            && world.rng.chance(120);
        if set_back && world.devices[id].client.is_some() {
            return Ok(Some(world.devices[id].image()?));
        }
        Ok(None)
    }

    /// Whether the user never hears of something.
    pub(crate) fn swallows(world: &World, event: &Event) -> bool {
        Self::is(world, Fault::GapSwallowed) && matches!(event, Event::Gap { .. })
    }

    /// A device sends a frame. Returns what really leaves.
    pub(crate) fn on_transmit(world: &mut World, id: DeviceId, frame: Vec<u8>) -> Vec<Vec<u8>> {
        if world.plant.mute == Some(id) {
            return Vec::new();
        }
        let fault = world.plant.fault;
        if matches!(fault, Some(Fault::MergeBeforeAccepted | Fault::GroupMergeBeforeAccepted))
            && let Ok(ClientFrame::Commit(commit)) = decode(&frame, limits::MAX_FRAME)
            && (fault == Some(Fault::MergeBeforeAccepted) || Self::is_group(world, &commit.post))
        {
            Self::pretend_accepted(world, id, &commit.post);
        }
        vec![frame]
    }

    /// The device finds its commit in its inbox, as if the relay had accepted it.
    fn pretend_accepted(world: &mut World, id: DeviceId, post: &Post) {
        let device = &world.devices[id];
        let (Some(inbox), Some(link)) = (device.inbox, device.links.get(&Line::Owner).copied()) else {
            return;
        };
        let (Some(keys), Some(seq)) = (world.plant.keys.get(&inbox), world.watch.due_on(link)) else {
            return;
        };
        let Post { channel, epoch, id, .. } = *post;
        let entry = Entry::Commit { channel, seq: 0, epoch, id, body: post.body.clone() };
        let sealed = vec![EntrySealer::new(&[7; 32], inbox, &keys.seal_key).seal(seq, &entry)];
        let frame = encode(&RelayFrame::Entries(Entries { first: seq, sealed }));
        world.network.plan(world.now, Happening::Down { link, frame });
    }

    /// A frame reaches the relay. Returns what it sees of it.
    pub(crate) fn on_arrival(world: &mut World, from: Option<DeviceId>, frame: Vec<u8>) -> Vec<u8> {
        let Ok(mut asked) = decode::<ClientFrame>(&frame, limits::MAX_FRAME) else { return frame };
        let fault = world.plant.fault;
        match &mut asked {
            ClientFrame::Own(own) => {
                if let Some(keys) = &own.create {
                    world.plant.keys.insert(InboxId::of(&own.owner), keys.clone());
                }
            }
            ClientFrame::Deposit(deposit) if fault == Some(Fault::TokenNotChecked) => {
                if let Some(keys) = world.plant.keys.get(&deposit.inbox) {
                    deposit.token = keys.deposit_key.token([0; 16]);
                }
            }
            ClientFrame::Ack(ack) if fault == Some(Fault::AckTooFar) => ack.seq += 1,
            ClientFrame::Commit(commit)
                if fault == Some(Fault::WelcomeLost) && Self::is_group(world, &commit.post) =>
            {
                commit.welcomes.clear();
            }
            ClientFrame::Post(post) if fault == Some(Fault::RemovedPostTaken) => {
                Self::let_in(world, from, post);
            }
            ClientFrame::Commit(commit) if fault == Some(Fault::StrangerCommitTaken) => {
                Self::let_in(world, from, &mut commit.post);
                commit.next.epoch = commit.post.epoch + 1;
            }
            _ => {}
        }
        encode(&asked)
    }

    fn is_group(world: &World, post: &Post) -> bool {
        world.ledger.wanted.contains_key(post.channel.as_bytes())
    }

    /// What somebody posts who is no member is taken, as if the relay did not look at who has the right to.
    fn let_in(world: &World, from: Option<DeviceId>, post: &mut Post) {
        let channel = *post.channel.as_bytes();
        if !Self::is_group(world, post) || from.is_some_and(|from| world.rolls.is_in(channel, from)) {
            return;
        }
        let latest = world.rolls.latest(channel);
        let mut posts = world.rolls.posts.get(&channel).into_iter().flatten();
        if let Some((_, right)) = posts.rfind(|(_, right)| Some(right.epoch) == latest) {
            post.epoch = right.epoch;
            (post.secret, post.fanout_key) = (right.secret.clone(), right.fanout_key.clone());
        }
    }

    /// What the relay learned of an inbox.
    pub(crate) fn keys_of(&self, inbox: InboxId) -> Option<InboxKeys> {
        self.keys.get(&inbox).cloned()
    }

    /// The files that somebody keeps who was removed from a group, and whose they are.
    ///
    /// # Errors
    /// Of the file system.
    pub(crate) fn files_of_ghost(
        world: &World,
        own: (PathBuf, DeviceId),
        channel: [u8; 16],
    ) -> std::io::Result<(PathBuf, DeviceId)> {
        if !Self::is(world, Fault::RemovedStillReads) {
            return Ok(own);
        }
        let mut members = world.devices.iter().filter(|device| world.rolls.is_in(channel, device.id));
        match members.next() {
            Some(member) => Ok((member.copy(&format!("ghost-of-{}", own.1))?, member.id)),
            None => Ok(own),
        }
    }

    /// An engine does by itself what nobody asked for.
    ///
    /// # Errors
    /// [`SimError`] if the machine, not the world, fails.
    pub(crate) fn after_act(world: &mut World, id: DeviceId) -> Result<(), SimError> {
        if Self::is(world, Fault::StrangerAdded) {
            crate::workload::add_unasked(world, id)?;
        }
        Ok(())
    }

    /// A frame reaches a device. Returns whether its process ends instead of handling it.
    ///
    /// # Errors
    /// [`SimError`] if the machine, not the world, fails.
    pub(crate) fn on_delivery(
        world: &mut World,
        id: DeviceId,
        link: LinkId,
        frame: &[u8],
    ) -> Result<bool, SimError> {
        if !Self::is(world, Fault::AckBeforeCommit) || world.calm || !world.rng.chance(100) {
            return Ok(false);
        }
        let Ok(RelayFrame::Entries(Entries { first, sealed })) = decode(frame, limits::MAX_FRAME) else {
            return Ok(false);
        };
        let seq = (first + sealed.len() as u64).saturating_sub(1);
        if let Some(there) = world.network.links.get(&link)
            && let Some(relay) = &mut world.relays[there.relay].model
        {
            relay.receive(there.there, encode(&ClientFrame::Ack(Ack { seq })));
            relay.work();
        }
        world.leave(id, None)?;
        Ok(true)
    }

    /// The relay says something. Returns what really leaves it.
    pub(crate) fn on_speech(world: &mut World, link: LinkId, frame: Vec<u8>) -> Vec<Vec<u8>> {
        let Some(fault) = world.plant.fault else { return vec![frame] };
        let Ok(said) = decode::<RelayFrame>(&frame, limits::MAX_FRAME) else { return vec![frame] };
        match (fault, said) {
            (Fault::ConflictAsAccepted, RelayFrame::Refused { id, code: ErrorCode::Conflict, .. }) => {
                vec![encode(&RelayFrame::Accepted { id, seq: 0 })]
            }
            (Fault::EntriesSkipped, RelayFrame::Entries(_)) if world.rng.chance(60) => Vec::new(),
            (Fault::EntriesDoubled, RelayFrame::Entries(mut entries)) if world.rng.chance(100) => {
                entries.first += entries.sealed.len() as u64;
                vec![frame, encode(&RelayFrame::Entries(entries))]
            }
            (Fault::EntriesReordered, RelayFrame::Entries(_)) => match world.plant.held.remove(&link) {
                Some(held) => vec![frame, held],
                None if world.rng.chance(100) => {
                    world.plant.held.insert(link, frame);
                    Vec::new()
                }
                None => vec![frame],
            },
            _ => vec![frame],
        }
    }

    /// The relay is about to commit.
    pub(crate) fn before_commit(world: &mut World, relay: RelayId) {
        if Self::is(world, Fault::AcceptedLostInCrash) {
            world.plant.older.insert(relay, world.relays[relay].disk.copy());
        }
    }

    /// The relay has crashed.
    pub(crate) fn at_crash(world: &mut World, relay: RelayId) {
        if let Some(older) = world.plant.older.remove(&relay) {
            world.relays[relay].disk = older;
        }
    }

    /// A relay gets something from another. Returns what it takes of it; nothing if it takes nothing, and says that it did.
    pub(crate) fn on_parcel(world: &mut World, body: &[u8]) -> Option<Vec<u8>> {
        if Self::is(world, Fault::ParcelLost) && world.rng.chance(100) {
            return None;
        }
        match SealedDeposits::from_bytes(body) {
            Ok(mut sealed) if Self::is(world, Fault::ParcelTurned) => {
                sealed.deposits.reverse();
                Some(encode(&sealed))
            }
            _ => Some(body.to_vec()),
        }
    }

    /// What a relay answers that took everything.
    pub(crate) fn pretended_answer(body: &[u8]) -> Option<Vec<u8>> {
        let count = SealedDeposits::from_bytes(body).ok()?.deposits.len();
        Some(encode(&DepositResults { results: vec![None; count] }))
    }

    /// Whether an answer from relay to relay does not get back.
    pub(crate) fn loses_answer(world: &mut World) -> bool {
        let often = if Self::is(world, Fault::ForwardedTwice) { 300 } else { 50 };
        world.rng.chance(often)
    }
}
