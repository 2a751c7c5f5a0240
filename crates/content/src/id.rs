//! The id of a message, derived from what it says.

use minicbor::{Decode, Decoder, Encode, Encoder, decode, encode};
use sha2::{Digest, Sha256};

/// Names a message: a hash function id and the first 31 bytes of a hash over sender, room and content
/// (draft-ietf-mimi-content-09, section 3.3).
///
/// Sorts by its bytes. `Debug` shows its first two bytes only.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageId([u8; 32]);

impl MessageId {
    /// Length in bytes.
    pub const LEN: usize = 32;

    /// SHA-256 in the IANA registry of named information hash algorithms.
    const SHA256: u8 = 1;

    /// Wraps the bytes. Which hash function the first one names is not looked at: an id made by a function that
    /// this version does not know names no message that it has, and does no harm.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Reads from a slice of exactly [`Self::LEN`] bytes.
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// The id of the message `encoded` with `salt`, sent by `sender` to `room`.
    pub(crate) fn derive(sender: &str, room: &str, encoded: &[u8], salt: &[u8; 16]) -> Self {
        let digest = Sha256::new()
            .chain_update(length(sender))
            .chain_update(sender)
            .chain_update(length(room))
            .chain_update(room)
            .chain_update(encoded)
            // Once more, so that the hash cannot be continued by who knows only the digest.
            .chain_update(salt)
            .finalize();
        let mut id = [0; Self::LEN];
        id[0] = Self::SHA256;
        id[1..].copy_from_slice(&digest[..Self::LEN - 1]);
        Self(id)
    }
}

fn length(uri: &str) -> [u8; 2] {
    u16::try_from(uri.len()).unwrap_or(u16::MAX).to_be_bytes()
}

impl std::fmt::Debug for MessageId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "MessageId({:02x}{:02x}..)", self.0[0], self.0[1])
    }
}

impl<C> Encode<C> for MessageId {
    fn encode<W: encode::Write>(&self, e: &mut Encoder<W>, _: &mut C) -> Result<(), encode::Error<W::Error>> {
        e.bytes(&self.0)?.ok()
    }
}

impl<'b, C> Decode<'b, C> for MessageId {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, decode::Error> {
        Self::from_slice(d.bytes()?).ok_or_else(|| decode::Error::message("MessageId has the wrong length"))
    }
}
