//! Blobs: ciphertext files for attachments, large commits and tree snapshots, uploaded resumably and read in ranges.
//!
//! A blob is a row in the store and a file. The row says how many bytes of the file count: they are written, synced, then
//! counted, then acknowledged (RELAY-1). So at whatever moment the relay is killed, nothing acknowledged is lost, and no
//! blob is served before all of it is on disk. Rows come before their files and go before them; what a crash leaves
//! between the two is swept away.
//!
//! What a blob is, who it is for, and who may announce one beyond holding a token, is for others.

mod files;
mod turns;
mod upload;

#[cfg(test)]
mod tests;

use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use kuvert_wire::{BlobId, BlobSecret, BlobSecretHash, InboxId, Token, limits};
use sha2::{Digest, Sha256};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::spawn_blocking;

use crate::config::{self, Config};
use crate::day::Day;
use crate::disk;
use crate::metrics::{Held, Metrics};
use crate::networks::{Network, Transfer, Transferring};
use crate::service::{Answer, BlobAnswer, BlobOp, CreateBlob, Op};
use crate::session::Phase;
use crate::store::{BlobRow, RelayStore, Table};
use crate::writer::Writer;

pub(crate) use files::settle;

use files::Files;
use turns::Turns;

/// How a blob is called on disk: a hash of its id, so that who takes the disk cannot ask for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct BlobName([u8; 16]);

impl BlobName {
    /// The name of a blob.
    pub(crate) fn of(id: BlobId) -> Self {
        let digest = Sha256::new().chain_update(b"kuvert blob v1").chain_update(id.as_bytes()).finalize();
        let mut name = [0; 16];
        name.copy_from_slice(&digest[..16]);
        Self(name)
    }

    #[cfg(test)]
    pub(crate) fn new(name: [u8; 16]) -> Self {
        Self(name)
    }

    pub(crate) fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    pub(crate) fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }
}

/// A blob as its uploader sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Progress {
    pub(crate) size: u64,
    /// Bytes that the relay holds durably.
    pub(crate) stored: u64,
}

impl Progress {
    pub(crate) fn is_complete(self) -> bool {
        self.stored == self.size
    }

    fn of(row: &BlobRow) -> Self {
        Self { size: row.size, stored: row.stored }
    }
}

/// Who announces a blob, and which.
pub(crate) struct Announcement {
    pub(crate) inbox: InboxId,
    pub(crate) token: Token,
    pub(crate) size: u64,
    pub(crate) secret: BlobSecretHash,
}

/// Why something was not done. What was uploaded before stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BlobError {
    #[error("there is no such blob")]
    NoSuchBlob,
    #[error("no inbox here gave out this token")]
    BadToken,
    #[error("this is not the blob's secret")]
    BadSecret,
    #[error("there is another blob of this name")]
    Taken,
    #[error("a blob has at least one byte")]
    Empty,
    #[error("a blob here has at most {0} bytes")]
    TooLarge(u64),
    #[error("more bytes than the blob was announced to have")]
    TooLong,
    #[error("the inbox announced enough for today; try again tomorrow")]
    OverAllowance,
    #[error(
        "the relay's quota for blobs is used up; try again when others have expired, or ask the operator"
    )]
    OverQuota,
    #[error("the upload goes on at another offset")]
    WrongOffset(Progress),
    #[error("too many uploads or downloads at this moment; try again soon")]
    Crowded,
    #[error("the relay's disk is full; what came so far is kept, go on later")]
    DiskFull,
    #[error("the upload was too slow; what came so far is kept, go on from there")]
    TooSlow,
    #[error("the upload broke off; what came so far is kept, go on from there")]
    BrokenOff,
    #[error("the relay is busy; what came so far is kept, go on later")]
    Busy,
}

impl From<io::Error> for BlobError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull,
            _ => {
                // LOG-1: the kind names no file.
                tracing::error!(kind = %error.kind(), "a blob's file could not be used");
                Self::Busy
            }
        }
    }
}

/// A part of a complete blob, open for reading.
pub(crate) struct Download {
    pub(crate) file: File,
    /// Counts among the downloads of this moment until it is dropped.
    pub(crate) slot: (Slot, Held),
}

/// A place among the transfers of this moment, and among those of its network.
pub(crate) struct Slot {
    _place: OwnedSemaphorePermit,
    _share: Transferring,
}

