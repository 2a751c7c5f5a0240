//! The one place where the cipher suite stands.

use openmls::prelude::{
    Capabilities, Ciphersuite, CredentialType, ExtensionType, MlsGroupJoinConfig,
    PURE_PLAINTEXT_WIRE_FORMAT_POLICY, SenderRatchetConfiguration,
};

use crate::data::GROUP_EXTENSION;
use crate::delivery::DELIVERY_EXTENSION;

/// Hybrid post-quantum suite: X-Wing (ML-KEM-768 with X25519), AES-128-GCM, SHA-256, Ed25519. Its number is still
/// provisional; a group keeps the suite that it was made with.
pub const SUITE: Ciphersuite = Ciphersuite::MLS_128_MLKEM768X25519_AES128GCM_SHA256_Ed25519;

/// Messages that a group may skip within one sender's ratchet, and keep for later.
const RATCHET: (u32, u32) = (32, 2_000);

pub(crate) fn capabilities() -> Capabilities {
    Capabilities::new(
        None,
        Some(&[SUITE]),
        Some(&[
            ExtensionType::LastResort,
            ExtensionType::Unknown(GROUP_EXTENSION),
            ExtensionType::Unknown(DELIVERY_EXTENSION),
        ]),
        None,
        Some(&[CredentialType::Basic]),
    )
}

/// Handshakes travel as PublicMessage inside Kuvert's own seal, so that a healing device can follow the public tree.
/// A relay refuses posts of past epochs, so no past secrets are kept. What was posted in time and comes late is opened by state that
/// `kuvert-core` sets aside.
pub(crate) fn join_config() -> MlsGroupJoinConfig {
    MlsGroupJoinConfig::builder()
        .wire_format_policy(PURE_PLAINTEXT_WIRE_FORMAT_POLICY)
        .use_ratchet_tree_extension(false)
        .max_past_epochs(0)
        .sender_ratchet_configuration(SenderRatchetConfiguration::new(RATCHET.0, RATCHET.1))
        .build()
}
