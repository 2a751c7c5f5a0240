//! Every invariant that holds by now has a test that carries its id, in its name or in a comment. RELAY-5 is many: every
//! number in `limits.rs` has a test that names it behind the id.

use std::collections::HashSet;
use std::path::Path;

use anyhow::Result;

use super::{Finding, source::Source};
use crate::files;

/// The invariants of `ARCHITECTURE.md` that have landed. An id is added together with its test.
const LANDED: [&str; 13] = [
    "CORE-1", "CORE-2", "CORE-3", "MLS-1", "MLS-2", "STORE-2", "RELAY-1", "RELAY-2", "RELAY-3", "RELAY-4",
    "RELAY-5", "LOG-1", "WEB-1",
];
/// Where all bounds stand.
const LIMITS: &str = "crates/wire/src/limits.rs";
/// The types of bounds. Versions and durations have others: a duration says how long something takes, and no input reaches it.
const BOUNDS: [&str; 3] = ["usize", "u32", "u64"];

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
    let limits = files::read(&root.join(LIMITS))?;
    let mut found = findings(&tests, &LANDED);
    found.extend(unreached(&limits, &tests));
    Ok(found)
}

/// The bounds that no test names behind `RELAY-5:`.
fn unreached(limits: &str, tests: &str) -> Vec<Finding> {
    let reached = reached(tests);
    let bounds = limits.lines().filter_map(bound);
    let missing = bounds.filter(|name| !reached.contains(name));
    missing.map(|name| Finding::new(LIMITS, format!("no test says `RELAY-5: {name}`"))).collect()
}

/// The name of the bound that a line declares.
fn bound(line: &str) -> Option<&str> {
    let (name, rest) = line.strip_prefix("pub const ")?.split_once(": ")?;
    let (kind, _) = rest.split_once(" =")?;
    BOUNDS.contains(&kind).then_some(name)
}

/// The names behind each `RELAY-5:`, to the end of the line, and in the lines of the comment that follow.
fn reached(tests: &str) -> HashSet<&str> {
    let mut names = HashSet::new();
    let mut goes_on = false;
    for line in tests.lines() {
        let part = match line.split_once("RELAY-5:") {
            Some((_, part)) => part,
            None if goes_on && line.trim_start().starts_with("//") => line,
            None => "",
        };
        goes_on = !part.is_empty();
        let words = part.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
        names.extend(words.filter(|word| !word.is_empty()));
    }
    names
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
    fn a_bound_that_no_test_names_is_found() {
        let limits = "/// A version.\npub const VERSION: u16 = 1;\npub const REST: Duration = Duration::ZERO;\n\
                      pub const MAX_A: usize = 1;\npub const MAX_B: u64 = 2;\npub const C_DAYS: u32 = 3;\n";
        let missing = |tests: &str| unreached(limits, tests).len();
        assert_eq!(missing("// MAX_A, MAX_B, C_DAYS"), 3, "a name alone says nothing");
        assert_eq!(missing("// RELAY-5: MAX_A, MAX_BOTH; RELAY-2"), 2);
        assert_eq!(missing("// RELAY-2; RELAY-5: MAX_A, MAX_B,\n// C_DAYS\nlet x = 1;"), 0);
        assert_eq!(missing("// RELAY-5: MAX_A\nlet x = MAX_B;\n// C_DAYS"), 2);
    }

    #[test]
    fn files_of_tests_count_as_a_whole() {
        let text = rust_tests("//! MLS-1", "crates/mls/tests/commits.rs").expect("valid");
        assert_eq!(findings(&text, &["MLS-1"]), []);
    }
}
