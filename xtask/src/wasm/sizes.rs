//! How large the web app is, and how large it may be.

use std::{fmt, path::Path};

use anyhow::{Context, Result, bail};
use serde_json::{Map, Value, json};

use crate::files;

/// The largest a module may be after brotli, in bytes. Design: link opened to first message in three seconds; what that allows, ADR 18
/// says. A team's page is opened once a day and may be larger (ADR 15).
const BUDGETS: [(&str, u64); 4] = [
    ("web.wasm", 500_000),
    ("worker.wasm", 1_350_000),
    ("desk.wasm", 650_000),
    ("desk-worker.wasm", 1_600_000),
];

/// One file of the web app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Size {
    /// Its name without the hash.
    pub(crate) name: String,
    /// Bytes on disk.
    pub(crate) raw: u64,
    /// Bytes after brotli; the same as `raw` for what does not compress.
    pub(crate) brotli: u64,
}

/// The sizes of all files.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Sizes(pub(crate) Vec<Size>);

impl Sizes {
    /// Fails when a module is missing or larger than its budget.
    pub(crate) fn check_budget(&self) -> Result<()> {
        for (name, budget) in BUDGETS {
            let size = self
                .0
                .iter()
                .find(|size| size.name == name)
                .with_context(|| format!("there is no {name}"))?;
            if size.brotli > budget {
                bail!(
                    "{name} has {} after brotli; its budget is {}",
                    kilobytes(size.brotli),
                    kilobytes(budget)
                );
            }
        }
        Ok(())
    }

    /// Remembers the sizes beside the web app.
    pub(super) fn save(&self, root: &Path) -> Result<()> {
        files::write(&root.join("target/web.sizes.json"), self.json().to_string().as_bytes())
    }

    /// What [`save`](Self::save) remembered.
    pub(crate) fn load(root: &Path) -> Result<Self> {
        let text = files::read(&root.join("target/web.sizes.json"))?;
        let Value::Object(files) = serde_json::from_str(&text)? else {
            bail!("the remembered sizes are no object")
        };
        let size = |(name, value): (&String, &Value)| -> Result<Size> {
            let number = |key: &str| {
                value.get(key).and_then(Value::as_u64).with_context(|| format!("{name}: no {key}"))
            };
            Ok(Size { name: name.clone(), raw: number("raw")?, brotli: number("brotli")? })
        };
        files.iter().map(size).collect::<Result<Vec<_>>>().map(Self)
    }

    /// `{"web.wasm": {"raw": .., "brotli": ..}, ..}`
    pub(crate) fn json(&self) -> Value {
        let mut files = Map::new();
        for Size { name, raw, brotli } in &self.0 {
            files.insert(name.clone(), json!({ "raw": raw, "brotli": brotli }));
        }
        Value::Object(files)
    }
}

impl fmt::Display for Sizes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "  {:<24} {:>12} {:>12} {:>12}", "file", "raw", "brotli", "budget")?;
        for Size { name, raw, brotli } in &self.0 {
            let budget = BUDGETS.iter().find(|(of, _)| of == name).map(|(_, budget)| kilobytes(*budget));
            let budget = budget.unwrap_or_default();
            writeln!(f, "  {name:<24} {:>12} {:>12} {budget:>12}", kilobytes(*raw), kilobytes(*brotli))?;
        }
        Ok(())
    }
}

/// 1 kB is 1000 bytes.
fn kilobytes(bytes: u64) -> String {
    format!("{}.{} kB", bytes / 1000, bytes % 1000 / 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sizes(web: u64, worker: u64) -> Sizes {
        let size = |name: &str, brotli| Size { name: name.into(), raw: brotli * 3, brotli };
        Sizes(vec![
            size("desk-worker.wasm", 1),
            size("desk.wasm", 1),
            size("web.wasm", web),
            size("worker.wasm", worker),
        ])
    }

    #[test]
    fn a_module_over_its_budget_is_refused_by_name() {
        sizes(500_000, 1_350_000).check_budget().expect("the budget itself is within it");
        let error = sizes(500_001, 1).check_budget().expect_err("one byte too many");
        assert!(error.to_string().starts_with("web.wasm has 500.0 kB"), "{error}");
        sizes(1, 1_350_001).check_budget().expect_err("one byte too many");
    }

    #[test]
    fn a_missing_module_is_not_within_its_budget() {
        Sizes::default().check_budget().expect_err("nothing was built");
    }

    #[test]
    fn sizes_are_remembered() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        sizes(1, 2).save(dir.path()).expect("saved");
        assert_eq!(Sizes::load(dir.path()).expect("loaded"), sizes(1, 2));
    }
}
