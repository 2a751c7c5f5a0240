//! `cargo xtask bench file`: a long file from one terminal client to another, over a real relay: how long it takes, and how
//! much memory each process needs at most.

use std::{
    fs::{self, File},
    io::{BufRead, BufReader, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    process::{Child, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use serde_json::{Value, json};

use crate::{files, process};

/// Most memory that a client or relay may need, whatever the size of the file.
const MAX_RSS_KIB: u64 = 160 * 1024;
/// How often the memory is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// Distance of the marks by which the file is recognised at the other end.
const MARKS: u64 = 1024 * 1024 + 7;

/// Options of the measurement.
#[derive(Args)]
pub(crate) struct Options {
    /// Size of the file in MiB
    #[arg(long, default_value_t = 2048)]
    mib: u64,
}

/// Sends and saves one file, and fails if it needs too much memory or does not arrive whole.
pub(crate) fn run(options: &Options, binary: &Path) -> Result<()> {
    let folder = files::root()?.join("target/bench-file");
    if folder.is_dir() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    let size = options.mib * 1024 * 1024;
    let path = folder.join("long.bin");
    write_marks(&path, size)?;
    let mut relay = Running::start(
        process::command(binary)?
            .args([
                "relay",
                "--listen",
                "127.0.0.1:0",
                "--blobs-max-size",
                "8 GiB",
                "--blobs-total",
                "16 GiB",
            ])
            .arg("--data")
            .arg(folder.join("relay"))
            .stderr(Stdio::null()),
    )?;
    let mut line = String::new();
    BufReader::new(relay.child.stdout.take().context("no output")?).read_line(&mut line)?;
    let address = line.trim().rsplit('/').next().unwrap_or_default().to_owned();
    let origin = format!("http://{address}");
    let kuvert = |who: &str, args: &[&str]| client(binary, &folder, who, args);
    for (who, name) in [("a", "Anna"), ("b", "Ben")] {
        kuvert(who, &["id", "create", "--name", name, "--relay", &origin])?;
    }
    let link = kuvert("b", &["link"])?.0["link"].as_str().context("no link")?.to_owned();
    kuvert("a", &["contact", "add", &link])?;
    kuvert("b", &["contact", "accept", "Anna"])?;
    let shown = path.to_str().context("the path is not UTF-8")?;
    let (sent, sending) = kuvert("a", &["send", "Ben", "--file", shown, "--timeout", "120"])?;
    ensure!(sent["state"] == "sent", "not sent: {sent}");
    kuvert("b", &["contact", "list"])?;
    let number = kuvert("b", &["history", "Anna", "--limit", "1"])?.0[0]["id"].to_string();
    let into = folder.join("saved");
    let to = into.to_str().context("the path is not UTF-8")?;
    let (saved, saving) = kuvert("b", &["save", &number, "--to", to, "--timeout", "120"])?;
    ensure!(saved["state"] == "saved", "not saved: {saved}");
    check_marks(&into.join("long.bin"), size)?;
    let relay_rss = relay.peak_kib().context("the relay is gone")?;
    let rate = |seconds: f64| (options.mib as f64 / seconds).round();
    println!(
        "{}",
        json!({
            "bench": "file",
            "mib": options.mib,
            "send_s": sending.seconds, "send_mib_per_s": rate(sending.seconds), "send_peak_rss_kib": sending.peak_kib,
            "save_s": saving.seconds, "save_mib_per_s": rate(saving.seconds), "save_peak_rss_kib": saving.peak_kib,
            "relay_peak_rss_kib": relay_rss,
        })
    );
    drop(relay);
    fs::remove_dir_all(&folder)?;
    for (who, peak) in [("sender", sending.peak_kib), ("receiver", saving.peak_kib), ("relay", relay_rss)] {
        ensure!(peak <= MAX_RSS_KIB, "the {who} needed {peak} KiB, more than {MAX_RSS_KIB} KiB");
    }
    Ok(())
}

/// How a command went.
struct Ran {
    seconds: f64,
    peak_kib: u64,
}

/// Runs a client command to its end.
fn client(binary: &Path, folder: &Path, who: &str, args: &[&str]) -> Result<(Value, Ran)> {
    let since = Instant::now();
    let mut command = process::command(binary)?;
    command.args(args).arg("--json").arg("--profile").arg(folder.join(who));
    let mut running = Running::start(&mut command)?;
    let mut peak_kib = 0;
    let status = loop {
        peak_kib = peak_kib.max(running.peak_kib().unwrap_or(0));
        if let Some(status) = running.child.try_wait()? {
            break status;
        }
        thread::sleep(LOOK_EVERY);
    };
    let mut output = String::new();
    running.child.stdout.take().context("no output")?.read_to_string(&mut output)?;
    if !status.success() {
        bail!("kuvert {} failed ({status})", args.join(" "));
    }
    Ok((serde_json::from_str(&output)?, Ran { seconds: since.elapsed().as_secs_f64(), peak_kib }))
}

/// A child that does not outlive its measurement.
struct Running {
    child: Child,
}

impl Running {
    fn start(command: &mut std::process::Command) -> Result<Self> {
        Ok(Self { child: command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()? })
    }

    /// Most memory that it has needed so far, in KiB; `None` when it has ended.
    fn peak_kib(&self) -> Option<u64> {
        let status = fs::read_to_string(PathBuf::from(format!("/proc/{}/status", self.child.id()))).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
        line.split_whitespace().next()?.parse().ok()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Both fail only when the child is gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A file that is empty but for its marks, so that it needs little disk.
fn write_marks(path: &Path, size: u64) -> Result<()> {
    let mut file = File::create(path)?;
    file.set_len(size)?;
    for at in (0..size.saturating_sub(8)).step_by(MARKS as usize) {
        file.seek(SeekFrom::Start(at))?;
        file.write_all(&(at + 1).to_be_bytes())?;
    }
    Ok(())
}

fn check_marks(path: &Path, size: u64) -> Result<()> {
    let mut file = File::open(path)?;
    ensure!(file.metadata()?.len() == size, "the file arrived with another size");
    for at in (0..size.saturating_sub(8)).step_by(MARKS as usize) {
        let mut mark = [0; 8];
        file.seek(SeekFrom::Start(at))?;
        file.read_exact(&mut mark)?;
        ensure!(u64::from_be_bytes(mark) == at + 1, "the file arrived with other bytes at {at}");
    }
    Ok(())
}
