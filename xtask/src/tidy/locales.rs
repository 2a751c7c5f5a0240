//! Both languages say everything: the Fluent files have the same keys.

use std::{collections::BTreeSet, path::Path};

use anyhow::Result;

use super::Finding;
use crate::files;

/// Texts of the page for everybody, and those that only a line's team sees.
const DIRS: [&str; 2] = ["crates/web/locales", "crates/web/locales/desk"];
const FILES: [&str; 2] = ["de.ftl", "en.ftl"];

pub(super) fn check(root: &Path) -> Result<Vec<Finding>> {
    let mut found = Vec::new();
    for dir in DIRS {
        let [german, english] = FILES.map(|file| files::read(&root.join(dir).join(file)));
        found.extend(findings(dir, &german?, &english?));
    }
    Ok(found)
}

fn findings(dir: &str, german: &str, english: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    let [de, en] = FILES.map(|file| format!("{dir}/{file}"));
    let (german, english) = (keys(german, &de, &mut findings), keys(english, &en, &mut findings));
    for key in english.difference(&german) {
        findings.push(Finding::new(de.clone(), format!("`{key}` is missing")));
    }
    for key in german.difference(&english) {
        findings.push(Finding::new(en.clone(), format!("`{key}` is missing")));
    }
    findings
}

/// Messages, terms (`-term`) and attributes (`message.attribute`) of a Fluent file.
fn keys(text: &str, file: &str, findings: &mut Vec<Finding>) -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    let mut message = String::new();
    for (index, line) in text.lines().enumerate() {
        let key = match (assigned(line), assigned(line.trim_start().trim_start_matches('.'))) {
            (Some(name), _) => {
                message = name.to_owned();
                message.clone()
            }
            (None, Some(name)) if line.trim_start().starts_with('.') => format!("{message}.{name}"),
            _ => continue,
        };
        if !keys.insert(key.clone()) {
            findings.push(Finding::new(format!("{file}:{}", index + 1), format!("`{key}` is there twice")));
        }
    }
    keys
}

/// `name` of a line that begins with `name =`.
fn assigned(line: &str) -> Option<&str> {
    let (name, _) = line.split_once('=')?;
    let name = name.trim_end();
    let starts = name.trim_start_matches('-').starts_with(|c: char| c.is_ascii_alphabetic());
    let valid = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    (starts && valid).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_of_one_language_is_missing_in_the_other() {
        let found =
            findings(DIRS[0], "send = Senden\n    .title = Absenden\n", "send = Send\n-brand = Kuvert\n");
        let messages: Vec<_> = found.iter().map(ToString::to_string).collect();
        assert_eq!(
            messages,
            [
                "crates/web/locales/de.ftl: `-brand` is missing",
                "crates/web/locales/en.ftl: `send.title` is missing"
            ]
        );
    }

    #[test]
    fn a_key_that_is_there_twice_is_found() {
        assert_eq!(findings(DIRS[0], "a = 1\na = 2\n", "a = 1\n").len(), 1);
    }

    #[test]
    fn comments_and_continued_lines_are_no_keys() {
        let text = "# note = this\nsend = { $count ->\n    [one] a = b\n   *[other] c\n }\n";
        assert_eq!(findings(DIRS[0], text, "send = x\n"), []);
    }
}
