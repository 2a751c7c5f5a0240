//! The profile folder: database, key, and a lock that keeps a second process out.
//!
//! `kuvert.db` is encrypted with the 32 random bytes of `key`; whoever may read both reads everything, so the folder is
//! for its owner only. `lock` is held as long as the [`Profile`] lives and names its holder; the operating system lets
//! go of it when the process ends, however it ends. `listened` holds the number of the last message that was reported
//! to a terminal. `outgoing` holds sealed files until they are at the relay.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use kuvert_core::DatabaseKey;
use kuvert_view::MessageId;
use zeroize::Zeroizing;

use crate::ProfileError;

const DATABASE: &str = "kuvert.db";
const KEY: &str = "key";
const LOCK: &str = "lock";
const LISTENED: &str = "listened";
const OUTGOING: &str = "outgoing";
/// Longest text with which a holder of the lock names itself.
const MAX_HOLDER: u64 = 200;

/// A profile folder of which this process is the only user.
pub struct Profile {
    folder: PathBuf,
    database: String,
    key: DatabaseKey,
    /// Locked until it is closed.
    _lock: File,
}

impl Profile {
    /// Opens the profile in `folder`. `holder` is how this process names itself to others that find the profile in use.
    ///
    /// # Errors
    /// [`ProfileError`]; nothing was changed then.
    pub fn open(folder: &Path, holder: &str) -> Result<Self, ProfileError> {
        if !folder.join(DATABASE).exists() {
            return Err(ProfileError::Missing { folder: folder.to_owned() });
        }
        Self::open_or_create(folder, holder)
    }

    /// Like [`Self::open`], but makes the folder and its key where there is no profile yet.
    ///
    /// # Errors
    /// [`ProfileError`].
    pub fn open_or_create(folder: &Path, holder: &str) -> Result<Self, ProfileError> {
        make_folder(folder).map_err(io_error(folder))?;
        let lock = lock(&folder.join(LOCK), holder)?;
        let database = folder.join(DATABASE);
        let key = read_or_make_key(folder, &folder.join(KEY), database.exists())?;
        // Made here rather than by the engine, so that it is for its owner only.
        private(OpenOptions::new().append(true).create(true)).open(&database).map_err(io_error(&database))?;
        let database = database.to_str().ok_or_else(|| ProfileError::Path { folder: folder.to_owned() })?;
        Ok(Self { folder: folder.to_owned(), database: database.to_owned(), key, _lock: lock })
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The last message that was reported to a terminal; 0 before the first.
    ///
    /// # Errors
    /// [`ProfileError::Io`].
    pub fn listened(&self) -> Result<MessageId, ProfileError> {
        let path = self.folder.join(LISTENED);
        match fs::read_to_string(&path) {
            // What is unreadable counts as nothing: a repeated report is better than a missing one.
            Ok(text) => Ok(MessageId(text.trim().parse().unwrap_or(0))),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(MessageId(0)),
            Err(error) => Err(io_error(&path)(error)),
        }
    }

    /// Notes that all messages up to this one were reported.
    ///
    /// # Errors
    /// [`ProfileError::Io`].
    pub fn set_listened(&self, message: MessageId) -> Result<(), ProfileError> {
        let path = self.folder.join(LISTENED);
        // Without a sync: losing the note in a power cut costs a repetition, nothing else.
        replace(&self.folder, &path, message.0.to_string().as_bytes(), false).map_err(io_error(&path))
    }

    /// Where sealed files wait until they are at the relay.
    pub(crate) fn outgoing(&self) -> PathBuf {
        self.folder.join(OUTGOING)
    }

    pub(crate) fn database(&self) -> &str {
        &self.database
    }

    pub(crate) fn key(&self) -> &DatabaseKey {
        &self.key
    }
}

pub(crate) fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Takes the lock and writes the holder's name into its file.
fn lock(path: &Path, holder: &str) -> Result<File, ProfileError> {
    let mut file = private(OpenOptions::new().read(true).write(true).create(true).truncate(false))
        .open(path)
        .map_err(io_error(path))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut by = String::new();
            // Its name is a courtesy: in use it is in any case.
            let _ = (&mut file).take(MAX_HOLDER).read_to_string(&mut by);
            return Err(ProfileError::InUse { by: by.trim().to_owned() });
        }
        Err(TryLockError::Error(error)) => return Err(io_error(path)(error)),
    }
    let name = format!("{holder} (process {})\n", std::process::id());
    file.set_len(0).and_then(|()| file.write_all(name.as_bytes())).map_err(io_error(path))?;
    Ok(file)
}

