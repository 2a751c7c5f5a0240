//! What may be too large for an envelope: it travels inside, or as a sealed blob beside it.

use std::collections::BTreeMap;

use kuvert_wire::{BlobId, BlobSecret, SecretBoxKey, limits as wire};
use minicbor::{Decode, Encode};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::limits::{MAX_INLINE, MAX_PART};
use crate::padding::{pad, unpad};
use crate::{EngineRng, MlsError};

/// Bytes, or where they are.
#[derive(Clone, Encode, Decode)]
pub enum Part {
    /// Here.
    #[n(0)]
    Inline(#[cbor(n(0), with = "minicbor::bytes")] Vec<u8>),
    /// There.
    #[n(1)]
    Blob(#[n(0)] BlobRef),
}

/// Where a sealed blob is, and what opens it.
#[derive(Clone, PartialEq, Eq, Encode, Decode, Zeroize, ZeroizeOnDrop)]
pub struct BlobRef {
    /// Origin of its relay.
    #[n(0)]
    pub relay: String,
    /// Its name there.
    #[n(1)]
    #[zeroize(skip)]
    pub id: BlobId,
    /// What opens it.
    #[cbor(n(2), with = "minicbor::bytes")]
    key: [u8; 32],
    /// Its sealed size in bytes.
    #[n(3)]
    pub length: u64,
}

/// A sealed blob, which must be at its relay before what refers to it leaves.
pub struct SealedBlob {
    /// Where it belongs.
    pub reference: BlobRef,
    /// The right to upload it.
    pub secret: BlobSecret,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// Sealed blobs that were fetched.
pub type Blobs = BTreeMap<BlobId, Vec<u8>>;

impl std::fmt::Debug for BlobRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BlobRef").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Part {
    /// Puts bytes inside, or into a blob for `relay`, which is added to `blobs`.
    ///
    /// # Errors
    /// [`MlsError::State`] if they are too many.
    pub fn pack(
        rng: &EngineRng,
        relay: &str,
        bytes: Vec<u8>,
        blobs: &mut Vec<SealedBlob>,
    ) -> Result<Self, MlsError> {
        if bytes.len() <= MAX_INLINE {
            return Ok(Self::Inline(bytes));
        }
        if bytes.len() > MAX_PART {
            return Err(MlsError::State("a group has grown too large"));
        }
        let (id, key, secret) = (BlobId::new(rng.bytes()), rng.bytes(), BlobSecret::new(rng.bytes()));
        let bytes = SecretBoxKey::new(&key).seal(&rng.bytes(), id.as_bytes(), &pad(&bytes));
        let reference = BlobRef { relay: relay.to_owned(), id, key, length: bytes.len() as u64 };
        blobs.push(SealedBlob { reference: reference.clone(), secret, bytes });
        Ok(Self::Blob(reference))
    }

    /// The bytes, if they are inside or were fetched.
    ///
    /// # Errors
    /// [`MlsError::NeedsBlob`] if they were not, [`MlsError::PeerFault`] if they do not open.
    pub fn unpack(self, blobs: &Blobs) -> Result<Vec<u8>, MlsError> {
        match self {
            Self::Inline(bytes) => Ok(bytes),
            Self::Blob(reference) => {
                let fits = reference.length <= (MAX_PART * 2) as u64;
                if !fits || reference.relay.len() > wire::MAX_ORIGIN {
                    return Err(MlsError::PeerFault("a blob is too large"));
                }
                let Some(sealed) = blobs.get(&reference.id) else {
                    return Err(MlsError::NeedsBlob(Box::new(reference)));
                };
                let padded = SecretBoxKey::new(&reference.key)
                    .open(reference.id.as_bytes(), sealed)
                    .map_err(|_| MlsError::PeerFault("a blob does not open"))?;
                let bytes = unpad(&padded).ok_or(MlsError::PeerFault("a blob's padding is malformed"))?;
                Ok(bytes.to_vec())
            }
        }
    }
}
