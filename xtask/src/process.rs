//! Starting other programs: cargo, npm, node, git.
//!
//! A task runs under `cargo run`, which leaves its own variables in the environment. Children that inherited them
//! would rebuild what is fresh, or load the wrong compiler libraries, so that they are removed here.

use std::{
    env,
    ffi::{OsStr, OsString},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context, Result, bail};

use crate::files;

/// A command with a cleaned environment, no standard input, and the repository's root as its directory.
pub(crate) fn command(program: impl AsRef<OsStr>) -> Result<Command> {
    let root = files::root()?;
    let mut command = Command::new(program);
    command.current_dir(&root).stdin(Stdio::null());
    for (name, _) in env::vars_os() {
        if inherited_from_cargo(&name) {
            command.env_remove(name);
        }
    }
    if let Some(paths) = env::var_os("LD_LIBRARY_PATH") {
        let kept: Vec<PathBuf> =
            env::split_paths(&paths).filter(|path| !belongs_to_cargo(path, &root)).collect();
        if kept.is_empty() {
            command.env_remove("LD_LIBRARY_PATH");
        } else {
            command.env("LD_LIBRARY_PATH", env::join_paths(kept)?);
        }
    }
    Ok(command)
}

/// `cargo` with the toolchain that runs this task.
pub(crate) fn cargo() -> Result<Command> {
    command("cargo")
}

/// Runs to the end, with the terminal as output. Anything but success is an error that names the command.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let line = describe(command);
    println!("  $ {line}");
    let status = command.status().with_context(|| format!("`{line}` could not be started"))?;
    if !status.success() {
        bail!("`{line}` failed ({status})");
    }
    Ok(())
}

/// Like [`output`], but shows the command, and its standard error as it comes.
pub(crate) fn output_shown(command: &mut Command) -> Result<String> {
    println!("  $ {}", describe(command));
    output(command.stderr(Stdio::inherit()))
}

/// Runs to the end and returns what was printed to standard output.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let line = describe(command);
    let output = command.output().with_context(|| format!("`{line}` could not be started"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let said = if said.trim().is_empty() { String::new() } else { format!(": {}", said.trim()) };
        bail!("`{line}` failed ({}){said}", output.status);
    }
    String::from_utf8(output.stdout).with_context(|| format!("`{line}` printed something that is not UTF-8"))
}

/// Whether the program can be found in `PATH`.
pub(crate) fn exists(program: &str) -> bool {
    find(program).is_some()
}

/// Where a program is in `PATH`.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    let paths = env::var_os("PATH")?;
    env::split_paths(&paths).map(|dir| dir.join(program)).find(|path| path.is_file())
}

/// The command as one would type it.
fn describe(command: &Command) -> String {
    let mut words = vec![command.get_program().to_string_lossy().into_owned()];
    words.extend(command.get_args().map(|arg| arg.to_string_lossy().into_owned()));
    words.join(" ")
}

fn inherited_from_cargo(name: &OsString) -> bool {
    let name = name.to_string_lossy();
    name == "CARGO"
        || name.starts_with("CARGO_PKG_")
        || name.starts_with("CARGO_MANIFEST_")
        || name.starts_with("CARGO_BIN_")
}

fn belongs_to_cargo(path: &Path, root: &Path) -> bool {
    path.as_os_str().is_empty()
        || path.starts_with(root)
        || path.components().any(|part| part.as_os_str() == "rustlib" || part.as_os_str() == ".rustup")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cargo_leaves_nothing_in_the_environment_of_children() {
        assert!(inherited_from_cargo(&"CARGO_PKG_NAME".into()));
        assert!(inherited_from_cargo(&"CARGO".into()));
        assert!(!inherited_from_cargo(&"CARGO_HOME".into()));
        assert!(belongs_to_cargo(Path::new("/repo/target/debug/deps"), Path::new("/repo")));
        assert!(!belongs_to_cargo(Path::new("/opt/lib"), Path::new("/repo")));
    }

    #[test]
    fn a_failing_command_is_an_error_that_names_it() {
        let error = run(&mut Command::new("false")).expect_err("`false` fails");
        assert!(error.to_string().contains("`false` failed"), "{error}");
    }
}
