//! The database key at rest: as it is, or wrapped under a passphrase or a key file.
//!
//! The database is encrypted with 32 random bytes that never change. What a driver keeps of them (natively the file `key`, in the
//! browser a record that the browser's own key wraps once more) is 32 bytes as they are, or a record in which they are sealed (XChaCha20-Poly1305) under a key that Argon2id (RFC 9106) makes of a passphrase, or HKDF
//! of a key file. So a passphrase is changed without touching the database. Everything that opening needs but the secret
//! stands in the record and is authenticated with it.

use argon2::{Algorithm, Argon2, Block, Params, Version};
use kuvert_wire::{SecretBoxKey, decode, derive_key, encode};
use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};
use zeroize::{Zeroize, Zeroizing};

/// Shortest passphrase, in characters.
pub const MIN_PASSPHRASE: usize = 8;
/// Shortest key file, in bytes.
pub const MIN_KEY_FILE: usize = 32;
/// Longest record that is read, in bytes.
pub const MAX_KEY_RECORD: usize = 512;
/// Most that a record may ask for, in KiB: one that was tampered with must not take the machine down.
pub const MAX_MEMORY_KIB: u32 = 1024 * 1024;
/// See [`MAX_MEMORY_KIB`].
pub const MAX_PASSES: u32 = 64;
/// See [`MAX_MEMORY_KIB`].
pub const MAX_LANES: u32 = 16;

/// Why a key does not open, or cannot be wrapped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Neither a key nor a record of one that this version can read.
    #[error("the wrapped key is damaged, or of a newer version")]
    Record,
    /// Ask for the passphrase.
    #[error("the key is wrapped under a passphrase")]
    PassphraseNeeded,
    /// Ask for the key file.
    #[error("the key is wrapped under a key file")]
    KeyFileNeeded,
    /// Ask again.
    #[error("this is not the passphrase")]
    WrongPassphrase,
    /// Ask for the right one.
    #[error("this is not the key file")]
    WrongKeyFile,
    /// A secret was given where none is needed.
    #[error("the key is not wrapped")]
    NotProtected,
    /// Too easy to guess.
    #[error("a passphrase has at least {MIN_PASSPHRASE} characters")]
    PassphraseTooShort,
    /// Too easy to guess.
    #[error("a key file has at least {MIN_KEY_FILE} bytes")]
    KeyFileTooShort,
}

/// The bytes of a database key.
pub type KeyBytes = Zeroizing<[u8; 32]>;

/// What a record begins with; a key that is not wrapped has 32 bytes and no beginning.
const MAGIC: &[u8] = b"kuvert wrapped key 1\n";
const KEY_FILE_LABEL: &str = "kuvert key file v1";

/// What a passphrase costs to try: RFC 9106's choice for machines with little memory, with one lane, since the browserless
/// client has no threads to spare. Under a second on a small machine.
const COST: Cost = Cost { memory_kib: 64 * 1024, passes: 3, lanes: 1 };

/// How the key of a profile is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protection {
    /// As it is: whoever can read the folder can read everything.
    None,
    /// Wrapped under a passphrase.
    Passphrase,
    /// Wrapped under a file that is kept elsewhere.
    KeyFile,
}

/// What opens a profile beside its folder.
pub enum Unlock {
    /// Nothing.
    Nothing,
    /// A passphrase.
    Passphrase(Zeroizing<String>),
    /// The bytes of a key file: at least [`MIN_KEY_FILE`], better all of them random.
    KeyFile(Zeroizing<Vec<u8>>),
}

/// What Argon2id is to spend on one try.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
struct Cost {
    #[n(0)]
    memory_kib: u32,
    #[n(1)]
    passes: u32,
    #[n(2)]
    lanes: u32,
}

/// A wrapped key, as it stands in the file behind [`MAGIC`].
#[derive(Encode, Decode)]
struct Record {
    /// For a passphrase; without it, a key file is needed.
    #[n(0)]
    cost: Option<Cost>,
    #[cbor(n(1), with = "minicbor::bytes")]
    salt: [u8; 16],
    #[n(2)]
    sealed: ByteVec,
}

impl Record {
    /// What is authenticated with the key.
    fn context(&self) -> Vec<u8> {
        [MAGIC, &encode(&self.cost), &self.salt].concat()
    }

