//! `kuvert-bench`: load on a relay over real sockets, and a comparison of storage engines.
//!
//! Started by `cargo xtask bench`, which builds it together with the relay. Everything is measured from outside: the
//! generator speaks the published protocol, opens every entry with its inbox's key, and counts what came against what
//! was accepted. It prints one line of JSON last.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a benchmark talks to the terminal")]

mod channel;
mod crash;
mod desk;
mod device;
mod engine;
mod fanout;
mod framing;
mod group;
mod http;
mod idle;
mod net;
mod offline;
mod online;
mod open_files;
mod owners;
mod profile;
mod pump;
mod relay;
mod report;
mod sequence;
mod session;
mod storage;
mod talk;
mod traffic;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};
use serde_json::Value;

use crate::relay::Target;

/// The command line.
#[derive(Debug, Parser)]
#[command(
    name = "kuvert-bench",
    bin_name = "cargo xtask bench",
    about = "Measures Kuvert; prints one JSON line last"
)]
struct Cli {
    #[command(subcommand)]
    bench: Bench,
}

/// What can be measured.
#[derive(Debug, Subcommand)]
enum Bench {
    /// A relay under load, over real sockets
    #[command(subcommand_value_name = "SCENARIO", subcommand_help_heading = "Scenarios")]
    Relay {
        #[command(subcommand)]
        scenario: Scenario,
        #[command(flatten)]
        target: Target,
    },
    /// Storage engines under the relay's load, side by side
    Storage(storage::Options),
    /// A client's profile with a long history: what a received message costs, and how long opening takes
    Profile(profile::Options),
    /// Two people write to each other while their clients, and one of two relays, are killed; counts what is lost or doubled
    Talk(talk::Options),
    /// Messages sealed and opened per second, storage included, beside bare OpenMLS
    Engine(engine::Options),
    /// A large group on one relay: making it, adding, removing, and sending until everybody has it
    Group(group::Options),
    /// A business line with its team and its customers: opening the desk, searching, claiming, dismissing
    Desk(desk::Options),
}

/// What is done to the relay.
#[derive(Debug, Subcommand)]
enum Scenario {
    /// Senders and receivers that are all connected
    Online(online::Options),
    /// Deposits to absent inboxes, whose owners then all connect and fetch
    Offline(offline::Options),
    /// Owner sessions that are held and say nothing
    Idle(idle::Options),
    /// Posts to one channel whose members are all connected
    Fanout(fanout::Options),
    /// Load on a relay that is killed at random moments and started again; counts what is lost or doubled
    Crash(crash::Options),
}

/// Fields that are 0 for a relay that keeps its promises.
const PROMISES: [&str; 7] = [
    "lost",
    "doubled",
    "half_delivered",
    "wrong_epochs",
    "refused_and_delivered",
    "answers_changed",
    "seq_holes",
];

fn main() -> ExitCode {
    match run(&Cli::parse()) {
        Ok(line) => {
            println!("{line}");
            let broken = PROMISES.iter().filter(|name| line[**name].as_u64().unwrap_or_default() > 0);
            let broken: Vec<&str> = broken.copied().collect();
            if broken.is_empty() {
                return ExitCode::SUCCESS;
            }
            eprintln!("kuvert-bench: the relay broke its promise: see {}", broken.join(", "));
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("kuvert-bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: &Cli) -> Result<Value> {
    match &cli.bench {
        Bench::Relay { scenario, target } => match scenario {
            Scenario::Online(options) => online::run(options, target),
            Scenario::Offline(options) => offline::run(options, target),
            Scenario::Idle(options) => idle::run(options, target),
            Scenario::Fanout(options) => fanout::run(options, target),
            Scenario::Crash(options) => crash::run(options, target),
        },
        Bench::Storage(options) => storage::run(options),
        Bench::Profile(options) => profile::run(options),
        Bench::Talk(options) => talk::run(options),
        Bench::Engine(options) => engine::run(options),
        Bench::Group(options) => group::run(options),
        Bench::Desk(options) => desk::run(options),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn options_have_the_published_names_and_defaults() {
        let parsed = |words: &str| Cli::try_parse_from(words.split(' '));
        assert!(parsed("kuvert-bench relay online --pairs 200 --payload 512 --window 16").is_ok());
        assert!(parsed("kuvert-bench relay offline --messages 100000 --inboxes 1000").is_ok());
        assert!(parsed("kuvert-bench relay online --relay http://127.0.0.1:1 --pid 7").is_ok());
        let Bench::Relay { scenario: Scenario::Online(online), .. } =
            parsed("kuvert-bench relay online").expect("defaults").bench
        else {
            panic!("another scenario");
        };
        assert_eq!((online.pairs, online.payload, online.window), (200, 512, 16));
    }

    #[test]
    fn options_that_cannot_be_are_refused() {
        for bad in ["online --pairs 0", "online --window 0", "online --relay http://127.0.0.1:1", "nothing"] {
            let words = format!("kuvert-bench relay {bad}");
            assert!(Cli::try_parse_from(words.split(' ')).is_err(), "{bad}");
        }
    }
}
