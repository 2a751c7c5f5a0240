//! The frames of a session. Each is one binary WebSocket message holding one CBOR value: `[number, [fields...]]`.
//!
//! Unknown fields at the end of a frame are ignored; an unknown frame is answered with [`ErrorCode::BadFrame`].

use minicbor::{Decode, Encode};

use crate::ErrorCode;
use crate::channel::{ChannelInfo, Commit, CreateChannel, FetchChannel, Post};
use crate::entry::SealedEntry;
use crate::ids::{
    Challenge, Generation, InboxId, Invite, OwnerKey, P256Key, PostId, RelayKey, SealKey, Signature,
    TokenNonce,
};
use crate::push::SetPush;
use crate::token::{DepositKey, Token};

/// From a device to a relay. A session's first frame decides what it is: [`Own`] makes it an owner session, anything
/// else an anonymous one.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[allow(clippy::large_enum_variant)] // frames are built, sent and dropped one at a time
pub enum ClientFrame {
    /// Proves ownership of an inbox and asks for its entries. Answered by [`Owned`].
    #[n(0)]
    Own(#[n(0)] Own),
    /// Acknowledges entries (owner session). Not answered.
    #[n(1)]
    Ack(#[n(0)] Ack),
    /// Stores key packages (owner session). Answered by `Accepted`.
    #[n(2)]
    PutKeyPackages(#[n(0)] PutKeyPackages),
    /// Puts an envelope into one inbox (anonymous session). Answered by `Accepted`.
    #[n(3)]
    Deposit(#[n(0)] Deposit),
    /// Takes one key package of an inbox (anonymous session). Answered by [`KeyPackageReply`].
    #[n(4)]
    TakeKeyPackage(#[n(0)] TakeKeyPackage),
    /// Creates a channel (anonymous session). Answered by `Accepted`.
    #[n(5)]
    CreateChannel(#[n(0)] CreateChannel),
    /// Posts to a channel (anonymous session). Answered by `Accepted` with the channel seq.
    #[n(6)]
    Post(#[n(0)] Post),
    /// Posts a commit: compare-and-swap of the channel's epoch (anonymous session). Answered by `Accepted`, or by
    /// `Refused` with [`ErrorCode::Conflict`] and the current epoch.
    #[n(7)]
    Commit(#[n(0)] Commit),
    /// Revokes tokens of the own inbox (owner session). Answered by `Accepted`.
    #[n(8)]
    RevokeTokens(#[n(0)] RevokeTokens),
    /// Replaces the key with which tokens are checked (owner session). Answered by `Accepted`.
    #[n(9)]
    RenewDepositKey(#[n(0)] RenewDepositKey),
    /// Deletes the own inbox with everything in it (owner session). Answered by `Accepted`; then the session closes.
    #[n(10)]
    DeleteInbox(#[n(0)] DeleteInbox),
    /// Reads what a channel keeps for devices that heal (anonymous session). Answered by [`ChannelInfo`].
    #[n(11)]
    FetchChannel(#[n(0)] FetchChannel),
    /// After `Refused` with [`ErrorCode::Busy`] or [`ErrorCode::RateLimited`]: what follows is no longer behind what was
    /// refused (anonymous session). Not answered.
    #[n(12)]
    Resume,
    /// Registers or removes the push subscription of the own inbox (owner session). Answered by `Accepted`.
    #[n(13)]
    SetPush(#[n(0)] SetPush),
}

/// From a relay to a device.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum RelayFrame {
    /// The first frame of every session.
    #[n(0)]
    Hello(#[n(0)] Hello),
    /// The session now owns the inbox; its entries follow.
    #[n(1)]
    Owned(#[n(0)] Owned),
    /// Entries in order of their seq.
    #[n(2)]
    Entries(#[n(0)] Entries),
    /// Everything that waited has been sent; what follows is live.
    #[n(3)]
    Live,
    /// The request is done and durable.
    #[n(4)]
    Accepted {
        /// The request.
        #[n(0)]
        id: PostId,
        /// Channel seq of a post or commit, otherwise 0.
        #[n(1)]
        seq: u64,
    },
    /// Answers [`TakeKeyPackage`].
    #[n(5)]
    KeyPackage(#[n(0)] KeyPackageReply),
    /// The request was not done.
    #[n(6)]
    Refused {
        /// The request.
        #[n(0)]
        id: PostId,
        /// Why.
        #[n(1)]
        code: ErrorCode,
        /// The channel's current epoch, with [`ErrorCode::Conflict`].
        #[n(2)]
        epoch: Option<u64>,
    },
    /// Something is wrong with the session itself; a close may follow.
    #[n(7)]
    Error {
        /// What.
        #[n(0)]
        code: ErrorCode,
    },
    /// Answers [`FetchChannel`].
    #[n(8)]
    ChannelInfo(#[n(0)] ChannelInfo),
}

/// Greets a new connection.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Hello {
    /// Protocol version that the relay speaks.
    #[n(0)]
    pub version: u16,
    /// What an [`Own`] frame has to sign.
    #[n(1)]
    pub challenge: Challenge,
}

/// Proof of ownership, see [`crate::OwnerProof`].
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Own {
    /// The inbox is [`InboxId::of`] this key.
    #[n(0)]
    pub owner: OwnerKey,
    /// Origin of the relay that the device means to talk to, as in `https://relay.example`.
    #[n(1)]
    pub origin: String,
    /// Over origin, challenge and owner key.
    #[n(2)]
    pub signature: Signature,
    /// The last seq that the device holds durably, 0 for none; up to here is acknowledged if `generation` is the relay's.
    #[n(3)]
    pub acknowledged: u64,
    /// Creates the inbox where it does not exist.
    #[n(4)]
    pub create: Option<InboxKeys>,
    /// The generation that `acknowledged` was counted in: that of the last [`Owned`] of this inbox.
    #[n(5)]
    pub generation: Option<Generation>,
}

/// What a relay needs to know of a new inbox.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct InboxKeys {
    /// Entries are sealed to this key.
    #[n(0)]
    pub seal_key: SealKey,
    /// Tokens are checked with this key.
    #[n(1)]
    pub deposit_key: DepositKey,
    /// Opens a relay that takes new inboxes by invitation only.
    #[n(2)]
    pub invite: Option<Invite>,
}

/// Answers [`Own`].
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Owned {
    /// The inbox was created by this request: whatever an earlier one held is gone.
    #[n(0)]
    pub created: bool,
    /// One-time key packages left.
    #[n(1)]
    pub key_packages: u16,
    /// Whether there is a key package of last resort.
    #[n(2)]
    pub last_resort: bool,
    /// The last seq that the relay holds as acknowledged; the entries after it follow. A device that counted in another
    /// generation, or further, goes on from here: the relay was set back to an earlier state, and what follows are other
    /// entries than those the device knows by their seqs.
    #[n(3)]
    pub acknowledged: u64,
    /// The relay's generation.
    #[n(4)]
    pub generation: Generation,
    /// The key to which other relays seal what is for inboxes here; none if this relay keeps to itself. Devices publish
    /// it with their inbox, and publish it anew when it is another one than before.
    #[n(5)]
    pub relay_key: Option<RelayKey>,
    /// The key by which this relay proves to push services who it is (RFC 8292); none if it does not push. Browsers bind
    /// their subscriptions to it.
    #[n(6)]
    pub push_key: Option<P256Key>,
    /// With true, the relay holds a push subscription of this inbox.
    #[n(7)]
    pub subscribed: Option<bool>,
}

/// Acknowledges all entries up to and including `seq`.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Ack {
    /// Cumulative.
    #[n(0)]
    pub seq: u64,
}

/// Adds key packages, each sealed by its owner so that the relay sees no credential.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct PutKeyPackages {
    /// Names the request.
    #[n(0)]
    pub id: PostId,
    /// Handed out once each.
    #[n(1)]
    pub one_time: Vec<minicbor::bytes::ByteVec>,
    /// Replaces the one handed out when no other is left.
    #[n(2)]
    pub last_resort: Option<minicbor::bytes::ByteVec>,
    /// With true, one-time key packages that were stored before go: they say what does not hold any more.
    #[n(3)]
    pub replaces: Option<bool>,
}

/// Revokes tokens of the own inbox, each by its nonce.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct RevokeTokens {
    /// Names the request.
    #[n(0)]
    pub id: PostId,
    /// Which; what was revoked before stays revoked.
    #[n(1)]
    pub nonces: Vec<TokenNonce>,
}

/// Gives the own inbox another deposit key: all tokens made with the old one end, and the list of revoked ones is cleared.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct RenewDepositKey {
    /// Names the request.
    #[n(0)]
    pub id: PostId,
    /// Tokens are checked with this key from now on.
    #[n(1)]
    pub deposit_key: DepositKey,
}

/// Deletes the own inbox.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct DeleteInbox {
    /// Names the request.
    #[n(0)]
    pub id: PostId,
}

/// Puts one envelope into one inbox.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Deposit {
    /// Names the request.
    #[n(0)]
    pub id: PostId,
    /// Where to.
    #[n(1)]
    pub inbox: InboxId,
    /// The right to.
    #[n(2)]
    pub token: Token,
    /// Sealed bytes.
    #[cbor(n(3), with = "minicbor::bytes")]
    pub body: Vec<u8>,
}

/// Takes one key package.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct TakeKeyPackage {
    /// Names the request.
    #[n(0)]
    pub id: PostId,
    /// Whose.
    #[n(1)]
    pub inbox: InboxId,
    /// The right to.
    #[n(2)]
    pub token: Token,
}

/// Answers [`TakeKeyPackage`].
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct KeyPackageReply {
    /// The request.
    #[n(0)]
    pub id: PostId,
    /// Sealed bytes, as stored by the owner.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub package: Vec<u8>,
}

/// Entries of an inbox, in order.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Entries {
    /// Seq of the first; the others follow without a gap.
    #[n(0)]
    pub first: u64,
    /// The entries.
    #[n(1)]
    pub sealed: Vec<SealedEntry>,
}

impl ClientFrame {
    /// The id that an answer to this frame carries, if it is answered by id.
    pub fn id(&self) -> Option<PostId> {
        match self {
            Self::Own(_) | Self::Ack(_) | Self::Resume => None,
            Self::PutKeyPackages(f) => Some(f.id),
            Self::Deposit(f) => Some(f.id),
            Self::TakeKeyPackage(f) => Some(f.id),
            Self::CreateChannel(f) => Some(f.id),
            Self::Post(f) => Some(f.id),
            Self::Commit(f) => Some(f.post.id),
            Self::RevokeTokens(f) => Some(f.id),
            Self::RenewDepositKey(f) => Some(f.id),
            Self::DeleteInbox(f) => Some(f.id),
            Self::FetchChannel(f) => Some(f.id),
            Self::SetPush(f) => Some(f.id),
        }
    }
}

/// Appends what [`RelayFrame::Entries`] with these entries encodes to, without building the frame.
pub fn encode_entries_into(first: u64, sealed: &[impl AsRef<[u8]>], bytes: &mut Vec<u8>) {
    let mut write = || -> Result<(), minicbor::encode::Error<std::convert::Infallible>> {
        let mut encoder = minicbor::Encoder::new(&mut *bytes);
        encoder.array(2)?.u8(2)?.array(1)?.array(2)?.u64(first)?.array(sealed.len() as u64)?;
        for entry in sealed {
            encoder.array(1)?.bytes(entry.as_ref())?;
        }
        Ok(())
    };
    match write() {
        Ok(()) => {}
        Err(never) => unreachable!("writing to memory failed: {never}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_encode_alike_with_and_without_their_frame() {
        for lens in [vec![], vec![0], vec![23, 24, 300, 70_000]] {
            let sealed: Vec<_> = lens.iter().map(|&len| vec![7; len]).collect();
            let mut bytes = Vec::new();
            encode_entries_into(300, &sealed, &mut bytes);
            let sealed = sealed.into_iter().map(|bytes| SealedEntry { bytes }).collect();
            let frame = RelayFrame::Entries(Entries { first: 300, sealed });
            assert_eq!(bytes, crate::encode(&frame));
        }
    }
}
