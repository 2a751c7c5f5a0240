//! What one relay hands to another: entries for inboxes there, with the tokens that open them.
//!
//! Until it is delivered it waits on the sending relay's disk, sealed to the receiving relay's key, so that this disk holds
//! no inbox, token or envelope of elsewhere. The sealing is that of queue entries (X25519, HKDF-SHA-256,
//! ChaCha20-Poly1305); one ephemeral key serves many deposits, each with its own number as the nonce.

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{ChaCha20Poly1305, KeyInit};
use minicbor::{Decode, Encode};
use x25519_dalek::{PublicKey, StaticSecret};
use zeroize::{Zeroize, Zeroizing};

use crate::aead::{OpenError, derive_key};
use crate::codec::{DecodeError, decode, encode};
use crate::entry::Entry;
use crate::error::ErrorCode;
use crate::ids::{InboxId, PostId, RelayKey};
use crate::limits;
use crate::token::Token;

const LABEL: &str = "kuvert deposit v1";
const EPHEMERAL: usize = 32;
const NUMBER: usize = 8;

/// One inbox for which a deposit is meant.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct ForeignTarget {
    /// The inbox.
    #[n(0)]
    pub inbox: InboxId,
    /// The right to deposit there.
    #[n(1)]
    pub token: Token,
}

/// An entry for inboxes at another relay.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct ForeignDeposit {
    /// 16 random bytes, by which a repeat is recognised and stored once.
    #[n(0)]
    pub id: PostId,
    /// At most [`limits::MAX_FOREIGN_TARGETS`].
    #[n(1)]
    pub targets: Vec<ForeignTarget>,
    /// What they get. Never a [`Entry::Gap`], which only an inbox's own relay can know of.
    #[n(2)]
    pub entry: Entry,
}

impl ForeignDeposit {
    /// Whether it keeps its bounds and carries what may come from elsewhere.
    pub fn is_within_limits(&self) -> bool {
        let fits = match &self.entry {
            Entry::Deposit { body } | Entry::Post { body, .. } | Entry::Commit { body, .. } => {
                body.len() <= limits::MAX_BODY
            }
            Entry::Missed { .. } => true,
            Entry::Gap { .. } => false,
        };
        fits && self.targets.len() <= limits::MAX_FOREIGN_TARGETS
    }
}

/// A deposit as it waits and travels: `ephemeral key (32) || number (8, big-endian) || ciphertext`.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(transparent)]
pub struct SealedDeposit {
    /// The bytes.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub bytes: Vec<u8>,
}

impl std::fmt::Debug for SealedDeposit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SealedDeposit({} bytes)", self.bytes.len())
    }
}

/// The body of `POST /v1/deposits`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
pub struct SealedDeposits {
    /// At most [`limits::MAX_FOREIGN_DEPOSITS`], in the order in which they are to be worked off.
    #[n(0)]
    pub deposits: Vec<SealedDeposit>,
}

impl SealedDeposits {
    /// Reads and bounds a request's body.
    ///
    /// # Errors
    /// [`DecodeError`] if it is malformed, or beyond its bounds in bytes or deposits.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let read: Self = decode(bytes, limits::MAX_FOREIGN_BYTES)?;
        match read.deposits.len() {
            ..=limits::MAX_FOREIGN_DEPOSITS => Ok(read),
            size => Err(DecodeError::TooLarge { size, limit: limits::MAX_FOREIGN_DEPOSITS }),
        }
    }
}

/// The answer to [`SealedDeposits`]: one for each, in order. None means accepted, [`ErrorCode::Busy`] try again, everything
/// else never.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
pub struct DepositResults {
    /// The answers.
    #[n(0)]
    pub results: Vec<Option<ErrorCode>>,
}

/// What `GET /v1/relay` says.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct RelayInfo {
    /// Protocol version.
    #[n(0)]
    pub version: u16,
    /// Origins under which the relay is reached.
    #[n(1)]
    pub origins: Vec<String>,
    /// What other relays seal to.
    #[n(2)]
    pub key: RelayKey,
}

/// Seals deposits to one relay. Making one costs two X25519 operations; sealing, one AEAD.
pub struct ForeignSealer {
    ephemeral: [u8; EPHEMERAL],
    cipher: ChaCha20Poly1305,
    next: u64,
}

impl ForeignSealer {
    /// From 32 fresh random bytes, which must not serve again.
    pub fn new(mut random: [u8; 32], to: &RelayKey) -> Self {
        let secret = StaticSecret::from(random);
        random.zeroize();
        let ephemeral = PublicKey::from(&secret).to_bytes();
        let shared = secret.diffie_hellman(&PublicKey::from(*to.as_bytes()));
        Self { ephemeral, cipher: cipher(shared.as_bytes(), &ephemeral, to), next: 0 }
    }

    /// Seals the next deposit.
    pub fn seal(&mut self, deposit: &ForeignDeposit) -> SealedDeposit {
        let plain = Zeroizing::new(encode(deposit));
        let number = self.next.to_be_bytes();
        self.next += 1;
        let payload = Payload { msg: &plain, aad: &self.ephemeral };
        let Ok(ciphertext) = self.cipher.encrypt(&nonce(number), payload) else {
            unreachable!("deposits stay far below the cipher's 256 GiB");
        };
        SealedDeposit { bytes: [self.ephemeral.as_slice(), &number, &ciphertext].concat() }
    }
}

/// A relay's long-term key pair, to which others seal deposits.
pub struct RelayKeyPair {
    secret: StaticSecret,
    public: RelayKey,
}

