//! `cargo xtask setup`: installs what the other tasks need on Debian and Ubuntu, and checks that it works.
//!
//! Idempotent: what is there already is left alone, so that every task may begin with it. Without root it installs
//! nothing with apt, but prints the one command that does.

use std::{env, fs, path::Path, process::Command};

use anyhow::{Context, Result, bail};

use crate::{files, process, wasm::Toolchain};

/// A Debian package and why Kuvert wants it.
struct Package {
    name: &'static str,
    /// A file that the package brings; present means installed, from wherever it came.
    provides: &'static str,
    reason: &'static str,
}

/// Needed on every machine.
const PACKAGES: [Package; 8] = [
    Package { name: "gcc", provides: "/usr/bin/cc", reason: "SQLCipher and OpenSSL are C" },
    Package { name: "make", provides: "/usr/bin/make", reason: "builds the OpenSSL that SQLCipher links" },
    Package { name: "perl", provides: "/usr/bin/perl", reason: "configures that OpenSSL" },
    Package { name: "clang-19", provides: "/usr/bin/clang-19", reason: "compiles SQLCipher for wasm" },
    Package { name: "llvm-19", provides: "/usr/bin/llvm-ar-19", reason: "archives SQLCipher for wasm" },
    Package { name: "chromium", provides: "/usr/bin/chromium", reason: "browser tests" },
    Package {
        name: "fonts-dejavu-core",
        provides: "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",
        reason: "screenshots have text",
    },
    Package {
        name: "fonts-noto-color-emoji",
        provides: "/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf",
        reason: "screenshots have emoji",
    },
];

/// Needed where rustup has no `wasm32-unknown-unknown` target and cannot fetch it. The packages' file lists tell them
/// from Debian's ordinary, older Rust, which has the same file names.
const WASM_PACKAGES: [Package; 4] = [
    Package { name: "rustc-web", provides: "/var/lib/dpkg/info/rustc-web.list", reason: "compiles for wasm" },
    Package {
        name: "cargo-web",
        provides: "/var/lib/dpkg/info/cargo-web.list",
        reason: "builds the standard library for wasm",
    },
    Package {
        name: "rust-web-src",
        provides: "/var/lib/dpkg/info/rust-web-src.list",
        reason: "the standard library's source",
    },
    Package {
        name: "libstd-rust-web-dev",
        provides: "/usr/lib/rustlib/x86_64-unknown-linux-gnu/lib",
        reason: "procedural macros run on this machine",
    },
];

/// The oldest Node.js whose test runner the browser tests use.
const OLDEST_NODE: (u32, u32) = (20, 11);

/// Installs what is missing, then checks.
pub(crate) fn run() -> Result<()> {
    let needs_debian_rust = match Toolchain::find()? {
        Some(toolchain) => {
            println!("wasm toolchain: {toolchain}");
            false
        }
        None => !add_rustup_target(),
    };
    let mut missing: Vec<&Package> = PACKAGES.iter().filter(|package| !is_there(package)).collect();
    if needs_debian_rust {
        missing.extend(WASM_PACKAGES.iter().filter(|package| !is_there(package)));
    }
    install(&missing)?;
    install_npm_packages()?;
    check()
}

/// Asks rustup for the wasm target. Where rustup cannot reach its server this fails at once.
fn add_rustup_target() -> bool {
    if !process::exists("rustup") {
        return false;
    }
    println!("wasm toolchain: asking rustup for wasm32-unknown-unknown");
    let added = process::command("rustup")
        .and_then(|mut rustup| process::output(rustup.args(["target", "add", "wasm32-unknown-unknown"])));
    match added {
        Ok(_) => true,
        Err(_) => {
            println!("wasm toolchain: rustup could not fetch it, Debian's packages take its place");
            false
        }
    }
}

fn is_there(package: &Package) -> bool {
    Path::new(package.provides).exists()
}

/// Installs Debian packages, or says which command would.
fn install(missing: &[&Package]) -> Result<()> {
    if missing.is_empty() {
        println!("system packages: all there");
        return Ok(());
    }
    for package in missing {
        println!("system package: {} ({})", package.name, package.reason);
    }
    let names: Vec<&str> = missing.iter().map(|package| package.name).collect();
    if !process::exists("apt-get") {
        bail!("install the equivalents of these Debian packages, then try again: {}", names.join(" "));
    }
    if !is_root()? {
        bail!(
            "system packages are missing; run this, then try again:\n  sudo apt-get install {}",
            names.join(" ")
        );
    }
    process::run(apt()?.arg("update"))?;
    process::run(apt()?.args(["install", "--yes", "--no-install-recommends"]).args(&names))
}

fn apt() -> Result<Command> {
    let mut command = process::command("apt-get")?;
    command.env("DEBIAN_FRONTEND", "noninteractive").arg("--quiet=2");
    Ok(command)
}

fn is_root() -> Result<bool> {
    let id = process::output(process::command("id")?.arg("-u"))?;
    Ok(id.trim() == "0")
}

/// `npm ci` in `tests/e2e`, unless what is there already came from the same lock file.
fn install_npm_packages() -> Result<()> {
    let dir = files::root()?.join("tests/e2e");
    let lock = files::read_bytes(&dir.join("package-lock.json"))?;
    let stamp = dir.join("node_modules/.kuvert-lock");
    if fs::read(&stamp).is_ok_and(|installed| installed == lock) {
        println!("npm packages: all there");
        return Ok(());
    }
    let mut npm = process::command("npm")?;
    npm.current_dir(&dir).args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]);
    process::run(&mut npm)?;
    files::write(&stamp, &lock)
}

/// Fails with what to do when something is still not usable.
fn check() -> Result<()> {
    let Some(toolchain) = Toolchain::find()? else {
        bail!(
            "no Rust compiler for wasm: install rustup's target wasm32-unknown-unknown or Debian's rustc-web"
        );
    };
    let oldest = format!("{}.{}", OLDEST_NODE.0, OLDEST_NODE.1);
    if !process::exists("node") {
        bail!("Node.js is missing: install version {oldest} or newer (the browser tests use it)");
    }
    let node = process::output(process::command("node")?.arg("--version"))?;
    if version(&node).is_none_or(|found| found < OLDEST_NODE) {
        bail!("Node.js {} is too old: version {oldest} or newer is needed", node.trim());
    }
    println!("ready: {toolchain}, node {}, {}", node.trim(), browser()?);
    Ok(())
}

/// The browser's version line; `CHROMIUM` names another binary than Debian's.
fn browser() -> Result<String> {
    let path = env::var("CHROMIUM").unwrap_or_else(|_| "/usr/bin/chromium".to_owned());
    let version = process::output(process::command(&path)?.args(["--no-sandbox", "--version"]))
        .with_context(|| format!("{path} does not start; set CHROMIUM to a Chromium that does"))?;
    Ok(version.trim().to_owned())
}

/// The first two numbers of `v20.11.1`.
fn version(text: &str) -> Option<(u32, u32)> {
    let mut numbers = text.trim().trim_start_matches('v').split('.').map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_the_first_two_numbers() {
        assert_eq!(version("v20.9.2\n"), Some((20, 9)));
        assert!(version("v20.9.2") < Some(OLDEST_NODE));
        assert_eq!(version("unknown"), None);
    }

    #[test]
    fn every_package_says_why() {
        for package in PACKAGES.iter().chain(&WASM_PACKAGES) {
            assert!(!package.reason.is_empty() && package.provides.starts_with('/'), "{}", package.name);
        }
    }
}
