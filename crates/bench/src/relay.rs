//! The relay that is measured: one of our own in a temporary folder, or one that runs already.

use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, ToSocketAddrs};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::{env, fs};

use anyhow::{Context, Result, bail};
use clap::Args;

/// Which relay is measured.
#[derive(Debug, Clone, Args)]
pub(crate) struct Target {
    /// Measure the relay at this address, as in http://127.0.0.1:8787, instead of one of our own
    #[arg(long, value_name = "URL", requires = "pid", global = true)]
    relay: Option<String>,
    /// Process of that relay, for its CPU time and memory
    #[arg(long, value_name = "PID", requires = "relay", global = true)]
    pid: Option<u32>,
    /// Program of our own relay [default: KUVERT_BIN, or `kuvert` beside this program]
    #[arg(long, value_name = "FILE", conflicts_with = "relay", global = true)]
    kuvert: Option<PathBuf>,
    /// Directory in which our own relay's data gets a temporary folder [default: the system's]
    #[arg(long, value_name = "DIR", conflicts_with = "relay", global = true)]
    folder: Option<PathBuf>,
}

/// A relay that runs. Our own one is killed when this is dropped, and its folder removed.
pub(crate) struct Relay {
    pub(crate) address: SocketAddr,
    /// Origin under which devices prove that they own their inboxes.
    pub(crate) origin: String,
    pid: u32,
    own: Option<Own>,
    /// What relays used that this one replaced.
    before: Usage,
}

/// A relay of our own.
struct Own {
    child: Child,
    program: PathBuf,
    folder: tempfile::TempDir,
}

/// What a process used.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Usage {
    /// CPU time in user and kernel mode, in seconds.
    pub(crate) cpu_s: f64,
    pub(crate) rss_kib: u64,
    pub(crate) rss_peak_kib: u64,
}

impl Target {
    /// Whether the relay is one of our own, whose folder can be looked into and which can be killed.
    pub(crate) fn is_own(&self) -> bool {
        self.relay.is_none()
    }

    /// Starts the relay, or finds it.
    pub(crate) fn start(&self) -> Result<Relay> {
        if let (Some(url), Some(pid)) = (&self.relay, self.pid) {
            let address = address(url)?;
            let origin = url.trim_end_matches('/').to_owned();
            // Fails here, with a clear message, if there is no such process.
            Usage::of(pid)?;
            return Ok(Relay { address, origin, pid, own: None, before: Usage::default() });
        }
        let program = program(self.kuvert.clone())?;
        let folder = match &self.folder {
            Some(dir) => tempfile::tempdir_in(dir),
            None => tempfile::tempdir(),
        };
        let folder = folder.context("no temporary folder can be made for the relay's data")?;
        let (child, address) = spawn(&program, folder.path())?;
        let pid = child.id();
        let own = Some(Own { child, program, folder });
        Ok(Relay { address, origin: format!("http://{address}"), pid, own, before: Usage::default() })
    }
}

/// The program `kuvert`: the given one, that of `KUVERT_BIN`, or the one beside this program.
pub(crate) fn program(given: Option<PathBuf>) -> Result<PathBuf> {
    let given = given.or_else(|| env::var_os("KUVERT_BIN").map(PathBuf::from));
    let beside = || Ok::<_, anyhow::Error>(env::current_exe()?.with_file_name("kuvert"));
    let program = given.map_or_else(beside, Ok)?;
    if !program.is_file() {
        bail!("there is no kuvert at {}: build it, or say where with --kuvert", program.display());
    }
    Ok(program)
}

impl Relay {
    /// What the relay has used until now, and any that it replaced.
    pub(crate) fn usage(&self) -> Result<Usage> {
        Ok(Usage::of(self.pid)?.after(self.before))
    }

    /// Bytes that the relay's folder takes on the disk, if it is one of our own.
    pub(crate) fn disk_bytes(&self) -> Result<Option<u64>> {
        self.own.as_ref().map(|own| disk_bytes(own.folder.path())).transpose()
    }

    /// Kills our own relay, at once and without a word.
    pub(crate) fn kill(&mut self) -> Result<()> {
        self.before = self.usage()?;
        let own = self.own.as_mut().context("only a relay of our own can be killed")?;
        own.child.kill()?;
        own.child.wait()?;
        Ok(())
    }

