//! Files: sealed from what the user picked, brought to the relay, fetched, kept sealed, and opened for the page.
//!
//! Sealed bytes lie in the [`Vault`]; their keys are in the database. What is on its way goes on after a reload, since the
//! engine asks again for what it has written down, and the vault and the relay say how far it is. Memory does not grow with
//! the size of a file: at most one slice of each transfer is held, and only what is shown is opened as a whole.

mod carry;
mod open;
mod pictures;
mod seal;
mod vault;
mod way;

use std::cell::Cell;
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use kuvert_app::{FilesWish, KeptFile};
use kuvert_core::{AttachmentId, BlobOutcome, BlobTask, Download, Ticket, Upload};
use kuvert_view::{FileId, NotTaken, UiCommand, ViewUpdate};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::{Blob, FileSystemFileHandle};

use crate::{driver, fetch, post};
pub(crate) use pictures::{Pictures, is_fetched};
pub(crate) use seal::NotSealed;
use seal::Picked;
pub(crate) use vault::Vault;
use way::{Ended, Stop, Way};

/// Files that are moved at the same time; others wait.
const MAX_TRANSFERS: usize = 3;

/// All files of a profile that are on their way, and where they lie.
pub(crate) struct Files {
    vault: Vault,
    running: BTreeMap<AttachmentId, Running>,
    waiting: VecDeque<Job>,
    /// Wishes whose files are being sealed.
    sealing: BTreeMap<u64, Rc<Cell<bool>>>,
    hurry: Rc<Cell<u32>>,
    /// Files of others that are gone, so that their bytes can go.
    pub(crate) is_untidy: bool,
    pub(crate) pictures: Pictures,
}

/// A transfer on its way.
struct Running {
    stop: Rc<Stop>,
    /// The sealed bytes that go out.
    sends: Option<String>,
}

/// A transfer that waits for its turn.
enum Job {
    Upload(Upload),
    Download(Download),
}

impl Job {
    fn attachment(&self) -> AttachmentId {
        match self {
            Self::Upload(upload) => upload.attachment,
            Self::Download(download) => download.attachment,
        }
    }

    fn file(&self) -> &str {
        match self {
            Self::Upload(upload) => &upload.file,
            Self::Download(download) => &download.to,
        }
    }
}

impl Files {
    pub(crate) fn new(vault: Vault) -> Self {
        let pictures = Pictures::new(vault.is_passing());
        Self {
            vault,
            running: BTreeMap::new(),
            waiting: VecDeque::new(),
            sealing: BTreeMap::new(),
            hurry: Rc::default(),
            is_untidy: true,
            pictures,
        }
    }

    /// Does what the engine asks for; what becomes of it is told to the driver.
    pub(crate) fn carry_out(&mut self, task: BlobTask) {
        match task {
            BlobTask::Upload(upload) => self.start(Job::Upload(upload)),
            BlobTask::Download(download) => self.start(Job::Download(download)),
            BlobTask::Delete(deletion) => {
                spawn_local(async move { driver::blob(fetch::delete(deletion).await) });
            }
            BlobTask::Discard(file) => self.remove(file),
            BlobTask::Stop(attachment) => self.stop(attachment),
        }
    }

    /// Takes note of a transfer that ended, and begins the next.
    pub(crate) fn ended(&mut self, outcome: &BlobOutcome) {
        let (BlobOutcome::Done(attachment) | BlobOutcome::Failed(attachment, _)) = outcome else { return };
        let sends = self.running.remove(attachment).and_then(|running| running.sends);
        if let (BlobOutcome::Done(_), Some(file)) = (outcome, sends) {
            self.pictures.is_sent(&file, *attachment);
        }
        if let Some(job) = self.waiting.pop_front() {
            self.start(job);
        }
    }

    /// The connection is back: what rests goes on.
    pub(crate) fn hurry(&self) {
        self.hurry.set(self.hurry.get().wrapping_add(1));
    }

    /// Ends all transfers for now.
    pub(crate) fn rest(&mut self) {
        self.waiting.clear();
        for running in std::mem::take(&mut self.running).into_values() {
            running.stop.rest();
        }
    }

    fn start(&mut self, job: Job) {
        if self.running.len() >= MAX_TRANSFERS && !self.running.contains_key(&job.attachment()) {
            self.waiting.push_back(job);
            return;
        }
        let (vault, attachment, stop) = (self.vault.clone(), job.attachment(), Rc::new(Stop::default()));
        let sends = matches!(job, Job::Upload(_)).then(|| job.file().to_owned());
        if let Some(before) = self.running.insert(attachment, Running { stop: Rc::clone(&stop), sends }) {
            before.stop.rest();
        }
        let mut way = Way::new(attachment, Rc::clone(&stop), Rc::clone(&self.hurry));
        spawn_local(async move {
            let done = match &job {
                Job::Upload(upload) => carry::upload(&vault, upload, &mut way).await,
                Job::Download(download) => carry::download(&vault, download, &mut way).await,
            };
            match done {
                _ if stop.is_unwanted() => vault.remove(job.file()).await,
                _ if stop.is_over() => {}
                Ok(()) => driver::blob(BlobOutcome::Done(attachment)),
                Err(Ended::Failed(failure)) => driver::blob(BlobOutcome::Failed(attachment, failure)),
                Err(Ended::Stopped) => {}
            }
        });
    }

