//! Every invariant that holds by now has a test that carries its id, in its name or in a comment.

use std::path::Path;

use anyhow::Result;

use super::{Finding, source::Source};
use crate::files;

/// The invariants of `ARCHITECTURE.md` that have landed. An id is added together with its test.
const LANDED: [&str; 12] = [
    "CORE-1", "CORE-2", "CORE-3", "MLS-1", "MLS-2", "STORE-2", "RELAY-1", "RELAY-2", "RELAY-3", "RELAY-4",
    "LOG-1", "WEB-1",
];

pub(super) fn check(root: &Path) -> Result<Vec<Finding>> {
    let mut tests = String::new();
    for path in files::with_extension(&root.join("crates"), &["rs"])? {
        tests.push_str(&rust_tests(&files::read(&path)?, &files::shown(root, &path))?);
    }
    for path in files::with_extension(&root.join("tests"), &["mjs"])? {
        if files::shown(root, &path).ends_with(".test.mjs") {
            tests.push_str(&files::read(&path)?);
        }
    }
    Ok(findings(&tests, &LANDED))
}

/// The lines of a Rust file that belong to tests: all of a test file, the test functions and modules of any other.
fn rust_tests(text: &str, shown: &str) -> Result<String> {
    if is_test_file(shown) {
        return Ok(format!("{text}\n"));
    }
    let source = Source::parse(text, shown)?;
    let lines = text.lines().enumerate().filter(|(index, _)| source.is_test(index + 1));
    Ok(lines.map(|(_, line)| format!("{line}\n")).collect())
}

fn is_test_file(shown: &str) -> bool {
    shown.contains("/tests/") || shown.ends_with("/tests.rs") || shown.ends_with("_tests.rs")
}

fn findings(tests: &str, landed: &[&str]) -> Vec<Finding> {
    let missing = landed.iter().filter(|id| !mentions(tests, id));
    missing.map(|id| Finding::new(*id, "no test carries this id in its name or a comment")).collect()
}

/// Whether the id stands there as `CORE-1` or, in a function's name, as `core_1`.
fn mentions(text: &str, id: &str) -> bool {
    let in_name = id.to_lowercase().replace('-', "_");
    has_word(text, id, |byte| byte.is_ascii_alphanumeric())
        || has_word(text, &in_name, |byte| byte.is_ascii_alphanumeric())
}

fn has_word(text: &str, word: &str, continues: impl Fn(u8) -> bool) -> bool {
    text.match_indices(word).any(|(start, _)| {
        let before = text[..start].bytes().next_back();
        let after = text[start + word.len()..].bytes().next();
        !before.is_some_and(&continues) && !after.is_some_and(&continues)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invariant_without_a_test_is_found() {
        let source = "/// Upholds CORE-1.\nfn handle() {}\n";
        let tests = rust_tests(source, "crates/core/src/lib.rs").expect("valid");
        assert_eq!(findings(&tests, &["CORE-1"]).len(), 1, "outside of tests an id proves nothing");
    }

    #[test]
    fn a_comment_or_a_name_carries_the_id() {
        let source = "// CORE-1\n#[test]\nfn one_input() {}\n#[test]\nfn relay_2_seq_is_gapless() {}\n";
        let tests = rust_tests(source, "crates/core/src/lib.rs").expect("valid");
        assert_eq!(findings(&tests, &["CORE-1", "RELAY-2"]), []);
    }

    #[test]
    fn a_longer_number_is_another_invariant() {
        assert!(!mentions("// CORE-12", "CORE-1"));
        assert!(mentions("// CORE-1: one input", "CORE-1"));
    }

    #[test]
    fn files_of_tests_count_as_a_whole() {
        let text = rust_tests("//! MLS-1", "crates/mls/tests/commits.rs").expect("valid");
        assert_eq!(findings(&text, &["MLS-1"]), []);
    }
}
