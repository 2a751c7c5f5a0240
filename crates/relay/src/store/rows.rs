//! The rows of the store and their keys.

use kuvert_wire::{
    BlobSecretHash, ChannelId, DepositKey, Generation, InboxId, PostId, PostSecret, PostSecretHash, SealKey,
    limits,
};
use minicbor::{Decode, Encode};
use subtle::ConstantTimeEq;

use super::StoreError;
use crate::day::Day;
use crate::federation::RelayName;

/// The place of an inbox's key package of last resort.
pub(crate) const LAST_RESORT: u64 = u64::MAX;

/// An inbox. Entries `head..next` are in the queue.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(crate) struct InboxRow {
    #[n(0)]
    pub(crate) seal_key: SealKey,
    #[n(1)]
    pub(crate) deposit_key: DepositKey,
    /// When its owner was last here.
    #[n(2)]
    pub(crate) used: Day,
    /// Everything up to here was acknowledged.
    #[n(3)]
    pub(crate) acknowledged: u64,
    /// Seq of the oldest entry that is stored, or `next` where none is.
    #[n(4)]
    pub(crate) head: u64,
    /// Seq of the next entry. Only ever grows, so that no seq is used twice.
    #[n(5)]
    pub(crate) next: u64,
    /// How many entries the `Gap` at `head` stands for; 0 where `head` is an ordinary entry.
    #[n(6)]
    pub(crate) lost: u64,
    /// Place of the oldest one-time key package.
    #[n(7)]
    pub(crate) package_head: u64,
    /// Place of the next one-time key package.
    #[n(8)]
    pub(crate) package_next: u64,
    /// Whether there is a key package of last resort.
    #[n(9)]
    pub(crate) last_resort: bool,
    /// How many revoked tokens are listed; there is a list only where this is not 0.
    #[n(10)]
    pub(crate) revoked: u16,
    /// Bytes of all sealed entries before the one at `head`, from the inbox's first on.
    #[n(11)]
    pub(crate) head_bytes: u64,
    /// Bytes of all sealed entries before the one at `next`, from the inbox's first on.
    #[n(12)]
    pub(crate) next_bytes: u64,
    /// Whether its owner is to be pushed to. There is a subscription unless this is off.
    #[cbor(n(13), default)]
    pub(crate) push: Pushing,
}

/// Whether an owner is to be pushed to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub(crate) enum Pushing {
    /// There is no subscription.
    #[n(0)]
    #[default]
    Off,
    /// With the next entry.
    #[n(1)]
    Armed,
    /// Not before the owner was here again.
    #[n(2)]
    Told,
}

impl InboxRow {
    /// An inbox that never held anything.
    pub(crate) fn new(seal_key: SealKey, deposit_key: DepositKey, used: Day) -> Self {
        Self {
            seal_key,
            deposit_key,
            used,
            acknowledged: 0,
            head: 1,
            next: 1,
            lost: 0,
            package_head: 0,
            package_next: 0,
            last_resort: false,
            revoked: 0,
            head_bytes: 0,
            next_bytes: 0,
            push: Pushing::Off,
        }
    }

    /// Bytes of the sealed entries that wait.
    pub(crate) fn bytes(&self) -> u64 {
        self.next_bytes.saturating_sub(self.head_bytes)
    }

    /// One-time key packages left.
    pub(crate) fn packages(&self) -> usize {
        usize::try_from(self.package_next - self.package_head).unwrap_or(usize::MAX)
    }
}

/// A channel, without its large parts.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(crate) struct ChannelRow {
    #[n(0)]
    pub(crate) epoch: u64,
    #[n(1)]
    pub(crate) post_secret: PostSecretHash,
    /// Channel seq of the last post.
    #[n(2)]
    pub(crate) seq: u64,
    /// When something was last posted.
    #[n(3)]
    pub(crate) used: Day,
    /// How many commits are kept since the last GroupInfo.
    #[n(4)]
    pub(crate) handshakes: u64,
    /// Their bytes.
    #[n(5)]
    pub(crate) handshake_bytes: u64,
}

/// What a channel keeps for devices that heal, beside GroupInfo and handshakes. Only commits change it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
pub(crate) struct HealingRow {
    /// As it came with the channel's state.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub(crate) access: Vec<u8>,
    /// Earlier epochs (8 bytes, big-endian) with the first 16 bytes of their post secret's hash, the latest last.
    #[cbor(n(1), with = "minicbor::bytes")]
    recent: Vec<u8>,
}

impl HealingRow {
    const RECENT: usize = 8 + 16;

    /// Remembers the secret of an epoch that ends, and forgets the oldest where there are too many.
    pub(crate) fn remember(&mut self, epoch: u64, secret: &PostSecretHash) {
        self.recent.extend_from_slice(&epoch.to_be_bytes());
        self.recent.extend_from_slice(&secret.as_bytes()[..16]);
        let excess = self.recent.len().saturating_sub(limits::MAX_RECENT_SECRETS * Self::RECENT);
        self.recent.drain(..excess);
    }

