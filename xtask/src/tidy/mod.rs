//! `cargo xtask tidy`: the house rules that no compiler checks.
//!
//! Each rule looks at the repository and returns what is wrong, with the place and what to do about it. Each has tests
//! that show that it can fail.

mod arrows;
mod invariants;
mod lengths;
mod locales;
mod markdown;
mod paths;
mod purity;
mod source;

use std::{fmt, path::Path};

use anyhow::{Result, bail};

use crate::files;

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Finding {
    /// A path, with a line where there is one.
    place: String,
    /// What is wrong, and what to do.
    message: String,
}

impl Finding {
    fn new(place: impl Into<String>, message: impl Into<String>) -> Self {
        Self { place: place.into(), message: message.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}

/// A rule: its name and its check.
type Rule = (&'static str, fn(&Path) -> Result<Vec<Finding>>);

const RULES: [Rule; 7] = [
    ("dependency arrows", arrows::check),
    ("file and function lengths", lengths::check),
    ("invariants have tests", invariants::check),
    ("documents name existing files", markdown::check),
    ("the engine is given its clock, network and randomness", purity::check),
    ("languages are complete", locales::check),
    ("no path of one machine", paths::check),
];

/// Checks every rule and prints all findings.
pub(crate) fn run() -> Result<()> {
    let root = files::root()?;
    let mut count = 0;
    for (name, check) in RULES {
        let findings = check(&root)?;
        println!("  {}: {name}", if findings.is_empty() { "ok" } else { "NOT OK" });
        for finding in &findings {
            println!("    {finding}");
        }
        count += findings.len();
    }
    if count > 0 {
        bail!("{count} house rule finding(s), listed above");
    }
    Ok(())
}
