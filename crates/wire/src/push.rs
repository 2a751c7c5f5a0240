//! Push subscriptions: how a relay wakes a device that is not connected, through the push service of its browser
//! (RFC 8030, 8291, 8292). What is pushed says nothing.

use minicbor::{Decode, Encode};

use crate::ids::{P256Key, PostId, PushAuth};

/// Where and how a browser is pushed to, as its `PushSubscription` says.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub struct PushSubscription {
    /// URL at the push service, at most [`crate::limits::MAX_PUSH_ENDPOINT`] bytes.
    #[n(0)]
    pub endpoint: String,
    /// The browser's public key (`p256dh`).
    #[n(1)]
    pub key: P256Key,
    /// The secret that the browser made with it (`auth`).
    #[n(2)]
    pub auth: PushAuth,
}

impl std::fmt::Debug for PushSubscription {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PushSubscription(..)")
    }
}

/// Registers a push subscription for the own inbox, in place of any other, or removes it.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct SetPush {
    /// Names the request.
    #[n(0)]
    pub id: PostId,
    /// None removes what is registered.
    #[n(1)]
    pub subscription: Option<PushSubscription>,
}
