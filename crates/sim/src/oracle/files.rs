//! Files that are shown can be fetched, and nothing is on its way once the world is calm.

use kuvert_core::{AttachmentState, SenderKind};

use super::violation;
use crate::run::SimError;
use crate::world::{Violation, World};

/// Looks at every file on every device.
///
/// # Errors
/// [`SimError`] if an engine cannot be asked.
pub(super) fn settled(world: &mut World) -> Result<Vec<Violation>, SimError> {
    let mut found = Vec::new();
    for id in 0..world.devices.len() {
        for (row, file) in crate::workload::files_of(world, id)? {
            let what = |what: &str| {
                format!("a file of \"{}\" at device {id} is {:?}, and {what}", row.text, file.state)
            };
            if matches!(file.state, AttachmentState::Uploading | AttachmentState::Downloading) {
                found.push(violation("settles", what("still moves")));
            }
            let is_deleted = world.ledger.deleted.contains(crate::ledger::original(&row.text));
            let should_be_there =
                row.sender == SenderKind::Contact || file.state == AttachmentState::Uploaded;
            if should_be_there && !is_deleted && !world.blobs.contains_key(&file.url) {
                found.push(violation("nothing is lost", what("its relay does not have it")));
            }
        }
    }
    Ok(found)
}
