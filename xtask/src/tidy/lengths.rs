//! Files and functions that outgrew their purpose.

use std::path::Path;

use anyhow::Result;

use super::{Finding, source::Source};
use crate::files;

/// The most lines of a Rust file.
const FILE_LINES: usize = 600;
/// The most lines of a function, from its signature to its closing brace.
const FUNCTION_LINES: usize = 70;

pub(super) fn check(root: &Path) -> Result<Vec<Finding>> {
    let mut all = Vec::new();
    for dir in ["crates", "xtask", "fuzz", "third-party", "tests"] {
        for path in files::with_extension(&root.join(dir), &["rs"])? {
            all.extend(findings(&files::read(&path)?, &files::shown(root, &path))?);
        }
    }
    Ok(all)
}

fn findings(text: &str, shown: &str) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    let lines = text.lines().count();
    if lines > FILE_LINES {
        findings.push(Finding::new(
            shown,
            format!(
                "{lines} lines, at most {FILE_LINES}: find the second thing that moved in, and move it out"
            ),
        ));
    }
    for function in Source::parse(text, shown)?.functions {
        let (start, end) = (*function.lines.start(), *function.lines.end());
        let lines = end + 1 - start;
        if lines > FUNCTION_LINES {
            findings.push(Finding::new(
                format!("{shown}:{start}"),
                format!("`{}` has {lines} lines, at most {FUNCTION_LINES}", function.name),
            ));
        }
    }
    Ok(findings)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A function of exactly `lines` lines.
    fn function(lines: usize) -> String {
        format!("/// Documentation is not counted.\nfn f() {{\n{}}}\n", "    g();\n".repeat(lines - 2))
    }

    #[test]
    fn a_function_of_71_lines_is_too_long() {
        assert_eq!(findings(&function(70), "a.rs").expect("valid"), []);
        let found = findings(&function(71), "a.rs").expect("valid");
        assert_eq!(found, [Finding::new("a.rs:2", "`f` has 71 lines, at most 70")]);
    }

    #[test]
    fn a_file_of_601_lines_is_too_long() {
        assert_eq!(findings(&"//\n".repeat(600), "a.rs").expect("valid"), []);
        assert_eq!(findings(&"//\n".repeat(601), "a.rs").expect("valid").len(), 1);
    }
}
