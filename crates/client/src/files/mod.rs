//! Files: sealed from the disk, brought to relays, fetched, opened and saved, a few at a time.
//!
//! Sealed bytes wait in the profile's `outgoing` folder until they are at the relay; their keys are in the database. What is
//! fetched is verified before it is written, stands beside its place as `NAME.kuvert-part` until it is complete, and is
//! then an ordinary file of the user: nothing that was fetched is kept inside the profile. Memory does not grow with the
//! size of a file: at most one slice of each transfer is held.

mod download;
mod names;
mod seal;
mod upload;
mod web;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use kuvert_core::{AttachmentId, BlobFailure, BlobOutcome, BlobTask, Deletion};
use tokio::sync::{Semaphore, mpsc};

use crate::backoff::Backoff;
use crate::limits;
use crate::line::Happening;

pub use names::free_path;
pub(crate) use seal::seal_all;
pub use seal::{SealError, Sealing};

/// All transfers of a session.
pub(crate) struct Files {
    agent: ureq::Agent,
    /// Where sealed bytes wait.
    folder: PathBuf,
    slots: Arc<Semaphore>,
    running: BTreeMap<AttachmentId, Stop>,
}

/// Tells a transfer to end as soon as it can.
#[derive(Clone, Default)]
pub(crate) struct Stop(Arc<Wanted>);

#[derive(Default)]
struct Wanted {
    is_over: AtomicBool,
    is_unwanted: AtomicBool,
}

impl Stop {
    /// Ends it for now: what there is of it stays.
    fn rest(&self) {
        self.0.is_over.store(true, Ordering::Relaxed);
    }

    /// Ends it for good: what there is of it goes.
    fn stop(&self) {
        self.0.is_unwanted.store(true, Ordering::Relaxed);
        self.rest();
    }

    fn is_stopped(&self) -> bool {
        self.0.is_over.load(Ordering::Relaxed)
    }

    fn is_unwanted(&self) -> bool {
        self.0.is_unwanted.load(Ordering::Relaxed)
    }
}

/// Why a transfer ended before its end.
enum Ended {
    /// It was told to.
    Stopped,
    /// It will not get there.
    Failed(BlobFailure),
}

impl From<BlobFailure> for Ended {
    fn from(failure: BlobFailure) -> Self {
        Self::Failed(failure)
    }
}

impl From<io::Error> for Ended {
    /// Of files on this device; the network's errors are tried again.
    fn from(error: io::Error) -> Self {
        Self::Failed(match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => BlobFailure::NoSpace,
            _ => BlobFailure::LocalFile,
        })
    }
}

