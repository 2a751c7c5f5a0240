//! A relay in a process of its own, for every test that kills it.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};

pub(crate) const KUVERT: &str = env!("CARGO_BIN_EXE_kuvert");

/// A relay in a process of its own; SIGKILLed when dropped.
pub(crate) struct Relay {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl Relay {
    /// Starts a relay on a free port; `origins` may be empty.
    pub(crate) fn start(data: &Path, origins: &[&str]) -> Self {
        Self::start_with(data, origins, &[])
    }

    /// Starts a relay with further flags.
    #[allow(dead_code)] // not every test needs some
    pub(crate) fn start_with(data: &Path, origins: &[&str], flags: &[&str]) -> Self {
        let mut child = Command::new(KUVERT)
            .args(["relay", "--listen", "127.0.0.1:0", "--data"])
            .arg(data)
            .args(flags)
            .args(origins.iter().flat_map(|origin| ["--origin", origin]))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the binary runs");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("piped")).read_line(&mut line).expect("a line");
        let address = line.trim().rsplit('/').next().and_then(|address| address.parse().ok());
        Self { child, address: address.expect("an address in the line") }
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.child.kill().expect("still running");
        self.child.wait().expect("ends");
    }
}
