//! What a device asks of a channel, and what a channel keeps.

use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};

use crate::ids::{ChannelId, FanoutKey, InboxId, PostId, PostSecret, PostSecretHash};
use crate::limits;
use crate::token::{RelayAddress, Token};

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
    /// GroupInfo of this epoch, sealed under the group key; for devices that heal. Without it, the channel keeps the one
    /// that it has, and beside it the commits since.
    #[n(3)]
    pub group_info: Option<ByteVec>,
    /// What lets a member post that missed commits, sealed under the group key. Opaque to the relay.
    #[cbor(n(4), with = "minicbor::bytes")]
    pub access: Vec<u8>,
}

impl ChannelState {
    /// Whether all parts keep their bounds.
    pub fn is_within_limits(&self) -> bool {
        self.fanout.len() <= limits::MAX_FANOUT
            && self.group_info.as_ref().is_none_or(|info| info.len() <= limits::MAX_GROUP_INFO)
            && self.access.len() <= limits::MAX_ACCESS
    }
}

/// Creates a channel, for who may deposit into an inbox of the same relay.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct CreateChannel {
    /// Names the request.
    #[n(0)]
    pub id: PostId,
    /// The new channel.
    #[n(1)]
    pub channel: ChannelId,
    /// Its first state, with a GroupInfo.
    #[n(2)]
    pub state: ChannelState,
    /// An inbox at this relay, as a rule the creator's own.
    #[n(3)]
    pub inbox: InboxId,
    /// The right to deposit there.
    #[n(4)]
    pub token: Token,
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
    /// The inbox's relay, where it is not the channel's own. That relay alone can check the token.
    #[n(3)]
    pub relay: Option<RelayAddress>,
}

/// Reads what a channel keeps, for a device that missed too much to follow its inbox.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct FetchChannel {
    /// Names the request.
    #[n(0)]
    pub id: PostId,
    /// The channel.
    #[n(1)]
    pub channel: ChannelId,
    /// The epoch to which `secret` belongs: the current one, or one of the last before.
    #[n(2)]
    pub epoch: u64,
    /// The post secret of that epoch.
    #[n(3)]
    pub secret: PostSecret,
    /// How many of the handshakes the device has already, 0 for a first page.
    #[n(4)]
    pub after: u64,
}

/// Answers [`FetchChannel`]. The epoch of the GroupInfo and the number of all handshakes since add up to `epoch`; where
/// they do not, the channel changed between two pages.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct ChannelInfo {
    /// The request.
    #[n(0)]
    pub id: PostId,
    /// The channel's current epoch.
    #[n(1)]
    pub epoch: u64,
    /// The last sealed GroupInfo; on a first page only.
    #[n(2)]
    pub group_info: Option<ByteVec>,
    /// As in [`ChannelState`], of the current epoch.
    #[cbor(n(3), with = "minicbor::bytes")]
    pub access: Vec<u8>,
    /// Bodies of the commits since that GroupInfo, in order, behind those that the device has.
    #[n(4)]
    pub handshakes: Vec<ByteVec>,
    /// Whether there are more.
    #[n(5)]
    pub more: bool,
}
