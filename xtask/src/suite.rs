//! `cargo xtask test`: every check of this repository, in the order in which they fail soonest.
//!
//! A developer and the build machine run the same command. Each step says what it runs and how long it took; the first
//! failure stops the run. The last line is the summary.

use std::{
    env,
    process::ExitCode,
    time::{Duration, Instant},
};

use anyhow::{Result, bail};
use clap::{Args, ValueEnum};

use crate::{files, process, setup, sim, tidy, wasm};

/// Options of the task.
#[derive(Args)]
pub(crate) struct Options {
    /// Run this step only; may be repeated
    #[arg(long, value_enum)]
    only: Vec<Step>,
    /// Leave this step out; may be repeated
    #[arg(long, value_enum)]
    skip: Vec<Step>,
}

/// The steps, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Step {
    /// What the other steps need
    Setup,
    /// Formatting
    Fmt,
    /// House rules
    Tidy,
    /// Licences, advisories and sources of dependencies, where cargo-deny is installed
    Deny,
    /// Lints
    Clippy,
    /// Native build of all targets
    Build,
    /// Native tests
    Test,
    /// The simulator: some seeds, and every planted fault
    Sim,
    /// Examples in the documentation
    Doc,
    /// Web app within its budget
    Wasm,
    /// Browser tests against a real relay
    Browser,
}

impl Step {
    fn run(self) -> Result<()> {
        match self {
            Self::Setup => setup::run(),
            Self::Fmt => cargo(&["fmt", "--all", "--check"]),
            Self::Tidy => tidy::run(),
            Self::Deny => cargo(&["deny", "--workspace", "check"]),
            Self::Clippy => cargo(&["clippy", "--workspace", "--all-targets", "--", "--deny", "warnings"]),
            // All targets at once, so that the relay of the browser tests is the one that the tests linked.
            Self::Build => cargo(&["build", "--workspace", "--all-targets"]),
            Self::Test if process::exists("cargo-nextest") => {
                native(&["nextest", "run", "--workspace", "--no-fail-fast", "--status-level", "slow"])
            }
            Self::Test => native(&["test", "--workspace", "--all-targets", "--no-fail-fast"]),
            Self::Sim => sim::briefly(),
            Self::Doc => cargo(&["test", "--workspace", "--doc"]),
            Self::Wasm => wasm::run(&wasm::Options {
                check_budget: true,
                deny_warnings: true,
                ..wasm::Options::default()
            }),
            Self::Browser => browser(),
        }
    }

    fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }
}

/// Runs the chosen steps. The exit code says whether all passed; the reason for a failure has been printed.
pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    let steps = chosen(options, process::exists("cargo-deny"));
    if steps.is_empty() {
        bail!("no step is left to run");
    }
    let mut passed = Vec::new();
    for step in steps {
        println!("\n== {}", step.name());
        let started = Instant::now();
        if let Err(error) = step.run() {
            println!("\n{} FAILED after {}: {error:#}", step.name(), seconds(started.elapsed()));
            print_summary(&passed, 1);
            return Ok(ExitCode::FAILURE);
        }
        println!("== {} passed in {}", step.name(), seconds(started.elapsed()));
        passed.push((step, started.elapsed()));
    }
    print_summary(&passed, 0);
    Ok(ExitCode::SUCCESS)
}

fn chosen(options: &Options, has_cargo_deny: bool) -> Vec<Step> {
    let wanted = |step: &Step| {
        let only = options.only.is_empty() || options.only.contains(step);
        let installed = *step != Step::Deny || has_cargo_deny || options.only.contains(step);
        only && installed && !options.skip.contains(step)
    };
    Step::value_variants().iter().copied().filter(wanted).collect()
}

fn print_summary(passed: &[(Step, Duration)], failed: usize) {
    println!();
    for (step, took) in passed {
        println!("{:<8} {:>8}", step.name(), seconds(*took));
    }
    println!("{} passed, {failed} failed", passed.len());
}

fn seconds(duration: Duration) -> String {
    format!("{:.1} s", duration.as_secs_f64())
}

fn cargo(args: &[&str]) -> Result<()> {
    process::run(process::cargo()?.args(args))
}

/// The native tests. Properties are tried on the same cases each time, so that a change that breaks nothing stays green;
/// who looks for more sets another seed.
fn native(args: &[&str]) -> Result<()> {
    let mut command = process::cargo()?;
    if env::var_os("PROPTEST_RNG_SEED").is_none() {
        command.env("PROPTEST_RNG_SEED", "1");
    }
    process::run(command.args(args))
}

/// The browser tests, one file after the other: each starts relays and browsers of its own.
fn browser() -> Result<()> {
    let root = files::root()?;
    let mut tests = files::with_extension(&root.join("tests/e2e"), &["mjs"])?;
    tests.retain(|path| path.to_string_lossy().ends_with(".test.mjs"));
    if tests.is_empty() {
        bail!("there is no tests/e2e/*.test.mjs");
    }
    let binary = root.join("target/debug/kuvert");
    if !binary.is_file() {
        bail!("{} is missing: run the build step first", files::shown(&root, &binary));
    }
    // Once more, with the web app as a part of it, as it is handed out.
    cargo(&["build", "--package", "kuvert"])?;
    let mut node = process::command("node")?;
    node.args(["--test", "--test-concurrency=1", "--test-timeout=300000", "--test-reporter=spec"]);
    node.args(tests.iter().map(|path| files::shown(&root, path)));
    node.env("KUVERT_BIN", binary).env("KUVERT_EMBEDDED", "1");
    process::run(&mut node)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(only: &[Step], skip: &[Step]) -> Options {
        Options { only: only.to_vec(), skip: skip.to_vec() }
    }

    #[test]
    fn every_step_runs_unless_left_out() {
        let all = chosen(&options(&[], &[]), true);
        assert_eq!(all, Step::value_variants());
        let some = chosen(&options(&[], &[Step::Browser, Step::Wasm]), true);
        assert!(!some.contains(&Step::Browser) && !some.contains(&Step::Wasm) && some.contains(&Step::Test));
        assert_eq!(chosen(&options(&[Step::Fmt], &[]), true), [Step::Fmt]);
    }

    #[test]
    fn cargo_deny_runs_only_where_it_is_installed_or_asked_for() {
        assert!(!chosen(&options(&[], &[]), false).contains(&Step::Deny));
        assert_eq!(chosen(&options(&[Step::Deny], &[]), false), [Step::Deny]);
    }
}
