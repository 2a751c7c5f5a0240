//! Relays that deliver to each other, over real sockets.

mod deposits;
mod outbox;

#[allow(dead_code)] // the protocol tests use more of it
#[path = "../protocol/http.rs"]
mod http;
#[allow(dead_code)] // the protocol tests use more of it
#[path = "../protocol/support.rs"]
mod support;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

use kuvert_relay::{Config, Relay};
use kuvert_wire::{FanoutTarget, RelayAddress, RelayInfo, decode};

use support::{Device, origin};

fn config(data: &Path, listen: SocketAddr) -> Config {
    let mut config = Config::new(data).expect("defaults");
    config.listen = listen;
    config.federation.private_addresses = true;
    config
}

async fn relay_in(data: &Path) -> Relay {
    relay_at(data, SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await
}

/// Starts a relay where it was before.
async fn relay_at(data: &Path, listen: SocketAddr) -> Relay {
    Relay::start(config(data, listen)).await.expect("starts")
}

fn temp() -> tempfile::TempDir {
    tempfile::tempdir().expect("a directory")
}

/// How a relay calls itself to others.
async fn address_of(relay: &Relay) -> RelayAddress {
    let at = relay.local_addr();
    let about = http::get(at, "/v1/relay").await;
    assert_eq!(about.status, 200);
    let info: RelayInfo = decode(&about.body, 4096).expect("reads");
    assert!(info.origins.contains(&origin(at)));
    RelayAddress { origin: origin(at), key: info.key }
}

fn here(device: &Device) -> FanoutTarget {
    FanoutTarget { inbox: device.inbox, token: device.token(), relay: None }
}

fn there(device: &Device, relay: &RelayAddress) -> FanoutTarget {
    FanoutTarget { relay: Some(relay.clone()), ..here(device) }
}
