//! A copy of the profile on its way to the relay.

use kuvert_content::Sealer;
use kuvert_wire::{BlobId, InboxId, Token, encode};
use minicbor::bytes::ByteVec;
use zeroize::Zeroizing;

use super::arrival::Packed;
use super::link::MoveLink;
use super::{MAX_DATABASE, MoveError};
use crate::blob::Upload;
use crate::{AttachmentId, Client, ClientError, FetchId, FetchMethod, FetchOutcome, FetchRequest, Refusal};

/// Bytes that go with one request.
const SLICE: usize = 1024 * 1024;
/// Largest answer: a sentence.
const MAX_ANSWER: usize = 4096;
/// Times that it begins from the start, in a network that fails.
const TRIES: usize = 20;

/// Brings a sealed copy of the profile to the relay.
pub struct Departure {
    link: MoveLink,
    upload: Upload,
    sealed: Vec<u8>,
    /// So many bytes are there; `None` before the blob was announced.
    sent: Option<usize>,
    /// Names for blobs with which it begins anew, in a network that fails.
    spare: Vec<BlobId>,
}

impl Client {
    /// Seals a copy of the profile: its database, closed, and the key of that.
    ///
    /// # Errors
    /// [`Refusal::NotMoving`] if no copy may be made: see [`Client::may_be_copied`]. [`Refusal::DataInvalid`] for a database that is
    /// too large to be moved.
    pub fn depart(&mut self, key: &[u8; 32], database: Vec<u8>) -> Result<Departure, ClientError> {
        let account = self.account().ok_or(Refusal::NoIdentity)?;
        if !self.may_be_copied() {
            return Err(Refusal::NotMoving.into());
        }
        if database.len() > MAX_DATABASE {
            return Err(Refusal::DataInvalid.into());
        }
        let key = Zeroizing::new(*key);
        let packed =
            Zeroizing::new(encode(&Packed { key: ByteVec::from(key.to_vec()), database: database.into() }));
        // A key for each copy: two are never sealed with one.
        let (blob, seal): (BlobId, [u8; 39]) = (BlobId::new(self.fresh_id()), self.rng().bytes());
        let size = packed.len() as u64;
        let (sealed, hash) = seal_all(&seal, &packed).map_err(|_| Refusal::DataInvalid)?;
        let link = MoveLink::new(&account.relay, blob, seal, size, hash);
        let (inbox, token): (InboxId, Token) = (account.inbox(), account.token(self.rng()));
        let upload = Upload {
            attachment: AttachmentId(0),
            file: String::new(),
            url: link.url(),
            size: sealed.len() as u64,
            secret: link.right(),
            inbox,
            token,
        };
        let spare = (0..TRIES).map(|_| BlobId::new(self.fresh_id())).collect();
        Ok(Departure { link, upload, sealed, sent: None, spare })
    }
}

fn seal_all(key: &[u8; 39], plain: &[u8]) -> Result<(Vec<u8>, [u8; 32]), kuvert_content::FileError> {
    let mut sealer = Sealer::new(&kuvert_content::FileKey::new(*key), plain.len() as u64)?;
    let (mut sealed, mut rest) = (Vec::with_capacity(plain.len() + plain.len() / 8), plain);
    while let Some(wants) = sealer.wants() {
        let (now, later) = rest.split_at(wants.min(rest.len()));
        rest = later;
        let mut chunk = now.to_vec();
        sealer.seal(&mut chunk)?;
        sealed.extend_from_slice(&chunk);
    }
    Ok((sealed, sealer.finish()?))
}

impl Departure {
    /// The link by which another device takes it.
    pub fn link(&self) -> &MoveLink {
        &self.link
    }

    /// How many bytes are there, of how many.
    pub fn progress(&self) -> (usize, usize) {
        (self.sent.unwrap_or(0), self.sealed.len())
    }

    /// The next request; `None` when all of it is there.
    pub fn request(&self) -> Option<FetchRequest> {
        let (method, headers) = match self.sent {
            None => (FetchMethod::Put(Vec::new()), self.upload.announcement()),
            Some(sent) if sent < self.sealed.len() => {
                let end = (sent + SLICE).min(self.sealed.len());
                let slice = self.sealed.get(sent..end).unwrap_or_default().to_vec();
                (FetchMethod::Patch(slice), self.upload.append(sent as u64))
            }
            Some(_) => return None,
        };
        let url = self.upload.url.clone();
        Some(FetchRequest { id: FetchId(0), method, url, headers, limit: MAX_ANSWER })
    }

    /// Takes the answer to [`Self::request`]. After one that failed, the driver rests before the next.
    ///
    /// # Errors
    /// [`MoveError`] if the relay does not take it.
    pub fn answered(&mut self, outcome: &FetchOutcome) -> Result<(), MoveError> {
        let status = match outcome {
            FetchOutcome::Answered { status, .. } => Some(*status),
            FetchOutcome::Failed => None,
        };
        match (self.sent, status) {
            (None, Some(201 | 204)) => self.sent = Some(0),
            (Some(sent), Some(204)) => self.sent = Some((sent + SLICE).min(self.sealed.len())),
            (_, Some(status @ (403 | 413 | 507))) => return Err(MoveError::Refused(status)),
            // How much of it came is not known: it begins anew, under another name.
            (_, status) => {
                let blob = self.spare.pop().ok_or(MoveError::Refused(status.unwrap_or_default()))?;
                self.link = self.link.elsewhere(blob);
                self.upload.url = self.link.url();
                self.sent = None;
            }
        }
        Ok(())
    }
}
