//! What must hold of groups while the world goes on: who is in the same epoch agrees on everything (design section 5), who is no
//! member posts nothing and opens nothing (MLS-3).

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use kuvert_core::{Epoch, Input, Line, Timestamp};
use kuvert_wire::{ClientFrame, Commit, Entries, Entry, EntrySealer, Post, PostId, RelayFrame, encode};

use super::violation;
use crate::device::{DeviceId, open};
use crate::faults::Plant;
use crate::ledger::{Channel, original};
use crate::run::SimError;
use crate::station::RelayId;
use crate::world::{Violation, World};

/// Copies of removed devices that one world keeps.
const MAX_GHOSTS: usize = 3;

/// An epoch of a group, as the first device saw it that came there.
#[derive(Debug, Clone)]
struct Roll {
    authenticator: Vec<u8>,
    members: BTreeSet<DeviceId>,
}

/// A request about a group that reached its relay.
#[derive(Debug, Clone, Copy)]
struct Asked {
    device: DeviceId,
    channel: Channel,
    epoch: u64,
}

/// A device's files of the moment before it was removed: what somebody has who keeps them, and does not do what the engine
/// does who was removed.
#[derive(Debug, Clone)]
struct Ghost {
    device: DeviceId,
    channel: Channel,
    epoch: u64,
    handled: u64,
    path: PathBuf,
}

/// Remembers what matters of groups.
#[derive(Debug, Default)]
pub(crate) struct Rolls {
    epochs: BTreeMap<(Channel, u64), Roll>,
    asked: BTreeMap<PostId, Asked>,
    accepted: BTreeSet<PostId>,
    /// Posts that reached a relay, and whose they are.
    pub(crate) posts: BTreeMap<Channel, Vec<(DeviceId, Post)>>,
    /// The last commit that reached a relay.
    pub(crate) commits: BTreeMap<Channel, Commit>,
    ghosts: Vec<Ghost>,
    /// Where the channels are.
    pub(crate) homes: BTreeMap<Channel, RelayId>,
}

impl Rolls {
    /// The last epoch of a group that any device came to.
    pub(crate) fn latest(&self, channel: Channel) -> Option<u64> {
        let mut all = self.epochs.range((channel, 0)..=(channel, u64::MAX));
        all.next_back().map(|((_, epoch), _)| *epoch)
    }

    /// Who is in a group in one of its epochs; `None` if no device was seen there.
    pub(crate) fn members(&self, channel: Channel, epoch: u64) -> Option<&BTreeSet<DeviceId>> {
        self.epochs.get(&(channel, epoch)).map(|roll| &roll.members)
    }

    /// Whether a device is in a group by its last epoch.
    pub(crate) fn is_in(&self, channel: Channel, device: DeviceId) -> bool {
        let latest = self.latest(channel).and_then(|epoch| self.members(channel, epoch));
        latest.is_some_and(|members| members.contains(&device))
    }

    /// Whether a device was in a group from its first epoch there to the last, as far as anybody saw.
    pub(crate) fn is_steady(&self, channel: Channel, device: DeviceId) -> bool {
        let all = self.epochs.range((channel, 0)..=(channel, u64::MAX));
        let mut since = all.map(|(_, roll)| roll.members.contains(&device)).skip_while(|is_in| !is_in);
        since.all(|is_in| is_in)
    }

    /// A device sent something that reached a relay.
    pub(crate) fn reached(&mut self, device: DeviceId, relay: RelayId, frame: &ClientFrame) {
        let post = match frame {
            ClientFrame::Post(post) => post,
            ClientFrame::Commit(commit) => &commit.post,
            _ => return,
        };
        let channel = *post.channel.as_bytes();
        self.homes.insert(channel, relay);
        if self.asked.insert(post.id, Asked { device, channel, epoch: post.epoch }).is_some() {
            return;
        }
        match frame {
            ClientFrame::Commit(commit) => {
                self.commits.insert(channel, commit.clone());
            }
            _ => self.posts.entry(channel).or_default().push((device, post.clone())),
        }
    }

