//! Which crate may know which: the arrows of `ARCHITECTURE.md`.

use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;

use super::Finding;
use crate::process;

/// Every crate, and the workspace crates that it may depend on. Tests may use more: they are linked into no product.
const ALLOWED: &[(&str, &[&str])] = &[
    ("kuvert-wire", &[]),
    ("kuvert-content", &["kuvert-wire"]),
    ("kuvert-mls", &["kuvert-wire"]),
    ("kuvert-store", &["kuvert-wire"]),
    ("kuvert-core", &["kuvert-wire", "kuvert-content", "kuvert-mls", "kuvert-store"]),
    ("kuvert-desk", &["kuvert-wire", "kuvert-content"]),
    ("kuvert-view", &["kuvert-wire", "kuvert-content", "kuvert-desk"]),
    ("kuvert-app", &["kuvert-wire", "kuvert-content", "kuvert-core", "kuvert-desk", "kuvert-view"]),
    ("kuvert-client", &["kuvert-wire", "kuvert-core", "kuvert-app", "kuvert-view"]),
    ("kuvert-worker", &["kuvert-wire", "kuvert-core", "kuvert-app", "kuvert-view"]),
    ("kuvert-web", &["kuvert-wire", "kuvert-content", "kuvert-desk", "kuvert-view"]),
    // The same two for a line's team.
    ("kuvert-desk-worker", &["kuvert-app", "kuvert-worker"]),
    ("kuvert-desk-web", &["kuvert-web"]),
    // It cannot read what it does not link.
    ("kuvert-relay", &["kuvert-wire"]),
    // Files, and nothing that runs.
    ("kuvert-site", &[]),
    (
        "kuvert",
        &[
            "kuvert-wire",
            "kuvert-core",
            "kuvert-desk",
            "kuvert-app",
            "kuvert-view",
            "kuvert-client",
            "kuvert-relay",
            "kuvert-site",
        ],
    ),
    (
        "kuvert-sim",
        &[
            "kuvert-wire",
            "kuvert-content",
            "kuvert-mls",
            "kuvert-store",
            "kuvert-core",
            "kuvert-desk",
            "kuvert-view",
            "kuvert-app",
            "kuvert-relay",
        ],
    ),
    (
        "kuvert-bench",
        &[
            "kuvert-wire",
            "kuvert-mls",
            "kuvert-store",
            "kuvert-core",
            "kuvert-view",
            "kuvert-app",
            "kuvert-client",
            "kuvert-relay",
        ],
    ),
    ("xtask", &[]),
];

pub(super) fn check(_root: &Path) -> Result<Vec<Finding>> {
    let metadata =
        process::output(process::cargo()?.args(["metadata", "--no-deps", "--format-version", "1"]))?;
    let metadata: Value = serde_json::from_str(&metadata).context("cargo metadata printed no JSON")?;
    findings(&metadata)
}

fn findings(metadata: &Value) -> Result<Vec<Finding>> {
    let packages = metadata["packages"].as_array().context("cargo metadata lists no packages")?;
    let names: Vec<&str> = packages.iter().filter_map(|package| package["name"].as_str()).collect();
    let mut findings = Vec::new();
    for (name, package) in names.iter().zip(packages) {
        let Some((_, allowed)) = ALLOWED.iter().find(|(of, _)| of == name) else {
            findings.push(Finding::new(
                *name,
                "a new crate: add its arrows to xtask/src/tidy/arrows.rs (needs an ADR)",
            ));
            continue;
        };
        let dependencies = package["dependencies"].as_array().context("a package lists no dependencies")?;
        let linked = dependencies.iter().filter(|dependency| dependency["kind"].as_str() != Some("dev"));
        for to in linked.filter_map(|dependency| dependency["name"].as_str()) {
            if names.contains(&to) && !allowed.contains(&to) {
                findings.push(Finding::new(
                    *name,
                    format!("{name} must not depend on {to}; a new arrow needs an ADR"),
                ));
            }
        }
    }
    findings.sort_by(|a, b| a.message.cmp(&b.message));
    findings.dedup();
    Ok(findings)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn metadata(kind: Option<&str>) -> Value {
        json!({ "packages": [
            { "name": "kuvert-relay", "dependencies": [
                { "name": "kuvert-wire", "kind": null },
                { "name": "kuvert-core", "kind": kind },
                { "name": "tokio", "kind": null },
            ]},
            { "name": "kuvert-wire", "dependencies": [] },
            { "name": "kuvert-core", "dependencies": [] },
        ]})
    }

    #[test]
    fn a_forbidden_arrow_names_both_crates() {
        let found = findings(&metadata(None)).expect("read");
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].message, "kuvert-relay must not depend on kuvert-core; a new arrow needs an ADR");
        assert_eq!(findings(&metadata(Some("build"))).expect("read").len(), 1);
    }

    #[test]
    fn tests_may_use_more() {
        assert_eq!(findings(&metadata(Some("dev"))).expect("read"), []);
    }

    #[test]
    fn a_crate_without_arrows_is_found() {
        let found =
            findings(&json!({ "packages": [{ "name": "kuvert-utils", "dependencies": [] }] })).expect("read");
        assert_eq!(found[0].place, "kuvert-utils");
    }

    #[test]
    fn the_allowed_arrows_have_no_cycle() {
        let mut order: Vec<&str> = Vec::new();
        while order.len() < ALLOWED.len() {
            let next = ALLOWED
                .iter()
                .find(|(name, needs)| !order.contains(name) && needs.iter().all(|need| order.contains(need)));
            order.push(next.expect("a cycle among the arrows").0);
        }
    }
}
