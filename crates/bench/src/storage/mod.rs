//! `storage`: storage engines under the relay's load, side by side: batches of requests that are atomic and durable one
//! after the other, queues read in order, then deleted. Figures of different engines compare within one run only.

mod fjall;
mod redb;
mod sqlite;

use std::fs;
use std::path::Path;
use std::time::Instant;

use anyhow::{Result, ensure};
use clap::Args;
use rand_chacha::ChaCha8Rng;
use rand_core::{RngCore, SeedableRng};
use serde_json::{Value, json};

use crate::relay::{Usage, disk_bytes};
use crate::report::{per_second, rounded};

/// Bytes of a queue row: an entry with a short message in it, padded and sealed.
const ENTRY: usize = 700;
/// Bytes of an inbox's row.
const INBOX: usize = 100;
/// Bytes of a remembered request: its key is a day and the request's id.
const REPEAT_KEY: usize = 20;
const REPEAT: usize = 40;
/// Memory for what was read, in bytes, for each engine.
const CACHE: usize = 32 * 1024 * 1024;

/// Options of the comparison.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Requests to store
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u64).range(1..=100_000_000))]
    requests: u64,
    /// Requests per batch
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    batch: u32,
    /// Inboxes among which requests are spread at random
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    inboxes: u32,
    /// Decides keys and bytes
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// The tables that the load needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Table {
    Queue,
    Inboxes,
    Repeats,
}

impl Table {
    const NAMES: [&'static str; 3] = ["queue", "inboxes", "repeats"];
}

/// A row to store, or to remove.
struct Change {
    table: Table,
    key: Vec<u8>,
    value: Option<Vec<u8>>,
}

/// A storage engine.
trait Engine: Sized {
    /// Opens a database in `dir`, or makes one.
    fn open(dir: &Path) -> Result<Self>;

    /// Makes all changes, or none; they are durable afterwards.
    fn commit(&mut self, changes: &[Change]) -> Result<()>;

    /// Hands out the rows of the queue whose keys begin with `inbox`, in order.
    fn queue(&self, inbox: &[u8; 16], each: &mut dyn FnMut(&[u8], &[u8])) -> Result<()>;
}

/// Runs the comparison.
pub(crate) fn run(options: &Options) -> Result<Value> {
    Ok(json!({
        "bench": "storage",
        "requests": options.requests,
        "batch": options.batch,
        "inboxes": options.inboxes,
        "seed": options.seed,
        "engines": {
            "fjall": measure::<fjall::Fjall>(options)?,
            "redb": measure::<redb::Redb>(options)?,
            "sqlite": measure::<sqlite::Sqlite>(options)?,
        },
    }))
}

fn measure<E: Engine>(options: &Options) -> Result<Value> {
    let folder = tempfile::tempdir()?;
    let dir = folder.path().join("live");
    fs::create_dir(&dir)?;
    let mut engine = E::open(&dir)?;
    let mut load = Load::new(options);
    let began_at = Usage::of_generator()?.cpu_s;

    let began = Instant::now();
    let mut left = options.requests;
    while left > 0 {
        let count = left.min(options.batch.into());
        engine.commit(&load.requests(count))?;
        left -= count;
    }
    let accepted_in = began.elapsed().as_secs_f64();
    let accept_cpu_s = Usage::of_generator()?.cpu_s - began_at;
    let accepted_bytes = disk_bytes(&dir)?;
    let reopen_ms = reopen::<E>(&dir, &folder.path().join("copy"), options)?;

    let began_at = Usage::of_generator()?.cpu_s;
    let began = Instant::now();
    let (keys, read_in) = read_all(&engine, options)?;
    delete_all(&mut engine, options, keys, &mut load)?;
    let drained_in = began.elapsed().as_secs_f64();
    let drain_cpu_s = Usage::of_generator()?.cpu_s - began_at;
    Ok(json!({
        "accepted_per_s": per_second(options.requests, accepted_in),
        "read_per_s": per_second(options.requests, read_in),
        "drained_per_s": per_second(options.requests, drained_in),
        "accept_cpu_s": rounded(accept_cpu_s),
        "drain_cpu_s": rounded(drain_cpu_s),
        "disk_bytes_accepted": accepted_bytes,
        "disk_bytes_drained": disk_bytes(&dir)?,
        "reopen_ms": rounded(reopen_ms),
    }))
}

/// Reads all queues, inbox by inbox. Returns the keys, and the seconds that it took.
fn read_all<E: Engine>(engine: &E, options: &Options) -> Result<(Vec<Vec<Vec<u8>>>, f64)> {
    let began = Instant::now();
    let mut all = Vec::new();
    for inbox in 0..options.inboxes {
        let mut keys: Vec<Vec<u8>> = Vec::new();
        engine.queue(&inbox_key(inbox), &mut |key, value| {
            debug_assert_eq!(value.len(), ENTRY);
            keys.push(key.to_vec());
        })?;
        ensure!(keys.is_sorted(), "an engine hands out rows out of order");
        all.push(keys);
    }
    let found: usize = all.iter().map(Vec::len).sum();
    ensure!(found as u64 == options.requests, "{found} of {} rows are there", options.requests);
    Ok((all, began.elapsed().as_secs_f64()))
}

/// Deletes all rows of all queues, whole inboxes at a time, as their owners acknowledge.
fn delete_all<E: Engine>(
    engine: &mut E,
    options: &Options,
    keys: Vec<Vec<Vec<u8>>>,
    load: &mut Load,
) -> Result<()> {
    let mut changes = Vec::new();
    let mut batched = 0;
    for (inbox, keys) in (0..).zip(keys) {
        batched += keys.len();
        let removed = |key| Change { table: Table::Queue, key, value: None };
        changes.extend(keys.into_iter().map(removed));
        changes.push(load.inbox_row(inbox));
        if batched >= options.batch as usize {
            engine.commit(&changes)?;
            changes.clear();
            batched = 0;
        }
    }
    engine.commit(&changes)
}

/// Copies the files of a database that is open, as a crash would leave them, and opens the copy. Returns the time that
/// opening took, in milliseconds.
fn reopen<E: Engine>(dir: &Path, copy: &Path, options: &Options) -> Result<f64> {
    copy_dir(dir, copy)?;
    let began = Instant::now();
    let engine = E::open(copy)?;
    let took = began.elapsed().as_secs_f64() * 1000.0;
    // What was durable is there.
    read_all(&engine, options)?;
    drop(engine);
    fs::remove_dir_all(copy)?;
    Ok(took)
}

fn copy_dir(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_dir(&entry.path(), &to)?;
        } else {
            fs::copy(entry.path(), to)?;
        }
    }
    Ok(())
}

