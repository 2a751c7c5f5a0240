//! The relay over real sockets.

mod admin;
mod channels;
mod doors;
mod frames;
mod http;
mod inboxes;
mod privacy;
mod site;
mod status;
mod support;
mod tls;

use std::path::Path;

use kuvert_relay::{Config, Relay};

/// Starts a relay on a free port of this machine.
async fn relay_in(data: &Path) -> Relay {
    relay_with_web(data, None).await
}

async fn relay_with_web(data: &Path, web: Option<&Path>) -> Relay {
    Relay::start(Config { web: web.map(Path::to_owned), ..config_in(data) }).await.expect("starts")
}

/// The settings of a relay on a free port of this machine.
fn config_in(data: &Path) -> Config {
    let listen = std::net::SocketAddr::from((std::net::Ipv4Addr::LOCALHOST, 0));
    Config { listen, ..Config::new(data).expect("defaults") }
}

fn temp() -> tempfile::TempDir {
    tempfile::tempdir().expect("a directory")
}
