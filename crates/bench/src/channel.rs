//! Channels whose secrets follow from the run and the epoch, so that all who post know them.

use anyhow::{Context, Result, ensure};
use kuvert_wire::{
    ChannelId, ChannelState, ClientFrame, Commit, CreateChannel, Fanout, FanoutKey, FanoutTarget, InboxId,
    Post, PostId, PostSecret, Token, derive_key, encode, limits,
};

use crate::device::Device;

/// A channel with its members.
pub(crate) struct Channel {
    secret: [u8; 32],
    id: ChannelId,
    /// Encoded fan-out list, the same in all epochs.
    fanout: Vec<u8>,
    /// Whose inbox lets the channel be made.
    creator: (InboxId, Token),
}

impl Channel {
    /// The `n`-th channel of a run.
    pub(crate) fn new<'a>(
        run: &[u8; 32],
        n: usize,
        members: impl Iterator<Item = &'a Device>,
    ) -> Result<Self> {
        let secret = *derive_key(run, "kuvert bench channel", &(n as u64).to_be_bytes());
        let target =
            |device: &Device| FanoutTarget { inbox: device.inbox(), token: device.token(), relay: None };
        let fanout = Fanout { targets: members.map(target).collect() };
        let first = fanout.targets.first().context("a channel has at least one member")?;
        let creator = (first.inbox, first.token.clone());
        ensure!(fanout.is_within_limits(), "a channel has at most {} members", limits::MAX_FANOUT_TARGETS);
        let mut id = [0; 16];
        id.copy_from_slice(&secret[..16]);
        Ok(Self { secret, id: ChannelId::new(id), fanout: encode(&fanout), creator })
    }

    /// The request that creates it, in epoch 0.
    pub(crate) fn create(&self, id: [u8; 16]) -> ClientFrame {
        ClientFrame::CreateChannel(CreateChannel {
            id: PostId::new(id),
            channel: self.id,
            state: self.state(0),
            inbox: self.creator.0,
            token: self.creator.1.clone(),
        })
    }

    /// A post in `epoch`.
    pub(crate) fn post(&self, epoch: u64, id: [u8; 16], body: Vec<u8>) -> Post {
        Post {
            id: PostId::new(id),
            channel: self.id,
            epoch,
            secret: PostSecret::new(self.key("post", epoch)),
            fanout_key: FanoutKey::new(self.key("fan-out", epoch)),
            body,
        }
    }

    /// A commit that ends `epoch`.
    pub(crate) fn commit(&self, epoch: u64, id: [u8; 16], body: Vec<u8>) -> ClientFrame {
        let next = self.state(epoch + 1);
        ClientFrame::Commit(Commit { post: self.post(epoch, id, body), next, welcomes: Vec::new() })
    }

    fn state(&self, epoch: u64) -> ChannelState {
        let mut nonce = [0; 24];
        nonce.copy_from_slice(&self.key("nonce", epoch)[..24]);
        let key = FanoutKey::new(self.key("fan-out", epoch));
        ChannelState {
            epoch,
            post_secret: PostSecret::new(self.key("post", epoch)).hash(),
            fanout: key.secret_box().seal(&nonce, FanoutKey::CONTEXT, &self.fanout),
            group_info: Some(Vec::new().into()),
            access: Vec::new(),
        }
    }

    fn key(&self, label: &str, epoch: u64) -> [u8; 32] {
        *derive_key(&self.secret, label, &epoch.to_be_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_channel_holds_as_many_members_as_the_protocol_allows() {
        let device = Device::new(&[1; 32], 0);
        let of = |count| Channel::new(&[1; 32], 0, std::iter::repeat_n(&device, count));
        assert!(of(limits::MAX_FANOUT_TARGETS).is_ok());
        assert!(of(limits::MAX_FANOUT_TARGETS + 1).is_err());
    }
}
