//! What must hold once nothing goes wrong any more and nothing is under way.

use std::collections::{BTreeMap, BTreeSet};

use kuvert_core::{ContactState, MessageKind, MessageRow, MessageState, SenderKind};

use super::violation;
use crate::device::DeviceId;
use crate::ledger::{Sent, number, original};
use crate::run::SimError;
use crate::world::{Violation, World};

/// Messages by who holds them and with whom they were exchanged.
type Held = BTreeMap<(DeviceId, DeviceId), Vec<MessageRow>>;
/// Who asked whom and was not accepted.
type Asked = BTreeSet<(DeviceId, DeviceId)>;

/// Looks at every device and at the relay.
///
/// # Errors
/// [`SimError`] if the machine, not the world, fails.
pub(crate) fn settled(world: &mut World) -> Result<Vec<Violation>, SimError> {
    let mut found = Vec::new();
    for id in 0..world.devices.len() {
        found.extend(nothing_waits(world, id)?);
    }
    let (held, asked) = held(world)?;
    for sent in world.ledger.sent.iter().filter(|sent| !world.ledger.deleted.contains(&sent.text)) {
        if world.ledger.were_apart(sent.from, sent.to) {
            found.extend(kept_out(world, &held, sent));
            continue;
        }
        let own = held.get(&(sent.from, sent.to)).map(Vec::as_slice).unwrap_or_default();
        let theirs = held.get(&(sent.to, sent.from)).map(Vec::as_slice).unwrap_or_default();
        let mine: Vec<_> = own.iter().filter(|row| original(&row.text) == sent.text).collect();
        let came = theirs.iter().filter(|row| original(&row.text) == sent.text).count();
        let excused = world.entries_lost() > 0;
        let state = mine.first().map(|row| row.state);
        let what = |what: &str| format!("\"{}\" for device {} {what}, and is {state:?}", sent.text, sent.to);
        match (mine.len(), state, came) {
            (1, Some(MessageState::Failed), 0) if world.ledger.has_revoked(sent.to) => {}
            // A request is one message: what failed and was followed by another waits to be tried again once that is accepted.
            (1, Some(MessageState::Failed), 0) if asked.contains(&(sent.from, sent.to)) && went_out(own) => {}
            (1, Some(MessageState::Sent), 0) if may_be_refused_elsewhere(world, sent.to) => {}
            (1, Some(MessageState::Sent | MessageState::Delivered | MessageState::Read), 1) => {}
            (1, Some(MessageState::Sent | MessageState::Queued), 0) if excused => {}
            (1, _, 1) => found.push(violation("sent or delivered", what("arrived"))),
            (1, _, 0) => found.push(violation("nothing is lost", what("did not arrive"))),
            (1, _, n) => found.push(violation("nothing is doubled", what(&format!("arrived {n} times")))),
            (n, ..) => found.push(violation("what was taken is there", what(&format!("is held {n} times")))),
        }
    }
    found.extend(in_order(world, &held));
    found.extend(delivered(world, &held));
    for (id, relay) in world.relays.iter().enumerate() {
        if relay.model.as_ref().is_none_or(|model| !model.parcels().is_empty()) {
            found.push(violation("settles", format!("something waits at relay {id} for another")));
        }
    }
    if world.features.groups {
        found.extend(super::settled_groups::settled(world)?);
    }
    if world.features.files {
        found.extend(super::files::settled(world)?);
    }
    if world.features.changes {
        found.extend(super::changes::settled(world)?);
    }
    Ok(found)
}

/// Whether another relay may have refused a welcome, so that nobody can say so.
fn may_be_refused_elsewhere(world: &World, to: DeviceId) -> bool {
    world.relays.len() > 1 && world.ledger.has_revoked(to)
}

fn went_out(own: &[MessageRow]) -> bool {
    own.iter().any(|row| row.sender == SenderKind::Own && row.state != MessageState::Failed)
}

fn nothing_waits(world: &mut World, id: DeviceId) -> Result<Vec<Violation>, SimError> {
    let mut found = Vec::new();
    // Of a group with somebody who is blocked nothing comes back any more, neither own commits.
    let blocks = world.ledger.blocked.iter().any(|((by, _), since)| *by == id && since.is_some());
    let excused = world.entries_lost() > 0 || blocks;
    let device = &mut world.devices[id];
    let Some(client) = &mut device.client else {
        return Ok(vec![violation("settles", format!("device {id} does not run"))]);
    };
    let waiting = client.waiting()?;
    if waiting > 0 && !excused {
        found.push(violation("settles", format!("{waiting} requests of device {id} still wait")));
    }
    if let (Some(relay), Some(inbox)) = (&world.relays[device.home].model, device.inbox) {
        match relay.waiting(inbox) {
            Some(0) => {}
            Some(n) => {
                found.push(violation("delivered is deleted", format!("{n} entries wait for device {id}")))
            }
            None => found.push(violation("settles", format!("device {id} has no inbox"))),
        }
    }
    Ok(found)
}

