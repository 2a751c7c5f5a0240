//! Seals what the user picked, a slice at a time, so that it can be sent.
//!
//! A file is sealed once, under a fresh key. Pictures are cleaned and get their preview by the same code as natively.

use std::cell::Cell;

use kuvert_core::NewFile;
use kuvert_core::file::{
    FILE_CHUNK, FileKey, MAX_FILE, MAX_PICTURE, MAX_PREVIEW, PICTURE_HEAD, PictureError, PictureKind, Sealer,
    clean, media_type_of, preview, sealed_size, short_name,
};
use kuvert_view::NotTaken;
use web_sys::Blob;
use zeroize::Zeroizing;

use super::fresh_name;
use super::vault::{Reader, Vault};
use crate::time;

/// Bytes of a file that are in memory at one moment; whole chunks.
const SLICE: u64 = 16 * FILE_CHUNK as u64;
/// Milliseconds between two words on how far it is.
const SAY_EVERY: i64 = 150;

/// A file that the user picked.
pub(crate) struct Picked {
    pub(crate) name: String,
    pub(crate) blob: Blob,
}

/// Why not all files were sealed; nothing of them is kept then.
pub(crate) struct NotSealed {
    /// Which one's fault it is.
    pub(crate) position: Option<usize>,
    pub(crate) why: NotTaken,
}

/// How far the sealing of all files is.
struct Course<'a> {
    stopped: &'a Cell<bool>,
    said: Cell<i64>,
    done: Cell<u64>,
    of: u64,
    say: &'a dyn Fn(u64, u64),
}

impl Course<'_> {
    fn went(&self, bytes: u64) -> Result<(), NotTaken> {
        self.done.set(self.done.get() + bytes);
        let now = time::now().0;
        if now - self.said.get() >= SAY_EVERY {
            self.said.set(now);
            (self.say)(self.done.get().min(self.of), self.of);
        }
        if self.stopped.get() { Err(NotTaken::Cancelled) } else { Ok(()) }
    }
}

/// Seals all of them into the vault, or none.
pub(crate) async fn seal_all(
    vault: &Vault,
    picked: &[Picked],
    stopped: &Cell<bool>,
    say: &dyn Fn(u64, u64),
) -> Result<Vec<NewFile>, NotSealed> {
    let of = picked.iter().map(|picked| picked.blob.size() as u64).sum();
    let course = Course { stopped, said: Cell::new(0), done: Cell::new(0), of, say };
    let mut sealed: Vec<NewFile> = Vec::new();
    for (position, one) in picked.iter().enumerate() {
        match seal(vault, one, MAX_PREVIEW / picked.len(), &course).await {
            Ok(file) => sealed.push(file),
            Err(why) => {
                for file in sealed {
                    vault.remove(&file.file).await;
                }
                let is_its_fault = !matches!(why, NotTaken::Cancelled | NotTaken::Unwritable);
                return Err(NotSealed { position: is_its_fault.then_some(position), why });
            }
        }
    }
    Ok(sealed)
}

/// Where the bytes come from.
enum Source {
    Picked(Reader),
    Memory(Vec<u8>),
}

impl Source {
    async fn read(&self, from: u64, until: u64) -> Result<Vec<u8>, NotTaken> {
        match self {
            Self::Picked(reader) => reader.read(from, until).await.map_err(|_| NotTaken::Unreadable),
            Self::Memory(bytes) => {
                // Other work gets its turn between two slices.
                time::sleep(0).await;
                Ok(bytes[from as usize..until as usize].to_vec())
            }
        }
    }
}

struct Prepared {
    source: Source,
    size: u64,
    media_type: String,
    preview: Option<Vec<u8>>,
}

async fn seal(vault: &Vault, picked: &Picked, room: usize, course: &Course<'_>) -> Result<NewFile, NotTaken> {
    let prepared = prepare(picked, room).await?;
    let Prepared { source, size, media_type, preview } = prepared;
    if !vault.has_room(sealed_size(size).ok_or(NotTaken::TooLarge)?).await {
        return Err(NotTaken::NoSpace);
    }
    let mut random = Zeroizing::new([0; 39]);
    getrandom::fill(random.as_mut()).map_err(|_| NotTaken::Unwritable)?;
    let key = FileKey::new(*random);
    let file = fresh_name().ok_or(NotTaken::Unwritable)?;
    match write(vault, &file, &source, size, &key, course).await {
        Ok(hash) => {
            Ok(NewFile { file, name: short_name(&picked.name), media_type, size, key, hash, preview })
        }
        Err(why) => {
            vault.remove(&file).await;
            Err(why)
        }
    }
}

/// Cleans pictures; all else stays as it is.
async fn prepare(picked: &Picked, room: usize) -> Result<Prepared, NotTaken> {
    let source = Reader::Blob(picked.blob.clone());
    let size = source.size();
    if size > MAX_FILE {
        return Err(NotTaken::TooLarge);
    }
    let head = source.read(0, size.min(PICTURE_HEAD as u64)).await.map_err(|_| NotTaken::Unreadable)?;
    let Some(kind) = PictureKind::of(&head) else {
        let media_type = media_type_of(&picked.name).to_owned();
        return Ok(Prepared { source: Source::Picked(source), size, media_type, preview: None });
    };
    if size > MAX_PICTURE as u64 {
        return Err(NotTaken::PictureTooLarge);
    }
    let bytes = source.read(0, size).await.map_err(|_| NotTaken::Unreadable)?;
    let cleaned = clean(kind, &bytes).map_err(|error| match error {
        PictureError::TooLarge => NotTaken::PictureTooLarge,
        PictureError::Damaged => NotTaken::PictureDamaged,
    })?;
    drop(bytes);
    let preview = preview(kind, &cleaned, room);
    let size = cleaned.bytes.len() as u64;
    let media_type = kind.media_type().to_owned();
    Ok(Prepared { source: Source::Memory(cleaned.bytes), size, media_type, preview })
}

/// Writes the sealed bytes, durably, and gives their hash.
async fn write(
    vault: &Vault,
    name: &str,
    source: &Source,
    size: u64,
    key: &FileKey,
    course: &Course<'_>,
) -> Result<[u8; 32], NotTaken> {
    let mut sealer = Sealer::new(key, size).map_err(|_| NotTaken::TooLarge)?;
    let writer = vault.writer(name).await?;
    let (mut at, mut from) = (0, 0);
    while sealer.wants().is_some() {
        let until = (from + SLICE).min(size);
        let slice = source.read(from, until).await?;
        let mut rest = slice.as_slice();
        // What is only padding comes with the last slice.
        while let Some(length) = sealer.wants().filter(|length| *length <= rest.len())
            && (length > 0 || until == size)
        {
            let (chunk, after) = rest.split_at(length);
            let mut chunk = chunk.to_vec();
            sealer.seal(&mut chunk).map_err(|_| NotTaken::Unreadable)?;
            writer.write(&chunk, at)?;
            (at, rest) = (at + chunk.len() as u64, after);
        }
        course.went(until - from)?;
        from = until;
    }
    writer.flush()?;
    sealer.finish().map_err(|_| NotTaken::Unreadable)
}
