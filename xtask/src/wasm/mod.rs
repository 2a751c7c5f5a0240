//! `cargo xtask wasm`: from Rust crates to a directory that the relay serves.
//!
//! ```text
//! cargo build (profile wasm) -> wasm-bindgen -> hashed names, index.html, brotli -> target/web
//! ```
//!
//! There is no wasm-opt in between: Debian's (binaryen 108) exports the wrong table after wasm-bindgen's work, and what
//! a newer one saves before compression is gone after it.
//!
//! Cargo knows by itself what to compile again; everything after it is skipped while its inputs are the same.

mod bindgen;
mod layout;
mod reproduce;
mod sizes;
mod toolchain;

use std::{
    fs::{self, File},
    io::ErrorKind,
    path::Path,
    time::Instant,
};

use anyhow::{Context, Result, bail};
use clap::Args;
use serde_json::Value;
use sha2::{Digest, Sha256};

use bindgen::Bound;
pub(crate) use sizes::Sizes;
pub(crate) use toolchain::Toolchain;

use crate::{files, process};

/// The modules: the crate, and the name of its files in the browser. A line's team has a page and an engine of its own.
pub(crate) const MODULES: [Module; 4] = [
    Module { package: "kuvert-web", name: "web" },
    Module { package: "kuvert-worker", name: "worker" },
    Module { package: "kuvert-desk-web", name: "desk" },
    Module { package: "kuvert-desk-worker", name: "desk-worker" },
];

/// Changes when the steps after the compiler change, so that old outputs are made again.
const RECIPE: &str = "4";

/// A crate that becomes a wasm module.
pub(crate) struct Module {
    /// The Cargo package.
    pub(crate) package: &'static str,
    /// What its files are called in the browser.
    pub(crate) name: &'static str,
}

/// Options of the task.
#[derive(Args, Default)]
pub(crate) struct Options {
    /// Fail when a module is larger than its budget
    #[arg(long)]
    pub(crate) check_budget: bool,
    /// Fail when the compiler warns about a crate of this repository
    #[arg(long)]
    pub(crate) deny_warnings: bool,
    /// Build larger modules in less time, and compress nothing
    #[arg(long, conflicts_with = "check_budget")]
    pub(crate) quick: bool,
    /// Build once more, from a copy in another place, and fail when the bytes differ
    #[arg(long)]
    pub(crate) check_reproducible: bool,
}

impl Options {
    /// The profile of the compiler.
    fn profile(&self) -> &'static str {
        if self.quick { "wasm-quick" } else { "wasm" }
    }
}

/// Builds `target/web` and prints the sizes.
pub(crate) fn run(options: &Options) -> Result<()> {
    let root = files::root()?;
    let Some(toolchain) = Toolchain::find()? else {
        bail!("no Rust compiler for wasm here: run `cargo xtask setup` first");
    };
    let compiled = compile(&toolchain, &root, options)?;
    let _lock = lock(&root)?;
    let stamp = stamp(&root, &compiled)?;
    let sizes = match up_to_date(&root, &stamp) {
        Some(sizes) => {
            println!("  target/web is up to date");
            sizes
        }
        None => assemble(&root, &compiled, &stamp, options.quick)?,
    };
    print!("{sizes}");
    if options.check_budget {
        sizes.check_budget()?;
    }
    if options.check_reproducible {
        reproduce::check(&toolchain, &root, options)?;
    }
    Ok(())
}

/// A module as the compiler left it.
struct Compiled {
    module: &'static Module,
    bytes: Vec<u8>,
}

fn compile(toolchain: &Toolchain, root: &Path, options: &Options) -> Result<Vec<Compiled>> {
    println!("  compiling with {toolchain}");
    let target_dir = root.join("target/wasm-build");
    let mut cargo = toolchain.cargo_build(root, &target_dir, options.profile())?;
    for module in &MODULES {
        cargo.args(["--package", module.package]);
    }
    if options.deny_warnings {
        let count = warnings(&process::output_shown(cargo.arg("--message-format=json-render-diagnostics"))?);
        if count > 0 {
            bail!("the compiler warned {count} time(s), see above");
        }
    } else {
        process::run(&mut cargo)?;
    }
    let outputs = target_dir.join(toolchain::TARGET).join(options.profile());
    let read = |module: &'static Module| -> Result<Compiled> {
        let path = outputs.join(module.package.replace('-', "_")).with_extension("wasm");
        Ok(Compiled { module, bytes: files::read_bytes(&path)? })
    };
    MODULES.iter().map(read).collect()
}