/// The relay's blobs.
pub(crate) struct Blobs {
    files: Arc<Files>,
    settings: config::Blobs,
    data: PathBuf,
    /// Free space that is left to envelopes.
    reserve: u64,
    store: Arc<dyn RelayStore>,
    writer: Arc<Writer>,
    pub(crate) metrics: Arc<Metrics>,
    phase: watch::Receiver<Phase>,
    turns: Arc<Turns>,
    uploads: Arc<Semaphore>,
    downloads: Arc<Semaphore>,
    /// Makes writes fail like those to a full disk.
    #[cfg(test)]
    full: std::sync::atomic::AtomicBool,
}

impl Blobs {
    /// Over the files in the data directory. Blocks.
    ///
    /// # Errors
    /// If the directory cannot be made.
    pub(crate) fn open(
        config: &Config,
        store: &Arc<dyn RelayStore>,
        writer: &Arc<Writer>,
        metrics: Arc<Metrics>,
        phase: watch::Receiver<Phase>,
    ) -> io::Result<Arc<Self>> {
        Ok(Arc::new(Self {
            files: Arc::new(Files::open(config.data.join("blobs"))?),
            settings: config.blobs.clone(),
            data: config.data.clone(),
            reserve: config.limits.free_disk.0,
            store: Arc::clone(store),
            writer: Arc::clone(writer),
            metrics,
            phase,
            turns: Arc::default(),
            uploads: Arc::new(Semaphore::new(limits::MAX_UPLOADS)),
            downloads: Arc::new(Semaphore::new(limits::MAX_DOWNLOADS)),
            #[cfg(test)]
            full: std::sync::atomic::AtomicBool::new(false),
        }))
    }

    /// Announces a blob. Announcing it again changes nothing and says how far its upload is.
    pub(crate) async fn create(&self, id: BlobId, announced: Announcement) -> Result<Progress, BlobError> {
        match announced.size {
            0 => return Err(BlobError::Empty),
            size if size > self.settings.max_size.0 => {
                return Err(BlobError::TooLarge(self.settings.max_size.0));
            }
            _ => {}
        }
        let Announcement { inbox, token, size, secret } = announced;
        self.has_room(size).await?;
        let name = BlobName::of(id);
        // Without a turn: who knows no more than the id must not end an upload by announcing it again. An earlier blob
        // of this name may still have a file; who appends waits for who removes it.
        let allowance = limits::MAX_BLOB_BYTES_PER_DAY.max(self.settings.max_size.0);
        let quota = self.settings.total.0;
        let create = CreateBlob { name, inbox, token, size, secret, allowance, quota };
        match self.perform(BlobOp::Create(create)).await? {
            BlobAnswer::Is(row) => Ok(Progress::of(&row)),
            BlobAnswer::Taken => Err(BlobError::Taken),
            BlobAnswer::BadToken => Err(BlobError::BadToken),
            BlobAnswer::OverAllowance => Err(BlobError::OverAllowance),
            BlobAnswer::OverQuota => Err(BlobError::OverQuota),
            BlobAnswer::Gone | BlobAnswer::Removed => Err(BlobError::NoSuchBlob),
        }
    }

    /// How far a blob's upload is.
    pub(crate) async fn progress(&self, id: BlobId) -> Result<Progress, BlobError> {
        Ok(Progress::of(&self.row(BlobName::of(id)).await?))
    }

    /// Opens a complete blob at `from`, which must lie within it.
    pub(crate) async fn read(
        &self,
        id: BlobId,
        from: u64,
        network: &Arc<Network>,
    ) -> Result<Download, BlobError> {
        let slot = slot(&self.downloads, network, Transfer::Download, limits::MAX_DOWNLOADS)?;
        let name = BlobName::of(id);
        let row = self.row(name).await?;
        if !Progress::of(&row).is_complete() {
            return Err(BlobError::NoSuchBlob);
        }
        let files = Arc::clone(&self.files);
        match blocking(move || files.read(name, row.size, from)).await? {
            Some(file) => Ok(Download { file, slot: (slot, self.metrics.blob_downloads.hold()) }),
            None => Err(BlobError::NoSuchBlob),
        }
    }

    /// Deletes a blob and its file. Ends an upload that is under way.
    pub(crate) async fn delete(&self, id: BlobId, secret: &BlobSecret) -> Result<(), BlobError> {
        let name = BlobName::of(id);
        self.row_of_holder(name, secret).await?;
        let _turn = self.turns.take(name).await;
        // Somebody may have deleted it meanwhile.
        self.row_of_holder(name, secret).await?;
        self.perform(BlobOp::Remove(name)).await?;
        self.metrics.blobs_deleted.inc();
        let files = Arc::clone(&self.files);
        blocking(move || files.remove(name)).await
    }