    fn secret_box(&self, unlock: &Unlock) -> Result<SecretBoxKey, KeyError> {
        let key = match (unlock, self.cost) {
            (Unlock::Passphrase(passphrase), Some(cost)) => cost.derive(passphrase.as_bytes(), &self.salt)?,
            (Unlock::KeyFile(bytes), None) => derive_key(bytes, KEY_FILE_LABEL, &self.salt),
            (_, Some(_)) => return Err(KeyError::PassphraseNeeded),
            (_, None) => return Err(KeyError::KeyFileNeeded),
        };
        Ok(SecretBoxKey::new(&key))
    }
}

impl Cost {
    /// Whether a file may ask for so much: one that was tampered with must not take the machine down.
    fn is_bearable(self) -> bool {
        (8 * self.lanes..=MAX_MEMORY_KIB).contains(&self.memory_kib)
            && (1..=MAX_PASSES).contains(&self.passes)
            && (1..=MAX_LANES).contains(&self.lanes)
    }

    fn derive(self, passphrase: &[u8], salt: &[u8; 16]) -> Result<KeyBytes, KeyError> {
        let params = Params::new(self.memory_kib, self.passes, self.lanes, Some(32));
        let params = params.map_err(|_| KeyError::Record)?;
        let mut key = Zeroizing::new([0; 32]);
        // Whoever finds these blocks has what the passphrase was turned into.
        let mut blocks = vec![Block::default(); params.block_count()];
        let done = Argon2::new(Algorithm::Argon2id, Version::V0x13, params).hash_password_into_with_memory(
            passphrase,
            salt,
            key.as_mut(),
            &mut blocks,
        );
        blocks.iter_mut().for_each(Zeroize::zeroize);
        done.map_err(|_| KeyError::Record)?;
        Ok(key)
    }
}

/// How a key at rest is kept. Says nothing of whether it is whole.
///
/// # Errors
/// [`KeyError::Record`] if it is none.
pub fn protection(file: &[u8]) -> Result<Protection, KeyError> {
    match file.strip_prefix(MAGIC) {
        None if file.len() == 32 => Ok(Protection::None),
        None => Err(KeyError::Record),
        Some(_) if record(file)?.cost.is_some() => Ok(Protection::Passphrase),
        Some(_) => Ok(Protection::KeyFile),
    }
}

fn record(file: &[u8]) -> Result<Record, KeyError> {
    let record = file.strip_prefix(MAGIC).ok_or(KeyError::Record)?;
    let record: Record = decode(record, MAX_KEY_RECORD).map_err(|_| KeyError::Record)?;
    if record.cost.is_some_and(|cost| !cost.is_bearable()) {
        return Err(KeyError::Record);
    }
    Ok(record)
}

/// The key of what is kept.
///
/// # Errors
/// [`KeyError`]: what it needs, or that this is not it.
pub fn open(file: &[u8], unlock: &Unlock) -> Result<KeyBytes, KeyError> {
    if protection(file)? == Protection::None {
        if !matches!(unlock, Unlock::Nothing) {
            return Err(KeyError::NotProtected);
        }
        return Ok(Zeroizing::new(file.try_into().map_err(|_| KeyError::Record)?));
    }
    let record = record(file)?;
    let wrong = || match unlock {
        Unlock::KeyFile(_) => KeyError::WrongKeyFile,
        Unlock::Nothing | Unlock::Passphrase(_) => KeyError::WrongPassphrase,
    };
    let key = record.secret_box(unlock)?.open(&record.context(), &record.sealed).map_err(|_| wrong())?;
    Ok(Zeroizing::new(key.as_slice().try_into().map_err(|_| KeyError::Record)?))
}

/// What is to be kept of a key that `unlock` opens. `random` makes random bytes.
///
/// # Errors
/// [`KeyError`] if the secret is too short, and what `random` says.
pub fn close<E: From<KeyError>>(
    key: &KeyBytes,
    unlock: &Unlock,
    random: impl Fn(&mut [u8]) -> Result<(), E>,
) -> Result<Zeroizing<Vec<u8>>, E> {
    close_at(COST, key, unlock, random)
}

