//! Opens files that lie sealed on this device: for the page, which shows or saves them, or to where the user wants them.

use js_sys::{Array, Uint8Array};
use kuvert_app::KeptFile;
use kuvert_core::file::{FILE_CHUNK, FILE_TAG, Opener, PICTURE_HEAD, PictureKind};
use kuvert_view::{FileId, MAX_SHOWN, TransferFailure, ViewUpdate};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, BlobPropertyBag, FileSystemFileHandle, FileSystemWritableFileStream};

use super::vault::{Reader, Vault, VaultError};
use crate::{post, post_with};

/// Sealed bytes that are in memory at one moment; whole chunks.
const SLICE: u64 = 16 * (FILE_CHUNK + FILE_TAG) as u64;
/// Media type of all that is no picture: a browser saves it, and runs nothing of it.
const PLAIN_BYTES: &str = "application/octet-stream";

impl From<VaultError> for TransferFailure {
    fn from(error: VaultError) -> Self {
        match error {
            VaultError::NoSpace => Self::NoSpace,
            VaultError::Failed => Self::LocalFile,
        }
    }
}

/// A sealed file that is opened from its beginning to its end.
struct Opening {
    reader: Reader,
    opener: Opener,
}

impl Opening {
    async fn begin(vault: &Vault, kept: &KeptFile) -> Result<Self, TransferFailure> {
        let opener = Opener::new(&kept.key, kept.size, kept.hash).map_err(|_| TransferFailure::TooLarge)?;
        Ok(Self { reader: vault.reader(&kept.at).await?, opener })
    }

    /// The next opened bytes; `None` behind the last.
    async fn next(&mut self) -> Result<Option<Vec<u8>>, TransferFailure> {
        if self.opener.wants().is_none() {
            return Ok(None);
        }
        let from = self.opener.position();
        let until = (from + SLICE).min(self.reader.size());
        let sealed = self.reader.read(from, until.max(from)).await?;
        let (mut rest, mut opened) = (sealed.as_slice(), Vec::new());
        while let Some((chunk, after)) = self.opener.wants().and_then(|length| rest.split_at_checked(length))
        {
            let mut chunk = chunk.to_vec();
            self.opener.open(&mut chunk).map_err(|_| TransferFailure::LocalFile)?;
            opened.append(&mut chunk);
            rest = after;
        }
        // Shorter than it was.
        if self.opener.position() == from { Err(TransferFailure::LocalFile) } else { Ok(Some(opened)) }
    }
}

/// Gives the opened file to the page.
pub(crate) async fn show(vault: Vault, file: FileId, kept: KeptFile) {
    match opened(&vault, &kept).await {
        Ok((blob, is_picture)) => {
            post_with(&ViewUpdate::FileShown { file, name: kept.name, is_picture }, &blob);
        }
        Err(why) => post(&ViewUpdate::FileNotShown { file, why }),
    }
}

async fn opened(vault: &Vault, kept: &KeptFile) -> Result<(Blob, bool), TransferFailure> {
    if kept.size > MAX_SHOWN {
        return Err(TransferFailure::NoSpace);
    }
    let mut opening = Opening::begin(vault, kept).await?;
    let (parts, mut head) = (Array::new(), Vec::new());
    while let Some(bytes) = opening.next().await? {
        if parts.length() == 0 {
            head.extend(bytes.iter().take(PICTURE_HEAD));
        }
        parts.push(&Uint8Array::from(bytes.as_slice()));
    }
    // By what it is, and not by what its sender says: a page of somebody else's must never become one of this origin.
    let kind = PictureKind::of(&head);
    let options = BlobPropertyBag::new();
    options.set_type(kind.map_or(PLAIN_BYTES, PictureKind::media_type));
    let blob = Blob::new_with_u8_array_sequence_and_options(&parts, &options);
    Ok((blob.map_err(VaultError::from)?, kind.is_some()))
}

/// Writes the opened file to where the user wants it, a slice at a time.
pub(crate) async fn save(vault: Vault, file: FileId, kept: KeptFile, to: FileSystemFileHandle) {
    let update = match written(&vault, &kept, &to).await {
        Ok(()) => ViewUpdate::FileSaved { file },
        Err(why) => ViewUpdate::FileNotShown { file, why },
    };
    post(&update);
}

async fn written(vault: &Vault, kept: &KeptFile, to: &FileSystemFileHandle) -> Result<(), TransferFailure> {
    let mut opening = Opening::begin(vault, kept).await?;
    let stream = JsFuture::from(to.create_writable()).await.map_err(VaultError::from)?;
    let stream: FileSystemWritableFileStream = stream.unchecked_into();
    // What is not closed is not there: half a file never takes the place of a whole one.
    while let Some(bytes) = opening.next().await? {
        // A copy, because the engine's memory may move while the browser writes.
        let bytes = Uint8Array::from(bytes.as_slice());
        let writing = stream.write_with_buffer_source(&bytes).map_err(VaultError::from)?;
        JsFuture::from(writing).await.map_err(VaultError::from)?;
    }
    JsFuture::from(stream.close()).await.map_err(VaultError::from)?;
    Ok(())
}