fn held(world: &mut World) -> Result<(Held, Asked), SimError> {
    let (mut held, mut asked) = (Held::new(), Asked::new());
    for id in 0..world.devices.len() {
        let mut rows = Vec::new();
        if let Some(client) = &mut world.devices[id].client {
            for summary in client.conversations()? {
                let Some(contact) = summary.contact() else { continue };
                let mut messages = client.messages(summary.conversation.id, None, 10_000)?;
                messages.retain(|row| row.sender != SenderKind::System);
                rows.push((contact.identity, contact.state, messages));
            }
        }
        for (identity, state, messages) in rows {
            if let Some(with) = world.device_of(identity) {
                if state == ContactState::Requested {
                    asked.insert((id, with));
                }
                held.entry((id, with)).or_default().extend(messages);
            }
        }
    }
    Ok((held, asked))
}

/// What somebody wrote who is blocked is not shown to who blocked them.
fn kept_out(world: &World, held: &Held, sent: &Sent) -> Option<Violation> {
    let since = (*world.ledger.blocked.get(&(sent.to, sent.from))?)?;
    let theirs = held.get(&(sent.to, sent.from)).map(Vec::as_slice).unwrap_or_default();
    let is_shown = theirs.iter().any(|row| original(&row.text) == sent.text);
    let what =
        || format!("device {} shows \"{}\" of device {}, which it blocked", sent.to, sent.text, sent.from);
    (is_shown && number(&sent.text) > since).then(|| violation("blocked is blocked", what()))
}

/// Whether two people at different relays may have asked each other: what is on its way in the channel of one comes behind what is
/// written in the other's.
fn have_two_channels(world: &World, one: DeviceId, other: DeviceId) -> bool {
    let asked = |from, to| world.ledger.asked.contains(&(from, to));
    world.devices[one].home != world.devices[other].home && asked(one, other) && asked(other, one)
}

/// What one person wrote comes in the order in which it was written.
fn in_order(world: &World, held: &Held) -> Vec<Violation> {
    let mut found = Vec::new();
    for ((from, to), own) in held {
        if world.ledger.were_apart(*from, *to) || have_two_channels(world, *from, *to) {
            continue;
        }
        let theirs = held.get(&(*to, *from)).map(Vec::as_slice).unwrap_or_default();
        let retried =
            |text: &str| world.ledger.sent.iter().any(|sent| sent.retried && sent.text == original(text));
        let place = |text: &str| theirs.iter().position(|row| original(&row.text) == original(text));
        let places: Vec<_> = own
            .iter()
            .filter(|row| row.sender == SenderKind::Own && !row.text.is_empty() && !retried(&row.text))
            .filter_map(|row| place(&row.text))
            .collect();
        if !places.is_sorted() {
            let what = format!("what device {from} wrote came to device {to} in the order {places:?}");
            found.push(violation("in order", what));
        }
    }
    found
}

/// Who was accepted learns that what was sent has arrived.
fn delivered(world: &World, held: &Held) -> Vec<Violation> {
    let mut found = Vec::new();
    if world.entries_lost() > 0 {
        return found;
    }
    for ((from, to), own) in held {
        if world.ledger.were_apart(*from, *to) {
            continue;
        }
        let theirs = held.get(&(*to, *from)).map(Vec::as_slice).unwrap_or_default();
        // A request is reported once it is accepted, and who writes accepts.
        if !theirs.iter().any(|row| row.sender == SenderKind::Own && row.state != MessageState::Failed) {
            continue;
        }
        let came = |row: &MessageRow| theirs.iter().any(|their| original(&their.text) == original(&row.text));
        for row in own.iter().filter(|row| row.sender == SenderKind::Own) {
            if may_be_refused_elsewhere(world, *to) && !came(row) {
                continue;
            }
            if row.state == MessageState::Sent && row.kind != MessageKind::Deleted {
                let what = format!("device {from} does not learn that \"{}\" came to device {to}", row.text);
                found.push(violation("sent or delivered", what));
            }
        }
    }
    found
}
