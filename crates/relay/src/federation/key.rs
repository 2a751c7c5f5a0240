//! The relay's long-term key pair: `relay.key` in the data directory, 32 bytes that only the relay's user can read.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::Path;

use kuvert_wire::RelayKeyPair;
use zeroize::Zeroizing;

use crate::seal::random;

const FILE: &str = "relay.key";
const NEW: &str = "relay.key.new";

/// The bytes of the key.
pub(crate) type RelaySecret = Zeroizing<[u8; 32]>;

/// Reads the key, or makes it at the first start.
pub(super) fn load(data: &Path) -> io::Result<RelayKeyPair> {
    let secret = match read(data)? {
        Some(secret) => secret,
        None => {
            let secret = random();
            store(data, &secret)?;
            secret
        }
    };
    Ok(RelayKeyPair::from_bytes(*secret))
}

/// Reads the key, if there is one.
pub(crate) fn read(data: &Path) -> io::Result<Option<RelaySecret>> {
    match fs::read(data.join(FILE)).map(Zeroizing::new) {
        Ok(bytes) => {
            let secret = bytes.as_slice().try_into().map(Zeroizing::new).map_err(|_| {
                io::Error::new(
                    ErrorKind::InvalidData,
                    "relay.key is not 32 bytes long: restore it from a backup",
                )
            })?;
            Ok(Some(secret))
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// A key that others sealed to must not be lost or cut short: durable under its name, then used.
pub(crate) fn store(data: &Path, secret: &RelaySecret) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let new = data.join(NEW);
    // What a kill left behind.
    match fs::remove_file(&new) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = options.open(&new)?;
    file.write_all(secret.as_slice())?;
    file.sync_all()?;
    fs::rename(&new, data.join(FILE))?;
    File::open(data)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_made_once_and_for_the_relays_user_alone() {
        let dir = tempfile::tempdir().expect("a directory");
        // As a kill would leave it behind, and readable by others.
        fs::write(dir.path().join(NEW), "half").expect("written");
        let first = load(dir.path()).expect("made").public();
        assert_eq!(load(dir.path()).expect("read").public(), first);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let about = fs::metadata(dir.path().join(FILE)).expect("there");
            assert_eq!(about.permissions().mode() & 0o777, 0o600);
        }
        let other = tempfile::tempdir().expect("a directory");
        assert_ne!(load(other.path()).expect("made").public(), first);
    }

    #[test]
    fn a_damaged_key_is_not_replaced_in_silence() {
        let dir = tempfile::tempdir().expect("a directory");
        fs::write(dir.path().join(FILE), "short").expect("written");
        assert!(load(dir.path()).is_err());
        assert_eq!(fs::read(dir.path().join(FILE)).expect("there"), b"short");
    }
}
