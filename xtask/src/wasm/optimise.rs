//! wasm-opt: fewer bytes for the browser to compile.
//!
//! It makes a module about an eighth smaller before compression and hardly changes it after: the browser compiles
//! less, the network carries the same.

use std::{fs, path::Path};

use anyhow::Result;

use super::Module;
use crate::{files, process};

/// What the compiler emits by default for this target; wasm-opt must be told that browsers know it too.
const FEATURES: [&str; 6] = [
    "--enable-bulk-memory",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
];

/// Optimises for size.
pub(super) fn run(root: &Path, module: &Module, bytes: &[u8]) -> Result<Vec<u8>> {
    let dir = root.join("target/wasm-build/optimised");
    fs::create_dir_all(&dir)?;
    let input = dir.join(format!("{}.in.wasm", module.name));
    let output = dir.join(format!("{}.wasm", module.name));
    files::write(&input, bytes)?;
    let mut command = process::command("wasm-opt")?;
    command.arg("-Os").args(FEATURES).arg(&input).arg("--output").arg(&output);
    process::output(&mut command)?;
    files::read_bytes(&output)
}

/// The version line: another version makes other bytes.
pub(super) fn version() -> Result<String> {
    process::output(process::command("wasm-opt")?.arg("--version"))
}
