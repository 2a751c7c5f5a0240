//! The relay that is attacked, in a process of its own.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use kuvert_wire::{Entry, RelayFrame};
use tempfile::TempDir;

use crate::support::{Connection, Device, id};

/// KiB that a relay takes with nothing to do, with room for what an unoptimised build wastes.
pub(crate) const IDLE: u64 = 64 * 1024;

/// See the [module](self). Killed when dropped.
pub(crate) struct Target {
    child: Option<Child>,
    pub(crate) address: SocketAddr,
    log: PathBuf,
    // Goes last, with what the relay wrote.
    own: Option<TempDir>,
}

impl Target {
    /// Starts a relay over an empty directory.
    pub(crate) fn new() -> Self {
        Self::with(&[])
    }

    /// Starts a relay over an empty directory, with further flags.
    pub(crate) fn with(flags: &[&str]) -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let mut target = Self::over(&dir.path().join("data"), &dir.path().join("log"), flags);
        target.own = Some(dir);
        target
    }

    /// Starts a relay over `data` that appends its log to a file.
    pub(crate) fn over(data: &Path, log: &Path, flags: &[&str]) -> Self {
        Self::try_over(data, log, flags).expect("starts")
    }

    /// Like [`Self::over`]; a relay that does not start is `None`, and its log says why.
    pub(crate) fn try_over(data: &Path, log: &Path, flags: &[&str]) -> Option<Self> {
        let file = File::options().create(true).append(true).open(log).expect("a log");
        let mut child = Command::new(env!("CARGO_BIN_EXE_kuvert"))
            .args(["relay", "--listen", "127.0.0.1:0", "--data"])
            .arg(data)
            .args(flags)
            .stdout(Stdio::piped())
            .stderr(file)
            .spawn()
            .expect("the binary runs");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("piped")).read_line(&mut line).expect("a line or none");
        match line.trim().rsplit('/').next().and_then(|address| address.parse().ok()) {
            Some(address) => Some(Self { child: Some(child), address, log: log.to_owned(), own: None }),
            None => {
                child.wait().expect("ends");
                None
            }
        }
    }

    /// Kills it.
    pub(crate) fn kill(mut self) {
        self.end("KILL");
    }

    /// Tells it to stop; it must end well.
    pub(crate) fn stop(mut self) {
        assert_eq!(self.end("TERM"), Some(0), "{}", self.log());
        self.assert_calm_log();
    }

    fn end(&mut self, signal: &str) -> Option<i32> {
        let mut child = self.child.take()?;
        let pid = child.id().to_string();
        assert!(Command::new("kill").args(["-s", signal, &pid]).status().expect("kill runs").success());
        child.wait().expect("ends").code()
    }

    /// KiB of memory that are resident now.
    pub(crate) fn memory(&self) -> u64 {
        self.status("VmRSS:")
    }

    /// Most KiB of memory that were ever resident.
    pub(crate) fn peak(&self) -> u64 {
        self.status("VmHWM:")
    }

    fn status(&self, name: &str) -> u64 {
        let pid = self.child.as_ref().expect("running").id();
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("it runs");
        let line = status.lines().find_map(|line| line.strip_prefix(name)).expect("a line");
        line.split_whitespace().next().and_then(|number| number.parse().ok()).expect("a number")
    }

    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(&self.log).expect("a log")
    }

    fn assert_calm_log(&self) {
        let log = self.log();
        assert!(!log.contains("panicked") && !log.contains("ERROR"), "{log}");
    }

    /// After an attack: serves as before, never took more than `limit` KiB of memory, and stops in order.
    pub(crate) async fn expect_calm(self, limit: u64) {
        let device = Device::new(0xfe);
        let (mut session, _) = device.connect(self.address, 0).await;
        let mut sender = Connection::open(self.address).await;
        let request = id(u64::MAX);
        let accepted = RelayFrame::Accepted { id: request, seq: 0 };
        assert_eq!(sender.ask(&device.deposit(request, b"still there")).await, accepted);
        let found = device.collect(&mut session, 1, 1).await;
        assert_eq!(found, [Entry::Deposit { body: b"still there".to_vec() }]);
        let peak = self.peak();
        assert!(peak <= limit, "{peak} KiB, where {limit} KiB are the bound");
        drop((session, sender));
        tokio::task::spawn_blocking(|| self.stop()).await.expect("stops");
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        if self.child.is_some() {
            self.end("KILL");
        }
    }
}
