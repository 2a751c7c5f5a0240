//! The frames of a session. Each is one binary WebSocket message holding one CBOR value: `[number, [fields...]]`.
//!
//! Unknown fields at the end of a frame are ignored; an unknown frame is answered with [`ErrorCode::BadFrame`].

use minicbor::{Decode, Encode};

use crate::entry::SealedEntry;
use crate::ids::{
    Challenge, ChannelId, FanoutKey, InboxId, OwnerKey, PostId, PostSecret, PostSecretHash, SealKey,
    Signature,
};
use crate::token::{DepositKey, Token};
use crate::{ErrorCode, limits};

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
    /// The last seq that the device holds durably, 0 for none; up to here is acknowledged.
    #[n(3)]
    pub acknowledged: u64,
    /// Creates the inbox where it does not exist.
    #[n(4)]
    pub create: Option<InboxKeys>,
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

/// What a relay keeps of a channel for one epoch.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct ChannelState {
    /// MLS epoch.
    #[n(0)]
    pub epoch: u64,
    /// Recognises the epoch's post secret.
    #[n(1)]
    pub post_secret: PostSecretHash,
    /// [`crate::Fanout`], sealed under the epoch's fan-out key.
    #[cbor(n(2), with = "minicbor::bytes")]
    pub fanout: Vec<u8>,
    /// GroupInfo, sealed under the group key; for devices that heal.
    #[cbor(n(3), with = "minicbor::bytes")]
    pub group_info: Vec<u8>,
}

/// Creates a channel.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct CreateChannel {
    /// Names the request.
    #[n(0)]
    pub id: PostId,
    /// The new channel.
    #[n(1)]
    pub channel: ChannelId,
    /// Its first state.
    #[n(2)]
    pub state: ChannelState,
}

/// Posts to all members of a channel, the sender included.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Post {
    /// Names the request.
    #[n(0)]
    pub id: PostId,
    /// Where to.
    #[n(1)]
    pub channel: ChannelId,
    /// The epoch in which the body was sealed.
    #[n(2)]
    pub epoch: u64,
    /// The right to post in that epoch.
    #[n(3)]
    pub secret: PostSecret,
    /// Opens the fan-out list.
    #[n(4)]
    pub fanout_key: FanoutKey,
    /// Sealed bytes.
    #[cbor(n(5), with = "minicbor::bytes")]
    pub body: Vec<u8>,
}

/// Moves a channel from one epoch to the next.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Commit {
    /// The commit itself, which goes to the members of the epoch that it ends.
    #[n(0)]
    pub post: Post,
    /// State of the next epoch; its number must be `post.epoch + 1`.
    #[n(1)]
    pub next: ChannelState,
    /// For the devices that this commit adds.
    #[n(2)]
    pub welcomes: Vec<WelcomeDeposit>,
}

/// One welcome within a [`Commit`].
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct WelcomeDeposit {
    /// Where to.
    #[n(0)]
    pub inbox: InboxId,
    /// The right to.
    #[n(1)]
    pub token: Token,
    /// Sealed bytes.
    #[cbor(n(2), with = "minicbor::bytes")]
    pub body: Vec<u8>,
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

impl ChannelState {
    /// Whether all parts keep their bounds.
    pub fn is_within_limits(&self) -> bool {
        self.fanout.len() <= limits::MAX_FANOUT && self.group_info.len() <= limits::MAX_GROUP_INFO
    }
}

impl ClientFrame {
    /// The id that an answer to this frame carries, if it is answered by id.
    pub fn id(&self) -> Option<PostId> {
        match self {
            Self::Own(_) | Self::Ack(_) => None,
            Self::PutKeyPackages(f) => Some(f.id),
            Self::Deposit(f) => Some(f.id),
            Self::TakeKeyPackage(f) => Some(f.id),
            Self::CreateChannel(f) => Some(f.id),
            Self::Post(f) => Some(f.id),
            Self::Commit(f) => Some(f.post.id),
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
