//! Seals files from the disk, so that they can be sent.
//!
//! A file is sealed once, under a fresh key, and what was sealed is never changed: what happens to the original afterwards
//! does not matter, and nothing is ever sealed twice with one key.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Cursor, Read, Write};
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use kuvert_core::NewFile;
use kuvert_core::file::{
    self, FileKey, MAX_FILE, MAX_PICTURE, PICTURE_HEAD, PictureError, PictureKind, Sealer,
};
use zeroize::Zeroizing;

use crate::profile::{make_folder, private};

/// A file cannot be sent. Nothing of it is kept.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// It cannot be read.
    #[error("{} cannot be read: {error}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// It is a folder, or something else that has no end.
    #[error("{} is not a file; pack a folder into an archive to send it", path.display())]
    NoFile {
        /// What it is called.
        path: PathBuf,
    },
    /// It is too large.
    #[error("{} is larger than 4 GiB; send it in parts", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
    },
    /// It is a picture, and what it tells beside the picture cannot be taken out.
    #[error("{}: {error}, so that what it tells of place and time cannot be taken out; pack it into an archive to send it \
        as it is", path.display())]
    Picture {
        /// The file.
        path: PathBuf,
        /// Why.
        error: PictureError,
    },
    /// The sealed bytes cannot be written.
    #[error("{} cannot be written: {error}; is the disk full?", folder.display())]
    Folder {
        /// Where they should be.
        folder: PathBuf,
        /// Why.
        error: io::Error,
    },
}

/// How far the sealing of several files is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sealing {
    /// Which file, from 0.
    pub file: usize,
    /// So many bytes of it are sealed.
    pub done: u64,
    /// Of so many.
    pub of: u64,
}

/// Where the bytes come from.
enum Source {
    Disk(File),
    Memory(Cursor<Vec<u8>>),
}

impl Read for Source {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Disk(file) => file.read(buffer),
            Self::Memory(bytes) => bytes.read(buffer),
        }
    }
}

/// Seals all of them into `folder`, or none. Previews have `room` bytes together.
pub(crate) fn seal_all(
    paths: &[PathBuf],
    folder: &Path,
    room: usize,
    said: &mut dyn FnMut(Sealing),
) -> Result<Vec<NewFile>, SealError> {
    let mut sealed: Vec<NewFile> = Vec::new();
    for (at, path) in paths.iter().enumerate() {
        let done =
            seal(path, folder, room / paths.len(), &mut |done, of| said(Sealing { file: at, done, of }));
        match done {
            Ok(file) => sealed.push(file),
            Err(error) => {
                for file in sealed {
                    let _ = fs::remove_file(folder.join(file.file));
                }
                return Err(error);
            }
        }
    }
    Ok(sealed)
}

fn seal(
    path: &Path,
    folder: &Path,
    room: usize,
    said: &mut dyn FnMut(u64, u64),
) -> Result<NewFile, SealError> {
    let unreadable = |error| SealError::Unreadable { path: path.to_owned(), error };
    let unwritable = |error| SealError::Folder { folder: folder.to_owned(), error };
    // Asked for before it is opened: opening a pipe waits for whoever writes to it.
    if !fs::metadata(path).map_err(unreadable)?.is_file() {
        return Err(SealError::NoFile { path: path.to_owned() });
    }
    let file = File::open(path).map_err(unreadable)?;
    let size = file.metadata().map_err(unreadable)?.len();
    if size > MAX_FILE {
        return Err(SealError::TooLarge { path: path.to_owned() });
    }
    let prepared = prepare(file, path, size, room)?;
    let Prepared { mut source, size, media_type, preview } = prepared;
    make_folder(folder).map_err(unwritable)?;
    let (mut name, mut key) = ([0; 16], Zeroizing::new([0; 39]));
    let random = getrandom::fill(&mut name).and_then(|()| getrandom::fill(key.as_mut()));
    random.map_err(|error| unwritable(io::Error::other(error)))?;
    let (name, key) = (HEXLOWER.encode(&name), FileKey::new(*key));
    let sealed_path = folder.join(&name);
    let mut into =
        private(OpenOptions::new().write(true).create_new(true)).open(&sealed_path).map_err(unwritable)?;
    let hash = write(&mut source, &mut into, &key, size, said).map_err(|error| {
        let _ = fs::remove_file(&sealed_path);
        match error {
            WriteError::Source(error) => unreadable(error),
            WriteError::Sealed(error) => unwritable(error),
        }
    })?;
    Ok(NewFile { file: name, name: name_of(path), media_type, size, key, hash, preview })
}

struct Prepared {
    source: Source,
    size: u64,
    media_type: String,
    preview: Option<Vec<u8>>,
}