    /// A relay accepted something.
    pub(crate) fn accepted(&mut self, id: PostId) -> Option<Violation> {
        if !self.accepted.insert(id) {
            return None;
        }
        self.judge(id)
    }

    /// Whether a request was accepted, as far as a relay said so.
    pub(crate) fn was_accepted(&self, id: PostId) -> bool {
        self.accepted.contains(&id)
    }

    /// MLS-3: what was accepted came from a member.
    fn judge(&self, id: PostId) -> Option<Violation> {
        let Asked { device, channel, epoch } = *self.asked.get(&id)?;
        let members = self.members(channel, epoch)?;
        let what = || format!("the relay took something of device {device}, no member in epoch {epoch}");
        (!members.contains(&device)).then(|| violation("MLS-3", what()))
    }

    /// As [`Self::accepted`], of epochs that nobody had come to yet then.
    pub(super) fn judge_all(&self) -> Vec<Violation> {
        self.accepted.iter().filter_map(|id| self.judge(*id)).collect()
    }

    fn note(&mut self, epoch: Epoch, members: BTreeSet<DeviceId>) {
        let roll = Roll { authenticator: epoch.authenticator, members };
        self.epochs.insert((epoch.channel, epoch.number), roll);
    }

    /// Whether an epoch is known, and the same.
    fn agrees(&self, epoch: &Epoch) -> Option<bool> {
        let roll = self.epochs.get(&(epoch.channel, epoch.number))?;
        Some(roll.authenticator == epoch.authenticator)
    }
}

/// Looks at the groups of a device whose engine has just handled something.
///
/// # Errors
/// [`SimError`] if an engine cannot be asked.
pub(crate) fn look_at_groups(world: &mut World, id: DeviceId) -> Result<(), SimError> {
    let Some(client) = &mut world.devices[id].client else { return Ok(()) };
    let mut news = Vec::new();
    for summary in client.conversations()? {
        if summary.group().is_none() {
            continue;
        }
        let conversation = summary.conversation.id;
        let Some(epoch) = client.epoch(conversation)? else { continue };
        match world.rolls.agrees(&epoch) {
            Some(true) => {}
            Some(false) => news.push((epoch, None)),
            None => {
                let members = client.members(conversation)?;
                news.push((
                    epoch,
                    Some(members.into_iter().map(|member| member.identity.0).collect::<Vec<_>>()),
                ));
            }
        }
    }
    for (epoch, members) in news {
        let Some(members) = members else {
            let what = format!(
                "device {id} sees another group in epoch {} than the first who came there",
                epoch.number
            );
            world.violation("same epoch, same members", what);
            continue;
        };
        let members: BTreeSet<_> =
            members.into_iter().filter_map(|identity| world.device_of(identity)).collect();
        if epoch.number == 0
            && let Some(meant) = world.ledger.meant.remove(&id)
        {
            // Whatever became of the process that made it.
            world.ledger.wanted.insert(epoch.channel, meant);
        }
        let wanted = world.ledger.wanted.get(&epoch.channel);
        if let Some(stranger) = wanted.and_then(|wanted| members.difference(wanted).next()) {
            let what = format!("device {stranger} is in a group to which nobody added it");
            world.violation("members", what);
        }
        world.trace.note(world.now, format_args!("{id} is in epoch {} with {members:?}", epoch.number));
        world.rolls.note(epoch, members);
    }
    Ok(())
}

/// A device sends a post: which message it carries is known as long as no answer has come.
///
/// # Errors
/// [`SimError`] if an engine cannot be asked.
pub(crate) fn note_post(world: &mut World, id: DeviceId, post: &Post) -> Result<(), SimError> {
    if !world.ledger.wanted.contains_key(post.channel.as_bytes())
        || world.ledger.told.iter().any(|told| told.posts.contains(&(post.id, post.epoch)))
    {
        return Ok(());
    }
    let Some(client) = &mut world.devices[id].client else { return Ok(()) };
    let Some(message) = client.message_of_request(&post.id)? else { return Ok(()) };
    let Some(row) = client.message(message)? else { return Ok(()) };
    let mut told = world.ledger.told.iter_mut().filter(|told| told.from == id);
    if let Some(told) = told.find(|told| told.text == original(&row.text)) {
        told.posts.push((post.id, post.epoch));
    }
    Ok(())
}