impl RelayKeyPair {
    /// Takes 32 random bytes as the private key.
    pub fn from_bytes(mut secret: [u8; 32]) -> Self {
        let pair = StaticSecret::from(secret);
        secret.zeroize();
        let public = RelayKey::new(PublicKey::from(&pair).to_bytes());
        Self { secret: pair, public }
    }

    /// The public half.
    pub fn public(&self) -> RelayKey {
        self.public
    }

    /// Opens a deposit.
    ///
    /// # Errors
    /// [`OpenError`] if it was not sealed to this key, is too large, or holds no deposit.
    pub fn open(&self, sealed: &SealedDeposit) -> Result<ForeignDeposit, OpenError> {
        if sealed.bytes.len() > limits::MAX_FOREIGN_DEPOSIT {
            return Err(OpenError);
        }
        let (ephemeral, rest) = sealed.bytes.split_first_chunk::<EPHEMERAL>().ok_or(OpenError)?;
        let (number, ciphertext) = rest.split_first_chunk::<NUMBER>().ok_or(OpenError)?;
        let shared = self.secret.diffie_hellman(&PublicKey::from(*ephemeral));
        let payload = Payload { msg: ciphertext, aad: ephemeral };
        let plain = cipher(shared.as_bytes(), ephemeral, &self.public).decrypt(&nonce(*number), payload);
        let plain = Zeroizing::new(plain.map_err(|_| OpenError)?);
        decode(&plain, limits::MAX_FOREIGN_DEPOSIT).map_err(|_| OpenError)
    }
}

fn cipher(shared: &[u8; 32], ephemeral: &[u8; EPHEMERAL], to: &RelayKey) -> ChaCha20Poly1305 {
    let key = derive_key(shared, LABEL, &[ephemeral.as_slice(), to.as_bytes()].concat());
    ChaCha20Poly1305::new((&*key).into())
}

fn nonce(number: [u8; NUMBER]) -> chacha20poly1305::Nonce {
    let mut nonce = [0; 12];
    nonce[4..].copy_from_slice(&number);
    nonce.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::ChannelId;
    use crate::token::DepositKey;

    fn deposit(targets: usize, body: usize) -> ForeignDeposit {
        let target =
            ForeignTarget { inbox: InboxId::new([1; 16]), token: DepositKey::new([2; 32]).token([3; 16]) };
        let (channel, id) = (ChannelId::new([4; 16]), PostId::new([5; 16]));
        let entry = Entry::Post { channel, seq: u64::MAX, epoch: u64::MAX, id, body: vec![6; body] };
        ForeignDeposit { id, targets: vec![target; targets], entry }
    }

    #[test]
    fn only_the_relay_it_is_for_opens_a_deposit() {
        let pair = RelayKeyPair::from_bytes([7; 32]);
        let mut sealer = ForeignSealer::new([8; 32], &pair.public());
        let (first, second) = (sealer.seal(&deposit(1, 10)), sealer.seal(&deposit(1, 10)));
        assert_ne!(first.bytes[40..], second.bytes[40..], "no nonce serves twice");
        for sealed in [&first, &second] {
            assert_eq!(pair.open(sealed), Ok(deposit(1, 10)));
            assert_eq!(RelayKeyPair::from_bytes([9; 32]).open(sealed), Err(OpenError));
        }
        let mut changed = first;
        changed.bytes[39] ^= 1;
        assert_eq!(pair.open(&changed), Err(OpenError));
        assert_eq!(pair.open(&SealedDeposit { bytes: vec![0; 39] }), Err(OpenError));
    }

    #[test]
    fn the_largest_deposit_fits_and_a_larger_one_does_not_open() {
        // RELAY-5: MAX_FOREIGN_TARGETS, MAX_FOREIGN_DEPOSIT
        let pair = RelayKeyPair::from_bytes([7; 32]);
        let mut sealer = ForeignSealer::new([8; 32], &pair.public());
        let largest = deposit(limits::MAX_FOREIGN_TARGETS, limits::MAX_BODY);
        assert!(largest.is_within_limits());
        assert_eq!(pair.open(&sealer.seal(&largest)), Ok(largest));
        assert!(!deposit(limits::MAX_FOREIGN_TARGETS + 1, 1).is_within_limits());
        assert!(!deposit(1, limits::MAX_BODY + 1).is_within_limits());
        assert!(!ForeignDeposit { entry: Entry::Gap { lost: 1 }, ..deposit(1, 1) }.is_within_limits());
        let beyond = sealer.seal(&deposit(1, limits::MAX_FOREIGN_DEPOSIT));
        assert_eq!(pair.open(&beyond), Err(OpenError));
    }

    #[test]
    fn a_request_is_bounded_in_bytes_and_deposits() {
        // RELAY-5: MAX_FOREIGN_DEPOSITS, MAX_FOREIGN_BYTES
        let request = |count, length| {
            encode(&SealedDeposits { deposits: vec![SealedDeposit { bytes: vec![0; length] }; count] })
        };
        assert!(SealedDeposits::from_bytes(&request(limits::MAX_FOREIGN_DEPOSITS, 1)).is_ok());
        for (count, length) in [(limits::MAX_FOREIGN_DEPOSITS + 1, 1), (1, limits::MAX_FOREIGN_BYTES)] {
            let read = SealedDeposits::from_bytes(&request(count, length));
            assert!(matches!(read, Err(DecodeError::TooLarge { .. })), "{count} of {length}");
        }
    }
}