fn close_at<E: From<KeyError>>(
    cost: Cost,
    key: &KeyBytes,
    unlock: &Unlock,
    random: impl Fn(&mut [u8]) -> Result<(), E>,
) -> Result<Zeroizing<Vec<u8>>, E> {
    let cost = match unlock {
        Unlock::Nothing => return Ok(Zeroizing::new(key.to_vec())),
        Unlock::Passphrase(passphrase) if passphrase.chars().count() < MIN_PASSPHRASE => {
            return Err(KeyError::PassphraseTooShort.into());
        }
        Unlock::KeyFile(bytes) if bytes.len() < MIN_KEY_FILE => return Err(KeyError::KeyFileTooShort.into()),
        Unlock::Passphrase(_) => Some(cost),
        Unlock::KeyFile(_) => None,
    };
    let (mut salt, mut nonce) = ([0; 16], [0; 24]);
    random(&mut salt)?;
    random(&mut nonce)?;
    let mut record = Record { cost, salt, sealed: Vec::new().into() };
    let sealed = record.secret_box(unlock)?.seal(&nonce, &record.context(), key.as_slice());
    record.sealed = sealed.into();
    Ok(Zeroizing::new([MAGIC, &encode(&record)].concat()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHEAP: Cost = Cost { memory_kib: 64, passes: 1, lanes: 1 };

    fn fixed(bytes: &mut [u8]) -> Result<(), KeyError> {
        bytes.fill(7);
        Ok(())
    }

    fn passphrase(text: &str) -> Unlock {
        Unlock::Passphrase(Zeroizing::new(text.into()))
    }

    fn key() -> KeyBytes {
        Zeroizing::new([5; 32])
    }

    #[test]
    fn a_wrapped_key_opens_with_its_secret_only() {
        let right = passphrase("correct horse");
        let file = close_at(CHEAP, &key(), &right, fixed).expect("wraps");
        assert!(!file.windows(32).any(|bytes| bytes == key().as_slice()));
        assert_eq!(protection(&file).expect("a record"), Protection::Passphrase);
        assert_eq!(open(&file, &right).expect("opens"), key());
        assert!(matches!(open(&file, &passphrase("correct hors")), Err(KeyError::WrongPassphrase)));
        assert!(matches!(open(&file, &Unlock::Nothing), Err(KeyError::PassphraseNeeded)));

        let right = Unlock::KeyFile(Zeroizing::new(vec![1; MIN_KEY_FILE]));
        let file = close(&key(), &right, fixed).expect("wraps");
        assert_eq!(open(&file, &right).expect("opens"), key());
        let wrong = Unlock::KeyFile(Zeroizing::new(vec![2; MIN_KEY_FILE]));
        assert!(matches!(open(&file, &wrong), Err(KeyError::WrongKeyFile)));
        assert!(matches!(open(&file, &passphrase("correct horse")), Err(KeyError::KeyFileNeeded)));
    }

    #[test]
    fn what_is_too_short_to_protect_is_refused() {
        let short = close_at(CHEAP, &key(), &passphrase("1234567"), fixed);
        assert!(matches!(short, Err(KeyError::PassphraseTooShort)));
        let short = Unlock::KeyFile(Zeroizing::new(vec![1; MIN_KEY_FILE - 1]));
        assert!(matches!(close(&key(), &short, fixed), Err(KeyError::KeyFileTooShort)));
        assert!(matches!(open(&[0; 32], &passphrase("12345678")), Err(KeyError::NotProtected)));
    }

    #[test]
    fn every_changed_byte_of_a_record_is_noticed() {
        let right = passphrase("correct horse");
        let file = close_at(CHEAP, &key(), &right, fixed).expect("wraps");
        for at in 0..file.len() {
            let mut changed = file.to_vec();
            changed[at] ^= 1;
            assert!(open(&changed, &right).is_err(), "byte {at}");
            assert!(open(&file[..at], &right).is_err(), "cut at {at}");
        }
    }

    #[test]
    fn a_record_that_asks_for_too_much_is_refused_before_it_is_tried() {
        for cost in [
            Cost { memory_kib: MAX_MEMORY_KIB + 1, ..COST },
            Cost { passes: MAX_PASSES + 1, ..COST },
            Cost { lanes: MAX_LANES + 1, ..COST },
            Cost { lanes: 0, ..COST },
            Cost { memory_kib: 7, ..COST },
        ] {
            let record = Record { cost: Some(cost), salt: [0; 16], sealed: vec![0; 72].into() };
            let file = [MAGIC, &encode(&record)].concat();
            assert!(matches!(open(&file, &passphrase("12345678")), Err(KeyError::Record)), "{cost:?}");
        }
    }

    #[test]
    fn the_cost_of_a_passphrase_is_that_of_the_rfc() {
        let right = passphrase("correct horse");
        let file = close(&key(), &right, fixed).expect("wraps");
        assert_eq!(record(&file).expect("a record").cost, Some(COST));
        assert_eq!(open(&file, &right).expect("opens"), key());
    }
}
