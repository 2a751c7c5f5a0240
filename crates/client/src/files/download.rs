//! Fetches a file, opens it chunk by chunk, and saves what holds.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use kuvert_core::file::{Opener, Pace, brings_part, sealed_size};
use kuvert_core::{BlobFailure, Download};

use super::{Ended, Way, web};

/// Where a file stands until it is complete.
pub(super) fn part_of(path: &Path) -> PathBuf {
    let mut part = OsString::from(path);
    part.push(".kuvert-part");
    part.into()
}

/// Downloads until the file is complete, and moves it to its place.
pub(super) fn run(agent: &ureq::Agent, download: &Download, way: &mut Way) -> Result<(), Ended> {
    let to = Path::new(&download.to);
    let part = part_of(to);
    if is_there(to, download.size) && !part.exists() {
        // Killed after it was moved to its place, and before that was written down.
        return Ok(());
    }
    let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&part)?;
    let opener = Opener::new(&download.key, download.size, download.hash);
    let mut opener = opener.map_err(|_| BlobFailure::TooLarge)?;
    keep(&mut opener, &mut file)?;
    match fetch(agent, download, &mut opener, &mut file, way) {
        Ok(()) => {}
        Err(Ended::Failed(BlobFailure::Forged)) => {
            let _ = fs::remove_file(&part);
            return Err(BlobFailure::Forged.into());
        }
        Err(ended) => {
            if way.is_unwanted() {
                let _ = fs::remove_file(&part);
            }
            return Err(ended);
        }
    }
    if opener.finish().is_err() {
        fs::remove_file(&part)?;
        return Err(BlobFailure::Forged.into());
    }
    file.sync_all()?;
    drop(file);
    Ok(place(&part, to)?)
}

fn is_there(path: &Path, size: u64) -> bool {
    path.metadata().is_ok_and(|found| found.is_file() && found.len() == size)
}

/// Takes the whole chunks that an earlier run has left. The hash says in the end whether they were touched since.
fn keep(opener: &mut Opener, file: &mut File) -> io::Result<()> {
    let kept = file.metadata()?.len();
    let mut chunk = Vec::new();
    while let Some(length) = opener.keeps()
        && length > 0
        && opener.opened() + length as u64 <= kept
    {
        chunk.resize(length, 0);
        file.read_exact(&mut chunk)?;
        opener.keep(&mut chunk).map_err(io::Error::other)?;
    }
    file.set_len(opener.opened())?;
    file.seek(SeekFrom::Start(opener.opened()))?;
    Ok(())
}

fn fetch(
    agent: &ureq::Agent,
    download: &Download,
    opener: &mut Opener,
    file: &mut File,
    way: &mut Way,
) -> Result<(), Ended> {
    let size = sealed_size(download.size).ok_or(BlobFailure::TooLarge)?;
    let mut pace = Pace::default();
    while opener.wants().is_some() {
        way.moved(opener.opened(), download.size)?;
        let (since, from) = (Instant::now(), opener.position());
        let until = (from + pace.bytes()).min(size);
        if let Some((status, body)) = web::get(agent, &download.url, from, until)
            && brings_part(status, until - from == size)?
        {
            take(body, opener, file)?;
        }
        if opener.position() > from {
            pace.took(since.elapsed());
        } else {
            pace.failed();
            way.rest()?;
        }
    }
    way.moved(opener.opened(), download.size)
}

/// Opens and writes all chunks of an answer; ends early where it does.
fn take(mut body: impl Read, opener: &mut Opener, file: &mut File) -> Result<(), Ended> {
    let mut chunk = Vec::new();
    while let Some(length) = opener.wants() {
        chunk.resize(length, 0);
        if body.read_exact(&mut chunk).is_err() {
            break;
        }
        opener.open(&mut chunk).map_err(|_| BlobFailure::Forged)?;
        file.write_all(&chunk)?;
    }
    Ok(())
}

/// Gives a complete file its name, unless another file has taken it.
fn place(part: &Path, to: &Path) -> io::Result<()> {
    match fs::hard_link(part, to) {
        Ok(()) => fs::remove_file(part),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(error),
        // Not every file system has links.
        Err(_) if to.exists() => Err(ErrorKind::AlreadyExists.into()),
        Err(_) => fs::rename(part, to),
    }
}

#[cfg(test)]
mod tests {
    use kuvert_core::file::FileKey;

    use super::*;

    #[test]
    fn a_file_that_appeared_meanwhile_is_not_overwritten() {
        let dir = tempfile::tempdir().expect("a folder");
        let to = dir.path().join("a.txt");
        let part = part_of(&to);
        fs::write(&part, b"fetched").expect("written");
        fs::write(&to, b"mine").expect("written");
        assert_eq!(place(&part, &to).expect_err("refused").kind(), ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&to).expect("there"), b"mine");
        fs::remove_file(&to).expect("removed");
        place(&part, &to).expect("free");
        assert_eq!((fs::read(&to).expect("there").as_slice(), part.exists()), (b"fetched".as_slice(), false));
    }

    #[test]
    fn what_is_kept_ends_with_a_whole_chunk() {
        let dir = tempfile::tempdir().expect("a folder");
        let (key, size) = (FileKey::new([1; 39]), 3 * 65_536 + 5);
        for (kept, expected) in
            [(0, 0), (65_535, 0), (65_536, 65_536), (196_610, 3 * 65_536), (size, size), (size + 9, size)]
        {
            let path = dir.path().join("part");
            fs::write(&path, vec![7; usize::try_from(kept).expect("small")]).expect("written");
            let mut file = OpenOptions::new().read(true).write(true).open(&path).expect("opens");
            let mut opener = Opener::new(&key, size, [0; 32]).expect("not too large");
            keep(&mut opener, &mut file).expect("keeps");
            assert_eq!(opener.opened(), expected, "{kept}");
            assert_eq!(file.metadata().expect("there").len(), expected, "{kept}");
            assert_eq!(file.stream_position().expect("a file"), expected, "{kept}");
        }
    }
}
