//! `cargo xtask bench`: measurements, one JSON line each, so that they can be kept and compared.

use std::{
    env, fs,
    net::{TcpListener, TcpStream},
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Child, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};
use serde_json::json;

use crate::{bench_file, files, process, wasm};

/// How often a start is measured; the median counts.
const RUNS: usize = 5;
/// A relay that does not listen by then never will.
const START_LIMIT: Duration = Duration::from_secs(20);

/// Options of the task.
#[derive(Args)]
pub(crate) struct Options {
    #[command(subcommand)]
    bench: Bench,
}

/// What can be measured.
#[derive(Subcommand)]
enum Bench {
    /// Raw and brotli sizes of the web app in target/web
    WebSizes,
    /// Time until an empty relay listens, and its memory then and a second later
    RelayStart,
    /// Time from opening a link to the first message that the relay accepted
    Link,
    /// A conversation of 50,000 messages in the browser, scrolled through in both directions: blank frames, memory
    Scroll(Page),
    /// From the key to the frame that shows it while 1,000 messages arrive in the browser
    Typing(Page),
    /// A long file from one terminal client to another: time, and memory at most
    File(bench_file::Options),
    /// A relay under load: SCENARIO and options as `cargo xtask bench relay --help` lists them
    #[command(disable_help_flag = true)]
    Relay(Load),
    /// Storage engines under the relay's load, side by side: options as `cargo xtask bench storage --help` lists them
    #[command(disable_help_flag = true)]
    Storage(Load),
    /// A client's profile with a long history: options as `cargo xtask bench profile --help` lists them
    #[command(disable_help_flag = true)]
    Profile(Load),
    /// Two people write to each other while clients and relays are killed: options as `cargo xtask bench talk --help` lists
    /// them
    #[command(disable_help_flag = true)]
    Talk(Load),
    /// Messages sealed and opened per second, beside bare OpenMLS: options as `cargo xtask bench engine --help` lists them
    #[command(disable_help_flag = true)]
    Engine(Load),
    /// A large group on one relay: options as `cargo xtask bench group --help` lists them
    #[command(disable_help_flag = true)]
    Group(Load),
    /// A business line with its team and many customers: options as `cargo xtask bench desk --help` lists them
    #[command(disable_help_flag = true)]
    Desk(Load),
}

/// Options of a measurement in the browser.
#[derive(Args)]
struct Page {
    /// How many messages
    #[arg(long)]
    messages: Option<u32>,
}

/// Options that the load generator reads itself.
#[derive(Args)]
struct Load {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    args: Vec<String>,
}

/// Measures and prints one JSON line.
pub(crate) fn run(options: &Options) -> Result<()> {
    match &options.bench {
        Bench::WebSizes => web_sizes(),
        Bench::RelayStart => relay_start(),
        Bench::Link => in_browser("link", None),
        Bench::Scroll(page) => in_browser("scroll", page.messages),
        Bench::Typing(page) => in_browser("typing", page.messages),
        Bench::File(options) => bench_file::run(options, &binary()?),
        Bench::Relay(load) => generator("relay", load),
        Bench::Storage(load) => generator("storage", load),
        Bench::Profile(load) => generator("profile", load),
        Bench::Talk(load) => generator("talk", load),
        Bench::Engine(load) => generator("engine", load),
        Bench::Group(load) => generator("group", load),
        Bench::Desk(load) => generator("desk", load),
    }
}

fn web_sizes() -> Result<()> {
    let sizes = wasm::Sizes::load(&files::root()?).context("run `cargo xtask wasm` first")?;
    println!("{}", json!({ "bench": "web-sizes", "unit": "byte", "files": sizes.json() }));
    Ok(())
}

fn relay_start() -> Result<()> {
    let binary = binary()?;
    let mut starts = Vec::new();
    for _ in 0..RUNS {
        starts.push(Start::measure(&binary)?);
    }
    let line = json!({
        "bench": "relay-start",
        "binary": files::shown(&files::root()?, &binary),
        "runs": RUNS,
        "listening_ms": median(starts.iter().map(|start| start.listening_ms).collect()),
        "listening_rss_kib": median(starts.iter().map(|start| start.listening_rss_kib).collect()),
        "after_1s_rss_kib": median(starts.iter().map(|start| start.later_rss_kib).collect()),
    });
    println!("{line}");
    Ok(())
}

