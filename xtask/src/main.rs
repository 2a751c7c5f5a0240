//! Kuvert's only task runner: `cargo xtask <task>`.
//!
//! Everything that a developer or a build machine does to this repository is one of these tasks, so that both do the
//! same thing. Tasks are idempotent and say what they do; `cargo xtask help` lists them.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a task runner talks to the terminal")]

mod bench;
mod bench_file;
mod files;
mod fuzz;
mod process;
mod serve;
mod setup;
mod sim;
mod suite;
mod tidy;
mod wasm;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// The command line.
#[derive(Parser)]
#[command(name = "cargo xtask", about = "Kuvert's task runner")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

/// What can be asked for.
#[derive(Subcommand)]
enum Task {
    /// Installs what the other tasks need: system packages, npm packages, the wasm target
    Setup,
    /// Builds the web app into target/web
    Wasm(wasm::Options),
    /// Builds the relay and the web app, then serves both
    Serve(serve::Options),
    /// Runs every check of this repository
    Test(suite::Options),
    /// Checks the house rules that no compiler checks
    Tidy,
    /// Measures; prints one JSON line
    Bench(bench::Options),
    /// Runs many engines, a relay and a bad network from one seed: options as `cargo xtask sim --help` lists them
    #[command(disable_help_flag = true)]
    Sim(sim::Options),
    /// Feeds everything that reads bytes from outside what a fuzzer finds
    Fuzz(fuzz::Options),
}

fn main() -> ExitCode {
    let done = match Cli::parse().task {
        Task::Setup => setup::run(),
        Task::Wasm(options) => wasm::run(&options),
        Task::Serve(options) => serve::run(&options),
        Task::Test(options) => match suite::run(&options) {
            Ok(code) => return code,
            Err(error) => Err(error),
        },
        Task::Tidy => tidy::run(),
        Task::Bench(options) => bench::run(&options),
        Task::Sim(options) => sim::run(&options),
        Task::Fuzz(options) => fuzz::run(&options),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}
