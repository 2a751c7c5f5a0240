//! Files: sent, fetched, taken back before they are there.

use kuvert_core::file::FileKey;
use kuvert_core::{
    AttachmentRow, AttachmentState, Command, ContactState, ConversationId, MessageRow, MessageState, NewFile,
    Refusal, SenderKind,
};

use super::Act;
use crate::device::DeviceId;
use crate::ledger::original;
use crate::run::SimError;
use crate::world::World;

/// See the [module](super).
pub(super) const ACTS: &[(usize, Act)] = &[(24, send), (16, fetch), (4, take_back)];

fn open(world: &mut World, id: DeviceId) -> Result<Vec<(ConversationId, DeviceId)>, SimError> {
    let Some(client) = &mut world.devices[id].client else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    for summary in client.conversations()? {
        let Some(contact) = summary.contact() else { continue };
        if contact.state == ContactState::Accepted && !contact.blocked {
            found.push((summary.conversation.id, contact.identity));
        }
    }
    found.sort();
    let device = |(conversation, identity)| Some((conversation, world.device_of(identity)?));
    Ok(found.into_iter().filter_map(device).collect())
}

fn send(world: &mut World, id: DeviceId) -> Result<bool, SimError> {
    let open = open(world, id)?;
    let Some((conversation, to)) = world.rng.pick(&open).copied() else { return Ok(false) };
    let text = world.ledger.text(id);
    let count = world.rng.between(1, 2);
    let file = |number: i64, world: &mut World| {
        let mut key = [0; 39];
        key[..32].copy_from_slice(&world.rng.seed());
        NewFile {
            file: format!("{text}-{number}"),
            name: "strand.jpg".into(),
            media_type: "image/jpeg".into(),
            size: 100_000,
            key: FileKey::new(key),
            hash: world.rng.seed(),
            preview: None,
        }
    };
    let files = (0..count).map(|number| file(number, world)).collect();
    let send =
        Command::SendFiles { conversation, text: text.clone(), files, reply_to: None, expires_after: None };
    match world.command(id, send)? {
        None if world.violations.is_empty() => world.ledger.take(id, to, text.clone()),
        None => {}
        Some(refusal) => {
            world.violation("no unexpected error", format!("device {id} may not send a file: {refusal}"));
        }
    }
    // Its place among the others is that of the moment when its files are at the relay.
    for sent in world.ledger.sent.iter_mut().filter(|sent| sent.text == text) {
        sent.retried = true;
    }
    Ok(true)
}

/// The files of a device, with the messages that they belong to.
pub(crate) fn all(world: &mut World, id: DeviceId) -> Result<Vec<(MessageRow, AttachmentRow)>, SimError> {
    let Some(client) = &mut world.devices[id].client else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    for summary in client.conversations()? {
        for row in client.messages(summary.conversation.id, None, 10_000)? {
            let files = client.attachments(row.id)?;
            found.extend(files.into_iter().map(|file| (row.clone(), file)));
        }
    }
    found.sort_by_key(|(_, file)| file.id);
    Ok(found)
}

fn fetch(world: &mut World, id: DeviceId) -> Result<bool, SimError> {
    let mut files = all(world, id)?;
    files.retain(|(_, file)| file.state == AttachmentState::Offered);
    let Some(attachment) = world.rng.pick(&files).map(|(_, file)| file.id) else { return Ok(false) };
    world.command(id, Command::Download { attachment, to: "here".into() })?;
    Ok(true)
}

fn take_back(world: &mut World, id: DeviceId) -> Result<bool, SimError> {
    let mut files = all(world, id)?;
    files.retain(|(row, file)| {
        let waits = matches!(file.state, AttachmentState::Uploading | AttachmentState::NotUploaded);
        let is_own = row.sender == SenderKind::Own;
        is_own && waits && matches!(row.state, MessageState::Queued | MessageState::Failed)
    });
    let Some(row) = world.rng.pick(&files).map(|(row, _)| row.clone()) else { return Ok(false) };
    match world.command(id, Command::CancelFiles { message: row.id })? {
        None => {
            world.ledger.deleted.insert(original(&row.text).to_owned());
        }
        Some(Refusal::TooLate) => {}
        Some(refusal) => {
            world
                .violation("no unexpected error", format!("device {id} may not take a file back: {refusal}"));
        }
    }
    Ok(true)
}
