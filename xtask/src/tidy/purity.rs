//! CORE-2: the engine and what it is made of read no clock, no network and no randomness but what they are given.

use std::path::Path;

use anyhow::Result;

use super::{Finding, source::Source};
use crate::files;

/// The crates that the engine is made of.
const PURE: [&str; 6] = ["core", "mls", "store", "content", "view", "wire"];
/// What they must not name.
const FORBIDDEN: [&str; 8] =
    ["SystemTime", "Instant::now", "getrandom", "thread_rng", "OsRng", "std::net", "std::fs", "tokio"];

pub(super) fn check(root: &Path) -> Result<Vec<Finding>> {
    let mut all = Vec::new();
    for name in PURE {
        for path in files::with_extension(&root.join("crates").join(name).join("src"), &["rs"])? {
            let shown = files::shown(root, &path);
            if !shown.ends_with("/tests.rs") && !shown.ends_with("_tests.rs") && !shown.contains("/tests/") {
                all.extend(findings(&files::read(&path)?, &shown, name)?);
            }
        }
    }
    Ok(all)
}

fn findings(text: &str, shown: &str, crate_name: &str) -> Result<Vec<Finding>> {
    let source = Source::parse(text, shown)?;
    let mut findings = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let number = index + 1;
        if source.is_test(number) {
            continue;
        }
        let code = line.split("//").next().unwrap_or_default();
        let imports = || source.imports.iter().filter(|(at, _)| *at == number).map(|(_, path)| path.as_str());
        for word in FORBIDDEN {
            // The database is a file: the store may open, lock and remove it.
            if crate_name == "store" && word == "std::fs" {
                continue;
            }
            if has_word(code, word) || imports().any(|path| has_word(path, word)) {
                findings.push(Finding::new(
                    format!("{shown}:{number}"),
                    format!("CORE-2: {crate_name} must not use {word}; have it passed in"),
                ));
            }
        }
    }
    Ok(findings)
}

fn has_word(text: &str, word: &str) -> bool {
    let continues = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word).any(|(start, _)| {
        let before = text[..start].chars().next_back();
        let after = text[start + word.len()..].chars().next();
        !before.is_some_and(continues) && !after.is_some_and(continues)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(text: &str, crate_name: &str) -> Vec<String> {
        let found = findings(text, "a.rs", crate_name).expect("valid");
        found.into_iter().map(|finding| finding.place).collect()
    }

    #[test]
    fn a_clock_in_the_engine_is_found() {
        assert_eq!(places("fn now() {\n    std::time::SystemTime::now();\n}\n", "core"), ["a.rs:2"]);
        assert_eq!(places("use std::{\n    fs,\n};\n", "core"), ["a.rs:2"], "grouped imports count");
    }

    #[test]
    fn comments_tests_and_longer_words_are_left_alone() {
        assert_eq!(places("// no SystemTime here\nfn tokio_like() {}\n", "core"), [""; 0]);
        assert_eq!(places("#[cfg(test)]\nmod tests {\n    use std::fs;\n}\n", "core"), [""; 0]);
    }

    #[test]
    fn only_the_store_may_open_files() {
        assert_eq!(places("use std::fs;\n", "store"), [""; 0]);
        assert_eq!(places("use std::fs;\n", "mls"), ["a.rs:1"]);
    }
}
