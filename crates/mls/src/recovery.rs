//! A new group key for those who miss the commit that brings it: sealed to every leaf, beside the GroupInfo.

use kuvert_wire::{ChannelId, SecretBoxKey, derive_key};
use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};
use x25519_dalek::{PublicKey, StaticSecret};
use zeroize::Zeroizing;

use crate::limits::{MAX_AWAY, MAX_LEAVES};
use crate::{Device, EngineRng, GroupData, GroupKey, MlsError};

/// The group key, sealed to the recovery key of each leaf. The group's secret enters each seal, so that a relay that
/// could break X25519 one day opens none.
#[derive(Clone, Encode, Decode)]
pub(crate) struct Recovery {
    #[cbor(n(0), with = "minicbor::bytes")]
    ephemeral: [u8; 32],
    /// One for each leaf.
    #[n(1)]
    sealed: Vec<ByteVec>,
}

impl Recovery {
    /// `leaves`: the recovery key of each.
    pub(crate) fn seal(
        rng: &EngineRng,
        data: &GroupData,
        channel: ChannelId,
        key: &GroupKey,
        leaves: &[[u8; 32]],
    ) -> Self {
        let secret = StaticSecret::from(rng.bytes::<32>());
        let ephemeral = PublicKey::from(&secret).to_bytes();
        let seal = |recovery: &[u8; 32]| {
            let shared = secret.diffie_hellman(&PublicKey::from(*recovery));
            let secret_box = secret_box(data, shared.as_bytes(), &ephemeral, recovery);
            secret_box.seal(&rng.bytes(), channel.as_bytes(), &key.0).into()
        };
        Self { ephemeral, sealed: leaves.iter().map(seal).collect() }
    }

    /// What is in it for `device`.
    pub(crate) fn open(
        &self,
        device: &Device,
        data: &GroupData,
        channel: ChannelId,
    ) -> Result<GroupKey, MlsError> {
        let shared = device.recovery.diffie_hellman(&PublicKey::from(self.ephemeral));
        let secret_box = secret_box(data, shared.as_bytes(), &self.ephemeral, &device.recovery_key());
        self.sealed
            .iter()
            .take(MAX_LEAVES + MAX_AWAY)
            .find_map(|sealed| secret_box.open(channel.as_bytes(), sealed).ok())
            .and_then(|key| key.as_slice().try_into().ok())
            .map(GroupKey)
            .ok_or(MlsError::PeerFault("no group key for this device"))
    }
}

fn secret_box(
    data: &GroupData,
    shared: &[u8; 32],
    ephemeral: &[u8; 32],
    recovery: &[u8; 32],
) -> SecretBoxKey {
    let secret = Zeroizing::new([shared.as_slice(), &data.secret].concat());
    let key = derive_key(&secret, "kuvert recovery v1", &[ephemeral.as_slice(), recovery].concat());
    SecretBoxKey::new(&key)
}
