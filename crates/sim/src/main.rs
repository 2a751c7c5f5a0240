//! `kuvert-sim`: runs seeds, replays one, or shows that planted faults are found.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a tool that talks to the terminal")]

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use clap::{Parser, ValueEnum};
use kuvert_sim::{Fault, Features, Options, Outcome, SimError, run};

/// The command line.
#[derive(Parser)]
#[command(name = "kuvert-sim", about = "Many engines, one relay, a bad network, and one seed")]
struct Cli {
    /// How many seeds to run
    #[arg(long, default_value_t = 100)]
    seeds: u64,
    /// The first of them
    #[arg(long, default_value_t = 1)]
    first: u64,
    /// Run this one seed, and print what happened
    #[arg(long)]
    seed: Option<u64>,
    /// Things that people do in each run
    #[arg(long, default_value_t = 60)]
    steps: usize,
    /// Stop after so many seconds, whatever is left
    #[arg(long)]
    seconds: Option<u64>,
    /// Seeds that run at the same time
    #[arg(long, default_value_t = 2)]
    threads: usize,
    /// What the worlds have beside talk between two: `talk` for nothing, or names joined by commas (groups, relays, changes, blocking,
    /// files); drawn from the
    /// seed if not given
    #[arg(long)]
    with: Option<Features>,
    /// A business line hands an order to one of three drivers in each run, instead of people who talk
    #[arg(long, conflicts_with_all = ["with", "faults"])]
    dispatch: bool,
    /// Plant this fault
    #[arg(long, value_enum)]
    fault: Option<Fault>,
    /// Plant every fault in turn, each in up to `--seeds` seeds, and show which seed found it
    #[arg(long)]
    faults: bool,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let done = match cli.seed {
        Some(seed) => replay(&cli, seed),
        None if cli.faults => all_faults(&cli),
        None => many(&cli),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("kuvert-sim: {error}");
            ExitCode::from(2)
        }
    }
}

fn options(cli: &Cli) -> Options {
    let features = cli.with.or(cli.fault.map(Fault::features));
    Options { steps: cli.steps, trace: false, features, fault: cli.fault, dispatch: cli.dispatch }
}

/// Runs one seed twice, the second time in words.
fn replay(cli: &Cli, seed: u64) -> Result<bool, SimError> {
    let first = run(seed, &options(cli))?;
    let second = run(seed, &Options { trace: true, ..options(cli) })?;
    for line in &second.lines {
        println!("{line}");
    }
    println!("seed {seed}: {} happenings, {} messages", second.happenings, second.messages);
    for violation in &second.violations {
        println!("  {violation}");
    }
    if first.trace != second.trace {
        println!("the seed did not replay: {:016x} and {:016x}", first.trace, second.trace);
        return Ok(false);
    }
    println!("trace {:016x}, twice", first.trace);
    Ok(second.violations.is_empty())
}

/// Runs many seeds; every 50th twice, to see that it replays.
fn many(cli: &Cli) -> Result<bool, SimError> {
    let began = Instant::now();
    let until = cli.seconds.map(|seconds| began + Duration::from_secs(seconds));
    let next = AtomicU64::new(cli.first);
    let end = cli.first.saturating_add(cli.seeds);
    let (sender, outcomes) = mpsc::channel();
    let (mut ran, mut messages, mut happenings, mut failed) = (0_u64, 0, 0, BTreeMap::new());
    std::thread::scope(|scope| {
        for _ in 0..cli.threads.max(1) {
            let (sender, next) = (sender.clone(), &next);
            scope.spawn(move || {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= end || until.is_some_and(|until| Instant::now() >= until) {
                        return;
                    }
                    if sender.send((seed, checked(seed, &options(cli)))).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        for (seed, outcome) in outcomes {
            ran += 1;
            match outcome {
                Ok(outcome) => {
                    messages += outcome.messages;
                    happenings += outcome.happenings;
                    if !outcome.violations.is_empty() {
                        show(&outcome);
                        failed.insert(seed, ());
                    }
                }
                Err(error) => {
                    println!("seed {seed}: {error}");
                    failed.insert(seed, ());
                }
            }
        }
    });
    let seconds = began.elapsed().as_secs_f64();
    println!(
        "{ran} seeds from {}, {} with violations; {messages} messages, {happenings} happenings; {seconds:.1} s, {:.2} \
         seeds per second",
        cli.first,
        failed.len(),
        ran as f64 / seconds,
    );
    if let Some(seed) = failed.keys().next() {
        let dispatch = if cli.dispatch { " --dispatch" } else { "" };
        println!("replay the first: cargo xtask sim --seed {seed} --steps {}{dispatch}", cli.steps);
    }
    Ok(failed.is_empty())
}

fn checked(seed: u64, options: &Options) -> Result<Outcome, SimError> {
    let mut outcome = run(seed, options)?;
    if seed % 50 == 1 {
        let again = run(seed, options)?;
        if again.trace != outcome.trace {
            let what = format!("the seed did not replay: {:016x} and {:016x}", outcome.trace, again.trace);
            outcome.violations.push(kuvert_sim::Violation { rule: "replay", what });
        }
    }
    Ok(outcome)
}

fn show(outcome: &Outcome) {
    println!("seed {}:", outcome.seed);
    for violation in outcome.violations.iter().take(4) {
        println!("  {violation}");
    }
}

/// How a planted fault ended: its name, and the seed and what was seen there.
type Found = (String, f64, Result<Option<(u64, String)>, SimError>);

/// Plants every fault, and looks for the first seed that finds it.
fn all_faults(cli: &Cli) -> Result<bool, SimError> {
    let faults = Fault::value_variants();
    let next = AtomicUsize::new(0);
    let (sender, found) = mpsc::channel::<(usize, Found)>();
    std::thread::scope(|scope| {
        for _ in 0..cli.threads.max(1) {
            let (sender, next) = (sender.clone(), &next);
            scope.spawn(move || {
                while let Some((place, fault)) = {
                    let place = next.fetch_add(1, Ordering::Relaxed);
                    faults.get(place).map(|fault| (place, *fault))
                } {
                    let began = Instant::now();
                    let found = find(cli, fault);
                    let name = fault.to_possible_value().map(|value| value.get_name().to_owned());
                    let found = (name.unwrap_or_default(), began.elapsed().as_secs_f64(), found);
                    if sender.send((place, found)).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
    });
    let mut all_found = true;
    for (_, (name, took, found)) in found.into_iter().collect::<BTreeMap<_, _>>() {
        match found? {
            Some((seed, violation)) => println!("{name:<24} seed {seed:<4} {took:>5.1} s  {violation}"),
            None => {
                all_found = false;
                println!("{name:<24} NOT FOUND in {} seeds", cli.seeds);
            }
        }
    }
    Ok(all_found)
}

/// The first seed that finds a fault, and what is seen there.
fn find(cli: &Cli, fault: Fault) -> Result<Option<(u64, String)>, SimError> {
    for seed in cli.first..cli.first.saturating_add(cli.seeds) {
        let outcome =
            run(seed, &Options { fault: Some(fault), features: Some(fault.features()), ..options(cli) })?;
        if let Some(violation) = outcome.violations.first() {
            return Ok(Some((seed, violation.to_string())));
        }
    }
    Ok(None)
}
