//! The repository's files: where it begins, and which files are its own.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};

/// Directories that hold nothing of the repository's own.
const NOT_OURS: [&str; 5] = ["target", "node_modules", ".git", "results", "corpus"];

/// The root of the repository: the directory above that holds `xtask`.
pub(crate) fn root() -> Result<PathBuf> {
    let here = env::current_dir().context("the current directory cannot be read")?;
    for dir in here.ancestors() {
        if dir.join("xtask/Cargo.toml").is_file() && dir.join("Cargo.toml").is_file() {
            return Ok(dir.to_path_buf());
        }
    }
    bail!("run this inside the Kuvert repository");
}

/// All files under `dir` with one of the extensions, sorted, build outputs and dependencies left out.
pub(crate) fn with_extension(dir: &Path, extensions: &[&str]) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    collect(dir, &mut found)?;
    found.retain(|path| {
        path.extension().is_some_and(|found| extensions.iter().any(|wanted| found == *wanted))
    });
    found.sort();
    Ok(found)
}

/// All files under `dir`, sorted; none when there is no such directory.
pub(crate) fn all(dir: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    collect(dir, &mut found)?;
    found.sort();
    Ok(found)
}

/// Reads a text file; the error names it.
pub(crate) fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))
}

/// Reads a file; the error names it.
pub(crate) fn read_bytes(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("{} cannot be read", path.display()))
}

/// Writes a file and the directories above it; the error names it.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).with_context(|| format!("{} cannot be created", parent.display()))?;
    }
    fs::write(path, bytes).with_context(|| format!("{} cannot be written", path.display()))
}

/// The path below `root`, with forward slashes, as it is shown to people.
pub(crate) fn shown(root: &Path, path: &Path) -> String {
    path.strip_prefix(root).unwrap_or(path).to_string_lossy().replace('\\', "/")
}

fn collect(dir: &Path, into: &mut Vec<PathBuf>) -> Result<()> {
    if !dir.is_dir() {
        return Ok(());
    }
    let entries = fs::read_dir(dir).with_context(|| format!("{} cannot be listed", dir.display()))?;
    for entry in entries {
        let entry = entry?;
        let path = entry.path();
        if entry.file_type()?.is_dir() {
            if !NOT_OURS.iter().any(|name| entry.file_name() == *name) {
                collect(&path, into)?;
            }
        } else {
            into.push(path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn build_outputs_are_not_the_repositorys_own() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        write(&dir.path().join("a/lib.rs"), b"").expect("written");
        write(&dir.path().join("target/debug/lib.rs"), b"").expect("written");
        let found = with_extension(dir.path(), &["rs"]).expect("listed");
        assert_eq!(found, [dir.path().join("a/lib.rs")]);
    }
}