/// Keeps the files of a device that is about to be removed from a group.
///
/// # Errors
/// Of the file system.
pub(crate) fn keep_ghost(world: &mut World, id: DeviceId, channel: Channel) -> Result<(), SimError> {
    let count = world.rolls.ghosts.len();
    if count >= MAX_GHOSTS
        || world.rolls.ghosts.iter().any(|ghost| (ghost.device, ghost.channel) == (id, channel))
    {
        return Ok(());
    }
    let device = &mut world.devices[id];
    let Some(client) = &mut device.client else { return Ok(()) };
    let mut epoch = None;
    for summary in client.conversations()? {
        if summary.conversation.channel == Some(channel) {
            epoch = client.epoch(summary.conversation.id)?;
        }
    }
    let Some(epoch) = epoch else { return Ok(()) };
    let path = device.copy(&format!("ghost-{count}"))?;
    let handled = device.handled;
    world.rolls.ghosts.push(Ghost { device: id, channel, epoch: epoch.number, handled, path });
    Ok(())
}

/// MLS-3: what was posted after a removal does not open with what the removed device had, whatever epoch it is said to be of.
///
/// # Errors
/// [`SimError`] if an engine does not open.
pub(super) fn ghosts_read_nothing(world: &mut World) -> Result<Vec<Violation>, SimError> {
    let mut found = Vec::new();
    for ghost in std::mem::take(&mut world.rolls.ghosts) {
        let Ghost { device, channel, epoch, handled, .. } = ghost;
        if world.rolls.is_in(channel, device) {
            continue;
        }
        let mut all = world.rolls.epochs.range((channel, 0)..=(channel, u64::MAX)).rev();
        let since = all.find(|(_, roll)| roll.members.contains(&device)).map(|((_, last), _)| last + 1);
        let since = since.unwrap_or(epoch + 1);
        let posts = world.rolls.posts.get(&channel).map(Vec::as_slice).unwrap_or_default();
        let posts = posts.iter().filter(|(_, post)| post.epoch >= since && world.rolls.was_accepted(post.id));
        let posts: Vec<_> = posts.map(|(_, post)| post.clone()).collect();
        let (Some(inbox), false) = (world.devices[device].inbox, posts.is_empty()) else { continue };
        let Some(keys) = world.plant.keys_of(inbox) else { continue };
        let texts: BTreeSet<_> = world
            .ledger
            .told
            .iter()
            .filter(|told| told.posts.iter().all(|(id, _)| posts.iter().any(|post| post.id == *id)))
            .filter(|told| !told.posts.is_empty())
            .map(|told| told.text.clone())
            .collect();
        let (path, owner) = Plant::files_of_ghost(world, (ghost.path, device), channel)?;
        let mut client = open(&path, owner, world.rng.seed())?;
        while client.poll_output().is_some() {}
        let sealer = EntrySealer::new(&[7; 32], inbox, &keys.seal_key);
        for (seq, post) in (handled + 1..).zip(posts) {
            let Post { channel, id, body, .. } = post;
            let entry = Entry::Post { channel, seq, epoch, id, body };
            let frame =
                encode(&RelayFrame::Entries(Entries { first: seq, sealed: vec![sealer.seal(seq, &entry)] }));
            // Whatever it says to that: what it holds afterwards counts.
            let _ = client.handle(Timestamp(world.now), Input::Frame(Line::Owner, frame));
            while client.poll_output().is_some() {}
        }
        for summary in client.conversations()? {
            for row in client.messages(summary.conversation.id, None, 10_000)? {
                if texts.contains(original(&row.text)) {
                    let what = format!("device {device} reads \"{}\", posted after it was removed", row.text);
                    found.push(violation("MLS-3", what));
                }
            }
        }
    }
    Ok(found)
}
