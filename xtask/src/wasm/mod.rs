//! `cargo xtask wasm`: from two Rust crates to a directory that the relay serves.
//!
//! ```text
//! cargo build (profile wasm) -> wasm-bindgen -> wasm-opt -> hashed names, index.html, brotli -> target/web
//! ```
//!
//! Cargo knows by itself what to compile again; everything after it is skipped while its inputs are the same.

mod bindgen;
mod layout;
mod optimise;
mod sizes;
mod toolchain;

use std::{fs, path::Path, time::Instant};

use anyhow::{Context, Result, bail};
use clap::Args;
use serde_json::Value;
use sha2::{Digest, Sha256};

pub(crate) use sizes::Sizes;
pub(crate) use toolchain::Toolchain;

use crate::{files, process};

/// The two modules: the crate, and the name of its files in the browser.
pub(crate) const MODULES: [Module; 2] =
    [Module { package: "kuvert-web", name: "web" }, Module { package: "kuvert-worker", name: "worker" }];

/// Changes when the steps after the compiler change, so that old outputs are made again.
const RECIPE: &str = "1";

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
}

/// Builds `target/web` and prints the sizes.
pub(crate) fn run(options: &Options) -> Result<()> {
    let root = files::root()?;
    let Some(toolchain) = Toolchain::find()? else {
        bail!("no Rust compiler for wasm here: run `cargo xtask setup` first");
    };
    let compiled = compile(&toolchain, &root, options.deny_warnings)?;
    let stamp = stamp(&root, &compiled)?;
    let sizes = match up_to_date(&root, &stamp) {
        Some(sizes) => {
            println!("  target/web is up to date");
            sizes
        }
        None => assemble(&root, &compiled, &stamp)?,
    };
    print!("{sizes}");
    if options.check_budget {
        sizes.check_budget()?;
    }
    Ok(())
}

/// A module as the compiler left it.
struct Compiled {
    module: &'static Module,
    bytes: Vec<u8>,
}

fn compile(toolchain: &Toolchain, root: &Path, deny_warnings: bool) -> Result<Vec<Compiled>> {
    println!("  compiling with {toolchain}");
    let target_dir = root.join("target/wasm-build");
    let mut cargo = toolchain.cargo_build(&target_dir)?;
    for module in &MODULES {
        cargo.args(["--package", module.package]);
    }
    if deny_warnings {
        let count = warnings(&process::output_shown(cargo.arg("--message-format=json-render-diagnostics"))?);
        if count > 0 {
            bail!("the compiler warned {count} time(s), see above");
        }
    } else {
        process::run(&mut cargo)?;
    }
    let outputs = target_dir.join(toolchain::TARGET).join("wasm");
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
fn assemble(root: &Path, compiled: &[Compiled], stamp: &str) -> Result<Sizes> {
    // What is half written must not look complete to the next run.
    if root.join("target/web.stamp").exists() {
        fs::remove_file(root.join("target/web.stamp"))?;
    }
    let mut modules = Vec::new();
    for Compiled { module, bytes } in compiled {
        let started = Instant::now();
        let mut bound = bindgen::run(root, module, bytes)?;
        bound.wasm = optimise::run(root, module, &bound.wasm)?;
        println!("  {}: bound and optimised in {:.1} s", module.package, started.elapsed().as_secs_f64());
        modules.push(bound);
    }
    let started = Instant::now();
    let site = layout::site(root, &modules)?;
    let sizes = layout::write(root, &site)?;
    sizes.save(root)?;
    files::write(&root.join("target/web.stamp"), stamp.as_bytes())?;
    println!("  target/web laid out and compressed in {:.1} s", started.elapsed().as_secs_f64());
    Ok(sizes)
}

/// A hash of all that the output depends on, compiler excepted.
fn stamp(root: &Path, compiled: &[Compiled]) -> Result<String> {
    let mut hash = Sha256::new();
    let mut add = |bytes: &[u8]| {
        hash.update((bytes.len() as u64).to_be_bytes());
        hash.update(bytes);
    };
    add(RECIPE.as_bytes());
    add(optimise::version()?.as_bytes());
    for Compiled { module, bytes } in compiled {
        add(module.name.as_bytes());
        add(bytes);
    }
    for path in layout::inputs(root)? {
        add(files::shown(root, &path).as_bytes());
        add(&fs::read(&path).with_context(|| format!("{} cannot be read", path.display()))?);
    }
    Ok(hex(&hash.finalize()))
}

/// Lower-case hexadecimal digits.
fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
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
}
