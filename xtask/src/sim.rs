//! `cargo xtask sim`: the simulator, see `docs/simulator.md`.

use anyhow::Result;
use clap::Args;

use crate::process;

/// Options that the simulator reads itself.
#[derive(Args)]
pub(crate) struct Options {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    args: Vec<String>,
}

/// Builds the simulator and runs it.
pub(crate) fn run(options: &Options) -> Result<()> {
    let args: Vec<&str> = options.args.iter().map(String::as_str).collect();
    simulator(&args)
}

/// Some seeds without a fault, and every planted fault: what `cargo xtask test` runs.
pub(crate) fn briefly() -> Result<()> {
    simulator(&["--seeds", "60"])?;
    simulator(&["--faults", "--seeds", "120"])
}

fn simulator(args: &[&str]) -> Result<()> {
    process::run(process::cargo()?.args(["run", "--quiet", "--package", "kuvert-sim", "--"]).args(args))
}
