//! The files of blobs: `DATA/blobs/ab/cd/…`, named by a hash of the blob's id.
//!
//! What counts is what a blob's row says; a file may be longer, and is cut when its upload goes on. Times of files and
//! directories are set to whole days: the relay's files shall not tell when somebody was awake (RELAY-4). All of this blocks.

use std::fs::{self, File, FileTimes, OpenOptions};
use std::io::{self, ErrorKind, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use super::BlobName;
use crate::data::private_directory;
use crate::day::Day;

const HEX: &[u8; 16] = b"0123456789abcdef";

/// The directory of blobs.
pub(super) struct Files {
    root: PathBuf,
}

impl Files {
    /// Opens the directory, making it if it is not there.
    pub(super) fn open(root: PathBuf) -> io::Result<Self> {
        private_directory(&root)?;
        // Its name, too: blobs in it will count.
        if let Some(above) = root.parent() {
            File::open(above)?.sync_all()?;
        }
        Ok(Self { root })
    }

    /// Opens a blob's file to go on after its first `stored` bytes, making it where none are; what is behind them is cut
    /// off. `None` if it does not hold that many.
    pub(super) fn append(&self, name: BlobName, stored: u64) -> io::Result<Option<File>> {
        let path = self.path(name);
        let mut options = OpenOptions::new();
        options.write(true);
        let file = if stored == 0 {
            options.create(true);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            if let Some(directory) = path.parent() {
                private_directory(directory)?;
            }
            let file = options.open(&path)?;
            self.sync_directories(&path)?;
            file
        } else {
            match options.open(&path) {
                Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
                opened => opened?,
            }
        };
        if file.metadata()?.len() < stored {
            return Ok(None);
        }
        file.set_len(stored)?;
        settle(&file);
        (&file).seek(SeekFrom::Start(stored))?;
        Ok(Some(file))
    }

    /// Opens a complete blob's file at `from`. `None` if it is not there with all its bytes.
    pub(super) fn read(&self, name: BlobName, size: u64, from: u64) -> io::Result<Option<File>> {
        let mut file = match File::open(self.path(name)) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            opened => opened?,
        };
        if file.metadata()?.len() < size {
            return Ok(None);
        }
        file.seek(SeekFrom::Start(from))?;
        Ok(Some(file))
    }

    /// Whether a file is there with at least `stored` bytes.
    pub(super) fn holds(&self, name: BlobName, stored: u64) -> bool {
        stored == 0 || fs::metadata(self.path(name)).is_ok_and(|file| file.len() >= stored)
    }

    /// Removes a blob's file, if there is one.
    pub(super) fn remove(&self, name: BlobName) -> io::Result<()> {
        let path = self.path(name);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        self.settle_directories(&path);
        Ok(())
    }

    /// Sets the times of a blob's directories to the day.
    fn settle_directories(&self, file: &Path) {
        for directory in file.ancestors().skip(1).take(2) {
            if let Ok(directory) = File::open(directory) {
                settle(&directory);
            }
        }
    }

    /// Makes a new file's names durable, down from the root.
    fn sync_directories(&self, file: &Path) -> io::Result<()> {
        for directory in file.ancestors().skip(1).take(3) {
            let directory = File::open(directory)?;
            directory.sync_all()?;
            settle(&directory);
        }
        Ok(())
    }

    /// Directories that may hold files, one after the other.
    pub(super) fn directories(&self) -> io::Result<Vec<PathBuf>> {
        let mut found = Vec::new();
        for outer in fs::read_dir(&self.root)? {
            let outer = outer?.path();
            if !outer.is_dir() {
                continue;
            }
            for inner in fs::read_dir(&outer)? {
                found.push(inner?.path());
            }
        }
        Ok(found)
    }

    /// The blobs whose files lie in one of [`Self::directories`]. Sets the times that a crash left behind.
    pub(super) fn names(&self, directory: &Path) -> io::Result<Vec<BlobName>> {
        let mut found = Vec::new();
        for entry in fs::read_dir(directory)? {
            let path = entry?.path();
            // Other files are not the relay's, and not its to remove.
            let Some(name) = self.name(&path) else { continue };
            if let Ok(file) = File::open(&path) {
                settle(&file);
            }
            found.push(name);
        }
        self.settle_directories(&directory.join("file"));
        Ok(found)
    }

    fn path(&self, name: BlobName) -> PathBuf {
        let hex: String = name
            .as_bytes()
            .iter()
            .flat_map(|byte| [byte >> 4, byte & 15])
            .map(|digit| char::from(HEX[usize::from(digit)]))
            .collect();
        self.root.join(&hex[..2]).join(&hex[2..4]).join(&hex[4..])
    }

    fn name(&self, path: &Path) -> Option<BlobName> {
        let hex = path.strip_prefix(&self.root).ok()?.to_str()?.replace(std::path::MAIN_SEPARATOR, "");
        let digit = |digit: &u8| HEX.iter().position(|hex| hex == digit);
        let digits: Vec<usize> = hex.as_bytes().iter().map(digit).collect::<Option<_>>()?;
        let bytes: Vec<u8> =
            digits.chunks_exact(2).filter_map(|pair| u8::try_from(pair[0] << 4 | pair[1]).ok()).collect();
        BlobName::from_slice(&bytes).filter(|name| self.path(*name) == path)
    }
}

