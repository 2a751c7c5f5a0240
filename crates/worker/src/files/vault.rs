//! Where sealed files lie: in the browser's private file system beside the database, or in memory where that is.
//!
//! Nothing is ever written here that is not sealed.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use js_sys::{ArrayBuffer, Reflect, Uint8Array};
use kuvert_core::BlobFailure;
use kuvert_view::{NotTaken, Storage};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Blob, File, FileSystemDirectoryHandle, FileSystemFileHandle, FileSystemGetDirectoryOptions,
    FileSystemGetFileOptions, FileSystemReadWriteOptions, FileSystemSyncAccessHandle,
};

use crate::{scope, time};

/// Most bytes of all files together where they are in memory.
const MAX_MEMORY: usize = 64 * 1024 * 1024;
/// Bytes of the browser's allowance that files leave to the database, so that messages still find a place.
const RESERVE: u64 = 32 * 1024 * 1024;
/// A worker that was just ended gives its files back within moments.
const TRIES: u32 = 30;
const PAUSE: i64 = 100;

/// Why a file cannot be read or written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum VaultError {
    /// There is no room.
    NoSpace,
    /// It is not there, or the browser refuses.
    Failed,
}

impl From<JsValue> for VaultError {
    fn from(error: JsValue) -> Self {
        let name = Reflect::get(&error, &JsValue::from_str("name")).ok().and_then(|name| name.as_string());
        if name.as_deref() == Some("QuotaExceededError") { Self::NoSpace } else { Self::Failed }
    }
}

impl From<VaultError> for BlobFailure {
    fn from(error: VaultError) -> Self {
        match error {
            VaultError::NoSpace => Self::NoSpace,
            VaultError::Failed => Self::LocalFile,
        }
    }
}

impl From<VaultError> for NotTaken {
    fn from(error: VaultError) -> Self {
        match error {
            VaultError::NoSpace => Self::NoSpace,
            VaultError::Failed => Self::Unwritable,
        }
    }
}

type Memory = Rc<RefCell<BTreeMap<String, Vec<u8>>>>;

/// All sealed files; cheap to copy.
#[derive(Clone)]
pub(crate) enum Vault {
    Folder(FileSystemDirectoryHandle),
    Memory(Memory),
}

impl Vault {
    /// Beside a database that is kept so.
    pub(crate) async fn open(kept: Storage) -> Self {
        let folder = if kept == Storage::Lasting { folder().await.ok() } else { None };
        folder.map_or_else(|| Self::Memory(Memory::default()), Self::Folder)
    }

    /// Whether everything is gone with the page.
    pub(crate) fn is_passing(&self) -> bool {
        matches!(self, Self::Memory(_))
    }

    /// Whether there is room for so many bytes more.
    pub(crate) async fn has_room(&self, bytes: u64) -> bool {
        if let Self::Memory(files) = self {
            let used: usize = files.borrow().values().map(Vec::len).sum();
            return bytes <= MAX_MEMORY.saturating_sub(used) as u64;
        }
        // A browser that does not say is asked by writing.
        let Some((used, allowed)) = estimate().await else { return true };
        used + (bytes + RESERVE) as f64 <= allowed
    }

    /// Opens a file for writing, and makes it where it is not there.
    pub(crate) async fn writer(&self, name: &str) -> Result<Writer, VaultError> {
        let folder = match self {
            Self::Folder(folder) => folder,
            Self::Memory(files) => {
                files.borrow_mut().entry(name.to_owned()).or_default();
                return Ok(Writer::Memory(Rc::clone(files), name.to_owned()));
            }
        };
        let options = FileSystemGetFileOptions::new();
        options.set_create(true);
        let file: FileSystemFileHandle =
            JsFuture::from(folder.get_file_handle_with_options(name, &options)).await?.unchecked_into();
        let mut tries = 0;
        loop {
            match JsFuture::from(file.create_sync_access_handle()).await {
                Ok(handle) => return Ok(Writer::Handle(handle.unchecked_into())),
                Err(error) if tries == TRIES => return Err(error.into()),
                Err(_) => time::sleep(PAUSE).await,
            }
            tries += 1;
        }
    }

    /// Opens a file that is not written to any more.
    pub(crate) async fn reader(&self, name: &str) -> Result<Reader, VaultError> {
        match self {
            Self::Folder(folder) => {
                let file: FileSystemFileHandle =
                    JsFuture::from(folder.get_file_handle(name)).await?.unchecked_into();
                let file: File = JsFuture::from(file.get_file()).await?.unchecked_into();
                Ok(Reader::Blob(file.unchecked_into()))
            }
            Self::Memory(files) if files.borrow().contains_key(name) => {
                Ok(Reader::Memory(Rc::clone(files), name.to_owned()))
            }
            Self::Memory(_) => Err(VaultError::Failed),
        }
    }

    /// Removes a file. One that is in use goes with the next start.
    pub(crate) async fn remove(&self, name: &str) {
        match self {
            Self::Folder(folder) => drop(JsFuture::from(folder.remove_entry(name)).await),
            Self::Memory(files) => drop(files.borrow_mut().remove(name)),
        }
    }

    /// What all files are called.
    pub(crate) async fn names(&self) -> Vec<String> {
        match self {
            Self::Folder(folder) => names(folder).await.unwrap_or_default(),
            Self::Memory(files) => files.borrow().keys().cloned().collect(),
        }
    }
}

