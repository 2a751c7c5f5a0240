//! `cargo xtask fuzz`: feeds the targets in `fuzz/` what libFuzzer finds, each for some seconds.
//!
//! Needs nightly Rust and `cargo install cargo-fuzz --locked`. What a target finds worth keeping goes to
//! `fuzz/corpus/TARGET`, what breaks it to `fuzz/artifacts/TARGET`.

use std::path::Path;

use anyhow::{Result, bail};
use clap::Args;

use crate::{files, process};

/// Options of the task.
#[derive(Args)]
pub(crate) struct Options {
    /// Run this target only
    target: Option<String>,
    /// Seconds for each target
    #[arg(long, default_value_t = 60)]
    seconds: u32,
    /// Afterwards, keep only the part of the corpus that is needed for what it reaches
    #[arg(long)]
    minimise: bool,
}

/// Runs one target, or all of them one after the other. The first that breaks ends the run.
pub(crate) fn run(options: &Options) -> Result<()> {
    if !process::exists("cargo-fuzz") {
        bail!("cargo-fuzz is missing: `cargo install cargo-fuzz --locked`");
    }
    for target in chosen(&files::root()?, options.target.as_deref())? {
        println!("\n== {target}");
        let time = format!("-max_total_time={}", options.seconds);
        cargo_fuzz(&["run", &target, "--", &time, "-rss_limit_mb=2048"])?;
        if options.minimise {
            cargo_fuzz(&["cmin", &target])?;
        }
    }
    Ok(())
}

/// libFuzzer needs what only nightly Rust offers.
fn cargo_fuzz(args: &[&str]) -> Result<()> {
    process::run(process::command("rustup")?.args(["run", "nightly", "cargo", "fuzz"]).args(args))
}

fn chosen(root: &Path, wanted: Option<&str>) -> Result<Vec<String>> {
    let paths = files::with_extension(&root.join("fuzz/fuzz_targets"), &["rs"])?;
    let mut targets: Vec<String> =
        paths.iter().filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned())).collect();
    targets.sort();
    if let Some(wanted) = wanted {
        if !targets.iter().any(|target| target == wanted) {
            bail!("there is no target {wanted}; there are {}", targets.join(", "));
        }
        targets = vec![wanted.to_owned()];
    }
    Ok(targets)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_target_is_found_and_an_unknown_one_is_named() {
        let root = files::root().expect("the repository");
        let all = chosen(&root, None).expect("targets");
        assert!(["frame", "session"].iter().all(|target| all.iter().any(|other| other == target)));
        assert_eq!(chosen(&root, Some("frame")).expect("one"), ["frame"]);
        let error = chosen(&root, Some("nothing")).expect_err("unknown");
        assert!(error.to_string().contains("there is no target nothing"), "{error}");
    }
}
