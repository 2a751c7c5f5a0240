//! The link of a move: `https://relay/move#...`.

use data_encoding::BASE64URL_NOPAD;
use kuvert_content::FileKey;
use kuvert_wire::{BlobId, BlobSecret, decode, encode};
use minicbor::{Decode, Encode};
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::MoveError;
use crate::link::is_origin;

/// What stands between the relay's origin and the secret.
const PATH: &str = "/move#";
/// Largest secret part, decoded.
const MAX_SECRET: usize = 256;

/// Where a profile waits for another device, and what opens it. Whoever has it can take the whole profile.
#[derive(Clone, PartialEq, Eq)]
pub struct MoveLink {
    origin: String,
    secret: Secret,
}

#[derive(Clone, PartialEq, Eq, Encode, Decode, Zeroize, ZeroizeOnDrop)]
struct Secret {
    #[n(0)]
    #[zeroize(skip)]
    blob: BlobId,
    /// What seals it.
    #[cbor(n(1), with = "minicbor::bytes")]
    key: [u8; 39],
    /// Bytes of the parcel, before padding and sealing.
    #[n(2)]
    size: u64,
    /// SHA-256 of the sealed bytes.
    #[cbor(n(3), with = "minicbor::bytes")]
    hash: [u8; 32],
}

impl MoveLink {
    pub(super) fn new(origin: &str, blob: BlobId, key: [u8; 39], size: u64, hash: [u8; 32]) -> Self {
        Self { origin: origin.to_owned(), secret: Secret { blob, key, size, hash } }
    }

    /// Reads a link.
    ///
    /// # Errors
    /// [`MoveError::NoLink`].
    pub fn parse(text: &str) -> Result<Self, MoveError> {
        let (origin, secret) = text.trim().split_once(PATH).ok_or(MoveError::NoLink)?;
        let bytes = BASE64URL_NOPAD.decode(secret.as_bytes()).map_err(|_| MoveError::NoLink)?;
        let bytes = Zeroizing::new(bytes);
        let secret = decode(&bytes, MAX_SECRET).map_err(|_| MoveError::NoLink)?;
        if !is_origin(origin) {
            return Err(MoveError::NoLink);
        }
        Ok(Self { origin: origin.to_owned(), secret })
    }

    /// Origin of the relay where it waits.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    pub(super) fn url(&self) -> String {
        blob_url(&self.origin, self.secret.blob)
    }

    /// The same bytes under another name.
    pub(super) fn elsewhere(&self, blob: BlobId) -> Self {
        let mut other = self.clone();
        other.secret.blob = blob;
        other
    }

    pub(super) fn key(&self) -> FileKey {
        FileKey::new(self.secret.key)
    }

    pub(super) fn size(&self) -> u64 {
        self.secret.size
    }

    pub(super) fn hash(&self) -> [u8; 32] {
        self.secret.hash
    }

    /// The right to write and delete the blob: whoever can open it may.
    pub(super) fn right(&self) -> BlobSecret {
        let digest = Sha256::new().chain_update(b"kuvert move v1").chain_update(self.secret.key);
        BlobSecret::new(digest.finalize().into())
    }
}

/// Where a blob lies.
pub(super) fn blob_url(origin: &str, blob: BlobId) -> String {
    format!("{origin}/v1/blobs/{}", blob.to_text())
}

impl std::fmt::Display for MoveLink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let secret = Zeroizing::new(encode(&self.secret));
        write!(f, "{}{PATH}{}", self.origin, BASE64URL_NOPAD.encode(&secret))
    }
}

impl std::fmt::Debug for MoveLink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MoveLink(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_read_as_it_was_written() {
        let link = MoveLink::new("https://relay.example", BlobId::new([1; 16]), [2; 39], 70_000, [3; 32]);
        let text = link.to_string();
        assert!(text.starts_with("https://relay.example/move#"));
        assert_eq!(MoveLink::parse(&format!(" {text}\n")), Ok(link));
        for bad in
            [&text[..text.len() - 1], "https://relay.example/move#", "", "http://relay.example/move#AA"]
        {
            assert_eq!(MoveLink::parse(bad), Err(MoveError::NoLink), "{bad}");
        }
        assert_eq!(MoveLink::parse(&text.replace("https", "ftp")), Err(MoveError::NoLink));
    }
}
