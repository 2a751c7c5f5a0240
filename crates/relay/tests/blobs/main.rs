//! Blobs over real sockets.

mod delete;
mod download;
mod http;
#[allow(dead_code)] // the protocol tests use more of it
#[path = "../protocol/support.rs"]
mod support;
mod upload;

use std::path::Path;

use kuvert_relay::config::ByteLen;
use kuvert_relay::{Config, Relay};
use support::Device;

fn config(data: &Path) -> Config {
    let mut config = Config::new(data).expect("defaults");
    config.listen = std::net::SocketAddr::from((std::net::Ipv4Addr::LOCALHOST, 0));
    config
}

/// Starts a relay on a free port of this machine, with alice's inbox.
async fn relay_with_inbox(data: &Path) -> (Relay, Device) {
    start(config(data)).await
}

/// Starts a relay that takes blobs of so many bytes.
async fn relay_with_limits(data: &Path, max_size: u64, total: u64) -> (Relay, Device) {
    let mut config = config(data);
    config.blobs.max_size = ByteLen(max_size);
    config.blobs.total = ByteLen(total);
    start(config).await
}

async fn start(config: Config) -> (Relay, Device) {
    let relay = Relay::start(config).await.expect("starts");
    let alice = Device::new(1);
    drop(alice.connect(relay.local_addr(), 0).await);
    (relay, alice)
}

fn temp() -> tempfile::TempDir {
    tempfile::tempdir().expect("a directory")
}

/// The files of blobs.
fn blob_files(data: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    let mut directories = vec![data.join("blobs")];
    while let Some(directory) = directories.pop() {
        for entry in std::fs::read_dir(directory).expect("a directory") {
            let path = entry.expect("an entry").path();
            if path.is_dir() { directories.push(path) } else { found.push(path) }
        }
    }
    found
}
