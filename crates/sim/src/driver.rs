//! What a driver does with files: brings sealed bytes to a relay, fetches them, deletes them there, after as many tries as it
//! takes. Bytes and their sealing are left out; which blobs are at which relay is kept by URL, and outlives crashes.

use std::collections::BTreeMap;

use kuvert_core::{BlobFailure, BlobOutcome, BlobTask, Input};

use crate::device::DeviceId;
use crate::network::Happening;
use crate::run::SimError;
use crate::world::World;

/// Blobs at relays: bytes by URL.
pub(crate) type Blobs = BTreeMap<String, u64>;

impl World {
    /// A device's driver begins with a task, or tries it again.
    pub(crate) fn plan_blob(&mut self, device: DeviceId, task: BlobTask, after: i64) {
        let start = self.devices[device].starts;
        let at = self.now + after + self.delay();
        self.network.plan(at, Happening::Blob { device, start, task: Box::new(task) });
    }

    /// A driver's try reaches a relay, or does not.
    ///
    /// # Errors
    /// [`SimError`] if the machine, not the world, fails.
    pub(crate) fn move_blob(&mut self, id: DeviceId, start: u32, task: BlobTask) -> Result<(), SimError> {
        if self.devices[id].starts != start || self.devices[id].client.is_none() {
            return Ok(());
        }
        let url = match &task {
            BlobTask::Upload(upload) => upload.url.clone(),
            BlobTask::Download(download) => download.url.clone(),
            BlobTask::Delete(deletion) => deletion.url.clone(),
            // Nothing is kept on the device, and what comes too late is told so by the engine.
            BlobTask::Discard(_) | BlobTask::Stop(_) => return Ok(()),
        };
        let relay = self.relays.iter().find(|relay| url.starts_with(&relay.origin));
        let is_there = relay.is_some_and(|relay| relay.model.is_some()) && self.devices[id].online;
        let is_lost = !self.calm && self.rng.chance(100);
        let outcome = match &task {
            BlobTask::Delete(_) if is_there => {
                self.blobs.remove(&url);
                if is_lost { BlobOutcome::NotDeleted { url } } else { BlobOutcome::Deleted { url } }
            }
            BlobTask::Delete(_) => BlobOutcome::NotDeleted { url },
            _ if !is_there => {
                let after = if self.calm { 500 } else { self.rng.between(500, 8_000) };
                self.plan_blob(id, task, after);
                return Ok(());
            }
            BlobTask::Upload(upload) if !self.calm && self.rng.chance(30) => {
                BlobOutcome::Failed(upload.attachment, BlobFailure::NotAdmitted)
            }
            BlobTask::Upload(upload) => {
                self.blobs.insert(url, upload.size);
                if is_lost {
                    // The next try finds that all of it is there.
                    self.plan_blob(id, task, 1_000);
                    return Ok(());
                }
                BlobOutcome::Done(upload.attachment)
            }
            BlobTask::Download(download) if self.blobs.contains_key(&url) => {
                BlobOutcome::Done(download.attachment)
            }
            BlobTask::Download(download) => BlobOutcome::Failed(download.attachment, BlobFailure::Gone),
            BlobTask::Discard(_) | BlobTask::Stop(_) => return Ok(()),
        };
        self.input(id, Input::Blob(outcome))?;
        Ok(())
    }
}
