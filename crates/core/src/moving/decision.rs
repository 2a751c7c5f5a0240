//! Which of two devices with the same profile goes on.

use kuvert_wire::{BlobId, BlobSecret, BlobSecretHash, InboxId, Token};

use super::MoveError;
use super::link::blob_url;
use crate::blob::Upload;
use crate::{AttachmentId, FetchId, FetchMethod, FetchOutcome, FetchRequest};

/// Largest answer.
const MAX_ANSWER: usize = 4096;

/// What stands in the register.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// This device goes on.
    Here,
    /// The other one does: nothing of the profile may stay here.
    Elsewhere,
    /// Nothing yet.
    Open,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Announce,
    Write,
    Read,
    Done(Verdict),
}

/// Writes into the register, unless somebody did, and reads what stands there.
pub struct Decision {
    url: String,
    /// The right to write there, and for whom the relay stores it.
    upload: Option<Upload>,
    own: Option<BlobSecretHash>,
    stage: Stage,
}

impl Decision {
    pub(super) fn new(
        origin: &str,
        register: BlobId,
        claim: BlobSecret,
        inbox: InboxId,
        token: Token,
    ) -> Self {
        let (url, own) = (blob_url(origin, register), claim.hash());
        let size = BlobSecretHash::LEN as u64;
        let (attachment, file) = (AttachmentId(0), String::new());
        let upload = Upload { attachment, file, url: url.clone(), size, secret: claim, inbox, token };
        Self { url, upload: Some(upload), own: Some(own), stage: Stage::Announce }
    }

    pub(super) fn watching(origin: &str, register: BlobId, claim: Option<&BlobSecret>) -> Self {
        let (url, own) = (blob_url(origin, register), claim.map(BlobSecret::hash));
        Self { url, upload: None, own, stage: Stage::Read }
    }

    /// The next request; `None` when it is known.
    pub fn request(&self) -> Option<FetchRequest> {
        let (method, headers) = match (self.stage, &self.upload, self.own) {
            (Stage::Announce, Some(upload), _) => (FetchMethod::Put(Vec::new()), upload.announcement()),
            (Stage::Write, Some(upload), Some(own)) => {
                (FetchMethod::Patch(own.as_bytes().to_vec()), upload.append(0))
            }
            (Stage::Done(_), ..) => return None,
            _ => (FetchMethod::Get, Vec::new()),
        };
        Some(FetchRequest { id: FetchId(0), method, url: self.url.clone(), headers, limit: MAX_ANSWER })
    }

    /// Takes the answer to [`Self::request`]. After one that failed, the driver rests before the next.
    ///
    /// # Errors
    /// [`MoveError::Refused`] if the relay does not take it.
    pub fn answered(&mut self, outcome: &FetchOutcome) -> Result<(), MoveError> {
        let FetchOutcome::Answered { status, body } = outcome else { return Ok(()) };
        self.stage = match (self.stage, *status) {
            // 409: the other device was faster, or this one wrote before. It is read in any case.
            (Stage::Announce, 200..=299) => Stage::Write,
            (Stage::Announce, 409) => Stage::Read,
            (Stage::Write, 200..=299 | 409) => Stage::Read,
            (Stage::Read, 200) => {
                let is_own = self.own.is_some_and(|own| own.as_bytes() == body.as_slice());
                Stage::Done(if is_own { Verdict::Here } else { Verdict::Elsewhere })
            }
            // Announced by the other, who did not get further: that ends after a day.
            (Stage::Read, 404) => Stage::Done(Verdict::Open),
            (_, 500..=599) => self.stage,
            (_, status) => return Err(MoveError::Refused(status)),
        };
        Ok(())
    }

    /// What stands there, once it is known.
    pub fn verdict(&self) -> Option<Verdict> {
        match self.stage {
            Stage::Done(verdict) => Some(verdict),
            _ => None,
        }
    }
}
