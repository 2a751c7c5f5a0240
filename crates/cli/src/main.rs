//! The Kuvert binary.

mod client;
mod output;
mod relay;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// An end-to-end encrypted messenger
#[derive(Debug, Parser)]
#[command(name = "kuvert", version, after_help = client::EXIT_CODES)]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run a relay
    Relay(relay::RelayArgs),
    #[command(flatten)]
    Client(client::ClientCommand),
}

fn main() -> ExitCode {
    match Args::parse().command {
        Command::Relay(args) => args.run(),
        Command::Client(command) => command.run(),
    }
}
