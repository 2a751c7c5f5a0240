//! Files that are too large for a message: how their bytes are sealed, and how a message refers to them.
//!
//! A file is padded, cut into chunks and sealed chunk by chunk (the STREAM construction of Hoang, Reyhanitabar, Rogaway and
//! Vizár, "Online Authenticated-Encryption and its Nonce-Reuse Misuse-Resistance", 2015). A chunk that was changed, moved,
//! left out or cut off does not open. The hash in the message binds the file to the message's sender: whoever else has the
//! key, as all members of a group do, cannot put another file in its place.
//!
//! [`Sealer`] and [`Opener`] do no I/O: they say how many bytes they want, and take no memory but that of one chunk.
//! The format is in `docs/protocol/attachments.md`.

use chacha20poly1305::aead::KeyInit;
use chacha20poly1305::aead::stream::{NewStream, StreamBE32, StreamPrimitive};
use chacha20poly1305::{ChaCha20Poly1305, Key};
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::External;
use crate::limits::{MAX_FILE, MAX_FILE_NAME, MAX_FILE_URL, MAX_MEDIA_TYPE};

/// Says in [`External::enc_alg`] that a file is sealed as here. The IANA registry of AEAD algorithms leaves numbers from
/// 32768 on to private use; none of its own is a chunked one.
pub const FILE_ENC_ALG: u16 = 0x8001;
/// Bytes of the padded file in one chunk, the last one apart.
pub const FILE_CHUNK: usize = 64 * 1024;
/// Bytes by which a sealed chunk is longer.
pub const FILE_TAG: usize = 16;
/// Smallest padded file: small files all look alike.
const SMALLEST: u64 = 1024;
/// SHA-256 in the IANA registry of named information hash algorithms.
const SHA_256: u8 = 1;

/// What opens one file. Fresh for every file: sealing two files with one key would give both away.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct FileKey {
    /// Key of ChaCha20-Poly1305.
    pub key: [u8; 32],
    /// What every chunk's nonce begins with.
    pub nonce: [u8; 7],
}

impl FileKey {
    /// Makes a key of 39 random bytes.
    pub fn new(random: [u8; 39]) -> Self {
        let (mut key, mut nonce) = ([0; 32], [0; 7]);
        key.copy_from_slice(&random[..32]);
        nonce.copy_from_slice(&random[32..]);
        Self { key, nonce }
    }

    fn stream(&self) -> StreamBE32<ChaCha20Poly1305> {
        StreamBE32::from_aead(ChaCha20Poly1305::new(Key::from_slice(&self.key)), (&self.nonce).into())
    }
}

impl std::fmt::Debug for FileKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FileKey(..)")
    }
}

/// How a message refers to a file that lies at a relay.
///
/// `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct FileRef {
    /// Where the sealed bytes lie.
    pub url: String,
    /// Media type of the file, with its parameters, as its sender says.
    pub media_type: String,
    /// Suggested name, perhaps empty. It comes from outside: never a path to write to as it is.
    pub name: String,
    /// Bytes of the file, before padding and sealing.
    pub size: u64,
    /// What opens it.
    pub key: FileKey,
    /// SHA-256 of the sealed bytes.
    pub hash: [u8; 32],
}

impl FileRef {
    /// Reads an external part; `None` if this version cannot open what it refers to, or if it breaks a limit.
    pub fn read(external: &External) -> Option<Self> {
        let is_known = external.enc_alg == FILE_ENC_ALG
            && external.hash_alg == SHA_256
            && external.aad.is_empty()
            && external.size <= MAX_FILE
            && external.url.len() <= MAX_FILE_URL
            && external.content_type.len() <= MAX_MEDIA_TYPE
            && external.filename.len() <= MAX_FILE_NAME;
        if !is_known {
            return None;
        }
        Some(Self {
            url: external.url.clone(),
            media_type: external.content_type.clone(),
            name: external.filename.clone(),
            size: external.size,
            key: FileKey {
                key: external.key.as_slice().try_into().ok()?,
                nonce: external.nonce.as_slice().try_into().ok()?,
            },
            hash: external.content_hash.as_slice().try_into().ok()?,
        })
    }

