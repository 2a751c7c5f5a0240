//! The Kuvert binary.

mod client;
mod manual;
mod output;
mod relay;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

/// A sixth more envelopes per second than with the system's allocator, and half the tail, see docs/performance.md.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

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
    /// Print a script that completes commands in a shell
    Completions(manual::CompletionsArgs),
    /// Print the manual page, or write those of all commands
    Man(manual::ManArgs),
}

fn main() -> ExitCode {
    match Args::parse().command {
        Command::Relay(args) => args.run(),
        Command::Client(command) => command.run(),
        Command::Completions(args) => args.run(Args::command()),
        Command::Man(args) => args.run(Args::command()),
    }
}
