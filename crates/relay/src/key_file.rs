//! The relay's long-term secrets: files of 32 bytes in the data directory that only the relay's user can read.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::Path;

use zeroize::Zeroizing;

/// The bytes of a secret.
pub(crate) type Secret = Zeroizing<[u8; 32]>;

/// Names one of them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct KeyFile(&'static str);

/// Opens what other relays sealed to this one.
pub(crate) const RELAY: KeyFile = KeyFile("relay.key");
/// Tells push services who this relay is, and opens the subscriptions that it keeps.
pub(crate) const PUSH: KeyFile = KeyFile("push.key");

impl KeyFile {
    /// Reads the secret, or makes it by `make` at the first start.
    pub(crate) fn load(self, data: &Path, make: impl FnOnce() -> Secret) -> io::Result<Secret> {
        if let Some(secret) = self.read(data)? {
            return Ok(secret);
        }
        let secret = make();
        self.store(data, &secret)?;
        Ok(secret)
    }

    /// Reads the secret, if there is one.
    pub(crate) fn read(self, data: &Path) -> io::Result<Option<Secret>> {
        match fs::read(data.join(self.0)).map(Zeroizing::new) {
            Ok(bytes) => {
                let secret = bytes.as_slice().try_into().map(Zeroizing::new).map_err(|_| {
                    let file = self.0;
                    let message = format!("{file} is not 32 bytes long: restore it from a backup");
                    io::Error::new(ErrorKind::InvalidData, message)
                })?;
                Ok(Some(secret))
            }
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// What others rely on must not be lost or cut short: durable under its name, then used.
    pub(crate) fn store(self, data: &Path, secret: &Secret) -> io::Result<()> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let new = data.join(format!("{}.new", self.0));
        // What a kill left behind.
        match fs::remove_file(&new) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = options.open(&new)?;
        file.write_all(secret.as_slice())?;
        file.sync_all()?;
        fs::rename(&new, data.join(self.0))?;
        File::open(data)?.sync_all()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seal::random;

    #[test]
    fn a_key_is_made_once_and_for_the_relays_user_alone() {
        let dir = tempfile::tempdir().expect("a directory");
        // As a kill would leave it behind, and readable by others.
        fs::write(dir.path().join("relay.key.new"), "half").expect("written");
        let first = RELAY.load(dir.path(), random).expect("made");
        assert_eq!(RELAY.load(dir.path(), random).expect("read"), first);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let about = fs::metadata(dir.path().join("relay.key")).expect("there");
            assert_eq!(about.permissions().mode() & 0o777, 0o600);
        }
        assert_ne!(PUSH.load(dir.path(), random).expect("made"), first, "each is its own");
        let other = tempfile::tempdir().expect("a directory");
        assert_ne!(RELAY.load(other.path(), random).expect("made"), first);
    }

    #[test]
    fn a_damaged_key_is_not_replaced_in_silence() {
        let dir = tempfile::tempdir().expect("a directory");
        fs::write(dir.path().join("relay.key"), "short").expect("written");
        assert!(RELAY.load(dir.path(), random).is_err());
        assert_eq!(fs::read(dir.path().join("relay.key")).expect("there"), b"short");
    }
}