/// Passes on the line of a measurement in the browser.
fn in_browser(what: &str, messages: Option<u32>) -> Result<()> {
    let mut node = process::command("node")?;
    node.arg(format!("tests/e2e/bench/{what}.mjs")).args(messages.map(|count| count.to_string()));
    node.env("KUVERT_BIN", binary()?).stderr(Stdio::inherit());
    let output = process::output(&mut node)?;
    let line = output.lines().next_back().context("the measurement printed nothing")?;
    serde_json::from_str::<serde_json::Value>(line).with_context(|| format!("not a JSON line: {line}"))?;
    println!("{line}");
    Ok(())
}

/// Builds relay and generator for release, and becomes the generator, so that signals reach it directly.
fn generator(what: &str, load: &Load) -> Result<()> {
    let mut cargo = process::cargo()?;
    cargo.args(["build", "--release", "--package", "kuvert", "--package", "kuvert-bench"]);
    process::run(&mut cargo)?;
    let target = env::var_os("CARGO_TARGET_DIR").map_or(files::root()?.join("target"), PathBuf::from);
    let mut generator = process::command(target.join("release/kuvert-bench"))?;
    Err(generator.arg(what).args(&load.args).exec()).context("the load generator could not be started")
}

/// The relay to measure: `KUVERT_BIN`, the release build, or the development build.
fn binary() -> Result<PathBuf> {
    if let Some(path) = env::var_os("KUVERT_BIN") {
        return Ok(path.into());
    }
    let target = files::root()?.join("target");
    let built = ["release/kuvert", "debug/kuvert"]
        .map(|path| target.join(path))
        .into_iter()
        .find(|path| path.is_file());
    built.context("there is no relay yet: run `cargo build --release --package kuvert`")
}

/// One start of a relay on an empty directory.
struct Start {
    listening_ms: u64,
    listening_rss_kib: u64,
    later_rss_kib: u64,
}

impl Start {
    fn measure(binary: &Path) -> Result<Self> {
        let data = files::root()?.join("target/bench-relay");
        if data.is_dir() {
            fs::remove_dir_all(&data)?;
        }
        fs::create_dir_all(&data)?;
        let listen = format!("127.0.0.1:{}", free_port()?);
        let mut command = process::command(binary)?;
        command.arg("relay").arg("--data").arg(&data).args(["--listen", &listen]);
        let started = Instant::now();
        let mut relay = Running(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?);
        relay.wait_until_listening(&listen, started)?;
        let listening_ms = started.elapsed().as_millis() as u64;
        let listening_rss_kib = relay.rss_kib()?;
        thread::sleep(Duration::from_secs(1));
        Ok(Self { listening_ms, listening_rss_kib, later_rss_kib: relay.rss_kib()? })
    }
}

/// A child that does not outlive its measurement.
struct Running(Child);

impl Running {
    fn wait_until_listening(&mut self, address: &str, started: Instant) -> Result<()> {
        while TcpStream::connect(address).is_err() {
            if let Some(status) = self.0.try_wait()? {
                bail!("the relay ended before it listened ({status})");
            }
            if started.elapsed() > START_LIMIT {
                bail!("the relay does not listen after {} s", START_LIMIT.as_secs());
            }
            thread::sleep(Duration::from_millis(1));
        }
        Ok(())
    }

    fn rss_kib(&self) -> Result<u64> {
        rss_kib(&files::read(Path::new(&format!("/proc/{}/status", self.0.id())))?)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Both fail only when the child is gone already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// `VmRSS` of a `/proc/<pid>/status`, in KiB.
fn rss_kib(status: &str) -> Result<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
    line.split_whitespace().next().and_then(|number| number.parse().ok()).context("VmRSS is no number")
}

fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

fn median(mut values: Vec<u64>) -> u64 {
    values.sort_unstable();
    values[values.len() / 2]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resident_memory_is_read_from_proc() {
        assert_eq!(rss_kib("Name:\tkuvert\nVmRSS:\t   12345 kB\n").expect("there"), 12345);
        assert!(rss_kib("Name:\tkuvert\n").is_err());
    }

    #[test]
    fn the_median_is_the_middle_value() {
        assert_eq!(median(vec![9, 1, 5, 7, 3]), 5);
    }
}
