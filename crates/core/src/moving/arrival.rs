//! A profile on its way from the relay to this device.

use kuvert_content::{FileError, Opener, sealed_size};
use kuvert_wire::decode;
use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};
use zeroize::Zeroizing;

use super::link::MoveLink;
use super::{MAX_DATABASE, MoveError};
use crate::blob::Deletion;
use crate::{FetchId, FetchMethod, FetchOutcome, FetchRequest};

/// Bytes that come with one answer.
const SLICE: u64 = 1024 * 1024;
/// Room beside the database.
const BESIDE: usize = 1024;

/// What travels.
#[derive(Encode, Decode)]
pub(super) struct Packed {
    #[n(0)]
    pub(super) key: ByteVec,
    #[n(1)]
    pub(super) database: ByteVec,
}

/// A profile that came.
pub struct Parcel {
    /// What opens the database.
    pub key: Zeroizing<[u8; 32]>,
    /// The database, as a file.
    pub database: Vec<u8>,
}

/// Fetches and opens the profile behind a link.
pub struct Arrival {
    link: MoveLink,
    size: u64,
    sealed: Vec<u8>,
}

impl Arrival {
    /// Begins with a link.
    ///
    /// # Errors
    /// [`MoveError::NoLink`]; [`MoveError::TooLarge`] if it promises more than a profile.
    pub fn new(link: &str) -> Result<Self, MoveError> {
        let link = MoveLink::parse(link)?;
        if link.size() > (MAX_DATABASE + BESIDE) as u64 {
            return Err(MoveError::TooLarge);
        }
        let size = sealed_size(link.size()).ok_or(MoveError::TooLarge)?;
        Ok(Self { link, size, sealed: Vec::new() })
    }

    /// The link.
    pub fn link(&self) -> &MoveLink {
        &self.link
    }

    /// How many bytes are here, of how many.
    pub fn progress(&self) -> (usize, usize) {
        (self.sealed.len(), usize::try_from(self.size).unwrap_or(usize::MAX))
    }

    /// The next request; `None` when all of it is here.
    pub fn request(&self) -> Option<FetchRequest> {
        let from = self.sealed.len() as u64;
        if from >= self.size {
            return None;
        }
        let last = (from + SLICE).min(self.size) - 1;
        let headers = vec![("range", format!("bytes={from}-{last}"))];
        let (id, url, limit) = (FetchId(0), self.link.url(), usize::try_from(SLICE).unwrap_or(usize::MAX));
        Some(FetchRequest { id, method: FetchMethod::Get, url, headers, limit })
    }

    /// Takes the answer to [`Self::request`]. After one that failed, the driver rests before the next.
    ///
    /// # Errors
    /// [`MoveError`] if it will not come.
    pub fn answered(&mut self, outcome: FetchOutcome) -> Result<(), MoveError> {
        match outcome {
            FetchOutcome::Answered { status: 206, body } => {
                self.sealed.extend_from_slice(&body);
                if self.sealed.len() as u64 > self.size { Err(MoveError::Forged) } else { Ok(()) }
            }
            // The whole, where a proxy knows no ranges.
            FetchOutcome::Answered { status: 200, body } => {
                self.sealed = body;
                if self.sealed.len() as u64 == self.size { Ok(()) } else { Err(MoveError::Forged) }
            }
            FetchOutcome::Answered { status: 404 | 416, .. } => Err(MoveError::Gone),
            FetchOutcome::Answered { status, .. } if (400..500).contains(&status) => {
                Err(MoveError::Refused(status))
            }
            FetchOutcome::Answered { .. } | FetchOutcome::Failed => Ok(()),
        }
    }

    /// Opens what came.
    ///
    /// # Errors
    /// [`MoveError::Forged`] if it is not what was sent.
    pub fn open(&mut self) -> Result<Parcel, MoveError> {
        let sealed = std::mem::take(&mut self.sealed);
        let plain = Zeroizing::new(open_all(&self.link, &sealed).map_err(|_| MoveError::Forged)?);
        let packed: Packed = decode(&plain, plain.len()).map_err(|_| MoveError::Forged)?;
        let key = Zeroizing::new(packed.key.as_slice().try_into().map_err(|_| MoveError::Forged)?);
        Ok(Parcel { key, database: packed.database.into() })
    }

    /// What deletes the copy at the relay, once it is not needed any more.
    pub fn deletion(&self) -> FetchRequest {
        let deletion = Deletion { url: self.link.url(), secret: self.link.right() };
        let (headers, url) = (deletion.headers(), deletion.url);
        FetchRequest { id: FetchId(0), method: FetchMethod::Delete(Vec::new()), url, headers, limit: 4096 }
    }
}

fn open_all(link: &MoveLink, sealed: &[u8]) -> Result<Vec<u8>, FileError> {
    let mut opener = Opener::new(&link.key(), link.size(), link.hash())?;
    let (mut plain, mut rest) = (Vec::with_capacity(sealed.len()), sealed);
    while let Some(wants) = opener.wants() {
        let (now, later) = rest.split_at(wants.min(rest.len()));
        rest = later;
        let mut chunk = now.to_vec();
        opener.open(&mut chunk)?;
        plain.extend_from_slice(&chunk);
    }
    opener.finish()?;
    if rest.is_empty() { Ok(plain) } else { Err(FileError::WrongLength) }
}
