//! What waits in an inbox, and how a relay seals it before it touches a disk.
//!
//! A relay draws one ephemeral X25519 key per inbox, renews all of them every [`crate::limits::SEAL_WINDOW`] and never
//! stores them. The key that it agrees on with the inbox's seal key encrypts the inbox's entries of that window
//! (ChaCha20-Poly1305, the seq as nonce). When the ephemeral key is gone, only the inbox's owner can open them. Because the ephemeral key differs per inbox, no two inboxes hold equal bytes.

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{ChaCha20Poly1305, KeyInit};
use minicbor::{Decode, Encode};
use x25519_dalek::{PublicKey, StaticSecret};
use zeroize::{Zeroize, Zeroizing};

use crate::aead::{OpenError, derive_key};
use crate::codec::{decode, encode};
use crate::ids::{ChannelId, InboxId, PostId, SealKey};
use crate::limits;

const LABEL: &str = "kuvert entry v1";
/// Length of the ephemeral key in front of a sealed entry.
const EPHEMERAL: usize = 32;
/// Length of the cipher's tag behind it.
const TAG: usize = 16;

/// One thing that waits in an inbox.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Entry {
    /// An envelope deposited with a token.
    #[n(0)]
    Deposit {
        /// Sealed by the sender.
        #[cbor(n(0), with = "minicbor::bytes")]
        body: Vec<u8>,
    },
    /// A post to a channel.
    #[n(1)]
    Post {
        /// The channel.
        #[n(0)]
        channel: ChannelId,
        /// Its place in the channel's total order, from 1.
        #[n(1)]
        seq: u64,
        /// The epoch in which it was posted.
        #[n(2)]
        epoch: u64,
        /// The request that posted it; its sender knows it by this.
        #[n(3)]
        id: PostId,
        /// Sealed by the sender.
        #[cbor(n(4), with = "minicbor::bytes")]
        body: Vec<u8>,
    },
    /// A commit, which ended `epoch`.
    #[n(2)]
    Commit {
        /// The channel.
        #[n(0)]
        channel: ChannelId,
        /// Its place in the channel's total order, from 1.
        #[n(1)]
        seq: u64,
        /// The epoch that it ended.
        #[n(2)]
        epoch: u64,
        /// The request that posted it; its sender knows it by this.
        #[n(3)]
        id: PostId,
        /// Sealed by the sender.
        #[cbor(n(4), with = "minicbor::bytes")]
        body: Vec<u8>,
    },
    /// Entries were lost here: they expired, or made room for others.
    #[n(3)]
    Gap {
        /// How many.
        #[n(0)]
        lost: u64,
    },
    /// Posts of a channel at another relay that it could not hand over in time.
    #[n(4)]
    Missed {
        /// The channel.
        #[n(0)]
        channel: ChannelId,
        /// How many.
        #[n(1)]
        lost: u64,
    },
}

/// An entry as it is stored and delivered: `ephemeral key (32) || ciphertext`.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub struct SealedEntry {
    /// The bytes.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub bytes: Vec<u8>,
}

impl std::fmt::Debug for SealedEntry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SealedEntry({} bytes)", self.bytes.len())
    }
}

/// A relay's key for the entries of one inbox during one window. Agreeing on one costs two X25519 operations; sealing, one
/// AEAD (ChaCha20-Poly1305, [`Self::nonce`], the ephemeral key as associated data).
pub struct SealingKey {
    /// The ephemeral public key, which stands in front of each sealed entry.
    pub ephemeral: [u8; EPHEMERAL],
    /// Seals, and opens.
    pub key: Zeroizing<[u8; 32]>,
}

impl SealingKey {
    /// Derives the key of `inbox` from a secret that was drawn for the window.
    pub fn agree(window_secret: &[u8; 32], inbox: InboxId, seal_key: &SealKey) -> Self {
        let scalar = derive_key(window_secret, "kuvert seal window v1", inbox.as_bytes());
        let secret = StaticSecret::from(*scalar);
        let ephemeral = PublicKey::from(&secret).to_bytes();
        let shared = secret.diffie_hellman(&PublicKey::from(*seal_key.as_bytes()));
        Self { ephemeral, key: agreed_key(shared.as_bytes(), &ephemeral, seal_key) }
    }

    /// The nonce of the entry that gets `seq`. A seq must not be used for two different entries under one key.
    pub fn nonce(seq: u64) -> [u8; 12] {
        let mut nonce = [0; 12];
        nonce[4..].copy_from_slice(&seq.to_be_bytes());
        nonce
    }
}

/// Seals entries with a [`SealingKey`]. A relay that seals many may use a faster cipher of the same kind.
pub struct EntrySealer {
    ephemeral: [u8; EPHEMERAL],
    cipher: ChaCha20Poly1305,
}

impl EntrySealer {
    /// As [`SealingKey::agree`].
    pub fn new(window_secret: &[u8; 32], inbox: InboxId, seal_key: &SealKey) -> Self {
        let SealingKey { ephemeral, key } = SealingKey::agree(window_secret, inbox, seal_key);
        Self { ephemeral, cipher: ChaCha20Poly1305::new((&*key).into()) }
    }

    /// Seals the entry that gets `seq`. A seq must not be used for two different entries within a window.
    pub fn seal(&self, seq: u64, entry: &Entry) -> SealedEntry {
        let payload = Payload { msg: &encode(entry), aad: &self.ephemeral };
        let Ok(ciphertext) = self.cipher.encrypt(&nonce(seq), payload) else {
            unreachable!("entries stay far below the cipher's 256 GiB");
        };
        let mut bytes = Vec::with_capacity(EPHEMERAL + ciphertext.len());
        bytes.extend_from_slice(&self.ephemeral);
        bytes.extend_from_slice(&ciphertext);
        SealedEntry { bytes }
    }
}

