//! Leaving: no member can commit its own removal, so it states that it wants to leave, and another one commits that.

use ed25519_dalek::{Signature, VerifyingKey};
use kuvert_wire::{ChannelId, decode, encode};
use minicbor::{Decode, Encode};
use openmls::prelude::LeafNode;

use crate::limits::MAX_STATEMENTS;
use crate::{Delivery, Device, MlsError};

/// A device's statement that its identity leaves a group: whoever commits the removal shows it to all.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct LeaveStatement {
    /// Public key of the device that says so.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub device: [u8; 32],
    /// By that device, over the channel, and over the inbox and token of its leaf, which stay when it renews its keys and which
    /// another membership does not have.
    #[cbor(n(1), with = "minicbor::bytes")]
    signature: [u8; 64],
}

impl LeaveStatement {
    pub(crate) fn sign(device: &Device, channel: ChannelId, leaf: &LeafNode) -> Result<Self, MlsError> {
        let signature = device.sign_bytes(&message(channel, leaf)?);
        Ok(Self { device: device.certificate().device, signature })
    }

    /// Whether this was said by the device of `leaf`, about its membership in the group of `channel`.
    pub(crate) fn holds(&self, channel: ChannelId, leaf: &LeafNode) -> bool {
        let Ok(message) = message(channel, leaf) else { return false };
        leaf.signature_key().as_slice() == self.device
            && VerifyingKey::from_bytes(&self.device)
                .and_then(|key| key.verify_strict(&message, &Signature::from_bytes(&self.signature)))
                .is_ok()
    }

    /// Statements as they stand in a commit's authenticated data; nothing where there are none.
    pub(crate) fn list(statements: &[Self]) -> Vec<u8> {
        if statements.is_empty() { Vec::new() } else { encode(&statements) }
    }

    pub(crate) fn read_list(bytes: &[u8]) -> Result<Vec<Self>, MlsError> {
        if bytes.is_empty() {
            return Ok(Vec::new());
        }
        let statements: Vec<Self> = decode(bytes, 128 * MAX_STATEMENTS)
            .map_err(|_| MlsError::PeerFault("a commit's statements are malformed"))?;
        if statements.len() > MAX_STATEMENTS {
            return Err(MlsError::PeerFault("a commit has too many statements"));
        }
        Ok(statements)
    }
}

fn message(channel: ChannelId, leaf: &LeafNode) -> Result<Vec<u8>, MlsError> {
    let Delivery { inbox, token, .. } = Delivery::of(leaf)?;
    Ok([b"kuvert leave v1".as_slice(), channel.as_bytes(), inbox.as_bytes(), token.as_bytes()].concat())
}