fn read_or_make_key(folder: &Path, path: &Path, has_database: bool) -> Result<DatabaseKey, ProfileError> {
    let mut bytes = Zeroizing::new([0; 32]);
    match File::open(path) {
        Ok(mut file) => {
            let is_long_enough = file.read_exact(bytes.as_mut());
            let is_longer = file.read(&mut [0]).map_err(io_error(path))? > 0;
            if is_long_enough.is_err() || is_longer {
                return Err(ProfileError::KeyInvalid { key: path.to_owned() });
            }
        }
        Err(error) if error.kind() == ErrorKind::NotFound && has_database => {
            return Err(ProfileError::KeyMissing { key: path.to_owned() });
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {
            getrandom::fill(bytes.as_mut()).map_err(ProfileError::Random)?;
            replace(folder, path, bytes.as_slice(), true).map_err(io_error(path))?;
        }
        Err(error) => return Err(io_error(path)(error)),
    }
    Ok(DatabaseKey::new(*bytes))
}

/// Writes a file so that it is either there as a whole, or as it was.
fn replace(folder: &Path, path: &Path, bytes: &[u8], durable: bool) -> io::Result<()> {
    let new = path.with_extension("new");
    let mut file = private(OpenOptions::new().write(true).create(true).truncate(true)).open(&new)?;
    file.write_all(bytes)?;
    if durable {
        file.sync_all()?;
    }
    fs::rename(&new, path)?;
    if durable { File::open(folder)?.sync_all() } else { Ok(()) }
}

/// A file that is made is for its owner only.
pub(crate) fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}

fn io_error(path: &Path) -> impl FnOnce(io::Error) -> ProfileError {
    let path = path.to_owned();
    move |error| ProfileError::Io { path, error }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> tempfile::TempDir {
        tempfile::tempdir().expect("a temporary folder")
    }

    #[cfg(unix)]
    #[test]
    fn the_key_is_for_its_owner_only() {
        use std::os::unix::fs::PermissionsExt;
        let dir = folder();
        let profile = dir.path().join("profile");
        let _open = Profile::open_or_create(&profile, "test").expect("makes");
        let mode = |path: &Path| fs::metadata(path).expect("there").permissions().mode() & 0o777;
        assert_eq!(mode(&profile), 0o700);
        assert_eq!(mode(&profile.join(KEY)), 0o600);
        assert_eq!(mode(&profile.join(DATABASE)), 0o600);
        assert_eq!(fs::read(profile.join(KEY)).expect("readable").len(), 32);
    }

    #[test]
    fn a_second_process_learns_who_holds_the_profile() {
        let dir = folder();
        let first = Profile::open_or_create(dir.path(), "kuvert listen").expect("makes");
        let second = Profile::open_or_create(dir.path(), "kuvert send");
        assert!(
            matches!(second, Err(ProfileError::InUse { by }) if by.starts_with("kuvert listen (process "))
        );
        drop(first);
        assert!(Profile::open_or_create(dir.path(), "kuvert send").is_ok());
    }

    #[test]
    fn a_missing_or_cut_key_destroys_nothing() {
        let dir = folder();
        fs::write(dir.path().join(DATABASE), b"encrypted").expect("written");
        assert!(matches!(Profile::open(dir.path(), "test"), Err(ProfileError::KeyMissing { .. })));
        assert!(!dir.path().join(KEY).exists());
        for wrong in [vec![7; 31], vec![7; 33], Vec::new()] {
            fs::write(dir.path().join(KEY), &wrong).expect("written");
            assert!(matches!(Profile::open(dir.path(), "test"), Err(ProfileError::KeyInvalid { .. })));
            assert_eq!(fs::read(dir.path().join(KEY)).expect("there"), wrong);
        }
        assert_eq!(fs::read(dir.path().join(DATABASE)).expect("there"), b"encrypted");
    }

    #[test]
    fn a_folder_without_a_database_is_no_profile() {
        let dir = folder();
        let missing = dir.path().join("typo");
        assert!(matches!(Profile::open(&missing, "test"), Err(ProfileError::Missing { .. })));
        assert!(!missing.exists());
    }

    #[test]
    fn what_was_reported_is_remembered() {
        let dir = folder();
        let profile = Profile::open_or_create(dir.path(), "test").expect("makes");
        assert_eq!(profile.listened().expect("reads"), MessageId(0));
        profile.set_listened(MessageId(42)).expect("writes");
        assert_eq!(profile.listened().expect("reads"), MessageId(42));
    }
}
