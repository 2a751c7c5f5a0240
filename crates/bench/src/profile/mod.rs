//! A client's profile with a long history: what a received message costs, and how long opening takes.
//!
//! Two engines talk through a relay in memory; nothing is measured but the receiver's engine with its database on disk:
//! opening the entry, MLS, the search index, the report that is owed, and the commit with its sync. Profiles with a short
//! and a long history take turns, so that both meet the same moods of the disk.

mod history;
mod pair;

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use clap::Args;
use kuvert_core::DatabaseKey;
use serde_json::{Value, json};

use pair::Pair;

/// What is measured.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Messages of the long history
    #[arg(long, default_value_t = 100_000)]
    long: u32,
    /// Messages of the short history
    #[arg(long, default_value_t = 1_000)]
    short: u32,
    /// Messages that each profile receives
    #[arg(long, default_value_t = 1_000)]
    messages: u32,
}

/// Messages that one profile receives before it is the other one's turn.
const TURN: u32 = 25;
/// How often a profile is opened; the median counts.
const OPENINGS: usize = 9;

/// Measures and returns the line.
pub(crate) fn run(options: &Options) -> Result<Value> {
    let dir = tempfile::tempdir()?;
    let mut short = prepare(&dir.path().join("short.db"), options.short)?;
    let mut long = prepare(&dir.path().join("long.db"), options.long)?;
    let (mut short_took, mut long_took) = (Vec::new(), Vec::new());
    // What is first after opening finds cold caches.
    for pair in [&mut short, &mut long] {
        pair.receive(TURN)?;
    }
    for _ in 0..options.messages.div_ceil(TURN) {
        short_took.extend(short.receive(TURN)?);
        long_took.extend(long.receive(TURN)?);
    }
    let bytes = std::fs::metadata(dir.path().join("long.db"))?.len();
    let opened = long.open_again(OPENINGS)?;
    let (short, long) = (Costs::of(short_took)?, Costs::of(long_took)?);
    Ok(json!({
        "bench": "profile",
        "short": options.short,
        "long": options.long,
        "received_us_short": short.median,
        "received_us_long": long.median,
        "received_mean_us_short": short.mean,
        "received_mean_us_long": long.mean,
        "ratio": rounded(long.median / short.median),
        "ratio_of_means": rounded(long.mean / short.mean),
        "open_ms_long": milliseconds(opened.open),
        "list_ms_long": milliseconds(opened.list),
        "timeline_ms_long": milliseconds(opened.timeline),
        "search_ms_long": milliseconds(opened.search),
        "database_mib_long": rounded(bytes as f64 / f64::from(1 << 20)),
    }))
}

/// A pair of which the receiver has a history.
fn prepare(path: &std::path::Path, messages: u32) -> Result<Pair> {
    let key = DatabaseKey::new([7; 32]);
    let path = path.to_str().context("the folder for temporary files is not UTF-8")?;
    let mut pair = Pair::acquainted(path, &key)?;
    pair.while_closed(|| history::write(path, &key, messages))?;
    Ok(pair)
}

/// What messages cost, in microseconds.
struct Costs {
    median: f64,
    mean: f64,
}

impl Costs {
    fn of(mut took: Vec<Duration>) -> Result<Self> {
        took.sort_unstable();
        let median = took.get(took.len() / 2).context("nothing was measured")?;
        let mean = took.iter().sum::<Duration>() / u32::try_from(took.len())?;
        Ok(Self { median: microseconds(*median), mean: microseconds(mean) })
    }
}

/// How long something takes.
fn timed<T>(work: impl FnOnce() -> Result<T>) -> Result<(T, Duration)> {
    let began = Instant::now();
    let value = work()?;
    Ok((value, began.elapsed()))
}

fn microseconds(took: Duration) -> f64 {
    rounded(took.as_secs_f64() * 1e6)
}

fn milliseconds(took: Duration) -> f64 {
    rounded(took.as_secs_f64() * 1e3)
}

fn rounded(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_profile_is_measured_to_the_end() {
        let line = run(&Options { long: 300, short: 20, messages: 30 }).expect("measures");
        for field in ["received_us_short", "received_us_long", "open_ms_long", "search_ms_long"] {
            assert!(line[field].as_f64().expect("a number") > 0.0, "{line}");
        }
    }
}
