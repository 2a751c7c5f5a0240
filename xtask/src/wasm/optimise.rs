//! wasm-opt: fewer bytes for the browser to compile.
//!
//! It makes a module about an eighth smaller before compression and hardly changes it after: the browser compiles
//! less, the network carries the same.

use std::{fs, path::Path};

use anyhow::{Context, Result};

use crate::process;

/// What the compiler emits by default for this target; wasm-opt must be told that browsers know it too.
const FEATURES: [&str; 6] = [
    "--enable-bulk-memory",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
];

/// Optimises a module for size, in its place.
pub(super) fn run(path: &Path) -> Result<()> {
    let output = path.with_extension("optimised");
    let mut command = process::command("wasm-opt")?;
    command.arg("-Os").args(FEATURES).arg(path).arg("--output").arg(&output);
    process::output(&mut command)?;
    fs::rename(&output, path).with_context(|| format!("{} cannot be replaced", path.display()))
}

/// The version line: another version makes other bytes.
pub(super) fn version() -> Result<String> {
    process::output(process::command("wasm-opt")?.arg("--version"))
}