/// The rows that requests make.
struct Load {
    random: ChaCha8Rng,
    inboxes: u32,
    /// Last seq of each inbox.
    seqs: Vec<u64>,
}

impl Load {
    fn new(options: &Options) -> Self {
        let random = ChaCha8Rng::seed_from_u64(options.seed);
        Self { random, inboxes: options.inboxes, seqs: vec![0; options.inboxes as usize] }
    }

    /// The changes of one batch.
    fn requests(&mut self, count: u64) -> Vec<Change> {
        (0..count).flat_map(|_| self.request()).collect()
    }

    fn request(&mut self) -> [Change; 3] {
        let inbox = self.random.next_u32() % self.inboxes;
        let seq = &mut self.seqs[inbox as usize];
        *seq += 1;
        let key = [inbox_key(inbox).as_slice(), &seq.to_be_bytes()].concat();
        [
            Change { table: Table::Queue, key, value: Some(self.bytes(ENTRY)) },
            self.inbox_row(inbox),
            Change { table: Table::Repeats, key: self.bytes(REPEAT_KEY), value: Some(self.bytes(REPEAT)) },
        ]
    }

    fn inbox_row(&mut self, inbox: u32) -> Change {
        Change { table: Table::Inboxes, key: inbox_key(inbox).to_vec(), value: Some(self.bytes(INBOX)) }
    }

    fn bytes(&mut self, count: usize) -> Vec<u8> {
        let mut bytes = vec![0; count];
        self.random.fill_bytes(&mut bytes);
        bytes
    }
}

/// The id of an inbox: spread over all keys, as hashes are.
fn inbox_key(n: u32) -> [u8; 16] {
    (u128::from(n) + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835).to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options() -> Options {
        Options { requests: 60, batch: 7, inboxes: 5, seed: 1 }
    }

    /// Every engine keeps every row, in order, through a crash, and deletes it.
    fn keeps_its_rows<E: Engine>() {
        let line = measure::<E>(&options()).expect("measured");
        assert!(line["accepted_per_s"].as_u64() > Some(0), "{line}");
        let dir = tempfile::tempdir().expect("a directory");
        let mut engine = E::open(dir.path()).expect("opens");
        let mut load = Load::new(&options());
        engine.commit(&load.requests(60)).expect("stored");
        let (keys, _) = read_all(&engine, &options()).expect("all there");
        delete_all(&mut engine, &options(), keys, &mut load).expect("deleted");
        let error = read_all(&engine, &options()).expect_err("nothing is left");
        assert_eq!(error.to_string(), "0 of 60 rows are there");
    }

    #[test]
    fn fjall_keeps_its_rows() {
        keeps_its_rows::<fjall::Fjall>();
    }

    #[test]
    fn redb_keeps_its_rows() {
        keeps_its_rows::<redb::Redb>();
    }

    #[test]
    fn sqlite_keeps_its_rows() {
        keeps_its_rows::<sqlite::Sqlite>();
    }
}