async fn folder() -> Result<FileSystemDirectoryHandle, JsValue> {
    let root: FileSystemDirectoryHandle =
        JsFuture::from(scope().navigator().storage().get_directory()).await?.unchecked_into();
    let options = FileSystemGetDirectoryOptions::new();
    options.set_create(true);
    let folder =
        JsFuture::from(root.get_directory_handle_with_options(crate::place().files, &options)).await?;
    Ok(folder.unchecked_into())
}

async fn names(folder: &FileSystemDirectoryHandle) -> Result<Vec<String>, JsValue> {
    let keys = folder.keys();
    let mut names = Vec::new();
    loop {
        let next = JsFuture::from(keys.next()?).await?;
        if Reflect::get(&next, &JsValue::from_str("done"))?.is_truthy() {
            return Ok(names);
        }
        names.extend(Reflect::get(&next, &JsValue::from_str("value"))?.as_string());
    }
}

/// Bytes that this origin uses, and may use.
async fn estimate() -> Option<(f64, f64)> {
    let estimate = JsFuture::from(scope().navigator().storage().estimate().ok()?).await.ok()?;
    let number = |name: &str| Reflect::get(&estimate, &JsValue::from_str(name)).ok()?.as_f64();
    Some((number("usage")?, number("quota")?))
}

/// A file that is being written. Dropping it closes it.
pub(crate) enum Writer {
    Handle(FileSystemSyncAccessHandle),
    Memory(Memory, String),
}

impl Writer {
    /// Bytes that are there.
    pub(crate) fn size(&self) -> Result<u64, VaultError> {
        Ok(match self {
            Self::Handle(handle) => handle.get_size()? as u64,
            Self::Memory(files, name) => files.borrow().get(name).map_or(0, Vec::len) as u64,
        })
    }

    /// Fills `buffer` from `at` on.
    pub(crate) fn read(&self, buffer: &mut [u8], at: u64) -> Result<(), VaultError> {
        let is_read = match self {
            Self::Handle(handle) => {
                handle.read_with_u8_array_and_options(buffer, &place(at))? == buffer.len() as f64
            }
            Self::Memory(files, name) => {
                let files = files.borrow();
                let bytes = files.get(name).map_or(&[][..], Vec::as_slice);
                let bytes = bytes.get(at as usize..).and_then(|bytes| bytes.get(..buffer.len()));
                bytes.map(|bytes| buffer.copy_from_slice(bytes)).is_some()
            }
        };
        if is_read { Ok(()) } else { Err(VaultError::Failed) }
    }

    /// Writes all of `bytes` at `at`, which is not behind the end.
    pub(crate) fn write(&self, bytes: &[u8], at: u64) -> Result<(), VaultError> {
        match self {
            Self::Handle(handle) => {
                let written = handle.write_with_u8_array_and_options(bytes, &place(at))?;
                if written == bytes.len() as f64 { Ok(()) } else { Err(VaultError::NoSpace) }
            }
            Self::Memory(files, name) => {
                let mut files = files.borrow_mut();
                let used: usize = files.values().map(Vec::len).sum();
                let file = files.entry(name.clone()).or_default();
                if used - file.len() + at as usize + bytes.len() > MAX_MEMORY {
                    return Err(VaultError::NoSpace);
                }
                file.truncate(at as usize);
                file.extend_from_slice(bytes);
                Ok(())
            }
        }
    }

    /// Cuts the file off.
    pub(crate) fn truncate(&self, size: u64) -> Result<(), VaultError> {
        match self {
            Self::Handle(handle) => Ok(handle.truncate_with_f64(size as f64)?),
            Self::Memory(files, name) => {
                if let Some(file) = files.borrow_mut().get_mut(name) {
                    file.truncate(size as usize);
                }
                Ok(())
            }
        }
    }

    /// Makes durable what was written.
    pub(crate) fn flush(&self) -> Result<(), VaultError> {
        match self {
            Self::Handle(handle) => Ok(handle.flush()?),
            Self::Memory(..) => Ok(()),
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        if let Self::Handle(handle) = self {
            handle.close();
        }
    }
}

fn place(at: u64) -> FileSystemReadWriteOptions {
    let options = FileSystemReadWriteOptions::new();
    options.set_at(at as f64);
    options
}

/// Something to read from, a slice at a time.
pub(crate) enum Reader {
    Blob(Blob),
    Memory(Memory, String),
}

impl Reader {
    /// Bytes that are there.
    pub(crate) fn size(&self) -> u64 {
        match self {
            Self::Blob(blob) => blob.size() as u64,
            Self::Memory(files, name) => files.borrow().get(name).map_or(0, Vec::len) as u64,
        }
    }

    /// The bytes from `from` up to `until`.
    pub(crate) async fn read(&self, from: u64, until: u64) -> Result<Vec<u8>, VaultError> {
        let bytes = match self {
            Self::Blob(blob) => {
                let slice = blob.slice_with_f64_and_f64(from as f64, until as f64)?;
                let buffer: ArrayBuffer = JsFuture::from(slice.array_buffer()).await?.unchecked_into();
                Some(Uint8Array::new(&buffer).to_vec())
            }
            Self::Memory(files, name) => {
                let files = files.borrow();
                files.get(name).and_then(|bytes| bytes.get(from as usize..until as usize)).map(<[u8]>::to_vec)
            }
        };
        bytes.filter(|bytes| bytes.len() as u64 == until - from).ok_or(VaultError::Failed)
    }
}
