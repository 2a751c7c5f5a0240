//! One stretch of an upload: from what counts already to where the client, or its patience with us, ends.

use std::fs::File;
use std::io::Write;
use std::pin::pin;
use std::sync::Arc;

use axum::body::{Body, BodyDataStream, Bytes};
use futures_util::StreamExt;
use kuvert_wire::{BlobId, BlobSecret, limits};
use tokio::time::{Instant, timeout_at};

use super::files::settle;
use super::turns::Turn;
use super::{BlobAnswer, BlobError, BlobName, BlobOp, Blobs, Progress, blocking, slot};
use crate::networks::{Network, Transfer};
use crate::session::Phase;

/// A blob that is being written, by the one whose turn it is.
struct Upload<'b> {
    blobs: &'b Blobs,
    name: BlobName,
    file: Arc<File>,
    size: u64,
    /// What counts.
    stored: u64,
    /// What is in the file.
    written: u64,
}

impl Blobs {
    /// Appends a request's body at `offset`, which must be where the upload stands. Whatever ends it, what came is kept.
    pub(crate) async fn append(
        self: Arc<Self>,
        id: BlobId,
        secret: BlobSecret,
        offset: u64,
        body: Body,
        network: Arc<Network>,
    ) -> Result<Progress, BlobError> {
        // In a task of its own: a handler is dropped with its connection, and what came until then would be lost.
        let task = tokio::spawn(async move { self.append_here(id, &secret, offset, body, &network).await });
        task.await.unwrap_or(Err(BlobError::Busy))
    }

    async fn append_here(
        &self,
        id: BlobId,
        secret: &BlobSecret,
        offset: u64,
        body: Body,
        network: &Arc<Network>,
    ) -> Result<Progress, BlobError> {
        let name = BlobName::of(id);
        self.row_of_holder(name, secret).await?;
        let _slot = slot(&self.uploads, network, Transfer::Upload, limits::MAX_UPLOADS)?;
        let _held = self.metrics.blob_uploads.hold();
        let mut turn = self.turns.take(name).await;
        let row = self.row_of_holder(name, secret).await?;
        if offset != row.stored {
            return Err(BlobError::WrongOffset(Progress::of(&row)));
        }
        self.has_room(row.size - row.stored).await?;
        let (files, stored) = (Arc::clone(&self.files), row.stored);
        let file = blocking(move || files.append(name, stored)).await?.ok_or(BlobError::NoSuchBlob)?;
        let (file, size) = (Arc::new(file), row.size);
        let mut upload = Upload { blobs: self, name, file, size, stored, written: stored };
        let taken = upload.take(&mut turn, body.into_data_stream()).await;
        let counted = upload.count().await;
        taken.and(counted).map(|()| Progress { size, stored: upload.stored })
    }
}

impl Upload<'_> {
    /// Writes what comes until the body ends.
    async fn take(&mut self, turn: &mut Turn, mut body: BodyDataStream) -> Result<(), BlobError> {
        let mut phase = self.blobs.phase.clone();
        let mut stopping = pin!(phase.wait_for(|phase| *phase >= Phase::Draining));
        let mut until = Instant::now() + limits::BLOB_PATIENCE;
        let mut came = 0;
        loop {
            let next = tokio::select! {
                next = timeout_at(until, body.next()) => next.map_err(|_| BlobError::TooSlow)?,
                () = turn.is_wanted() => return Err(BlobError::BrokenOff),
                _ = &mut stopping => return Err(BlobError::Busy),
            };
            let Some(bytes) = next else { return Ok(()) };
            let bytes = bytes.map_err(|_| BlobError::BrokenOff)?;
            came += bytes.len();
            if came >= limits::BLOB_BUFFER {
                came = 0;
                until = Instant::now() + limits::BLOB_PATIENCE;
            }
            self.write(bytes).await?;
            if self.written - self.stored >= limits::BLOB_SYNC_EVERY {
                self.count().await?;
            }
        }
    }

    async fn write(&mut self, bytes: Bytes) -> Result<(), BlobError> {
        let length = bytes.len() as u64;
        if length > self.size - self.written {
            return Err(BlobError::TooLong);
        }
        #[cfg(test)]
        if self.blobs.full.load(std::sync::atomic::Ordering::SeqCst) {
            return Err(BlobError::from(std::io::Error::from(std::io::ErrorKind::StorageFull)));
        }
        let file = Arc::clone(&self.file);
        blocking(move || (&*file).write_all(&bytes)).await?;
        self.written += length;
        Ok(())
    }

    /// Makes what was written durable, then lets it count.
    async fn count(&mut self) -> Result<(), BlobError> {
        if self.written == self.stored {
            return Ok(());
        }
        let file = Arc::clone(&self.file);
        blocking(move || {
            file.sync_data()?;
            settle(&file);
            Ok(())
        })
        .await?;
        let days = self.blobs.settings.days;
        let quota = self.blobs.settings.total.0;
        let grow = BlobOp::Grow { name: self.name, from: self.stored, to: self.written, days, quota };
        match self.blobs.perform(grow).await? {
            BlobAnswer::Is(row) => {
                self.blobs.metrics.blob_bytes_received.add(row.stored - self.stored);
                if row.stored == row.size {
                    self.blobs.metrics.blobs_uploaded.inc();
                }
                self.stored = row.stored;
                Ok(())
            }
            BlobAnswer::OverQuota => Err(BlobError::OverQuota),
            _ => Err(BlobError::NoSuchBlob),
        }
    }
}
