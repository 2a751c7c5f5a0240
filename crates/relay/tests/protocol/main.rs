//! The relay over real sockets.

mod channels;
mod frames;
mod inboxes;
mod privacy;
mod site;
mod support;

use std::path::Path;

use kuvert_relay::{Config, Relay};

/// Starts a relay on a free port of this machine.
async fn relay_in(data: &Path) -> Relay {
    relay_with_web(data, None).await
}

async fn relay_with_web(data: &Path, web: Option<&Path>) -> Relay {
    let listen = std::net::SocketAddr::from((std::net::Ipv4Addr::LOCALHOST, 0));
    let config = Config { data: data.to_owned(), listen, origins: Vec::new(), web: web.map(Path::to_owned) };
    Relay::start(config).await.expect("starts")
}

fn temp() -> tempfile::TempDir {
    tempfile::tempdir().expect("a directory")
}