    /// Starts the killed relay again, on the same data.
    pub(crate) fn restart(&mut self) -> Result<()> {
        let own = self.own.as_mut().context("only a relay of our own can be restarted")?;
        let (child, address) = spawn(&own.program, own.folder.path())?;
        self.pid = child.id();
        own.child = child;
        self.address = address;
        self.origin = format!("http://{address}");
        Ok(())
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        // Both fail only when the child is gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Usage {
    /// Of a process that runs.
    pub(crate) fn of(pid: u32) -> Result<Self> {
        let read = |name: &str| {
            let path = format!("/proc/{pid}/{name}");
            fs::read_to_string(&path)
                .with_context(|| format!("{path} cannot be read: is there process {pid}?"))
        };
        let status = read("status")?;
        let ticks_per_s = rustix::param::clock_ticks_per_second() as f64;
        Ok(Self {
            cpu_s: cpu_ticks(&read("stat")?).context("/proc lists no CPU time")? as f64 / ticks_per_s,
            rss_kib: kib(&status, "VmRSS:").context("/proc lists no VmRSS")?,
            rss_peak_kib: kib(&status, "VmHWM:").context("/proc lists no VmHWM")?,
        })
    }

    /// Of this process.
    pub(crate) fn of_generator() -> Result<Self> {
        Self::of(std::process::id())
    }

    fn after(self, before: Self) -> Self {
        Self {
            cpu_s: before.cpu_s + self.cpu_s,
            rss_kib: self.rss_kib,
            rss_peak_kib: before.rss_peak_kib.max(self.rss_peak_kib),
        }
    }
}

fn spawn(program: &Path, data: &Path) -> Result<(Child, SocketAddr)> {
    let mut child = Command::new(program)
        .args(["relay", "--listen", "127.0.0.1:0", "--data"])
        .arg(data)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("{} cannot be started", program.display()))?;
    let mut line = String::new();
    if let Some(out) = child.stdout.take() {
        BufReader::new(out).read_line(&mut line)?;
    }
    match line.trim().rsplit('/').next().and_then(|address| address.parse().ok()) {
        Some(address) => Ok((child, address)),
        None => {
            // Fails only when the child is gone already.
            let _ = child.kill();
            let _ = child.wait();
            bail!("the relay did not say where it listens: it printed {line:?}")
        }
    }
}

fn address(url: &str) -> Result<SocketAddr> {
    let host = url.trim_end_matches('/').strip_prefix("http://");
    let host = host.with_context(|| format!("{url} is not a relay's address: use http://HOST:PORT"))?;
    let found = host.to_socket_addrs().with_context(|| format!("{host} is no HOST:PORT that can be found"));
    found?.next().with_context(|| format!("{host} has no address"))
}

/// The fields `utime` and `stime` of a `/proc/PID/stat`, added up.
fn cpu_ticks(stat: &str) -> Option<u64> {
    // The second field is the program's name in parentheses and may hold anything.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    Some(fields.next()?.parse::<u64>().ok()? + fields.next()?.parse::<u64>().ok()?)
}

/// A field of a `/proc/PID/status`.
fn kib(status: &str, name: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

/// Bytes that the files below `dir` take on the disk.
pub(crate) fn disk_bytes(dir: &Path) -> Result<u64> {
    let mut sum = 0;
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        match entry.metadata() {
            Ok(found) if found.is_dir() => sum += disk_bytes(&entry.path())?,
            Ok(found) => sum += found.blocks() * 512,
            // A file may go while one looks.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usage_is_read_from_proc() {
        let stat = "7 (a) b) S 1 7 7 0 -1 4194560 100 0 0 0 250 50 0 0 20 0 4 0 1 1 1";
        assert_eq!(cpu_ticks(stat), Some(300));
        assert_eq!(kib("Name:\tx\nVmHWM:\t 12 kB\nVmRSS:\t 11 kB\n", "VmRSS:"), Some(11));
        assert_eq!(kib("Name:\tx\n", "VmRSS:"), None);
        assert!(Usage::of_generator().expect("of this test").rss_peak_kib > 0);
    }

    #[test]
    fn a_relay_that_replaced_another_counts_for_both() {
        let one = Usage { cpu_s: 1.0, rss_kib: 30, rss_peak_kib: 50 };
        let two = Usage { cpu_s: 2.0, rss_kib: 10, rss_peak_kib: 20 };
        assert_eq!(two.after(one), Usage { cpu_s: 3.0, rss_kib: 10, rss_peak_kib: 50 });
    }

    #[test]
    fn an_address_is_http_with_host_and_port() {
        assert_eq!(
            address("http://127.0.0.1:8787/").expect("good"),
            SocketAddr::from(([127, 0, 0, 1], 8787))
        );
        for bad in ["https://127.0.0.1:1", "127.0.0.1:1", "http://127.0.0.1"] {
            assert!(address(bad).is_err(), "{bad}");
        }
    }
}