    /// Removes files without a row, and rows whose file does not hold what counts. Rows that are too old go before this.
    pub(crate) async fn sweep(&self) -> Result<(), BlobError> {
        let mut after = Vec::new();
        loop {
            let (store, files) = (Arc::clone(&self.store), Arc::clone(&self.files));
            let from = after.clone();
            let (next, broken) = spawn_blocking(move || {
                let keys = store.keys(Table::Blobs, &from, limits::MAX_SWEEP).ok()?;
                let broken = |key: &Vec<u8>| {
                    let name = BlobName::from_slice(key)?;
                    let row: BlobRow = store.row(Table::Blobs, key).ok()??;
                    (!files.holds(name, row.stored)).then_some(name)
                };
                let broken: Vec<BlobName> = keys.iter().filter_map(broken).collect();
                Some((keys.into_iter().nth(limits::MAX_SWEEP - 1), broken))
            })
            .await
            .ok()
            .flatten()
            .ok_or(BlobError::Busy)?;
            for name in broken {
                self.perform(BlobOp::Remove(name)).await?;
            }
            match next {
                Some(last) => after = last,
                None => break,
            }
        }
        let files = Arc::clone(&self.files);
        for directory in blocking(move || files.directories()).await? {
            let files = Arc::clone(&self.files);
            for name in blocking(move || files.names(&directory)).await? {
                self.sweep_file(name).await?;
            }
        }
        Ok(())
    }

    async fn sweep_file(&self, name: BlobName) -> Result<(), BlobError> {
        if self.stored_row(name).await?.is_some() {
            return Ok(());
        }
        let _turn = self.turns.take(name).await;
        if self.stored_row(name).await?.is_some() {
            return Ok(());
        }
        let files = Arc::clone(&self.files);
        blocking(move || files.remove(name)).await
    }

    /// Whether `bytes` fit on the disk beside what is left to envelopes, which are more urgent.
    async fn has_room(&self, bytes: u64) -> Result<(), BlobError> {
        let data = self.data.clone();
        let free = spawn_blocking(move || disk::free(&data)).await.ok().flatten();
        match free {
            Some(free) if free < self.reserve.saturating_add(bytes) => Err(BlobError::DiskFull),
            _ => Ok(()),
        }
    }

    /// The row of a blob that has not expired.
    async fn row(&self, name: BlobName) -> Result<BlobRow, BlobError> {
        let row = self.stored_row(name).await?;
        row.filter(|row| row.until >= Day::today()).ok_or(BlobError::NoSuchBlob)
    }

    async fn row_of_holder(&self, name: BlobName, secret: &BlobSecret) -> Result<BlobRow, BlobError> {
        let row = self.row(name).await?;
        // Hashes of random secrets: comparing them tells nothing about the secret.
        if row.secret == secret.hash() { Ok(row) } else { Err(BlobError::BadSecret) }
    }

    async fn stored_row(&self, name: BlobName) -> Result<Option<BlobRow>, BlobError> {
        let store = Arc::clone(&self.store);
        match spawn_blocking(move || store.row(Table::Blobs, name.as_bytes())).await {
            Ok(Ok(row)) => Ok(row),
            Ok(Err(_)) | Err(_) => Err(BlobError::Busy),
        }
    }

    async fn perform(&self, op: BlobOp) -> Result<BlobAnswer, BlobError> {
        match self.writer.perform(Op::Blob(op), 0).await {
            Ok(Answer::Blob(answer)) => Ok(answer),
            _ => Err(BlobError::Busy),
        }
    }
}

/// A place of which there are `all`.
fn slot(
    places: &Arc<Semaphore>,
    network: &Arc<Network>,
    transfer: Transfer,
    all: usize,
) -> Result<Slot, BlobError> {
    let share = network.begin(transfer, all / limits::NETWORKS_SHARE).ok_or(BlobError::Crowded)?;
    let place = Arc::clone(places).try_acquire_owned().map_err(|_| BlobError::Crowded)?;
    Ok(Slot { _place: place, _share: share })
}

/// Runs file work where it may block.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, BlobError> {
    match spawn_blocking(work).await {
        Ok(done) => Ok(done?),
        Err(_) => Err(BlobError::Busy),
    }
}
