//! Names and secrets of blobs: ciphertext files that travel beside the envelopes.
//!
//! Who knows the id may read; who knows the secret may write and delete. The relay keeps a hash of either.

use minicbor::{Decode, Decoder, Encode, Encoder, decode, encode};
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::ids::{cbor_bytes, identifier, secret};

identifier!(
    /// Names a blob: 16 random bytes chosen by the device that uploads it. Whoever knows them may read the blob.
    BlobId,
    16
);
identifier!(
    /// SHA-256 of a [`BlobSecret`]; all that a relay keeps of it.
    BlobSecretHash,
    32
);
secret!(
    /// The right to upload and to delete one blob.
    BlobSecret,
    32
);

impl BlobId {
    /// The form in paths: 22 characters of unpadded base64url.
    pub fn to_text(&self) -> String {
        data_encoding::BASE64URL_NOPAD.encode(self.as_bytes())
    }

    /// Reads the form in paths.
    pub fn from_text(text: &str) -> Option<Self> {
        Self::from_slice(&data_encoding::BASE64URL_NOPAD.decode(text.as_bytes()).ok()?)
    }
}

impl BlobSecret {
    /// What the relay stores to recognise this secret.
    pub fn hash(&self) -> BlobSecretHash {
        BlobSecretHash::new(Sha256::digest(self.as_bytes()).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blob_id_has_one_form_in_paths() {
        let id = BlobId::new([0xfb; 16]);
        assert_eq!(id.to_text().len(), 22);
        assert_eq!(BlobId::from_text(&id.to_text()), Some(id));
        // The last character holds four bits that must be zero: no id has two names.
        for other in
            ["+_v7-_v7-_v7-_v7-_v7-w", "-_v7-_v7-_v7-_v7-_v7-x", "-_v7-_v7-_v7-_v7-_v7-w=", "../x", ""]
        {
            assert_eq!(BlobId::from_text(other), None, "{other}");
        }
    }
}