/// Cleans pictures; all else stays as it is.
fn prepare(mut file: File, path: &Path, size: u64, room: usize) -> Result<Prepared, SealError> {
    let unreadable = |error| SealError::Unreadable { path: path.to_owned(), error };
    let mut head = Vec::new();
    (&mut file).take(PICTURE_HEAD as u64).read_to_end(&mut head).map_err(unreadable)?;
    let Some(kind) = PictureKind::of(&head) else {
        let file = File::open(path).map_err(unreadable)?;
        let media_type = file::media_type_of(&name_of(path)).to_owned();
        return Ok(Prepared { source: Source::Disk(file), size, media_type, preview: None });
    };
    let refused = |error| SealError::Picture { path: path.to_owned(), error };
    if size > MAX_PICTURE as u64 {
        return Err(refused(PictureError::TooLarge));
    }
    let mut bytes = head;
    file.take(MAX_PICTURE as u64 + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    let cleaned = file::clean(kind, &bytes).map_err(refused)?;
    drop(bytes);
    let preview = file::preview(kind, &cleaned, room);
    let size = cleaned.bytes.len() as u64;
    let source = Source::Memory(Cursor::new(cleaned.bytes));
    Ok(Prepared { source, size, media_type: kind.media_type().to_owned(), preview })
}

enum WriteError {
    Source(io::Error),
    Sealed(io::Error),
}

/// Writes the sealed bytes, durably, and gives their hash.
fn write(
    source: &mut Source,
    into: &mut File,
    key: &FileKey,
    size: u64,
    said: &mut dyn FnMut(u64, u64),
) -> Result<[u8; 32], WriteError> {
    let refused = |error| WriteError::Source(io::Error::other(error));
    let mut sealer = Sealer::new(key, size).map_err(refused)?;
    let (mut chunk, mut done) = (Vec::new(), 0);
    while let Some(length) = sealer.wants() {
        chunk.resize(length, 0);
        source.read_exact(&mut chunk).map_err(WriteError::Source)?;
        sealer.seal(&mut chunk).map_err(refused)?;
        into.write_all(&chunk).map_err(WriteError::Sealed)?;
        done += length as u64;
        said(done, size);
    }
    into.sync_all().map_err(WriteError::Sealed)?;
    sealer.finish().map_err(refused)
}

/// The name for the eyes.
fn name_of(path: &Path) -> String {
    file::short_name(&path.file_name().unwrap_or_default().to_string_lossy())
}

#[cfg(test)]
mod tests {
    use kuvert_core::file::{MAX_PREVIEW, Opener};

    use super::*;

    fn opened(folder: &Path, file: &NewFile) -> Vec<u8> {
        let sealed = fs::read(folder.join(&file.file)).expect("sealed");
        let mut opener = Opener::new(&file.key, file.size, file.hash).expect("not too large");
        let (mut rest, mut plain) = (sealed.as_slice(), Vec::new());
        while let Some(length) = opener.wants() {
            let (chunk, after) = rest.split_at(length);
            let mut chunk = chunk.to_vec();
            opener.open(&mut chunk).expect("opens");
            plain.extend(chunk);
            rest = after;
        }
        assert!(rest.is_empty() && opener.finish().is_ok());
        plain
    }

    #[test]
    fn a_file_is_sealed_as_it_is_and_a_picture_without_what_it_tells() {
        let dir = tempfile::tempdir().expect("a folder");
        let folder = dir.path().join("outgoing");
        let text = dir.path().join("Brief.TXT");
        fs::write(&text, "Kuvert".repeat(50_000)).expect("written");
        let gif = dir.path().join("no-gif.bin");
        let told =
            b"GIF89a\x01\0\x01\0\0\0\0\x21\xfe\x06SECRET\0\x2c\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0\x3b";
        fs::write(&gif, told).expect("written");
        let mut said = Vec::new();
        let sealed = seal_all(&[text, gif], &folder, MAX_PREVIEW, &mut |at| said.push(at)).expect("seals");
        assert_eq!((sealed[0].name.as_str(), sealed[0].media_type.as_str()), ("Brief.TXT", "text/plain"));
        assert_eq!(opened(&folder, &sealed[0]), "Kuvert".repeat(50_000).into_bytes());
        assert_eq!(sealed[1].media_type, "image/gif");
        assert!(!opened(&folder, &sealed[1]).windows(6).any(|bytes| bytes == b"SECRET"));
        assert_ne!(sealed[0].key, sealed[1].key);
        assert_eq!(said.last(), Some(&Sealing { file: 1, done: sealed[1].size, of: sealed[1].size }));
    }

    #[test]
    fn all_files_are_sealed_or_none() {
        let dir = tempfile::tempdir().expect("a folder");
        let folder = dir.path().join("outgoing");
        let good = dir.path().join("good");
        fs::write(&good, b"x").expect("written");
        let broken = dir.path().join("broken");
        fs::write(&broken, b"\x89PNG\r\n\x1a\nbroken").expect("written");
        let cases = [
            (dir.path().join("missing"), "cannot be read"),
            (dir.path().to_owned(), "not a file"),
            (broken, "damaged"),
        ];
        for (bad, words) in cases {
            let error = seal_all(&[good.clone(), bad], &folder, 0, &mut |_| ()).expect_err("refused");
            assert!(error.to_string().contains(words), "{error}");
            assert_eq!(fs::read_dir(&folder).expect("a folder").count(), 0);
        }
    }
}
