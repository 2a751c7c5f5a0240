//! The profile folder: database, key, and a lock that keeps a second process out.
//!
//! `kuvert.db` is encrypted with 32 random bytes that `key` holds, as they are or wrapped under a secret (`core`'s `sealed_key.rs`). Whoever
//! may read both files, and knows the secret if there is one, reads everything; so the folder is for its owner only. `lock` is held as long as the [`Profile`] lives and names its holder; the operating system lets
//! go of it when the process ends, however it ends. `listened` holds the number of the last message that was reported
//! to a terminal. `outgoing` holds sealed files until they are at the relay.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use kuvert_core::DatabaseKey;
use kuvert_core::moving::Parcel;
use kuvert_core::sealed_key::{self, KeyBytes};
use kuvert_view::MessageId;
use zeroize::Zeroizing;

use crate::limits::MAX_KEY_RECORD;
use crate::{ProfileError, Protection, Unlock};

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
    key: KeyBytes,
    /// What the database is opened with.
    database_key: DatabaseKey,
    /// Locked until it is closed.
    _lock: File,
}

impl Profile {
    /// What is needed to open the profile in `folder`.
    ///
    /// # Errors
    /// [`ProfileError`]; nothing was changed then.
    pub fn protection(folder: &Path) -> Result<Protection, ProfileError> {
        is_there(folder)?;
        let path = folder.join(KEY);
        match read_key(&path)? {
            Some(file) => protection_of(&file, &path),
            None => Err(ProfileError::KeyMissing { key: path }),
        }
    }

    /// Opens the profile in `folder`. `holder` is how this process names itself to others that find the profile in use.
    ///
    /// # Errors
    /// [`ProfileError`]; nothing was changed then.
    pub fn open(folder: &Path, holder: &str, unlock: &Unlock) -> Result<Self, ProfileError> {
        is_there(folder)?;
        Self::open_or_create(folder, holder, unlock)
    }

    /// Like [`Self::open`], but where there is no profile yet, makes the folder and its key, which `unlock` will open.
    ///
    /// # Errors
    /// [`ProfileError`].
    pub fn open_or_create(folder: &Path, holder: &str, unlock: &Unlock) -> Result<Self, ProfileError> {
        if folder.exists() && !folder.is_dir() {
            return Err(ProfileError::NoFolder { folder: folder.to_owned() });
        }
        make_folder(folder).map_err(io_error(folder))?;
        let lock = lock(&folder.join(LOCK), holder)?;
        let database = folder.join(DATABASE);
        let key = read_or_make_key(folder, &folder.join(KEY), database.exists(), unlock)?;
        // Made here rather than by the engine, so that it is for its owner only.
        private(OpenOptions::new().append(true).create(true)).open(&database).map_err(io_error(&database))?;
        let database = database.to_str().ok_or_else(|| ProfileError::Path { folder: folder.to_owned() })?;
        let database_key = DatabaseKey::new(*key);
        Ok(Self { folder: folder.to_owned(), database: database.to_owned(), key, database_key, _lock: lock })
    }

