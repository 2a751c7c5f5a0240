//! What must hold: frame by frame ([`Watch`]), event by event ([`unexpected`]), and once the world is calm ([`settled`]).

mod changes;
mod files;
mod groups;
mod settled;
mod settled_groups;
mod wire;

pub(crate) use groups::{Rolls, keep_ghost, look_at_groups, note_post};
pub(crate) use settled::settled;
use wire::MAX_GAP;
pub(crate) use wire::{Watch, sketch, sketch_relay};

use kuvert_core::{Event, Input, Line};
use kuvert_wire::{RelayFrame, decode, limits};

use crate::device::{Device, DeviceId};
use crate::world::{Violation, World};

/// What an engine must not have to say.
pub(crate) fn unexpected(world: &World, id: DeviceId, event: &Event) -> Option<Violation> {
    let violation = |rule, what| Some(Violation { rule, what });
    match event {
        Event::Gap { lost } if *lost > 0 && world.entries_lost() == 0 => {
            violation("RELAY-2", format!("device {id} missed {lost} entries, and the relay lost none"))
        }
        Event::Dropped(what) if !may_drop(world, what) => {
            violation("nothing is dropped", format!("device {id} dropped something: {what}"))
        }
        Event::TakenOver => violation("sessions", format!("device {id} was taken over by nobody")),
        Event::NotAdmitted(why) => violation("sessions", format!("device {id} was not admitted: {why:?}")),
        _ => None,
    }
}

/// RELAY-2: whether a device comes to a gap that it has not passed yet, and has to say so. Notes what it handles.
pub(crate) fn comes_to_a_gap(device: &mut Device, input: &Input) -> bool {
    let Input::Frame(Line::Owner, frame) = input else { return false };
    match decode(frame, limits::MAX_FRAME) {
        Ok(RelayFrame::Owned(owned)) if owned.created => {
            device.handled = 0;
            false
        }
        Ok(RelayFrame::Entries(entries)) => {
            let is_new = entries.first > device.handled;
            let last = (entries.first + entries.sealed.len() as u64).saturating_sub(1);
            device.handled = device.handled.max(last);
            is_new && entries.sealed.first().is_some_and(|entry| entry.bytes.len() <= MAX_GAP)
        }
        _ => false,
    }
}

fn violation(rule: &'static str, what: String) -> Violation {
    Violation { rule, what }
}

/// A device that lost entries at its relay, and said so: it may miss what was in them, also a welcome.
fn has_lost(world: &World, id: DeviceId) -> bool {
    let told = |event: &Event| match event {
        // Whether anything waited there, nobody told the device.
        Event::Gap { lost: 0 } => world.entries_lost() > 0,
        Event::Gap { .. } => true,
        _ => false,
    };
    world.devices[id].events.iter().any(told)
}

/// What a device may have to drop though nobody did anything wrong.
fn may_drop(world: &World, what: &str) -> bool {
    // A relay remembers requests for a day: what is repeated later, by a device or by another relay, comes twice.
    let is_late = matches!(
        what,
        "a message or commit does not hold"
            | "a post of an epoch that is over"
            | "a post to an unknown channel"
            | "a commit to an unknown channel"
    );
    let repeated_late = world.jumped > 0 && is_late;
    // Where entries were lost, what follows them may hang in the air.
    // Another relay takes a post whose welcome it refused, because the link was taken back meanwhile.
    let unwelcome = world.relays.len() > 1
        && what == "a post to an unknown channel"
        && world.ledger.links.iter().any(|link| link.revoked);
    // What comes between the wish to let somebody in again and the commit for it is lost.
    let blocked = !world.ledger.blocked.is_empty()
        && matches!(
            what,
            "a message of somebody who is blocked"
                | "a message or commit does not hold"
                | "a post of an epoch that is over"
        );
    unwelcome || blocked || repeated_late || world.entries_lost() > 0
}