    fn stop(&mut self, attachment: AttachmentId) {
        if let Some(running) = self.running.remove(&attachment) {
            running.stop.stop();
        }
        while let Some(at) = self.waiting.iter().position(|job| job.attachment() == attachment) {
            if let Some(job) = self.waiting.remove(at) {
                self.remove(job.file().to_owned());
            }
        }
        if self.running.len() < MAX_TRANSFERS
            && let Some(job) = self.waiting.pop_front()
        {
            self.start(job);
        }
    }

    /// Removes sealed bytes.
    pub(crate) fn remove(&self, file: String) {
        let vault = self.vault.clone();
        spawn_local(async move { vault.remove(&file).await });
    }

    /// Seals what the user picked; then it is sent, or the page hears why not.
    pub(crate) fn send(&mut self, page: [u8; 16], wish: UiCommand, picked: Vec<JsValue>) {
        let UiCommand::SendFiles { ticket, conversation, text, names, reply_to, expires_after, form } = wish
        else {
            return;
        };
        let blobs: Vec<Blob> = picked.into_iter().filter_map(|one| one.dyn_into().ok()).collect();
        if blobs.is_empty() || blobs.len() != names.len() || blobs.len() > kuvert_core::file::MAX_FILES {
            let why = NotTaken::Refused(kuvert_view::Failure::FilesInvalid);
            post(&ViewUpdate::FilesNotTaken { ticket, position: None, why });
            return;
        }
        let picked: Vec<_> = names.into_iter().zip(blobs).map(|(name, blob)| Picked { name, blob }).collect();
        let stopped = Rc::new(Cell::new(false));
        self.sealing.insert(ticket, Rc::clone(&stopped));
        let vault = self.vault.clone();
        spawn_local(async move {
            let say = move |done, of| post(&ViewUpdate::FilesSealing { ticket, done, of });
            let sealed = seal::seal_all(&vault, &picked, &stopped, &say).await;
            driver::sealed(
                ticket,
                once(page, ticket),
                sealed.map(|files| FilesWish { conversation, text, files, reply_to, expires_after, form }),
            );
        });
    }

    /// Ends the sealing of a wish's files.
    pub(crate) fn cancel_sending(&self, ticket: u64) {
        if let Some(stopped) = self.sealing.get(&ticket) {
            stopped.set(true);
        }
    }

    /// The files of a wish are sealed, or will not be.
    pub(crate) fn no_longer_sealing(&mut self, ticket: u64) {
        self.sealing.remove(&ticket);
    }

    /// Gives an opened file to the page.
    pub(crate) fn show(&self, file: FileId, kept: KeptFile) {
        spawn_local(open::show(self.vault.clone(), file, kept));
    }

    /// Writes an opened file to where the user wants it.
    pub(crate) fn save(&self, file: FileId, kept: KeptFile, to: FileSystemFileHandle) {
        spawn_local(open::save(self.vault.clone(), file, kept, to));
    }

    /// Where all files lie, if nothing is being sealed, whose bytes no message names yet.
    pub(crate) fn begin_tidying(&mut self) -> Option<Vault> {
        self.sealing.is_empty().then(|| {
            self.is_untidy = false;
            self.vault.clone()
        })
    }

    /// Removes, of the files that there were, those that nothing needs.
    pub(crate) fn tidy(&mut self, there: Vec<String>, kept: &[String]) {
        if !self.sealing.is_empty() {
            self.is_untidy = true;
            return;
        }
        there.into_iter().filter(|name| !kept.contains(name)).for_each(|name| self.remove(name));
    }
}

/// Names a wish of a page among all commands, so that it is carried out once, whenever its files are sealed. Under the page's
/// own name it would be taken for one that was carried out long ago.
fn once(page: [u8; 16], ticket: u64) -> Ticket {
    let mut asker = page;
    asker.iter_mut().zip(ticket.to_be_bytes()).for_each(|(byte, of)| *byte ^= of);
    Ticket { asker, number: 1 }
}

/// What the page is told of files that were not sealed.
pub(crate) fn not_sealed(ticket: u64, not_sealed: &NotSealed) -> ViewUpdate {
    let position = not_sealed.position.and_then(|position| u32::try_from(position).ok());
    ViewUpdate::FilesNotTaken { ticket, position, why: not_sealed.why }
}

/// A name that no file has.
pub(crate) fn fresh_name() -> Option<String> {
    let mut random = [0; 16];
    getrandom::fill(&mut random).ok()?;
    Some(random.iter().map(|byte| format!("{byte:02x}")).collect())
}