    /// From now on, `unlock` opens this profile, and nothing else. The database is not touched; what opened an earlier copy of
    /// the folder still opens that copy.
    ///
    /// # Errors
    /// [`ProfileError`]; the profile opens as before then.
    pub fn protect(&mut self, unlock: &Unlock) -> Result<(), ProfileError> {
        let path = self.folder.join(KEY);
        let file = sealed_key::close(&self.key, unlock, random)?;
        // Proven to open before it takes the place of what does.
        if sealed_key::open(&file, unlock)? != self.key {
            return Err(ProfileError::KeyRecord);
        }
        let mut before = OpenOptions::new().write(true).open(&path).map_err(io_error(&path))?;
        let length = before.metadata().map_err(io_error(&path))?.len();
        replace(&self.folder, &path, &file, true).map_err(io_error(&path))?;
        // The new file is in its place. The old one has no name any more; its blocks are overwritten as far as the disk lets.
        let zeros = vec![0; usize::try_from(length).unwrap_or(0).min(MAX_KEY_RECORD)];
        let _ = before.write_all(&zeros).and_then(|()| before.sync_all());
        Ok(())
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

    /// Makes a profile of a database that came from elsewhere, with its key.
    ///
    /// # Errors
    /// [`ProfileError`]; [`ProfileError::NoFolder`] if there is one already.
    pub(crate) fn adopt(
        folder: &Path,
        holder: &str,
        parcel: &Parcel,
        unlock: &Unlock,
    ) -> Result<Self, ProfileError> {
        let (database, key) = (folder.join(DATABASE), folder.join(KEY));
        if database.exists() || key.exists() {
            return Err(ProfileError::NoFolder { folder: folder.to_owned() });
        }
        make_folder(folder).map_err(io_error(folder))?;
        let _lock = lock(&folder.join(LOCK), holder)?;
        let record = sealed_key::close(&parcel.key, unlock, random)?;
        replace(folder, &key, &record, true).map_err(io_error(&key))?;
        replace(folder, &database, &parcel.database, true).map_err(io_error(&database))?;
        drop(_lock);
        Self::open(folder, holder, unlock)
    }

    /// The database as a file. To be called while it is not open.
    pub(crate) fn copy(&self) -> Result<Vec<u8>, ProfileError> {
        fs::read(&self.database).map_err(io_error(Path::new(&self.database)))
    }

    /// What the database is opened with.
    pub(crate) fn key_bytes(&self) -> &KeyBytes {
        &self.key
    }

    /// Deletes the profile: its key first, without which the rest says nothing.
    ///
    /// # Errors
    /// [`ProfileError::Io`]; what could not be deleted is still there then.
    pub fn delete(self) -> Result<(), ProfileError> {
        let key = self.folder.join(KEY);
        if let Ok(mut file) = OpenOptions::new().write(true).open(&key) {
            let length = file.metadata().map_err(io_error(&key))?.len();
            let zeros = vec![0; usize::try_from(length).unwrap_or(0).min(MAX_KEY_RECORD)];
            let _ = file.write_all(&zeros).and_then(|()| file.sync_all());
        }
        for name in [KEY, DATABASE, "kuvert.db-wal", "kuvert.db-shm", LISTENED] {
            let path = self.folder.join(name);
            match fs::remove_file(&path) {
                Ok(()) => {}
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(io_error(&path)(error)),
            }
        }
        let outgoing = self.outgoing();
        match fs::remove_dir_all(&outgoing) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(io_error(&outgoing)(error)),
            _ => Ok(()),
        }
    }

    /// Where sealed files wait until they are at the relay.
    pub(crate) fn outgoing(&self) -> PathBuf {
        self.folder.join(OUTGOING)
    }

    pub(crate) fn database(&self) -> &str {
        &self.database
    }

    pub(crate) fn key(&self) -> &DatabaseKey {
        &self.database_key
    }
}

/// Whether there is a profile to open.
fn is_there(folder: &Path) -> Result<(), ProfileError> {
    let folder_of = || folder.to_owned();
    if folder.exists() && !folder.is_dir() {
        return Err(ProfileError::NoFolder { folder: folder_of() });
    }
    if folder.join(DATABASE).exists() { Ok(()) } else { Err(ProfileError::Missing { folder: folder_of() }) }
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
    // So here: on a full disk there may be no room for it, and still much to read.
    let _ = file.set_len(0).and_then(|()| file.write_all(name.as_bytes()));
    Ok(file)
}

fn read_or_make_key(
    folder: &Path,
    path: &Path,
    has_database: bool,
    unlock: &Unlock,
) -> Result<KeyBytes, ProfileError> {
    match read_key(path)? {
        Some(file) => {
            protection_of(&file, path)?;
            Ok(sealed_key::open(&file, unlock)?)
        }
        None if has_database => Err(ProfileError::KeyMissing { key: path.to_owned() }),
        None => {
            let mut bytes = Zeroizing::new([0; 32]);
            random(bytes.as_mut())?;
            let file = sealed_key::close(&bytes, unlock, random)?;
            replace(folder, path, &file, true).map_err(io_error(path))?;
            Ok(bytes)
        }
    }
}

/// The file that holds the key, if there is one.
fn read_key(path: &Path) -> Result<Option<Zeroizing<Vec<u8>>>, ProfileError> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(io_error(path)(error)),
    };
    let mut bytes = Zeroizing::new(Vec::new());
    file.take(2 * MAX_KEY_RECORD as u64).read_to_end(&mut bytes).map_err(io_error(path))?;
    Ok(Some(bytes))
}

fn protection_of(file: &[u8], path: &Path) -> Result<Protection, ProfileError> {
    sealed_key::protection(file).map_err(|_| ProfileError::KeyInvalid { key: path.to_owned() })
}

