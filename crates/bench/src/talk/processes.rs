//! Relays and people in processes of their own.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

/// A relay at an address that stays, on data that stay. SIGKILLed when dropped.
pub(crate) struct Relay {
    kuvert: PathBuf,
    data: PathBuf,
    address: String,
    child: Option<Child>,
}

impl Relay {
    pub(crate) fn start(kuvert: &Path, data: PathBuf) -> Result<Self> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let address = format!("127.0.0.1:{port}");
        let mut relay = Self { kuvert: kuvert.to_owned(), data, address, child: None };
        relay.bring_up()?;
        Ok(relay)
    }

    pub(crate) fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn bring_up(&mut self) -> Result<()> {
        let mut command = Command::new(&self.kuvert);
        command
            .args(["relay", "--listen", &self.address, "--origin", &self.origin(), "--data"])
            .arg(&self.data);
        command.args(["--federation-private-addresses", "true"]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        let stdout = child.stdout.take().context("the relay's output")?;
        self.child = Some(child);
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        ensure!(line.contains(&self.address), "the relay did not start: {line}");
        Ok(())
    }

    /// Ends it without a word.
    pub(crate) fn take_down(&mut self) {
        if let Some(mut child) = self.child.take() {
            // Both fail only when it is gone already.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.take_down();
    }
}

/// Somebody with a profile.
pub(crate) struct Person {
    kuvert: PathBuf,
    profile: PathBuf,
    pub(crate) id: String,
}

impl Person {
    pub(crate) fn new(kuvert: &Path, profile: PathBuf, name: &str, relay: &Relay) -> Result<Self> {
        let mut person = Self { kuvert: kuvert.to_owned(), profile, id: String::new() };
        let made = person.run(&["id", "create", "--name", name, "--relay", &relay.origin()])?;
        person.id = text(&made["id"])?;
        Ok(person)
    }

    pub(crate) fn spawn(&self, args: &[&str]) -> Result<Child> {
        let mut command = Command::new(&self.kuvert);
        command.args(args).arg("--json").arg("--profile").arg(&self.profile);
        Ok(command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?)
    }

    /// Runs a command to its end, which has to be a good one.
    pub(crate) fn run(&self, args: &[&str]) -> Result<Value> {
        result(&self.spawn(args)?.wait_with_output()?)
    }

    pub(crate) fn link(&self) -> Result<String> {
        text(&self.run(&["link"])?["link"])
    }

    /// Fetches what waits, and sends what does. Whether the relay is there does not matter.
    pub(crate) fn catch_up(&self, seconds: &str) -> Result<()> {
        self.spawn(&["listen", "--timeout", seconds])?.wait_with_output()?;
        Ok(())
    }

    /// The newest messages with somebody, oldest first: from, text and state.
    pub(crate) fn history(&self, with: &str, limit: usize) -> Result<Vec<(String, String, String)>> {
        let all = self.run(&["history", with, "--limit", &limit.to_string()])?;
        let all = all.as_array().context("an array")?;
        all.iter().map(|m| Ok((text(&m["from"])?, text(&m["text"])?, text(&m["state"])?))).collect()
    }
}

/// The only result of a command.
pub(crate) fn result(output: &Output) -> Result<Value> {
    if !output.status.success() {
        bail!("{}: {}", output.status, String::from_utf8_lossy(&output.stderr));
    }
    serde_json::from_slice(&output.stdout).context("no JSON")
}

fn text(value: &Value) -> Result<String> {
    value.as_str().map(str::to_owned).context("no text")
}
