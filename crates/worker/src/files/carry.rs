//! Brings sealed bytes to the relay and from there. What is fetched stays sealed, and is verified before it is written.

use kuvert_core::file::{FileError, Opener, Pace, UploadStep, Uploading, brings_part, sealed_size};
use kuvert_core::{BlobFailure, Download, Upload};
use std::time::Duration;

use super::vault::{Vault, VaultError, Writer};
use super::way::{Ended, Way};
use crate::time;

/// Chunks after which other work gets its turn.
const CHUNKS_AT_ONCE: u32 = 32;

/// Uploads until the relay holds all of it durably.
pub(crate) async fn upload(vault: &Vault, upload: &Upload, way: &mut Way) -> Result<(), Ended> {
    let mut uploading = Uploading::without_asking(upload.size);
    let mut reader = None;
    loop {
        let since = time::now().0;
        let answer = match uploading.step() {
            UploadStep::Ask => way.ask("HEAD", &upload.url, &[], None).await,
            UploadStep::Announce => way.ask("PUT", &upload.url, &upload.announcement(), None).await,
            UploadStep::Append { from, length } => {
                way.moved(from, upload.size)?;
                let reader = match &mut reader {
                    Some(reader) => reader,
                    None => reader.insert(vault.reader(&upload.file).await?),
                };
                if reader.size() != upload.size {
                    return Err(BlobFailure::LocalFile.into());
                }
                let bytes = reader.read(from, from + length).await?;
                way.ask("PATCH", &upload.url, &upload.append(from), Some(&bytes)).await
            }
            UploadStep::Rest => {
                way.rest().await?;
                uploading.rested();
                continue;
            }
            UploadStep::Done => return way.moved(upload.size, upload.size),
        };
        uploading.answered(answer, since_then(since))?;
    }
}

/// Downloads until all of the sealed file is here, and is the one that the message means.
pub(crate) async fn download(vault: &Vault, download: &Download, way: &mut Way) -> Result<(), Ended> {
    let opener = Opener::new(&download.key, download.size, download.hash);
    let mut opener = opener.map_err(|_| BlobFailure::TooLarge)?;
    let size = sealed_size(download.size).ok_or(BlobFailure::TooLarge)?;
    let writer = vault.writer(&download.to).await?;
    keep(&mut opener, &writer).await?;
    if !vault.has_room(size - opener.position()).await {
        return Err(BlobFailure::NoSpace.into());
    }
    let fetched = fetch(download, size, &mut opener, &writer, way).await;
    let is_forged = match fetched {
        Ok(()) => opener.finish().is_err(),
        Err(Ended::Failed(BlobFailure::Forged)) => true,
        Err(ended) => return Err(ended),
    };
    if is_forged {
        drop(writer);
        vault.remove(&download.to).await;
        return Err(BlobFailure::Forged.into());
    }
    Ok(writer.flush()?)
}

/// Takes the whole chunks that an earlier run has left, as far as they hold.
async fn keep(opener: &mut Opener, writer: &Writer) -> Result<(), VaultError> {
    let kept = writer.size()?;
    let (mut chunk, mut count) = (Vec::new(), 0);
    while let Some(length) = opener.wants()
        && opener.position() + length as u64 <= kept
    {
        chunk.resize(length, 0);
        writer.read(&mut chunk, opener.position())?;
        if opener.open(&mut chunk).is_err() {
            break;
        }
        count += 1;
        if u32::is_multiple_of(count, CHUNKS_AT_ONCE) {
            time::sleep(0).await;
        }
    }
    writer.truncate(opener.position())
}

async fn fetch(
    download: &Download,
    size: u64,
    opener: &mut Opener,
    writer: &Writer,
    way: &mut Way,
) -> Result<(), Ended> {
    let mut pace = Pace::default();
    while opener.wants().is_some() {
        way.moved(opener.opened(), download.size)?;
        let (since, from) = (time::now().0, opener.position());
        let until = (from + pace.bytes()).min(size);
        if let Some((status, body)) = way.get(&download.url, from, until).await
            && brings_part(status, until - from == size)?
        {
            take(&body, opener, writer)?;
        }
        if opener.position() > from {
            pace.took(since_then(since));
        } else {
            pace.failed();
            way.rest().await?;
        }
    }
    way.moved(opener.opened(), download.size)
}

/// Verifies and writes all whole chunks of an answer.
fn take(mut body: &[u8], opener: &mut Opener, writer: &Writer) -> Result<(), Ended> {
    while let Some((sealed, rest)) = opener.wants().and_then(|length| body.split_at_checked(length)) {
        let at = opener.position();
        let mut chunk = sealed.to_vec();
        opener.open(&mut chunk).map_err(|_: FileError| BlobFailure::Forged)?;
        writer.write(sealed, at)?;
        body = rest;
    }
    Ok(())
}

fn since_then(since: i64) -> Duration {
    Duration::from_millis(u64::try_from(time::now().0 - since).unwrap_or(0))
}
