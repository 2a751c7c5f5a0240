//! `cargo xtask sim`: the simulator, see `docs/simulator.md`.

use anyhow::Result;
use clap::Args;

use crate::process;

/// Our own crates in which a seed spends its time.
const BUSY: [&str; 6] =
    ["kuvert-core", "kuvert-mls", "kuvert-relay", "kuvert-sim", "kuvert-store", "kuvert-wire"];

/// Options, most of which the simulator reads itself.
#[derive(Args)]
pub(crate) struct Options {
    /// Optimises our own crates, too: stands first, and is worth its compiling from some hundred seeds on
    #[arg(long)]
    optimized: bool,
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    args: Vec<String>,
}

/// Builds the simulator and runs it.
pub(crate) fn run(options: &Options) -> Result<()> {
    let args: Vec<&str> = options.args.iter().map(String::as_str).collect();
    simulator(options.optimized, &args)
}

/// Some seeds without a fault, and every planted fault: what `cargo xtask test` runs.
pub(crate) fn briefly() -> Result<()> {
    simulator(false, &["--seeds", "60"])?;
    simulator(false, &["--dispatch", "--seeds", "20"])?;
    simulator(false, &["--faults", "--seeds", "120"])
}

fn simulator(optimized: bool, args: &[&str]) -> Result<()> {
    let mut cargo = process::cargo()?;
    for name in BUSY.iter().filter(|_| optimized) {
        cargo.args(["--config", &format!("profile.dev.package.{name}.opt-level=2")]);
    }
    if optimized {
        // The engine's own checks load every group once more; what they would see, the oracles see later.
        cargo.args(["--config", "profile.dev.package.kuvert-core.debug-assertions=false"]);
    }
    process::run(cargo.args(["run", "--quiet", "--package", "kuvert-sim", "--"]).args(args))
}
