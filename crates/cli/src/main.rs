//! The Kuvert binary.

mod relay;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// An end-to-end encrypted messenger
#[derive(Debug, Parser)]
#[command(name = "kuvert", version)]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run a relay
    Relay(relay::RelayArgs),
}

fn main() -> ExitCode {
    match Args::parse().command {
        Command::Relay(args) => args.run(),
    }
}