/// How many warnings cargo's messages hold. Cargo silences those of dependencies, and repeats those of crates that it
/// did not have to compile again.
fn warnings(messages: &str) -> usize {
    let is_warning = |line: &str| {
        serde_json::from_str::<Value>(line).is_ok_and(|message| {
            message["reason"] == "compiler-message" && message["message"]["level"] == "warning"
        })
    };
    messages.lines().filter(|line| is_warning(line)).count()
}

/// The sizes of what is laid out already, when it was made from the same inputs.
fn up_to_date(root: &Path, stamp: &str) -> Option<Sizes> {
    let same = fs::read_to_string(root.join("target/web.stamp")).is_ok_and(|old| old == stamp);
    if same && root.join("target/web/index.html").is_file() { Sizes::load(root).ok() } else { None }
}

/// Everything after the compiler.
fn assemble(root: &Path, compiled: &[Compiled], stamp: &str, quick: bool) -> Result<Sizes> {
    // What is half written must not look complete to the next run.
    remove(&root.join("target/web.stamp"))?;
    let modules = compiled.iter().map(|compiled| bind(root, compiled)).collect::<Result<Vec<_>>>()?;
    let started = Instant::now();
    let site = layout::site(root, &modules)?;
    let sizes = layout::write(root, &site, quick)?;
    sizes.save(root)?;
    files::write(&root.join("target/web.stamp"), stamp.as_bytes())?;
    println!("  target/web laid out in {:.1} s", started.elapsed().as_secs_f64());
    Ok(sizes)
}

/// Binds a module, unless that was done to the same bytes before.
fn bind(root: &Path, Compiled { module, bytes }: &Compiled) -> Result<Bound> {
    let dir = root.join("target/wasm-build/bound").join(module.name);
    let stamp = digest(&[RECIPE.as_bytes(), bytes]);
    if fs::read_to_string(dir.join("stamp")).is_ok_and(|old| old == stamp) {
        return Bound::load(&dir, module);
    }
    if dir.is_dir() {
        fs::remove_dir_all(&dir).with_context(|| format!("{} cannot be removed", dir.display()))?;
    }
    let started = Instant::now();
    Bound::emit(&dir, module, bytes)?;
    files::write(&dir.join("stamp"), stamp.as_bytes())?;
    println!("  {}: bound in {:.1} s", module.package, started.elapsed().as_secs_f64());
    Bound::load(&dir, module)
}

/// A hash of all that the output depends on, compiler excepted.
fn stamp(root: &Path, compiled: &[Compiled]) -> Result<String> {
    let mut parts = vec![RECIPE.as_bytes().to_vec()];
    for Compiled { module, bytes } in compiled {
        parts.push(module.name.as_bytes().to_vec());
        parts.push(bytes.clone());
    }
    for path in layout::inputs(root)? {
        parts.push(files::shown(root, &path).into_bytes());
        parts.push(files::read_bytes(&path)?);
    }
    Ok(digest(&parts.iter().map(Vec::as_slice).collect::<Vec<_>>()))
}

/// SHA-256 of parts that cannot run into each other.
fn digest(parts: &[&[u8]]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hex(&hash.finalize())
}

/// Lower-case hexadecimal digits.
fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Removes a file if it is there.
fn remove(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

/// Only one run at a time may write below `target`; the lock ends with the file.
fn lock(root: &Path) -> Result<File> {
    let path = root.join("target/web.lock");
    files::write(&path, b"")?;
    let file = File::open(&path)?;
    file.lock().with_context(|| format!("{} cannot be locked", path.display()))?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_warning_of_the_compiler_is_counted() {
        let messages = concat!(
            r#"{"reason":"compiler-artifact"}"#,
            "\n",
            r#"{"reason":"compiler-message","message":{"level":"warning"}}"#,
            "\n",
            r#"{"reason":"compiler-message","message":{"level":"note"}}"#,
        );
        assert_eq!(warnings(messages), 1);
    }

    #[test]
    fn parts_of_a_digest_cannot_run_into_each_other() {
        assert_ne!(digest(&[b"ab", b"c"]), digest(&[b"a", b"bc"]));
    }
}