    /// The external part of a message.
    pub fn external(&self) -> External {
        External {
            content_type: self.media_type.clone(),
            url: self.url.clone(),
            expires: 0,
            size: self.size,
            enc_alg: FILE_ENC_ALG,
            key: self.key.key.to_vec(),
            nonce: self.key.nonce.to_vec(),
            aad: Vec::new(),
            hash_alg: SHA_256,
            content_hash: self.hash.to_vec(),
            description: String::new(),
            filename: self.name.clone(),
        }
    }
}

impl std::fmt::Debug for FileRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FileRef(..)")
    }
}

/// Why a file cannot be sealed or opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// It is longer than [`MAX_FILE`].
    #[error("the file is larger than {MAX_FILE} bytes")]
    TooLarge,
    /// The caller gave another number of bytes than was wanted.
    #[error("a chunk has a wrong length")]
    WrongLength,
    /// These are not the bytes that were sealed with this key, or not at this place.
    #[error("the file was changed on its way")]
    Forged,
}

/// Bytes of a sealed file, which is all that a relay learns of a file of `size` bytes; `None` beyond [`MAX_FILE`].
pub fn sealed_size(size: u64) -> Option<u64> {
    (size <= MAX_FILE).then(|| Layout::new(size).sealed())
}

/// Padmé (Nikitin et al., "Reducing Metadata Leakage from Encrypted Files and Communication with PURBs", 2019): at most
/// 12 % more, and a length that tells only O(log log n) bits of the true one.
fn padded(size: u64) -> u64 {
    if size <= SMALLEST {
        return SMALLEST;
    }
    let exponent = size.ilog2();
    let mask = (1u64 << (exponent - exponent.ilog2() - 1)) - 1;
    (size + mask) & !mask
}

/// Where the chunks of a file begin and end.
#[derive(Debug, Clone, Copy)]
struct Layout {
    size: u64,
    padded: u64,
}

impl Layout {
    fn new(size: u64) -> Self {
        Self { size, padded: padded(size) }
    }

    fn chunks(self) -> u32 {
        // At most MAX_FILE / FILE_CHUNK and a little more.
        u32::try_from(self.padded.div_ceil(FILE_CHUNK as u64)).unwrap_or(u32::MAX)
    }

    fn sealed(self) -> u64 {
        self.padded + u64::from(self.chunks()) * FILE_TAG as u64
    }

    /// Bytes of the first `chunks` chunks, of a file of `length` bytes.
    fn within(chunks: u32, length: u64) -> u64 {
        (u64::from(chunks) * FILE_CHUNK as u64).min(length)
    }

    fn length(chunk: u32, length: u64) -> usize {
        // At most FILE_CHUNK.
        usize::try_from(Self::within(chunk + 1, length) - Self::within(chunk, length)).unwrap_or(FILE_CHUNK)
    }

    /// Bytes of a chunk with its padding.
    fn padded_length(self, chunk: u32) -> usize {
        Self::length(chunk, self.padded)
    }

    /// Bytes of the file in a chunk.
    fn plain_length(self, chunk: u32) -> usize {
        Self::length(chunk, self.size)
    }

    fn is_last(self, chunk: u32) -> bool {
        chunk + 1 == self.chunks()
    }
}

/// Seals a file, chunk by chunk.
pub struct Sealer {
    stream: StreamBE32<ChaCha20Poly1305>,
    layout: Layout,
    next: u32,
    hash: Sha256,
}

impl Sealer {
    /// Begins a file of `size` bytes.
    ///
    /// # Errors
    /// [`FileError::TooLarge`].
    pub fn new(key: &FileKey, size: u64) -> Result<Self, FileError> {
        if size > MAX_FILE {
            return Err(FileError::TooLarge);
        }
        Ok(Self { stream: key.stream(), layout: Layout::new(size), next: 0, hash: Sha256::new() })
    }

    /// How many bytes of the file the next chunk takes, at most [`FILE_CHUNK`]; 0 where there is only padding left.
    /// `None` when all is sealed.
    pub fn wants(&self) -> Option<usize> {
        (self.next < self.layout.chunks()).then(|| self.layout.plain_length(self.next))
    }

