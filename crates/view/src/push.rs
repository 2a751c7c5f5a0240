//! Being woken: what page and engine say to each other about it.

use minicbor::{Decode, Encode};

/// What a browser says of its push subscription.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub struct SubscriptionView {
    /// URL at the browser's push service.
    #[n(0)]
    pub endpoint: String,
    /// `p256dh`, 65 bytes.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub key: Vec<u8>,
    /// `auth`, 16 bytes.
    #[cbor(n(2), with = "minicbor::bytes")]
    pub auth: Vec<u8>,
}

impl std::fmt::Debug for SubscriptionView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SubscriptionView(..)")
    }
}

/// How it stands with being woken.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub struct PushView {
    /// Whether the relay was reached since the engine started, and so said whether it pushes.
    #[n(0)]
    pub known: bool,
    /// What a browser binds its subscription to (65 bytes); none if the relay does not push, or is not known.
    #[n(1)]
    pub relay_key: Option<minicbor::bytes::ByteVec>,
    /// The endpoint that the relay is to push to.
    #[n(2)]
    pub endpoint: Option<String>,
    /// The relay knows what is wanted.
    #[n(3)]
    pub settled: bool,
}

impl std::fmt::Debug for PushView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { known, relay_key, endpoint, settled } = self;
        let (pushes, wanted) = (relay_key.is_some(), endpoint.is_some());
        write!(f, "PushView {{ known: {known}, pushes: {pushes}, wanted: {wanted}, settled: {settled} }}")
    }
}