    /// Whether `secret` was the one of an earlier `epoch` that is remembered.
    pub(crate) fn knows(&self, epoch: u64, secret: &PostSecret) -> bool {
        let hash = secret.hash();
        let wanted = [epoch.to_be_bytes().as_slice(), &hash.as_bytes()[..16]].concat();
        self.recent.chunks_exact(Self::RECENT).any(|recent| recent.ct_eq(&wanted).into())
    }
}

/// A card, or its tombstone.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(crate) struct CardRow {
    #[n(0)]
    pub(crate) version: u64,
    /// When it was last stored or read, or when it was deleted.
    #[n(1)]
    pub(crate) used: Day,
    /// The card record as it came. Empty where the card was deleted: up to `version` it must not come back.
    #[cbor(n(2), with = "minicbor::bytes")]
    pub(crate) record: Vec<u8>,
}

/// How a request was answered.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(crate) struct RepeatRow {
    /// Recognises the request's content.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub(crate) content: [u8; 16],
    /// Channel seq, or 0.
    #[n(1)]
    pub(crate) seq: u64,
    /// The key package that was handed out.
    #[n(2)]
    pub(crate) package: Option<minicbor::bytes::ByteVec>,
}

/// A blob. It is complete when `stored` is `size`; its file may hold more than `stored`, which does not count.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(crate) struct BlobRow {
    /// Bytes that it will have.
    #[n(0)]
    pub(crate) size: u64,
    /// Bytes that its file is known to hold durably.
    #[n(1)]
    pub(crate) stored: u64,
    /// Recognises who may write and delete it.
    #[n(2)]
    pub(crate) secret: BlobSecretHash,
    /// The last day on which it is served or its upload may go on.
    #[n(3)]
    pub(crate) until: Day,
}

/// Another relay for which something waits. Its rows of the outbox are `head..next`.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(crate) struct RelayRow {
    /// How it is reached.
    #[n(0)]
    pub(crate) origin: String,
    /// Place of the oldest row.
    #[n(1)]
    pub(crate) head: u64,
    /// Place of the oldest row that is not a notice of loss.
    #[n(2)]
    pub(crate) whole: u64,
    /// Place of the next row.
    #[n(3)]
    pub(crate) next: u64,
    /// Bytes of what waits whole.
    #[n(4)]
    pub(crate) bytes: u64,
    /// Whether it ever took something, as far as is known.
    #[cbor(n(5), default)]
    pub(crate) answered: bool,
    /// Bytes of all its rows, notices included.
    #[cbor(n(6), default)]
    pub(crate) held: u64,
}

impl RelayRow {
    /// A relay for which nothing waits, and whose first row gets the place `first`.
    pub(crate) fn new(origin: String, first: u64) -> Self {
        Self { origin, head: first, whole: first, next: first, bytes: 0, answered: false, held: 0 }
    }
}

/// Something for another relay, sealed to it.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(crate) struct OutboxRow {
    /// When it was queued.
    #[n(0)]
    pub(crate) day: Day,
    /// A sealed deposit.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub(crate) sealed: Vec<u8>,
    /// A sealed notice that takes its place when it grows too old; none if it is one, or nobody would understand it.
    #[n(2)]
    pub(crate) missed: Option<minicbor::bytes::ByteVec>,
}

impl OutboxRow {
    /// Bytes that it holds.
    pub(crate) fn size(&self) -> u64 {
        let missed = self.missed.as_ref().map_or(0, |missed| missed.len());
        (self.sealed.len() + missed) as u64
    }
}

/// Key of an outbox row.
pub(crate) fn outbox_key(relay: RelayName, place: u64) -> Vec<u8> {
    [relay.as_bytes().as_slice(), &place.to_be_bytes()].concat()
}

/// Key of an entry.
pub(crate) fn entry_key(inbox: InboxId, seq: u64) -> [u8; 24] {
    joined(inbox.as_bytes(), &seq.to_be_bytes())
}

/// Key of a key package.
pub(crate) fn package_key(inbox: InboxId, place: u64) -> [u8; 24] {
    entry_key(inbox, place)
}

/// Key of a commit that a channel keeps for devices that heal.
pub(crate) fn handshake_key(channel: ChannelId, place: u64) -> [u8; 24] {
    joined(channel.as_bytes(), &place.to_be_bytes())
}

/// Key of a remembered request. The day comes first, so that a day is forgotten at once.
pub(crate) fn repeat_key(day: Day, id: PostId) -> [u8; 20] {
    joined(&day.0.to_be_bytes(), id.as_bytes())
}

/// `first` and then `second`, which together have `N` bytes.
fn joined<const N: usize>(first: &[u8], second: &[u8]) -> [u8; N] {
    let mut key = [0; N];
    let (front, back) = key.split_at_mut(first.len());
    front.copy_from_slice(first);
    back.copy_from_slice(second);
    key
}

/// Reads the row of the generation.
pub(super) fn generation(bytes: &[u8]) -> Result<Generation, StoreError> {
    Generation::from_slice(bytes).ok_or(StoreError::Corrupt)
}

/// Reads a row.
pub(crate) fn read<'b, T: Decode<'b, ()>>(bytes: &'b [u8]) -> Result<T, StoreError> {
    kuvert_wire::decode(bytes, usize::MAX).map_err(|_| StoreError::Corrupt)
}