    /// Seals the next chunk in place; what is then in `chunk` is to be appended to the sealed file.
    ///
    /// # Errors
    /// [`FileError::WrongLength`] if `chunk` does not hold as many bytes as [`Self::wants`] says.
    pub fn seal(&mut self, chunk: &mut Vec<u8>) -> Result<(), FileError> {
        if self.wants() != Some(chunk.len()) {
            return Err(FileError::WrongLength);
        }
        chunk.resize(self.layout.padded_length(self.next), 0);
        let is_last = self.layout.is_last(self.next);
        self.stream.encrypt_in_place(self.next, is_last, b"", chunk).map_err(|_| FileError::WrongLength)?;
        self.hash.update(&chunk);
        self.next += 1;
        Ok(())
    }

    /// SHA-256 of the sealed file.
    ///
    /// # Errors
    /// [`FileError::WrongLength`] if not all is sealed.
    pub fn finish(self) -> Result<[u8; 32], FileError> {
        match self.wants() {
            None => Ok(self.hash.finalize().into()),
            Some(_) => Err(FileError::WrongLength),
        }
    }
}

/// Opens a sealed file, chunk by chunk. What it gives out is genuine; the whole is when [`Self::finish`] says so.
pub struct Opener {
    sealer: Sealer,
    expected: [u8; 32],
}

impl Opener {
    /// Begins a file of `size` bytes whose sealed bytes have the hash `expected`.
    ///
    /// # Errors
    /// [`FileError::TooLarge`].
    pub fn new(key: &FileKey, size: u64, expected: [u8; 32]) -> Result<Self, FileError> {
        Ok(Self { sealer: Sealer::new(key, size)?, expected })
    }

    /// How many sealed bytes the next chunk has; `None` when all were opened.
    pub fn wants(&self) -> Option<usize> {
        let Sealer { layout, next, .. } = &self.sealer;
        self.sealer.wants().map(|_| layout.padded_length(*next) + FILE_TAG)
    }

    /// Where the next chunk begins in the sealed file.
    pub fn position(&self) -> u64 {
        let Sealer { layout, next, .. } = &self.sealer;
        Layout::within(*next, layout.padded) + u64::from(*next) * FILE_TAG as u64
    }

    /// How many bytes of the file were opened.
    pub fn opened(&self) -> u64 {
        Layout::within(self.sealer.next, self.sealer.layout.size)
    }

    /// Opens the next chunk in place; what is then in `chunk` is to be appended to the file.
    ///
    /// # Errors
    /// [`FileError::WrongLength`] if `chunk` does not hold as many bytes as [`Self::wants`] says; [`FileError::Forged`]
    /// if it does not open. Then the right bytes may still be given.
    pub fn open(&mut self, chunk: &mut Vec<u8>) -> Result<(), FileError> {
        if self.wants() != Some(chunk.len()) {
            return Err(FileError::WrongLength);
        }
        let Sealer { stream, layout, next, hash } = &mut self.sealer;
        let mut after = hash.clone();
        after.update(&chunk);
        stream.decrypt_in_place(*next, layout.is_last(*next), b"", chunk).map_err(|_| FileError::Forged)?;
        let length = layout.plain_length(*next);
        if chunk.iter().skip(length).any(|byte| *byte != 0) {
            return Err(FileError::Forged);
        }
        chunk.truncate(length);
        *hash = after;
        *next += 1;
        Ok(())
    }

    /// How many bytes the next chunk has when it is opened; see [`Self::keep`].
    pub fn keeps(&self) -> Option<usize> {
        self.sealer.wants()
    }

    /// Takes the next chunk as it was opened earlier, in another run, instead of its sealed bytes. `chunk` is spoilt.
    ///
    /// # Errors
    /// [`FileError::WrongLength`] if `chunk` does not hold as many bytes as [`Self::keeps`] says.
    pub fn keep(&mut self, chunk: &mut Vec<u8>) -> Result<(), FileError> {
        self.sealer.seal(chunk)
    }

    /// Whether the whole is what the message refers to.
    ///
    /// # Errors
    /// [`FileError::WrongLength`] if not all was opened, [`FileError::Forged`] if somebody who has the key sealed
    /// another file with it.
    pub fn finish(self) -> Result<(), FileError> {
        if self.sealer.finish()? == self.expected { Ok(()) } else { Err(FileError::Forged) }
    }
}
