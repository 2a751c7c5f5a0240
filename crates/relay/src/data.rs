//! The data directory: made for one user, used by one relay at a time.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

/// Held by the process that uses the directory.
const LOCK: &str = "relay.lock";
/// There while a restore is under way; what lies beside it is not complete.
const RESTORING: &str = "restoring";
/// The blobs' directory.
pub(crate) const BLOBS: &str = "blobs";

/// Why a data directory cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// It cannot be made or written.
    #[error("the data directory {} cannot be used: {source}", directory.display())]
    Unusable {
        /// The directory.
        directory: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// Another relay runs on it.
    #[error("the data directory {} is in use by another relay; stop that one first", directory.display())]
    InUse {
        /// The directory.
        directory: PathBuf,
    },
    /// A restore began there and did not end.
    #[error(
        "a restore into {} did not finish, so that it is not complete: remove the directory and restore again",
        directory.display()
    )]
    HalfRestored {
        /// The directory.
        directory: PathBuf,
    },
    /// A restore needs an empty one.
    #[error("the data directory {} is not empty; restore into a new one", directory.display())]
    NotEmpty {
        /// The directory.
        directory: PathBuf,
    },
}

/// The data directory, locked for this process.
#[derive(Debug)]
pub(crate) struct DataDir {
    path: PathBuf,
    /// The lock goes with the file.
    _lock: File,
}

impl DataDir {
    /// Whether a relay ever used this directory.
    pub(crate) fn is_there(path: &Path) -> bool {
        path.join(LOCK).is_file()
    }

    /// Locks the directory, which is made, for this user only, where it does not exist.
    pub(crate) fn open(path: &Path) -> Result<Self, DataError> {
        let opened = Self::lock(path)?;
        if path.join(RESTORING).exists() {
            return Err(DataError::HalfRestored { directory: path.to_owned() });
        }
        Ok(opened)
    }

    /// Locks an empty or new directory, and marks it as incomplete until [`Self::complete`].
    pub(crate) fn begin_restore(path: &Path) -> Result<Self, DataError> {
        let unusable = |source| DataError::Unusable { directory: path.to_owned(), source };
        if path.exists() && fs::read_dir(path).map_err(unusable)?.next().is_some() {
            return Err(DataError::NotEmpty { directory: path.to_owned() });
        }
        let opened = Self::lock(path)?;
        File::create(path.join(RESTORING)).and_then(|mark| mark.sync_all()).map_err(unusable)?;
        Ok(opened)
    }

    /// The restore is done and durable.
    pub(crate) fn complete(&self) -> io::Result<()> {
        fs::remove_file(self.path.join(RESTORING))?;
        File::open(&self.path)?.sync_all()
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    fn lock(path: &Path) -> Result<Self, DataError> {
        let directory = || path.to_owned();
        let unusable = |source| DataError::Unusable { directory: directory(), source };
        private_directory(path).and_then(|()| close_to_others(path)).map_err(unusable)?;
        let lock = File::create(path.join(LOCK)).map_err(unusable)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path: directory(), _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(DataError::InUse { directory: directory() }),
            Err(TryLockError::Error(source)) => Err(unusable(source)),
        }
    }
}

/// Makes a directory that only this user can enter, with those above it.
pub(crate) fn private_directory(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Takes from others what a directory that was there before let them do.
fn close_to_others(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        if fs::metadata(path)?.permissions().mode() & 0o077 != 0 {
            fs::set_permissions(path, fs::Permissions::from_mode(0o700))?;
        }
    }
    Ok(())
}

/// Calls `visit` with every plain file below `directory`; what vanishes meanwhile is left out.
pub(crate) fn walk(directory: &Path, visit: &mut dyn FnMut(&Path) -> io::Result<()>) -> io::Result<()> {
    let entries = match fs::read_dir(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        let Ok(kind) = entry.file_type() else { continue };
        if kind.is_dir() {
            walk(&entry.path(), visit)?;
        } else if kind.is_file() {
            visit(&entry.path())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_process_uses_a_directory_and_a_half_restored_one_is_refused() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("new/data");
        let held = DataDir::open(&path).expect("opens");
        assert!(matches!(DataDir::open(&path), Err(DataError::InUse { .. })));
        drop(held);
        drop(DataDir::open(&path).expect("opens again"));
        assert!(matches!(DataDir::begin_restore(&path), Err(DataError::NotEmpty { .. })));

        let path = dir.path().join("restored");
        let restoring = DataDir::begin_restore(&path).expect("a new one");
        drop(restoring);
        assert!(matches!(DataDir::open(&path), Err(DataError::HalfRestored { .. })));
        fs::remove_dir_all(&path).expect("removed");
        DataDir::begin_restore(&path).expect("a new one").complete().expect("completed");
        assert!(DataDir::open(&path).is_ok());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("set");
            drop(DataDir::open(&path).expect("opens"));
            assert_eq!(fs::metadata(&path).expect("there").permissions().mode() & 0o777, 0o700);
        }
        let file = dir.path().join("file");
        fs::write(&file, "").expect("written");
        assert!(matches!(DataDir::open(&file), Err(DataError::Unusable { .. })));
    }
}
