//! What happened, as a number that tells whether two runs were the same, and as text for who replays a seed.
//!
//! Ciphertext is no part of it: encapsulations draw randomness of their own (ADR 3), and so does the relay when it seals.

use std::fmt::{self, Write};

/// See the [module](self).
#[derive(Debug, Clone)]
pub(crate) struct Trace {
    hash: u64,
    lines: Option<Vec<String>>,
    buffer: String,
    /// Happenings so far.
    pub(crate) count: u64,
}

impl Trace {
    /// Keeps the text, too, if asked to.
    pub(crate) fn new(keep: bool) -> Self {
        Self { hash: 0xcbf2_9ce4_8422_2325, lines: keep.then(Vec::new), buffer: String::new(), count: 0 }
    }

    /// Adds a happening.
    pub(crate) fn note(&mut self, now: i64, what: fmt::Arguments<'_>) {
        self.buffer.clear();
        // Writing to memory does not fail.
        let _ = write!(self.buffer, "{now} {what}");
        for byte in self.buffer.bytes().chain([b'\n']) {
            // FNV-1a.
            self.hash = (self.hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
        self.count += 1;
        if let Some(lines) = &mut self.lines {
            lines.push(self.buffer.clone());
        }
    }

    /// Equal for equal runs.
    pub(crate) fn hash(&self) -> u64 {
        self.hash
    }

    /// The text, if it was kept.
    pub(crate) fn lines(&self) -> &[String] {
        self.lines.as_deref().unwrap_or_default()
    }
}
