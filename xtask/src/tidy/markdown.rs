//! Documents name only files that exist: links, and paths in backticks.

use std::path::Path;

use anyhow::Result;

use super::Finding;
use crate::files;

/// Where paths of this repository begin; a backticked word that begins otherwise is something else.
const TOP: [&str; 8] = ["crates", "docs", "fuzz", "tests", "third-party", "xtask", ".cargo", ".ci"];

pub(super) fn check(root: &Path) -> Result<Vec<Finding>> {
    let mut all = Vec::new();
    for path in files::with_extension(root, &["md"])? {
        let shown = files::shown(root, &path);
        let exists = |named: &str| exists(root, &path, named);
        all.extend(findings(&files::read(&path)?, &shown, exists));
    }
    Ok(all)
}

/// A name is looked up beside the document and from the root.
fn exists(root: &Path, document: &Path, named: &str) -> bool {
    let beside = document.parent().unwrap_or(root).join(named);
    beside.exists() || root.join(named.trim_start_matches('/')).exists()
}

fn findings(text: &str, shown: &str, exists: impl Fn(&str) -> bool) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut fenced = false;
    for (index, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        }
        if fenced {
            continue;
        }
        for named in links(line).chain(code_spans(line).filter(|word| looks_like_a_path(word))) {
            let named = without_position(named);
            if !exists(named) {
                findings.push(Finding::new(format!("{shown}:{}", index + 1), format!("there is no {named}")));
            }
        }
    }
    findings
}

/// Targets of `[text](target)` that are files.
fn links(line: &str) -> impl Iterator<Item = &str> {
    let targets = line.split("](").skip(1).filter_map(|rest| rest.split([')', ' ']).next());
    targets.filter(|target| !target.is_empty() && !target.starts_with('#') && !target.contains(':'))
}

/// What stands between single backticks.
fn code_spans(line: &str) -> impl Iterator<Item = &str> {
    line.split('`').skip(1).step_by(2)
}

fn looks_like_a_path(word: &str) -> bool {
    let plain = word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-/:".contains(&byte));
    // `NNNN` stands for a number yet to be given.
    if !plain || word.contains("::") || word.contains("NNNN") {
        return false;
    }
    match word.split_once('/') {
        Some((first, _)) => TOP.contains(&first),
        None => word.ends_with(".md"),
    }
}

/// Without an anchor or a line number.
fn without_position(named: &str) -> &str {
    let named = named.split('#').next().unwrap_or(named);
    match named.rsplit_once(':') {
        Some((path, line)) if line.bytes().all(|byte| byte.is_ascii_digit()) => path,
        _ => named,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn missing(text: &str) -> Vec<String> {
        let found = findings(text, "README.md", |named| named == "docs/there.md");
        found.into_iter().map(|finding| finding.message).collect()
    }

    #[test]
    fn a_link_or_a_path_to_nothing_is_found() {
        assert_eq!(
            missing("see [this](docs/gone.md#part) and [that](docs/there.md)"),
            ["there is no docs/gone.md"]
        );
        assert_eq!(missing("`crates/core/src/gone.rs:12` and `GONE.md`").len(), 2);
    }

    #[test]
    fn what_is_no_path_of_this_repository_is_left_alone() {
        assert_eq!(missing("`application/cbor`, `target/web`, `kuvert_wire::limits`, `<name>.md`"), [""; 0]);
        assert_eq!(
            missing("[site](https://example.org/x.md), [above](#top), `docs/adr/NNNN-title.md`"),
            [""; 0]
        );
        assert_eq!(missing("```\ncat docs/gone.md `docs/gone.md`\n```"), [""; 0]);
    }
}