fn random(bytes: &mut [u8]) -> Result<(), ProfileError> {
    getrandom::fill(bytes).map_err(ProfileError::Random)
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
    use Unlock::Nothing;

    fn folder() -> tempfile::TempDir {
        tempfile::tempdir().expect("a temporary folder")
    }

    #[cfg(unix)]
    #[test]
    fn the_key_is_for_its_owner_only() {
        use std::os::unix::fs::PermissionsExt;
        let dir = folder();
        let profile = dir.path().join("profile");
        let _open = Profile::open_or_create(&profile, "test", &Nothing).expect("makes");
        let mode = |path: &Path| fs::metadata(path).expect("there").permissions().mode() & 0o777;
        assert_eq!(mode(&profile), 0o700);
        assert_eq!(mode(&profile.join(KEY)), 0o600);
        assert_eq!(mode(&profile.join(DATABASE)), 0o600);
        assert_eq!(fs::read(profile.join(KEY)).expect("readable").len(), 32);
    }

    #[test]
    fn a_second_process_learns_who_holds_the_profile() {
        let dir = folder();
        let first = Profile::open_or_create(dir.path(), "kuvert listen", &Nothing).expect("makes");
        let second = Profile::open_or_create(dir.path(), "kuvert send", &Nothing);
        assert!(
            matches!(second, Err(ProfileError::InUse { by }) if by.starts_with("kuvert listen (process "))
        );
        drop(first);
        assert!(Profile::open_or_create(dir.path(), "kuvert send", &Nothing).is_ok());
    }

    #[test]
    fn a_missing_or_cut_key_destroys_nothing() {
        let dir = folder();
        fs::write(dir.path().join(DATABASE), b"encrypted").expect("written");
        assert!(matches!(Profile::open(dir.path(), "test", &Nothing), Err(ProfileError::KeyMissing { .. })));
        assert!(!dir.path().join(KEY).exists());
        for wrong in [vec![7; 31], vec![7; 33], Vec::new()] {
            fs::write(dir.path().join(KEY), &wrong).expect("written");
            assert!(matches!(
                Profile::open(dir.path(), "test", &Nothing),
                Err(ProfileError::KeyInvalid { .. })
            ));
            assert_eq!(fs::read(dir.path().join(KEY)).expect("there"), wrong);
        }
        assert_eq!(fs::read(dir.path().join(DATABASE)).expect("there"), b"encrypted");
    }

    #[test]
    fn a_folder_without_a_database_is_no_profile() {
        let dir = folder();
        let missing = dir.path().join("typo");
        assert!(matches!(Profile::open(&missing, "test", &Nothing), Err(ProfileError::Missing { .. })));
        assert!(!missing.exists());
    }

    #[test]
    fn what_was_reported_is_remembered() {
        let dir = folder();
        let profile = Profile::open_or_create(dir.path(), "test", &Nothing).expect("makes");
        assert_eq!(profile.listened().expect("reads"), MessageId(0));
        profile.set_listened(MessageId(42)).expect("writes");
        assert_eq!(profile.listened().expect("reads"), MessageId(42));
    }

    #[test]
    fn a_passphrase_is_changed_without_touching_the_database() {
        let dir = folder();
        let passphrase = |text: &str| Unlock::Passphrase(Zeroizing::new(text.into()));
        let (first, second) = (passphrase("first passphrase"), passphrase("second passphrase"));
        let mut profile = Profile::open_or_create(dir.path(), "test", &Nothing).expect("makes");
        let key = profile.key.clone();
        fs::write(dir.path().join(DATABASE), b"encrypted").expect("written");
        assert_eq!(Profile::protection(dir.path()).expect("reads"), Protection::None);
        profile.protect(&first).expect("locks");
        profile.protect(&second).expect("changes");
        let short = profile.protect(&passphrase("short"));
        assert!(matches!(short, Err(ProfileError::PassphraseTooShort)));
        drop(profile);
        assert_eq!(Profile::protection(dir.path()).expect("reads"), Protection::Passphrase);
        for (unlock, expected) in [(&Nothing, "locked"), (&first, "not the passphrase")] {
            let Err(error) = Profile::open(dir.path(), "test", unlock) else { panic!("opened") };
            assert!(error.to_string().contains(expected), "{error}");
        }
        let mut profile = Profile::open(dir.path(), "test", &second).expect("opens");
        assert_eq!(profile.key, key);
        profile.protect(&Nothing).expect("unlocks");
        assert_eq!(fs::read(dir.path().join(KEY)).expect("there"), key.as_slice());
        assert_eq!(fs::read(dir.path().join(DATABASE)).expect("there"), b"encrypted");
    }
}
