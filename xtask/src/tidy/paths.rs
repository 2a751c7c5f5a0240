//! Nothing that is tracked names a directory of one developer's machine.

use std::{fs, path::Path};

use anyhow::Result;

use super::Finding;
use crate::process;

/// Roots that differ from machine to machine. Put together here, so that this file passes its own rule.
const MACHINE_ROOTS: [&str; 4] =
    [concat!("/", "root/"), concat!("/", "work/"), concat!("/", "home/"), concat!("/", "Users/")];

pub(super) fn check(root: &Path) -> Result<Vec<Finding>> {
    let tracked = process::output(process::command("git")?.args(["ls-files", "-z"]))?;
    let mut all = Vec::new();
    for shown in tracked.split('\0').filter(|path| !path.is_empty()) {
        // What is deleted but not committed yet, or is not text, names nothing.
        let Ok(bytes) = fs::read(root.join(shown)) else { continue };
        if let Ok(text) = String::from_utf8(bytes) {
            all.extend(findings(&text, shown));
        }
    }
    Ok(all)
}

fn findings(text: &str, shown: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (index, line) in text.lines().enumerate() {
        for machine_root in MACHINE_ROOTS {
            if begins_a_path(line, machine_root) {
                let place = format!("{shown}:{}", index + 1);
                findings.push(Finding::new(place, format!("{machine_root} is a path of one machine")));
            }
        }
    }
    findings
}

/// Whether it stands there as the beginning of a path, not as the middle of a longer one or of a URL.
fn begins_a_path(line: &str, machine_root: &str) -> bool {
    line.match_indices(machine_root).any(|(start, _)| {
        let before = line[..start].chars().next_back();
        !before.is_some_and(|c| {
            c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '~' | '}' | ')' | '>' | '*')
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_of_one_machine_is_found() {
        let text = format!("a\nlog = \"{}kuvert\"\n", MACHINE_ROOTS[0]);
        let found = findings(&text, "notes.toml");
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].place, "notes.toml:2");
    }

    #[test]
    fn a_longer_path_or_a_url_is_none() {
        let text = format!("https://example.org{0}x src{0}y", MACHINE_ROOTS[2]);
        assert_eq!(findings(&text, "a.md"), []);
    }
}