/// An [`Entry`], encoded once to be sealed to any number of inboxes. Nothing in it is a secret: its body was sealed by who
/// sent it.
pub struct PlainEntry<'b> {
    head: Vec<u8>,
    body: &'b [u8],
}

impl PlainEntry<'static> {
    /// Encodes an entry.
    pub fn of(entry: &Entry) -> Self {
        Self { head: encode(entry), body: &[] }
    }
}

impl<'b> PlainEntry<'b> {
    /// Encodes an [`Entry::Deposit`] of `body`, without copying that.
    pub fn deposit(body: &'b [u8]) -> Self {
        // Two array heads, the entry's number, and the head of the body.
        let mut head = Vec::with_capacity(3 + 9);
        let mut encoder = minicbor::Encoder::new(&mut head);
        let written = encoder.array(2).and_then(|e| e.u8(0)?.array(1)?.bytes_len(body.len() as u64));
        match written {
            Ok(_) => Self { head, body },
            Err(never) => unreachable!("writing to memory failed: {never}"),
        }
    }

    /// Appends the encoded entry to `out`.
    pub fn append_to(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.head);
        out.extend_from_slice(self.body);
    }

    /// Bytes that it will have when it is sealed.
    pub fn sealed_len(&self) -> usize {
        EPHEMERAL + self.head.len() + self.body.len() + TAG
    }
}

/// The owner's side of sealing: the private half of an inbox's [`SealKey`].
pub struct SealKeyPair(StaticSecret);

impl SealKeyPair {
    /// Takes 32 random bytes as the private key.
    pub fn from_bytes(mut secret: [u8; 32]) -> Self {
        let pair = Self(StaticSecret::from(secret));
        secret.zeroize();
        pair
    }

    /// The public half.
    pub fn public(&self) -> SealKey {
        SealKey::new(PublicKey::from(&self.0).to_bytes())
    }

    /// The key of all entries in front of which this ephemeral key stands, see [`SealingKey`].
    pub fn agree(&self, ephemeral: &[u8; EPHEMERAL]) -> Zeroizing<[u8; 32]> {
        let shared = self.0.diffie_hellman(&PublicKey::from(*ephemeral));
        agreed_key(shared.as_bytes(), ephemeral, &self.public())
    }

    /// Opens the entry that was delivered as `seq`.
    ///
    /// # Errors
    /// [`OpenError`] if it was not sealed to this key under this seq, or holds no known entry.
    pub fn open(&self, seq: u64, sealed: &SealedEntry) -> Result<Entry, OpenError> {
        let (ephemeral, ciphertext) = sealed.bytes.split_first_chunk::<32>().ok_or(OpenError)?;
        let payload = Payload { msg: ciphertext, aad: ephemeral };
        let cipher = ChaCha20Poly1305::new((&*self.agree(ephemeral)).into());
        let plain = cipher.decrypt(&nonce(seq), payload);
        let plain = Zeroizing::new(plain.map_err(|_| OpenError)?);
        decode(&plain, limits::MAX_FRAME).map_err(|_| OpenError)
    }
}

fn agreed_key(shared: &[u8; 32], ephemeral: &[u8; 32], seal_key: &SealKey) -> Zeroizing<[u8; 32]> {
    derive_key(shared, LABEL, &[ephemeral.as_slice(), seal_key.as_bytes()].concat())
}

fn nonce(seq: u64) -> chacha20poly1305::Nonce {
    SealingKey::nonce(seq).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inbox(n: u8) -> (InboxId, SealKeyPair) {
        (InboxId::new([n; 16]), SealKeyPair::from_bytes([n; 32]))
    }

    #[test]
    fn a_deposit_encodes_alike_with_and_without_its_entry() {
        for len in [0, 23, 24, 300, 65_536] {
            let body = vec![7; len];
            let plain = PlainEntry::deposit(&body);
            let mut encoded = Vec::new();
            plain.append_to(&mut encoded);
            assert_eq!(encoded, encode(&Entry::Deposit { body: body.clone() }));
            let (id, pair) = inbox(1);
            let entry = Entry::Deposit { body: body.clone() };
            let sealed = EntrySealer::new(&[5; 32], id, &pair.public()).seal(1, &entry);
            assert_eq!(sealed.bytes.len(), plain.sealed_len());
        }
    }

    #[test]
    fn only_the_owner_opens_and_only_in_its_place() {
        let (id, pair) = inbox(1);
        let entry = Entry::Deposit { body: b"sealed".to_vec() };
        let sealed = EntrySealer::new(&[5; 32], id, &pair.public()).seal(7, &entry);
        assert_eq!(pair.open(7, &sealed), Ok(entry));
        assert_eq!(pair.open(8, &sealed), Err(OpenError));
        assert_eq!(inbox(2).1.open(7, &sealed), Err(OpenError));
    }

    #[test]
    fn the_same_entry_has_no_common_bytes_in_two_inboxes() {
        // RELAY-4: the disk alone links nobody.
        let entry = Entry::Deposit { body: vec![0; 512] };
        let sealed: Vec<_> = [1, 2]
            .map(|n| {
                let (id, pair) = inbox(n);
                EntrySealer::new(&[5; 32], id, &pair.public()).seal(1, &entry).bytes
            })
            .into();
        for window in sealed[0].windows(8) {
            assert!(!sealed[1].windows(8).any(|other| other == window));
        }
    }
}
