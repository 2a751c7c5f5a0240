//! The Rust toolchain that compiles for `wasm32-unknown-unknown`.
//!
//! rustup's target is preferred. Where it cannot be fetched, Debian's `rustc-web` packages take its place: they lack
//! a compiled standard library for wasm, so that it is built from its source, and a linker, so that rustup's is used.

use std::{
    env, fmt,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};

use crate::process;

/// The target triple.
pub(crate) const TARGET: &str = "wasm32-unknown-unknown";
const DEBIAN_RUSTC: &str = "/usr/bin/rustc";
const DEBIAN_CARGO: &str = "/usr/bin/cargo";
const DEBIAN_STD_SOURCE: &str = "/usr/lib/rustlib/src/rust/library/std/Cargo.toml";

/// A toolchain that was found on this machine.
#[derive(Debug)]
pub(crate) enum Toolchain {
    /// rustup's, with its precompiled standard library.
    Rustup,
    /// Debian's packages; holds the linker.
    Debian(PathBuf),
}

impl fmt::Display for Toolchain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Rustup => "rustup's wasm32-unknown-unknown",
            Self::Debian(_) => "Debian's rustc-web with a standard library built from source",
        })
    }
}

impl Toolchain {
    /// The toolchain to use, or `None` when there is none yet.
    pub(crate) fn find() -> Result<Option<Self>> {
        let libraries = process::output(process::command("rustc")?.args([
            "--print",
            "target-libdir",
            "--target",
            TARGET,
        ]))?;
        if has_standard_library(Path::new(libraries.trim())) {
            return Ok(Some(Self::Rustup));
        }
        let debian = [DEBIAN_RUSTC, DEBIAN_CARGO, DEBIAN_STD_SOURCE];
        if !debian.iter().all(|path| Path::new(path).exists()) {
            return Ok(None);
        }
        Ok(linker()?.map(Self::Debian))
    }

    /// A `cargo build` for wasm of what lies in `root`, with everything set but the packages.
    pub(crate) fn cargo_build(&self, root: &Path, target_dir: &Path, profile: &str) -> Result<Command> {
        let mut command = match self {
            Self::Rustup => process::cargo()?,
            Self::Debian(_) => process::command(DEBIAN_CARGO)?,
        };
        command.current_dir(root);
        command.args(["build", "--target", TARGET, "--profile", profile, "--target-dir"]).arg(target_dir);
        if let Self::Debian(linker) = self {
            // Building the standard library is an unstable option, which Debian's stable compiler must be told to allow.
            command.args(["-Zbuild-std=std,panic_abort", "-Zbuild-std-features=optimize_for_size"]);
            command.env("RUSTC_BOOTSTRAP", "1").env("RUSTC", DEBIAN_RUSTC);
            command.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker);
        }
        command.env("RUSTFLAGS", flags(root)?).env_remove("CARGO_ENCODED_RUSTFLAGS");
        command.env("CC_wasm32_unknown_unknown", "clang-19").env("AR_wasm32_unknown_unknown", "llvm-ar-19");
        Ok(command)
    }
}

/// The compiler flags: random numbers come from the browser; the page's views are of one type rather than each of its own, which
/// makes its module a good deal smaller; and no path of the building machine gets into the module, so that two machines build
/// the same bytes.
fn flags(root: &Path) -> Result<String> {
    let home = match env::var_os("CARGO_HOME") {
        Some(home) => PathBuf::from(home),
        None => PathBuf::from(env::var_os("HOME").context("HOME is not set")?).join(".cargo"),
    };
    for path in [root, home.as_path()] {
        if path.to_string_lossy().contains(char::is_whitespace) {
            bail!("{} contains a space, which RUSTFLAGS cannot carry", path.display());
        }
    }
    Ok(format!(
        "--cfg getrandom_backend=\"wasm_js\" --cfg erase_components --remap-path-prefix={}=/kuvert --remap-path-prefix={}=/cargo",
        root.display(),
        home.display()
    ))
}

fn has_standard_library(dir: &Path) -> bool {
    dir.read_dir().is_ok_and(|entries| {
        entries.flatten().any(|entry| entry.file_name().to_string_lossy().starts_with("libstd-"))
    })
}

/// rustup's linker, which Debian's packages do not bring; Debian's own `wasm-ld` otherwise.
fn linker() -> Result<Option<PathBuf>> {
    let sysroot = process::output(process::command("rustc")?.args(["--print", "sysroot"]))?;
    let rustlib = Path::new(sysroot.trim()).join("lib/rustlib");
    let host = format!("{}-unknown-linux-gnu", env::consts::ARCH);
    let bundled = rustlib.join(host).join("bin/rust-lld");
    if bundled.is_file() {
        return Ok(Some(bundled));
    }
    Ok(["rust-lld", "wasm-ld-19", "wasm-ld"].iter().find_map(|name| process::find(name)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files;

    #[test]
    fn no_path_of_this_machine_gets_into_the_module() {
        let flags = flags(Path::new("/somewhere/kuvert")).expect("no spaces");
        assert!(flags.contains("--remap-path-prefix=/somewhere/kuvert=/kuvert"), "{flags}");
        assert!(flags.contains("=/cargo"), "{flags}");
    }

    #[test]
    fn a_path_with_a_space_is_refused_rather_than_split() {
        assert!(flags(Path::new("/some where/kuvert")).is_err());
    }

    #[test]
    fn an_empty_directory_holds_no_standard_library() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        assert!(!has_standard_library(dir.path()));
        files::write(&dir.path().join("libstd-1234.rlib"), b"").expect("written");
        assert!(has_standard_library(dir.path()));
    }
}
