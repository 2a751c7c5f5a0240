//! `cargo xtask wasm --check-reproducible`: builds once more, from a copy in another place, and compares.
//!
//! Whoever publishes the hashes of a web app promises that anybody can build the same bytes from the same commit. What would break
//! that (a path of the building machine, an order that is not fixed, a time) shows when it is built twice.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process,
};

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};

use super::{Options, Toolchain, bind, compile, hex, layout};
use crate::{files, process as task};

/// A copy of what is tracked, removed when dropped. Its path is longer than any that somebody would choose, and another each time.
struct Copy(PathBuf);

impl Copy {
    fn of(root: &Path) -> Result<Self> {
        let name = format!("kuvert-is-built-once-more-in-another-place-{}", process::id());
        let copy = Self(env::temp_dir().join(name));
        let tracked = task::output(task::command("git")?.current_dir(root).args(["ls-files", "-z"]))?;
        for shown in tracked.split('\0').filter(|shown| !shown.is_empty()) {
            let from = root.join(shown);
            // What was deleted and not committed yet is not there.
            if from.is_file() {
                files::write(&copy.0.join(shown), &files::read_bytes(&from)?)?;
            }
        }
        Ok(copy)
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        // What stays behind lies in the directory for temporary files.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Builds in a copy of `root`, prints the hashes, and fails if `target/web` holds other bytes.
pub(super) fn check(toolchain: &Toolchain, root: &Path, options: &Options) -> Result<()> {
    let copy = Copy::of(root)?;
    println!("  once more, in {}", copy.0.display());
    let compiled = compile(toolchain, &copy.0, options)?;
    let modules = compiled.iter().map(|compiled| bind(&copy.0, compiled)).collect::<Result<Vec<_>>>()?;
    let site = layout::site(&copy.0, &modules)?;
    let mut differing = Vec::new();
    for (path, bytes) in site.files() {
        println!("  {}  {path}", hex(&Sha256::digest(bytes)));
        let first = root.join("target/web").join(path);
        if fs::read(&first).ok().as_deref() != Some(bytes) {
            differing.push(path);
        }
    }
    if !differing.is_empty() {
        bail!("the second build differs in {}", differing.join(", "));
    }
    println!("  two builds, in two places, gave the same bytes");
    let count = files::all(&root.join("target/web")).context("the first build is gone")?;
    let count =
        count.iter().filter(|path| path.extension().is_none_or(|extension| extension != "br")).count();
    if count != site.files().count() {
        bail!("the first build has {count} files, the second {}", site.files().count());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_has_what_is_tracked_and_goes_when_it_is_dropped() {
        let root = files::root().expect("the repository");
        let copy = Copy::of(&root).expect("copied");
        let path = copy.0.clone();
        assert!(path.join("xtask/src/wasm/mod.rs").is_file());
        assert!(!path.join("target").exists());
        drop(copy);
        assert!(!path.exists());
    }
}
