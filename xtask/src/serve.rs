//! `cargo xtask serve`: everything from a fresh clone to a relay with the web app on this machine.

use std::{fs, net::SocketAddr, os::unix::process::CommandExt as _, path::PathBuf};

use anyhow::{Context, Result};
use clap::Args;

use crate::{files, process, setup, wasm};

/// Options of the task.
#[derive(Args)]
pub(crate) struct Options {
    /// Build the relay with the release profile: slower to build, faster to run
    #[arg(long)]
    release: bool,
    /// Where the relay listens
    #[arg(long, default_value = "127.0.0.1:8787")]
    listen: SocketAddr,
    /// Where the relay keeps its data [default: target/serve-data]
    #[arg(long)]
    data: Option<PathBuf>,
    /// Further arguments of `kuvert relay`
    #[arg(last = true)]
    relay: Vec<String>,
}

/// Builds, then becomes the relay, so that signals reach it directly.
///
/// The development profile is the default: its dependencies are optimised, it is there minutes sooner, and the tests
/// use the same build.
pub(crate) fn run(options: &Options) -> Result<()> {
    let root = files::root()?;
    println!("== set-up");
    setup::run()?;
    println!("== web app");
    wasm::run(&wasm::Options::default())?;
    println!("== relay");
    let mut cargo = process::cargo()?;
    cargo.args(["build", "--package", "kuvert"]);
    if options.release {
        cargo.arg("--release");
    }
    process::run(&mut cargo)?;
    let profile = if options.release { "release" } else { "debug" };
    let data = options.data.clone().unwrap_or_else(|| root.join("target/serve-data"));
    fs::create_dir_all(&data).with_context(|| format!("{} cannot be created", data.display()))?;
    let mut relay = process::command(root.join("target").join(profile).join("kuvert"))?;
    relay.arg("relay").arg("--data").arg(&data).args(["--listen", &options.listen.to_string()]);
    relay.args(&options.relay);
    println!("\nOpen {} in a browser once the relay listens. Ctrl-C stops it.\n", address(options.listen));
    Err(relay.exec()).context("the relay could not be started")
}

/// The address to open: browsers grant what an encrypted messenger needs to `localhost`, not to a bare number.
fn address(listen: SocketAddr) -> String {
    if listen.ip().is_loopback() || listen.ip().is_unspecified() {
        format!("http://localhost:{}", listen.port())
    } else {
        format!("http://{listen}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_to_open_is_localhost() {
        assert_eq!(address(SocketAddr::from(([127, 0, 0, 1], 8787))), "http://localhost:8787");
        assert_eq!(address(SocketAddr::from(([192, 0, 2, 1], 80))), "http://192.0.2.1:80");
    }
}