/// Sets a file's times to the day. The file system keeps a time of its own for changes, which nobody can set.
pub(crate) fn settle(file: &File) {
    let day = Day::today().began();
    let _ = file.set_times(FileTimes::new().set_modified(day).set_accessed(day));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_found_under_its_blobs_name_and_others_are_not_touched() {
        let dir = tempfile::tempdir().expect("a directory");
        let files = Files::open(dir.path().join("blobs")).expect("opens");
        let name = BlobName::new([0xa7; 16]);
        drop(files.append(name, 0).expect("opens").expect("new"));
        fs::write(files.root.join("a7/a7/README"), "not a blob").expect("written");
        fs::create_dir(files.root.join("a7/a7/a7")).expect("made");
        let directories = files.directories().expect("lists");
        assert_eq!(directories, [files.root.join("a7/a7")]);
        assert_eq!(files.names(&directories[0]).expect("lists"), [name]);
    }

    #[test]
    fn times_of_files_and_directories_are_whole_days() {
        // RELAY-4
        let dir = tempfile::tempdir().expect("a directory");
        let files = Files::open(dir.path().join("blobs")).expect("opens");
        let name = BlobName::new([0xa7; 16]);
        let file = files.append(name, 0).expect("opens").expect("new");
        settle(&file);
        let path = files.path(name);
        let whole = |path: &Path| {
            let meta = fs::metadata(path).expect("there");
            let day = Day::today().began();
            let times = [meta.modified().expect("known"), meta.accessed().expect("known")];
            assert!(times.iter().all(|time| *time == day || *time == Day::today().minus(1).began()));
        };
        path.ancestors().take(3).for_each(whole);
        files.remove(name).expect("removed");
        path.ancestors().skip(1).take(2).for_each(whole);
    }

    #[cfg(unix)]
    #[test]
    fn only_the_relays_user_reads_the_files() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().expect("a directory");
        let files = Files::open(dir.path().join("blobs")).expect("opens");
        let name = BlobName::new([1; 16]);
        drop(files.append(name, 0).expect("opens").expect("new"));
        let mode = |path: &Path| fs::metadata(path).expect("there").permissions().mode() & 0o777;
        assert_eq!(mode(&files.path(name)), 0o600);
        assert!(files.path(name).ancestors().skip(1).take(3).all(|directory| mode(directory) == 0o700));
    }

    #[test]
    fn what_does_not_count_is_cut_off_and_what_is_missing_is_noticed() {
        let dir = tempfile::tempdir().expect("a directory");
        let files = Files::open(dir.path().join("blobs")).expect("opens");
        let name = BlobName::new([1; 16]);
        assert!(files.append(name, 3).expect("looks").is_none());
        let file = files.append(name, 0).expect("opens").expect("new");
        io::Write::write_all(&mut (&file), b"0123456789").expect("written");
        assert!(files.append(name, 11).expect("looks").is_none());
        assert!(files.read(name, 11, 0).expect("looks").is_none());
        assert!(files.holds(name, 10) && !files.holds(name, 11));
        let file = files.append(name, 4).expect("opens").expect("there");
        io::Write::write_all(&mut (&file), b"x").expect("written");
        assert_eq!(fs::read(files.path(name)).expect("reads"), b"0123x");
    }
}