impl Files {
    /// `folder` is where sealed bytes wait; what is there and not in `needed` goes.
    pub(crate) fn new(folder: PathBuf, needed: &[String]) -> Self {
        // A file that cannot be deleted now will be the next time.
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            if !needed.iter().any(|name| entry.file_name() == name.as_str()) {
                let _ = fs::remove_file(entry.path());
            }
        }
        let slots = Arc::new(Semaphore::new(limits::MAX_TRANSFERS));
        Self { agent: web::agent(), folder, slots, running: BTreeMap::new() }
    }

    /// Where sealed bytes wait.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Does what the engine asks for, and reports to `happenings`.
    pub(crate) fn carry_out(&mut self, task: BlobTask, happenings: &mpsc::Sender<Happening>) {
        match task {
            BlobTask::Upload(upload) => {
                let (agent, path) = (self.agent.clone(), self.folder.join(&upload.file));
                self.spawn(upload.attachment, happenings, move |way| {
                    upload::run(&agent, &upload, &path, way)
                });
            }
            BlobTask::Download(download) => {
                let agent = self.agent.clone();
                self.spawn(download.attachment, happenings, move |way| download::run(&agent, &download, way));
            }
            BlobTask::Delete(deletion) => self.delete(deletion, happenings.clone()),
            // What is gone already is as it should be; what cannot be deleted goes with the next start.
            BlobTask::Discard(file) => drop(fs::remove_file(self.folder.join(file))),
            BlobTask::Stop(attachment) => {
                if let Some(stop) = self.running.remove(&attachment) {
                    stop.stop();
                }
            }
        }
    }

    /// Takes note of a transfer that ended.
    pub(crate) fn ended(&mut self, outcome: &BlobOutcome) {
        if let BlobOutcome::Done(attachment) | BlobOutcome::Failed(attachment, _) = outcome {
            self.running.remove(attachment);
        }
    }

    /// Ends all transfers.
    pub(crate) fn rest(&mut self) {
        for stop in std::mem::take(&mut self.running).into_values() {
            stop.rest();
        }
    }

    fn spawn(
        &mut self,
        attachment: AttachmentId,
        happenings: &mpsc::Sender<Happening>,
        work: impl FnOnce(&mut Way) -> Result<(), Ended> + Send + 'static,
    ) {
        let stop = Stop::default();
        if let Some(before) = self.running.insert(attachment, stop.clone()) {
            before.rest();
        }
        let (slots, happenings) = (Arc::clone(&self.slots), happenings.clone());
        tokio::spawn(async move {
            let _slot = slots.acquire().await;
            let mut way = Way {
                attachment,
                stop,
                happenings: happenings.clone(),
                said: None,
                furthest: None,
                backoff: Backoff::new(),
            };
            let done = tokio::task::spawn_blocking(move || work(&mut way)).await;
            let outcome = match done.unwrap_or(Err(Ended::Failed(BlobFailure::LocalFile))) {
                Ok(()) => BlobOutcome::Done(attachment),
                Err(Ended::Failed(failure)) => BlobOutcome::Failed(attachment, failure),
                Err(Ended::Stopped) => return,
            };
            // Nobody waits for it when the session is gone; then it goes on with the next one.
            let _ = happenings.send(Happening::Blob(outcome)).await;
        });
    }

    fn delete(&self, deletion: Deletion, happenings: mpsc::Sender<Happening>) {
        let (agent, slots) = (self.agent.clone(), Arc::clone(&self.slots));
        tokio::spawn(async move {
            let _slot = slots.acquire().await;
            let url = deletion.url.clone();
            let deleted = tokio::task::spawn_blocking(move || web::delete(&agent, &deletion)).await;
            let outcome = match deleted {
                Ok(true) => BlobOutcome::Deleted { url },
                _ => BlobOutcome::NotDeleted { url },
            };
            let _ = happenings.send(Happening::Blob(outcome)).await;
        });
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        self.rest();
    }
}

/// How one transfer gets on: what it says, when it rests, and whether it has to end.
pub(crate) struct Way {
    attachment: AttachmentId,
    stop: Stop,
    happenings: mpsc::Sender<Happening>,
    said: Option<Instant>,
    furthest: Option<u64>,
    backoff: Backoff,
}

impl Way {
    /// Whether nobody wants it any more, ever.
    fn is_unwanted(&self) -> bool {
        self.stop.is_unwanted()
    }

    /// Says how far it is, now and then. Also ends what has to end.
    fn moved(&mut self, done: u64, of: u64) -> Result<(), Ended> {
        if self.furthest.is_none_or(|furthest| done > furthest) {
            self.furthest = Some(done);
            self.backoff = Backoff::new();
        }
        if self.said.is_none_or(|said| said.elapsed() >= limits::SAY_EVERY) {
            self.said = Some(Instant::now());
            let attachment = self.attachment;
            // Who has no time to hear it hears the next one.
            let _ = self.happenings.try_send(Happening::Blob(BlobOutcome::Moved { attachment, done, of }));
        }
        if self.stop.is_stopped() { Err(Ended::Stopped) } else { Ok(()) }
    }

    /// Rests before the relay is tried again.
    fn rest(&mut self) -> Result<(), Ended> {
        /// So soon after it was told to, a transfer ends.
        const LOOK_EVERY: Duration = Duration::from_millis(100);
        let mut chance = [0];
        let _ = getrandom::fill(&mut chance);
        let until = Instant::now() + self.backoff.pause(Duration::ZERO, chance[0]);
        loop {
            if self.stop.is_stopped() || self.happenings.is_closed() {
                return Err(Ended::Stopped);
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(());
            }
            thread::sleep(left.min(LOOK_EVERY));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sealed_bytes_that_no_message_needs_go_with_the_next_start() {
        let dir = tempfile::tempdir().expect("a folder");
        for name in ["needed", "left by a kill"] {
            fs::write(dir.path().join(name), b"sealed").expect("written");
        }
        let files = Files::new(dir.path().to_owned(), &["needed".to_owned()]);
        let left: Vec<_> = fs::read_dir(files.folder()).expect("a folder").flatten().collect();
        assert_eq!(left.iter().map(fs::DirEntry::file_name).collect::<Vec<_>>(), ["needed"]);
        assert!(Files::new(dir.path().join("missing"), &[]).running.is_empty());
    }
}
