//! The second seal: keys that a group's members share and a relay never sees.

use kuvert_wire::{ChannelId, SecretBoxKey, derive_key};
use zeroize::Zeroizing;

use crate::padding::{pad, unpad};
use crate::{EngineRng, GroupKey, MlsError};

/// Labels of the MLS exporter (RFC 9420, section 8.5), one per use.
pub(crate) const POST_SECRET: &str = "kuvert post secret v1";
pub(crate) const FANOUT_KEY: &str = "kuvert fan-out key v1";
pub(crate) const MESSAGE_KEY: &str = "kuvert message key v1";
pub(crate) const WELCOME_KEY: &str = "kuvert welcome key v1";
pub(crate) const GROUP_KEY: &str = "kuvert group key v1";

const HANDSHAKE: &str = "kuvert handshake v1";
const ACCESS: &str = "kuvert channel access v1";
const GROUP_INFO: &str = "kuvert group info v1";

/// Seals one kind of body of one channel.
pub(crate) struct BodyBox {
    key: SecretBoxKey,
    channel: ChannelId,
}

impl BodyBox {
    /// For messages, under the key exported for one epoch.
    pub(crate) fn message(key: &[u8; 32], channel: ChannelId) -> Self {
        Self { key: SecretBoxKey::new(key), channel }
    }

    /// For the group key itself, in a welcome, under a key exported for one epoch.
    pub(crate) fn welcome(key: &[u8; 32], channel: ChannelId) -> Self {
        Self { key: SecretBoxKey::new(key), channel }
    }

    /// For commits, under the group key.
    pub(crate) fn handshake(group_key: &GroupKey, channel: ChannelId) -> Self {
        let key = derive_key(&group_key.0, HANDSHAKE, channel.as_bytes());
        Self { key: SecretBoxKey::new(&key), channel }
    }

    /// For GroupInfo, under the group key.
    pub(crate) fn group_info(group_key: &GroupKey, channel: ChannelId) -> Self {
        let key = derive_key(&group_key.0, GROUP_INFO, channel.as_bytes());
        Self { key: SecretBoxKey::new(&key), channel }
    }

    /// For what lets a healing member post, under the group key.
    pub(crate) fn access(group_key: &GroupKey, channel: ChannelId) -> Self {
        let key = derive_key(&group_key.0, ACCESS, channel.as_bytes());
        Self { key: SecretBoxKey::new(&key), channel }
    }

    pub(crate) fn seal(&self, rng: &EngineRng, plain: &[u8]) -> Vec<u8> {
        self.key.seal(&rng.bytes(), self.channel.as_bytes(), &pad(plain))
    }

    pub(crate) fn open(&self, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, MlsError> {
        let padded = self
            .key
            .open(self.channel.as_bytes(), sealed)
            .map_err(|_| MlsError::PeerFault("a body does not open"))?;
        let plain = unpad(&padded).ok_or(MlsError::PeerFault("a body's padding is malformed"))?;
        Ok(Zeroizing::new(plain.to_vec()))
    }
}

/// The key under which everything travels that needs only a card: key packages and introductions.
pub fn introduction_box(introduction_key: &[u8; 32], label: &str) -> SecretBoxKey {
    SecretBoxKey::new(&derive_key(introduction_key, label, b""))
}
