//! Tells the operator of settings that keep devices here from people at another relay. Anybody can name any relay, so each
//! is said once until the relay is started anew, and names no address (LOG-1).

use std::sync::Once;

/// Something was for another relay, and this one delivers to none.
pub(crate) fn keeps_to_itself() {
    static SAID: Once = Once::new();
    SAID.call_once(|| {
        tracing::warn!("something was for another relay and is not delivered: federation.enabled is false");
    });
}

/// Something was for a relay with a private address, or one without TLS.
pub(crate) fn avoids_private_addresses() {
    static SAID: Once = Once::new();
    SAID.call_once(|| {
        tracing::warn!(
            "something was for a relay with a private address or without TLS and is not delivered: \
             federation.private_addresses is false"
        );
    });
}
