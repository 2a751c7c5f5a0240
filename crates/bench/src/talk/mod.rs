//! Two people who write to each other while their clients are killed, at one relay or at two.

pub(crate) mod people;
mod processes;

use anyhow::Result;
use clap::Args;
use serde_json::{Value, json};

use crate::relay::program;
use people::Plan;

/// What they do.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Messages each way
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..))]
    messages: u32,
    /// Only with so many relays: 1, or 2 of which each is down for a while [default: one after the other]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=2))]
    relays: Option<u8>,
    /// Chooses the moments at which processes are killed
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
}

/// Runs it, and says what was lost, doubled or shown out of order.
pub(crate) fn run(options: &Options) -> Result<Value> {
    let kuvert = program(None)?;
    let plan = |is_apart| Plan { messages: options.messages, is_apart, seed: options.seed };
    let mut line = json!({ "bench": "talk", "messages": options.messages, "seed": options.seed });
    let mut broken = 0;
    for (name, relays, is_apart) in [("one_relay", 1, false), ("two_relays", 2, true)] {
        if options.relays.is_none_or(|only| only == relays) {
            let found = people::talk(&kuvert, &plan(is_apart))?;
            broken += found.broken();
            line[name] = found.json();
        }
    }
    line["lost"] = broken.into();
    Ok(line)
}
